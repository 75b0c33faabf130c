"""Turns what cannot be cut by copy (no key pictures, other codecs) into H.264 that can.

The recorder does this only where it must: it costs decoding and encoding of every picture.
"""

from __future__ import annotations

import io
import logging
from fractions import Fraction
from typing import Any

import av
import av.error
from av.video.frame import PictureType

from workers.media.errors import MediaError, StreamChanged
from workers.media.mask import FAILED, Filler, Masks
from workers.media.mux import TICKS, TIME_BASE
from workers.media.pixels import ratio_of

logger = logging.getLogger(__name__)

MAX_WIDTH = 1280
KEY_EVERY_S = 1.0
GIVE_UP_PACKETS = 100  # packets in a row, from a key picture on, that give no picture
OPTIONS = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "crf": "24",
    "bf": "0",
    "forced-idr": "1",
    "threads": "1",
    # Key pictures are asked for by time, below; the encoder must not add its own.
    "g": "100000",
    "sc_threshold": "0",
}


def fit(width: int, height: int, limit: int = MAX_WIDTH) -> tuple[int, int]:
    """Return the size to encode: even, at most `limit` pixels wide, same shape."""
    scale = min(1.0, limit / width)
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


def one_thread(context: Any) -> None:
    """Let a decoder work in the calling thread alone, beginning anew if it was used before."""
    if context.is_open:
        context.flush_buffers()
    else:
        context.thread_type = "NONE"


class Encoder:
    """An H.264 encoder whose `stream` serves as the template of the files written from it."""

    def __init__(
        self,
        width: int,
        height: int,
        fps: float,
        options: dict[str, str],
        ratio: Fraction | None = None,
    ) -> None:
        """Begin to encode; ratio: a pixel's width by its height, where it is not square."""
        self._scratch = av.open(io.BytesIO(), mode="w", format="mp4")
        rate = Fraction(fps).limit_denominator(1001) if 0.5 <= fps <= 120 else Fraction(25)
        stream = self._scratch.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = TIME_BASE
        if ratio is not None and ratio != 1:
            stream.codec_context.sample_aspect_ratio = ratio
        self._scratch.start_encoding()  # fills in the stream's header data
        self.stream: Any = stream
        self.width, self.height = width, height

    def encode(self, frame: Any, pts: int, *, key: bool) -> list[Any]:
        """Return the packets for one decoded picture shown at `pts` ticks."""
        picture = frame.reformat(width=self.width, height=self.height, format="yuv420p")
        picture.pts, picture.time_base = pts, TIME_BASE
        picture.pict_type = PictureType.I if key else PictureType.NONE
        return list(self.stream.encode(picture))

    def flush(self) -> list[Any]:
        """Return what the encoder still held back."""
        return list(self.stream.encode(None))


class Transcoder:
    """Decodes a stream's packets and encodes them with a key picture every second.

    as_sent: in the picture's own size, and with key pictures where the stream has them, as long as
    they come at least every `as_sent` seconds. masks: what is filled in every picture.
    """

    def __init__(
        self,
        video: Any,
        fps: float,
        first_key_s: float,
        *,
        as_sent: float | None = None,
        masks: Masks | None = None,
    ) -> None:
        context = video.codec_context
        one_thread(context)
        self._video = video
        self._size = (int(context.width), int(context.height))
        size = fit(*self._size) if as_sent is None else fit(*self._size, limit=self._size[0])
        self.encoder = Encoder(*size, fps, OPTIONS, ratio_of(video))
        self._as_sent = as_sent
        self.mask(masks)
        self._step = round(TICKS / fps) if fps > 0.5 else TICKS // 10
        self._last: int | None = None
        self._first_key_ticks = round((first_key_s if as_sent is None else as_sent) * TICKS)
        self._barren = 0
        self._keyed = False

    def mask(self, masks: Masks | None) -> None:
        """Fill these from the next picture on, which is a key picture."""
        size = self.encoder.width, self.encoder.height
        self._filler = Filler(masks, *size) if masks is not None else None
        self._next_key: int | None = None

    def push(self, packet: Any) -> list[Any]:
        """Return encoded packets (pts in ticks) for one packet of the source."""
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            frames = []
        self._keyed = self._keyed or bool(packet.is_keyframe)
        if frames:
            self._barren = 0
        elif self._keyed:  # before a key picture there is nothing that could be decoded
            self._barren += 1
            if self._barren >= GIVE_UP_PACKETS:
                raise MediaError("the pictures in the stream cannot be decoded")
        return self._encode(frames)

    def attach(self, video: Any) -> None:
        """Go on with the same pictures from a newly opened file."""
        one_thread(video.codec_context)
        if (int(video.codec_context.width), int(video.codec_context.height)) != self._size:
            raise StreamChanged("the picture's size changed")
        self._video = video

    def drain(self) -> list[Any]:
        """Return the pictures that the decoder held back at the end of a file, encoded."""
        try:
            frames = self._video.codec_context.decode(None)
        except av.error.FFmpegError:
            frames = []
        self._video.codec_context.flush_buffers()
        return self._encode(frames)

    def _encode(self, frames: list[Any]) -> list[Any]:
        packets: list[Any] = []
        for frame in frames:
            if (frame.width, frame.height) != self._size:
                raise StreamChanged("the picture's size changed")
            pts, key = self._time(frame)
            if self._filler is None:
                packets += self.encoder.encode(frame, pts, key=key)
            else:
                packets += self._filled(self._filler, frame, pts, key)
        return packets

    def _filled(self, filler: Filler, frame: Any, pts: int, key: bool) -> list[Any]:
        """Return a picture's packets with the masks filled; whatever goes wrong, nothing else."""
        try:
            return self.encoder.encode(filler.fill(frame), pts, key=key)
        except Exception:
            logger.exception("a picture's masks could not be filled")
            raise MediaError(FAILED) from None

    def _time(self, frame: Any) -> tuple[int, bool]:
        """Return when a picture is shown, in ticks that only rise, and whether it is key."""
        stamp = frame.pts if frame.pts is not None else frame.dts
        if stamp is None or frame.time_base is None:
            ticks = 0 if self._last is None else self._last + self._step
        else:
            ticks = round(stamp * frame.time_base * TICKS)
        if self._last is not None and ticks <= self._last:
            ticks = self._last + 1
        self._last = ticks
        if self._next_key is None or (self._as_sent is not None and frame.key_frame):
            self._next_key = ticks + self._first_key_ticks
            return ticks, True
        if ticks < self._next_key - self._step // 2:
            return ticks, False
        every = round(KEY_EVERY_S * TICKS)
        while self._next_key <= ticks + self._step // 2:
            self._next_key += every
        return ticks, True

    @property
    def holds_back(self) -> bool:
        """Tell whether the decoder may hold pictures of before, which others come ahead of."""
        return bool(self._video.codec_context.has_b_frames)

    def restart(self) -> None:
        """Begin anew after the source's timestamps jumped."""
        self._last = self._next_key = None
