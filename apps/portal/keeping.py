"""Pages of how long a mine and its cameras keep what."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Min
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.pages import attempt, find, page, require_somewhere
from apps.accounts.permissions import Action
from apps.cameras.models import Camera
from apps.cameras.selectors import cameras
from apps.lists.pages import answer_list
from apps.live.services import KEEP
from apps.mines.models import Mine
from apps.portal.kept import (
    KEPT_CAMERAS,
    KEPT_MINES,
    days_words,
    kept_by_mine,
    kept_of_cameras,
    kept_words,
    number_words,
)
from apps.portal.mines import mine_to
from apps.portal.stale import seen, still_so
from apps.readings.models import Reading
from apps.recordings.keeping import FIELDS, Kept, kept_from, kept_of_mine, retention_set
from apps.recordings.models import Retention

__all__ = ["camera_retention", "mine_retention", "retention"]


class RetentionForm(forms.Form):
    """How long what is kept; an empty field takes what the one above says."""

    days = forms.FloatField(
        label=gettext_lazy("Recordings, days"),
        required=False,
        help_text=gettext_lazy(
            "Older recordings are deleted, within seconds of saving as well. 90 is common; parts "
            "of a day as in 0.5."
        ),
        widget=forms.NumberInput(attrs={"step": "any", "min": "0.01"}),
    )
    gigabytes = forms.FloatField(
        label=gettext_lazy("Recordings, GB"),
        required=False,
        widget=forms.NumberInput(attrs={"step": "any", "min": "0.01"}),
    )
    clip_years = forms.FloatField(
        label=gettext_lazy("Videos of alarms, years"),
        required=False,
        help_text=gettext_lazy(
            "Then video and picture are deleted; what happened, who answered and the hash stay. 0: "
            "they are kept for good."
        ),
        widget=forms.NumberInput(attrs={"step": "any", "min": "0"}),
    )

    def __init__(self, *args: Any, row: Retention | None, above: Kept, of: str, **kwargs: Any):
        kwargs["initial"] = {name: getattr(row, name, None) for name in FIELDS}
        super().__init__(*args, **kwargs)
        self.fields["gigabytes"].help_text = (
            _(
                "What this camera alone may take; the oldest goes first. It is counted by itself "
                "and not in the mine's share."
            )
            if of == "camera"
            else _(
                "What all cameras without a share of their own may take together; the oldest goes "
                "first. Empty: as much as the disk gives."
            )
        )
        for name, words in kept_words(above).items():
            self.fields[name].widget.attrs["placeholder"] = words


@require_http_methods(["GET", "POST"])
@page
def mine_retention(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Set how long a mine keeps what, and show which of its cameras say something else."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    return _change(request, mine, None)


@require_http_methods(["GET", "POST"])
@page
def camera_retention(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Set how long one camera's recordings and videos are kept."""
    camera: Camera = find(request, cameras(), Action.CONFIGURE, pk=pk)
    return _change(request, camera.mine, camera)


def _change(request: HttpRequest, mine: Mine, camera: Camera | None) -> HttpResponseBase:
    row = Retention.objects.filter(mine=mine, camera=camera).first()
    above = kept_of_mine(mine.pk) if camera else kept_from(None)
    form = seen(
        RetentionForm(request.POST or None, row=row, above=above, of="camera" if camera else "mine")
    )
    if request.method == "POST" and form.is_valid() and still_so(form):
        figures = form.cleaned_data
        saved = attempt(
            form,
            lambda: retention_set(mine=mine, camera=camera, actor=request.user, **figures),
        )
        if saved is not None:
            messages.success(request, _("Saved. It holds from now on, also for what is there."))
            return redirect("portal-retention")
    context = {
        "section": "retention", "mine": mine, "camera": camera, "form": form,
        "above": kept_words(above),
    }  # fmt: skip
    status = 400 if request.method == "POST" else 200
    if camera:
        return render(request, "portal/retention_form.html", context, status=status)
    return answer_list(
        request, KEPT_CAMERAS, kept_of_cameras(mine), mine_ids=[mine.pk],
        template="portal/retention_mine.html", context=context, status=status,
    )  # fmt: skip


@require_GET
@page
def retention(request: HttpRequest) -> HttpResponseBase:
    """Show how long what is kept, who says so, and how much there is of the mines now."""
    mine_ids = require_somewhere(request, Action.CONFIGURE)
    readings = _("as read %(raw)s, by the minute %(minute)s, by the hour %(hour)s") % {
        "raw": days_words(settings.READINGS_RAW_DAYS),
        "minute": days_words(settings.READINGS_MINUTE_DAYS),
        "hour": days_words(settings.READINGS_HOUR_DAYS),
    }
    reading = Reading.objects.filter(mine__in=mine_ids).aggregate(oldest=Min("at"))
    others: list[dict[str, Any]] = [
        {"what": _("Alarms, hand-overs and who did what"), "how": _("for good"),
         "why": _("The record cannot be changed or deleted.")},
        {"what": _("Levels and other readings"), "how": readings, **reading,
         "set": "DAVY_READINGS_*_DAYS"},
        {"what": _("What machines and inputs say"), "how": days_words(settings.SIGNALS_DAYS),
         "why": _("Their changes are in the record for good."), "set": "DAVY_SIGNALS_DAYS"},
        {"what": _("Events for open pages"), "how": days_words(KEEP.days),
         "why": _("A page that was away longer starts anew.")},
    ]  # fmt: skip
    context = {
        "section": "retention",
        "others": others,
        "default": kept_words(kept_from(None)),
        "disk_gb": number_words(settings.RING_BYTES / 1e9),
    }
    rows = kept_by_mine(mine_ids)
    return answer_list(
        request, KEPT_MINES, rows, mine_ids=mine_ids, template="portal/retention.html",
        context=context,
    )  # fmt: skip
