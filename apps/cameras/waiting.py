"""The chunks that wait for analysis: which one comes next, and which are given up."""

import logging
from datetime import datetime, timedelta

from django.db import Error, models
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.cameras.models import Analysis, Camera, Chunk
from apps.cameras.selectors import is_overloaded
from apps.cameras.shedding import KEPT, Backlog, looked
from apps.live.services import emit
from apps.tenancy.scope import mine_scope, system_scope
from workers.words import sentence

__all__ = ["LEASE", "TOO_OLD", "next_chunk", "set_aside", "take_back", "take_back_owed"]

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=10)
# Older chunks than this are not worth the present's delay: they are skipped, counted and named.
TOO_OLD = timedelta(minutes=2)
TOO_LATE = sentence("waited too long to be analysed")
TOO_SLOW = sentence("left out: this machine is too slow to analyse them all")
# Counted tries that only the database ended, until it is there again to take them back.
_owed: list[int] = []


def next_chunk(camera: Camera, token: str) -> tuple[Analysis, Chunk, int] | None:
    """Return the checkpoint, the chunk that comes after it, and how many wait.

    None when there is none or the lease is lost. The try is counted before anything is read that
    could fail: what fails each time is set aside in the end, and not tried for ever.
    """
    now = timezone.now()
    with mine_scope(camera.mine_id):
        renewed = Analysis.objects.filter(camera=camera, lease_token=token).update(
            lease_until=now + LEASE
        )
        if not renewed:
            return None
        analysis = Analysis.objects.get(camera=camera)
        rows = Chunk.objects.filter(camera=camera, state=Chunk.State.NEW)
        _give_up(analysis, rows.filter(started_at__lt=now - TOO_OLD), TOO_LATE)
        # What is left of the stream that was analysed until now was recorded before the other's.
        other = models.Case(models.When(stream=analysis.stream, then=0), default=1)
        ordered = rows.order_by(other, "sequence")
        if _is_too_slow(analysis, rows.count(), now):
            newest = [row.pk for row in ordered.reverse()[:KEPT]]
            _give_up(analysis, rows.exclude(pk__in=newest), TOO_SLOW)
            began = analysis.skipping_since if is_overloaded(analysis) else now
            Analysis.objects.filter(camera=camera).update(skipped_at=now, skipping_since=began)
        chunk = ordered.first()
        if chunk is None:
            return None
        Chunk.objects.filter(pk=chunk.pk).update(attempts=chunk.attempts + 1)
        return analysis, chunk, rows.count()


def _is_too_slow(analysis: Analysis, waiting: int, now: datetime) -> bool:
    """Look at what became of a camera's queue, and remember how long it is."""
    at = analysis.backlog_at
    before = None if at is None else Backlog(analysis.backlog, at)
    backlog, too_slow = looked(before, waiting, now, slow=is_overloaded(analysis))
    if backlog != before:
        analysis.backlog, analysis.backlog_at = backlog or (0, None)
        analysis.save(update_fields=["backlog", "backlog_at"])
    return too_slow


def _give_up(analysis: Analysis, chunks: models.QuerySet[Chunk], reason: str) -> None:
    """Skip chunks in one piece: a gap that is said, not a queue."""
    skipped = chunks.update(state=Chunk.State.BAD, error=reason)
    if not skipped:
        return
    Analysis.objects.filter(pk=analysis.pk).update(
        bad_chunks=models.F("bad_chunks") + skipped,
        last_error=sentence(f"{skipped} chunks {reason}"),
    )
    emit(
        mine_id=analysis.mine_id,
        kind="camera.chunk_bad",
        payload={"camera": analysis.camera_id, "chunks": skipped, "reason": reason},
    )
    log.warning("camera %s: %s chunks %s", analysis.camera_id, skipped, reason)


def set_aside(camera: Camera, chunk: Chunk, token: str, reason: str) -> bool:
    """Skip a chunk that cannot be analysed: counted, and named in the camera's health."""
    with mine_scope(camera.mine_id):
        changed = Analysis.objects.filter(camera=camera, lease_token=token).update(
            bad_chunks=models.F("bad_chunks") + 1, last_error=f"{chunk.key}: {reason}"[:300]
        )
        if not changed:
            return False
        Chunk.objects.filter(pk=chunk.pk).update(state=Chunk.State.BAD, error=reason[:300])
        emit(
            mine_id=camera.mine_id,
            kind="camera.chunk_bad",
            payload={"camera": camera.pk, "chunk": chunk.key, "reason": reason},
        )
    log.warning("camera %s: chunk %s skipped: %s", camera.pk, chunk.key, reason)
    return True


def take_back(chunk: Chunk) -> None:
    """Uncount a try that the database ended: nothing is wrong with the chunk.

    One that the database never takes still ends: it is too old in the end.
    """
    _owed.append(chunk.pk)
    try:
        take_back_owed()
    except Error as error:
        log.warning("chunk %s: its try is uncounted later: %s", chunk.pk, error)


def take_back_owed() -> None:
    """Uncount the tries that could not be uncounted while the database was away."""
    if not _owed:
        return
    with system_scope("tries at the chunks of every mine"):
        for pk in _owed:
            Chunk.objects.filter(pk=pk).update(attempts=Greatest(models.F("attempts") - 1, 0))
    _owed.clear()
