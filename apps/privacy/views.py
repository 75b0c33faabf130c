"""Pages about videos without blur: asked for by one person, agreed to by another."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.pages import access_of_request, attempt, find, page
from apps.accounts.permissions import Action
from apps.evidence.models import Clip
from apps.evidence.selectors import clips
from apps.privacy.consent import word_lost
from apps.privacy.models import Unblur
from apps.privacy.selectors import unblur_holds, unblurs, who_may_agree
from apps.privacy.services import (
    NotMade,
    unblur_agree,
    unblur_ask,
    unblur_refuse,
    unblur_take_back,
)

__all__ = ["agree", "being_made", "begun", "original", "refuse", "take_back", "waited"]

WAITED = "waited"  # in the address that the page of a copy being made asks again


class AskForm(forms.Form):
    """Why a video is needed without blur."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("It stands in the record, with both names."),
    )


@require_http_methods(["GET", "POST"])
@never_cache
@page
def original(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Ask for a clip without blur, and see who asked and who agreed."""
    clip: Clip = find(request, clips(), Action.EXPORT, uid=uid)
    form = AskForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if attempt(form, lambda: unblur_ask(clip=clip, reason=reason, actor=request.user)):
            messages.success(request, _("Asked for. A second person must agree."))
            return redirect("clip-original", uid=uid)
    asked, me = list(unblurs().filter(clip=clip)[:50]), request.user.pk
    context = {
        "clip": clip,
        "form": form,
        "asked": [(one, _lost(one)) for one in asked],
        "waits": any(one.asked_by_id == me and one.waits for one in asked),
        "may_agree_too": who_may_agree(mine_id=clip.mine_id, but=me),
        "holds": unblur_holds(clip=clip),
        "now": timezone.now(),
        "may_agree": access_of_request(request).can(Action.MANAGE_PEOPLE, clip.mine_id),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "privacy/original.html", context, status=status)


def _lost(one: Unblur) -> bool:
    return word_lost(
        mine_id=one.mine_id,
        asked_by=one.asked_by_id,
        agreed_by=one.agreed_by_id,
        until=one.until,
    )


@require_POST
@page
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree as the second person."""
    unblur = find(request, unblurs(), Action.MANAGE_PEOPLE, pk=pk)
    try:
        unblur_agree(unblur=unblur, actor=request.user)
        messages.success(request, _("Agreed. It holds for seven days."))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("clip-original", uid=unblur.clip.uid)


@require_POST
@page
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no as the second person, and why."""
    unblur = find(request, unblurs(), Action.MANAGE_PEOPLE, pk=pk)
    try:
        unblur_refuse(unblur=unblur, reason=request.POST.get("reason", ""), actor=request.user)
        messages.success(request, _("Refused. Who asked reads why."))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("clip-original", uid=unblur.clip.uid)


@require_POST
@page
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for it no longer."""
    unblur = find(request, unblurs(), Action.EXPORT, pk=pk)
    try:
        unblur_take_back(unblur=unblur, actor=request.user)
        messages.success(request, _("Taken back."))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("clip-original", uid=unblur.clip.uid)


def _address(request: HttpRequest, *, after_wait: bool) -> str:
    query = request.GET.copy()
    query.pop(WAITED, None)
    if after_wait:
        query[WAITED] = "1"
    return f"{request.path}?{query.urlencode()}" if query else request.path


def waited(request: HttpRequest) -> bool:
    """Tell whether the page of a copy being made asks, which stays while a file arrives."""
    return WAITED in request.GET


def begun(request: HttpRequest, clip: Clip) -> HttpResponse:
    """Say that the download begins, and let it begin; what is asked for then is what is noted."""
    context = {"clip": clip, "download": _address(request, after_wait=False)}
    return render(request, "privacy/begun.html", context)


def being_made(request: HttpRequest, clip: Clip, state: NotMade) -> HttpResponse:
    """Say that the copy is being made and follow it, or why there is none."""
    again = _address(request, after_wait=True)
    context = {"clip": clip, "reason": state.reason, "waits": state.waits, "again": again}
    status = 409 if state.reason else 202
    return render(request, "privacy/making.html", context, status=status)
