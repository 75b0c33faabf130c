"""The ground plane: from a point of the picture to metres on the floor, by four known points."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import hypot
from typing import Any

import cv2
import numpy as np

from workers import checks
from workers.checks import SceneError
from workers.geometry import Point, Polygon, area, crosses_itself

# Three points whose triangle is less than this part of the largest of the four lie in a row.
IN_A_ROW = 0.01


@dataclass(frozen=True)
class Ground:
    """Four points of the ground in the picture and the same four in metres."""

    image: Polygon
    metres: tuple[Point, ...]


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
        self._side = float(np.sign(self.depth((float(middle[0]), float(middle[1])))))

    def depth(self, point: Point) -> float:
        """Return a number that is 0 on the horizon and has one sign on the floor."""
        row = self.matrix[2]
        return float(row[0] * point[0] + row[1] * point[1] + row[2])

    def metres(self, point: Point) -> Point | None:
        """Return where on the floor a point of the picture is; None above the horizon."""
        depth = self.depth(point)
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


def parse_ground(item: Any) -> Ground:
    """Check four points of the floor in the picture and in metres; SceneError where none fits."""
    raw = checks.keys(item, "ground", required=("image", "metres"))
    image = checks.points(raw["image"], "ground.image", 3)
    if len(image) != 4:
        raise SceneError("ground.image", "needs four points, found %(count)s", count=len(image))
    given = raw["metres"]
    if not isinstance(given, list | tuple) or len(given) != 4:
        raise SceneError("ground.metres", "needs four points")
    metres = tuple(
        checks.point(p, f"ground.metres[{i}]", -10_000, 10_000) for i, p in enumerate(given)
    )
    if area(metres) == 0 or crosses_itself(metres):
        raise SceneError("ground.metres", "the four points must enclose an area, in order")
    if crosses_itself(image):
        raise SceneError("ground.image", "crosses itself")
    for path, four in (("ground.image", image), ("ground.metres", metres)):
        if in_a_row(four):
            raise SceneError(path, "three of the four points lie in a row")
    floor = Plane(image, metres)
    sides = [floor.depth(point) * floor.depth(image[0]) for point in image]
    if min(sides) <= 0:
        text = (
            "the horizon would run between the four points: one of them is not on the floor, or "
            "they are in another order than their metres"
        )
        raise SceneError("ground.image", text)
    if any(floor.metres(corner) is None for corner in ((0.0, 1.0), (1.0, 1.0))):
        text = "the floor would end at a horizon below it: its far side must be the shorter one"
        raise SceneError("ground.image", text)
    return Ground(image, metres)


def in_a_row(points: Sequence[Point]) -> bool:
    """Tell whether three of four points lie nearly on one line."""
    threes = [area(three) for three in combinations(points, 3)]
    return min(threes) <= max(IN_A_ROW * max(threes), 1e-9)
