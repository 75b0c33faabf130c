"""Makes covered copies of clips, and keeps the word of two people for a video without blur."""

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.alarms.models import Alarm
from apps.audit.services import record
from apps.detectors.loading import default_detector
from apps.evidence.checks import clip_changed
from apps.evidence.models import Clip
from apps.evidence.storage import StorageError, get_file, put_file, remove
from apps.evidence.workshop import workshop
from apps.ledger.verify import digest
from apps.live.future import due_again
from apps.live.services import take_turn
from apps.privacy.consent import (
    back_said,
    reason_said,
    refusal_said,
    second_said,
    still_waits,
    word_note,
)
from apps.privacy.models import Copy, Span, Unblur
from apps.privacy.selectors import unblur_holds
from apps.rules.masks import masks_left, masks_of
from apps.tenancy.scope import mine_scope
from workers.media.cover import cover_film, cover_jpeg
from workers.media.errors import DiskFull, MediaError
from workers.words import sentence

__all__ = [
    "Given",
    "NotMade",
    "clip_given",
    "copy_make",
    "copy_waiting",
    "future_forget",
    "picture_taken",
    "unblur_agree",
    "unblur_ask",
    "unblur_refuse",
    "unblur_take_back",
]

# A maker that was killed is followed by another after so long; a clip of a minute takes less.
CLAIM = timedelta(minutes=5)
# While the store is away it is tried again, at last every minute; pages say so from then on.
PATIENT_ATTEMPTS = 6
SLOWEST_RETRY_S = 60


class NotMade(Exception):
    """The copy is being made, or could not be; `reason` is empty while it is being made.

    waits: what it has been waiting for, where several attempts failed already.
    """

    def __init__(self, reason: str = "", waits: str = "") -> None:
        super().__init__(reason or "being made")
        self.reason = reason
        self.waits = waits


@dataclass(frozen=True)
class Given:
    """What somebody gets for a clip: the object, and whether it is a covered copy."""

    key: str
    bytes: int
    sha256: str
    original_sha256: str
    blurred: bool
    copy: Copy | None = None


def clip_given(*, clip: Clip, taken: bool, original: bool = False) -> Given:
    """Return what to give for a clip; needs the mine's scope.

    What is taken along has its people blurred unless `original`, for which two people's word must
    hold: ValidationError without it. Masks cover everything. NotMade while the copy is made.
    """
    if original and not unblur_holds(clip=clip):
        raise ValidationError(_("A video without blur needs the word of two people."))
    blurred = taken and not original
    masks = _masks(clip, blurred)
    if not masks and not blurred:
        return Given(clip.key, clip.bytes, clip.sha256, clip.sha256, False)
    copy = _copy_of(clip, masks, blurred)
    if copy.state != Copy.State.READY:
        if copy.state == Copy.State.FAILED:
            raise NotMade(copy.error)
        raise NotMade(waits=copy.error if copy.attempts >= PATIENT_ATTEMPTS else "")
    return Given(copy.key, copy.bytes, copy.sha256, clip.sha256, blurred, copy)


def picture_taken(*, alarm: Alarm, jpeg: bytes, at: datetime) -> tuple[bytes, dict[str, Any]]:
    """Return an alarm's picture as it may be taken along, and what was covered in it.

    People are blurred unless two people's word holds for a video of the same alarm. The facts are
    empty where nothing was covered; MediaError for a picture that cannot be covered.
    """
    masks = masks_of(camera_id=alarm.camera_id, at=at)
    blurred = not any(unblur_holds(clip=clip) for clip in Clip.objects.filter(alarm=alarm))
    if not masks and not blurred:
        return jpeg, {}
    finder = default_detector() if blurred else None
    known = (alarm.picture or {}).get("boxes", [])
    facts = {
        "original_sha256": hashlib.sha256(jpeg).hexdigest(),
        "original_bytes": len(jpeg),
        "masks": masks,
        "people_blurred": blurred,
        "detector": str(getattr(finder, "name", "")),
    }
    return cover_jpeg(jpeg, masks, people=finder, known=known), facts


def copy_waiting(*, clip: Clip, original: bool) -> Copy | None:
    """Return the copy that must still be made before the clip can be taken along, or None."""
    masks = _masks(clip, not original)
    if original and not masks:
        return None
    copy = _copy_of(clip, masks, not original)
    return None if copy.state == Copy.State.READY else copy


def _masks(clip: Clip, blurred: bool) -> list[list[list[float]]]:
    """Return what is filled in a copy: what the recorder filled needs no second time."""
    masks = masks_of(camera_id=clip.camera_id, at=clip.wanted_from, until=clip.wanted_until)
    if blurred:
        return masks
    recorded = [chunk.get("masked_by") for chunk in clip.manifest.get("chunks", [])]
    return masks_left(masks, camera_id=clip.camera_id, recorded=recorded)


def _copy_of(clip: Clip, masks: list[list[list[float]]], blurred: bool) -> Copy:
    """Return the copy with this covered; asked for now where there is none. Twice is as once."""
    recipe = digest({"masks": masks, "blurred": blurred, "of": clip.sha256, "version": 1})
    copy, _made = Copy.objects.get_or_create(
        clip=clip,
        recipe=recipe,
        defaults={
            "mine_id": clip.mine_id,
            "blurred": blurred,
            "masks": masks,
            "original_sha256": clip.sha256,
            "next_attempt_at": timezone.now(),
        },
    )
    return copy


def future_forget() -> None:
    """Let no copy wait for a future that the clock took back; needs a system scope."""
    for model in (Copy, Span):
        pending = model.objects.filter(state=model.State.PENDING)
        due_again(pending, "next_attempt_at", longest=CLAIM)


def copy_make(*, copy_id: int, mine_id: int) -> Copy | None:
    """Cover a clip and store the copy; None when it is not due or somebody else makes it.

    Safe to run twice: the claim is a conditional update, and every attempt has a key of its own;
    who comes too late, or whose clip was deleted meanwhile, takes away what it stored. The clip in
    the store is read and never written. While the store is away it is tried again, as long
    as there is a clip; one that cannot be covered never will be, nor one that was changed in the
    store until it is back (evidence/checks.py).
    """
    now = timezone.now()
    with mine_scope(mine_id):
        claimed = Copy.objects.filter(
            pk=copy_id, state=Copy.State.PENDING, next_attempt_at__lte=now
        ).update(next_attempt_at=now + CLAIM, attempts=F("attempts") + 1)
        if not claimed:
            return None
        copy = Copy.objects.select_related("clip").get(pk=copy_id)
    try:
        with tempfile.TemporaryDirectory(prefix="copy-", dir=workshop("copies")) as folder:
            return _cover_and_store(copy, Path(folder))
    except (StorageError, OSError, DiskFull) as error:
        if copy.clip.state != Clip.State.READY:
            return _failed(copy, sentence("the clip was deleted"), None)
        wait_s = min(2 ** min(copy.attempts, 6), SLOWEST_RETRY_S)
        return _failed(copy, str(error), timedelta(seconds=wait_s))
    except MediaError as error:
        return _failed(copy, error.reason, None)


def _cover_and_store(copy: Copy, folder: Path) -> Copy | None:
    clip, source, out = copy.clip, folder / "clip.mp4", folder / "copy.mp4"
    get_file(clip.key, source)
    _same(copy, source)
    finder = default_detector() if copy.blurred else None
    told = cover_film(source, out, masks=copy.masks, people=finder)
    beside = clip.key.rpartition("/")[0]
    key = f"{beside}/copy-{copy.recipe[:16]}-{copy.attempts}.mp4"
    put_file(key, out, content_type="video/mp4", filename=f"davy-{clip.uid}-covered.mp4")
    with mine_scope(copy.mine_id):
        made = _still_ours(copy).update(
            state=Copy.State.READY,
            key=key,
            bytes=told.bytes,
            sha256=told.sha256,
            people=told.people,
            detector=str(getattr(finder, "name", ""))[:100],
            error="",
            made_at=timezone.now(),
        )
        if made:
            copy.refresh_from_db()
            detail = {
                "sha256": copy.sha256,
                "original_sha256": copy.original_sha256,
                "blurred": copy.blurred,
                "people": copy.people,
                "masks": len(copy.masks),
            }
            record(
                action="copy.made",
                subject=clip,
                mine_id=copy.mine_id,
                part="privacy",
                detail=detail,
            )
    if made:
        return copy
    remove(key)
    return None


def _same(copy: Copy, source: Path) -> None:
    """Raise MediaError, and say so in the record, where the store gave another video."""
    with source.open("rb") as file:
        given = hashlib.file_digest(file, "sha256").hexdigest()
    if given != copy.original_sha256:
        with mine_scope(copy.mine_id):
            clip_changed(clip=copy.clip, sha256=given)
        raise MediaError(sentence("the store gave another video than it was given"))


def _still_ours(copy: Copy) -> QuerySet[Copy]:
    return Copy.objects.filter(pk=copy.pk, state=Copy.State.PENDING, attempts=copy.attempts)


def _failed(copy: Copy, reason: str, again: timedelta | None) -> None:
    with mine_scope(copy.mine_id):
        rows = _still_ours(copy)
        if again is not None:
            rows.update(next_attempt_at=timezone.now() + again, error=reason[:300])
        elif rows.update(state=Copy.State.FAILED, error=reason[:300]):
            record(
                action="copy.failed",
                subject=copy.clip,
                mine_id=copy.mine_id,
                part="privacy",
                detail={"reason": reason[:300]},
            )


@transaction.atomic
def unblur_ask(*, clip: Clip, reason: str, actor: User) -> Unblur:
    """Ask to take a clip along without blur; somebody else must agree."""
    unblur = Unblur.objects.create(
        mine_id=clip.mine_id,
        clip=clip,
        reason=reason_said(reason),
        asked_by=actor,
        asked_at=timezone.now(),
    )
    _say(unblur, "asked", actor)
    return unblur


@transaction.atomic
def unblur_agree(*, unblur: Unblur, actor: User) -> Unblur:
    """Agree that a clip goes without blur, for seven days; never by who asked."""
    unblur = _locked(unblur)
    agreed_at, until = second_said(asked_by=unblur.asked_by_id, actor=actor)
    if unblur.agreed_by_id is None:
        still_waits(agreed_by=None, ended_by=unblur.ended_by_id)
        unblur.agreed_by, unblur.agreed_at, unblur.until = actor, agreed_at, until
        unblur.save(update_fields=["agreed_by", "agreed_at", "until"])
        _say(unblur, "agreed", actor)
    return unblur


@transaction.atomic
def unblur_take_back(*, unblur: Unblur, actor: User) -> Unblur:
    """Ask for it no longer, while nobody has said yes or no; who asked alone."""
    unblur = _locked(unblur)
    ended_at = back_said(asked_by=unblur.asked_by_id, actor=actor)
    return _ended(unblur, "taken_back", actor, ended_at, "")


@transaction.atomic
def unblur_refuse(*, unblur: Unblur, reason: str, actor: User) -> Unblur:
    """Say no as the second person, and why."""
    unblur = _locked(unblur)
    ended_at, why = refusal_said(asked_by=unblur.asked_by_id, actor=actor, reason=reason)
    return _ended(unblur, "refused", actor, ended_at, why)


def _locked(unblur: Unblur) -> Unblur:
    take_turn(mine_id=unblur.mine_id)
    return Unblur.objects.select_for_update(of=("self",)).get(pk=unblur.pk)


def _ended(unblur: Unblur, what: str, actor: User, at: datetime, refusal: str) -> Unblur:
    still_waits(agreed_by=unblur.agreed_by_id, ended_by=unblur.ended_by_id)
    unblur.ended_by, unblur.ended_at, unblur.refusal = actor, at, refusal
    unblur.save(update_fields=["ended_by", "ended_at", "refusal"])
    _say(unblur, what, actor)
    return unblur


def _say(unblur: Unblur, what: str, actor: User) -> None:
    detail: dict[str, Any] = {"unblur": unblur.pk, "reason": unblur.reason}
    if unblur.refusal:
        detail["why"] = unblur.refusal
    word_note(what, about=unblur.clip, actor=actor, detail=detail)
