"""Reads of readings: the newest of each series, and a series over time."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.cameras.models import AHEAD, Camera
from apps.readings.models import Reading, Rollup

__all__ = ["MOST_POINTS", "STALE", "STEPS", "reading_series", "readings_newest"]

# A value older than this says nothing about now.
STALE = timedelta(minutes=5)
MOST_POINTS = 5000
STEPS = ("raw", "minute", "hour")


def readings_newest(*, camera_ids: list[int]) -> list[dict[str, Any]]:
    """List each series' newest reading; stale: there is no value, or it is older than 5 minutes.

    The newest is the one that was read last, and one of a time that is yet to come is stale: this
    machine's clock was set back since, and a level of before is no level of now.
    """
    now = timezone.now()
    series = Reading.objects.filter(camera__in=camera_ids).distinct("camera_id", "name")
    young = series.filter(at__gte=now - STALE).order_by("camera_id", "name", "-pk")
    last = {(row.camera_id, row.name): row for row in young}
    rows = [
        last.get((row.camera_id, row.name), row)
        for row in series.order_by("camera_id", "name", "-at")
    ]
    return [
        {
            "mine": row.mine_id,
            "camera": row.camera_id,
            "name": row.name,
            "at": row.at,
            "value": row.value,
            "confidence": row.confidence,
            "stale": row.value is None or not -AHEAD <= now - row.at <= STALE,
        }
        for row in rows
    ]


def reading_series(
    *, camera: Camera, name: str, since: datetime, until: datetime, step: str
) -> tuple[list[dict[str, Any]], bool]:
    """Return a series' first MOST_POINTS points in [since, until), and whether more follow.

    raw: at, value, confidence; minute, hour: at (its beginning), min, mean, max, count, lost.
    A time that nothing was read in has no point: a gap.
    """
    if step == "raw":
        rows = Reading.objects.filter(camera=camera, name=name, at__gte=since, at__lt=until)
        found = list(rows.order_by("at").values("at", "value", "confidence")[: MOST_POINTS + 1])
        return found[:MOST_POINTS], len(found) > MOST_POINTS
    rollups = Rollup.objects.filter(
        camera=camera, name=name, step=step, at__gte=since, at__lt=until
    ).order_by("at")[: MOST_POINTS + 1]
    points = [
        {
            "at": row.at,
            "min": row.minimum,
            "mean": row.mean,
            "max": row.maximum,
            "count": row.count,
            "lost": row.lost,
        }
        for row in rollups
    ]
    return points[:MOST_POINTS], len(points) > MOST_POINTS
