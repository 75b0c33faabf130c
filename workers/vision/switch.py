"""Whether the light of the whole picture was switched a moment ago, and still settles.

A camera that goes over to infrared light, or a lamp that is switched on, changes every cell at once
and leads the exposure along for seconds: little that changes then is movement.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

# The whole picture so many times as bright or as dark at once is lit by other lamps; its exposure
# has settled after so long. So many grey levels, in the steps of the bands, are taken for black: a
# dark picture's noise is no light.
RELIT, SETTLE_S, BLACK = 1.5, 4.0, 4 * 64
# A cell is burnt from so many grey levels on, and takes along what touches it: what is burnt grows
# and shrinks with the exposure.
BURNT = 250
SETTLES = "the light of the picture has just changed"


@dataclass
class Switch:
    """When the whole picture's light last changed at once."""

    # How bright the whole picture was at the last look, in the steps of the bands.
    level: float | None = None
    relit_t: float = -1e18
    # The last change of all, of a lamp that goes on and off the whole time as well.
    stepped_t: float = -1e18

    def see(self, bands: np.ndarray, t: float) -> bool:
        """Take bands_of() a picture; tell whether earlier ones show another light.

        A lamp that goes on and off counts once: nothing could ever be told beside it.
        """
        now = float(bands.mean()) + BLACK
        then, self.level = now if self.level is None else self.level, now
        if max(now, then) <= RELIT * min(now, then):
            return False
        if t - self.stepped_t >= SETTLE_S:
            self.relit_t = t
        self.stepped_t = t
        return self.settles(t)

    def settles(self, t: float) -> bool:
        """Tell whether the exposure may not have settled yet."""
        return 0 <= t - self.relit_t < SETTLE_S

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {"level": self.level, "relit_t": self.relit_t, "stepped_t": self.stepped_t}

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Switch":
        """Rebuild from dump()."""
        return cls(**data)


def burnt(patch: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return the mask of cells that are burnt in either patch, or beside one that is."""
    cells = (cv2.max(patch, before) >= BURNT).astype(np.uint8)
    return cv2.dilate(cells, np.ones((3, 3), np.uint8)).astype(bool)
