"""Reads of machine signals."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from apps.signals.models import Report, Signal
from workers.told import DANGER, LATE

__all__ = ["in_time", "report_standing", "reports_until", "signal_standing", "signals_until"]

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
    the most dangerous. LATE stands at the time of a report that a late one contradicts.
    """
    if not keys:
        return []
    rows = Signal.objects.filter(mine_id=mine_id, machine__key__in=keys)
    told = _held(_by_danger(rows), "at", "machine__key", "state", since, until, "-danger")
    # That a machine stood, by a clock that may be wrong, takes nothing back.
    late = _late(rows.exclude(state="STOPPED"), "machine__key", since, until)
    return in_time([*told, *late])


def signal_standing(*, machine_id: int, until: datetime) -> Signal | None:
    """Return the report that counts of a machine at a time, that time included."""
    rows = Signal.objects.filter(machine_id=machine_id, at__lte=until)
    return _by_danger(rows).order_by("-at", "-danger").first()


def reports_until(
    *, mine_id: int, keys: list[str], since: datetime, until: datetime
) -> list[tuple[datetime, str, str]]:
    """List (time, input, value): each input's last report before `since`, then all after.

    Those of one time stand in the order in which they were received, as the last counts. LATE
    stands at the time of a report that a late one contradicts.
    """
    if not keys:
        return []
    rows = Report.objects.filter(mine_id=mine_id, key__in=keys)
    told = _held(rows, "at", "key", "value", since, until, "-pk")
    return in_time([*told, *_late(rows, "key", since, until)])


def report_standing(*, mine_id: int, key: str, until: datetime) -> Report | None:
    """Return the report that counts of an input at a time, that time included."""
    rows = Report.objects.filter(mine_id=mine_id, key=key, at__lte=until)
    return rows.order_by("-at", "-pk").first()


def _held(
    rows: QuerySet[Any],
    time: str,
    key: str,
    said: str,
    since: datetime,
    until: datetime,
    counts: str = "-pk",
) -> list[Told]:
    """List what each key's last row before a span says, and what all in it say, by their time."""
    rows = rows.filter(**{f"{time}__lt": until})
    last = rows.filter(**{f"{time}__lt": since}).order_by(key, f"-{time}", counts).distinct(key)
    within = rows.filter(**{f"{time}__gte": since}).order_by(time, "pk")
    return [*last.values_list(time, key, said), *within.values_list(time, key, said)]


def _late(rows: QuerySet[Any], key: str, since: datetime, until: datetime) -> list[Told]:
    """List, as LATE, the times of reports that late ones contradict."""
    rows = rows.filter(behind_at__isnull=False)
    return [(at, name, LATE) for at, name, _ in _held(rows, "behind_at", key, "pk", since, until)]


def _by_danger(rows: QuerySet[Signal]) -> QuerySet[Signal]:
    """Say of each report how dangerous what it says is, beside others of its time."""
    ranks = [When(state=state, then=Value(rank)) for rank, state in enumerate(DANGER)
             if state != LATE]  # fmt: skip
    return rows.annotate(danger=Case(*ranks, output_field=IntegerField()))
