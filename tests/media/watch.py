"""A recorder under test and what it reported."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.media.make import wait_until
from workers.media.record import ChunkFile, Recorder, Source
from workers.media.ring import Ring

State = tuple[int, str, str, str]


class Watched:
    """Records into a folder and keeps everything that the recorder says."""

    def __init__(self, root: Path, *, read_timeout_s: float = 8.0) -> None:
        self.ring = Ring(root)
        self.chunks: list[ChunkFile] = []
        self.states: list[State] = []
        self._lock = threading.Lock()
        self.recorder = Recorder(
            self.ring,
            self._chunk,
            self._state,
            open_timeout_s=4.0,
            read_timeout_s=read_timeout_s,
        )

    def _chunk(self, chunk: ChunkFile) -> None:
        with self._lock:
            self.chunks.append(chunk)

    def _state(self, camera: int, stream: str, state: str, reason: str) -> None:
        with self._lock:
            self.states.append((camera, stream, state, reason))

    def of(self, camera: int) -> list[ChunkFile]:
        """Return a camera's chunks so far."""
        with self._lock:
            return [chunk for chunk in self.chunks if chunk.camera == camera]

    def said(self, camera: int) -> list[tuple[str, str]]:
        """Return a camera's states and reasons so far."""
        with self._lock:
            return [(state, reason) for c, _, state, reason in self.states if c == camera]

    def wait_chunks(self, camera: int, count: int, deadline_s: float = 15.0) -> list[ChunkFile]:
        """Wait until a camera has this many chunks."""
        return wait_until(
            lambda: chunks if len(chunks := self.of(camera)) >= count else None, deadline_s
        )

    def wait_state(self, camera: int, state: str, deadline_s: float = 15.0) -> str:
        """Wait until a camera's latest state is this one and return the reason."""

        def latest() -> str | None:
            said = self.said(camera)
            return said[-1][1] or " " if said and said[-1][0] == state else None

        return wait_until(latest, deadline_s)

    def path(self, chunk: ChunkFile) -> Path:
        """Return where a chunk's file is."""
        return self.ring.path(chunk.path)


def source(camera: int, url: str | Path, stream: str = "main", chunk_s: float = 1.0) -> Source:
    """Return a source of mine 1."""
    return Source(camera=camera, mine=1, stream=stream, url=str(url), chunk_s=chunk_s)
