"""Floods: more alarms than one person can answer. Lesser ones fold on the desk, high ones never."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Q
from django.utils import timezone

from apps.alarms.life import SILENCED
from apps.alarms.models import Alarm, Flood
from apps.apart import apart
from apps.audit.services import record
from apps.cameras.models import AHEAD
from apps.live.services import emit, take_turn
from apps.tenancy.scope import mine_scope, system_scope

__all__ = ["WITHIN", "flood_data", "flood_watch", "floods", "floods_due", "recent"]

# Source: domain.md sections 2 and 7: more than ten alarms in ten minutes begin a flood. It is over
# below five (ISA-18.2), so that it does not begin and end all the time.
WITHIN = timedelta(minutes=10)
MORE_THAN = 10
OVER_BELOW = 5


def recent(*, now: datetime) -> Any:
    """List the alarms in scope that came to a desk in the last ten minutes, by our clock.

    What came in a future that the clock took back is no load of the present.
    """
    within = Q(committed_at__gt=now - WITHIN, committed_at__lte=now + AHEAD)
    return Alarm.objects.filter(within).exclude(state__in=SILENCED)


def floods() -> Any:
    """List the floods in scope that go on."""
    return Flood.objects.filter(ended_at=None).order_by("pk")


def flood_data(flood: Flood) -> dict[str, Any]:
    """Return a flood as the desk and the socket show it."""
    return {
        "id": flood.pk,
        "mine": flood.mine_id,
        "since": flood.since.isoformat(),
        "ended_at": flood.ended_at and flood.ended_at.isoformat(),
    }


def flood_watch(*, mine_id: int) -> None:
    """Begin a flood when one alarm more is too many; called in the transaction of each raise."""
    now = timezone.now()
    if recent(now=now).filter(mine=mine_id).count() <= MORE_THAN:
        return
    flood, begun = Flood.objects.get_or_create(
        mine_id=mine_id, ended_at=None, defaults={"since": now}
    )
    if begun:
        _told(flood, "began")


def floods_due(*, now: datetime) -> int:
    """End the floods that are over; called by the beat, outside of any scope.

    Late or never: the desk stays in flood mode and says since when, high alarms stay single.
    Twice: nothing is left to end.
    """
    with system_scope("floods end in every mine"):
        going_on = list(floods().values_list("pk", "mine_id"))

    def ended(flood_id: int, mine_id: int) -> int:
        with mine_scope(mine_id):
            return _end(flood_id, mine_id, now)

    return sum(apart(partial(ended, *one) for one in going_on))


def _end(flood_id: int, mine_id: int, now: datetime) -> bool:
    take_turn(mine_id=mine_id)
    flood = Flood.objects.select_for_update(of=("self",)).get(pk=flood_id)
    count = recent(now=now).filter(mine=flood.mine_id).count()
    if flood.ended_at is not None or count >= OVER_BELOW:
        return False
    flood.ended_at = now
    flood.save()
    _told(flood, "ended")
    return True


def _told(flood: Flood, what: str) -> None:
    data = flood_data(flood)
    record(action=f"flood.{what}", subject=flood, mine_id=flood.mine_id, part="alarms", detail=data)
    emit(mine_id=flood.mine_id, kind=f"flood.{what}", payload=data)
