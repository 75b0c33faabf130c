"""Makes clips and notes who looks at them; which are wanted is in wanted.py."""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.cameras.models import AHEAD, Camera, Chunk, Stream, StreamState
from apps.evidence.expiry import leftovers_remove
from apps.evidence.locking import lock_until, place_of
from apps.evidence.manifest import TYPES, beside
from apps.evidence.models import Clip, ClipAccess
from apps.evidence.storage import StorageError, put_bytes, put_file, size_of
from apps.evidence.workshop import workshop
from apps.ledger.verify import digest
from apps.live.services import emit
from apps.recordings.mounted import ring_there
from apps.recordings.selectors import is_behind, parts_of
from apps.rules.masks import masks_left, masks_of
from apps.tenancy.scope import mine_scope
from workers.media.cover import cover_film
from workers.media.cut import Cut, cut_clip
from workers.media.errors import MediaError, NotWritten
from workers.media.join import Changed, join_span
from workers.words import sentence

__all__ = [
    "LATE",
    "chunk_end",
    "chunks_of",
    "clip_access",
    "clip_make",
    "clip_tell",
    "span_store",
]

# A chunk may reach the index this long after its last frame.
LATE = timedelta(seconds=15)
# What a recorder that is behind, or was killed, has on disk comes as late as this. While the
# database was away a queue grew for as long, and is waited for as long; at most so long.
BACKLOG = timedelta(seconds=120)
LONGEST_BACKLOG = timedelta(hours=1)
CLAIM = timedelta(seconds=60)
SLOWEST_RETRY_S = 30
# What is longer is cut without encoding, which would take minutes of a core.
SHORT_S = 120


class Hopeless(MediaError):
    """What no later attempt would make better."""


def span_store(*, camera: Camera, since: datetime, until: datetime, key: str) -> Cut:
    """Cut what is recorded of a span and store it under a key; it is no evidence and has no row.

    The camera's masks are filled in it.
    The main stream where it was recorded, else the other. Raises MediaError, StorageError, OSError.
    """
    with mine_scope(camera.mine_id):
        chunks = chunks_of(camera.pk, Stream.MAIN, since, until)
        chunks = chunks or chunks_of(camera.pk, Stream.SUB, since, until)
        masks = masks_of(camera_id=camera.pk, at=since, until=until)
        recorded = [chunk.masked_by for chunk in chunks]
        masks = masks_left(masks, camera_id=camera.pk, recorded=recorded)
    with tempfile.TemporaryDirectory(prefix="span-", dir=workshop("clips")) as folder:
        out = Path(folder) / "clip.mp4"
        cut = cut_clip(parts_of(chunks), since.timestamp(), until.timestamp(), out)
        if masks:
            covered = Path(folder) / "covered.mp4"
            told = cover_film(out, covered, masks=masks)
            cut, out = replace(cut, bytes=told.bytes, sha256=told.sha256, copied=False), covered
        put_file(key, out, content_type="video/mp4")
    return cut


def clip_make(*, clip_id: int, mine_id: int) -> Clip | None:
    """Cut, store and announce one clip; returns None when it is not due or somebody else has it.

    Safe to run twice: the claim is a conditional update, every attempt has keys of its own, so that
    a maker who wakes late overwrites nothing, and only the last one's clip becomes ready. A store
    or a disk that is away, or full, postpones the clip and loses nothing: it is given up only where
    no recording of it is left.
    """
    now = timezone.now()
    with mine_scope(mine_id):
        due = Clip.objects.filter(pk=clip_id, state=Clip.State.PENDING, next_attempt_at__lte=now)
        asked = due.values_list("wanted_from", "wanted_until", "next_attempt_at").first()
        if asked is None:
            return None
        since, until, due_at = asked
        # Who cuts a long one is given the time for it.
        until = now + CLAIM + (until - since)
        if not due.update(next_attempt_at=until, attempts=F("attempts") + 1):
            return None
        clip = Clip.objects.select_related(
            "mine", "alarm", "camera__area", "asked_by", "extends"
        ).get(pk=clip_id)
        chunks = chunks_of(clip.camera_id, Stream.MAIN, clip.wanted_from, clip.wanted_until)
        if _more_may_come(clip, now, late=now - due_at):
            _postpone(clip, delay_s=0.5)
            return None
    try:
        with tempfile.TemporaryDirectory(prefix="clip-", dir=workshop("clips")) as folder:
            return _cut_and_store(clip, chunks, Path(folder) / "clip.mp4")
    except Hopeless as error:
        with mine_scope(mine_id):
            return _give_up(clip, error.reason)
    except (StorageError, OSError, MediaError) as error:
        with mine_scope(mine_id):
            if now > clip.wanted_until + CLAIM and _nothing_left(chunks, error):
                return _give_up(clip, str(error))
            _postpone(clip, error=str(error), delay_s=min(2**clip.attempts, SLOWEST_RETRY_S))
    return None


def _nothing_left(chunks: list[Chunk], error: Exception) -> bool:
    """Tell whether a cut failed because there is no recording, and not for a disk's sake."""
    if not isinstance(error, MediaError) or isinstance(error, NotWritten):
        return False
    return not chunks or ring_there(besides=chunks)


def _more_may_come(clip: Clip, now: datetime, late: timedelta) -> bool:
    """Tell whether a chunk of the span may be on disk that has no row yet.

    The recorder enters a stream's chunks in order: a later one says that all are there, but for
    what it has put off and named. The one of the highest number is asked: where the clock was set
    back, these seconds are there from before as well. late: by how much this look is; nobody
    looked meanwhile, and perhaps nobody could enter any.
    """
    main = {"camera": clip.camera_id, "stream": Stream.MAIN}
    newest = Chunk.objects.filter(**main).order_by("-sequence").first()
    behind = is_behind(
        camera_id=clip.camera_id,
        stream=Stream.MAIN,
        since=clip.wanted_from,
        until=clip.wanted_until,
    )
    if newest is not None and chunk_end(newest) >= clip.wanted_until and not behind:
        return False
    if clip.waits_until and clip.wanted_until > now + AHEAD:
        return now < clip.waits_until  # of a future that was taken back
    # A stream that is said to stand still has nothing more to come; one that records has, and one
    # whose recorder just began may have what the one before it left.
    coming = [StreamState.State.RECORDING, StreamState.State.CONNECTING]
    recording = StreamState.objects.filter(**main, state__in=coming)
    if not behind and not recording.exists():
        return now < clip.wanted_until + LATE
    if late > LATE:
        until = now + min(max(BACKLOG, late), LONGEST_BACKLOG)
        clip.waits_until = max(until, clip.waits_until or until)
        clip.save(update_fields=["waits_until"])
    until = clip.waits_until or clip.wanted_until + BACKLOG
    if behind:
        until = max(until, max(clip.wanted_until, clip.created_at) + LONGEST_BACKLOG)
    return now < until


def chunk_end(chunk: Chunk) -> datetime:
    """Return when a chunk ends."""
    return chunk.started_at + timedelta(seconds=chunk.duration_s)


def chunks_of(camera: int, stream: str, since: datetime, until: datetime) -> list[Chunk]:
    """List the chunks of a stream that show anything of a span, oldest first."""
    longest = timedelta(seconds=20)
    rows = Chunk.objects.filter(
        camera_id=camera, stream=stream, started_at__gt=since - longest, started_at__lt=until
    ).order_by("started_at", "sequence")
    return [chunk for chunk in rows if chunk_end(chunk) > since]


def _still_ours(clip: Clip) -> QuerySet[Clip]:
    return Clip.objects.filter(pk=clip.pk, state=Clip.State.PENDING, attempts=clip.attempts)


def _postpone(clip: Clip, *, delay_s: float, error: str = "") -> None:
    _still_ours(clip).update(
        next_attempt_at=timezone.now() + timedelta(seconds=delay_s),
        attempts=clip.attempts - (not error),  # one that only waited was none
        error=error[:300],
    )


def _give_up(clip: Clip, reason: str) -> Clip | None:
    """Say for good that there is no video; only when none of the span was recorded."""
    if not _still_ours(clip).update(state=Clip.State.FAILED, error=reason[:300]):
        return None
    clip.refresh_from_db()
    record(
        action="clip.failed",
        subject=clip,
        mine_id=clip.mine_id,
        part="evidence",
        detail={"reason": reason},
    )
    clip_tell(clip, "clip.failed")
    return clip


def _cut_and_store(clip: Clip, chunks: list[Chunk], out: Path) -> Clip | None:
    cut = _cut(clip, chunks, out)
    folder = f"{place_of(clip)}-{clip.attempts}"
    key = f"{folder}/clip.mp4"
    with mine_scope(clip.mine_id):
        locked = lock_until(clip)
    name = f"davy-{clip.uid}.mp4"
    put_file(key, out, content_type="video/mp4", filename=name, locked_until=locked)
    if size_of(key) != cut.bytes:
        raise StorageError(f"The store holds {key} in another size than was sent.")
    with mine_scope(clip.mine_id):
        more = beside(clip, chunks, cut)
    for name, body in more.files.items():
        kind = TYPES[name.rpartition(".")[2]]
        put_bytes(f"{folder}/{name}", body, content_type=kind, locked_until=locked)
    with mine_scope(clip.mine_id):
        made = _finish(clip, cut, key, more.manifest, locked)
    if made is None or clip.attempts > 1:
        leftovers_remove(clip=clip, folder=folder, won=made is not None)
    return made


def _cut(clip: Clip, chunks: list[Chunk], out: Path) -> Cut:
    """Cut a clip; a long one is copied chunk by chunk, so that it costs no memory and no encoding.

    MediaError also for a long one whose picture changed its kind on the way.
    """
    since_s, until_s = clip.wanted_from.timestamp(), clip.wanted_until.timestamp()
    if until_s - since_s <= SHORT_S:
        return cut_clip(parts_of(chunks), since_s, until_s, out)
    try:
        return join_span(parts_of(chunks), since_s, until_s, out)
    except Changed as error:
        at = _moment(error.at_s).astimezone(UTC)
        raise Hopeless(
            sentence(f"the picture's kind changed at {at:%Y-%m-%d %H:%M:%S} UTC: cut two clips")
        ) from None


def _finish(
    clip: Clip, cut: Cut, key: str, manifest: dict[str, Any], locked: datetime | None
) -> Clip | None:
    now = timezone.now()
    became_ready = _still_ours(clip).update(
        state=Clip.State.READY,
        key=key,
        bytes=cut.bytes,
        sha256=cut.sha256,
        width=cut.width,
        height=cut.height,
        starts_at=_moment(cut.start_s),
        ends_at=_moment(cut.end_s),
        manifest=manifest,
        error="",
        ready_at=now,
        locked_until=locked,
    )
    if not became_ready:
        return None
    clip = Clip.objects.select_related("alarm").get(pk=clip.pk)
    record(
        action="clip.ready",
        subject=clip,
        mine_id=clip.mine_id,
        part="evidence",
        # The manifest names all that lies beside the clip by its hash: so this binds that too.
        detail={"sha256": cut.sha256, "bytes": cut.bytes, "manifest": digest(manifest)}
        | ({"locked_until": locked.isoformat()} if locked else {}),
    )
    clip_tell(clip, "clip.ready")
    return clip


def clip_tell(clip: Clip, kind: str) -> None:
    """Ring the pages about a clip, with the alarm that it belongs to."""
    from apps.alarms.selectors import alarm_data

    payload: dict[str, Any] = {"clip": str(clip.uid), "state": clip.state}
    if clip.alarm is not None:
        payload["alarm"] = alarm_data(clip.alarm)
    emit(mine_id=clip.mine_id, kind=kind, payload=payload)


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, tz=timezone.get_default_timezone())


@transaction.atomic
def clip_access(
    *,
    clip: Clip,
    user: User,
    kind: str,
    address: str | None,
    sha256: str = "",
    blurred: bool = False,
) -> ClipAccess:
    """Note that somebody plays or downloads a clip, before they get the link.

    sha256: of what they get where that is a covered copy; blurred: whether its people are.
    """
    access = ClipAccess.objects.create(
        mine_id=clip.mine_id, clip=clip, user=user, kind=kind, address=address
    )
    record(
        action=f"clip.{kind}",
        subject=clip,
        mine_id=clip.mine_id,
        actor=user,
        detail={"address": address, "sha256": sha256 or clip.sha256}
        | ({"original_sha256": clip.sha256} if sha256 not in ("", clip.sha256) else {})
        | ({"blurred": blurred} if kind == ClipAccess.Kind.DOWNLOAD else {}),
    )
    return access
