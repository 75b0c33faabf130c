"""How a view lies aside of how it lay before: how far each point of it went, for small ways.

A camera that is knocked is pushed, turned and, by a lens that gave way, zoomed a little. Ways of a
few percent are added and taken off like numbers: what that leaves out is their product.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from workers.geometry import Point
from workers.vision.boxes import Corners

# What is drawn as near to the picture's rim as this goes on beyond it.
RIM = 0.015
# How far a way goes is asked in the picture's middle, and this far from its corners.
CORNERS = tuple((x, y) for x in (0.1, 0.9) for y in (0.1, 0.9))

# To the right and down, in shares of a picture.
Off = tuple[float, float]


class Way(NamedTuple):
    """How far each point went to the right and down, in shares of the picture.

    right, down: in its middle; wide, lean: how much farther to the right what lies to the right of
    the middle, and below it; tilt, tall: how much farther down. No way at all is false.
    """

    right: float = 0.0
    down: float = 0.0
    wide: float = 0.0
    lean: float = 0.0
    tilt: float = 0.0
    tall: float = 0.0

    def __bool__(self) -> bool:
        """Tell whether anything went anywhere."""
        return any(self)

    def off(self, point: Point) -> Off:
        """Return how far a point went."""
        x, y = point[0] - 0.5, point[1] - 0.5
        return (
            self.right + self.wide * x + self.lean * y,
            self.down + self.tilt * x + self.tall * y,
        )

    def beyond(self, other: "Way") -> "Way":
        """Return how much farther this way goes than another."""
        return Way(*(one - two for one, two in zip(self, other, strict=True)))

    def far(self, shape: tuple[int, ...]) -> float:
        """Return how far it goes at most, in pixels of a picture of a shape (H, W)."""
        height, width = shape
        ways = (self.off(point) for point in ((0.5, 0.5), *CORNERS))
        return max(math.hypot(right * width, down * height) for right, down in ways)

    def share(self, shape: tuple[int, ...]) -> float:
        """Return how far it goes at most, as a share of the diagonal of a picture (H, W)."""
        return self.far(shape) / math.hypot(*shape)

    def shift(self, points: Sequence[Point]) -> tuple[Point, ...]:
        """Return where points lie in the picture now, or beyond it."""
        if not self:
            return tuple(points)
        return tuple((x + right, y + down) for x, y in points for right, down in [self.off((x, y))])

    def carry(self, polygon: Sequence[Point]) -> tuple[Point, ...]:
        """Return where a polygon lies in the picture now; what reached its rim reaches it still."""
        if not self:
            return tuple(polygon)
        return tuple(
            (_along(x, right), _along(y, down))
            for x, y in polygon
            for right, down in [self.off((x, y))]
        )

    def undone(self, luma: np.ndarray) -> np.ndarray:
        """Return a picture (H, W) as the camera would show it had nothing gone anywhere."""
        if not self:
            return luma
        height, width = luma.shape
        ratio = width / height
        right, down = self.off((0.0, 0.0))
        there = np.array([
            [1 + self.wide, self.lean * ratio, right * width],
            [self.tilt / ratio, 1 + self.tall, down * height],
        ])  # fmt: skip
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(
            luma, there, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )

    def back(self, boxes: Sequence[Sequence[float]]) -> list[Corners]:
        """Return boxes of the picture as they lie in undone(), and one for each unseen rim."""
        moved: list[Corners] = []
        for a, b, c, d in boxes:
            right, down = self.off(((a + c) / 2, (b + d) / 2))
            moved.append((a - right, b - down, c - right, d - down))
        if not self:
            return moved
        corners = {(x, y): self.off((x, y)) for x in (0.0, 1.0) for y in (0.0, 1.0)}
        left = max(-corners[0.0, y][0] for y in (0.0, 1.0))
        right = max(corners[1.0, y][0] for y in (0.0, 1.0))
        top = max(-corners[x, 0.0][1] for x in (0.0, 1.0))
        bottom = max(corners[x, 1.0][1] for x in (0.0, 1.0))
        if right > 0:
            moved.append((1 - right, 0.0, 1.0, 1.0))
        if left > 0:
            moved.append((0.0, 0.0, left, 1.0))
        if bottom > 0:
            moved.append((0.0, 1 - bottom, 1.0, 1.0))
        if top > 0:
            moved.append((0.0, 0.0, 1.0, top))
        return moved


STAYED = Way()


def _along(value: float, by: float) -> float:
    if value <= RIM:
        by = min(by, 0.0)
    elif value >= 1 - RIM:
        by = max(by, 0.0)
    return min(1.0, max(0.0, value + by))
