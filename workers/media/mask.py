"""Masks that are filled before a picture is recorded, so that what they hide is on no disk.

The recorder decodes such a camera's pictures, fills its masks and encodes anew. Where it does not
know the masks, cannot fill them or falls behind, it records nothing and says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import av
import av.error
import cv2
import numpy as np

from workers.words import sentence

__all__ = ["BEHIND", "FAILED", "REASONS", "UNKNOWN", "Backlog", "Filler", "Masks", "told_by"]

UNKNOWN = sentence("the masks are not known: nothing is recorded until they are")
FAILED = sentence("the masks could not be filled: nothing is recorded without them")
BEHIND = sentence("filling the masks takes longer than the pictures last")
REASONS = (UNKNOWN, FAILED, BEHIND)

# So long the camera's buffers and ours hold what waits; beyond it they lose pictures unseen.
BEHIND_S = 8.0
REORDERED_S = 1.0  # a time that falls back by more is a new beginning
# The colour of cover.py, a grey of 24, as luma and chroma.
LUMA, CHROMA = 37, 128
COMMENT = re.compile(r"masks filled, scene version (\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Masks:
    """What is filled in a recording: the scene's version and polygons in fractions of the picture.

    polygons: None while they are not known, which means that nothing may be recorded.
    """

    version: int
    polygons: tuple[tuple[tuple[float, float], ...], ...] | None

    @property
    def comment(self) -> str:
        """What the recorded file says of itself."""
        return f"masks filled, scene version {self.version}"


def told_by(data: bytes) -> int | None:
    """Return the scene version whose masks a recorded file says are filled in it, else None."""
    try:
        with av.open(BytesIO(data), mode="r") as container:
            found = COMMENT.fullmatch(container.metadata.get("comment", ""))
    except (av.error.FFmpegError, ValueError):
        return None
    return int(found[1]) if found else None


class Filler:
    """Fills masks into pictures of one size; what it returns is a copy in YUV 4:2:0."""

    def __init__(self, masks: Masks, width: int, height: int) -> None:
        self._size = (width, height)
        luma = np.zeros((height, width), np.uint8)
        for polygon in masks.polygons or ():
            points = np.array([[x * width, y * height] for x, y in polygon], np.float64)
            cv2.fillPoly(luma, [np.rint(points).astype(np.int32)], 1)
        self._luma = luma.astype(bool)
        # A cell of colour goes where any of its four pixels is hidden.
        chroma = luma.reshape(height // 2, 2, width // 2, 2).max((1, 3)).astype(bool)
        self._chroma = np.concatenate([chroma, chroma])  # U, and V below it

    def fill(self, frame: Any) -> Any:
        """Return a decoded picture with the masks filled; the decoder's own stays as it is."""
        width, height = self._size
        planes = frame.reformat(width=width, height=height, format="yuv420p").to_ndarray()
        planes[:height][self._luma] = LUMA
        planes[height:].reshape(height, width // 2)[self._chroma] = CHROMA
        return av.VideoFrame.from_ndarray(planes, format="yuv420p")


class Backlog:
    """By how much the work on pictures is behind their coming, in seconds.

    That is the time that was spent on them beyond the time that they last.
    """

    def __init__(self) -> None:
        self.behind_s = 0.0
        self._newest_s: float | None = None

    def came(self, at_s: float) -> None:
        """Note the time of a picture that came, by the camera's clock, in whatever order."""
        newest_s = self._newest_s
        if newest_s is None or at_s < newest_s - REORDERED_S:
            self._newest_s = at_s
        elif at_s > newest_s:
            self.behind_s = max(0.0, self.behind_s - (at_s - newest_s))
            self._newest_s = at_s

    def worked(self, spent_s: float) -> bool:
        """Note the time that a picture took; return whether it is still worth going on."""
        self.behind_s += spent_s
        return self.behind_s <= BEHIND_S
