"""Whether a car came to stand in a region, or left it: the pictures before and after look alike.

What is told apart is the way between. Of all that differs in the end from before, a car that comes
in covers nothing at first, and moves there last; one that leaves uncovers it from the beginning,
and moves elsewhere last: at the region's rim.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from workers.packing import pack_image, unpack_image
from workers.vision import movement

# A region is at rest after so long, in seconds, without movement; less is a stop on the way.
REST_S = 0.7
# A car that stands makes so much of the region differ, and of that so much must still do so.
LEAST, STAYS = 0.10, 0.6
# Of what differs in the end: how much of it did so in the mean of the way, at most; and the part of
# the last movement that was there, at least. Cars that come in have 0.4 to 0.6 and 0.8 to 1.0,
# such as leave 0.8 to 0.95 and 0.0 to 0.7.
COVERED, LAST = 0.6, 0.75
# The rim, as a part of the region's shorter side, and how much of the last movement may be there,
# as a multiple of its share of the region: cars that leave have 1.4 and more, such as come in 0.5
# to 0.9, but for some that roll out slowly, of which nothing is then known.
RIM, AT_RIM = 0.1, 0.9
# The part of the region that moves as long as anything does.
LEAST_MOVING = 0.02
# More looks than this at one movement are no passing car.
MOST = 250


@dataclass
class Arrival:
    """What a car's region looked like at rest, and how it came to look as it does now."""

    rest: np.ndarray | None = None
    # While something moves: in how many looks each cell differed from the rest, of how many; the
    # cells that moved last, 0 or 1; and when.
    differed: np.ndarray | None = None
    looks: int = 0
    last: np.ndarray | None = None
    moved_t: float = -1e18
    # The cells that a standing car makes differ from the rest before it, 0 or 1.
    car: np.ndarray | None = None

    def see(
        self,
        patch: np.ndarray,
        visible: np.ndarray,
        noise: float,
        moving: np.ndarray | None,
        t: float,
        *,
        lamps: bool = False,
    ) -> bool:
        """Take a patch, and the mask of what moves in it, if it does; tell whether a car stands.

        lamps: somebody's cap lamp may play on the region.
        """
        if self.rest is None or self.rest.shape != patch.shape:
            self.rest, self.differed, self.last, self.car, self.looks = patch, None, None, None, 0
            return False
        differs = movement.changed(patch, self.rest, visible, noise, lamps=lamps)
        if moving is not None:
            self._go(differs, moving, t)
            return False
        if self.differed is not None and t - self.moved_t >= REST_S - 1e-6:
            self._settle(patch, differs, visible)
        if self.car is None:
            if self.differed is None:
                self.rest = np.where(visible, patch, self.rest)
            return False
        place = self.car.astype(bool) & visible
        return bool(place.any() and differs[place].mean() >= STAYS)

    def _go(self, differs: np.ndarray, moving: np.ndarray, t: float) -> None:
        """Take a look at something that moves."""
        if self.differed is None or self.last is None:
            self.differed, self.last = np.zeros((2, *differs.shape), np.uint8)
            self.looks = 0
        self.moved_t = t
        if moving.sum() < LEAST_MOVING * moving.size:
            return  # it moved a moment ago
        self.looks += 1
        if self.looks <= MOST:
            self.differed = self.differed + differs.astype(np.uint8)
        self.last = moving.astype(np.uint8)

    def _settle(self, patch: np.ndarray, differs: np.ndarray, visible: np.ndarray) -> None:
        """Judge a way that has come to its end."""
        assert self.differed is not None
        assert self.last is not None
        covered = (
            float(self.differed[differs].mean()) / max(1, self.looks) if differs.any() else 1.0
        )
        last = self.last.astype(bool) & visible
        there = float(differs[last].mean()) if last.any() else 0.0
        came = self.looks <= MOST and float(differs[visible].mean()) >= LEAST
        rim = visible & ~_inner(visible)
        at_rim = float(rim[last].mean()) if last.any() else 1.0
        came = came and covered <= COVERED and there >= LAST
        came = came and at_rim <= AT_RIM * float(rim[visible].mean())
        self.car = differs.astype(np.uint8) if came else None
        if not came:
            self.rest = patch
        self.differed, self.last, self.looks = None, None, 0

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        pictures = (self.rest, self.differed, self.last, self.car)
        packed = [None if one is None else pack_image(one) for one in pictures]
        return {"pictures": packed, "looks": self.looks, "moved_t": self.moved_t}

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Arrival":
        """Rebuild from dump()."""
        rest, differed, last, car = (
            None if one is None else unpack_image(one) for one in data["pictures"]
        )
        return cls(rest, differed, data["looks"], last, data["moved_t"], car)


def _inner(visible: np.ndarray) -> np.ndarray:
    """Return the mask of a region without its rim."""
    rim = max(1, round(RIM * min(visible.shape)))
    kernel = np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)
    padded = np.pad(visible.astype(np.uint8), 1)
    return cv2.erode(padded, kernel)[1:-1, 1:-1].astype(bool)
