"""The pictures of a chunk while it is analysed, and the one that belongs to a finding."""

import logging
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.conf import settings

from apps.cameras.models import Chunk
from workers.media.decode import Frame, read_frames
from workers.media.errors import MediaError
from workers.vision.boxes import Box, Corners
from workers.vision.detector import Detector

__all__ = ["LastFrame", "TimedDetector", "still"]

log = logging.getLogger(__name__)


class LastFrame:
    """Passes frames on, remembers the newest for the camera's tile, and how long decoding took."""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self.frames = frames
        self.last: Frame | None = None
        self.took_s = 0.0

    def __iter__(self) -> Iterator[Frame]:
        while True:
            began = time.monotonic()
            frame = next(self.frames, None)
            self.took_s += time.monotonic() - began
            if frame is None:
                return
            self.last = frame
            yield frame

    @property
    def errors(self) -> int:
        """How many packets could not be decoded so far."""
        return int(getattr(self.frames, "errors", 0))


class TimedDetector:
    """A detector that remembers how long it took for one chunk; all else is the detector's own.

    Outside of the fold, which must do the same with the same chunk whatever a clock says.
    """

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self.took_s = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.detector, name)

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Box]]:
        """Find boxes, as the detector does."""
        began = time.monotonic()
        try:
            return self.detector.detect(pictures)
        finally:
            self.took_s += time.monotonic() - began

    def glance(self, picture: np.ndarray, part: Corners) -> list[Box] | None:
        """Look at a part of a picture, as the detector does; None where it cannot."""
        began = time.monotonic()
        try:
            own = getattr(self.detector, "glance", None)
            return None if own is None else own(picture, part)
        finally:
            self.took_s += time.monotonic() - began


def still(chunk: Chunk, at_s: float) -> bytes:
    """Return the frame nearest to a finding as JPEG; decoded anew, because findings are rare."""
    start_s = chunk.started_at.timestamp()
    best: Frame | None = None
    try:
        for frame in read_frames(settings.RING_DIR / chunk.path, start_s=start_s, fps=None):
            if best is None or abs(frame.t - at_s) <= abs(best.t - at_s):
                best = frame
    except MediaError as error:
        log.warning("no snapshot from chunk %s: %s", chunk.key, error)
    return best.jpeg(width=1280, quality=88) if best is not None else b""
