"""What the lists of routes, of messages and of browsers show, filter and export."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.alarms.models import Severity
from apps.alarms.words import RULE_TYPES, say
from apps.lists.choices import area_choices, mine_choices
from apps.lists.filters import Among, Choice, Options, Search, Since, Until
from apps.lists.listing import Column, Listing
from apps.notify.match import AT_ONCE
from apps.notify.models import Channel, Delivery, Kind, Route
from apps.sentences import kept

__all__ = ["DELIVERIES", "DEVICES", "ROUTES"]

STANDING = [
    ("used", _("in use")),
    ("down", _("nothing gets through")),
    ("off", _("not in use")),
]


def _routes(mine_ids: list[int]) -> Options:
    """List the routes, those that were removed as well: what they sent is in the log."""
    rows = Route.objects.filter(mine__in=mine_ids).order_by("name", "pk")
    return [
        (str(route.pk), route.name if route.removed_at is None else _removed(route))
        for route in rows
    ]


def _removed(route: Route) -> str:
    return f"{route.name} {_('(removed)')}"


def _severities(row: Any) -> str:
    return ", ".join(str(Severity(code).label) for code in row.severity_codes)


def _steps(row: Any) -> str:
    said = [
        gettext("at once") if step == AT_ONCE else gettext("step %(step)s") % {"step": step}
        for step in row.steps
    ]
    return ", ".join([*said, gettext("when it is over")] if row.cleared else said)


def _hours(row: Any) -> str:
    return f"{row.since:%H:%M}–{row.until:%H:%M}" if row.since else gettext("day and night")


ROUTES = Listing(
    name="routes",
    title=_("Notifications"),
    columns=(
        Column(key="route", label=_("Route"), text=lambda row: row.name, order=("name",)),
        Column(
            key="channel",
            label=_("Channel"),
            text=lambda row: row.get_channel_display(),
            shown=False,
        ),
        Column(key="to", label=_("Address"), text=lambda row: row.shown, shown=False),
        Column(
            key="standing",
            label=_("State"),
            text=lambda row: say(dict(STANDING), row.standing),
            shown=False,
        ),
        Column(key="what", label=_("What"), text=_severities, order=("severity_ranks",)),
        Column(
            key="places",
            label=_("Place"),
            text=lambda row: ", ".join(row.places) or gettext("the whole mine"),
            shown=False,
        ),
        Column(key="when", label=_("When"), text=_steps),
        Column(key="hours", label=_("Hours"), text=_hours, shown=False),
        Column(
            key="sent",
            label=_("Last day"),
            text=lambda row: row.sent,
            order=("failed", "waiting", "sent"),
        ),
        Column(key="waiting", label=_("waiting"), text=lambda row: row.waiting, shown=False),
        Column(key="failed", label=_("given up"), text=lambda row: row.failed, shown=False),
        Column(
            key="test",
            label=_("Test"),
            text=lambda row: row.last_test and row.last_test.ended_at,
            order=("last_test__ended_at",),
        ),
        Column(
            key="said",
            label=_("Outcome"),
            text=lambda row: row.last_test and kept(row.last_test.said),
            shown=False,
        ),
    ),
    filters=(
        Search(label=_("Name"), fields=("name",)),
        Choice(
            key="channel",
            label=_("Channel"),
            fields=("channel",),
            choices=lambda mine_ids: Channel.choices,
        ),
        Among(
            key="severity",
            label=_("Severity"),
            fields=("severities",),
            choices=lambda mine_ids: Severity.choices,
        ),
        Among(key="area", label=_("Place"), fields=("areas",), choices=area_choices),
        Choice(
            key="state",
            label=_("State"),
            fields=("standing",),
            choices=lambda mine_ids: STANDING,
        ),
    ),
    order="route",
)
DEVICES = Listing(
    name="devices",
    title=_("Notifications in a browser"),
    columns=(
        Column(key="browser", label=_("Browser"), text=lambda row: row.device, order=("device",)),
        Column(key="mine", label=_("Mine"), text=lambda row: row.mine.name, order=("mine__name",)),
        Column(
            key="since", label=_("Since"), text=lambda row: row.created_at, order=("created_at",)
        ),
        Column(key="end", label=_("Switch off"), text=lambda row: "", exported=False),
    ),
    filters=(
        Search(label=_("Browser"), fields=("device",)),
        Choice(key="mine", label=_("Mine"), fields=("mine",), choices=mine_choices),
    ),
    order="-since",
)
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
