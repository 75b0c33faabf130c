"""The page on which cameras of the local network are found and added."""

import json
from typing import Any

from cryptography.fernet import InvalidToken
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.pages import attempt, page
from apps.accounts.permissions import Action
from apps.cameras.discovery import camera_streams, cameras_found
from apps.cameras.secrets import open_box, seal
from apps.cameras.services import camera_create
from apps.mines.models import Mine
from apps.mines.selectors import areas
from apps.portal.forms import InMineForm
from apps.portal.mines import mine_to

__all__ = ["camera_find"]

LIFE_S = 3600
# What a sub-stream had better be: wide enough to see a person, small enough to analyse.
SUB_WIDTH = 640


class AskForm(forms.Form):
    """Which device, and how to get in."""

    address = forms.CharField(
        label=gettext_lazy("Camera"),
        max_length=300,
        help_text=gettext_lazy(
            "Its IP address, such as 192.168.1.20, or the address of its ONVIF service."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    username = forms.CharField(
        label=gettext_lazy("User name at the camera"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Some cameras have an ONVIF user of their own; see their page."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password at the camera"),
        max_length=200,
        required=False,
        strip=False,
        help_text=gettext_lazy("Goes to the camera as a digest, never as it is."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class AddForm(InMineForm):
    """What of a camera's streams is taken, and what the camera is called."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("Shown on its tile: Drum, cam 2-01."),
    )
    main = forms.ChoiceField(
        label=gettext_lazy("Main stream"),
        help_text=gettext_lazy("Its pictures are kept as evidence: the sharpest."),
    )
    sub = forms.ChoiceField(
        label=gettext_lazy("Sub-stream"),
        required=False,
        help_text=gettext_lazy("Analysed instead of the main one: about 640 pixels wide."),
    )
    box = forms.CharField(widget=forms.HiddenInput)
    field_order = ["area", "name", "main", "sub", "box"]

    def __init__(self, *args: Any, found: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = [(str(number), _said(profile)) for number, profile in enumerate(found)]
        self.fields["main"].choices = said
        self.fields["sub"].choices = [("", _("none: analyse the main stream")), *said]
        small = [n for n, one in enumerate(found) if n and one["width"]]
        if small:
            best = min(small, key=lambda n: abs(found[n]["width"] - SUB_WIDTH))
            self.fields["sub"].initial = str(best)


def _said(profile: dict[str, Any]) -> str:
    size = f"{profile['width']} × {profile['height']}" if profile["width"] else _("size unknown")
    return f"{profile['name']}: {size}, {profile['codec'] or '?'}, {profile['url']}"


@require_http_methods(["GET", "POST"])
@never_cache
@page
def camera_find(request: HttpRequest, pk: int) -> HttpResponse:
    """Search the network, ask a camera for its streams, and add it; each is one step."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    if not areas(mine=mine).exists():
        messages.info(request, _("A camera needs a place: add one first."))
        return redirect("portal-area-add", pk=mine.pk)
    step = request.POST.get("step", "")
    context: dict[str, Any] = {"mine": mine, "ask": AskForm()}
    status = 200
    if step == "search":
        try:
            context["devices"] = cameras_found(mine_ids=[mine.pk])
        except ValidationError as error:
            context["refused"], status = error.messages, 400
    elif step == "ask":
        form = AskForm(request.POST)
        found = _ask(form)
        context["ask"] = form
        if found is None:
            status = 400
        else:
            given = {**form.cleaned_data, "found": found}
            context["add"] = AddForm(
                mine=mine, found=found, initial={"box": _pack(request, mine, given)}
            )
            context["address"] = given["address"]
    elif step == "add":
        return _add(request, mine, context)
    elif request.method == "POST":
        status = 400
    return render(request, "portal/camera_find.html", context, status=status)


def _ask(form: AskForm) -> list[dict[str, Any]] | None:
    if not form.is_valid():
        return None
    return attempt(form, lambda: camera_streams(**form.cleaned_data))


def _add(request: HttpRequest, mine: Mine, context: dict[str, Any]) -> HttpResponse:
    given = _unpack(request, mine)
    if given is None:
        context["refused"] = [_("The camera was asked too long ago: ask it again.")]
        return render(request, "portal/camera_find.html", context, status=400)
    found = given["found"]
    form = AddForm(request.POST, mine=mine, found=found)
    if form.is_valid():
        chosen = form.cleaned_data
        camera = attempt(
            form,
            lambda: camera_create(
                area=chosen["area"],
                name=chosen["name"],
                main_url=found[int(chosen["main"])]["url"],
                sub_url=found[int(chosen["sub"])]["url"] if chosen["sub"] else "",
                username=given["username"],
                password=given["password"],
                actor=request.user,
            ),
        )
        if camera is not None:
            messages.success(request, _("%s was added. Now draw what it must watch.") % camera.name)
            return redirect("portal-camera", pk=camera.pk)
    context |= {"add": form, "address": given["address"]}
    return render(request, "portal/camera_find.html", context, status=400)


def _pack(request: HttpRequest, mine: Mine, given: dict[str, Any]) -> str:
    """Seal what the camera said on its way through the page, the password in it."""
    return seal(json.dumps({"mine": mine.pk, "user": request.user.pk, **given}))


def _unpack(request: HttpRequest, mine: Mine) -> dict[str, Any] | None:
    try:
        given: dict[str, Any] = json.loads(open_box(request.POST.get("box", ""), LIFE_S))
    except InvalidToken:
        return None
    theirs = (given.get("mine"), given.get("user")) == (mine.pk, request.user.pk)
    return given if theirs and "found" in given else None
