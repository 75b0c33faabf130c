"""Polygons on a picture, in fractions of it, x right and y down."""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

Point = tuple[float, float]
Polygon = tuple[Point, ...]


def distance_inside(polygon: Polygon, point: Point, aspect: float) -> float:
    """Return how far inside the point lies, in picture heights; negative outside.

    aspect: the picture's width by its height, so that both directions count alike.
    """
    outline = contour(polygon, round(aspect, 4))
    return cv2.pointPolygonTest(outline, (point[0] * aspect, point[1]), True)


@lru_cache(maxsize=256)
def contour(polygon: Polygon, aspect: float) -> np.ndarray:
    """Return a polygon's corners (N, 2) float32 in picture heights."""
    return np.array([(x * aspect, y) for x, y in polygon], np.float32)


def crosses_itself(polygon: Sequence[Point]) -> bool:
    """Tell whether two sides meet that do not follow one another."""
    count = len(polygon)
    sides = [(polygon[i], polygon[(i + 1) % count]) for i in range(count)]
    for i in range(count):
        for j in range(i + 1, count):
            neighbours = j == i + 1 or (i == 0 and j == count - 1)
            if neighbours:
                if _folds_back(sides[i], sides[j], i == 0 and j == count - 1 and count > 2):
                    return True
            elif _meet(*sides[i], *sides[j]):
                return True
    return False


def is_line(polygon: Sequence[Point]) -> bool:
    """Tell whether all points lie on one line, or are one point."""
    ends = max(polygon), min(polygon)
    return all(abs(_turn(*ends, point)) < 1e-9 for point in polygon)


def area(polygon: Sequence[Point]) -> float:
    """Return the area as a fraction of the picture."""
    ends = [*polygon[1:], polygon[0]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, ends, strict=True))) / 2


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _within(a: Point, b: Point, c: Point) -> bool:
    """Tell whether c, known to be on the line of a and b, is between them."""
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    t1, t2, t3, t4 = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if t1 * t2 < 0 and t3 * t4 < 0:
        return True
    return (
        (t1 == 0 and _within(a, b, c))
        or (t2 == 0 and _within(a, b, d))
        or (t3 == 0 and _within(c, d, a))
        or (t4 == 0 and _within(c, d, b))
    )


def _folds_back(one: tuple[Point, Point], other: tuple[Point, Point], wraps: bool) -> bool:
    """Tell whether the second of two sides that share a corner runs back over the first."""
    (a, b), (c, d) = (other, one) if wraps else (one, other)
    if _turn(a, b, d) != 0:
        return False
    return (b[0] - a[0]) * (d[0] - c[0]) + (b[1] - a[1]) * (d[1] - c[1]) < 0
