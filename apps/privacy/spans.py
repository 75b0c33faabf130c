"""Makes covered copies of spans of the recording, and keeps two people's word for one without blur.

A worker joins what is recorded, blurs people and fills masks, and stores the copy. What the ring
deletes meanwhile cannot be had any more: who needs a span for longer cuts a video.
"""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.detectors.loading import default_detector
from apps.evidence.storage import StorageError, put_file, remove
from apps.evidence.workshop import workshop
from apps.ledger.verify import digest
from apps.live.services import take_turn
from apps.playback.services import MOST_COVERED_S, span_chunks, span_name
from apps.privacy.consent import (
    back_said,
    reason_said,
    refusal_said,
    second_said,
    still_waits,
    word_note,
    word_stands,
)
from apps.privacy.models import Span
from apps.recordings.selectors import parts_of
from apps.rules.masks import masks_of
from apps.tenancy.scope import mine_scope
from workers.media.cover import cover_film
from workers.media.cut import Cut
from workers.media.errors import DiskFull, MediaError
from workers.media.join import join_span
from workers.words import sentence

__all__ = [
    "span_agree",
    "span_ask",
    "span_ends",
    "span_file_name",
    "span_forget",
    "span_make",
    "span_open",
    "span_refuse",
    "span_stale",
    "span_take_back",
    "span_taken",
    "span_unblur_ask",
]

CLAIM = timedelta(minutes=5)
SLOWEST_RETRY_S = 60
ENDED = ["ended_by", "ended_at", "refusal"]


def span_ask(*, camera: Camera, stream: str, since: datetime, until: datetime, actor: User) -> Span:
    """Return the covered copy of a span; asked for now where there is none. Twice is as once.

    ValidationError where nothing is recorded, or more than one video may hold. A span that is too
    long to be covered has no copy: it may be asked for without blur.
    """
    chunks = span_chunks(camera, stream, since, until)
    masks = masks_of(camera_id=camera.pk, at=since, until=until)
    of = [[chunk.pk, chunk.bytes] for chunk in chunks]
    long = (until - since).total_seconds() > MOST_COVERED_S
    span, _made = Span.objects.get_or_create(
        camera=camera,
        stream=stream,
        since=since,
        until=until,
        recipe=digest({"masks": masks, "of": of, "version": 1}),
        defaults={
            "mine_id": camera.mine_id,
            "masks": masks,
            "asked_by": actor,
            "next_attempt_at": timezone.now(),
            "state": Span.State.FAILED if long else Span.State.PENDING,
            "error": sentence("at most two minutes can be covered at once") if long else "",
        },
    )
    return span


def span_open(*, camera: Camera, stream: str, since: datetime, until: datetime) -> bool:
    """Tell whether two people's word for a span without blur holds now."""
    rows = Span.objects.filter(camera=camera, stream=stream, since=since, until=until)
    words = rows.filter(agreed_until__gt=timezone.now()).values_list("unblur_by", "agreed_by")
    return any(
        word_stands(mine_id=camera.mine_id, asked_by=asked_by, agreed_by=agreed_by)
        for asked_by, agreed_by in words
    )


def span_ends(span: Span) -> dict[str, Any]:
    """Return which span it is, as the verbs take it."""
    return {
        "camera": span.camera,
        "stream": span.stream,
        "since": span.since,
        "until": span.until,
    }


def span_stale(span: Span) -> bool:
    """Tell whether other places are to be covered by now than the copy covers."""
    return masks_of(camera_id=span.camera_id, at=span.since, until=span.until) != span.masks


def span_file_name(span: Span) -> str:
    """Return the name under which a browser keeps the copy."""
    name = span_name(span.camera, span.since, bool(span.gaps))
    return f"{name.removesuffix('.mp4')}-covered.mp4"


def span_make(*, span_id: int, mine_id: int) -> Span | None:
    """Join, cover and store a span; None when it is not due or somebody else makes it.

    Safe to run twice: the claim is a conditional update, and every attempt has a key of its own.
    While the store is away it is tried again every minute.
    """
    now = timezone.now()
    with mine_scope(mine_id):
        claimed = Span.objects.filter(
            pk=span_id, state=Span.State.PENDING, next_attempt_at__lte=now
        ).update(next_attempt_at=now + CLAIM, attempts=F("attempts") + 1)
        if not claimed:
            return None
        span = Span.objects.select_related("camera__mine").get(pk=span_id)
        try:
            chunks = span_chunks(span.camera, span.stream, span.since, span.until)
        except ValidationError:
            return _failed(span, sentence("nothing is recorded there any more"))
    try:
        with tempfile.TemporaryDirectory(prefix="copy-", dir=workshop("spans")) as place:
            joined = Path(place) / "span.mp4"
            ends = span.since.timestamp(), span.until.timestamp()
            cut = join_span(parts_of(chunks), *ends, joined)
            return _cover_and_store(span, cut, joined)
    except (StorageError, OSError, DiskFull) as error:
        again = timedelta(seconds=min(2 ** min(span.attempts, 6), SLOWEST_RETRY_S))
        with mine_scope(mine_id):
            _still_ours(span).update(next_attempt_at=timezone.now() + again, error=str(error)[:300])
        return None
    except MediaError as error:
        with mine_scope(mine_id):
            return _failed(span, error.reason)


def _still_ours(span: Span) -> QuerySet[Span]:
    return Span.objects.filter(pk=span.pk, state=Span.State.PENDING, attempts=span.attempts)


def _failed(span: Span, reason: str) -> None:
    if _still_ours(span).update(state=Span.State.FAILED, error=reason[:300]):
        record(
            action="copy.failed",
            subject=span.camera,
            mine_id=span.mine_id,
            part="privacy",
            detail=_about(span) | {"reason": reason[:300]},
        )


def _cover_and_store(span: Span, cut: Cut, joined: Path) -> Span | None:
    finder, out = default_detector(), joined.with_name("covered.mp4")
    told = cover_film(joined, out, masks=span.masks, people=finder)
    span.gaps = [list(gap) for gap in cut.gaps]
    key = f"{span.mine_id}/spans/{span.uid}-{span.attempts}.mp4"
    put_file(key, out, content_type="video/mp4", filename=span_file_name(span))
    with mine_scope(span.mine_id):
        made = _still_ours(span).update(
            state=Span.State.READY,
            key=key,
            bytes=told.bytes,
            sha256=told.sha256,
            original_sha256=cut.sha256,
            gaps=span.gaps,
            people=told.people,
            detector=str(getattr(finder, "name", ""))[:100],
            error="",
            made_at=timezone.now(),
        )
        if not made:
            return None
        span.refresh_from_db()
        record(
            action="copy.made",
            subject=span.camera,
            mine_id=span.mine_id,
            part="privacy",
            detail=_about(span)
            | {
                "sha256": span.sha256,
                "original_sha256": span.original_sha256,
                "blurred": True,
                "people": span.people,
                "masks": len(span.masks),
            },
        )
    return span


def _about(span: Span) -> dict[str, Any]:
    return {
        "span": str(span.uid),
        "stream": span.stream,
        "since": span.since.isoformat(),
        "until": span.until.isoformat(),
    }


@transaction.atomic
def span_taken(*, span: Span, user: User, address: str | None) -> None:
    """Note that somebody takes the covered copy along, before they get it."""
    record(
        action="camera.download",
        subject=span.camera,
        mine_id=span.mine_id,
        actor=user,
        detail=_about(span)
        | {
            "sha256": span.sha256,
            "original_sha256": span.original_sha256,
            "bytes": span.bytes,
            "gaps_s": span.gaps,
            "blurred": True,
            "address": address,
        },
    )


@transaction.atomic
def span_unblur_ask(*, span: Span, reason: str, actor: User) -> Span:
    """Ask to take a span along without blur; somebody else must agree."""
    why = reason_said(reason)
    span = _locked(span)
    if span.agreed_by_id is not None and span_open(**span_ends(span)):
        return span
    span.reason, span.unblur_by = why, actor
    span.agreed_by = span.agreed_at = span.agreed_until = None
    span.ended_by = span.ended_at = None
    span.refusal = ""
    span.save(
        update_fields=["reason", "unblur_by", "agreed_by", "agreed_at", "agreed_until", *ENDED]
    )
    _say(span, "asked", actor)
    return span


@transaction.atomic
def span_agree(*, span: Span, actor: User, word: str) -> Span:
    """Agree that a span goes without blur, for seven days; never by who asked.

    word: `Span.word` as it was read; where somebody asked anew since, nothing is agreed to.
    """
    span = _locked(span)
    agreed_at, until = second_said(asked_by=span.unblur_by_id, actor=actor)
    _as_read(span, word)
    if span.agreed_by_id is None:
        still_waits(agreed_by=None, ended_by=span.ended_by_id)
        span.agreed_by, span.agreed_at, span.agreed_until = actor, agreed_at, until
        span.save(update_fields=["agreed_by", "agreed_at", "agreed_until"])
        _say(span, "agreed", actor)
    return span


@transaction.atomic
def span_take_back(*, span: Span, actor: User) -> Span:
    """Ask for it no longer, while nobody has said yes or no; who asked alone."""
    span = _locked(span)
    ended_at = back_said(asked_by=span.unblur_by_id, actor=actor)
    return _ended(span, "taken_back", actor, ended_at, "")


@transaction.atomic
def span_refuse(*, span: Span, actor: User, word: str, reason: str) -> Span:
    """Say no as the second person, and why. word: as in `span_agree`."""
    span = _locked(span)
    ended_at, why = refusal_said(asked_by=span.unblur_by_id, actor=actor, reason=reason)
    _as_read(span, word)
    return _ended(span, "refused", actor, ended_at, why)


def _locked(span: Span) -> Span:
    take_turn(mine_id=span.mine_id)
    return Span.objects.select_for_update(of=("self",)).get(pk=span.pk)


def _as_read(span: Span, word: str) -> None:
    if span.word != word:
        raise ValidationError(_("It was asked for anew meanwhile: read by whom and why."))


def _ended(span: Span, what: str, actor: User, at: datetime, refusal: str) -> Span:
    still_waits(agreed_by=span.agreed_by_id, ended_by=span.ended_by_id)
    span.ended_by, span.ended_at, span.refusal = actor, at, refusal
    span.save(update_fields=ENDED)
    _say(span, what, actor)
    return span


def _say(span: Span, what: str, actor: User) -> None:
    detail = _about(span) | {"reason": span.reason}
    if span.refusal:
        detail["why"] = span.refusal
    word_note(what, about=span.camera, actor=actor, detail=detail)


def span_forget(*, span_id: int, mine_id: int) -> None:
    """Remove an old copy with its row; StorageError where the store keeps it."""
    with mine_scope(mine_id):
        span = Span.objects.get(pk=span_id)
        if span.key:
            remove(span.key)
        span.delete()
