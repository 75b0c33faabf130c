"""Pages of legal holds, and of deleting a video by hand."""

from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.pages import access_of_request, attempt, find, page, require_somewhere
from apps.accounts.permissions import Action
from apps.alarms.models import Alarm
from apps.alarms.selectors import alarms
from apps.evidence.expiry import clip_remove
from apps.evidence.holds import hold_place, hold_release, holds, holds_on, videos_gone
from apps.evidence.listing import HOLDS
from apps.evidence.models import Clip, Hold
from apps.evidence.selectors import clips
from apps.lists.pages import answer_list

__all__ = ["hold_alarm", "hold_clip", "hold_end", "hold_list", "remove_clip"]


class HoldForm(forms.Form):
    """Why something is held, and until when."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=500,
        help_text=gettext_lazy("The case, the letter, the accident: whoever reads it years later."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    until = forms.DateField(
        label=gettext_lazy("Until"),
        help_text=gettext_lazy(
            "The last day, by the mine's clock. Nobody can delete it before; ending it earlier "
            "takes a second person."
        ),
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class ReasonForm(forms.Form):
    """Why a hold ends early, or a video is deleted."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        help_text=gettext_lazy("Stands in the record for good, with your name."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@require_GET
@page
def hold_list(request: HttpRequest) -> HttpResponseBase:
    """List holds, newest first, or send the list as a file."""
    allowed = require_somewhere(request, Action.WATCH_CLIP)
    rows = holds().filter(mine__in=allowed)
    template = "evidence/holds.html"
    context = {"may_hold_in": access_of_request(request).mines_for(Action.HOLD)}
    return answer_list(request, HOLDS, rows, mine_ids=allowed, template=template, context=context)


@require_http_methods(["GET", "POST"])
@page
def hold_clip(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Hold a video, and show who holds it already."""
    clip: Clip = find(request, clips(), Action.HOLD, uid=uid)
    return _hold(request, clip, reverse("clip", args=[clip.uid]), clip=clip)


@require_http_methods(["GET", "POST"])
@page
def hold_alarm(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold an alarm with all its videos, and show who holds it already."""
    alarm: Alarm = find(request, alarms(), Action.HOLD, pk=pk)
    return _hold(request, alarm, reverse("alarm", args=[alarm.pk]), alarm=alarm)


def _hold(request: HttpRequest, thing: Any, back: str, **about: Any) -> HttpResponse:
    form = HoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["until"]
        # To the end of the day that was named: of its last hour, where that comes twice.
        zone = ZoneInfo(thing.mine.timezone)
        until = datetime.combine(day, time.max, tzinfo=zone).replace(fold=1)
        held = attempt(
            form,
            lambda: hold_place(
                actor=request.user, reason=form.cleaned_data["reason"], until=until, **about
            ),
        )
        if held is not None:
            messages.success(request, _("It is held. Nobody can delete it before the hold ends."))
            if gone := len(videos_gone(held)):
                words = ngettext(
                    "%(n)s of its videos was deleted before and cannot be held.",
                    "%(n)s of its videos were deleted before and cannot be held.",
                    gone,
                )
                messages.warning(request, words % {"n": gone})
            return redirect(back)
    context = {
        **about, "thing": thing, "form": form, "back": back, "holds": holds_on(**about),
    }  # fmt: skip
    status = 400 if request.method == "POST" else 200
    return render(request, "evidence/hold.html", context, status=status)


@require_http_methods(["GET", "POST"])
@page
def hold_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody else's hold before its time."""
    hold: Hold = find(request, holds(), Action.HOLD, pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if attempt(form, lambda: hold_release(hold=hold, actor=request.user, reason=reason)):
            messages.success(request, _("The hold is ended."))
            return redirect("holds")
    context = {
        "hold": hold,
        "form": form,
        "title": _("End a hold before its time"),
        "button": _("End the hold"),
        "back": reverse("holds"),
        "own": hold.placed_by_id == request.user.pk,
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "evidence/reason.html", context, status=status)


@require_http_methods(["GET", "POST"])
@page
def remove_clip(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Delete a video that nobody holds; its row, hash and manifest stay."""
    clip: Clip = find(request, clips(), Action.REMOVE, uid=uid)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if attempt(form, lambda: clip_remove(clip=clip, actor=request.user, reason=reason)):
            messages.success(request, _("The video is deleted."))
            return redirect("clip", uid=clip.uid)
    context = {
        "clip": clip,
        "form": form,
        "holds": holds_on(clip=clip),
        "title": _("Delete a video"),
        "button": _("Delete the video"),
        "back": reverse("clip", args=[clip.uid]),
        "may_hold": access_of_request(request).can(Action.HOLD, clip.mine_id),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "evidence/reason.html", context, status=status)
