"""Timestamps put in order, and packets written as one MP4, without decoding."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from statistics import median_low
from typing import Any

import av

TICKS = 90_000  # the time base of everything that is written, ticks a second
TIME_BASE = Fraction(1, TICKS)
# delay_moov: the header is written with the first fragment, so that its edit list can say where
# time 0 is when pictures are reordered (B-frames). With empty_moov they would start late.
FRAGMENTED = "frag_keyframe+delay_moov+default_base_moof"
FAST_START = "faststart"


def interval(pts: Sequence[int | None], default: int) -> int:
    """Return the usual distance between neighbouring pictures, in ticks."""
    known = sorted({stamp for stamp in pts if stamp is not None})
    steps = [b - a for a, b in zip(known, known[1:], strict=False) if b > a]
    return max(1, median_low(steps)) if steps else max(1, default)


def presentation_times(
    pts: Sequence[int | None], dts: Sequence[int | None], step: int
) -> list[int]:
    """Return one presentation time a packet, in the order they came.

    A missing one takes its packet's dts, else its neighbour's time plus a `step`; at the beginning,
    the earliest of all minus a `step`: a key picture comes before those that are shown before the
    next. Two equal times are moved one tick apart.
    """
    times: list[int | None] = [p if p is not None else d for p, d in zip(pts, dts, strict=True)]
    known = next((i for i, stamp in enumerate(times) if stamp is not None), None)
    if known is None:
        return [i * step for i in range(len(times))]
    first = min(stamp for stamp in times if stamp is not None)
    filled: list[int] = [first - (known - i) * step for i in range(known)]
    for stamp in times[known:]:
        filled.append(stamp if stamp is not None else filled[-1] + step)
    order = sorted(range(len(filled)), key=lambda i: filled[i])
    previous: int | None = None
    for i in order:
        if previous is not None and filled[i] <= previous:
            filled[i] = previous + 1
        previous = filled[i]
    return filled


def decode_times(pts: Sequence[int]) -> list[int]:
    """Return decode times for pictures in decode order, given their presentation times.

    The n-th picture decoded gets the n-th time shown, moved forward so far that no picture is
    shown before it is decoded. Streams over RTSP carry no decode times of their own.
    """
    shown = sorted(pts)
    delay = max((s - p for s, p in zip(shown, pts, strict=True)), default=0)
    return [s - delay for s in shown]


def write_mp4(
    target: str | io.BytesIO,
    template: Any,
    packets: Sequence[Any],
    pts: Sequence[int],
    end: int,
    flags: str,
    comment: str = "",
    header: bytes | None = None,
) -> None:
    """Write packets (decode order) as one video track that starts at time 0.

    `template` is the stream that they came from, or one with the same codec and size; `pts` and
    `end` (when the last picture is no longer shown) are in ticks. The packets' times are changed.
    `comment` is what the file says of itself; `header` are the parameter sets where they are others
    than the template's.
    """
    base = min(pts)
    dts = decode_times(pts)
    with av.open(target, mode="w", format="mp4", options={"movflags": flags}) as output:
        if comment:
            output.metadata["comment"] = comment
        stream = output.add_stream_from_template(template)
        stream.time_base = TIME_BASE
        if header is not None:
            stream.codec_context.extradata = header
        ends = [*dts[1:], dts[-1] + max(end - max(pts), 1)]
        for packet, shown, decoded, following in zip(packets, pts, dts, ends, strict=True):
            packet.stream = stream
            packet.time_base = TIME_BASE
            packet.pts = shown - base
            packet.dts = decoded - base
            packet.duration = following - decoded
            output.mux(packet)


def rescale(stamp: int | None, time_base: Fraction) -> int | None:
    """Return a timestamp in ticks; None stays None."""
    if stamp is None:
        return None
    # Whole numbers wherever they come out even, as they do in our own files: fractions are dear.
    ticks, rest = divmod(stamp * time_base.numerator * TICKS, time_base.denominator)
    return round(stamp * time_base * TICKS) if rest else ticks
