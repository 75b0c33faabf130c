"""The live desk, the history of alarms, and one alarm's page."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.pages import access_of_request, attempt, find, page, picture, require_somewhere
from apps.accounts.permissions import Action
from apps.alarms.answers import alarm_acknowledge, alarm_reset, became_worse
from apps.alarms.desk_page import desk_config
from apps.alarms.desks import desk_name, desk_of, keep_desk
from apps.alarms.forms import AcknowledgeForm, ResetForm
from apps.alarms.life import ASKING, Cause
from apps.alarms.listing import ALARMS
from apps.alarms.models import Alarm, Snapshot
from apps.alarms.procedures import strip_of
from apps.alarms.selectors import RANK, alarms, asking, steps_of
from apps.alarms.timing import stages_said
from apps.alarms.witnesses import is_watched
from apps.alarms.words import WORSE
from apps.evidence.models import Clip
from apps.lists.pages import answer_list
from apps.rules.masks import covered

__all__ = [
    "acknowledge",
    "alarm_list",
    "alarm_page",
    "desk",
    "drawn_on",
    "name_desk",
    "reset",
    "snapshot",
    "what_asks",
]


@require_GET
@never_cache
@page
def desk(request: HttpRequest) -> HttpResponse:
    """Show what needs an answer; the island keeps it up to date."""
    require_somewhere(request, Action.VIEW)
    config = desk_config(
        access_of_request(request), me=request.user.get_username(), desk=desk_name(request)
    )
    context = {"config": config, "now": timezone.now()}
    return render(request, "alarms/desk.html", context)


@require_GET
@never_cache
@picture
def what_asks(request: HttpRequest) -> HttpResponse:
    """Say what asks for an answer to whoever may give one, on whatever page they are."""
    found = asking(mine_ids=require_somewhere(request, Action.ACKNOWLEDGE))
    said = _("%(count)s to answer") % {"count": len(found)}
    return JsonResponse({"said": said, "alarms": found})


@require_GET
@page
def alarm_list(request: HttpRequest) -> HttpResponseBase:
    """List alarms, newest first, or send them as a file."""
    allowed = require_somewhere(request, Action.VIEW)
    rows = alarms().filter(mine__in=allowed).annotate(severity_rank=RANK)
    template = "alarms/alarms.html"
    return answer_list(request, ALARMS, rows, mine_ids=allowed, template=template)


@require_GET
@page
def alarm_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one alarm with its picture, facts, steps and clips; needs no JavaScript.

    Whoever was let in to this case alone may have been sent this address; they see the case.
    """
    if access_of_request(request).is_case(pk):
        return redirect("case", pk)
    alarm = find(request, alarms(), Action.VIEW, pk=pk)
    return _alarm(request, alarm)


def _alarm(
    request: HttpRequest, alarm: Alarm, form: Form | None = None, *, status: int = 200
) -> HttpResponse:
    watched = is_watched(alarm)
    closes = alarm.state == Alarm.State.LATCHED
    closes = closes or (alarm.state == Alarm.State.ACKNOWLEDGED and not watched)
    if form is None:
        form = ResetForm() if closes else AcknowledgeForm()
    resets = isinstance(form, ResetForm)
    access = access_of_request(request)
    context: dict[str, Any] = {
        "alarm": alarm,
        "watched": watched,
        "steps": steps_of(alarm),
        "clips": Clip.objects.filter(alarm=alarm)
        .select_related("camera")
        .order_by("wanted_from", "pk"),
        "has_snapshot": Snapshot.objects.filter(alarm=alarm).exists(),
        **drawn_on(alarm),
        "strip": strip_of(alarm.values),
        "stages": list(stages_said(alarm)),
        "latency_s": (alarm.committed_at - alarm.raised_at).total_seconds(),
        # What was refused comes back with its words, wherever the alarm stands by now.
        "needs_answer": alarm.state in ASKING or closes or form.is_bound,
        "answer_url": reverse("alarm-reset" if resets else "alarm-acknowledge", args=[alarm.pk]),
        "resets": resets,
        "may_acknowledge": access.can(Action.ACKNOWLEDGE, alarm.mine_id),
        "may_watch": access.can(Action.WATCH_CLIP, alarm.mine_id),
        "may_cut": access.can(Action.CUT_CLIP, alarm.mine_id),
        "may_export_here": access.can(Action.EXPORT, alarm.mine_id),
        "may_hold_here": access.can(Action.HOLD, alarm.mine_id),
        "holds": alarm.holds.filter(ended_at=None).select_related("placed_by"),
        "may_configure_here": access.can(Action.CONFIGURE, alarm.mine_id),
        "form": form,
    }
    return render(request, "alarms/alarm.html", context, status=status)


def drawn_on(alarm: Alarm) -> dict[str, Any]:
    """Return what is drawn over the alarm's picture: the zone and the boxes of that moment."""
    drawn = alarm.picture or {}
    return {
        "zone_points": _points(drawn.get("zone", [])),
        "boxes": [_rectangle(box) for box in drawn.get("boxes", [])],
    }


def _points(polygon: list[list[float]]) -> str:
    """Return a polygon in thousandths of the picture, as SVG writes it."""
    return " ".join(f"{x * 1000:.1f},{y * 1000:.1f}" for x, y in polygon)


def _rectangle(box: list[float]) -> dict[str, str]:
    left, top, right, bottom = (value * 1000 for value in box[:4])
    return {
        "x": f"{left:.1f}",
        "y": f"{top:.1f}",
        "width": f"{right - left:.1f}",
        "height": f"{bottom - top:.1f}",
    }


@require_POST
@page
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer an alarm from its page, as it was when the page was opened."""
    alarm = find(request, alarms(), Action.ACKNOWLEDGE, pk=pk)
    form = AcknowledgeForm(request.POST)
    if form.is_valid():
        note, mark = form.cleaned_data["note"], request.POST.get("mark", "")
        by = {"actor": request.user, "desk": desk_of(request), "mark": mark}
        answered = attempt(form, lambda: alarm_acknowledge(alarm=alarm, note=note, **by))
        if answered is not None and became_worse(answered, mark):
            messages.warning(request, WORSE)
            return redirect("alarm", pk=alarm.pk)
        if answered is not None:
            return _answered(request, answered, note)
    return _alarm(request, alarm, form, status=400)


@require_POST
@page
def reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Reset a latched alarm from its page."""
    alarm = find(request, alarms(), Action.ACKNOWLEDGE, pk=pk)
    form = ResetForm(request.POST)
    if form.is_valid():
        finding = form.cleaned_data["finding"]
        by = {"actor": request.user, "desk": desk_of(request)}
        answered = attempt(form, lambda: alarm_reset(alarm=alarm, finding=finding, **by))
        if answered is not None:
            return _answered(request, answered, finding)
    return _alarm(request, alarm, form, status=400)


def _answered(request: HttpRequest, alarm: Alarm, words: str) -> HttpResponse:
    """Show the alarm again, and say so where the words came after somebody's answer."""
    noted = alarm.transitions.filter(cause=Cause.NOTED, actor=request.user, note=words.strip())
    if words and noted.exists():
        messages.info(
            request,
            _("Somebody answered before you. Your words were kept too: see “What happened”."),
        )
    return redirect("alarm", pk=alarm.pk)


@require_POST
@page
def name_desk(request: HttpRequest) -> HttpResponse:
    """Let this browser keep the name of the desk that it stands on."""
    response = redirect("desk")
    keep_desk(response, request.POST.get("name", ""))
    return response


@require_GET
@picture
def snapshot(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the frame in which the alarm was raised."""
    alarm = find(request, Alarm.objects.all(), Action.VIEW, pk=pk)
    row = Snapshot.objects.filter(alarm=alarm).first()
    jpeg = covered(bytes(row.jpeg), camera_id=alarm.camera_id, at=row.at) if row else b""
    if row is None or not jpeg:
        raise Http404
    return HttpResponse(
        jpeg,
        content_type="image/jpeg",
        headers={
            # The address carries the moment of the picture, so a new picture is a new address.
            # A mask that is drawn over it later is a reason not to keep it for long.
            "Cache-Control": "private, max-age=300",
            "X-Picture-Time": f"{row.at.timestamp():.3f}",
        },
    )
