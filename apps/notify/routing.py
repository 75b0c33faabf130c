"""From a step of an alarm's life to the messages that it causes: rows, in the same transaction.

Twice: one row for a route, a step and a target, held by a constraint. Never: routing takes place
with the step itself, so there is no step without its rows, unless this very code fails: then the
alarm stands all the same, and the log and an event of the mine say that nobody was called.
Where no route takes a step of the ladder, a step of its own says so, and so do the desks.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from apps.alarms.life import ASKING, ENDS, Cause, State
from apps.alarms.models import Alarm, AlarmTransition, Flood, Severity
from apps.live.services import emit
from apps.notify.channels import TRAITS
from apps.notify.match import AT_ONCE, wants
from apps.notify.message import alarm_facts
from apps.notify.models import Channel, Delivery, Kind, Route
from apps.notify.targets import devices_at, targets_of

__all__ = ["FOLD_S", "occasion_of", "route_step"]

log = logging.getLogger(__name__)
# In a flood, lesser alarms of so long come in one message.
FOLD_S = 300
# What is committed a moment after the end of its span still gets into the message.
FOLD_SLACK_S = 5
URGENT = (Severity.CRITICAL.value, Severity.HIGH.value)
# Nobody answered, nobody saw it for a while, and nobody said that it was over.
SEEN_ANEW = (Cause.AGAIN.value, State.UNACKNOWLEDGED.value)
GONE_ON = (State.UNACKNOWLEDGED.value, State.ACKNOWLEDGED.value)


def occasion_of(cause: str, from_state: str, to_state: str, rung: int) -> tuple[str, int] | None:
    """Return what a step of an alarm's life is for messages, and its step of the ladder; or None.

    An alarm that begins to ask, or asks for more, calls at once; one that comes and goes before
    anybody answered calls once, and again where it is seen anew after nobody saw it for a while.
    Whoever answers ends it: the ladder tells no further step.
    """
    if cause == Cause.TOLD:
        return Kind.TOLD.value, rung
    if cause == Cause.WORSE and to_state in ASKING:
        return Kind.WORSE.value, AT_ONCE
    if to_state in ASKING and (from_state not in ASKING or (cause, from_state) == SEEN_ANEW):
        return Kind.RAISED.value, AT_ONCE
    if cause in ENDS and from_state in GONE_ON:
        return Kind.CLEARED.value, AT_ONCE
    return None


def route_step(*, alarm: Alarm, step: AlarmTransition) -> bool:
    """Write the messages that a step causes, and ring for them after the commit.

    False for a step of the ladder that no route takes.
    """
    try:
        with transaction.atomic():
            routes = _route(alarm, step)
    except Exception:
        # An alarm without its messages is bad; an alarm that is not raised would be worse.
        log.exception("step %s of alarm %s calls nobody", step.pk, alarm.pk)
        payload = {"alarm": alarm.pk, "step": step.pk}
        emit(mine_id=alarm.mine_id, kind="notify.broken", payload=payload)
        return True
    ring(routes, alarm.mine_id)
    return bool(routes) or step.cause != Cause.TOLD


def ring(routes: Iterable[int], mine_id: int) -> None:
    """Ring for routes after the commit; a bell that is lost is rung again by the sweep."""
    from apps.notify.tasks import deliver

    for route_id in routes:
        transaction.on_commit(
            lambda route_id=route_id: deliver.delay(route_id, mine_id), robust=True
        )


def _route(alarm: Alarm, step: AlarmTransition) -> list[int]:
    found = occasion_of(step.cause, step.from_state, step.to_state, step.detail.get("rung", 0))
    if found is None:
        return []
    kind, rung = found
    routes = list(Route.objects.filter(mine=alarm.mine_id, enabled=True, removed_at=None))
    if not routes:
        return []
    now = timezone.now()
    clock = now.astimezone(ZoneInfo(alarm.mine.timezone)).time()
    areas = _areas(alarm) if any(route.areas for route in routes) else frozenset()
    if kind == Kind.CLEARED:
        chosen = [route for route in routes if route.cleared]
    else:
        chosen = [
            route
            for route in routes
            if wants(route.wish, severity=alarm.severity, areas=areas, at=clock, step=rung)
        ]
    if not chosen:
        return []
    flood = _flood(alarm, kind)
    # Messages may arrive in any order, and the clock may be set: programs go by the step's number.
    facts = {**alarm_facts(alarm, step.detail), "at": now.isoformat(), "step": step.pk}
    told = _told(alarm) if kind == Kind.CLEARED else set()
    devices = devices_at(alarm.mine_id) if any(r.channel == Channel.PUSH for r in chosen) else []
    ringing = []
    for route in chosen:
        targets = targets_of(route, devices)
        if kind == Kind.CLEARED:
            targets = [target for target in targets if (route.pk, target) in told]
        into = {}
        if flood is not None and not TRAITS[route.channel].machine:
            into = {target: _summary(route, target, flood, facts, now) for target in targets}
        rows = [
            Delivery(
                mine_id=alarm.mine_id, route=route, kind=kind, occasion=f"step:{step.pk}",
                target=target, alarm=alarm, severity=alarm.severity, facts=facts,
                into=into.get(target), next_at=now, created_at=now,
                give_up_at=now + TRAITS[route.channel].give_up,
                state=Delivery.State.FOLDED if into else Delivery.State.WAITING,
                ended_at=now if into else None,
            )
            for target in targets
        ]  # fmt: skip
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        if rows and not into:
            ringing.append(route.pk)
    return ringing


def _areas(alarm: Alarm) -> frozenset[int]:
    """Return the places of all cameras that see an alarm."""
    seen = alarm.witnesses.values_list("camera__area", flat=True)
    return frozenset({alarm.camera.area_id, *seen})


def _told(alarm: Alarm) -> set[tuple[int, str]]:
    """Return who heard, or is about to hear, of an alarm: route and target."""
    rows = (
        Delivery.objects.filter(alarm=alarm)
        .exclude(kind=Kind.CLEARED)
        .exclude(state__in=[Delivery.State.DROPPED, Delivery.State.FAILED])
    )
    return set(rows.values_list("route", "target"))


def _flood(alarm: Alarm, kind: str) -> Flood | None:
    """Return the flood in which this folds. High and critical never do, nor a step of a ladder."""
    if alarm.severity in URGENT or kind == Kind.TOLD:
        return None
    return Flood.objects.filter(mine=alarm.mine_id, ended_at=None).first()


def _summary(
    route: Route, target: str, flood: Flood, facts: dict[str, Any], now: datetime
) -> Delivery:
    """Return the one message of this span of the flood."""
    number = int((now - flood.since).total_seconds() // FOLD_S)
    end = flood.since + timedelta(seconds=(number + 1) * FOLD_S + FOLD_SLACK_S)
    mine = {name: facts[name] for name in ("mine", "mine_name", "timezone", "at")}
    summary, _made = Delivery.objects.get_or_create(
        route=route,
        occasion=f"flood:{flood.pk}:{number}",
        target=target,
        defaults={
            "mine_id": route.mine_id,
            "kind": Kind.FOLDED,
            "severity": Severity.LOW,
            "facts": {**mine, "severity": Severity.LOW.value},
            "next_at": end,
            "created_at": now,
            "give_up_at": end + TRAITS[route.channel].give_up,
        },
    )
    return summary
