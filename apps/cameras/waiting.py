"""The chunks that wait for analysis: which one comes next, and which are given up."""

import logging
from datetime import timedelta

from django.db import models
from django.utils import timezone

from apps.cameras.models import Analysis, Camera, Chunk
from apps.live.services import emit
from apps.tenancy.scope import mine_scope
from workers.words import sentence

__all__ = ["LEASE", "next_chunk", "set_aside"]

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=10)
# Older chunks than this are not worth the present's delay: they are skipped, counted and named.
TOO_OLD = timedelta(minutes=2)
MOST = 10  # waiting chunks that are counted: more than any rate asks for


def next_chunk(camera: Camera, token: str) -> tuple[Analysis, Chunk, int] | None:
    """Return the checkpoint, the chunk that comes after it, and how many wait.

    None when there is none or the lease is lost. The try is counted before anything is read that
    could fail: what fails each time is set aside in the end, and not tried for ever.
    """
    with mine_scope(camera.mine_id):
        _skip_the_past(camera)
        analysis = Analysis.objects.get(camera=camera)
        renewed = Analysis.objects.filter(camera=camera, lease_token=token).update(
            lease_until=timezone.now() + LEASE
        )
        # What is left of the stream that was analysed until now was recorded before the other's.
        other = models.Case(models.When(stream=analysis.stream, then=0), default=1)
        rows = Chunk.objects.filter(camera=camera, state=Chunk.State.NEW)
        waiting = list(rows.order_by(other, "sequence")[:MOST])
        if not renewed or not waiting:
            return None
        chunk = waiting[0]
        Chunk.objects.filter(pk=chunk.pk).update(attempts=chunk.attempts + 1)
    return analysis, chunk, len(waiting)


def _skip_the_past(camera: Camera) -> None:
    """Give up on chunks that waited too long, after an outage: a gap that is said, not a queue."""
    reason = sentence("waited too long to be analysed")
    old = Chunk.objects.filter(
        camera=camera, state=Chunk.State.NEW, started_at__lt=timezone.now() - TOO_OLD
    )
    skipped = old.update(state=Chunk.State.BAD, error=reason)
    if skipped:
        Analysis.objects.filter(camera=camera).update(
            bad_chunks=models.F("bad_chunks") + skipped,
            last_error=sentence(f"{skipped} chunks {reason}"),
        )
        emit(
            mine_id=camera.mine_id,
            kind="camera.chunk_bad",
            payload={"camera": camera.pk, "chunks": skipped, "reason": reason},
        )
        log.warning("camera %s: %s chunks %s", camera.pk, skipped, reason)


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
