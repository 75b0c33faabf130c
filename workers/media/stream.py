"""One stream's thread: connect, record, say what is wrong, wait, connect again."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from workers.media.chunker import Piece
from workers.media.clock import WallClock
from workers.media.doors import Doors
from workers.media.errors import MediaError
from workers.media.mask import UNKNOWN, Masks
from workers.media.mux import TICKS, rescale
from workers.media.pipe import Pipe
from workers.media.source import WRONG_PASSWORD, Opened, packets
from workers.words import sentence

logger = logging.getLogger(__name__)

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 10.0
# So long at most somebody who may not ask sleeps: another stream may be let in meanwhile.
LOOK_S = 5.0
HEALTHY_S = 5.0  # after a connection that recorded this long the next is made at once
# What lay ready at a connection's beginning: it ends with so many packets that were waited for.
WAITS, WAITED_S = 2, 0.25
READY_PACKETS, READY_S = 500, 4.0
FAR_S = 10.0  # times further apart are not of one clock
BEHIND_S = 1.0  # a file that is read so much too late goes on from now

CONNECTING = "connecting"
RECORDING = "recording"
LOST = "lost"
FROZEN = "frozen"
UNUSABLE = "unusable"


@dataclass(frozen=True)
class Source:
    """A stream to record; `last_sequence` is the highest number already used for it.

    masks: what is filled before it is recorded; None for a recording as the camera sends it.
    """

    camera: int
    mine: int
    stream: str  # "main" or "sub"
    url: str
    chunk_s: float = 1.0
    last_sequence: int = 0
    masks: Masks | None = None

    def __repr__(self) -> str:
        return f"Source(camera={self.camera}, stream={self.stream!r})"  # the address stays out

    @property
    def phase(self) -> float:
        """Where in a chunk's length (0..1) this stream's cuts should fall, spread by camera."""
        half = 0.5 if self.stream == "sub" else 0.0
        return (self.camera * 0.6180339887 + half) % 1.0


class Owner(Protocol):
    """What a stream's thread needs from its recorder."""

    @property
    def doors(self) -> Doors:
        """Which devices refused a password."""

    @property
    def read_timeout_s(self) -> float:
        """How long a stream may send nothing."""

    def open(self, url: str) -> Opened:
        """Open a stream."""

    def claim(self, source: Source) -> None:
        """Make sure that no sequence number is used twice."""

    def store(self, source: Source, piece: Piece) -> None:
        """Write one chunk; MediaError if it cannot be written."""

    def report(self, source: Source, state: str, reason: str) -> None:
        """Tell of a stream's new state."""


class StreamThread(threading.Thread):
    """Records one source until `end()`; `after` is the thread that it takes over from."""

    def __init__(self, owner: Owner, source: Source, after: StreamThread | None = None) -> None:
        super().__init__(name=f"record-{source.camera}-{source.stream}", daemon=True)
        self.source = source
        self._masks = source.masks
        self._owner = owner
        self._after = after
        # The same camera: its time goes on from the old thread's.
        self._clock: WallClock = after._clock if after is not None else WallClock()
        self._ending = threading.Event()
        self._told: tuple[str, str] | None = None
        self._opened: Opened | None = None
        self._pipe: Pipe | None = None
        self._why = ""  # why this stream has to be converted, once that is known
        self._good_since: float | None = None

    def mask(self, masks: Masks | None) -> None:
        """Fill other masks from the next chunk on; None for none."""
        self._masks = masks

    def end(self) -> None:
        """Ask the thread to finish its chunk and return."""
        self._ending.set()

    def run(self) -> None:
        """Record until asked to end."""
        if self._after is not None:
            self._after.join()
            self._after = None
        self._tell(CONNECTING, "")
        # Beginnings are spread as well, so that thirty cameras are not dialled at once.
        self._ending.wait(self.source.phase * self.source.chunk_s)
        wait_s = FIRST_WAIT_S
        while not self._ending.is_set():
            self._good_since = None
            held_s = self._owner.doors.held_s(self._key, self.source.url)
            if held_s:
                self._tell_refused()
                self._ending.wait(min(held_s, LOOK_S))
                continue
            self._attempt()
            if self._good_since and time.monotonic() - self._good_since >= HEALTHY_S:
                wait_s = FIRST_WAIT_S
                continue  # some cameras end each connection after minutes: that costs no second
            self._ending.wait(wait_s * random.uniform(0.75, 1.25))
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)

    @property
    def _key(self) -> tuple[int, str]:
        return self.source.camera, self.source.stream

    def _attempt(self) -> None:
        """Record from one connection, and tell why it ended."""
        try:
            if self._masks is not None and self._masks.polygons is None:
                raise MediaError(UNKNOWN)
            self._owner.claim(self.source)
            self._session()
            if not self._ending.is_set():
                self._tell(LOST, "the stream ended")
        except MediaError as error:
            if error.reason == WRONG_PASSWORD:
                self._owner.doors.refuse(self._key, self.source.url)
                self._tell_refused()
                return
            self._owner.doors.miss(self.source.url)
            self._tell(error.state, error.reason)
        except Exception:
            # The thread must live: a camera that is not recorded is worse than a strange log.
            logger.exception("camera %s %s: recording", self.source.camera, self.source.stream)
            self._owner.doors.miss(self.source.url)
            self._tell(UNUSABLE, "an error inside the recorder; its log says more")

    def _tell_refused(self) -> None:
        """Tell of a wrong password, and when it is tried again, so that no account is locked.

        Another address, name or password is another thread's, which begins at once.
        """
        wait_s = self._owner.doors.wait_s(self._key, self.source.url)
        if not wait_s:
            return  # somebody else asks just now
        why, minutes = WRONG_PASSWORD, f"{wait_s / 60:.0f}"
        said = sentence(f"{why}; tried again in {minutes} min, or at once when it is changed")
        self._tell(UNUSABLE, said)

    def _session(self) -> None:
        """Record from one connection until it ends."""
        self._clock.restart()
        opened = self._opened = self._owner.open(self.source.url)
        self._owner.doors.enter(self._key, self.source.url)
        try:
            pipe = self._pipe = Pipe(
                opened,
                self._clock,
                self._emit,
                chunk_s=self.source.chunk_s,
                first_s=max(self.source.phase, 0.3) * self.source.chunk_s,
                why=self._why,
                masks=self._masks,
            )
            try:
                if opened.live:
                    self._follow(opened, pipe)
                else:
                    self._play(opened, pipe)
            finally:
                pipe.close()
        finally:
            self._opened.container.close()

    def _follow(self, opened: Opened, pipe: Pipe) -> None:
        """Take a camera's packets as they come."""
        stream = packets(opened, self._owner.read_timeout_s)
        for packet, came_s in as_they_came(stream, opened.fps):
            if self._ending.is_set():
                return
            pipe.mask(self._masks)
            pipe.push(packet, came_s)
            self._why = pipe.why

    def _play(self, opened: Opened, pipe: Pipe) -> None:
        """Play a file at its own pace, again and again, as if it were a camera."""
        pace = _Pace(self._ending)
        while True:
            pace.begin_round(opened)
            for packet in packets(opened):
                if not pace.wait_for(packet):
                    return
                pipe.mask(self._masks)
                pipe.push(packet, time.time())
                self._why = pipe.why
            if not pace.end_round():
                raise MediaError("there is no picture in the file")
            following = self._owner.open(self.source.url)
            pipe.attach(following, time.time())
            opened.container.close()
            opened = self._opened = following

    def _emit(self, piece: Piece) -> None:
        try:
            self._owner.store(self.source, piece)
        except MediaError as error:
            self._tell(error.state, error.reason)
            return
        if self._good_since is None:
            self._good_since = time.monotonic()
        codec, size = piece.codec, f"{piece.width}x{piece.height}"
        why = self._pipe.why if self._pipe is not None else self._why
        if piece.masked_by is not None:
            said = sentence(f"{codec} {size}, encoded anew with its masks filled")
        elif piece.copied:
            said = sentence(f"{codec} {size}, copied")
        else:
            said = sentence(f"{codec} {size}, converted to H.264 because {why}")
        self._tell(RECORDING, said)

    def _tell(self, state: str, reason: str) -> None:
        """Report a state once, however often it is met."""
        if self._told != (state, reason):
            self._told = (state, reason)
            self._owner.report(self.source, state, reason)


def as_they_came(stream: Iterator[Any], fps: float) -> Iterator[tuple[Any, float]]:
    """Yield a camera's packets with the Unix time at which each came.

    What lies ready at the beginning came before: libav reads ahead while it opens a stream (three
    pictures, which at one a second is three seconds), and recorders send what they hold at once.
    Those that have to be waited for, as long as pictures are apart, tell when that was.
    """
    apart_s = 1 / fps if fps > 0 else 0.04
    ready: list[tuple[Any, float | None, float]] = []
    began_s = time.monotonic()
    waits = 0
    while waits < WAITS and len(ready) < READY_PACKETS:
        asked_s = time.monotonic()
        packet = next(stream, None)
        if packet is None:
            break
        ready.append((packet, _told_s(packet), time.time()))
        now_s = time.monotonic()
        waits += now_s - asked_s > min(apart_s / 2, WAITED_S)
        if now_s - began_s > READY_S:
            break
    newest = next((told for _, told, _ in reversed(ready) if told is not None), None)
    offsets = [
        came_s - told
        for _, told, came_s in ready
        if told is not None and newest is not None and abs(newest - told) < FAR_S
    ]
    for packet, told, came_s in ready:
        if told is not None and newest is not None and abs(newest - told) < FAR_S:
            came_s = min(came_s, told + min(offsets))
        yield packet, came_s
    for packet in stream:
        yield packet, time.time()


def _told_s(packet: Any) -> float | None:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return None if stamp is None else float(stamp * packet.time_base)


class _Pace:
    """Holds a file's packets back to real time and lets the rounds' timestamps continue."""

    def __init__(self, ending: threading.Event) -> None:
        self._ending = ending
        self._anchor_s: float | None = None  # monotonic time of stream second 0
        self._shift = 0  # ticks added in this round
        self._first: int | None = None
        self._end = 0
        self._last: int | None = None
        self._step = TICKS // 10

    def begin_round(self, opened: Opened) -> None:
        """Start with the file's first packet."""
        self._step = round(TICKS / opened.fps) if opened.fps > 0.5 else TICKS // 10
        self._first = self._last = None
        self._end = 0

    def wait_for(self, packet: Any) -> bool:
        """Give the packet its continued time and wait until it is due; False when ending."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        ticks = rescale(stamp, packet.time_base)
        if ticks is None:
            ticks = 0 if self._last is None else self._last + self._step
            packet.pts = packet.dts = round(ticks / TICKS / packet.time_base)
        self._last = ticks
        shown = rescale(packet.pts, packet.time_base)
        shown = ticks if shown is None else shown
        held = rescale(packet.duration, packet.time_base) or self._step
        self._first = shown if self._first is None else min(self._first, shown)
        self._end = max(self._end, shown + held)
        shift = round(self._shift / TICKS / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts + shift
        packet.dts = None if packet.dts is None else packet.dts + shift
        return self._wait_until((ticks + self._shift) / TICKS)

    def _wait_until(self, stream_s: float) -> bool:
        now = time.monotonic()
        if self._anchor_s is None:
            self._anchor_s = now - stream_s
        wait_s = self._anchor_s + stream_s - now
        if wait_s < -BEHIND_S:
            self._anchor_s -= wait_s
        return not (self._ending.wait(wait_s) if wait_s > 0 else self._ending.is_set())

    def end_round(self) -> bool:
        """Let the next round continue where this one ends; False if there was no packet."""
        if self._first is None:
            return False
        self._shift += self._end - self._first
        return True
