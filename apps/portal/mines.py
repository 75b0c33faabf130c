"""Pages of mines, their places and their machines."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.pages import access_of_request, attempt, looked_at, page
from apps.accounts.passwords import beyond_reach
from apps.accounts.permissions import Action
from apps.accounts.selectors import members_of, roles_towards_each
from apps.cameras.selectors import camera_health, cameras
from apps.cameras.standing import STATES, standing_by_mine
from apps.lists.filters import Among, Choice, Options, Search
from apps.lists.listing import Column, Listing
from apps.lists.pages import answer_list
from apps.mines.models import Machine, Mine
from apps.mines.selectors import areas, mines
from apps.mines.services import area_create, machine_create, mine_create
from apps.portal.forms import AreaForm, MachineForm, MineForm, RoleForm
from apps.portal.stale import seen
from workers.when import zones

__all__ = ["area_add", "machine_add", "mine_add", "mine_list", "mine_page", "mine_to"]

GUARD = {
    "protecting": gettext_lazy("all cameras protect"),
    "blind": gettext_lazy("a camera is blind"),
    "off": gettext_lazy("a camera is off"),
    "idle": gettext_lazy("a camera protects nobody"),
    "none": gettext_lazy("no camera yet"),
}


def _organisations(mine_ids: list[int]) -> Options:
    rows = mines().filter(pk__in=mine_ids).order_by("organisation__name")
    return list(rows.values_list("organisation", "organisation__name").distinct())


MINES = Listing(
    name="mines",
    title=gettext_lazy("Mines"),
    columns=(
        Column(key="name", label=gettext_lazy("Mine"), text=lambda row: row.name, order=("name",)),
        Column(
            key="organisation",
            label=gettext_lazy("Organisation"),
            text=lambda row: row.organisation.name,
            order=("organisation__name", "name"),
        ),
        Column(
            key="zone",
            label=gettext_lazy("Time zone"),
            text=lambda row: row.timezone,
            order=("timezone",),
        ),
        Column(
            key="cameras",
            label=gettext_lazy("Cameras"),
            text=lambda row: row.camera_count,
            order=("camera_count",),
        ),
        Column(
            key="protecting",
            label=gettext_lazy("protecting"),
            text=lambda row: row.protecting,
            order=("protecting",),
        ),
        Column(
            key="blind", label=gettext_lazy("BLIND"), text=lambda row: row.blind, order=("blind",)
        ),
        Column(
            key="idle",
            label=gettext_lazy("protects nobody"),
            text=lambda row: row.idle,
            order=("idle",),
        ),
        Column(key="off", label=gettext_lazy("off"), text=lambda row: row.off, order=("off",)),
    ),
    filters=(
        Search(label=gettext_lazy("Name"), fields=("name", "organisation__name")),
        Choice(
            key="organisation",
            label=gettext_lazy("Organisation"),
            fields=("organisation_id",),
            choices=_organisations,
        ),
        Among(
            key="state",
            label=gettext_lazy("State"),
            fields=("standings",),
            choices=lambda mine_ids: GUARD.items(),
        ),
    ),
    order="organisation",
    mine="pk",
)


def mine_to(request: HttpRequest, pk: int, action: Action) -> Mine:
    """Return a mine in scope in which the action is allowed."""
    access = access_of_request(request)
    if pk not in access.mines_for(Action.VIEW):
        raise Http404
    access.require(action, pk)
    looked_at(request, pk)
    return mines().get(pk=pk)


@require_GET
@page
def mine_list(request: HttpRequest) -> HttpResponseBase:
    """List the mines that the person may set up, with how their cameras stand."""
    access = access_of_request(request)
    organisations = access.organisations_for(Action.CREATE_MINE)
    configurable = access.mines_for(Action.CONFIGURE)
    if not configurable and not organisations:
        raise PermissionDenied(_("Setting up is for owners and admins."))
    rows: list[Any] = list(mines().filter(pk__in=configurable))
    counts = standing_by_mine(configurable)
    for mine in rows:
        found = counts.get(mine.pk, {})
        mine.camera_count = found.get("all", 0)
        for state in STATES:
            setattr(mine, state, found.get(state, 0))
        mine.standings = _standings(mine)
    context = {"section": "mines", "may_add": bool(organisations), "organisations": organisations}
    return answer_list(
        request, MINES, rows, mine_ids=configurable, template="portal/mines.html", context=context
    )


def _standings(mine: Any) -> list[str]:
    """Return the words of the filter that fit a mine."""
    if not mine.camera_count:
        return ["none"]
    if mine.protecting == mine.camera_count:
        return ["protecting"]
    return [state for state in ("blind", "off", "idle") if getattr(mine, state)]


@require_http_methods(["GET", "POST"])
@page
def mine_add(request: HttpRequest) -> HttpResponse:
    """Open a mine."""
    access = access_of_request(request)
    if not access.organisations_for(Action.CREATE_MINE):
        raise PermissionDenied(_("Only an owner of the organisation may add a mine."))
    form = MineForm(request.POST or None, access=access)
    if form.is_valid():
        mine = attempt(form, lambda: mine_create(actor=request.user, **form.cleaned_data))
        if mine is not None:
            messages.success(request, _("%s is open. Now add a place to it.") % mine.name)
            return redirect("portal-mine", pk=mine.pk)
    context = {"form": form, "timezones": sorted(zones())}
    return render(request, "portal/mine_form.html", context, status=_status(request))


def _status(request: HttpRequest) -> int:
    """A form that comes back was not taken."""
    return 400 if request.method == "POST" else 200


@require_GET
@page
def mine_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a mine has, and what to add next."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    rows = [
        {"camera": camera, "health": camera_health(camera)}
        for camera in cameras().filter(mine=mine)
    ]
    access = access_of_request(request)
    may_manage_people, roles = access.can(Action.MANAGE_PEOPLE, pk), access.may_give(pk)
    members: list[Any] = list(members_of(mine=mine)) if may_manage_people else []
    people = {one.user_id: one.user for one in members if one.user_id != request.user.pk}
    towards = roles_towards_each(mine_id=pk, user_ids=people)
    beyond = beyond_reach(actor=request.user, people=people.values()) if people else set()
    for one in members:
        one.in_reach = one.user_id in people and set(towards[one.user_id]) <= dict(roles).keys()
        one.may_renew = one.in_reach and one.user_id not in beyond
        one.seen = seen(RoleForm(initial={"role": one.role})).seen
    context = {
        "mine": mine,
        "areas": areas(mine=mine).prefetch_related("cameras", "machines"),
        "machines": Machine.objects.filter(mine=mine).select_related("area"),
        "cameras": rows,
        "members": members,
        "roles": roles,
        "may_manage_people": may_manage_people,
    }
    return render(request, "portal/mine.html", context)


@require_http_methods(["GET", "POST"])
@page
def area_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a place."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    form = AreaForm(request.POST or None)
    if form.is_valid():
        made = attempt(
            form, lambda: area_create(mine=mine, actor=request.user, **form.cleaned_data)
        )
        if made is not None:
            messages.success(request, _("%s was added.") % made.name)
            return redirect("portal-mine", pk=mine.pk)
    context = {"mine": mine, "form": form, "title": _("Add a place")}
    return render(request, "portal/simple_form.html", context, status=_status(request))


@require_http_methods(["GET", "POST"])
@page
def machine_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a machine."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    form = MachineForm(request.POST or None, mine=mine)
    if form.is_valid():
        made = attempt(form, lambda: machine_create(actor=request.user, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("%s was added.") % made.name)
            return redirect("portal-mine", pk=mine.pk)
    context = {"mine": mine, "form": form, "title": _("Add a machine")}
    return render(request, "portal/simple_form.html", context, status=_status(request))
