"""What the analysis found and where, chunk by chunk: the boxes that go beside a clip."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from apps.cameras.models import Camera
from apps.evidence.models import Sighting
from apps.live.clock import now_for_age
from apps.recordings.keeping import kept_by_camera
from workers.report import Finding

__all__ = ["findings_data", "sightings_forget", "sightings_keep"]

FORMAT = "davy-findings/1"


def sightings_keep(
    *, camera: Camera, findings: Iterable[Finding], scene_version: int, model: str
) -> None:
    """Keep what armed rules found in a chunk; inside the chunk's transaction, so once."""
    Sighting.objects.bulk_create(
        Sighting(
            mine_id=camera.mine_id,
            camera=camera,
            at=datetime.fromtimestamp(finding.t, tz=UTC),
            rule=finding.rule,
            rule_type=finding.type,
            level=finding.level,
            state=finding.state,
            boxes=finding.boxes,
            scene_version=scene_version,
            model=model[:100],
        )
        for finding in findings
        if finding.mode == "armed"
    )


def sightings_forget() -> int:
    """Delete what is older than any recording may be; needs a system scope. Returns how many."""
    longest = max((one.age_s for one in kept_by_camera(Camera.objects.all()).values()), default=0)
    age = timedelta(seconds=max(longest, settings.RING_AGE_S, 2 * 86400))
    return Sighting.objects.filter(at__lt=now_for_age() - age).delete()[0]


def findings_data(
    *, camera_id: int, since: datetime, until: datetime, clip: str
) -> tuple[dict[str, Any], list[str]]:
    """Return a clip's side file, times in its own clock, and the networks that looked."""
    rows = list(Sighting.objects.filter(camera=camera_id, at__gte=since, at__lte=until))
    data = {
        "format": FORMAT,
        "clip": clip,
        "camera": camera_id,
        "clock": "t_s: seconds after the clip's first picture",
        "starts_at": since.astimezone(UTC).isoformat(timespec="milliseconds"),
        "boxes_are": "left, top, right, bottom, as shares of the picture",
        "findings": [
            {
                "t_s": round((row.at - since).total_seconds(), 3),
                "at": row.at.astimezone(UTC).isoformat(timespec="milliseconds"),
                "rule": row.rule,
                "type": row.rule_type,
                "level": row.level,
                "state": row.state,
                "boxes": row.boxes,
                "scene_version": row.scene_version,
                "model": row.model,
            }
            for row in rows
        ],
    }
    return data, sorted({row.model for row in rows if row.model})
