"""Lets recordings go, in one order that stands in docs/evidence.md; what is held never goes.

Each pass is one transaction and waits for nobody but whoever places a hold at this moment: a hold
that is committed before a pass is obeyed by it. A chunk whose row somebody writes at this moment is
left for the next pass.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, Sum

from apps.cameras.models import Camera, Chunk
from apps.evidence.holds import HOLD_LOCK
from apps.evidence.selectors import held_spans
from apps.live.clock import now_for_age
from apps.recordings.index import Gone, chunks_gone
from apps.recordings.keeping import Kept, kept_by_camera
from apps.recordings.models import Cause, Stretch
from apps.recordings.worth import judged, mark, nobody_writes
from workers.media.ring import Ring

__all__ = ["bytes_by_camera", "shares", "trim"]

log = logging.getLogger(__name__)
PAGE = 500
MOST = 5000  # deletions in one pass, so that it ends before the next one is due
# After so many files of a stream that cannot be deleted it is its folder: left for the next pass.
MOST_STUCK = 20
# What goes at most where the disk takes no more although something is free.
ROOM_BYTES = 1_000_000_000

Spans = dict[int, list[tuple[datetime, datetime]]]


def trim(ring: Ring, *, now: datetime | None = None, overdue: bool = True) -> int:
    """Delete what no policy keeps, what is too old or too much; returns how many chunks went.

    `overdue=False` looks only whether the disk is too full: that may not wait, the rest may.

    Needs a system scope. The file goes before the row, so a crash between the two leaves a row
    whose next pass finds nothing to delete, and no forgotten file.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [HOLD_LOCK])
    broom = _Broom(ring, held_spans())
    if overdue:
        _sweep_overdue(broom, now)
    # The installation's share and the disk itself: what is worth least goes first.
    excess = _excess_bytes(ring)
    if excess > 0:
        rows = Chunk.objects.order_by("worth", "-stream", "started_at")
        if broom.sweep(rows, Cause.PRESSURE, least_bytes=excess) < excess and broom.left > 0:
            log.error("the ring is full and all that is left is held for evidence or stuck")
    return broom.deleted


def _sweep_overdue(broom: "_Broom", now: datetime | None) -> None:
    """Delete what no policy keeps, what is too old, and what is above a share."""
    cameras = list(Camera.objects.all())
    kept = kept_by_camera(cameras)
    broom.sweep_unwanted(judged(now=now))
    old_by = now or now_for_age()
    for days in {one.days for one in kept.values()}:
        ids = [pk for pk, one in kept.items() if one.days == days]
        old = Chunk.objects.filter(camera__in=ids, started_at__lt=old_by - timedelta(days=days))
        broom.sweep(old.order_by("started_at"), Cause.AGE)
    for ids, most in shares(cameras, kept):
        used = sum(size for pk, size in bytes_by_camera().items() if pk in ids)
        if used > most:
            rows = Chunk.objects.filter(camera__in=ids).order_by("started_at")
            broom.sweep(rows, Cause.LIMIT, least_bytes=used - most)


def bytes_by_camera() -> dict[int, int]:
    """Return how much is recorded, by camera; read from the index, not from the chunks."""
    rows = Stretch.objects.order_by().values("camera").annotate(total=Sum("bytes"))
    return {row["camera"]: row["total"] for row in rows}


def shares(cameras: list[Camera], kept: dict[int, Kept]) -> Iterator[tuple[set[int], int]]:
    """Give cameras with a share of their own, then each mine's others with the mine's share."""
    mines: dict[int, tuple[set[int], int]] = {}
    for camera in cameras:
        most = kept[camera.pk].bytes
        if most is None:
            continue
        if kept[camera.pk].said_by["gigabytes"] == "camera":
            yield {camera.pk}, most
        else:
            mines.setdefault(camera.mine_id, (set(), most))[0].add(camera.pk)
    yield from mines.values()


def _excess_bytes(ring: Ring) -> int:
    used, free = sum(bytes_by_camera().values()), ring.free_bytes()
    excess = max(used - settings.RING_BYTES, settings.RING_MIN_FREE_BYTES - free)
    if ring.was_refused() and excess <= 0:
        # A quota, or a disk that can hold no more files: what seems free cannot be had.
        log.error("the ring's disk takes no more, and says that %.1f GB are free", free / 1e9)
        return min(ROOM_BYTES, used // 10 + 1)
    return excess


class _Broom:
    """Deletes chunks, never one that is held, and tells the index why.

    A file that cannot be deleted keeps its row and stops no other: `stuck` counts them by camera
    and stream. `busy`: somebody else writes these rows at this moment.
    """

    def __init__(self, ring: Ring, held: Spans) -> None:
        self.ring, self.held = ring, held
        self.deleted = 0
        self.failed: set[int] = set()
        self.busy: set[int] = set()
        self.stuck: Counter[tuple[int, str]] = Counter()

    @property
    def left(self) -> int:
        """How many this pass may still delete."""
        return MOST - self.deleted

    def sweep_unwanted(self, chunks: list[Chunk]) -> None:
        """Delete what no policy keeps; mark what stays, so that it is not judged again."""
        held = {chunk.pk for chunk in chunks if self._is_held(chunk)}
        self._delete([chunk for chunk in chunks if chunk.pk not in held], Cause.POLICY)
        # What is stuck as well: it goes by its age, and those that come after it are to be judged.
        left = [chunk for chunk in chunks if chunk.pk in held or chunk.pk in self.failed]
        for worth in {chunk.worth for chunk in left}:
            pks = [chunk.pk for chunk in left if chunk.worth == worth]
            mark(pks, worth)

    def sweep(self, rows: QuerySet[Chunk], cause: Cause, *, least_bytes: int | None = None) -> int:
        """Delete in the rows' order, all of them or until so many bytes are free; returns bytes."""
        freed = passed_over = 0
        while self.left > 0 and (least_bytes is None or freed < least_bytes):
            page = list(self._loose(rows)[passed_over : passed_over + min(PAGE, self.left)])
            if not page:
                break
            going: list[Chunk] = []
            size = freed
            for chunk in page:
                if least_bytes is not None and size >= least_bytes:
                    break
                if self._is_held(chunk):
                    passed_over += 1
                else:
                    going.append(chunk)
                    size += chunk.bytes
            freed += self._delete(going, cause)
        return freed

    def _loose(self, rows: QuerySet[Chunk]) -> QuerySet[Chunk]:
        """Leave out what could not be deleted in this pass, and streams of which nothing can."""
        for (camera, stream), count in self.stuck.items():
            if count >= MOST_STUCK:
                rows = rows.exclude(camera=camera, stream=stream)
        left = self.failed | self.busy
        return rows.exclude(pk__in=left) if left else rows

    def _is_held(self, chunk: Chunk) -> bool:
        end = chunk.started_at + timedelta(seconds=chunk.duration_s)
        spans = self.held.get(chunk.camera_id, ())
        return any(start < end and chunk.started_at < until for start, until in spans)

    def _unlink(self, chunk: Chunk) -> bool:
        """Delete a chunk's file; False where it is stuck."""
        key = (chunk.camera_id, chunk.stream)
        if self.stuck[key] >= MOST_STUCK:
            return False
        try:
            self.ring.delete(chunk.path)
        except OSError as error:
            if not self.stuck[key]:
                log.error("%s cannot be deleted: %s", chunk.path, error.strerror)
            self.stuck[key] += 1
            return False
        return True

    def _delete(self, chunks: Iterable[Chunk], cause: Cause) -> int:
        """Delete chunks, file and row; returns the bytes of those that went."""
        gone, pks = [], []
        chunks = list(chunks)
        free = nobody_writes(chunk.pk for chunk in chunks)
        for chunk in chunks:
            if chunk.pk not in free:
                self.busy.add(chunk.pk)
                continue
            if not self._unlink(chunk):
                self.failed.add(chunk.pk)
                continue
            pks.append(chunk.pk)
            end = chunk.started_at + timedelta(seconds=chunk.duration_s)
            gone.append(
                Gone(
                    chunk.mine_id, chunk.camera_id, chunk.stream, chunk.started_at, end, chunk.bytes
                )
            )
        Chunk.objects.filter(pk__in=pks).delete()
        chunks_gone(gone, cause=cause)
        self.deleted += len(pks)
        return sum(one.bytes for one in gone)
