"""Cuts a clip out of recorded chunks, by stream copy where that is possible.

The clip keeps the wall clock: where chunks are missing, the last picture before stays on for as
long as the gap was, and the gap is named. Nothing is closed up, so a second in the clip is a
second in the mine.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import av.error

from workers.media import nal
from workers.media.errors import DiskFull, MediaError, NotWritten
from workers.media.mux import FAST_START, TICKS, write_mp4
from workers.media.pixels import ratio_of
from workers.media.read import Part, read_part
from workers.media.ring import FULL
from workers.media.transcode import Encoder, fit
from workers.words import sentence

__all__ = ["ChunkPart", "Cut", "cut_clip", "gaps_of", "in_order", "seal", "trim"]

GAP_S = 0.3  # less than this between two chunks is not worth naming
ENCODE = {"preset": "veryfast", "crf": "22", "bf": "0", "threads": "1", "g": "100000"}


@dataclass(frozen=True)
class ChunkPart:
    """One recorded chunk: its file, when it begins (Unix), how long it lasts, and its number.

    sha256: of the file as it was recorded, in hex: what differs is left out. "": unknown.
    """

    path: Path
    start_s: float
    duration_s: float
    sequence: int = 0
    sha256: str = ""


@dataclass(frozen=True)
class Cut:
    """A finished clip. Times are Unix seconds; `gaps` are the spans without pictures.

    `skipped` names each chunk that could not be used whole, with the reason; `unused` are the
    numbers of those of which nothing is shown.
    """

    duration_s: float
    start_s: float
    end_s: float
    bytes: int
    sha256: str
    width: int
    height: int
    codec: str
    copied: bool
    gaps: list[tuple[float, float]]
    skipped: list[str]
    unused: list[int]


def cut_clip(chunks: Sequence[ChunkPart], start_s: float, end_s: float, out: Path) -> Cut:
    """Write the pictures from `start_s` to `end_s` (Unix) as a fast-start H.264 MP4 without sound.

    It begins at the key picture at or before `start_s`. MediaError if no chunk can be used,
    DiskFull if the clip does not fit; `out` is there whole or not at all.
    """
    if end_s <= start_s:
        raise MediaError("the clip's end does not lie after its start")
    parts, skipped, unused = _read(chunks, start_s, end_s)
    parts = trim(parts, start_s, end_s)
    skipped += _overlaps(parts)
    if not parts:
        raise MediaError(f"there is no recording that can be used{_because(skipped)}")
    copied = _alike(parts)
    part_file = out.with_name(f".{out.name}.part")
    writer: Callable[[list[Part], str], tuple[int, int]] = _copy if copied else _encode
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        width, height = writer(parts, str(part_file))
        size, digest = seal(part_file, out)
    except OSError as error:
        with suppress(OSError):
            part_file.unlink(missing_ok=True)
        if error.errno in FULL:
            raise DiskFull from None
        raise NotWritten(sentence("the clip cannot be written")) from None
    except BaseException:
        with suppress(OSError):
            part_file.unlink(missing_ok=True)
        raise
    finally:
        for part in parts:
            part.close()
    first, last = min(shot.at for shot in parts[0].shots), max(part.end for part in parts)
    return Cut(
        duration_s=round((last - first) / TICKS, 3),
        start_s=first / TICKS,
        end_s=last / TICKS,
        bytes=size,
        sha256=digest,
        width=width,
        height=height,
        codec=nal.H264,
        copied=copied,
        gaps=gaps_of((_span(part) for part in parts), start_s, end_s),
        skipped=skipped,
        unused=unused,
    )


def _read(
    chunks: Sequence[ChunkPart], start_s: float, end_s: float
) -> tuple[list[Part], list[str], list[int]]:
    """Return a span's usable chunks in time order, what is wrong, and the numbers of the others."""
    parts: list[Part] = []
    skipped: list[str] = []
    unused: list[int] = []
    for chunk in in_order(chunks):
        if chunk.start_s >= end_s or chunk.start_s + chunk.duration_s <= start_s:
            continue
        try:
            part = read_part(chunk.path, chunk.start_s, chunk.duration_s, chunk.sha256)
        except MediaError as error:
            skipped.append(f"{chunk.path.name}: {error.reason}")
            unused.append(chunk.sequence)
            continue
        if part.fault:
            skipped.append(f"{chunk.path.name}: {part.fault}")
        parts.append(part)
    return parts, skipped, unused


def in_order(chunks: Sequence[ChunkPart]) -> list[ChunkPart]:
    """Return chunks in the order in which they were recorded: by their time.

    Where a time is there twice, mostly because the clock was set back, by their numbers: one after
    the other and not second by second in turn. The clip then lasts longer than its clock says.
    """
    rows = sorted(chunks, key=lambda one: (one.start_s, one.sequence))
    if any(b.start_s < a.start_s + a.duration_s - GAP_S for a, b in pairwise(rows)):
        rows.sort(key=lambda one: one.sequence)
    return rows


def trim(parts: list[Part], start_s: float, end_s: float) -> list[Part]:
    """Keep the pictures from the last key picture at or before the start up to the end."""
    start, end = round(start_s * TICKS), round(end_s * TICKS)
    kept: list[Part] = []
    for part in parts:
        keys = [i for i, shot in enumerate(part.shots) if shot.key and shot.at <= start]
        shots = part.shots[keys[-1] if keys else 0 :]
        # In decode order: a picture after the end may be needed to decode one before it.
        inside = [i for i, shot in enumerate(shots) if shot.at < end]
        shots = shots[: inside[-1] + 1] if inside else []
        if shots:
            part.end = min(part.end, max(end, max(shot.at for shot in shots) + 1))
            part.shots = shots
            kept.append(part)
        else:
            part.close()
    return kept


def _overlaps(parts: list[Part]) -> list[str]:
    """Say where a part begins before the one before it ended, by more than a hair.

    A set clock is not the only cause, and which it was is not written in a chunk.
    """
    told = []
    for before, after in pairwise(parts):
        over_s = (before.end - min(shot.at for shot in after.shots)) / TICKS
        if over_s > GAP_S:
            told.append(sentence(f"recorded times overlap by {over_s:.1f} s: both are shown"))
    return told


def _alike(parts: list[Part]) -> bool:
    """Return whether all parts can stand in one H.264 track as they are."""
    first = parts[0]
    return first.codec == nal.H264 and all(
        (part.codec, part.width, part.height, part.sets)
        == (first.codec, first.width, first.height, first.sets)
        for part in parts
    )


def _times(parts: list[Part]) -> list[int]:
    """Return every picture's time in ticks; parts that overlap by a hair are pushed apart."""
    times: list[int] = []
    floor: int | None = None
    for part in parts:
        earliest = min(shot.at for shot in part.shots)
        push = max(0, floor + 1 - earliest) if floor is not None else 0
        times += [shot.at + push for shot in part.shots]
        floor = max(shot.at for shot in part.shots) + push
    return times


def _copy(parts: list[Part], target: str) -> tuple[int, int]:
    packets = [shot.packet for part in parts for shot in part.shots]
    end = max(part.end for part in parts)
    try:
        write_mp4(target, parts[0].template, packets, _times(parts), end, FAST_START)
    except OSError:
        raise
    except (av.error.FFmpegError, ValueError):
        raise MediaError("the recorded pictures cannot be written as MP4") from None
    return parts[0].width, parts[0].height


def _encode(parts: list[Part], target: str) -> tuple[int, int]:
    """Decode everything and encode it in the size and shape that most of the span has."""
    spans: dict[tuple[int, int, Fraction], int] = {}
    for part in parts:
        kind = (part.width, part.height, ratio_of(part.template))
        spans[kind] = spans.get(kind, 0) + part.end - part.shots[0].at
    width, height, ratio = max(spans, key=lambda kind: spans[kind])
    encoder = Encoder(*fit(width, height, limit=width), parts[0].fps, ENCODE, ratio)
    packets: list[Any] = []
    last: int | None = None
    next_key: int | None = None
    times = iter(_times(parts))
    for part in parts:
        at = {shot.packet.pts: next(times) for shot in part.shots}
        for frame in part.frames():
            ticks = at.get(frame.pts)
            if ticks is None or (last is not None and ticks <= last):
                continue
            key = next_key is None or ticks >= next_key
            if key:
                next_key = ticks + TICKS
            packets += encoder.encode(frame, ticks, key=key)
            last = ticks
    packets += encoder.flush()
    if not packets:
        raise MediaError("no picture in the recording can be decoded")
    end = max(part.end for part in parts)
    write_mp4(target, encoder.stream, packets, [packet.pts for packet in packets], end, FAST_START)
    return encoder.width, encoder.height


def gaps_of(
    spans: Iterable[tuple[float, float]], start_s: float, end_s: float
) -> list[tuple[float, float]]:
    """Return what of start to end (Unix) no picture covers, given when pictures begin and end."""
    gaps: list[tuple[float, float]] = []
    covered = start_s
    for begin, end in spans:
        if begin - covered > GAP_S:
            gaps.append((round(covered, 3), round(begin, 3)))
        covered = max(covered, end)
    if end_s - covered > GAP_S:
        gaps.append((round(covered, 3), round(end_s, 3)))
    return gaps


def _span(part: Part) -> tuple[float, float]:
    return min(shot.at for shot in part.shots) / TICKS, part.end / TICKS


def seal(part_file: Path, out: Path) -> tuple[int, str]:
    """Make the written file durable under its name; return its size and SHA-256."""
    with part_file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        os.fsync(stream.fileno())
    size = part_file.stat().st_size
    part_file.replace(out)
    return size, digest


def _because(skipped: list[str]) -> str:
    return f" ({'; '.join(skipped[:5])})" if skipped else ""
