"""A machine's drawn region cut out of a picture, small; and whether it can be judged at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from workers.geometry import Polygon
from workers.words import sentence

# What a region shows, and so how it is read.
LOOKS = ("drum", "rope", "belt", "car", "lamp")
# Looks of things that move along the region's long side: the region is turned to lie flat.
ALONG = ("rope", "belt")
PATCH_PX = 40
STRIP_PX = (96, 24)
# The shorter and the longer side in pixels, below which nobody could tell.
SMALLEST_PX = {"drum": (12, 12), "rope": (4, 32), "belt": (10, 24), "car": (12, 12), "lamp": (4, 4)}
Boxes = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Region:
    """How a polygon is cut out of a picture of one size.

    `matrix` (2, 3) takes the picture's pixels to the patch's cells; `inside` (H, W) is the
    polygon's mask in cells; `box` is its bounding box in fractions of the picture.
    """

    window: tuple[int, int, int, int]  # left, top, right, bottom in pixels
    thin: tuple[int, int]  # the window made smaller to this width and height
    turn: np.ndarray | None  # (2, 3), from thin cells to those of a strip that lies flat
    flat: tuple[int, int]  # the strip's width and height before it is made small
    matrix: np.ndarray
    inside: np.ndarray
    box: tuple[float, float, float, float]
    picture: tuple[int, int]  # width, height

    def cut(self, luma: np.ndarray) -> np.ndarray:
        """Return the patch (H, W) uint8 of a picture's luma."""
        left, top, right, bottom = self.window
        part = luma[top:bottom, left:right]
        if self.thin != (right - left, bottom - top):
            part = cv2.resize(part, self.thin, interpolation=cv2.INTER_AREA)
        if self.turn is not None:
            part = cv2.warpAffine(part, self.turn, self.flat, borderMode=cv2.BORDER_REPLICATE)
            size = (self.inside.shape[1], self.inside.shape[0])
            part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(part)

    def people(self, boxes: Boxes) -> np.ndarray:
        """Return the mask of cells where people are, with a margin for limbs and lamps."""
        mask = np.zeros(self.inside.shape, np.uint8)
        width, height = self.picture
        for left, top, right, bottom in boxes:
            out_x, out_y = 0.2 * (right - left), 0.06 * (bottom - top)
            a, b = (left - out_x) * width, (right + out_x) * width
            c, d = (top - out_y) * height, (bottom + out_y) * height
            corners = np.array([[a, c, 1], [b, c, 1], [b, d, 1], [a, d, 1]]) @ self.matrix.T
            cv2.fillConvexPoly(mask, np.round(corners - 0.5).astype(np.int32), 1)
        return mask.astype(bool)

    def without(self, written: np.ndarray | None) -> "Region":
        """Return the region less what a camera writes over it, itself where that is nothing.

        written: where that is, a mask of a picture of any size. What is left may be empty.
        """
        if written is None or not written.any():
            return self
        over = self.cut(cv2.resize(written.astype(np.uint8) * 255, self.picture)) > 0
        return replace(self, inside=self.inside & ~over) if over[self.inside].any() else self

    def is_near(self, boxes: Boxes) -> bool:
        """Tell whether anybody is within about a body's width of the region."""
        x1, y1, x2, y2 = self.box
        for left, top, right, bottom in boxes:
            wide, high = right - left, bottom - top
            if left - wide < x2 and right + wide > x1 and top - high / 4 < y2 and bottom > y1:
                return True
        return False


@lru_cache(maxsize=256)
def region(roi: Polygon, width: int, height: int, look: str) -> Region:
    """Return how to cut a polygon out of pictures of a size in pixels."""
    xs, ys = [p[0] for p in roi], [p[1] for p in roi]
    box = (min(xs), min(ys), max(xs), max(ys))
    left, top = min(int(box[0] * width), width - 1), min(int(box[1] * height), height - 1)
    right, bottom = max(left + 1, round(box[2] * width)), max(top + 1, round(box[3] * height))
    right, bottom = min(right, width), min(bottom, height)
    wide, high = right - left, bottom - top
    points = np.array([(x * width - left, y * height - top) for x, y in roi], np.float32)
    if look in ALONG:
        thin, turn, flat = _flat(points, wide, high)
        # A wide region is squeezed across: what counts is how it changes along.
        size = (min(flat[0], STRIP_PX[0]), min(flat[1], STRIP_PX[1]))
    else:
        scale = min(1.0, PATCH_PX / max(wide, high))
        thin = size = (max(1, round(wide * scale)), max(1, round(high * scale)))
        turn, flat = None, thin
    x, y = thin[0] / wide, thin[1] / high
    matrix = np.array([[x, 0, -left * x], [0, y, -top * y]])
    if turn is not None:
        squeeze = np.diag([size[0] / flat[0], size[1] / flat[1]])
        matrix = squeeze @ turn @ np.vstack([matrix, [0, 0, 1]])
    pixels = points + (left, top)
    cells = np.hstack([pixels, np.ones((len(pixels), 1))]) @ matrix.T
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(mask, [np.round(cells - 0.5).astype(np.int32)], 1)
    inside = mask.astype(bool) if mask.any() else np.ones(mask.shape, bool)
    window = (left, top, right, bottom)
    return Region(window, thin, turn, flat, matrix, inside, box, (width, height))


def _flat(
    points: np.ndarray, wide: int, high: int
) -> tuple[tuple[int, int], np.ndarray, tuple[int, int]]:
    """Return thin size, turn and size of a strip along the longer side of the region."""
    (x, y), (a, b), angle = cv2.minAreaRect(points)
    if a < b:
        a, b, angle = b, a, angle + 90
    scale = min(1.0, 4 * STRIP_PX[0] / max(a, 1.0))
    thin = (max(1, round(wide * scale)), max(1, round(high * scale)))
    size = (max(4, round(a * scale)), max(4, round(b * scale)))
    turn = cv2.getRotationMatrix2D((x * scale, y * scale), angle, 1.0)
    turn[0, 2] += size[0] / 2 - x * scale
    turn[1, 2] += size[1] / 2 - y * scale
    return thin, turn, size


@lru_cache(maxsize=256)
def too_small(roi: Polygon, width: int, height: int, look: str) -> str:
    """Say in words that a region is too small to judge in pictures of this size, or "" if not."""
    points = np.array([(x * width, y * height) for x, y in roi], np.float32)
    sides = sorted(cv2.minAreaRect(points)[1])
    short, long = SMALLEST_PX[look]
    if sides[0] >= short - 0.5 and sides[1] >= long - 0.5:
        return ""
    return sentence(
        f"the region is too small to judge: {sides[1]:.0f} x {sides[0]:.0f} pixels in a picture of "
        f"{width} x {height}; a {look} needs {long} x {short}"
    )
