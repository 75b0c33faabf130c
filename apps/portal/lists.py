"""The lists of what mines have: cameras, places, machines, people."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from apps.accounts.models import Membership, Role
from apps.accounts.pages import page, require_somewhere
from apps.accounts.permissions import Action
from apps.alarms.words import HEALTH, say
from apps.cameras.standing import cameras_standing
from apps.lists.choices import area_choices, mine_choices
from apps.lists.filters import Choice, Filter, Rows, Search
from apps.lists.listing import Column, Listing
from apps.lists.pages import answer_list
from apps.mines.models import Area, Machine

__all__ = [
    "MINE",
    "OF_MINE",
    "PERSON",
    "PLACE",
    "area_list",
    "camera_list",
    "machine_list",
    "mine_list_page",
    "of_codes",
    "people_list",
]

MINE = Column(key="mine", label=_("Mine"), text=lambda row: row.mine.name, order=("mine__name",))
OF_MINE = Choice(key="mine", label=_("Mine"), fields=("mine",), choices=mine_choices)
PLACE = Column(key="place", label=_("Place"), text=lambda row: row.area.name, order=("area__name",))
OF_PLACE = Choice(key="area", label=_("Place"), fields=("area",), choices=area_choices)


def of_codes(key: str, label: Any, field: str, codes: Any) -> Filter:
    """Return a filter by a field's own codes."""
    return Choice(key=key, label=label, fields=(field,), choices=lambda mine_ids: codes)


def mine_list_page(
    request: HttpRequest,
    listing: Listing,
    rows: Any,
    template: str,
    action: Action = Action.CONFIGURE,
) -> HttpResponseBase:
    """Answer a list of the mines in which the action is allowed; `rows` takes their ids."""
    mine_ids = require_somewhere(request, action)
    chosen = request.GET.get("mine", "")
    context = {
        "section": listing.name,
        "mine_pk": int(chosen) if chosen in map(str, mine_ids) else None,
        "only_mine": mine_ids[0] if len(mine_ids) == 1 else None,
    }
    found: Rows = rows(mine_ids)
    return answer_list(
        request, listing, found, mine_ids=mine_ids, template=template, context=context
    )


CAMERAS = Listing(
    name="cameras",
    title=_("Cameras"),
    columns=(
        Column(key="name", label=_("Camera"), text=lambda row: row.name, order=("name",)),
        MINE,
        PLACE,
        Column(
            key="state",
            label=_("State"),
            text=lambda row: say(HEALTH, row.standing),
            order=("standing",),
        ),
        Column(
            key="since",
            label=_("Analysed until"),
            text=lambda row: getattr(getattr(row, "analysis", None), "analysed_until", None),
            order=("analysis__analysed_until",),
        ),
        Column(
            key="address", label=_("Address"), text=lambda row: row.main_url, order=("main_url",)
        ),
        Column(key="sub", label=_("Sub-stream"), text=lambda row: row.sub_url, shown=False),
        Column(key="user", label=_("User name"), text=lambda row: row.username, shown=False),
    ),
    filters=(
        Search(label=_("Name or address"), fields=("name", "main_url", "sub_url")),
        OF_MINE,
        OF_PLACE,
        of_codes("state", _("State"), "standing", HEALTH.items()),
    ),
    order="name",
)
AREAS = Listing(
    name="areas",
    title=_("Places"),
    columns=(
        Column(key="name", label=_("Place"), text=lambda row: row.name, order=("name",)),
        MINE,
        Column(
            key="cameras",
            label=_("Cameras"),
            text=lambda row: row.camera_count,
            order=("camera_count",),
        ),
        Column(
            key="machines",
            label=_("Machines"),
            text=lambda row: row.machine_count,
            order=("machine_count",),
        ),
    ),
    filters=(Search(label=_("Name"), fields=("name",)), OF_MINE),
    order="name",
)
MACHINES = Listing(
    name="machines",
    title=_("Machines"),
    columns=(
        Column(key="name", label=_("Machine"), text=lambda row: row.name, order=("name",)),
        Column(key="key", label=_("Key"), text=lambda row: row.key, order=("key",)),
        Column(
            key="kind", label=_("Kind"), text=lambda row: row.get_kind_display(), order=("kind",)
        ),
        MINE,
        PLACE,
    ),
    filters=(
        Search(label=_("Name or key"), fields=("name", "key")),
        OF_MINE,
        OF_PLACE,
        of_codes("kind", _("Kind"), "kind", Machine.Kind.choices),
    ),
    order="name",
)
# Who holds a role, by user name and name.
PERSON = (
    Column(
        key="username",
        label=_("User name"),
        text=lambda row: row.user.username,
        order=("user__username",),
    ),
    Column(
        key="name",
        label=pgettext_lazy("of a person", "Name"),
        text=lambda row: row.user.get_full_name(),
        order=("user__first_name", "user__last_name"),
    ),
)
PEOPLE = Listing(
    name="people",
    title=_("People and roles"),
    columns=(
        *PERSON,
        MINE,
        Column(
            key="role", label=_("Role"), text=lambda row: row.get_role_display(), order=("role",)
        ),
        Column(
            key="seen",
            label=_("Signed in last"),
            text=lambda row: row.user.last_login,
            order=("user__last_login",),
        ),
    ),
    filters=(
        Search(
            label=pgettext_lazy("of a person", "Name"),
            fields=("user__username", "user__first_name", "user__last_name"),
        ),
        OF_MINE,
        of_codes("role", _("Role"), "role", Role.choices),
    ),
    order="username",
)


@require_GET
@page
def camera_list(request: HttpRequest) -> HttpResponseBase:
    """List cameras with how they stand."""

    def rows(mine_ids: list[int]) -> Rows:
        return cameras_standing().filter(mine__in=mine_ids)

    return mine_list_page(request, CAMERAS, rows, "portal/camera_list.html")


@require_GET
@page
def area_list(request: HttpRequest) -> HttpResponseBase:
    """List places with what is there."""

    def rows(mine_ids: list[int]) -> Rows:
        return (
            Area.objects.filter(mine__in=mine_ids)
            .select_related("mine")
            .annotate(
                camera_count=Count("cameras", distinct=True),
                machine_count=Count("machines", distinct=True),
            )
        )

    return mine_list_page(request, AREAS, rows, "portal/area_list.html")


@require_GET
@page
def machine_list(request: HttpRequest) -> HttpResponseBase:
    """List machines."""

    def rows(mine_ids: list[int]) -> Rows:
        return Machine.objects.filter(mine__in=mine_ids).select_related("mine", "area")

    return mine_list_page(request, MACHINES, rows, "portal/machine_list.html")


@require_GET
@page
def people_list(request: HttpRequest) -> HttpResponseBase:
    """List who has which role where."""

    def rows(mine_ids: list[int]) -> Rows:
        return Membership.objects.filter(mine__in=mine_ids).select_related("mine", "user")

    return mine_list_page(request, PEOPLE, rows, "portal/people_list.html", Action.MANAGE_PEOPLE)
