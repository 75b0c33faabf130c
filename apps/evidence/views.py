"""Pages of clips. The video itself comes from the store by a link that lives five minutes.

To auditors, whose access may end at any moment, it comes through Davy instead.
"""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.accounts.pages import access_of_request, find, page, picture, require_somewhere
from apps.accounts.permissions import Action
from apps.evidence.holds import holds_on
from apps.evidence.listing import CLIPS, LOOKS
from apps.evidence.models import Clip, ClipAccess
from apps.evidence.overlay import overlay
from apps.evidence.selectors import clips, clips_stored, in_step
from apps.evidence.services import clip_access
from apps.evidence.storage import LINK_LIFE_S, download_link
from apps.inquiry.passing import pass_on, watched
from apps.lists.pages import answer_list
from apps.privacy.selectors import words_awaited
from apps.privacy.services import Given, NotMade, clip_given
from apps.privacy.views import begun, being_made, waited

__all__ = ["boxes", "clip_list", "clip_page", "download", "play"]


@require_GET
@page
def clip_list(request: HttpRequest) -> HttpResponseBase:
    """List clips, newest first, or send the list as a file."""
    allowed = require_somewhere(request, Action.WATCH_CLIP)
    rows = clips().filter(mine__in=allowed)
    template = "evidence/clips.html"
    access = access_of_request(request)
    agrees = access.mines_for(Action.MANAGE_PEOPLE)
    context = {
        "may_cut": bool(access.mines_for(Action.CUT_CLIP)),
        "awaited": words_awaited(user_id=request.user.pk, mine_ids=agrees) if agrees else [],
    }
    return answer_list(request, CLIPS, rows, mine_ids=allowed, template=template, context=context)


@require_GET
@page
def clip_page(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """Show one clip, what is in it, and who looked at it."""
    clip = find(request, clips(), Action.WATCH_CLIP, uid=uid)
    access = access_of_request(request)
    context = {
        "clip": clip,
        "holds": holds_on(clip=clip),
        "longer": clip.longer.order_by("pk"),
        "step": in_step(clip),
        "may_cut": access.can(Action.CUT_CLIP, clip.mine_id),
        "may_export_here": access.can(Action.EXPORT, clip.mine_id),
        "may_hold": access.can(Action.HOLD, clip.mine_id),
        "may_remove": access.can(Action.REMOVE, clip.mine_id),
    }
    rows = clip.accesses.select_related("user")
    return answer_list(
        request, LOOKS, rows, mine_ids=[clip.mine_id], template="evidence/clip.html",
        context=context,
    )  # fmt: skip


@require_GET
@picture
def play(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """Note that the person watches the clip, and send the player to the store.

    A player asks again for every stretch it seeks to; within a link's life that is one view.
    """
    clip = _ready(request, uid)
    try:
        given = clip_given(clip=clip, taken=False)
    except NotMade:
        words = _("A covered copy is being made. Try again in a moment.")
        # Accepted: below 400, or the asking would be undone.
        return HttpResponse(words, status=202, content_type="text/plain")
    since = timezone.now() - timedelta(seconds=LINK_LIFE_S)
    seen = clip.accesses.filter(user=request.user, kind=ClipAccess.Kind.PLAY, at__gt=since)
    if not seen.exists():
        _note(request, clip, ClipAccess.Kind.PLAY)
    if watched(request, clip.mine_id):
        return _pass(request, clip, given)
    return _send(download_link(given.key))


@require_GET
@picture
def boxes(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Answer the boxes that a player draws over the clip.

    They are a part of looking at it, which is noted when it plays.
    """
    return overlay(_ready(request, uid))


@require_GET
@page
def download(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """Note the download and send the browser to the store.

    People are blurred in what is taken along; `?form=original` needs the word of two people.
    """
    clip = _ready(request, uid)
    try:
        original = request.GET.get("form") == "original"
        given = clip_given(clip=clip, taken=True, original=original)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("clip-original", uid=uid)
    except NotMade as state:
        return being_made(request, clip, state)
    if waited(request):
        return begun(request, clip)
    _note(request, clip, ClipAccess.Kind.DOWNLOAD, given)
    name = f"davy-{clip.uid}{'-covered' if given.copy else ''}.mp4"
    if watched(request, clip.mine_id):
        return _pass(request, clip, given, name)
    return _send(download_link(given.key, filename=name))


def _pass(request: HttpRequest, clip: Clip, given: Given, name: str = "") -> HttpResponseBase:
    return pass_on(
        request,
        key=given.key,
        content_type="video/mp4",
        filename=name,
        mine_id=clip.mine_id,
        action=Action.WATCH_CLIP,
        subject=f"clip:{clip.pk}",
        detail={"clip": str(clip.uid), "bytes": given.bytes},
    )


def _ready(request: HttpRequest, uid: UUID) -> Clip:
    clip: Clip = find(request, clips_stored(), Action.WATCH_CLIP, uid=uid)
    return clip


def _note(request: HttpRequest, clip: Clip, kind: str, given: Given | None = None) -> None:
    address = request.META.get("REMOTE_ADDR") or None
    clip_access(
        clip=clip,
        user=request.user,
        kind=kind,
        address=address,
        sha256=given.sha256 if given else "",
        blurred=bool(given and given.blurred),
    )


def _send(link: str) -> HttpResponse:
    return HttpResponseRedirect(link, headers={"Cache-Control": "no-store"})
