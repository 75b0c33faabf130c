"""The files beside a clip: its manifest, what was found, and the alarm's picture, raw and marked.

Pictures leave as all pictures do: masks filled and people blurred, in a copy; boxes without those
of what masks hide.
"""

import hashlib
import json
from typing import NamedTuple
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.pages import find, page
from apps.accounts.permissions import Action
from apps.audit.services import record
from apps.evidence.boxes import boxes_left
from apps.evidence.manifest import TYPES, marked
from apps.evidence.models import Clip
from apps.evidence.selectors import clips_stored
from apps.evidence.storage import StorageError, open_object
from apps.privacy.services import picture_taken
from apps.rules.masks import masks_of
from workers.media.errors import MediaError

__all__ = ["Beside", "clip_file", "file_of"]

PICTURES = ("snapshot.jpg", "snapshot-marked.jpg")
NAMES = ("manifest.json", "findings.json", "boxes.json", *PICTURES)


class Beside(NamedTuple):
    """A file beside a clip as it may be taken along; a copy that leaves things out says so."""

    name: str
    body: bytes


@require_GET
@never_cache
@page
def clip_file(request: HttpRequest, uid: UUID, name: str) -> HttpResponse:
    """Send one of the files beside a clip, and note that it was taken."""
    clip: Clip = find(request, clips_stored(), Action.WATCH_CLIP, uid=uid)
    if name not in NAMES:
        raise Http404
    try:
        beside = file_of(clip, name)
    except (StorageError, MediaError) as error:
        return HttpResponse(str(error), status=503, content_type="text/plain")
    if beside is None:
        raise Http404
    record(
        action="clip.file",
        subject=clip,
        mine_id=clip.mine_id,
        actor=request.user,
        detail={
            "file": beside.name,
            "sha256": hashlib.sha256(beside.body).hexdigest(),
            "address": request.META.get("REMOTE_ADDR") or None,
        },
    )
    headers = {"Content-Disposition": f'attachment; filename="davy-{clip.uid}-{beside.name}"'}
    kind = TYPES[name.rpartition(".")[2]]
    return HttpResponse(beside.body, content_type=kind, headers=headers)


def file_of(clip: Clip, name: str) -> Beside | None:
    """Return a file beside a clip as it may be taken along; None where there is none.

    Needs the mine's scope. StorageError where the store is away, or gives it in another form than
    it was stored.
    """
    if name == "manifest.json":
        return Beside(name, json.dumps(clip.manifest, indent=1, ensure_ascii=False).encode())
    facts = clip.manifest.get("files", {}).get(name)
    if facts is None:
        return None
    if name in PICTURES:
        picture = _picture(clip, name)
        return None if picture is None else Beside(name, picture)
    _headers, body = open_object(f"{clip.key.rpartition('/')[0]}/{name}")
    try:
        content: bytes = body.read()
    finally:
        body.close()
    if hashlib.sha256(content).hexdigest() != facts["sha256"]:
        raise StorageError(f"The store gave {name} in another form than it was stored.")
    return _boxes(clip, content) if name == "boxes.json" else Beside(name, content)


def _boxes(clip: Clip, content: bytes) -> Beside:
    masks = masks_of(camera_id=clip.camera_id, at=clip.wanted_from, until=clip.wanted_until)
    aspect = clip.width / clip.height if clip.width and clip.height else 1.0
    told, out = boxes_left(json.loads(content), masks=masks, aspect=aspect)
    if not out:
        return Beside("boxes.json", content)
    told["covered"] = {
        "what": "a copy without the boxes of what masks hide",
        "original_sha256": hashlib.sha256(content).hexdigest(),
        "boxes_left_out": out,
    }
    return Beside("boxes-covered.json", json.dumps(told, separators=(",", ":")).encode())


def _picture(clip: Clip, name: str) -> bytes | None:
    snapshot = getattr(clip.alarm, "snapshot", None)
    if clip.alarm is None or snapshot is None:
        return None
    jpeg, _facts = picture_taken(alarm=clip.alarm, jpeg=bytes(snapshot.jpeg), at=snapshot.at)
    if name == "snapshot.jpg":
        return jpeg
    return marked(jpeg, picture=clip.alarm.picture or {}, at=snapshot.at, zone=clip.mine.timezone)
