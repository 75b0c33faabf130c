"""Where a gauge's surroundings lie, so that its marks go along when the camera is knocked a little.

A camera that a blow moved by a few pixels shows nothing amiss, and each pixel is a centimetre. So
small patches around the gauge are remembered from when it was first read, and found again at each
reading: those above the water alone, for what the water mirrors moves with its level.
"""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from workers.geometry import Point
from workers.packing import pack_image, unpack_image
from workers.vision.patch import find
from workers.vision.way import Way

Marks = tuple[tuple[Point, float], ...]

# What is remembered: the marked line, so many of its lengths to the sides and above, made at most
# so large, and cut into patches.
BESIDE, ABOVE, LARGEST_PX = 0.6, 0.4, 128
COLUMNS, ROWS = 5, 5
# A patch is looked for this far off, as a share of what is remembered; and must show a pattern.
REACH, TEXTURE = 0.14, 4.0
# It is found from this correlation on, where no other place is nearly as like it: a staff's marks
# repeat, and a step of one mark is no step of the camera.
FOUND, SECOND, NEAR_PX = 0.7, 0.85, 3
# So many must agree to a pixel and a half, and be most of those that were found.
LEAST, AGREE_PX, MOST = 4, 1.5, 0.6
# Less, in pixels of what is remembered, is the error of the measurement.
STILL_PX = 1.0
# Until it was found again so often, what is remembered may have been a passing shadow.
SURE = 3


@dataclass
class Anchor:
    """The surroundings of marks: `picture` (h, w) uint8 as first seen, dry above the row `wet_row`.

    found: how often it was found again; lain: which way the marks had gone from where they were
    drawn when it was first seen, of a camera that had been knocked before.
    """

    marks: Marks = ()
    picture: np.ndarray | None = field(default=None, compare=False)
    wet_row: int = 0
    found: int = 0
    lain: Way = Way()

    def follow(self, luma: np.ndarray, marks: Marks, line_y: float, way: Way) -> Marks:
        """Return the marks where they lie in this picture (H, W).

        line_y: how far down the water stood at the last reading, as a share of the height; way:
        of the whole view since they were drawn, which tells it coarsely where the surroundings of
        the marks do not.
        """
        height, width = luma.shape
        left, top, right, bottom = _around(marks, width, height)
        coarsely = carried(marks, way)
        if right - left < 40 or bottom - top < 40:
            return coarsely
        now, factor = _shrunk(luma[top:bottom, left:right])
        wet_row = round((line_y * height - top) * factor)
        known = self.picture
        if known is not None and self.marks == marks and known.shape == now.shape:
            off = _shift(known, now, min(wet_row, self.wet_row))
            if off is not None:
                self.found = min(self.found + 1, SURE)
                if max(map(abs, off)) < STILL_PX:
                    return carried(marks, self.lain)
                dx, dy = off[0] / factor / width, off[1] / factor / height
                return carried(carried(marks, self.lain), Way(dx, dy))
            if self.found >= SURE:
                return coarsely
        self.marks, self.picture, self.wet_row, self.found = marks, now, wet_row, 0
        self.lain = way
        return coarsely

    def dump(self) -> list[Any] | None:
        """Return a JSON-like form."""
        if self.picture is None:
            return None
        return [self.marks, pack_image(self.picture), self.wet_row, self.found, self.lain]

    @classmethod
    def load(cls, data: list[Any] | None) -> "Anchor":
        """Rebuild from dump()."""
        if data is None:
            return cls()
        marks, packed, wet_row, found, *rest = data
        known = tuple(((x, y), metres) for (x, y), metres in marks)
        return cls(known, unpack_image(packed), wet_row, found, Way(*(rest[0] if rest else ())))


def carried(marks: Marks, way: Way) -> Marks:
    """Return marks where they lie in the picture now, or beyond it."""
    points = way.shift([point for point, _ in marks])
    return tuple((point, metres) for point, (_, metres) in zip(points, marks, strict=True))


def _around(marks: Marks, width: int, height: int) -> tuple[int, int, int, int]:
    x = [point[0] * width for point, _ in marks]
    y = [point[1] * height for point, _ in marks]
    long = max(max(x) - min(x), max(y) - min(y))
    left, right = min(x) - BESIDE * long, max(x) + BESIDE * long
    top, bottom = min(y) - ABOVE * long, max(y) + ABOVE * long
    return max(0, int(left)), max(0, int(top)), min(width, int(right)), min(height, int(bottom))


def _shrunk(part: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the part (h, w), made smaller if it is large, without noise; and by which factor."""
    factor = min(1.0, LARGEST_PX / max(part.shape))
    if factor < 1:
        size = (max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor)))
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(part, (3, 3), 0), factor


def _shift(before: np.ndarray, now: np.ndarray, wet_row: int) -> tuple[float, float] | None:
    """Return by how many pixels (right, down) most patches lie elsewhere, or None.

    wet_row: patches that reach below it are left out.
    """
    height, width = before.shape
    reach = round(REACH * max(height, width))
    found = []
    tall, wide = (height - 2 * reach) // ROWS, (width - 2 * reach) // COLUMNS
    if tall < 8 or wide < 8:
        return None
    for row in range(ROWS):
        for column in range(COLUMNS):
            y, x = reach + row * tall, reach + column * wide
            if y + tall > wet_row:
                continue
            patch = before[y : y + tall, x : x + wide]
            if patch.std() < TEXTURE:
                continue
            place = now[y - reach : y + tall + reach, x - reach : x + wide + reach]
            where = find(place, patch, least=FOUND, second=SECOND, near_px=NEAR_PX)
            if where is not None:
                found.append((where[0] - reach, where[1] - reach))
    if len(found) < LEAST:
        return None
    off = np.array(found)
    near = np.abs(off - np.median(off, axis=0)).max(axis=1) <= AGREE_PX
    if near.sum() < max(LEAST, MOST * len(found)):
        return None
    dx, dy = off[near].mean(axis=0)
    return float(dx), float(dy)
