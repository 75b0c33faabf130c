"""Looks into H.264 and HEVC packets just far enough to see what kind of stream they belong to.

A NAL unit is one element of such a stream; the sequence parameter set (SPS) among them fixes
profile and picture size. Two byte layouts exist: "Annex B" with start codes (RTSP, TS) and
length-prefixed (MP4, Matroska).
"""

from __future__ import annotations

from collections.abc import Iterator

H264 = "h264"
HEVC = "hevc"
COPYABLE = (H264, HEVC)
HEAD_BYTES = 4096  # parameter sets come first in a key picture


def nal_type(codec: str, first_byte: int) -> int:
    """Return a NAL unit's type from its first byte."""
    return first_byte & 0x1F if codec == H264 else (first_byte >> 1) & 0x3F


def is_parameter_set(codec: str, kind: int) -> bool:
    """Return whether a NAL type is a parameter set."""
    return kind in (7, 8) if codec == H264 else kind in (32, 33, 34)


def is_sps(codec: str, kind: int) -> bool:
    """Return whether a NAL type is the sequence parameter set."""
    return kind == (7 if codec == H264 else 33)


def annex_b(data: bytes) -> Iterator[bytes]:
    """Yield the NAL units between start codes; the last may be cut short."""
    position = data.find(b"\0\0\1")
    while position >= 0:
        start = position + 3
        position = data.find(b"\0\0\1", start)
        unit = data[start : position if position >= 0 else len(data)]
        if position >= 0:
            unit = unit.rstrip(b"\0")
        if unit:
            yield unit


def prefixed(data: bytes, size: int) -> Iterator[bytes]:
    """Yield length-prefixed NAL units; ValueError when the lengths do not add up."""
    position = 0
    while position < len(data):
        start = position + size
        length = int.from_bytes(data[position:start], "big")
        position = start + length
        if length == 0 or position > len(data):
            raise ValueError("the lengths of the units do not add up")
        yield data[start:position]


def sps_in_band(codec: str, data: bytes, extradata: bytes) -> bytes | None:
    """Return the SPS that a key packet itself carries, None if it carries none."""
    if codec not in COPYABLE:
        return None
    if extradata[:1] == b"\1":
        try:
            units = list(prefixed(data, length_size(codec, extradata)))
        except ValueError:
            return None
    else:
        units = list(annex_b(data[:HEAD_BYTES]))
    for unit in units:
        if is_sps(codec, nal_type(codec, unit[0])):
            return unit
    return None


def header_in_band(codec: str, data: bytes) -> bytes | None:
    """Return a key packet's own parameter sets as a stream's header, None if not all are there."""
    sets = [u for u in annex_b(data[:HEAD_BYTES]) if is_parameter_set(codec, nal_type(codec, u[0]))]
    if {nal_type(codec, unit[0]) for unit in sets} != ({7, 8} if codec == H264 else {32, 33, 34}):
        return None
    return b"".join(b"\0\0\0\1" + unit for unit in sets)


def length_size(codec: str, extradata: bytes) -> int:
    """Return how many bytes a unit's length takes (MP4's avcC or hvcC header)."""
    at = 4 if codec == H264 else 21
    return (extradata[at] & 3) + 1 if len(extradata) > at else 4


def parameter_sets(codec: str, extradata: bytes) -> frozenset[bytes]:
    """Return the parameter sets of a stream's header, whatever its layout and order."""
    if extradata[:1] != b"\1":
        return frozenset(
            unit for unit in annex_b(extradata) if is_parameter_set(codec, nal_type(codec, unit[0]))
        )
    try:
        return frozenset(_avcc(extradata) if codec == H264 else _hvcc(extradata))
    except (IndexError, ValueError):
        return frozenset((extradata,))


def _avcc(data: bytes) -> Iterator[bytes]:
    position = 6
    for count in (data[5] & 0x1F, None):
        if count is None:
            count = data[position]
            position += 1
        for _ in range(count):
            length = int.from_bytes(data[position : position + 2], "big")
            yield data[position + 2 : position + 2 + length]
            position += 2 + length


def _hvcc(data: bytes) -> Iterator[bytes]:
    position = 23
    for _ in range(data[22]):
        count = int.from_bytes(data[position + 1 : position + 3], "big")
        position += 3
        for _ in range(count):
            length = int.from_bytes(data[position : position + 2], "big")
            yield data[position + 2 : position + 2 + length]
            position += 2 + length
