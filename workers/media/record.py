"""The recorder: one thread a stream, each writing its chunks into the ring.

A thread never ends by itself. Whatever happens to its stream, it says so once and connects again:
at once where it had recorded, and where that fails a little later each time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from workers.media.chunker import Piece
from workers.media.doors import Doors
from workers.media.ring import STREAMS, Found, Ring
from workers.media.source import OPEN_TIMEOUT_S, READ_TIMEOUT_S, Opened, open_stream
from workers.media.stream import UNUSABLE, Source, StreamThread

__all__ = ["ChunkFile", "Recorder", "Source"]

logger = logging.getLogger(__name__)

STOP_S = 2.5
CHUNK_S = (1.0, 4.0)


@dataclass(frozen=True)
class ChunkFile:
    """A chunk that is in the ring."""

    camera: int
    mine: int
    stream: str
    sequence: int
    start_s: float  # Unix
    duration_s: float
    path: str  # relative to the ring's root
    bytes: int
    sha256: str
    codec: str
    width: int
    height: int
    fps: float
    copied: bool
    key_interval_s: float
    drift_s: float = 0.0  # of the camera's clock against ours
    masked_by: int | None = None  # the scene version whose masks are filled in its pictures


OnChunk = Callable[[ChunkFile], None]
OnState = Callable[[int, str, str, str], None]
OnBegin = Callable[[Source, list[Found]], None]
Key = tuple[int, str]


class Recorder:
    """Records every source it is given until told otherwise.

    `on_chunk(chunk)` and `on_state(camera, stream, state, reason)` are called from the streams'
    threads; what they raise is logged once and stops nothing. `on_begin(source, left)` is called
    once a stream, before its first chunk: `left` are those in the ring above the number that the
    source named, in order.
    """

    def __init__(
        self,
        ring: Ring,
        on_chunk: OnChunk,
        on_state: OnState,
        *,
        on_begin: OnBegin | None = None,
        open_timeout_s: float = OPEN_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self._ring = ring
        self._on_chunk = on_chunk
        self._on_state = on_state
        self._on_begin = on_begin or (lambda source, left: None)
        self._timeouts = (open_timeout_s, read_timeout_s)
        self.doors = Doors()
        self._lock = threading.Lock()
        self._streams: dict[Key, StreamThread] = {}
        self._sequences: dict[Key, int] = {}
        self._refused: dict[Key, str] = {}
        self._complained: set[str] = set()
        self._closed = threading.Event()

    def set_sources(self, sources: Iterable[Source]) -> None:
        """Start, stop and change streams so that exactly these are recorded.

        A source that makes no sense is reported as unusable and disturbs no other.
        """
        wanted = self._sound(sources)
        with self._lock:
            if self._closed.is_set():
                return
            for key, source in wanted.items():
                running = self._streams.get(key)
                if running is not None and _same(running.source, source):
                    running.mask(source.masks)
                    continue
                self._start(key, source, after=running)
            for key in list(self._streams):
                if key not in wanted:
                    self._streams.pop(key).end()

    def _sound(self, sources: Iterable[Source]) -> dict[Key, Source]:
        """Return the sources that can be recorded; tell once of each that cannot."""
        sound: dict[Key, Source] = {}
        refused: dict[Key, str] = {}
        for source in sources:
            key = (source.camera, source.stream)
            wrong = _wrong(source)
            if not wrong:
                sound[key] = source
                continue
            refused[key] = wrong
            if self._refused.get(key) != wrong:
                self.report(source, UNUSABLE, wrong)
        self._refused = refused
        return sound

    def _start(self, key: Key, source: Source, after: StreamThread | None) -> None:
        if after is not None:
            after.end()
        stream = StreamThread(self, source, after)
        self._streams[key] = stream
        stream.start()

    def stop(self) -> None:
        """Finish the chunks that were begun and end, within 3 s.

        A thread that waits for a frozen camera is left behind; it reports nothing any more.
        """
        with self._lock:
            streams = list(self._streams.values())
            self._streams.clear()
        for stream in streams:
            stream.end()
        deadline = time.monotonic() + STOP_S
        for stream in streams:
            stream.join(max(0.0, deadline - time.monotonic()))
        self._closed.set()

    def numbers(self) -> dict[Key, int]:
        """Return the last number that each stream was given."""
        with self._lock:
            return dict(self._sequences)

    def open(self, url: str) -> Opened:
        """Open a stream with this recorder's time limits."""
        return open_stream(url, open_timeout_s=self._timeouts[0], read_timeout_s=self._timeouts[1])

    @property
    def read_timeout_s(self) -> float:
        """How long a stream may send nothing."""
        return self._timeouts[1]

    def claim(self, source: Source) -> None:
        """Make sure that no number is used twice, whatever the database or the disk knows.

        The disk is asked once: from then on nobody but this recorder gives numbers, and to list a
        large ring for each attempt at each lost camera would hold up those that are there.
        """
        key = (source.camera, source.stream)
        known = self._sequences.get(key)
        if known is None:
            of = (source.mine, source.camera, source.stream)
            left = self._ring.after(*of, source.last_sequence)
            self._tell("on_begin", lambda: self._on_begin(source, left))
            known = left[-1].sequence if left else 0
        with self._lock:
            self._sequences[key] = max(known, source.last_sequence)

    def store(self, source: Source, piece: Piece) -> None:
        """Write one chunk into the ring and tell of it; MediaError if it cannot be written."""
        key = (source.camera, source.stream)
        sequence = self._sequences[key] + 1
        written = self._ring.write(
            mine=source.mine,
            camera=source.camera,
            stream=source.stream,
            sequence=sequence,
            start_s=piece.start_s,
            end_s=piece.end_s,
            data=piece.data,
        )
        self._sequences[key] = sequence
        chunk = ChunkFile(
            camera=source.camera,
            mine=source.mine,
            stream=source.stream,
            sequence=sequence,
            start_s=written.start_s,
            duration_s=written.duration_s,
            path=written.path,
            bytes=written.bytes,
            sha256=written.sha256,
            codec=piece.codec,
            width=piece.width,
            height=piece.height,
            fps=piece.fps,
            copied=piece.copied,
            key_interval_s=piece.key_interval_s,
            drift_s=piece.drift_s,
            masked_by=piece.masked_by,
        )
        self._tell("on_chunk", lambda: self._on_chunk(chunk))

    def report(self, source: Source, state: str, reason: str) -> None:
        """Tell of a stream's new state."""
        self._tell("on_state", lambda: self._on_state(source.camera, source.stream, state, reason))

    def _tell(self, name: str, call: Callable[[], None]) -> None:
        if self._closed.is_set():
            return
        try:
            call()
        except Exception:
            if name not in self._complained:
                self._complained.add(name)
                logger.exception("%s raised; recording goes on, this is logged once", name)


def _wrong(source: Source) -> str:
    """Return what is wrong with a source, "" for nothing."""
    if source.stream not in STREAMS:
        return f"a stream is one of {', '.join(STREAMS)}"
    if not CHUNK_S[0] <= source.chunk_s <= CHUNK_S[1]:
        return f"a chunk lasts {CHUNK_S[0]:.0f} to {CHUNK_S[1]:.0f} s"
    return ""


def _same(one: Source, other: Source) -> bool:
    """Return whether one connection serves both; the counter moves all the time, masks may."""
    return _fixed(one) == _fixed(other)


def _fixed(source: Source) -> Source:
    return replace(source, last_sequence=0, masks=None)
