"""Reads of machine signals."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Case, IntegerField, QuerySet, Value, When

from apps.signals.models import Report, Signal
from workers.vision.belief import DANGER

__all__ = ["in_time", "reports_until", "signal_standing", "signals_until"]

# The time, a machine's key or an input's id, and what was said of it.
Told = tuple[datetime, str, str]


def in_time(told: Iterable[Told]) -> list[Told]:
    """Return reports by their time; those of one time stay in the order in which they came."""
    return sorted(told, key=lambda one: one[0])


def signals_until(
    *, mine_id: int, keys: list[str], since: datetime, until: datetime
) -> list[tuple[datetime, str, str]]:
    """List (time, machine key, state): each machine's last report before `since`, then all after.

    The last earlier report is what still holds when the span begins; of several of one time it is
    the most dangerous.
    """
    if not keys:
        return []
    rows = Signal.objects.filter(mine_id=mine_id, machine__key__in=keys, at__lt=until)
    earlier = (
        _by_danger(rows.filter(at__lt=since))
        .order_by("machine__key", "-at", "-danger")
        .distinct("machine__key")
        .values_list("at", "machine__key", "state")
    )
    within = rows.filter(at__gte=since).order_by("at", "pk")
    return in_time([*earlier, *within.values_list("at", "machine__key", "state")])


def signal_standing(*, machine_id: int, until: datetime) -> Signal | None:
    """Return the report that counts of a machine at a time, that time included."""
    rows = Signal.objects.filter(machine_id=machine_id, at__lte=until)
    return _by_danger(rows).order_by("-at", "-danger").first()


def _by_danger(rows: QuerySet[Signal]) -> QuerySet[Signal]:
    """Say of each report how dangerous what it says is, beside others of its time."""
    ranks = [When(state=state, then=Value(rank)) for rank, state in enumerate(DANGER)]
    return rows.annotate(danger=Case(*ranks, output_field=IntegerField()))


def reports_until(
    *, mine_id: int, keys: list[str], since: datetime, until: datetime
) -> list[tuple[datetime, str, str]]:
    """List (time, input, value): each input's last report before `since`, then all after.

    Those of one time stand in the order in which they were received; only the last counts.
    """
    if not keys:
        return []
    rows = Report.objects.filter(mine_id=mine_id, key__in=keys, at__lt=until)
    earlier = (
        rows.filter(at__lt=since)
        .order_by("key", "-at", "-pk")
        .distinct("key")
        .values_list("at", "key", "value")
    )
    within = rows.filter(at__gte=since).order_by("at", "pk").values_list("at", "key", "value")
    return in_time([*earlier, *within])
