"""Reads recorded chunks back, packet by packet, and finds out what is wrong with them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import av.error

from workers.media import nal
from workers.media.errors import MediaError
from workers.media.mux import TICKS, rescale
from workers.media.source import BOUNDED, NO_PICTURES, SMALL_PROBE, bounded
from workers.media.transcode import one_thread
from workers.words import sentence

SHORT_S = 0.25  # a chunk that ends so much early is cut off


@dataclass
class Shot:
    """One packet and when its picture is shown, in ticks of Unix time."""

    packet: Any
    at: int
    key: bool


@dataclass
class Part:
    """A chunk that was read; `fault` says what is missing, "" for nothing."""

    container: Any
    template: Any
    codec: str
    width: int
    height: int
    fps: float
    sets: frozenset[bytes]
    shots: list[Shot]
    end: int  # when its last picture is no longer shown, in ticks of Unix time
    fault: str = ""
    _closed: bool = field(default=False, repr=False)

    def close(self) -> None:
        """Close the chunk's file."""
        if not self._closed:
            self._closed = True
            self.container.close()

    def frames(self) -> Iterator[Any]:
        """Yield the decoded pictures of the shots; what cannot be decoded is left out."""
        context = self.template.codec_context
        one_thread(context)
        for shot in self.shots:
            try:
                yield from context.decode(shot.packet)
            except av.error.FFmpegError:
                self.fault = self.fault or sentence("holds pictures that cannot be decoded")
        try:
            yield from context.decode(None)
        except av.error.FFmpegError:
            return


def read_part(path: Path, start_s: float, duration_s: float, sha256: str = "") -> Part:
    """Read a chunk's packets without decoding them; MediaError if none can be used.

    sha256: of the file as it was recorded, in hex; a file that differs is not used. "": unknown.
    """
    if not path.is_file():
        raise MediaError("missing")
    if sha256 and _sha256(path) != sha256:
        raise MediaError("is not what was recorded: its SHA-256 is another")
    try:
        container = av.open(
            f"file:{path.resolve()}",
            mode="r",
            format="mp4",
            options={"protocol_whitelist": "file", **BOUNDED, **SMALL_PROBE},
            # Else the first picture of each chunk is decoded: most of what a cut costs.
            stream_options=NO_PICTURES,
        )
    except (av.error.FFmpegError, OSError, ValueError):
        raise MediaError("cannot be read") from None
    try:
        return _read(bounded(container), start_s, duration_s)
    except BaseException:
        container.close()
        raise


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise MediaError("cannot be read") from None


def _read(container: Any, start_s: float, duration_s: float) -> Part:
    stream = next((s for s in container.streams.video if s.codec_context is not None), None)
    if stream is None or stream.codec_context.width == 0:
        raise MediaError("holds no video")
    base = round(start_s * TICKS)
    codec = str(stream.codec_context.name)
    extradata = bytes(stream.codec_context.extradata or b"")
    shots: list[Shot] = []
    end = base
    fault = ""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, OSError, ValueError):
            fault = "cut off"
            break
        if packet is None:
            break
        stamp = rescale(packet.pts, packet.time_base)
        if packet.size == 0 or stamp is None:
            continue
        if packet.is_corrupt or not _whole(codec, packet, extradata):
            fault = "cut off" if packet.is_corrupt else "damaged"
            break
        if not shots and not packet.is_keyframe:
            fault = "damaged"
            continue
        shots.append(Shot(packet=packet, at=base + stamp, key=bool(packet.is_keyframe)))
        end = max(end, base + stamp + (rescale(packet.duration, packet.time_base) or 0))
    if not shots:
        raise MediaError(fault or "holds no picture")
    whole = base + round(duration_s * TICKS)
    if not fault and whole - end > SHORT_S * TICKS:
        fault = "cut off"
    return Part(
        container=container,
        template=stream,
        codec=codec,
        width=int(stream.codec_context.width),
        height=int(stream.codec_context.height),
        fps=float(stream.average_rate or 0),
        sets=nal.parameter_sets(codec, extradata),
        shots=shots,
        # A whole chunk lasts as long as the recorder says, to the millisecond.
        end=end if fault else max(whole, shots[-1].at + 1),
        fault=fault,
    )


def _whole(codec: str, packet: Any, extradata: bytes) -> bool:
    """Return whether a packet's units fit it exactly, as far as that can be seen undecoded."""
    if codec not in nal.COPYABLE or extradata[:1] != b"\1":
        return True
    try:
        units = list(nal.prefixed(bytes(packet), nal.length_size(codec, extradata)))
    except ValueError:
        return False
    return all(unit[0] & 0x80 == 0 for unit in units)  # the forbidden bit
