"""What the recorder has still to enter: the present before the past.

After an hour without the database an hour of chunks waits. Entered in their order they would keep
the cameras blind until the last was through. What analysis would take no more, being too old, is
put off until nothing younger waits: it is evidence, and as good a quarter of an hour later.
"""

import time
from collections import Counter, deque
from queue import Empty, SimpleQueue

from apps.cameras.waiting import TOO_OLD
from workers.media.record import ChunkFile
from workers.media.ring import Found

__all__ = ["Entry", "Said", "ToEnter"]

Said = tuple[int, str, str, str]
Entry = ChunkFile | Found | Said


class ToEnter:
    """Chunks and states that wait for their row; each stream's in order, but for what is put off.

    Put by any thread, taken by one.
    """

    def __init__(self) -> None:
        # None: nothing comes after.
        self._new: SimpleQueue[Entry | None] = SimpleQueue()
        self._late: deque[ChunkFile] = deque()
        self._late_of: Counter[tuple[int, str]] = Counter()

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
            if not isinstance(entry, ChunkFile) or not _is_too_old(entry):
                return entry, False
            self._late.append(entry)
            self._late_of[entry.camera, entry.stream] += 1

    def late_entered(self) -> None:
        """Let the oldest that was put off go."""
        chunk = self._late.popleft()
        self._late_of[chunk.camera, chunk.stream] -= 1

    def put_off(self, chunk: ChunkFile) -> int:
        """Tell how many chunks of a chunk's stream are put off."""
        return self._late_of[chunk.camera, chunk.stream]


def _is_too_old(chunk: ChunkFile) -> bool:
    return time.time() - chunk.start_s > TOO_OLD.total_seconds()
