"""A camera that was knocked a little: how far its whole view lies aside of its reference.

That is too little to be another view, and enough to take a thin rope out of the region that was
drawn for it, in which everything stands then. So what is drawn for machines goes along.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import cv2
import numpy as np

from workers.geometry import Point
from workers.vision.boxes import Corners
from workers.vision.patch import find, peak

# Patches over the small picture, of so many pixels; each must show a pattern, and is looked for so
# far off. Farther, the camera is told to have been moved.
COLUMNS, ROWS, PATCH, REACH = 10, 6, 11, 9
PATTERN = 4.0
# A patch is found from this correlation on, where no other place is nearly as like it.
FOUND, SECOND, NEAR_PX = 0.6, 0.9, 2
# So many must be found, and so large a share of those that show a pattern must have gone the same
# way to so many pixels.
LEAST, MOST, AGREE_PX = 8, 0.5, 0.75
# Less, in pixels of the small picture, is no knock; and so many looks must tell the same within so
# many: of a camera that shakes by a pixel two do by chance every half minute.
KNOCK_PX, SAME_PX, LOOKS = 1.0, 0.5, 3
# What is drawn as near to the picture's rim as this goes on beyond it.
RIM = 0.015
# The whole picture is looked for first, so far around where it lay: what is as like as this there,
# and nowhere beside, still lies there, and no patch need be asked.
NEAR, ALIKE = 2, 0.5

# To the right and down: in pixels of the small picture, or in shares of a picture.
Off = tuple[float, float]


@dataclass
class Knock:
    """How far a view lies to the right and down of how it lay at first, in shares of the picture.

    lain: how far its reference does, which may have been taken after a knock; maybe: what the last
    looks told, in pixels, which the next must tell, too. Where no look can tell, as in the dark,
    what was known stays.
    """

    right: float = 0.0
    down: float = 0.0
    lain: Off = (0.0, 0.0)
    maybe: list[Off] = field(default_factory=list)

    def observe(self, reference: np.ndarray, pattern: np.ndarray) -> None:
        """Take one look: both (H, W) uint8, relative to their local mean, of the same shape."""
        height, width = reference.shape
        known = ((self.right - self.lain[0]) * width, (self.down - self.lain[1]) * height)
        off = None if _stays(reference, pattern, known) else aside(reference, pattern)
        if off is None:
            self.maybe = []
            return
        same = [one for one in self.maybe if _apart(one, off) <= SAME_PX]
        self.maybe = [*same, off][-LOOKS:]
        if len(self.maybe) < LOOKS:
            return
        if np.hypot(*off) < KNOCK_PX:
            off = (0.0, 0.0)
        if _apart(off, known) > SAME_PX:
            self.right = round(self.lain[0] + off[0] / width, 5)
            self.down = round(self.lain[1] + off[1] / height, 5)

    def __bool__(self) -> bool:
        """Tell whether the view is known to lie aside."""
        return bool(self.right or self.down)

    @property
    def aside(self) -> Off:
        """How far aside the view lies, in shares of the picture."""
        return self.right, self.down

    def share(self, shape: tuple[int, ...]) -> float:
        """Return how far aside, as a share of the diagonal of a picture of a shape (H, W)."""
        height, width = shape
        return float(np.hypot(self.right * width, self.down * height) / np.hypot(width, height))

    def beyond(self, right: float, down: float) -> "Knock":
        """Return how far it lies aside of where it lay when something was drawn."""
        return Knock(self.right - right, self.down - down)

    def shift(self, points: Sequence[Point]) -> tuple[Point, ...]:
        """Return where points lie in the picture now, or beyond it."""
        return tuple((x + self.right, y + self.down) for x, y in points)

    def carry(self, polygon: Sequence[Point]) -> tuple[Point, ...]:
        """Return where a polygon lies in the picture now; what reached its rim reaches it still."""
        if not self:
            return tuple(polygon)
        return tuple((_along(x, self.right), _along(y, self.down)) for x, y in polygon)

    def undone(self, luma: np.ndarray) -> np.ndarray:
        """Return a picture (H, W) as the camera would show it had nobody knocked it."""
        if not self:
            return luma
        height, width = luma.shape
        back = np.array([[1, 0, -self.right * width], [0, 1, -self.down * height]])
        return cv2.warpAffine(luma, back, (width, height), borderMode=cv2.BORDER_REPLICATE)

    def back(self, boxes: Sequence[Sequence[float]]) -> list[Corners]:
        """Return boxes of the picture as they lie in undone(), and one for each unseen rim."""
        right, down = self.right, self.down
        moved = [(a - right, b - down, c - right, d - down) for a, b, c, d in boxes]
        if right:
            moved.append((1 - right, 0.0, 1.0, 1.0) if right > 0 else (0.0, 0.0, -right, 1.0))
        if down:
            moved.append((0.0, 1 - down, 1.0, 1.0) if down > 0 else (0.0, 0.0, 1.0, -down))
        return moved

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return asdict(self)

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Knock":
        """Rebuild from dump()."""
        maybe = [(right, down) for right, down in data.get("maybe", [])]
        known = (data.get("right", 0.0), data.get("down", 0.0))
        right, down = data.get("lain", (0.0, 0.0))
        return cls(*known, (right, down), maybe)

    def anew(self) -> "Knock":
        """Return what is known where a reference is taken anew, of the view as it lies."""
        return Knock(self.right, self.down, (self.right, self.down))


def aside(reference: np.ndarray, pattern: np.ndarray) -> tuple[float, float] | None:
    """Return by how many pixels (right, down) most of a view lies aside; None where unsure."""
    height, width = reference.shape
    if min(height, width) < 2 * PATCH or reference.shape != pattern.shape:
        return None
    padded = cv2.copyMakeBorder(pattern, *(REACH,) * 4, cv2.BORDER_REPLICATE)
    told, found = 0, []
    for row, column in np.ndindex(ROWS, COLUMNS):
        left = round((column + 0.5) * width / COLUMNS) - PATCH // 2
        top = round((row + 0.5) * height / ROWS) - PATCH // 2
        patch = reference[max(0, top) : top + PATCH, max(0, left) : left + PATCH]
        if min(patch.shape) < PATCH or float(patch.std()) < PATTERN:
            continue
        told += 1
        side = PATCH + 2 * REACH
        place = padded[top : top + side, left : left + side]
        at = find(place, patch, least=FOUND, second=SECOND, near_px=NEAR_PX)
        if at is not None:
            found.append((at[0] - REACH, at[1] - REACH))
    if len(found) < LEAST:
        return None
    all_off = np.array(found)
    near = np.abs(all_off - np.median(all_off, axis=0)).max(axis=1) <= AGREE_PX
    if near.sum() < max(LEAST, MOST * told):
        return None
    right, down = all_off[near].mean(axis=0)
    return float(right), float(down)


def _stays(reference: np.ndarray, pattern: np.ndarray, known: tuple[float, float]) -> bool:
    """Tell whether the view as a whole lies where it was known to lie."""
    high, wide = reference.shape
    rim = REACH + NEAR
    if min(high, wide) < 4 * rim or reference.shape != pattern.shape:
        return False
    x, y = (max(-REACH, min(REACH, round(v))) for v in known)
    place = pattern[REACH + y : high - REACH + y, REACH + x : wide - REACH + x]
    likeness = cv2.matchTemplate(place, reference[rim:-rim, rim:-rim], cv2.TM_CCOEFF_NORMED)
    _, best, _, (left, top) = cv2.minMaxLoc(likeness)
    right = x - NEAR + peak(likeness[top], left)
    down = y - NEAR + peak(likeness[:, left], top)
    return best >= ALIKE and _apart((right, down), known) <= SAME_PX


def _along(value: float, by: float) -> float:
    if value <= RIM:
        by = min(by, 0.0)
    elif value >= 1 - RIM:
        by = max(by, 0.0)
    return min(1.0, max(0.0, value + by))


def _apart(one: Off, other: Off) -> float:
    return math.hypot(one[0] - other[0], one[1] - other[1])
