"""Reads of routes and of what was sent along them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.alarms.ladders import ladder
from apps.alarms.models import Severity
from apps.mines.models import Mine
from apps.notify.channels import TRAITS
from apps.notify.match import AT_ONCE
from apps.notify.models import Attempt, Channel, Delivery, Kind, Route, Subscription
from apps.notify.targets import address_of, is_locked
from apps.sentences import kept

__all__ = [
    "address_shown",
    "deliveries",
    "delivery_data",
    "devices_of",
    "reach_of",
    "route_data",
    "routes",
    "routes_waiting",
    "with_health",
]

HEALTH_WITHIN = timedelta(hours=24)


def routes() -> QuerySet[Route]:
    """List the routes in scope, by name."""
    return Route.objects.filter(removed_at=None).select_related("mine").order_by("name", "pk")


def routes_waiting(*, now: datetime) -> list[tuple[int, int]]:
    """List (route, mine) where something is due with nobody at work; needs a system scope."""
    free = Q(route__lease_until=None) | Q(route__lease_until__lt=now)
    due = Delivery.objects.filter(free, state=Delivery.State.WAITING, next_at__lte=now)
    return list(due.order_by("route_id").values_list("route_id", "mine_id").distinct())


def address_shown(route: Route) -> str:
    """Return of an address what may be seen: e-mail whole, of others only whom it asks for."""
    address = address_of(route)
    if route.channel == Channel.EMAIL:
        return address
    if not address:
        return ""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/…"


def with_health(rows: Iterable[Route]) -> list[Route]:
    """Put on each route how it does: `waiting`, `failed`, `sent` of a day, and `last_test`."""
    found = list(rows)
    ids = [route.pk for route in found]
    since = timezone.now() - HEALTH_WITHIN
    states = Delivery.State
    counted = (
        Delivery.objects.filter(route__in=ids)
        .exclude(kind=Kind.TEST)
        .filter(Q(created_at__gt=since) | Q(state=states.WAITING))
        .values("route")
        .annotate(
            waiting=Count("pk", filter=Q(state=states.WAITING, attempts__gt=0)),
            failed=Count("pk", filter=Q(state=states.FAILED)),
            sent=Count("pk", filter=Q(state=states.SENT)),
        )
    )
    counts = {row["route"]: row for row in counted}
    tests = Delivery.objects.filter(route__in=ids, kind=Kind.TEST).order_by("route_id", "-pk")
    latest = {test.route_id: test for test in tests.distinct("route_id")}
    for route in found:
        row = counts.get(route.pk, {})
        route.waiting, route.failed = row.get("waiting", 0), row.get("failed", 0)
        route.sent, route.last_test = row.get("sent", 0), latest.get(route.pk)
        locked = _("locked with another key: give the address anew")
        route.shown = locked if is_locked(route) else address_shown(route)
        route.give_up_hours = f"{TRAITS[route.channel].give_up / timedelta(hours=1):g}"
    return found


def route_data(route: Route) -> dict[str, Any]:
    """Return a route as the API shows it; neither secret nor a whole address is in it."""
    return {
        "id": route.pk,
        "mine": route.mine_id,
        "name": route.name,
        "channel": route.channel,
        "enabled": route.enabled,
        "severities": route.severities,
        "areas": route.areas,
        "steps": route.steps,
        "since": route.since and f"{route.since:%H:%M}",
        "until": route.until and f"{route.until:%H:%M}",
        "cleared": route.cleared,
        "language": route.language,
        "picture": route.picture,
        "people": route.people,
        "address": address_shown(route),
        "signed": bool(route.secret_box),
    }


def reach_of(*, mine: Mine, rows: Iterable[Route]) -> list[dict[str, Any]]:
    """List each step of each severity's ladder with the routes that it calls, perhaps none."""
    found = [route for route in rows if route.enabled]
    reach = []
    for severity in Severity:
        steps = [(AT_ONCE, 0, "")]
        rungs = ladder(mine_id=mine.pk, severity=severity.value)
        steps += [(n, after_s, whom) for n, (after_s, whom) in enumerate(rungs, start=1)]
        for number, after_s, whom in steps:
            called = [r for r in found if severity in r.severities and number in r.steps]
            reach.append(
                {
                    "severity": severity.value,
                    "step": number,
                    "after_s": after_s,
                    "whom": whom,
                    "routes": called,
                    # Whom a ladder names is to be told; at once, the desk itself is.
                    "nobody": not called and number != AT_ONCE,
                }
            )
    return reach


def deliveries() -> QuerySet[Delivery]:
    """List the messages in scope, newest first, with their tries."""
    return (
        Delivery.objects.select_related("route", "alarm__camera", "mine")
        .prefetch_related(Prefetch("tries", queryset=Attempt.objects.order_by("number")))
        .order_by("-pk")
    )


def delivery_data(delivery: Delivery) -> dict[str, Any]:
    """Return a message's log as the API shows it, in the reader's language."""
    return {
        "id": delivery.pk,
        "uid": str(delivery.uid),
        "mine": delivery.mine_id,
        "route": delivery.route_id,
        "route_name": delivery.route.name,
        "channel": delivery.route.channel,
        "kind": delivery.kind,
        "alarm": delivery.alarm_id,
        "severity": delivery.severity,
        "target": delivery.target,
        "state": delivery.state,
        "said": kept(delivery.said),
        "attempts": delivery.attempts,
        "created_at": delivery.created_at.isoformat(),
        "next_at": delivery.next_at.isoformat()
        if delivery.state == Delivery.State.WAITING
        else None,
        "give_up_at": delivery.give_up_at.isoformat(),
        "ended_at": delivery.ended_at and delivery.ended_at.isoformat(),
        "tries": [
            {
                "number": one.number,
                "at": one.at.isoformat(),
                "took_s": one.took_s,
                "ok": one.ok,
                "said": kept(one.said),
            }
            for one in delivery.tries.all()
        ],
    }


def devices_of(*, user_id: int) -> QuerySet[Subscription]:
    """List a person's browsers, in the mines in scope."""
    return Subscription.objects.filter(user=user_id).select_related("mine").order_by("pk")
