"""Pages that change or delete what is there: a mine's name, a place, a machine."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.pages import access_of_request, attempt, find, page
from apps.accounts.permissions import Action
from apps.mines.models import Area, Machine, Mine
from apps.mines.retiring import area_delete, machine_delete
from apps.mines.services import area_update, machine_update, mine_update
from apps.portal.forms import AreaForm, MachineForm, MineForm
from apps.portal.mines import mine_to
from apps.portal.stale import seen, still_so
from workers.when import zones

__all__ = ["area_change", "area_remove", "machine_change", "machine_remove", "mine_change"]


def _answer(
    request: HttpRequest,
    mine: Mine,
    form: forms.Form,
    title: str,
    save: Callable[[], Any],
    back: str,
    remove: str = "",
) -> HttpResponse:
    """Save what a form says, or show it with what was typed."""
    seen(form)
    if form.is_valid() and still_so(form) and attempt(form, save) is not None:
        messages.success(request, _("Saved."))
        return redirect(back, pk=mine.pk) if back == "portal-mine" else redirect(back)
    context = {
        "mine": mine,
        "form": form,
        "title": title,
        "submit": _("Save"),
        "remove": remove,
        "timezones": sorted(zones()) if "timezone" in form.fields else [],
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "portal/simple_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@page
def mine_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a mine's name and clock."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    initial = {"name": mine.name, "timezone": mine.timezone}
    form = MineForm(request.POST or None, access=access_of_request(request), initial=initial)
    del form.fields["organisation"]
    title = _("Change %(name)s") % {"name": mine.name}

    def save() -> Mine:
        return mine_update(mine=mine, actor=request.user, **form.cleaned_data)

    return _answer(request, mine, form, title, save, "portal-mine")


@require_http_methods(["GET", "POST"])
@page
def area_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a place."""
    area: Area = find(request, Area.objects.select_related("mine"), Action.CONFIGURE, pk=pk)
    form = AreaForm(request.POST or None, initial={"name": area.name})
    title = _("Change %(name)s") % {"name": area.name}

    def save() -> Area:
        return area_update(area=area, actor=request.user, **form.cleaned_data)

    remove = reverse("portal-area-remove", args=[pk])
    return _answer(request, area.mine, form, title, save, "portal-areas", remove)


@require_http_methods(["GET", "POST"])
@page
def machine_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a machine's name, kind and place; its key stays."""
    rows = Machine.objects.select_related("mine", "area")
    machine: Machine = find(request, rows, Action.CONFIGURE, pk=pk)
    initial = {"name": machine.name, "kind": machine.kind, "area": machine.area}
    form = MachineForm(request.POST or None, mine=machine.mine, initial=initial)
    del form.fields["key"]
    title = _("Change %(name)s") % {"name": f"{machine.name} ({machine.key})"}

    def save() -> Machine:
        return machine_update(machine=machine, actor=request.user, **form.cleaned_data)

    remove = reverse("portal-machine-remove", args=[pk])
    return _answer(request, machine.mine, form, title, save, "portal-machines", remove)


@require_POST
@page
def area_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a place that nothing uses."""
    area: Area = find(request, Area.objects.all(), Action.CONFIGURE, pk=pk)
    here = reverse("portal-area-change", args=[pk])

    def delete() -> None:
        area_delete(area=area, actor=request.user)

    return _removed(request, area.name, delete, here, "portal-areas")


@require_POST
@page
def machine_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a machine that no zones name."""
    machine: Machine = find(request, Machine.objects.all(), Action.CONFIGURE, pk=pk)
    here = reverse("portal-machine-change", args=[pk])

    def delete() -> None:
        machine_delete(machine=machine, actor=request.user)

    return _removed(request, machine.name, delete, here, "portal-machines")


def _removed(
    request: HttpRequest, name: str, delete: Callable[[], None], here: str, back: str
) -> HttpResponse:
    """Delete, or say on the thing's own page what still uses it."""
    try:
        delete()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(here)
    messages.success(request, _("%s was deleted.") % name)
    return redirect(back)
