"""Forgets what machines and inputs said long ago; the record keeps their changes for good."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from apps.cameras.models import Camera
from apps.live.clock import now_for_age
from apps.mines.models import Machine
from apps.recordings.keeping import kept_by_camera
from apps.signals.models import Report, Signal

__all__ = ["signals_forget"]


def signals_forget(*, mine_id: int) -> int:
    """Delete a mine's old signals and reports; needs its scope. Returns how many.

    What may still be recorded can be analysed again, so none go that are younger than that. The
    last of each machine and input from before always stays: it holds until another one comes.
    """
    cameras = Camera.objects.filter(mine_id=mine_id)
    longest = max((one.age_s for one in kept_by_camera(cameras).values()), default=0)
    days = timedelta(days=settings.SIGNALS_DAYS)
    before = now_for_age() - max(days, timedelta(seconds=longest) + timedelta(days=1))
    gone = 0
    signals = Signal.objects.filter(mine_id=mine_id)
    for machine in Machine.objects.filter(mine_id=mine_id):
        gone += _forget(signals.filter(machine=machine), before)
    reports = Report.objects.filter(mine_id=mine_id)
    for key in _keys(reports):
        gone += _forget(reports.filter(key=key), before)
    return gone


def _forget(rows: QuerySet[Any], before: datetime) -> int:
    last = rows.filter(at__lt=before).order_by("-at").values_list("at", flat=True).first()
    return rows.filter(at__lt=last).delete()[0] if last else 0


def _keys(reports: QuerySet[Report]) -> Iterator[str]:
    """Yield the inputs that ever said anything, each found by one step in the index."""
    last = ""
    while key := reports.filter(key__gt=last).order_by("key").values_list("key", flat=True).first():
        yield key
        last = key
