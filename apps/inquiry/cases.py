"""The search of cases, and everything about one of them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.pages import access_of_request, page, picture
from apps.accounts.permissions import Action
from apps.alarms.models import Alarm, Snapshot
from apps.alarms.selectors import steps_of
from apps.alarms.views import drawn_on
from apps.audit.models import AuditEntry
from apps.audit.words import act_words
from apps.evidence.models import Clip, ClipAccess
from apps.evidence.overlay import overlay
from apps.evidence.selectors import clips_stored
from apps.evidence.services import clip_access
from apps.evidence.storage import LINK_LIFE_S
from apps.inquiry.listing import case_listing
from apps.inquiry.passing import pass_on
from apps.inquiry.selectors import cases, grants_running, inquiry_scope, reach
from apps.inquiry.services import look_note
from apps.lists.pages import answer_list
from apps.privacy.services import NotMade, clip_given
from apps.privacy.views import begun, being_made, waited
from apps.rules.asof import settings_as_of
from apps.rules.masks import covered

__all__ = [
    "boxes",
    "case",
    "case_find",
    "case_list",
    "case_note",
    "case_picture",
    "download",
    "play",
]

# What is in the record about one case, at most, on its page.
MOST_ACTS = 300


@require_GET
@page
def case_list(request: HttpRequest) -> HttpResponseBase:
    """Search cases, newest first, or send them as a file."""
    access, mines = reach(request)
    with inquiry_scope(request):
        rows = cases(access, mines)
        listing = case_listing(access, rows)
        for mine_id in access.cases:
            case_note(request, mine_id, "cases")
        context = {
            "section": "cases",
            "single": bool(access.cases and not mines),
            "running": list(grants_running(user=request.user)),
        }
        mine_ids = sorted({*mines, *access.cases})
        return answer_list(
            request, listing, rows, mine_ids=mine_ids, template="inquiry/cases.html",
            context=context,
        )  # fmt: skip


def case_find(request: HttpRequest, pk: int) -> Alarm:
    """Return a case that the person may see, or answer 404."""
    access = access_of_request(request)
    alarm = cases(access, access.mines_for(Action.VIEW)).filter(pk=pk).first()
    if alarm is None:
        raise Http404
    if pk not in access.cases.get(alarm.mine_id, {}):
        access.require(Action.READ_AUDIT, alarm.mine_id)
    return alarm


def case_note(request: HttpRequest, mine_id: int, subject: str) -> None:
    """Note that somebody who is watched looks at a case."""
    access = request.access  # type: ignore[attr-defined]
    if not access.watched_in(mine_id):
        return
    numbers = access.cases.get(mine_id, {})
    look_note(
        mine_id=mine_id,
        user=request.user,
        subject=subject,
        path=request.get_full_path(),
        grant=access.guest_of.get(mine_id) or next(iter(numbers.values()), None),
        address=request.META.get("REMOTE_ADDR") or None,
    )


@require_GET
@never_cache
@page
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a case: picture, steps, videos, what was in force then, and who looked at it."""
    with inquiry_scope(request):
        alarm = case_find(request, pk)
        case_note(request, alarm.mine_id, f"alarm:{alarm.pk}")
        clips = list(Clip.objects.filter(alarm=alarm).order_by("wanted_from"))
        subjects = [f"alarm:{alarm.pk}", *(f"clip:{clip.pk}" for clip in clips)]
        acts = AuditEntry.objects.filter(mine=alarm.mine_id, subject__in=subjects)
        context: dict[str, Any] = {
            "alarm": alarm,
            "steps": steps_of(alarm),
            "clips": clips,
            "has_snapshot": Snapshot.objects.filter(alarm=alarm).exists(),
            "settings": settings_as_of(cameras=[alarm.camera], at=alarm.raised_at),
            "acts": [
                (act_words(entry.action), entry)
                for entry in acts.select_related("actor", "link").order_by("-pk")[:MOST_ACTS]
            ],
            "may_export_here": request.access.can(Action.EXPORT, alarm.mine_id),  # type: ignore[attr-defined]
            "whole_mine": request.access.can(Action.VIEW, alarm.mine_id),  # type: ignore[attr-defined]
            **drawn_on(alarm),
        }
        return render(request, "inquiry/case.html", context)


@require_GET
@picture
def case_picture(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the frame in which the alarm was raised."""
    with inquiry_scope(request):
        alarm = case_find(request, pk)
        row = Snapshot.objects.filter(alarm=alarm).first()
        jpeg = covered(bytes(row.jpeg), camera_id=alarm.camera_id, at=row.at) if row else b""
        if row is None or not jpeg:
            raise Http404
        case_note(request, alarm.mine_id, f"alarm:{alarm.pk}")
        headers = {"Cache-Control": "no-store", "X-Picture-Time": f"{row.at.timestamp():.3f}"}
        return HttpResponse(jpeg, content_type="image/jpeg", headers=headers)


@require_GET
@picture
def play(request: HttpRequest, pk: int, uid: UUID) -> HttpResponseBase:
    """Note that the person watches a clip of the case, and send it through Davy."""
    return _clip(request, pk, uid, ClipAccess.Kind.PLAY)


@require_GET
@picture
def boxes(request: HttpRequest, pk: int, uid: UUID) -> HttpResponse:
    """Answer the boxes that a player draws over a clip of the case."""
    with inquiry_scope(request):
        alarm = case_find(request, pk)
        clip = _clip_of(alarm, uid)
        case_note(request, alarm.mine_id, f"alarm:{alarm.pk}")
        return overlay(clip)


def _clip_of(alarm: Alarm, uid: UUID) -> Clip:
    clip = clips_stored().filter(alarm=alarm, uid=uid).first()
    if clip is None:
        raise Http404
    return clip


@require_GET
@page
def download(request: HttpRequest, pk: int, uid: UUID) -> HttpResponseBase:
    """Note that the person takes a clip away, and send it through Davy."""
    return _clip(request, pk, uid, ClipAccess.Kind.DOWNLOAD)


def _clip(request: HttpRequest, pk: int, uid: UUID, kind: str) -> HttpResponseBase:
    with inquiry_scope(request):
        alarm = case_find(request, pk)
        clip = _clip_of(alarm, uid)
        taken = kind == ClipAccess.Kind.DOWNLOAD
        try:
            given = clip_given(clip=clip, taken=taken)
        except NotMade as state:
            if taken:
                return being_made(request, clip, state)
            words = _("A covered copy is being made. Try again in a moment.")
            # Accepted: below 400, or the asking would be undone.
            return HttpResponse(words, status=202, content_type="text/plain")
        if taken and waited(request):
            return begun(request, clip)
        user, address = request.user, request.META.get("REMOTE_ADDR") or None
        since = timezone.now() - timedelta(seconds=LINK_LIFE_S)
        seen = clip.accesses.filter(user=user, kind=kind, at__gt=since)
        if taken or not seen.exists():
            clip_access(
                clip=clip,
                user=user,
                kind=kind,
                address=address,
                sha256=given.sha256,
                blurred=given.blurred,
            )
    return pass_on(
        request,
        key=given.key,
        content_type="video/mp4",
        filename=f"davy-{clip.uid}-covered.mp4" if taken else "",
        mine_id=clip.mine_id,
        action=Action.READ_AUDIT,
        alarm=alarm.pk,
        subject=f"clip:{clip.pk}",
        detail={"clip": str(clip.uid), "bytes": given.bytes},
    )
