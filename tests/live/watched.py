"""The demo's winch before a camera of Lamp Hill, in chunks that are analysed at once."""

from apps.alarms.models import Alarm
from apps.cameras.analysis import drain
from apps.cameras.models import Analysis, Camera, Chunk
from apps.tenancy.scope import mine_scope
from tests.loops import feed
from workers.media.ring import Ring

__all__ = ["alarms", "drain_all", "fed", "state_of"]


def fed(ring: Ring, camera: Camera, chunks, start, **more) -> list[Chunk]:
    with mine_scope(camera.mine_id):
        return feed(ring, camera, chunks, start, **more)


def alarms(camera: Camera) -> list[Alarm]:
    with mine_scope(camera.mine_id):
        return list(Alarm.objects.filter(camera=camera).order_by("raised_at"))


def state_of(camera: Camera) -> Analysis:
    with mine_scope(camera.mine_id):
        return Analysis.objects.get(camera=camera)


def drain_all(camera: Camera) -> int:
    taken = 0
    while count := drain(camera.pk):
        taken += count
    return taken
