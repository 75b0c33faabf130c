"""What the store itself is told to keep: videos locked until a day, held ones on legal hold.

The database refuses whoever goes through it; a locked object is refused to whoever has the store's
keys as well. A store without object lock keeps nothing by itself, and the health page says so.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.clocks import years_from
from apps.evidence.models import Clip, Hold
from apps.evidence.storage import Missing, StorageError, features, legal_hold
from apps.recordings.keeping import kept_by_camera
from apps.tenancy.scope import mine_scope, system_scope

__all__ = [
    "holds_doubt_store",
    "holds_tell_store",
    "holds_tell_store_safely",
    "keys_of",
    "lock_again",
    "lock_for",
    "lock_until",
    "objects_of",
    "place_of",
    "wants_lock",
]

log = logging.getLogger(__name__)
BATCH = 200
# What may lie beside a video whose manifest names no files: those of the first releases.
UNNAMED = ("snapshot.jpg", "snapshot-marked.jpg", "findings.json")


def wants_lock() -> bool:
    """Tell whether the installation asks its store to lock."""
    return bool(settings.OBJECT_LOCK != "off")


def lock_for(days: float) -> datetime | None:
    """Return until when something new is locked: so many days at most, or None.

    None as well where the store has no object lock: evidence is stored without rather than not at
    all. StorageError when the store is away.
    """
    if not wants_lock():
        return None
    if not features().lock:
        log.warning("DAVY_OBJECT_LOCK is set, but the bucket has no object lock")
        return None
    return timezone.now() + timedelta(days=min(days, settings.OBJECT_LOCK_DAYS))


def lock_until(clip: Clip) -> datetime | None:
    """Return until when a video is locked: never longer than it is kept. Needs its mine's scope."""
    years = kept_by_camera([clip.camera])[clip.camera_id].clip_years
    left = years_from(clip.wanted_until, years) - timezone.now()
    days = left / timedelta(days=1) if years else settings.OBJECT_LOCK_DAYS
    return lock_for(days) if days > 0 else None


def lock_again(until: datetime | None) -> datetime | None:
    """Return the lock of what is put back: until the day that its row says, where one can lock."""
    if until is None or until <= timezone.now() or lock_for(1) is None:
        return None
    return until


def objects_of(clip: Clip) -> list[str]:
    """Return the keys of all that the store may have of a video, itself first."""
    return keys_of(clip.key, clip.manifest.get("files"))


def keys_of(key: str, files: Iterable[str] | None) -> list[str]:
    """Return the same by a video's key and the files that its manifest names, None for none."""
    folder = key.rpartition("/")[0]
    names = ("manifest.json", *(UNNAMED if files is None else files))
    return [key, *(f"{folder}/{name}" for name in names)] if folder else []


def place_of(clip: Clip) -> str:
    """Return how every key of a video begins, whichever attempt at it stored it."""
    return f"{clip.mine_id}/{clip.wanted_from.astimezone(UTC):%Y/%m/%d}/{clip.uid}"


def _ready() -> QuerySet[Clip]:
    open_ = Hold.objects.filter(ended_at=None)
    held = Exists(open_.filter(Q(clip=OuterRef("pk")) | Q(alarm=OuterRef("alarm"))))
    return Clip.objects.filter(state=Clip.State.READY).annotate(held=held)


def holds_doubt_store() -> int:
    """Let the store be told of every hold anew: it may be another one than the rows remember.

    Needs a system scope. A hold that ended and that the store was not told of yet stays to be told.
    """
    return _ready().filter(held=True, held_in_store=True).update(held_in_store=False)


def holds_tell_store() -> int:
    """Bring the store's legal holds to where the rows' holds are; returns how many videos changed.

    The row is the truth: run late or twice it comes to the same. Needs no scope. A store that is
    away is told the next time.
    """
    if not wants_lock() or not features().lock:
        return 0
    with system_scope("the store has the videos of every mine"):
        different = (
            _ready().exclude(held=False, held_in_store=False).exclude(held=True, held_in_store=True)
        )
        due = list(different.order_by("pk")[:BATCH])
    for clip in due:
        for key in objects_of(clip):
            try:
                legal_hold(key, on=clip.held)
            except Missing:
                continue  # an alarm without a picture; a video that lacks is said by clips_check
        with mine_scope(clip.mine_id):
            Clip.objects.filter(pk=clip.pk).update(held_in_store=clip.held)
    return len(due)


def holds_tell_store_safely() -> None:
    """Do it, and leave it to the next time when the store is away."""
    try:
        holds_tell_store()
    except StorageError as error:
        log.warning("the store was not told of holds: %s", error)
