"""Sends what is due along one route: claimed, tried, recorded; nothing is held while it is sent.

What happens when …
  the bell rings twice          a lease on the route lets one worker in
  the bell is lost              the sweep rings every 3 s for what is due
  the worker dies while sending the try stays in the log as "not known"; after the lease another
                                follows with the same id: at least once, never silently not
  the receiver is away          tries follow at growing distances until the give-up time
  it stays away                 the message is given up: in the log, on the page, as an event
  the clock is set forward      nothing is given up for it: time that never was is no time tried
  sending itself fails          it is given up after three tries, so that the desks say so at once
  somebody answered meanwhile   what only asks for an answer is not sent any more
  it is over before it is told  "over" waits until that was told, and goes where it got through
"""

import random
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import (
    Case,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.permissions import Action
from apps.accounts.selectors import access_of
from apps.alarms.life import ASKING
from apps.alarms.models import Severity, Snapshot
from apps.audit.services import record
from apps.cameras.models import AHEAD
from apps.cameras.secrets import unlock
from apps.live.clock import age_of
from apps.live.services import emit, take_turn
from apps.notify.channels import TRAITS, send
from apps.notify.message import message
from apps.notify.models import Attempt, Channel, Delivery, Kind, Picture, Route, Subscription
from apps.notify.parcel import Outcome, Parcel
from apps.notify.standing import is_down
from apps.rules.masks import covered
from apps.tenancy.scope import mine_scope
from workers.words import sentence

__all__ = ["BACK_OFF_S", "LEASE_S", "drain", "future_forget", "parcel_of"]

# Longer than any try: connecting, sending and reading end within 20 s, mail within a minute.
LEASE_S = 90
# A turn is short, so that eight threads serve more than eight routes in turn.
MOST_IN_A_TURN = 20
TURN_S = 20.0
MOST_FAULTS = 3
BACK_OFF_S = (5, 15, 30, 60, 120, 300, 600, 900, 1800)
JITTER = 0.2
HEARD = (Delivery.State.SENT, Delivery.State.FOLDED)
URGENT = (Severity.CRITICAL.value, Severity.HIGH.value)
LOCKED = sentence("Its address or secret was locked with another DAVY_FIELD_KEY: give both anew.")
RANK = Case(
    When(severity=Severity.CRITICAL, then=Value(0)),
    When(severity=Severity.HIGH, then=Value(1)),
    When(severity=Severity.MEDIUM, then=Value(2)),
    default=Value(3),
    output_field=IntegerField(),
)


@dataclass(frozen=True)
class _Claim:
    """A try that is about to be made: committed before anything is sent."""

    delivery_id: int
    attempt_id: int
    channel: str
    parcel: Parcel


def drain(*, route_id: int, mine_id: int) -> bool:
    """Send what is due along a route, the most severe first; True when more is due now."""
    token = secrets.token_hex(8)
    with mine_scope(mine_id):
        if not _take(route_id, token):
            return False
    began = time.monotonic()
    try:
        for _turn in range(MOST_IN_A_TURN):
            with mine_scope(mine_id):
                claim = _claim(route_id, mine_id, token)
            if claim is None:
                return False
            outcome = send(claim.channel, claim.parcel)
            with mine_scope(mine_id):
                _settle(claim, outcome, mine_id)
            if time.monotonic() - began > TURN_S:
                break
        return True
    finally:
        with mine_scope(mine_id):
            Route.objects.filter(pk=route_id, lease_token=token).update(lease_until=None)


def future_forget(*, now: datetime) -> None:
    """Let nothing wait for a future that was taken back: this machine's clock was set back since.

    What was asked for, or tried last, in that future is due now; a lease that ends later than any
    is over. Needs a system scope.
    """
    later = now + AHEAD
    # Routes before messages, as whoever sends locks them.
    Route.objects.filter(lease_until__gt=later + timedelta(seconds=LEASE_S)).update(
        lease_until=None
    )
    last = Attempt.objects.filter(delivery=OuterRef("pk"), number=OuterRef("attempts"))
    since = Coalesce(Subquery(last.values("at")), "created_at")
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__gt=later)
    ahead = waiting.annotate(since=since).filter(since__gt=later, next_at__gte=F("since"))
    Delivery.objects.filter(pk__in=list(ahead.values_list("pk", flat=True))).update(next_at=now)


def _take(route_id: int, token: str) -> bool:
    """Win the route's lease by one conditional UPDATE."""
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    until = now + timedelta(seconds=LEASE_S)
    won = Route.objects.filter(free, pk=route_id).update(lease_token=token, lease_until=until)
    return bool(won)


def _claim(route_id: int, mine_id: int, token: str) -> _Claim | None:
    """Choose the next message, and write down that it is about to be tried.

    Returns None when nothing is due, or the lease went to somebody else. What is not needed any
    more is put aside on the way.
    """
    now = timezone.now()
    # Before any row: giving up emits, and whoever holds the mine's turn may wait for these rows.
    take_turn(mine_id=mine_id)
    rows = Route.objects.select_for_update(of=("self",), no_key=True)
    route = rows.filter(pk=route_id).first()
    if route is None or route.lease_token != token:
        return None
    route.lease_until = now + timedelta(seconds=LEASE_S)
    route.save(update_fields=["lease_until"])
    while (delivery := _next(route, now)) is not None:
        if because := _not_needed(route, delivery):
            _end(delivery, Delivery.State.DROPPED, because, now)
            continue
        if (later := _not_yet(route, delivery, now)) is not None:
            delivery.next_at = later
            delivery.save(update_fields=["next_at"])
            continue
        if _is_over(delivery) and delivery.attempts:
            said = delivery.said or sentence("It is not known what came of the tries.")
            _give_up(route, delivery, said, now)
            continue
        parcel, because = parcel_of(route, delivery, now)
        if parcel is None:
            _give_up(route, delivery, because, now)
            continue
        delivery.attempts += 1
        # Should this worker die, it is due again when the lease is over.
        delivery.next_at = now + timedelta(seconds=LEASE_S)
        delivery.save(update_fields=["attempts", "next_at"])
        attempt = Attempt.objects.create(
            mine_id=route.mine_id, delivery=delivery, number=delivery.attempts, at=now
        )
        return _Claim(delivery.pk, attempt.pk, route.channel, parcel)
    return None


def _next(route: Route, now: datetime) -> Delivery | None:
    due = Delivery.objects.filter(route=route, state=Delivery.State.WAITING, next_at__lte=now)
    # Not what was tried in a future that this machine's clock took back.
    minute = (now - timedelta(minutes=1), now)
    tried = Attempt.objects.filter(delivery__route=route, at__range=minute)
    if tried.count() >= TRAITS[route.channel].most_a_minute:
        due = due.filter(severity__in=URGENT)  # lesser ones wait; the sweep comes back for them
    rows = due.select_related("alarm").annotate(rank=RANK)
    return rows.order_by("rank", "next_at", "pk").first()


def _not_needed(route: Route, delivery: Delivery) -> str:
    """Say why a message is not to be sent any more, or nothing."""
    if route.removed_at is not None or not route.enabled:
        return sentence("The route was switched off.")
    alarm = delivery.alarm
    if alarm is None or TRAITS[route.channel].machine:
        return ""
    if delivery.kind == Kind.CLEARED:
        heard = _others(delivery).filter(state__in=[*HEARD, Delivery.State.WAITING])
        return "" if heard.exists() else sentence("Nobody had been told of this alarm.")
    if alarm.state not in ASKING:
        return sentence("The alarm was answered before this could be sent.")
    return ""


def _not_yet(route: Route, delivery: Delivery, now: datetime) -> datetime | None:
    """Say until when "over" waits for what is still to be told of its alarm, or None."""
    if delivery.kind != Kind.CLEARED or TRAITS[route.channel].machine:
        return None
    if _others(delivery).filter(state__in=HEARD).exists():
        return None
    first = _others(delivery).filter(state=Delivery.State.WAITING).order_by("next_at").first()
    return first and max(first.next_at, now + timedelta(seconds=BACK_OFF_S[0]))


def _others(delivery: Delivery) -> QuerySet[Delivery]:
    """List what else was to be told of an alarm, along the same route to the same target."""
    rows = Delivery.objects.filter(
        route=delivery.route_id, alarm=delivery.alarm_id, target=delivery.target
    )
    return rows.exclude(kind=Kind.CLEARED)


def parcel_of(route: Route, delivery: Delivery, now: datetime) -> tuple[Parcel | None, str]:
    """Return what to send, or None and why it cannot be sent."""
    try:
        return _parcel_of(route, delivery, now)
    except ImproperlyConfigured:
        return None, LOCKED


def _parcel_of(route: Route, delivery: Delivery, now: datetime) -> tuple[Parcel | None, str]:
    keys, address, target = ("", ""), unlock(route.address_box), delivery.target
    if route.channel == Channel.PUSH:
        device = Subscription.objects.filter(pk=int(target or 0)).first()
        # Asked at each message: who lost their role in the mine hears nothing more of it.
        if device is None or not access_of(device.user_id).can(Action.VIEW, route.mine_id):
            return None, sentence("This browser takes no messages any more.")
        address, keys = unlock(device.endpoint_box), (device.key, unlock(device.auth_box))
        target = ""
    folded = []
    if delivery.kind == Kind.FOLDED:
        folded = [one.facts for one in delivery.folded.order_by("pk")]
    said = message(
        kind=delivery.kind, facts=delivery.facts, language=route.language,
        created_at=delivery.created_at, now=now, folded=folded,
    )  # fmt: skip
    picture = b""
    if route.channel == Channel.EMAIL and route.picture == Picture.ATTACH and delivery.alarm_id:
        row = Snapshot.objects.filter(alarm=delivery.alarm_id).select_related("alarm").first()
        if row is not None:
            picture = covered(bytes(row.jpeg), camera_id=row.alarm.camera_id, at=row.at)
    parcel = Parcel(
        uid=str(delivery.uid), kind=delivery.kind, message=said, target=target, address=address,
        secret=unlock(route.secret_box), keys=keys, picture=picture, language=route.language,
        facts=delivery.facts | ({"alarms": [one["alarm"] for one in folded]} if folded else {}),
    )  # fmt: skip
    return parcel, ""


@transaction.atomic
def _settle(claim: _Claim, outcome: Outcome, mine_id: int) -> None:
    """Record what came of a try. One that ended twice (two workers) is sent if either sent it."""
    now = timezone.now()
    if not outcome.ok:
        take_turn(mine_id=mine_id)
    attempt = Attempt.objects.get(pk=claim.attempt_id)
    attempt.ok, attempt.said = outcome.ok, outcome.said[:300]
    attempt.took_s = round((now - attempt.at).total_seconds(), 3)
    attempt.save()
    rows = Delivery.objects.select_for_update(of=("self",), no_key=True)
    delivery = rows.get(pk=claim.delivery_id)
    if delivery.state == Delivery.State.SENT or (
        not outcome.ok and (delivery.attempts != attempt.number or delivery.ended_at)
    ):
        return  # a later try knows more
    if outcome.ok:
        was_down = is_down(route_id=delivery.route_id)
        _end(delivery, Delivery.State.SENT, outcome.said, now)
        if was_down:
            payload = {"route": delivery.route_id, "delivery": delivery.pk}
            emit(mine_id=delivery.mine_id, kind="notify.restored", payload=payload)
        return
    if outcome.gone:
        Subscription.objects.filter(pk=int(delivery.target or 0)).delete()
    delivery.said = outcome.said[:300]
    wait = timedelta(seconds=_wait_s(delivery.attempts, outcome))
    delivery.next_at = now + wait
    hopeless = outcome.final or (outcome.fault and delivery.attempts >= MOST_FAULTS)
    if hopeless or _is_over(delivery, wait):
        route = Route.objects.get(pk=delivery.route_id)
        _give_up(route, delivery, outcome.said, now)
        return
    delivery.save()


def _is_over(delivery: Delivery, wait: timedelta = timedelta(0)) -> bool:
    """Tell whether a message was tried for as long as is stated, or is after a wait."""
    return age_of(delivery.created_at) + wait >= delivery.give_up_at - delivery.created_at


def _wait_s(attempts: int, outcome: Outcome) -> float:
    """Return how long to wait for the next try: longer each time, and not all at once."""
    wait = BACK_OFF_S[min(attempts, len(BACK_OFF_S)) - 1] * random.uniform(1 - JITTER, 1 + JITTER)
    return max(wait, outcome.retry_s or 0)


def _end(delivery: Delivery, state: str, said: str, now: datetime) -> None:
    delivery.state, delivery.said, delivery.ended_at = state, said[:300], now
    delivery.save(update_fields=["state", "said", "ended_at", "next_at"])


def _give_up(route: Route, delivery: Delivery, said: str, now: datetime) -> None:
    """Stop trying, and say so: in the log, in the audit trail and as an event."""
    _end(delivery, Delivery.State.FAILED, said, now)
    told = {
        "delivery": delivery.pk,
        "route": route.pk,
        "name": route.name,
        "channel": route.channel,
        "kind": delivery.kind,
        "alarm": delivery.alarm_id,
        "reason": said,
        "attempts": delivery.attempts,
    }
    record(
        action="notify.given_up", subject=delivery, mine_id=route.mine_id, part="notify",
        detail=told,
    )  # fmt: skip
    emit(mine_id=route.mine_id, kind="notify.given_up", payload=told)
