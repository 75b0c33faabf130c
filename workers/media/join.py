"""Joins the recorded chunks of a span, however long, into one MP4 by stream copy alone.

`cut.py` makes clips of an alarm: it may encode, and holds the whole clip in memory. Here one chunk
is held at a time and nothing is ever encoded, so an hour of HEVC costs what copying a file costs.
As in a clip, a second in the file is a second in the mine: over a gap the last picture stays on.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import av.error

from workers.media import nal
from workers.media.cut import ChunkPart, Cut, gaps_of, in_order, seal, trim
from workers.media.errors import DiskFull, MediaError, NotWritten
from workers.media.mux import FAST_START, TICKS, TIME_BASE, decode_times
from workers.media.read import Part, read_part
from workers.media.ring import FULL
from workers.words import sentence

__all__ = ["Changed", "join_span"]


class Changed(MediaError):
    """The picture's codec or size changed within the span; `at_s` (Unix) says when."""

    def __init__(self, at_s: float) -> None:
        super().__init__(sentence("the picture's kind changed within the span"))
        self.at_s = at_s


def join_span(chunks: Sequence[ChunkPart], start_s: float, end_s: float, out: Path) -> Cut:
    """Write the pictures from `start_s` to `end_s` (Unix) as a fast-start MP4 in their own codec.

    It begins at the key picture at or before `start_s`. MediaError if no chunk can be used,
    Changed if they cannot stand in one track, DiskFull if they do not fit; `out` is there whole or
    not at all.
    """
    part_file = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        joined = _write(in_order(chunks), start_s, end_s, part_file)
        size, digest = seal(part_file, out)
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull from None
        raise NotWritten(sentence("the video cannot be written")) from None
    except (av.error.FFmpegError, ValueError):
        raise MediaError("the recorded pictures cannot be written as MP4") from None
    finally:
        with suppress(OSError):
            part_file.unlink(missing_ok=True)
    first, last = joined.spans[0][0], joined.spans[-1][1]
    return Cut(
        duration_s=round(last - first, 3),
        start_s=first,
        end_s=last,
        bytes=size,
        sha256=digest,
        width=joined.width,
        height=joined.height,
        codec=joined.codec,
        copied=True,
        gaps=gaps_of(joined.spans, start_s, end_s),
        skipped=joined.skipped,
        unused=joined.unused,
    )


@dataclass
class _Track:
    """The one track that is written. A packet waits until it is known when the next one comes."""

    output: Any
    stream: Any = None
    kind: Any = None
    codec: str = ""
    width: int = 0
    height: int = 0
    base: int = 0
    floor: int | None = None  # the last time shown
    waiting: Any = None
    spans: list[tuple[float, float]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    unused: list[int] = field(default_factory=list)

    def add(self, part: Part) -> None:
        """Write the pictures of one chunk."""
        kind = (part.codec, part.width, part.height, part.sets)
        times = [shot.at for shot in part.shots]
        if self.stream is None:
            self.stream = self.output.add_stream_from_template(part.template)
            self.stream.time_base = TIME_BASE
            if part.codec == nal.HEVC:
                self.stream.codec_context.codec_tag = "hvc1"  # "hev1" no player of Apple's takes
            self.kind, self.base = kind, min(times)
            self.codec, self.width, self.height = part.codec, part.width, part.height
        elif kind != self.kind:
            raise Changed(min(times) / TICKS)
        # Chunks that overlap by a hair are pushed apart.
        push = max(0, self.floor + 1 - min(times)) if self.floor is not None else 0
        times = [at + push for at in times]
        for shot, shown, decoded in zip(part.shots, times, decode_times(times), strict=True):
            packet = shot.packet
            packet.stream = self.stream
            packet.time_base = TIME_BASE
            packet.pts = shown - self.base
            packet.dts = decoded - self.base
            self._put(packet)
        self.floor = max(times)
        self.spans.append((min(times) / TICKS, max(part.end, self.floor + 1) / TICKS))

    def _put(self, packet: Any) -> None:
        before = self.waiting
        if before is not None:
            packet.dts = max(packet.dts, before.dts + 1)
            before.duration = packet.dts - before.dts
            self.output.mux(before)
        self.waiting = packet

    def close(self) -> None:
        """Write the last packet: shown until the end of its chunk."""
        if self.waiting is not None:
            end = round(self.spans[-1][1] * TICKS) - self.base
            self.waiting.duration = max(1, end - self.waiting.pts)
            self.output.mux(self.waiting)


def _write(chunks: Sequence[ChunkPart], start_s: float, end_s: float, target: Path) -> _Track:
    with av.open(str(target), mode="w", format="mp4", options={"movflags": FAST_START}) as output:
        track = _Track(output)
        for chunk in chunks:
            if chunk.start_s >= end_s or chunk.start_s + chunk.duration_s <= start_s:
                continue
            try:
                part = read_part(chunk.path, chunk.start_s, chunk.duration_s, chunk.sha256)
            except MediaError as error:
                track.skipped.append(f"{chunk.path.name}: {error.reason}")
                track.unused.append(chunk.sequence)
                continue
            try:
                if part.fault:
                    track.skipped.append(f"{chunk.path.name}: {part.fault}")
                if trim([part], start_s, end_s):
                    track.add(part)
            finally:
                part.close()
        if track.stream is None:
            raise MediaError("there is no recording that can be used")
        track.close()
    return track
