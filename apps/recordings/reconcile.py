"""What the disk and the database tell differently when the recorder begins.

A day of thirty cameras is five million files: they are compared a stream at a time.
"""

import logging
import os
from collections.abc import Iterator, Set
from datetime import timedelta

from apps.cameras.models import Camera, Chunk, Stream
from apps.recordings.index import Gone, chunks_gone
from apps.recordings.models import Cause
from workers.media.ring import Found, Ring, folder_of

__all__ = ["files_lost", "files_missing"]

log = logging.getLogger(__name__)
PAGE = 500
ROWS = 5000


def files_lost(ring: Ring) -> Iterator[list[Found]]:
    """Yield, a stream at a time, the files of cameras that have no row, in order of their number.

    After the last stream it makes gaps of the rows whose file is gone (`files_missing`), once all
    are counted. Each step needs a system scope; the names of one stream's files are in memory.
    Recording may go on: a file that came meanwhile may be among those without a row.
    """
    known, gone = 0, 0
    lacking: dict[tuple[int, str], int] = {}
    cameras = list(Camera.objects.order_by("pk").values_list("mine", "pk"))
    for camera in ((*one, stream) for one in cameras for stream in Stream.values):
        folder = folder_of(*camera)
        names, missing = ring.names(*camera), 0
        for path in _paths(camera[1], camera[2]):
            known += 1
            name = path.removeprefix(f"{folder}/")
            if name in names:
                names.remove(name)
            else:
                missing += not _there(ring, path)
        if missing:
            gone += missing
            lacking[camera[1], camera[2]] = missing
        found = [ring.found(f"{folder}/{name}") for name in names]
        yield sorted((one for one in found if one), key=lambda one: one.sequence)
    if gone * 2 > known:
        log.error("%s of %s recorded files are not there: is the disk mounted?", gone, known)
        return
    for (camera_id, stream), missing in lacking.items():
        paths = {path for path in _paths(camera_id, stream) if not _there(ring, path)}
        if len(paths) > missing:
            log.error("recorded files go missing meanwhile: is the disk mounted?")
            return
        files_missing(paths, known=known)
        yield []


def _paths(camera_id: int, stream: str) -> Iterator[str]:
    rows = Chunk.objects.filter(camera=camera_id, stream=stream).order_by()
    return rows.values_list("path", flat=True).iterator(ROWS)


def _there(ring: Ring, path: str) -> bool:
    return os.path.lexists(ring.root / path)


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
