"""Asks for bundles, packs them, and notes who takes them away."""

import hashlib
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.alarms.models import Alarm
from apps.audit.services import record
from apps.bundles.contents import write
from apps.bundles.models import Bundle, Sheet
from apps.bundles.reach import TooEarly
from apps.bundles.selectors import KEEP, clips_in
from apps.evidence.locking import lock_for
from apps.evidence.models import Clip
from apps.evidence.storage import Missing, StorageError, put_file, reach, remove
from apps.evidence.workshop import workshop
from apps.ledger.services import ledger_seal, root_sign
from apps.live.future import due_again
from apps.live.services import emit
from apps.mines.models import Mine
from apps.privacy.models import Copy
from apps.privacy.selectors import unblur_holds
from apps.privacy.services import copy_make, copy_waiting
from apps.recordings.sealing import chunks_seal
from apps.tenancy.scope import mine_scope
from workers.words import sentence

__all__ = [
    "MOST_ALARMS",
    "MOST_CLIPS",
    "bundle_access",
    "bundle_ask",
    "bundle_forget",
    "bundle_make",
    "future_forget",
]

MOST_ALARMS = 500
MOST_CLIPS = 100
# What a store takes in one piece (S3: 5 GiB), with room for what is not video.
MOST_BYTES = 5 * 10**9
CLAIM = timedelta(minutes=10)
# So often a store that answers is asked for a video that it has not.
MOST_ATTEMPTS = 8
SLOWEST_RETRY_S = 60


@transaction.atomic
def bundle_ask(
    *, mine: Mine, alarms: Sequence[int], purpose: str, actor: User, clips: Sequence[UUID] = ()
) -> Bundle:
    """Ask for the evidence of some alarms of a mine, and of videos by themselves, in one file.

    Raises ValidationError without a purpose, for what is not of this mine, and for more than one
    file can hold.
    """
    purpose = purpose.strip()
    if not purpose:
        raise ValidationError({"purpose": _("Say what it is for: it is kept with the bundle.")})
    wanted = sorted(set(alarms))
    if not wanted and not clips:
        raise ValidationError({"alarms": _("Choose at least one alarm.")})
    if len(wanted) > MOST_ALARMS:
        raise ValidationError(
            {"alarms": _("At most %(most)s alarms go into one bundle.") % {"most": MOST_ALARMS}}
        )
    there = set(Alarm.objects.filter(mine=mine, pk__in=wanted).values_list("pk", flat=True))
    if missing := [pk for pk in wanted if pk not in there]:
        raise ValidationError(
            {"alarms": _("There is no alarm %(number)s in this mine.") % {"number": missing[0]}}
        )
    alone = list(Clip.objects.filter(mine=mine, uid__in=clips).exclude(alarm__in=wanted))
    of_alarms = Clip.objects.filter(mine=mine, alarm__in=wanted, uid__in=clips).count()
    if len(alone) + of_alarms < len(set(clips)):
        raise ValidationError({"clips": _("There is no such video in this mine.")})
    if len(alone) > MOST_CLIPS:
        words = _("At most %(most)s videos go into one bundle.") % {"most": MOST_CLIPS}
        raise ValidationError({"clips": words})
    bundle = Bundle(mine=mine, alarms=wanted, clips=[str(clip.uid) for clip in alone])
    ready = clips_in(bundle).filter(state=Clip.State.READY)
    total = ready.aggregate(total=Sum("bytes"))["total"] or 0
    if total > MOST_BYTES:
        raise ValidationError(
            {"alarms": _("Their videos are larger than one file may be. Choose fewer alarms.")}
        )
    bundle = Bundle.objects.create(
        mine=mine,
        alarms=wanted,
        clips=bundle.clips,
        purpose=purpose[:300],
        asked_by=actor,
        total_bytes=total,
        next_attempt_at=timezone.now(),
    )
    record(
        action="bundle.asked",
        subject=bundle,
        mine_id=mine.pk,
        actor=actor,
        detail={"bundle": str(bundle.uid), "purpose": bundle.purpose, "alarms": wanted}
        | ({"clips": bundle.clips} if bundle.clips else {}),
    )
    return bundle


def future_forget() -> None:
    """Let no bundle or sheet wait for a future that the clock took back; needs a system scope."""
    for model in (Bundle, Sheet):
        pending = model.objects.filter(state=model.State.PENDING)
        due_again(pending, "next_attempt_at", longest=CLAIM)


def bundle_make(*, bundle_id: int, mine_id: int) -> Bundle | None:
    """Pack, store and announce a bundle; None when it is not due or somebody else packs it.

    Safe to run twice: the claim is a conditional update that each clip renews, and every attempt
    has a key of its own, so that a packer who wakes late overwrites nothing. While the store is
    away, or the disk is full, it is tried again every minute; so it is where the record reached
    something that lies in it only after it was signed.
    """
    now = timezone.now()
    with mine_scope(mine_id):
        claimed = Bundle.objects.filter(
            pk=bundle_id, state=Bundle.State.PENDING, next_attempt_at__lte=now
        ).update(next_attempt_at=now + CLAIM, attempts=F("attempts") + 1)
        if not claimed:
            return None
        bundle = Bundle.objects.select_related("mine", "asked_by").get(pk=bundle_id)
    try:
        with tempfile.TemporaryDirectory(prefix="bundle-", dir=workshop("bundles")) as folder:
            return _pack_and_store(bundle, Path(folder))
    except (StorageError, OSError, TooEarly) as error:
        with mine_scope(mine_id):
            if isinstance(error, Missing) and bundle.attempts >= MOST_ATTEMPTS:
                return _give_up(bundle, str(error))
            wait_s = min(2**bundle.attempts, SLOWEST_RETRY_S)
            again = timezone.now() + timedelta(seconds=wait_s)
            _still_ours(bundle).update(next_attempt_at=again, error=str(error)[:300])
            return None
    except ValueError as error:
        with mine_scope(mine_id):
            return _give_up(bundle, str(error))


def _still_ours(bundle: Bundle) -> QuerySet[Bundle]:
    return Bundle.objects.filter(pk=bundle.pk, state=Bundle.State.PENDING, attempts=bundle.attempts)


def _pack_and_store(bundle: Bundle, folder: Path) -> Bundle | None:
    out = folder / "bundle.zip"

    def packed(done: int) -> None:
        with mine_scope(bundle.mine_id):
            _still_ours(bundle).update(done_bytes=done, next_attempt_at=timezone.now() + CLAIM)

    reach()  # before anything is chained and signed for it: a store that is away costs nothing
    _cover(bundle)  # before the root is signed: the record then tells of the copies
    with mine_scope(bundle.mine_id):
        chunks_seal(mine_id=bundle.mine_id)  # so that the record binds what the clips are made of
        while ledger_seal(mine_id=bundle.mine_id, thorough=True):
            pass
        root = root_sign(mine_id=bundle.mine_id)
    assert root is not None  # asking for the bundle is an act itself
    write(bundle, root, out, workshop=folder, packed=packed)
    digest = hashlib.sha256()
    with out.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    key = f"{bundle.mine_id}/bundles/{bundle.uid}-{bundle.attempts}.zip"
    put_file(
        key,
        out,
        content_type="application/zip",
        filename=f"davy-{bundle.uid}.zip",
        # A day less than it is kept: it must be free when it is removed.
        locked_until=lock_for(KEEP / timedelta(days=1) - 1),
    )
    with mine_scope(bundle.mine_id):
        return _finish(bundle, key, out.stat().st_size, digest.hexdigest())


def _cover(bundle: Bundle) -> None:
    """Make the covered copies that will lie in the bundle; StorageError while another makes one."""
    with mine_scope(bundle.mine_id):
        clips = list(clips_in(bundle).filter(state=Clip.State.READY))
    for clip in clips:
        with mine_scope(bundle.mine_id):
            waiting = copy_waiting(clip=clip, original=unblur_holds(clip=clip))
            _still_ours(bundle).update(next_attempt_at=timezone.now() + CLAIM)
        if waiting is None:
            continue
        if waiting.state == Copy.State.FAILED:
            raise ValueError(f"Clip {clip.uid} cannot be covered: {waiting.error}")
        if copy_make(copy_id=waiting.pk, mine_id=bundle.mine_id) is None:
            raise StorageError(f"The covered copy of clip {clip.uid} is not there yet.")


def _finish(bundle: Bundle, key: str, size: int, digest: str) -> Bundle | None:
    done = _still_ours(bundle).update(
        state=Bundle.State.READY,
        key=key,
        bytes=size,
        sha256=digest,
        done_bytes=bundle.total_bytes,
        error="",
        ready_at=timezone.now(),
    )
    if not done:
        return None
    bundle.refresh_from_db()
    detail = {"bundle": str(bundle.uid), "sha256": digest, "bytes": size}
    _say(bundle, "ready", detail)
    return bundle


def _give_up(bundle: Bundle, reason: str) -> Bundle | None:
    if not _still_ours(bundle).update(state=Bundle.State.FAILED, error=reason[:300]):
        return None
    bundle.refresh_from_db()
    _say(bundle, "failed", {"bundle": str(bundle.uid), "reason": reason})
    return bundle


def _say(bundle: Bundle, what: str, detail: dict[str, object]) -> None:
    action = f"bundle.{what}"
    record(action=action, subject=bundle, mine_id=bundle.mine_id, part="bundles", detail=detail)
    emit(mine_id=bundle.mine_id, kind=action, payload=detail)


@transaction.atomic
def bundle_access(*, bundle: Bundle, user: User, address: str | None) -> None:
    """Note that somebody takes a bundle away, before they get the link."""
    record(
        action="bundle.download",
        subject=bundle,
        mine_id=bundle.mine_id,
        actor=user,
        detail={"bundle": str(bundle.uid), "address": address, "sha256": bundle.sha256},
    )


def bundle_forget(*, bundle_id: int, mine_id: int) -> None:
    """Remove an old bundle from the store; its row and what was done with it stay."""
    with mine_scope(mine_id):
        bundle = Bundle.objects.get(pk=bundle_id)
        remove(bundle.key)
        Bundle.objects.filter(pk=bundle_id).update(
            key="", state=Bundle.State.FAILED, error=sentence("removed after 30 days")
        )
        _say(bundle, "removed", {"bundle": str(bundle.uid)})
