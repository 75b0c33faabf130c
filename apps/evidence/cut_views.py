"""Pages on which people cut a video by hand, or a longer one than there is."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.accounts.pages import attempt, find, page, require_somewhere
from apps.accounts.permissions import Action
from apps.alarms.models import Alarm
from apps.alarms.selectors import alarms
from apps.cameras.models import Camera
from apps.cameras.selectors import cameras
from apps.clocks import Moment
from apps.evidence.cuts import LONGEST_S, MOST_CAMERAS, clip_cut, clip_extend
from apps.evidence.models import Clip
from apps.evidence.selectors import clips
from apps.mines.models import Mine
from apps.mines.selectors import mines

__all__ = ["clip_longer", "clip_new"]

REASON = gettext_lazy("Stands in the record for good, with your name.")


class CutForm(forms.Form):
    """Of which cameras, from when until when, and why."""

    cameras = forms.MultipleChoiceField(
        label=gettext_lazy("Cameras"), widget=forms.CheckboxSelectMultiple
    )
    since = Moment(
        label=gettext_lazy("Beginning"),
        help_text=gettext_lazy("By the mine's clock."),
        attrs={"step": "1"},
    )
    until = Moment(label=gettext_lazy("End"), attrs={"step": "1"})
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        help_text=REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, mine: Mine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("since", "until"):
            field = self.moment(name)
            field.in_zone(mine.timezone)
            if isinstance(at := self.initial.get(name), datetime):
                self.initial[name] = field.show(at)
        self.rows = {str(one.pk): one for one in cameras().filter(mine=mine)}
        choices = [(pk, f"{one.area.name} · {one.name}") for pk, one in self.rows.items()]
        self.fields["cameras"].choices = choices  # type: ignore[attr-defined]
        self.fields["cameras"].help_text = _(
            "Up to %(n)s: their videos show the same seconds and play in step."
        ) % {"n": MOST_CAMERAS}
        self.fields["until"].help_text = _(
            "At most %(minutes)s minutes later. Up to ten minutes from now: it is then cut when "
            "that is recorded."
        ) % {"minutes": LONGEST_S // 60}

    def moment(self, name: str) -> Moment:
        """Return one of the two fields of time."""
        return cast(Moment, self.fields[name])

    def clean_cameras(self) -> list[Camera]:
        """Return the cameras."""
        return [self.rows[pk] for pk in self.cleaned_data["cameras"]]


class LongerForm(forms.Form):
    """By how much a video is to be longer."""

    before_s = forms.FloatField(
        label=gettext_lazy("Seconds before"),
        initial=10,
        min_value=0,
        max_value=LONGEST_S,
        help_text=gettext_lazy("By how much earlier it is to begin; 0: as this one does."),
    )
    after_s = forms.FloatField(
        label=gettext_lazy("Seconds after"),
        initial=10,
        min_value=0,
        max_value=LONGEST_S,
        help_text=gettext_lazy("By how much later it is to end; 0: as this one does."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        required=False,
        help_text=REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@require_http_methods(["GET", "POST"])
@page
def clip_new(request: HttpRequest) -> HttpResponse:
    """Cut a span by hand; `?camera=`, `?since=`, `?until=` (Unix s), `?alarm=` fill it in."""
    allowed = require_somewhere(request, Action.CUT_CLIP)
    number = request.GET.get("alarm", "")
    alarm: Alarm | None = None
    if number:
        if not number.isdecimal() or len(number) > 18:
            raise Http404
        alarm = find(request, alarms(), Action.CUT_CLIP, pk=int(number))
    named = [int(pk) for pk in request.GET.getlist("camera") if pk.isdecimal() and len(pk) < 12]
    chosen = list(cameras().filter(mine__in=allowed, pk__in=named[:MOST_CAMERAS]))
    choice = mines().filter(pk__in=allowed)
    asked = request.GET.get("mine", "")
    of_things = [thing.mine for thing in (alarm, *chosen) if thing is not None]
    mine = (of_things or [one for one in choice if str(one.pk) == asked] or [choice[0]])[0]
    form = CutForm(request.POST or None, initial=_initial(request, alarm, chosen), mine=mine)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: clip_cut(actor=request.user, alarm=alarm, **form.cleaned_data))
        if made is not None:
            messages.success(
                request, _("The video is being cut. What it shows is kept from now on.")
            )
            return redirect("clip", uid=made[0].uid)
    context = {"form": form, "alarm": alarm, "mine": mine, "mines": [] if alarm else choice}
    status = 400 if request.method == "POST" else 200
    return render(request, "evidence/cut.html", context, status=status)


def _initial(request: HttpRequest, alarm: Alarm | None, chosen: list[Camera]) -> dict[str, Any]:
    """Fill the form in: the alarm's cameras and time, or what the address says."""
    found: dict[str, Any] = {"cameras": [str(one.pk) for one in chosen]}
    if alarm is not None:
        seen = [alarm.camera_id, *(one.camera_id for one in alarm.witnesses.all())]
        found["cameras"] = [str(pk) for pk in dict.fromkeys(seen)][:MOST_CAMERAS]
        since = alarm.raised_at - timedelta(seconds=30)
        found["since"] = since
        found["until"] = since + timedelta(seconds=90)
    for name in ("since", "until"):
        try:
            at = datetime.fromtimestamp(float(request.GET.get(name, "")), tz=UTC)
        except (ValueError, OverflowError, OSError):
            continue
        if 1990 < at.year < 2200:
            found[name] = at
    return found


@require_http_methods(["GET", "POST"])
@page
def clip_longer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Cut a longer video than there is; that one stays as it is."""
    clip: Clip = find(request, clips(), Action.CUT_CLIP, uid=uid)
    form = LongerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form, lambda: clip_extend(clip=clip, actor=request.user, **form.cleaned_data)
        )
        if made is not None:
            messages.success(
                request, _("The longer video is being cut. The other one stays as it is.")
            )
            longer = next((one for one in made if one.extends_id == clip.pk), made[0])
            return redirect("clip", uid=longer.uid)
    context = {"clip": clip, "form": form}
    status = 400 if request.method == "POST" else 200
    return render(request, "evidence/longer.html", context, status=status)
