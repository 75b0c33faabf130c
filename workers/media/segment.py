"""Recorded chunks as browsers take them: the header once, then pictures that tell Unix time.

A chunk is a whole MP4 that begins at time 0. A player that plays many needs the header (`ftyp` and
`moov`) once, and after it fragments (`moof` and `mdat`) whose own clock goes on from one to the
next. So the header is split off and the fragments' decode times are moved to the second in which
they were recorded: bytes in a few places, nothing is decoded or written anew.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from workers.media.errors import MediaError

__all__ = ["Segment", "split"]

HEADER = ("ftyp", "moov")
MEDIA = ("moof", "mdat")
INSIDE_MOOV = ("moov", "trak", "mdia", "minf", "stbl")


@dataclass(frozen=True)
class Segment:
    """One chunk: `header` and `media` one after the other play; `codec` as browsers call it."""

    header: bytes
    media: bytes
    codec: str  # "avc1.64001f"; "hvc1.1.6.L120.90" for HEVC, which not all play; "" for neither


def split(data: bytes, start_s: float) -> Segment:
    """Return a chunk's header and its pictures at `start_s` (Unix); MediaError if damaged."""
    try:
        header = bytearray()
        media = bytearray()
        for kind, begin, end in _boxes(data, 0, len(data)):
            if kind in HEADER:
                header += data[begin:end]
            elif kind in MEDIA:
                at = len(media)
                media += data[begin:end]
                if kind == "moof":
                    _shift(media, at, len(media), round(start_s * _ticks(header)))
        if not header or not media:
            raise MediaError("holds no picture")
        _call_hvc1(header)
        return Segment(bytes(header), bytes(media), _codec(bytes(header)))
    except (struct.error, IndexError, ValueError):
        raise MediaError("cannot be read") from None


def _boxes(data: bytes | bytearray, at: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Yield (kind, begin, end) of the boxes of a stretch; ValueError if they do not fit it."""
    while at < end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
        if size < 8 or at + size > end:
            raise ValueError("a box that does not fit")
        yield kind.decode("latin-1"), at, at + size
        at += size


def _shift(media: bytearray, at: int, end: int, ticks: int) -> None:
    """Add to the decode times of a fragment."""
    for kind, begin, stop in _boxes(media, at + 8, end):
        if kind != "traf":
            continue
        for inner, place, _ in _boxes(media, begin + 8, stop):
            if inner != "tfdt":
                continue
            if media[place + 8] != 1:
                raise ValueError("a time of 32 bits has no room for this century")
            (time,) = struct.unpack_from(">Q", media, place + 12)
            struct.pack_into(">Q", media, place + 12, time + ticks)


def _ticks(header: bytes | bytearray) -> int:
    """Return how many ticks of the pictures' clock make a second."""
    found = _find(header, 0, len(header), "mdhd")
    if found is None:
        raise ValueError("a header without a clock")
    at = found[0] + (28 if header[found[0] + 8] == 1 else 20)
    return int(struct.unpack_from(">I", header, at)[0])


def _call_hvc1(header: bytearray) -> None:
    """Call HEVC by the name that Apple's players take; to all others either is the same."""
    for kind, place, _ in _samples(header):
        if kind == "hev1":
            header[place + 4 : place + 8] = b"hvc1"


def _codec(header: bytes) -> str:
    """Return the codec with its profile and level, from the sample description."""
    for kind, place, stop in _samples(header):
        if kind in ("avc1", "avc3"):
            inner = header.find(b"avcC", place, stop)
            profile = header[inner + 5 : inner + 8]
            return f"{kind}.{profile.hex()}" if inner > 0 and len(profile) == 3 else ""
        if kind == "hvc1":
            inner = header.find(b"hvcC", place, stop)
            record = header[inner + 4 : inner + 17]
            return _hevc(record) if inner > 0 and len(record) == 13 else ""
    return ""


def _hevc(record: bytes) -> str:
    """Return what an hvcC record says, as ISO/IEC 14496-15 writes it: browsers refuse less."""
    space = ("", "A", "B", "C")[record[1] >> 6]
    tier = "H" if record[1] & 0x20 else "L"
    flags = int(f"{int.from_bytes(record[2:6], 'big'):032b}"[::-1], 2)
    limits = "".join(f".{byte:X}" for byte in record[6:12].rstrip(b"\0"))
    return f"hvc1.{space}{record[1] & 0x1F}.{flags:X}.{tier}{record[12]}{limits}"


def _samples(header: bytes | bytearray) -> Iterator[tuple[str, int, int]]:
    found = _find(header, 0, len(header), "stsd")
    return _boxes(header, found[0] + 16, found[1]) if found else iter(())


def _find(data: bytes | bytearray, at: int, end: int, wanted: str) -> tuple[int, int] | None:
    for kind, begin, stop in _boxes(data, at, end):
        if kind == wanted:
            return begin, stop
        if kind in INSIDE_MOOV:
            found = _find(data, begin + 8, stop, wanted)
            if found is not None:
                return found
    return None
