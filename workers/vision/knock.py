"""A camera that was knocked a little: how far its whole view lies aside of its reference.

That is too little to be another view, and enough to take a thin rope out of the region that was
drawn for it, in which everything stands then. So what is drawn goes along.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from workers.vision.patch import find, peak
from workers.vision.way import Way

# Patches over the small picture, of so many pixels; each must show a pattern, and is looked for so
# far off. Farther, the camera is told to have been moved.
COLUMNS, ROWS, PATCH, REACH = 10, 6, 11, 9
PATTERN = 4.0
# A patch is found from this correlation on, where no other place is nearly as like it.
FOUND, SECOND, NEAR_PX = 0.6, 0.9, 2
# So many must be found, and so large a share of those that show a pattern must have gone the same
# way to so many pixels.
LEAST, MOST, AGREE_PX = 8, 0.5, 0.75
# That the view was turned or zoomed, too, is taken only where so many times as many fit.
MORE = 1.2
# Less, in pixels of the small picture, is no knock; and so many looks must tell the same within so
# many: of a camera that shakes by a pixel two do by chance every half minute.
KNOCK_PX, SAME_PX, LOOKS = 1.0, 0.5, 3
# Its two halves are looked for first, so far around where they lay: what is as like this there, and
# nowhere beside, still lies there, and no patch need be asked.
NEAR, ALIKE = 2, 0.5


@dataclass
class Knock:
    """How far a view lies aside of how it lay at first.

    lain: how far its reference does, which may have been taken after a knock; maybe: what the last
    looks told, which the next must tell, too. Where no look can tell, as in the dark, what was
    known stays.
    """

    way: Way = Way()
    lain: Way = Way()
    maybe: list[Way] = field(default_factory=list)

    def observe(self, reference: np.ndarray, pattern: np.ndarray) -> None:
        """Take one look: both (H, W) uint8, relative to their local mean, of the same shape."""
        shape = reference.shape
        known = self.way.beyond(self.lain)
        seen = None if _stays(reference, pattern, known) else aside(reference, pattern)
        if seen is None:
            self.maybe = []
            return
        same = [one for one in self.maybe if one.beyond(seen).far(shape) <= SAME_PX]
        self.maybe = [*same, seen][-LOOKS:]
        if len(self.maybe) < LOOKS:
            return
        if seen.far(shape) < KNOCK_PX:
            seen = Way()
        if seen.beyond(known).far(shape) > SAME_PX:
            there = (lain + more for lain, more in zip(self.lain, seen, strict=True))
            self.way = Way(*(round(one, 5) for one in there))

    def __bool__(self) -> bool:
        """Tell whether the view is known to lie aside."""
        return bool(self.way)

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {"way": self.way, "lain": self.lain, "maybe": self.maybe}

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Knock":
        """Rebuild from dump(), also of one of before views were turned."""
        way = data.get("way", (data.get("right", 0.0), data.get("down", 0.0)))
        maybe = [Way(*one) for one in data.get("maybe", [])] if "way" in data else []
        return cls(Way(*way), Way(*data.get("lain", ())), maybe)

    def anew(self) -> "Knock":
        """Return what is known where a reference is taken anew, of the view as it lies."""
        return Knock(self.way, self.way)


def aside(reference: np.ndarray, pattern: np.ndarray) -> Way | None:
    """Return the way that most of a view went, of both (H, W) uint8; None where unsure."""
    height, width = reference.shape
    if min(height, width) < 2 * PATCH or reference.shape != pattern.shape:
        return None
    padded = cv2.copyMakeBorder(pattern, *(REACH,) * 4, cv2.BORDER_REPLICATE)
    told, places, found = 0, [], []
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
            places.append((left + PATCH / 2 - width / 2, top + PATCH / 2 - height / 2))
            found.append((at[0] - REACH, at[1] - REACH))
    if len(found) < LEAST:
        return None
    ways = np.array(found)
    near = np.abs(ways - np.median(ways, axis=0)).max(axis=1) <= AGREE_PX
    turned, fits = _turned(np.array(places), ways, (height, width))
    if turned is not None and fits >= max(LEAST, MOST * told, MORE * near.sum()):
        return turned
    if near.sum() < max(LEAST, MOST * told):
        return None
    right, down = ways[near].mean(axis=0)
    return Way(float(right) / width, float(down) / height)


def _turned(places: np.ndarray, ways: np.ndarray, shape: tuple[int, int]) -> tuple[Way | None, int]:
    """Return a push, turn and zoom that many patches tell together, and how many do.

    places, ways: (N, 2) pixels, from the middle of a picture of a shape (H, W).
    """
    movement, fits = cv2.estimateAffinePartial2D(
        places.astype(np.float32), (places + ways).astype(np.float32),
        method=cv2.RANSAC, ransacReprojThreshold=AGREE_PX,
    )  # fmt: skip
    if movement is None:
        return None, 0
    (a, b, right), (c, d, down) = ((float(v) for v in row) for row in movement)
    height, width = shape
    way = Way(
        right / width, down / height, a - 1, b * height / width, c * width / height, d - 1
    )  # fmt: skip
    # Farther than any patch is looked for nothing is known.
    return (way if way.far(shape) <= REACH else None), int(fits.sum())


def _stays(reference: np.ndarray, pattern: np.ndarray, known: Way) -> bool:
    """Tell whether both halves of the view lie where they were known to lie."""
    height, width = reference.shape
    rim = REACH + NEAR
    if min(height, width) < 4 * rim or reference.shape != pattern.shape:
        return False
    middle = width // 2
    for left, right in ((rim, middle), (middle, width - rim)):
        off = known.off(((left + right) / 2 / width, 0.5))
        there = (off[0] * width, off[1] * height)
        x, y = (max(-REACH, min(REACH, round(v))) for v in there)
        half = reference[rim : height - rim, left:right]
        around = pattern[REACH + y : height - REACH + y, left - NEAR + x : right + NEAR + x]
        likeness = cv2.matchTemplate(around, half, cv2.TM_CCOEFF_NORMED)
        _, best, _, (column, row) = cv2.minMaxLoc(likeness)
        found_x = x - NEAR + peak(likeness[row], column)
        found_y = y - NEAR + peak(likeness[:, column], row)
        apart = math.hypot(found_x - there[0], found_y - there[1])
        if best < ALIKE or apart > SAME_PX:
            return False
    return True
