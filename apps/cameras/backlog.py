"""What the recorder has still to enter: the present before the past.

After an hour without the database an hour of chunks waits, or lies in the ring since the recorder
was killed. Entered in their order they would keep the cameras blind until the last was through.
What analysis would take no more, being too old, is put off until nothing younger waits: it is
evidence, and as good a quarter of an hour later.
"""

import hashlib
import logging
import time
from collections import deque
from queue import Empty, SimpleQueue

from apps.cameras.waiting import TOO_OLD
from workers.media.mask import told_by
from workers.media.record import ChunkFile
from workers.media.ring import Found, Ring

__all__ = ["Entry", "Run", "Said", "ToEnter", "as_chunk"]

log = logging.getLogger(__name__)
Said = tuple[int, str, str, str]
Entry = ChunkFile | Found | Said
Run = tuple[float, float]  # from and until when chunks follow on each other (s, Unix)
HOLE_S = 0.3  # less than this between two chunks is none


class ToEnter:
    """Chunks and states that wait for their row; each stream's in order, but for what is put off.

    Put by any thread, taken by one.
    """

    def __init__(self) -> None:
        # None: nothing comes after.
        self._new: SimpleQueue[Entry | None] = SimpleQueue()
        self._late: deque[ChunkFile | Found] = deque()
        self._untold: dict[tuple[int, str], list[Run]] = {}

    def __len__(self) -> int:
        return self._new.qsize() + len(self._late)

    def put(self, entry: Entry) -> None:
        """Let a chunk or a state wait."""
        self._new.put(entry)

    def end(self) -> None:
        """Say that nothing comes any more; what is put off is found when recording begins again."""
        self._new.put(None)

    def take(self) -> tuple[Entry, bool] | None:
        """Wait for what is entered next, and whether it was put off; None after the end."""
        while True:
            try:
                entry = self._new.get(block=not self._late)
            except Empty:
                return self._late[0], True
            if entry is None:
                return None
            if isinstance(entry, tuple) or not _is_too_old(entry):
                return entry, False
            self._late.append(entry)
            self._note(entry)

    def late_entered(self) -> None:
        """Let the oldest that was put off go."""
        self._late.popleft()

    def untold(self, key: tuple[int, str]) -> list[Run]:
        """Return which times of a stream were put off and not told of yet, oldest first."""
        return sorted(self._untold.get(key, []))

    def told(self, key: tuple[int, str]) -> None:
        """Say that they are told of."""
        self._untold.pop(key, None)

    def _note(self, entry: ChunkFile | Found) -> None:
        since, until = entry.start_s, entry.start_s + entry.duration_s
        runs = self._untold.setdefault((entry.camera, entry.stream), [])
        if runs and abs(since - runs[-1][1]) <= HOLE_S:
            runs[-1] = (runs[-1][0], max(until, runs[-1][1]))
        else:
            runs.append((since, until))


def _is_too_old(chunk: ChunkFile | Found) -> bool:
    return time.time() - chunk.start_s > TOO_OLD.total_seconds()


def as_chunk(ring: Ring, file: Found) -> ChunkFile | None:
    """Describe a file of the ring by its name and content; None where it cannot be read.

    Nothing is known of its stream.
    """
    try:
        data = ring.path(file.path).read_bytes()
    except OSError as error:
        log.error("%s cannot be read and stays without a row: %s", file.path, error)
        return None
    return ChunkFile(
        camera=file.camera,
        mine=file.mine,
        stream=file.stream,
        sequence=file.sequence,
        start_s=file.start_s,
        duration_s=file.duration_s,
        path=file.path,
        bytes=file.bytes,
        sha256=hashlib.sha256(data).hexdigest(),
        codec="",
        width=0,
        height=0,
        fps=0.0,
        copied=True,
        key_interval_s=0.0,
        masked_by=told_by(data),
    )
