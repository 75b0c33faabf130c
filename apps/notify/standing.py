"""Whether people are still reached: routes that no longer deliver, alarms that called nobody."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from apps.alarms.life import Cause
from apps.alarms.models import Alarm, AlarmTransition
from apps.live.models import Event
from apps.notify.models import Delivery, Route
from apps.sentences import kept

__all__ = ["calls_standing", "is_down", "routes_down"]


def routes_down() -> QuerySet[Route]:
    """List the routes in use along which nothing got through since a message was given up.

    Each has `failed_at` (when that message was written), `given_up_at` and `failed_said`.
    """
    failed = Delivery.objects.filter(route=OuterRef("pk"), state=Delivery.State.FAILED)
    failed = failed.order_by("-pk")
    through = Delivery.objects.filter(
        route=OuterRef("pk"), state=Delivery.State.SENT, ended_at__gte=OuterRef("failed_at")
    )
    return (
        Route.objects.filter(enabled=True, removed_at=None)
        .annotate(
            failed_at=Subquery(failed.values("created_at")[:1]),
            given_up_at=Subquery(failed.values("ended_at")[:1]),
            failed_said=Subquery(failed.values("said")[:1]),
        )
        .filter(~Exists(through), failed_at__isnull=False)
        .select_related("mine")
        .order_by("name", "pk")
    )


def is_down(*, route_id: int) -> bool:
    """Tell whether a route is among those that no longer deliver."""
    return routes_down().filter(pk=route_id).exists()


def calls_standing(*, mine_ids: list[int]) -> dict[str, Any]:
    """Return what the desk says of calls: routes that are down, and alarms that called nobody.

    That is one for which no message could be written, or a step of whose ladder no route takes.
    One that somebody answered needs no call any more, and the desk leaves it out; it is told all
    the same until it is closed, as it may ask again, of which no event says that nobody was called.
    """
    broken = Event.objects.filter(mine__in=mine_ids, kind="notify.broken")
    uncalled = AlarmTransition.objects.filter(alarm=OuterRef("pk"), cause=Cause.UNCALLED)
    alarms = {event.payload["alarm"] for event in broken.order_by("-pk")[:100]}
    return {
        "down": [
            {
                "route": route.pk,
                "mine": route.mine_id,
                "name": route.name,
                "channel": route.get_channel_display(),
                "at": route.given_up_at.isoformat(),
                "timezone": route.mine.timezone,
                "reason": kept(route.failed_said),
            }
            for route in routes_down().filter(mine__in=mine_ids)
        ],
        "uncalled": list(
            Alarm.objects.filter(mine__in=mine_ids)
            .exclude(state=Alarm.State.CLOSED)
            .filter(Q(pk__in=alarms) | Exists(uncalled))
            .values_list("pk", flat=True)
        ),
    }
