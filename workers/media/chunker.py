"""Collects a stream's packets and cuts them into chunks at key pictures."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import av.error

from workers.media.clock import WallClock
from workers.media.errors import MediaError
from workers.media.mask import Masks
from workers.media.mux import (
    FRAGMENTED,
    TICKS,
    interval,
    presentation_times,
    rescale,
    write_mp4,
)

MAX_CHUNK_BYTES = 64_000_000
EARLY = 0.1  # share of a chunk's length by which a key picture may come early
HOLD_S = 1.0  # a picture is taken as shown until the next one, but no longer than this
LONGEST_HOLD_S = 4.5  # the same where pictures usually come so far apart


@dataclass(frozen=True)
class Piece:
    """A finished chunk: one MP4 file's bytes and what is known about it."""

    data: bytes
    start_s: float  # Unix
    end_s: float
    codec: str
    width: int
    height: int
    fps: float
    copied: bool
    key_interval_s: float
    drift_s: float = 0.0  # of the camera's clock against ours
    masked_by: int | None = None  # the scene version whose masks are filled in it


@dataclass(frozen=True)
class Facts:
    """What a run of packets has in common; `template` is a libav stream of their kind."""

    template: Any
    codec: str
    width: int
    height: int
    fps: float
    copied: bool
    masks: Masks | None = None  # what is filled in the pictures
    header: bytes | None = None  # the parameter sets, where they changed since the template's


class Chunker:
    """Gathers packets in decode order; at a key picture that is due, hands out a Piece.

    `first_s` is the length after which the first cut is due, so that the cameras' cuts can be
    spread; `lag_s` is how long the demuxer held each packet before it came here.
    """

    def __init__(
        self,
        facts: Facts,
        clock: WallClock,
        emit: Callable[[Piece], None],
        *,
        chunk_s: float,
        first_s: float,
        lag_s: float = 0.0,
    ) -> None:
        self.facts = facts
        self._clock = clock
        self._emit = emit
        self._chunk_s = chunk_s
        self._due_s = first_s
        self._lag_s = lag_s
        claimed = min(1 / facts.fps, LONGEST_HOLD_S) if facts.fps > 0 else 0.1
        self._step = round(TICKS * claimed)
        self._packets: list[Any] = []
        self._pts: list[int | None] = []
        self._dts: list[int | None] = []
        self._bytes = 0
        self._last: int | None = None
        self._last_key: int | None = None
        self._key_interval_s = 0.0
        self._newest: int | None = None  # the highest time shown
        self._apart = self._step  # the last two pictures

    @property
    def step_s(self) -> float:
        """The usual distance between neighbouring pictures, as far as is known."""
        return self._step / TICKS

    @property
    def packets(self) -> list[Any]:
        """The packets of the chunk that is not finished yet."""
        return self._packets

    def push(self, packet: Any, arrival_s: float | None) -> None:
        """Take one packet that was complete at this Unix time; None where the clock knows it."""
        pts = rescale(packet.pts, packet.time_base)
        dts = rescale(packet.dts, packet.time_base)
        stamp = pts if pts is not None else dts
        if stamp is None and self._last is not None:
            stamp = pts = self._last + self._step
        if packet.is_keyframe:
            self._key(stamp)
        if stamp is not None:
            if arrival_s is not None:
                self._clock.observe(stamp / TICKS, arrival_s - self._lag_s)
            self._last = stamp
            if self._newest is None or stamp > self._newest:
                self._apart = self._apart if self._newest is None else stamp - self._newest
                self._newest = stamp
        self._packets.append(packet)
        self._pts.append(pts)
        self._dts.append(dts)
        self._bytes += packet.size
        if self._bytes > MAX_CHUNK_BYTES:
            self.drop()
            raise MediaError("more than 64 MB came between two cuts")

    def _key(self, stamp: int | None) -> None:
        if stamp is None or not self._packets:
            self._last_key = stamp
            return
        if self._last_key is not None and stamp > self._last_key:
            self._key_interval_s = (stamp - self._last_key) / TICKS
        self._last_key = stamp
        first = next((p for p in self._pts if p is not None), stamp)
        if (stamp - first) / TICKS >= self._due_s - EARLY * self._chunk_s:
            self._finish(stamp)
            self._due_s = self._chunk_s

    def close(self) -> None:
        """Finish the chunk that was begun, if any."""
        if self._packets:
            self._finish(None)
        self._last = self._last_key = self._newest = None

    def drop(self) -> list[Any]:
        """Forget the chunk that was begun and return its packets."""
        packets = self._packets
        self._packets, self._pts, self._dts, self._bytes = [], [], [], 0
        return packets

    def _finish(self, following: int | None) -> None:
        self._step = interval(self._pts, self._step)
        pts = presentation_times(self._pts, self._dts, self._step)
        packets = self.drop()
        last = max(pts)
        end = last + self._step
        reordered = any(b < a for a, b in zip(pts, pts[1:], strict=False))
        # With reordered pictures the next key picture may be shown after others that follow it.
        # One that usually comes so late is no pause, unlike the same wait in a faster stream.
        hold = max(HOLD_S * TICKS, min(LONGEST_HOLD_S * TICKS, 1.5 * self._apart))
        if following is not None and not reordered and 0 < following - last <= hold:
            end = following
            if len(pts) == 1:
                self._step = end - last
        start_s, end_s = self._clock.span(min(pts) / TICKS, end / TICKS)
        target = io.BytesIO()
        masks, header = self.facts.masks, self.facts.header
        comment = masks.comment if masks is not None else ""
        try:
            write_mp4(target, self.facts.template, packets, pts, end, FRAGMENTED, comment, header)
        except (av.error.FFmpegError, ValueError):
            raise MediaError("the stream's pictures cannot be written as MP4") from None
        length_s = (end - min(pts)) / TICKS
        self._emit(
            Piece(
                data=target.getvalue(),
                start_s=start_s,
                end_s=end_s,
                codec=self.facts.codec,
                width=self.facts.width,
                height=self.facts.height,
                fps=round(len(packets) / length_s, 2),
                copied=self.facts.copied,
                key_interval_s=round(self._key_interval_s or length_s, 3),
                drift_s=round(self._clock.drift_s, 3),
                masked_by=masks.version if masks is not None else None,
            )
        )
