"""Keeps the ring of chunks within its age and its bytes."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from apps.cameras.models import Chunk
from apps.evidence.selectors import held_spans
from workers.media.ring import Ring

__all__ = ["trim"]

log = logging.getLogger(__name__)
BATCH = 500


def trim(ring: Ring) -> int:
    """Delete chunks that are too old or too many, oldest first, never one that a clip waits for.

    Needs a system scope. Returns how many were deleted. The file goes before the row, so a crash
    between the two leaves a row whose next trim finds nothing to delete, and no forgotten file.
    """
    held = held_spans()
    oldest = timezone.now() - timedelta(seconds=settings.RING_AGE_S)
    deleted = _delete(ring, Chunk.objects.filter(started_at__lt=oldest), held)
    excess = _excess_bytes(ring)
    while excess > 0:
        batch = Chunk.objects.order_by("started_at")[:BATCH]
        freed = _delete(ring, batch, held, most_bytes=excess)
        if not freed:
            log.error("the ring is full and all that is left is held for evidence")
            break
        deleted += freed
        excess = _excess_bytes(ring)
    return deleted


def _excess_bytes(ring: Ring) -> int:
    used = Chunk.objects.aggregate(total=Sum("bytes"))["total"] or 0
    return max(used - settings.RING_BYTES, settings.RING_MIN_FREE_BYTES - ring.free_bytes())


def _delete(
    ring: Ring,
    chunks: Iterable[Chunk],
    held: dict[int, list[tuple[datetime, datetime]]],
    most_bytes: int | None = None,
) -> int:
    gone, freed = [], 0
    for chunk in list(chunks)[: BATCH * 4]:
        if most_bytes is not None and freed >= most_bytes:
            break
        spans = held.get(chunk.camera_id, ())
        if any(start <= chunk.started_at <= end for start, end in spans):
            continue
        ring.delete(chunk.path)
        gone.append(chunk.pk)
        freed += chunk.bytes
    Chunk.objects.filter(pk__in=gone).delete()
    return len(gone)
