"""What the list of messages shows, filters and exports."""

from django.utils.translation import gettext_lazy as _

from apps.alarms.models import Severity
from apps.alarms.words import RULE_TYPES, say
from apps.lists.filters import Choice, Options, Search, Since, Until
from apps.lists.listing import Column, Listing
from apps.notify.models import Delivery, Kind, Route
from apps.sentences import kept

__all__ = ["DELIVERIES"]


def _routes(mine_ids: list[int]) -> Options:
    """List the routes, those that were removed as well: what they sent is in the log."""
    rows = Route.objects.filter(mine__in=mine_ids).order_by("name", "pk")
    return [
        (str(route.pk), route.name if route.removed_at is None else _removed(route))
        for route in rows
    ]


def _removed(route: Route) -> str:
    return f"{route.name} {_('(removed)')}"


DELIVERIES = Listing(
    name="messages",
    title=_("What was sent"),
    columns=(
        Column(key="time", label=_("Time"), text=lambda row: row.created_at, order=("created_at",)),
        Column(
            key="route", label=_("Route"), text=lambda row: row.route.name, order=("route__name",)
        ),
        Column(
            key="channel",
            label=_("Channel"),
            text=lambda row: row.route.get_channel_display(),
            shown=False,
        ),
        Column(
            key="about", label=_("About"), text=lambda row: row.get_kind_display(), order=("kind",)
        ),
        Column(
            key="severity",
            label=_("Severity"),
            text=lambda row: row.get_severity_display(),
            shown=False,
        ),
        Column(key="alarm", label=_("Alarm"), text=lambda row: row.alarm_id, shown=False),
        Column(
            key="hazard",
            label=_("Hazard"),
            text=lambda row: row.alarm and say(RULE_TYPES, row.alarm.rule_type),
            shown=False,
        ),
        Column(
            key="state",
            label=_("State"),
            text=lambda row: row.get_state_display(),
            order=("state",),
        ),
        Column(key="said", label=_("Outcome"), text=lambda row: kept(row.said), shown=False),
        Column(key="ended", label=_("Ended"), text=lambda row: row.ended_at, shown=False),
        Column(key="tries", label=_("Tries"), text=lambda row: row.attempts, order=("attempts",)),
    ),
    filters=(
        Choice(key="route", label=_("Route"), fields=("route",), choices=_routes),
        Choice(
            key="state",
            label=_("State"),
            fields=("state",),
            choices=lambda mine_ids: Delivery.State.choices,
        ),
        Choice(
            key="kind", label=_("About"), fields=("kind",), choices=lambda mine_ids: Kind.choices
        ),
        Choice(
            key="severity",
            label=_("Severity"),
            fields=("severity",),
            choices=lambda mine_ids: Severity.choices,
        ),
        Since(label=_("From"), fields=("created_at",)),
        Until(label=_("Until"), fields=("created_at",)),
        Search(label=_("Outcome"), fields=("said",)),
    ),
    order="-time",
)
