"""Looks at an address once: a picture of what is there, or why there is none."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import av.error
import cv2

from workers.media.errors import MediaError
from workers.media.mux import TICKS, rescale
from workers.media.pixels import ratio_of, square
from workers.media.source import Opened, in_words, is_live, open_stream, packets, redact
from workers.media.transcode import one_thread

__all__ = ["Probe", "probe", "redact"]

JPEG_QUALITY = 85
KEY_WAIT_S = 4.5  # how long a second key picture is waited for
FILE_PACKETS = 1500  # how far a file is read for it


@dataclass(frozen=True)
class Probe:
    """What is at an address. `key_interval_s` is None when a second key picture did not come."""

    jpeg: bytes
    width: int
    height: int
    fps: float
    codec: str
    key_interval_s: float | None


def probe(url: str, timeout_s: float = 8.0) -> Probe:
    """Return the first good picture of a camera or file, within `timeout_s` in any case.

    MediaError says in words for a person why there is none, and never holds credentials.
    """
    deadline = time.monotonic() + timeout_s
    outcome: list[Probe | MediaError] = []

    def look() -> None:
        try:
            outcome.append(_look(url, timeout_s, deadline))
        except MediaError as error:
            outcome.append(error)
        except Exception:
            outcome.append(MediaError("the stream cannot be read"))

    # In a thread of its own, because name resolution and a peer that trickles bytes keep to no
    # time limit. One that is left behind ends at libav's own limit.
    thread = threading.Thread(target=look, name="probe", daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if not outcome:
        raise MediaError(f"no picture within {timeout_s:g} s", state="lost")
    if isinstance(outcome[0], MediaError):
        raise outcome[0]
    return outcome[0]


def _look(url: str, timeout_s: float, deadline: float) -> Probe:
    live = is_live(url)
    opened = open_stream(url, open_timeout_s=timeout_s, read_timeout_s=timeout_s)
    try:
        return _watch(opened, deadline, live)
    finally:
        opened.container.close()


def _watch(opened: Opened, deadline: float, live: bool) -> Probe:
    """Decode until a good picture comes, then wait a little for a second key picture."""
    one_thread(opened.video.codec_context)
    frame: Any = None
    keys: list[int] = []
    stamps: list[int] = []
    patience = min(deadline - 0.5, time.monotonic() + KEY_WAIT_S)
    remaining_s = max(0.5, deadline - time.monotonic())
    for count, packet in enumerate(packets(opened, remaining_s)):
        stamp = rescale(packet.pts if packet.pts is not None else packet.dts, packet.time_base)
        if stamp is not None:
            stamps.append(stamp)
            if packet.is_keyframe:
                keys.append(stamp)
        if frame is None:
            frame = _good(packet)
        now = time.monotonic()
        if frame is not None and (len(keys) >= 2 or now >= patience):
            break
        if now >= deadline or (not live and count >= FILE_PACKETS):
            break
    if frame is None:
        frame = _last(opened)
    if frame is None:
        raise MediaError("the video came, but no picture in it can be decoded")
    return Probe(
        jpeg=_jpeg(square(frame, ratio_of(opened.video))),
        width=int(frame.width),
        height=int(frame.height),
        fps=round(opened.fps or _rate(stamps), 2),
        codec=opened.codec,
        key_interval_s=round((keys[1] - keys[0]) / TICKS, 3) if len(keys) >= 2 else None,
    )


def _good(packet: Any) -> Any:
    """Return the first whole picture that a packet gives, None if it gives none."""
    try:
        frames = packet.decode()
    except av.error.FFmpegError:
        return None
    return next((frame for frame in frames if not frame.is_corrupt), None)


def _last(opened: Opened) -> Any:
    """Return what the decoder still holds, for files of very few pictures."""
    try:
        frames = opened.video.codec_context.decode(None)
    except av.error.FFmpegError:
        return None
    return next((frame for frame in frames if not frame.is_corrupt), None)


def _rate(stamps: list[int]) -> float:
    if len(stamps) < 2 or max(stamps) == min(stamps):
        return 0.0
    return (len(stamps) - 1) * TICKS / (max(stamps) - min(stamps))


def _jpeg(frame: Any) -> bytes:
    with in_words(0):
        pixels = frame.to_ndarray(format="bgr24")
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise MediaError("the picture cannot be written as JPEG")
    return data.tobytes()
