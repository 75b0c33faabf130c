"""Whether one zone of the view lost its detail while the rest may have kept it.

A drop, mud or a rag before the lens may hide a danger zone and leave three quarters of the view as
it was. So a zone's own cells are asked. In nine places (real mine pictures, loops, the bank) a
drop, a grey half or half a cloth over a zone took the detail of 0.62 to 1.0 of it, and mud of 0.8
and more; infrared light, half of the light, a spider's web and lamps that went out 0.43 at most. A
plain car that stands there takes as much as a drop (0.27 to 1.0), and so does water over all of it:
the zone is not seen then either, but for them it is told late.
"""

from functools import lru_cache

import cv2
import numpy as np

from workers.geometry import Polygon
from workers.vision.places import COLUMNS, ROWS
from workers.vision.scenery import Scenery

# So much of a zone that can tell without its usual detail: it is not seen.
HIDDEN = 0.6
# So much of a zone must have had detail to tell by.
TELLS = 0.5
_FINE = 20


def veiled(scenery: Scenery, polygon: Polygon) -> float | None:
    """Return how much of a zone lost its detail in the last look; None where it cannot tell."""
    if scenery.textured is None or scenery.dulled is None:
        return None
    shares = _shares(polygon)
    tells = float(shares[scenery.textured].sum())
    if tells <= TELLS * float(shares.sum()):
        return None
    return float(shares[scenery.dulled].sum()) / tells


@lru_cache(maxsize=1024)
def _shares(polygon: Polygon) -> np.ndarray:
    """Return how much of each cell a zone covers, (cells,)."""
    high, wide = ROWS * _FINE, COLUMNS * _FINE
    drawn = np.zeros((high, wide), np.uint8)
    corners = np.array([(x * wide, y * high) for x, y in polygon])
    cv2.fillPoly(drawn, [np.round(corners).astype(np.int32)], 1)
    return drawn.reshape(ROWS, _FINE, COLUMNS, _FINE).mean(axis=(1, 3)).ravel()
