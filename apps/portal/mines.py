"""Pages of mines, their places and their machines."""

from zoneinfo import available_timezones

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.models import Role
from apps.accounts.pages import access_of_request, attempt, page
from apps.accounts.permissions import Action
from apps.accounts.selectors import members_of
from apps.cameras.selectors import camera_health, cameras
from apps.mines.models import Machine, Mine
from apps.mines.selectors import areas, mines
from apps.mines.services import area_create, machine_create, mine_create
from apps.portal.forms import AreaForm, MachineForm, MineForm

__all__ = ["area_add", "machine_add", "mine_add", "mine_list", "mine_page", "mine_to"]


def mine_to(request: HttpRequest, pk: int, action: Action) -> Mine:
    """Return a mine in scope in which the action is allowed."""
    access = access_of_request(request)
    if pk not in access.mines_for(Action.VIEW):
        raise Http404
    access.require(action, pk)
    return mines().get(pk=pk)


@require_GET
@page
def mine_list(request: HttpRequest) -> HttpResponse:
    """List the mines that the person may set up."""
    access = access_of_request(request)
    organisations = access.organisations_for(Action.CREATE_MINE)
    configurable = access.mines_for(Action.CONFIGURE)
    if not configurable and not organisations:
        raise PermissionDenied(_("Setting up is for owners and admins."))
    rows = list(mines().filter(pk__in=configurable))
    watched: dict[int, list[str]] = {}
    for camera in cameras().filter(mine__in=configurable):
        watched.setdefault(camera.mine_id, []).append(camera_health(camera)["state"])
    for mine in rows:
        states = watched.get(mine.pk, [])
        mine.camera_count = len(states)
        mine.protecting = states.count("protecting")
        mine.blind = states.count("blind")
    context = {"mines": rows, "may_add": bool(organisations), "organisations": organisations}
    return render(request, "portal/mines.html", context)


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
    context = {"form": form, "timezones": sorted(available_timezones())}
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
    may_manage_people = access_of_request(request).can(Action.MANAGE_PEOPLE, pk)
    context = {
        "mine": mine,
        "areas": areas(mine=mine).prefetch_related("cameras", "machines"),
        "machines": Machine.objects.filter(mine=mine).select_related("area"),
        "cameras": rows,
        "members": members_of(mine=mine) if may_manage_people else [],
        "roles": Role.choices,
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
