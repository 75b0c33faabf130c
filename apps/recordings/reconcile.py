"""What the disk and the database tell differently when the recorder begins."""

import logging
from collections.abc import Set
from datetime import timedelta

from apps.cameras.models import Chunk
from apps.recordings.index import Gone, chunks_gone
from apps.recordings.models import Cause

__all__ = ["files_missing"]

log = logging.getLogger(__name__)
PAGE = 500


def files_missing(paths: Set[str], *, known: int) -> int:
    """Turn chunks whose file is gone into gaps that say so; needs a system scope.

    When more than half of all files are gone, the disk is away rather than the files: then nothing
    is touched, and the log says it. Returns how many chunks went.
    """
    if not paths:
        return 0
    if len(paths) * 2 > known:
        log.error("%s of %s recorded files are not there: is the disk mounted?", len(paths), known)
        return 0
    wanted = sorted(paths)
    for n in range(0, len(wanted), PAGE):
        rows = list(Chunk.objects.filter(path__in=wanted[n : n + PAGE]))
        gone = [
            Gone(
                row.mine_id,
                row.camera_id,
                row.stream,
                row.started_at,
                row.started_at + timedelta(seconds=row.duration_s),
                row.bytes,
            )  # fmt: skip
            for row in rows
        ]
        Chunk.objects.filter(pk__in=[row.pk for row in rows]).delete()
        chunks_gone(gone, cause=Cause.MISSING)
    log.warning("%s chunks had lost their file", len(wanted))
    return len(wanted)
