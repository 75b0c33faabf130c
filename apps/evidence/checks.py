"""Looks whether the store still has the videos that it was given, and says so when it has not.

That an object is there, in its size, is asked once a day. Its content is held against its hash
whenever it is read to be taken along; a video that lacked comes back only with its own content.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record
from apps.evidence.models import Clip
from apps.evidence.storage import Missing, StorageError, sha256_of, size_of
from apps.live.services import emit, take_turn
from apps.tenancy.scope import mine_scope, system_scope

__all__ = ["clip_changed", "clips_check"]

log = logging.getLogger(__name__)
BATCH = 200
# Each video's object is looked for once in this time.
CHECK_EVERY = timedelta(days=1)


def clips_check(*, now: datetime | None = None) -> int:
    """Ask the store for videos that were not asked for since a day; returns how many are missing.

    Says once when one is missing and once when it is back. A store that is away says nothing about
    any of them: the pass ends.
    """
    now = now or timezone.now()
    missing = 0
    with system_scope("one look for every mine's videos"):
        due = list(
            Clip.objects.filter(state=Clip.State.READY)
            .exclude(checked_at__gt=now - CHECK_EVERY)
            .order_by("checked_at", "pk")[:BATCH]
        )
    for clip in due:
        try:
            there = _there(clip)
        except StorageError as error:
            log.warning("videos were not looked for: %s", error)
            break
        missing += not there
        with mine_scope(clip.mine_id):
            _checked(clip.pk, there, now)
    return missing


def _there(clip: Clip) -> bool:
    """Tell whether the store has a video; one that lacked is read whole, and must be the same."""
    try:
        if size_of(clip.key) != clip.bytes:
            return False
        return clip.missing_since is None or sha256_of(clip.key) == clip.sha256
    except Missing:
        return False


def _checked(clip_id: int, there: bool, now: datetime) -> None:
    clip = _locked(clip_id)
    changed = there == (clip.missing_since is not None) and clip.state == Clip.State.READY
    clip.checked_at = now
    if changed:
        clip.missing_since = None if there else now
        _say(clip, "clip.found" if there else "clip.missing", {})
        if there:  # what could not be copied is tried again when it is asked for
            clip.copies.filter(state="failed").delete()
    clip.save(update_fields=["checked_at", "missing_since"])


@transaction.atomic
def clip_changed(*, clip: Clip, sha256: str) -> None:
    """Say that the store gave another content than a video's; needs the mine's scope.

    sha256: of what it gave. From now on the video counts as missing.
    """
    clip = _locked(clip.pk)
    if clip.state != Clip.State.READY:
        return
    clip.missing_since = clip.missing_since or timezone.now()
    clip.save(update_fields=["missing_since"])
    _say(clip, "clip.changed", {"given_sha256": sha256})


def _locked(clip_id: int) -> Clip:
    take_turn(mine_id=Clip.objects.values_list("mine_id", flat=True).get(pk=clip_id))
    return Clip.objects.select_for_update(of=("self",)).get(pk=clip_id)


def _say(clip: Clip, what: str, more: dict[str, str]) -> None:
    detail = {"key": clip.key, "sha256": clip.sha256} | more
    record(action=what, subject=clip, mine_id=clip.mine_id, part="evidence", detail=detail)
    emit(mine_id=clip.mine_id, kind=what, payload={"clip": str(clip.uid)})
