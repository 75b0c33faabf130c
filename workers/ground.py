"""The ground plane: from a point of the picture to metres on the floor, by four known points."""

from collections.abc import Sequence
from functools import lru_cache
from math import hypot

import cv2
import numpy as np

Point = tuple[float, float]


class Plane:
    """A flat floor. image: four points in fractions of the picture; metres: the same on the floor.

    A homography through the four pairs; points at or above the horizon have no place (None).
    """

    def __init__(self, image: Sequence[Point], metres: Sequence[Point]) -> None:
        self.matrix = cv2.getPerspectiveTransform(
            np.asarray(image, np.float32), np.asarray(metres, np.float32)
        )
        # On which side of the horizon the floor lies.
        middle = np.mean(np.asarray(image, float), axis=0)
        self._side = float(np.sign(self._depth((float(middle[0]), float(middle[1])))))

    def _depth(self, point: Point) -> float:
        row = self.matrix[2]
        return float(row[0] * point[0] + row[1] * point[1] + row[2])

    def metres(self, point: Point) -> Point | None:
        """Return where on the floor a point of the picture is; None above the horizon."""
        depth = self._depth(point)
        if depth * self._side <= 1e-6:
            return None
        x, y, w = self.matrix @ np.array([point[0], point[1], 1.0])
        return float(x / w), float(y / w)

    def distance_m(self, one: Point, other: Point) -> float | None:
        """Return the distance on the floor between two points of the picture."""
        a, b = self.metres(one), self.metres(other)
        return None if a is None or b is None else hypot(a[0] - b[0], a[1] - b[1])


@lru_cache(maxsize=64)
def plane(image: tuple[Point, ...], metres: tuple[Point, ...]) -> Plane:
    """Return the plane through four pairs, made once."""
    return Plane(image, metres)
