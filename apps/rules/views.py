"""The clips of a replay's alarms; the video itself comes from the store."""

from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET

from apps.accounts.pages import find, picture
from apps.accounts.permissions import Action
from apps.audit.services import record
from apps.evidence.storage import download_link
from apps.evidence.wanted import span_of
from apps.rules.masks import masks_of
from apps.rules.replays import replays

__all__ = ["replay_clip"]


@require_GET
@picture
def replay_clip(request: HttpRequest, uid: UUID, number: int) -> HttpResponse:
    """Note that somebody watches what a draft would have raised, and send the player there."""
    replay = find(request, replays(), Action.WATCH_CLIP, uid=uid)
    alarm = next((one for one in replay.alarms if one["number"] == number), None)
    if alarm is None or not alarm["clip"]:
        raise Http404
    # A mask that was drawn since then is not filled in it; where a later knock took one it lay not.
    filled, at = alarm.get("masks", []), datetime.fromisoformat(alarm["at"])
    since, until = span_of(severity=alarm["severity"], at=at)
    masks = masks_of(camera_id=replay.camera_id, at=since, until=until)
    if any(mask not in filled for mask in masks):
        raise Http404
    record(
        action="replay.play", subject=replay, mine_id=replay.mine_id, actor=request.user,
        detail={"alarm": number, "address": request.META.get("REMOTE_ADDR") or None},
    )  # fmt: skip
    return HttpResponseRedirect(download_link(alarm["clip"]), headers={"Cache-Control": "no-store"})
