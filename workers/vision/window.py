"""The part of a picture around drawn zones, in few cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from workers.geometry import Polygon

# The window in cells; it reaches so far beyond them, in parts of the picture: cars are high.
CELLS = 26_000
ABOVE, BESIDE = 0.15, 0.04


@dataclass(frozen=True)
class Window:
    """The part of the picture that is looked at: pixels, and its size in cells."""

    left: int
    top: int
    right: int
    bottom: int
    wide: int
    high: int
    picture: tuple[int, int]

    def cut(self, luma: np.ndarray) -> np.ndarray:
        """Return the window's cells (H, W) uint8."""
        part = luma[self.top : self.bottom, self.left : self.right]
        return cv2.resize(part, (self.wide, self.high), interpolation=cv2.INTER_AREA)

    @property
    def cell(self) -> float:
        """Return a cell's height in pixels."""
        return (self.bottom - self.top) / self.high

    def box(self, x1: float, y1: float, x2: float, y2: float) -> tuple[float, float, float, float]:
        """Return cells as fractions of the picture."""
        width, height = self.picture
        x, y = (self.right - self.left) / self.wide, self.cell
        return (
            (self.left + x1 * x) / width, (self.top + y1 * y) / height,
            (self.left + x2 * x) / width, (self.top + y2 * y) / height,
        )  # fmt: skip

    def cells(self, box: Sequence[float]) -> tuple[int, int, int, int]:
        """Return a box in whole cells, within the window."""
        width, height = self.picture
        x, y = (self.right - self.left) / self.wide, self.cell
        x1, x2 = ((v * width - self.left) / x for v in (box[0], box[2]))
        y1, y2 = ((v * height - self.top) / y for v in (box[1], box[3]))
        return (
            max(0, min(self.wide, round(x1))), max(0, min(self.high, round(y1))),
            max(0, min(self.wide, round(x2))), max(0, min(self.high, round(y2))),
        )  # fmt: skip


@lru_cache(maxsize=64)
def window(zones: tuple[Polygon, ...], width: int, height: int) -> Window:
    """Return the window around zones in pictures of a size in pixels."""
    xs, ys = [x for z in zones for x, _ in z], [y for z in zones for _, y in z]
    left, right = max(0.0, min(xs) - BESIDE), min(1.0, max(xs) + BESIDE)
    top, bottom = max(0.0, min(ys) - ABOVE), min(1.0, max(ys) + BESIDE)
    x1, y1 = int(left * width), int(top * height)
    x2, y2 = max(x1 + 8, round(right * width)), max(y1 + 8, round(bottom * height))
    x2, y2 = min(x2, width), min(y2, height)
    scale = min(1.0, (CELLS / ((x2 - x1) * (y2 - y1))) ** 0.5)
    wide, high = max(8, round((x2 - x1) * scale)), max(8, round((y2 - y1) * scale))
    return Window(x1, y1, x2, y2, wide, high, (width, height))


@lru_cache(maxsize=64)
def covered(polygons: tuple[Polygon, ...], where: Window) -> np.ndarray:
    """Return the mask of a window's cells (H, W) in some polygons, with a rim."""
    mask = np.zeros((where.high, where.wide), np.uint8)
    width, height = where.picture
    x, y = (where.right - where.left) / where.wide, where.cell
    for polygon in polygons:
        corners = [((a * width - where.left) / x, (b * height - where.top) / y) for a, b in polygon]
        cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1)
    return cv2.dilate(mask, np.ones((5, 5), np.uint8)).astype(bool)
