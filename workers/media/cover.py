"""Covers parts of pictures and films for good: masks in one colour, people beyond recognition.

What comes out is a picture or film of its own, encoded anew; what went in is never changed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import av
import av.error
import cv2
import numpy as np

from workers.media.cut import ENCODE, seal
from workers.media.errors import DiskFull, MediaError
from workers.media.mux import FAST_START, FRAGMENTED, TICKS, write_mp4
from workers.media.ring import FULL
from workers.media.source import BOUNDED, bounded
from workers.media.transcode import Encoder, fit
from workers.vision.boxes import Box

__all__ = ["Covered", "blur", "cover", "cover_chunk", "cover_film", "cover_jpeg"]

Polygon = Sequence[Sequence[float]]
COLOUR = (24, 24, 24)
# People are looked for so often; a box holds for as long before and after, so that who is missed
# in one picture, or moves between two, is covered all the same.
LOOK_EVERY_S = 0.25
HOLD_S = 0.75
# A person is covered with so much around, and from so low a score on: covering a coat does no harm.
GROW = 0.12
SCORE = 0.2
# What is left of a person's width: too little to know a face or a gait by.
CELLS = 5


class Finder(Protocol):
    """What finds people in pictures; the detector does."""

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Box]]:
        """Return the boxes of each BGR picture."""


@dataclass(frozen=True)
class Covered:
    """A covered film: its size in bytes, SHA-256, pictures, and how many boxes were covered."""

    bytes: int
    sha256: str
    pictures: int
    people: int


def cover(picture: np.ndarray, masks: Sequence[Polygon]) -> None:
    """Fill polygons (fractions of the picture) of a BGR picture with one colour, in place."""
    height, width = picture.shape[:2]
    for polygon in masks:
        points = np.array([[x * width, y * height] for x, y in polygon], np.float64)
        cv2.fillPoly(picture, [np.rint(points).astype(np.int32)], COLOUR)


def blur(picture: np.ndarray, boxes: Sequence[tuple[float, float, float, float]]) -> None:
    """Make what is inside of boxes (fractions) unknowable, in place: a few cells of mean colour."""
    height, width = picture.shape[:2]
    for left, top, right, bottom in boxes:
        wide, high = (right - left) * GROW, (bottom - top) * GROW
        x0, x1 = int(max(0, left - wide) * width), int(np.ceil(min(1, right + wide) * width))
        y0, y1 = int(max(0, top - high) * height), int(np.ceil(min(1, bottom + high) * height))
        if x1 - x0 < 2 or y1 - y0 < 2:
            continue
        part = picture[y0:y1, x0:x1]
        rows = max(1, round(CELLS * (y1 - y0) / (x1 - x0)))
        small = cv2.resize(part, (CELLS, rows), interpolation=cv2.INTER_AREA)
        picture[y0:y1, x0:x1] = cv2.resize(
            small, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR
        )


def cover_jpeg(
    jpeg: bytes,
    masks: Sequence[Polygon],
    *,
    people: Finder | None = None,
    known: Sequence[Sequence[float]] = (),
    quality: int = 88,
) -> bytes:
    """Return a JPEG with masks filled and, given a finder, its people blurred.

    known: boxes of people that were seen in it. As it is where there is nothing to cover;
    MediaError for what is no picture.
    """
    if not masks and people is None:
        return jpeg
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise MediaError("the picture cannot be read")
    if people is not None:
        [found] = people.detect([picture])
        blur(picture, [one.xyxy for one in found if one.label == "person" and one.score >= SCORE])
        blur(picture, [(left, top, right, bottom) for left, top, right, bottom, *_ in known])
    cover(picture, masks)
    good, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not good:
        raise MediaError("the picture could not be written as JPEG")
    return data.tobytes()


def cover_film(
    source: Path, out: Path, *, masks: Sequence[Polygon], people: Finder | None = None
) -> Covered:
    """Write a film with masks filled and, given a finder, its people blurred; H.264, no sound.

    Each picture keeps its time. MediaError for a film that cannot be decoded, DiskFull where the
    copy does not fit; `out` is there whole or not at all.
    """
    seen = _people(source, people) if people is not None else []
    part_file = out.with_name(f".{out.name}.part")
    try:
        pictures = _write(source, part_file, masks, seen)
        size, digest = seal(part_file, out)
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull from None
        raise MediaError("the video cannot be written") from None
    finally:
        with suppress(OSError):
            part_file.unlink(missing_ok=True)
    return Covered(size, digest, pictures, sum(len(boxes) for _at, boxes in seen))


def cover_chunk(data: bytes, masks: Sequence[Polygon]) -> bytes:
    """Return a recorded chunk with masks filled, as fragmented MP4; H.264, no sound.

    Each picture keeps its time. MediaError for a chunk that cannot be decoded.
    """
    out = io.BytesIO()
    _write(io.BytesIO(data), out, masks, (), FRAGMENTED)
    return out.getvalue()


def _frames(source: Path | io.BytesIO) -> Iterator[tuple[float, Any, float]]:
    """Yield (seconds, picture, pictures a second) in order; what cannot be decoded is left out."""
    try:
        where = str(source) if isinstance(source, Path) else source
        with bounded(av.open(where, mode="r", options=BOUNDED)) as film:
            video = film.streams.video[0]
            video.codec_context.thread_type = "NONE"
            fps = float(video.average_rate or 25)
            for frame in film.decode(video):
                if frame.time is not None:
                    yield float(frame.time), frame, fps
    except (av.error.FFmpegError, IndexError):
        raise MediaError("the video cannot be decoded") from None


def _people(
    source: Path, finder: Finder
) -> list[tuple[float, list[tuple[float, float, float, float]]]]:
    """Return (seconds, boxes of people) of the pictures that were looked at."""
    found: list[tuple[float, list[tuple[float, float, float, float]]]] = []
    for at, frame, _fps in _frames(source):
        if found and at - found[-1][0] < LOOK_EVERY_S:
            continue
        [boxes] = finder.detect([frame.to_ndarray(format="bgr24")])
        people = [box.xyxy for box in boxes if box.label == "person" and box.score >= SCORE]
        found.append((at, people))
    return found


def _write(
    source: Path | io.BytesIO,
    target: Path | io.BytesIO,
    masks: Sequence[Polygon],
    seen: Sequence[Any],
    movflags: str = FAST_START,
) -> int:
    encoder: Encoder | None = None
    packets: list[Any] = []
    last, first_near, next_key = -1, 0, 0
    count = 0
    for at, frame, fps in _frames(source):
        ticks = round(at * TICKS)
        if ticks <= last:
            continue
        picture = frame.to_ndarray(format="bgr24")
        if encoder is None:
            height, width = picture.shape[:2]
            encoder = Encoder(*fit(width, height, limit=width), fps, ENCODE)
        while first_near < len(seen) and seen[first_near][0] < at - HOLD_S:
            first_near += 1
        near = first_near
        while near < len(seen) and seen[near][0] <= at + HOLD_S:
            blur(picture, seen[near][1])
            near += 1
        cover(picture, masks)
        key = ticks >= next_key
        if key:
            next_key = ticks + TICKS
        shown = av.VideoFrame.from_ndarray(picture, format="bgr24")
        packets += encoder.encode(shown, ticks, key=key)
        last, count = ticks, count + 1
    if encoder is None:
        raise MediaError("the video has no picture")
    packets += encoder.flush()
    end = last + round(TICKS / max(1.0, fps))
    times = [packet.pts for packet in packets]
    place = str(target) if isinstance(target, Path) else target
    write_mp4(place, encoder.stream, packets, times, end, movflags)
    return count
