"""Pages of a span of the recording to take along: covered, or without blur by two people's word."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.pages import access_of_request, attempt, find, page
from apps.accounts.permissions import Action
from apps.cameras.models import Camera, Stream
from apps.cameras.selectors import cameras
from apps.evidence.storage import download_link
from apps.inquiry.passing import pass_on, watched
from apps.privacy.consent import word_lost
from apps.privacy.models import Span
from apps.privacy.selectors import spans, who_may_agree
from apps.privacy.spans import (
    span_agree,
    span_ask,
    span_ends,
    span_file_name,
    span_open,
    span_refuse,
    span_stale,
    span_take_back,
    span_taken,
    span_unblur_ask,
)
from apps.privacy.views import AskForm

__all__ = ["agree", "ask", "download", "refuse", "span_page", "take_back"]


@require_GET
@never_cache
@page
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the covered copy of `?stream=` from `?since=` until `?until=` (Unix seconds)."""
    camera: Camera = find(request, cameras(), Action.WATCH_CLIP, pk=pk)
    asked = request.GET
    stream = asked.get("stream") if camera.sub_url else Stream.MAIN
    try:
        since, until = (
            datetime.fromtimestamp(float(asked.get(key, "")), tz=UTC) for key in ("since", "until")
        )
    except (ValueError, OverflowError, OSError):
        raise Http404 from None
    try:
        span = span_ask(
            camera=camera,
            stream=Stream.SUB if stream == Stream.SUB else Stream.MAIN,
            since=since,
            until=until,
            actor=request.user,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(f"{reverse('watch')}?camera={pk}&at={since.timestamp():.0f}")
    return redirect("span", uid=span.uid)


@require_http_methods(["GET", "POST"])
@never_cache
@page
def span_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show how far the copy is; a post asks for the span without blur."""
    action = Action.EXPORT if request.method == "POST" else Action.WATCH_CLIP
    span: Span = find(request, spans(), action, uid=uid)
    form = AskForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if attempt(form, lambda: span_unblur_ask(span=span, reason=reason, actor=request.user)):
            messages.success(request, _("Asked for. A second person must agree."))
            return redirect("span", uid=uid)
    access = access_of_request(request)
    is_open = span_open(**span_ends(span))
    may_agree = access.can(Action.MANAGE_PEOPLE, span.mine_id)
    # Who asked waits, and who may agree does so. Anybody else asks anew: an owner's own request
    # would wait for ever where nobody but an auditor is there.
    another = not may_agree and span.unblur_by_id != request.user.pk
    context: dict[str, Any] = {
        "span": span,
        "stale": span_stale(span),
        "seconds": (span.until - span.since).total_seconds(),
        "form": form,
        "open": is_open,
        "lost": word_lost(
            mine_id=span.mine_id,
            asked_by=span.unblur_by_id,
            agreed_by=span.agreed_by_id,
            until=span.agreed_until,
        ),
        "asks": not is_open and (not span.waits or another),
        "may_ask": access.can(Action.EXPORT, span.mine_id),
        "may_agree": may_agree,
        "may_agree_too": who_may_agree(mine_id=span.mine_id, but=span.unblur_by_id),
        "original": f"{reverse('api:camera-span-download', args=[span.camera_id])}?form=original"
        f"&stream={span.stream}&since={span.since.timestamp()}&until={span.until.timestamp()}",
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "privacy/span.html", context, status=status)


@require_POST
@page
def agree(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Agree as the second person."""
    span: Span = find(request, spans(), Action.MANAGE_PEOPLE, uid=uid)
    try:
        span_agree(span=span, actor=request.user, word=request.POST.get("word", ""))
        messages.success(request, _("Agreed. It holds for seven days."))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("span", uid=uid)


@require_POST
@page
def refuse(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Say no as the second person, and why."""
    span: Span = find(request, spans(), Action.MANAGE_PEOPLE, uid=uid)
    word, reason = (request.POST.get(name, "") for name in ("word", "reason"))
    try:
        span_refuse(span=span, actor=request.user, word=word, reason=reason)
        messages.success(request, _("Refused. Who asked reads why."))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("span", uid=uid)


@require_POST
@page
def take_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Ask for it no longer."""
    span: Span = find(request, spans(), Action.EXPORT, uid=uid)
    try:
        span_take_back(span=span, actor=request.user)
        messages.success(request, _("Taken back."))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("span", uid=uid)


@require_GET
@page
def download(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """Note the download and send the browser to the store; to auditors it comes through Davy."""
    span: Span = find(request, spans(), Action.WATCH_CLIP, uid=uid)
    if span.state != Span.State.READY or span_stale(span):
        raise Http404
    span_taken(span=span, user=request.user, address=request.META.get("REMOTE_ADDR") or None)
    name = span_file_name(span)
    if watched(request, span.mine_id):
        return pass_on(
            request,
            key=span.key,
            content_type="video/mp4",
            filename=name,
            mine_id=span.mine_id,
            action=Action.WATCH_CLIP,
            subject=f"camera:{span.camera_id}",
            detail={"span": str(span.uid), "sha256": span.sha256, "bytes": span.bytes},
        )
    link = download_link(span.key, filename=name)
    return HttpResponseRedirect(link, headers={"Cache-Control": "no-store"})
