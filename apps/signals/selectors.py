"""Reads of machine signals."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Subquery, Value, When

from apps.mines.models import Machine
from apps.signals.models import Report, Signal
from workers.told import DANGER, EVENT_AGE_S, LATE

__all__ = [
    "events_late",
    "in_time",
    "report_standing",
    "reports_until",
    "signal_standing",
    "signals_until",
]

# What was being written down while a span was read is looked for once more for so long.
UNSEEN = timedelta(minutes=1)

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
    machines = Machine.objects.filter(mine_id=mine_id, key__in=keys)
    names = dict(machines.values_list("pk", "key"))
    rows = Signal.objects.filter(mine_id=mine_id)
    earlier, within = _held(rows, "machine_id", names, "state", since, until)
    last = {one[1]: one for one in sorted(earlier, key=lambda one: DANGER.index(one[2]))}
    # That a machine stood, by a clock that may be wrong, takes nothing back.
    late = _late(rows.exclude(state="STOPPED"), "machine_id", names, since, until)
    return in_time((at, names[pk], said) for at, pk, said in [*last.values(), *within, *late])


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
    rows = Report.objects.filter(mine_id=mine_id)
    earlier, within = _held(rows, "key", keys, "value", since, until)
    last = {one[1]: one for one in earlier}
    return in_time([*last.values(), *within, *_late(rows, "key", keys, since, until)])


def events_late(*, mine_id: int, keys: list[str], since: datetime) -> list[Told]:
    """List (time, input, value) of events before `since` that were received after it, or about it.

    Each is told of once however late it comes, up to an hour; some may have been listed before.
    """
    if not keys:
        return []
    rows = Report.objects.filter(mine_id=mine_id, key__in=keys, received_at__gte=since - UNSEEN)
    late = rows.filter(at__lt=since, at__gte=since - timedelta(seconds=EVENT_AGE_S))
    return list(late.order_by("at", "pk").values_list("at", "key", "value"))


def report_standing(*, mine_id: int, key: str, until: datetime) -> Report | None:
    """Return the report that counts of an input at a time, that time included."""
    rows = Report.objects.filter(mine_id=mine_id, key=key, at__lte=until)
    return rows.order_by("-at", "-pk").first()


def _held(
    rows: QuerySet[Any],
    who: str,
    names: Iterable[Any],
    what: str,
    since: datetime,
    until: datetime,
) -> tuple[list[Any], list[Any]]:
    """List (time, who, what) of each one's last time before a span, and of all in it, as received.

    Asks for each one's last earlier rows by themselves: the database then takes one step in the
    index of each, however long its past is. This is asked for every chunk of every camera.
    """
    columns = ("at", "pk", who, what)
    each = []
    for name in names:
        earlier = rows.filter(**{who: name}, at__lt=since)
        newest = earlier.order_by("-at").values("at")[:1]
        each.append(earlier.filter(at=Subquery(newest)).values_list(*columns))
    if not each:
        return [], []
    within = rows.filter(**{f"{who}__in": list(names)}, at__gte=since, at__lt=until)
    found = sorted(within.values_list(*columns).union(*each, all=True), key=lambda row: row[:2])
    told = [(at, name, said) for at, _, name, said in found]
    return [one for one in told if one[0] < since], [one for one in told if one[0] >= since]


def _late(
    rows: QuerySet[Any], who: str, names: Iterable[Any], since: datetime, until: datetime
) -> list[Any]:
    """List, as LATE, the times of reports that late ones contradict."""
    rows = rows.filter(**{f"{who}__in": list(names)}, behind_at__isnull=False, behind_at__lt=until)
    last = rows.filter(behind_at__lt=since).order_by(who, "-behind_at").distinct(who)
    within = rows.filter(behind_at__gte=since).order_by("behind_at", "pk")
    told = [*last.values_list("behind_at", who), *within.values_list("behind_at", who)]
    return [(at, name, LATE) for at, name in told]


def _by_danger(rows: QuerySet[Signal]) -> QuerySet[Signal]:
    """Say of each report how dangerous what it says is, beside others of its time."""
    ranks = [
        When(state=state, then=Value(rank)) for rank, state in enumerate(DANGER) if state != LATE
    ]
    return rows.annotate(danger=Case(*ranks, output_field=IntegerField()))
