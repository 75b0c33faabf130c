"""Deletes videos: when their years are over, or by an owner's hand; never what is held.

Row, hash and manifest stay for good, with when and why. First the row says that the video is being
deleted, then the objects go, then it says that they went: whoever is killed between is followed by
the next pass. A store that is away is asked again.
"""

import logging
import time
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.alarms.models import Snapshot
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.clocks import years_from
from apps.evidence.holds import hold_turn, holds_on
from apps.evidence.locking import objects_of, place_of
from apps.evidence.models import Clip
from apps.evidence.storage import TURN_S, Missing, StorageError, keys_under, remove, size_of
from apps.live.clock import now_for_age
from apps.live.services import emit, take_turn
from apps.recordings.keeping import kept_by_camera
from apps.tenancy.scope import mine_scope, system_scope
from workers.words import sentence

__all__ = [
    "clip_finish",
    "clip_remove",
    "clips_expire",
    "leftovers_remove",
    "leftovers_sweep",
]

log = logging.getLogger(__name__)
BATCH = 200
WORDS = 300


@transaction.atomic
def clip_remove(*, clip: Clip, actor: User, reason: str) -> Clip:
    """Delete a video before its time, with a reason; ValidationError while it is held.

    The objects go right after the commit; where the store is away, minutes later.
    """
    reason = reason.strip()
    if not reason or len(reason) > WORDS:
        raise ValidationError({"reason": _("Say why, in at most %(n)s characters.") % {"n": WORDS}})
    take_turn(mine_id=clip.mine_id)
    clip = Clip.objects.select_for_update(of=("self",)).get(pk=clip.pk)
    if clip.state in (Clip.State.EXPIRING, Clip.State.EXPIRED):
        return clip
    if clip.state == Clip.State.PENDING:
        raise ValidationError(_("This video is being made. Wait until it is ready."))
    if holds_on(clip=clip).exists():
        raise ValidationError(_("This video is held. Nobody can delete it before every hold ends."))
    if clip.locked_until is not None and clip.locked_until > timezone.now():
        words = _("The store keeps this video locked until %(day)s. Nobody can delete it before.")
        last = clip.locked_until.astimezone(ZoneInfo(clip.mine.timezone))
        raise ValidationError(words % {"day": date_format(last)})
    _begin(clip, reason, actor=actor)
    transaction.on_commit(partial(_finish_safely, clip.pk, clip.mine_id), robust=True)
    return clip


def _begin(clip: Clip, reason: str, *, actor: User | None = None) -> None:
    clip.state, clip.expired_because = Clip.State.EXPIRING, reason
    clip.save(update_fields=["state", "expired_because"])
    record(
        action="clip.expiring",
        subject=clip,
        mine_id=clip.mine_id,
        actor=actor,
        part="" if actor else "evidence",
        detail={"reason": reason, "sha256": clip.sha256, "bytes": clip.bytes},
    )


def _finish_safely(clip_id: int, mine_id: int) -> None:
    try:
        clip_finish(clip_id=clip_id, mine_id=mine_id)
    except StorageError as error:
        log.warning("clip %s is deleted later: %s", clip_id, error)


def clip_finish(*, clip_id: int, mine_id: int) -> bool:
    """Take a video's objects out of the store and say that they went; twice is as once.

    One that was held since its deletion began is kept. StorageError when the store is away; then
    nothing is said.
    """
    with mine_scope(mine_id):
        hold_turn(mine_id=mine_id)  # a hold comes before, or after all is gone; not between
        clip = Clip.objects.filter(pk=clip_id, state=Clip.State.EXPIRING).first()
        if clip is None:
            return False
        if holds_on(clip=clip).exists():
            _keep(clip)
            return False
        # Whoever makes a copy now finds no row for it, and takes it away.
        clip.copies.all().delete()
        # The video first; copies, and what an attempt at it left, lie where it lies.
        for key in dict.fromkeys((*objects_of(clip), *keys_under(place_of(clip)))):
            remove(key)
        take_turn(mine_id=mine_id)
        clip.state, clip.expired_at = Clip.State.EXPIRED, timezone.now()
        clip.save(update_fields=["state", "expired_at"])
        record(
            action="clip.expired",
            subject=clip,
            mine_id=mine_id,
            part="evidence",
            detail={"reason": clip.expired_because, "key": clip.key, "sha256": clip.sha256},
        )
        others = Clip.objects.filter(alarm=clip.alarm_id).exclude(state=Clip.State.EXPIRED)
        if clip.alarm_id and not others.exclude(state=Clip.State.FAILED).exists():
            Snapshot.objects.filter(alarm=clip.alarm_id).delete()
        emit(
            mine_id=mine_id,
            kind="clip.expired",
            payload={"clip": str(clip.uid), "state": Clip.State.EXPIRED},
        )
    return True


def _keep(clip: Clip) -> None:
    """Take back a deletion that only began; of a video that went already the rest is left alone.

    The video itself goes first: while it is there, all that lies beside it is.
    """
    try:
        size_of(clip.key)
    except Missing:
        return
    take_turn(mine_id=clip.mine_id)
    detail = {"reason": clip.expired_because, "sha256": clip.sha256}
    clip.state, clip.expired_because = Clip.State.READY, ""
    clip.save(update_fields=["state", "expired_because"])
    record(action="clip.kept", subject=clip, mine_id=clip.mine_id, part="evidence", detail=detail)
    emit(
        mine_id=clip.mine_id,
        kind="clip.kept",
        payload={"clip": str(clip.uid), "state": clip.state},
    )


def leftovers_remove(*, clip: Clip, folder: str, won: bool) -> None:
    """Take out of the store what attempts at a video left and no row names.

    won: all but the folder that the row names now; else that folder alone, of who came too late.
    What the store keeps, or while it is away, goes with the video.
    """
    try:
        for key in keys_under(place_of(clip)):
            if key.startswith(f"{folder}/") != won:
                remove(key)
    except StorageError as error:
        log.warning("what attempts at clip %s left stays: %s", clip.pk, error)


def leftovers_sweep() -> tuple[int, int]:
    """Take out of the store what earlier releases left of deleted videos: (objects, refused).

    Needs no scope. Nothing of what is held; what the store keeps locked, or while it is away, is
    refused and stays. Twice is as once.
    """
    with system_scope("what is left of every mine's deleted videos"):
        gone = list(Clip.objects.filter(state=Clip.State.EXPIRED).values_list("pk", "mine_id"))
    went = refused = 0
    for pk, mine_id in gone:
        with mine_scope(mine_id):
            hold_turn(mine_id=mine_id)
            clip = Clip.objects.get(pk=pk)
            if holds_on(clip=clip).exists():
                continue
            try:
                for key in keys_under(place_of(clip)):
                    remove(key)
                    went += 1
            except StorageError as error:
                log.warning("what is left of clip %s stays: %s", pk, error)
                refused += 1
    return went, refused


def clips_expire(*, now: datetime | None = None) -> int:
    """Delete the videos whose years are over and finish what was begun; returns how many began.

    Needs no scope of its own. Held ones stay and are looked at again next time.
    """
    now = now or now_for_age()
    over: list[tuple[int, int, float]] = []
    with system_scope("the years of every mine's videos"):
        years = {pk: kept.clip_years for pk, kept in kept_by_camera(Camera.objects.all()).items()}
        for each in {y for y in years.values() if y > 0}:
            ids = [pk for pk, y in years.items() if y == each]
            due = Clip.objects.filter(
                camera__in=ids, state=Clip.State.READY, wanted_until__lt=years_from(now, -each)
            )
            free = due.exclude(holds__ended_at=None, holds__isnull=False)
            free = free.exclude(alarm__holds__ended_at=None, alarm__holds__isnull=False)
            # Until its lock is over, and the store knows that its hold is, it would only refuse.
            free = free.exclude(locked_until__gt=now).filter(held_in_store=False)
            rows = free.order_by("wanted_until").values_list("pk", "mine_id")[:BATCH]
            over += [(pk, mine_id, each) for pk, mine_id in rows]
    begun = sum(_expire(pk, mine_id, each) for pk, mine_id, each in over)
    with system_scope("every mine's videos that are being deleted"):
        waiting = list(
            Clip.objects.filter(state=Clip.State.EXPIRING).values_list("pk", "mine_id")[:BATCH]
        )
    began = time.monotonic()
    for pk, mine_id in waiting:
        _finish_safely(pk, mine_id)
        if time.monotonic() - began > TURN_S:
            break
    return begun


def _expire(clip_id: int, mine_id: int, years: float) -> bool:
    """Begin to delete one video, unless it was held meanwhile."""
    with mine_scope(mine_id):
        take_turn(mine_id=mine_id)
        clip = Clip.objects.select_for_update(of=("self",)).get(pk=clip_id)
        if clip.state != Clip.State.READY or holds_on(clip=clip).exists():
            return False
        _begin(clip, sentence(f"kept for {years:g} years"))
    return True
