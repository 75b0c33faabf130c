"""Writes of readings and of their roll-ups.

A chunk analysed twice, late or in another order gives the same rows: a reading is known by camera,
name and time, and a minute is made anew from all its readings, an hour from all its minutes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Avg, Count, F, FloatField, Max, Min, Q, Sum
from django.utils import timezone

from apps.cameras.models import Camera
from apps.live.clock import now_for_age
from apps.readings.models import Reading, Rollup

__all__ = ["SERIES", "readings_forget", "readings_keep"]

# Which of the engine's readings are kept as series; states and visibility have places of their own.
SERIES = (".level_m", ".wet_share")
KEPT = ["minimum", "mean", "maximum", "count", "lost"]


@transaction.atomic
def readings_keep(
    *, camera: Camera, values: Iterable[tuple[str, datetime, float | None, float | None]]
) -> int:
    """Keep (name, time, value, confidence) of one camera and renew their roll-ups.

    Needs the mine's scope. What is older than raw readings are kept for is left out: its minute
    could not be made anew from all its readings. Returns how many were taken.
    """
    oldest = timezone.now() - timedelta(days=settings.READINGS_RAW_DAYS)
    rows = [
        Reading(
            mine_id=camera.mine_id, camera=camera, name=name, at=at, value=value, confidence=sure
        )
        for name, at, value, sure in values
        if name.endswith(SERIES) and at > oldest
    ]
    if not rows:
        return 0
    Reading.objects.bulk_create(rows, ignore_conflicts=True)
    minutes = {(row.name, row.at.replace(second=0, microsecond=0)) for row in rows}
    for name, at in sorted(minutes):
        _minute(camera, name, at)
    for name, at in sorted({(name, at.replace(minute=0)) for name, at in minutes}):
        _hour(camera, name, at)
    return len(rows)


def _minute(camera: Camera, name: str, at: datetime) -> None:
    found = Reading.objects.filter(
        camera=camera, name=name, at__gte=at, at__lt=at + timedelta(minutes=1)
    ).aggregate(
        minimum=Min("value"),
        mean=Avg("value"),
        maximum=Max("value"),
        count=Count("value"),
        lost=Count("pk", filter=Q(value=None)),
    )
    _put(camera, name, Rollup.Step.MINUTE, at, found)


def _hour(camera: Camera, name: str, at: datetime) -> None:
    found = Rollup.objects.filter(
        camera=camera,
        name=name,
        step=Rollup.Step.MINUTE,
        at__gte=at,
        at__lt=at + timedelta(hours=1),
    ).aggregate(
        minimum=Min("minimum"),
        # Each minute weighs alike, however often the level changed in it.
        mean=Avg("mean", output_field=FloatField()),
        maximum=Max("maximum"),
        total=Sum(F("count")),
        without=Sum(F("lost")),
    )
    found["count"], found["lost"] = found.pop("total") or 0, found.pop("without") or 0
    _put(camera, name, Rollup.Step.HOUR, at, found)


def _put(camera: Camera, name: str, step: str, at: datetime, found: dict[str, Any]) -> None:
    row = Rollup(mine_id=camera.mine_id, camera=camera, name=name, step=step, at=at, **found)
    Rollup.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["camera", "name", "step", "at"],
        update_fields=KEPT,
    )


def readings_forget() -> int:
    """Delete what is older than the settings keep it; needs a system scope. Returns how many."""
    now = now_for_age()
    raw = Reading.objects.filter(at__lt=now - timedelta(days=settings.READINGS_RAW_DAYS))
    gone = raw.delete()[0]
    for step, days in (
        (Rollup.Step.MINUTE, settings.READINGS_MINUTE_DAYS),
        (Rollup.Step.HOUR, settings.READINGS_HOUR_DAYS),
    ):
        gone += Rollup.objects.filter(step=step, at__lt=now - timedelta(days=days)).delete()[0]
    return gone
