"""What the recorder and the analysis said of a camera, and what its people were told."""

from datetime import timedelta

from django.utils import timezone

from apps.alarms.models import Alarm
from apps.cameras.models import Analysis, Camera, StreamState
from apps.cameras.services import stream_say
from apps.tenancy.scope import mine_scope

__all__ = ["alarms", "analysed", "say"]


def say(camera: Camera, state: str, ago_s: float, stream: str = "main") -> None:
    """Let the recorder say a state that began so long ago."""
    with mine_scope(camera.mine_id):
        row = stream_say(
            camera_id=camera.pk, mine_id=camera.mine_id, stream=stream, state=state, reason="gone"
        )
        StreamState.objects.filter(pk=row.pk).update(
            since=timezone.now() - timedelta(seconds=ago_s)
        )


def analysed(camera: Camera, ago_s: float | None) -> None:
    until = None if ago_s is None else timezone.now() - timedelta(seconds=ago_s)
    with mine_scope(camera.mine_id):
        Analysis.objects.filter(camera=camera).update(analysed_until=until)


def alarms(camera: Camera) -> list[Alarm]:
    with mine_scope(camera.mine_id):
        return list(Alarm.objects.filter(camera=camera, rule_type="camera_health").order_by("pk"))
