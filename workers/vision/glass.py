"""An unlit lamp's glass and what is around it: light that falls on both lights no lamp.

Light multiplies. What a beam changes is smooth in the logarithm over the glass and the panel that
it sits in; a lamp that comes on changes its glass far more than anything beside it.
"""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from workers.packing import pack_image, unpack_image
from workers.vision.region import Region

# What is kept is so many cells wide and high; the glass is the middle of it.
CELLS = 18
# Grey levels that are taken for black.
DARK = 6.0
# In the logarithm: the glass may become brighter than the light lets expect by so much, and by this
# part of the light's own change more, up to that; and light that changed by less is the same.
CLOSE, PART, MOST, SAME = 0.04, 0.3, 0.13, 0.06
# Grey levels of colour that are noise; and a cell that is burnt does not tell how bright it is.
FAINT, BURNT = 8.0, 250
# Fewer cells around it tell nothing of the light.
LEAST = 24
LEARN = 0.1

# The glass and what is around it, and the mask of the glass.
View = tuple[np.ndarray, np.ndarray]


@dataclass
class Glass:
    """How the lamp and what is around it looked when it was last surely unlit.

    unlit: (CELLS, CELLS) uint8; chroma: of the glass then, None where it was seen in grey.
    """

    unlit: np.ndarray | None = field(default=None, compare=False)
    chroma: float | None = None

    def tells(self, view: View, chroma: float | None) -> bool | None:
        """Tell whether a lamp that seems lit is: False where it looks as unlit in the same light.

        None where it looks as an unlit lamp may in the light that falls on all of it now.
        """
        if self.unlit is None:
            return True
        now, inside = view
        gain = np.log((now + DARK) / (self.unlit + DARK))
        ring = ~_grown(inside) & (now < BURNT)
        if ring.sum() < LEAST:
            return None
        bright = inside & (now >= np.quantile(now[inside], 0.75))
        light = float(_light(gain, ring)[bright].mean())
        most = light + min(MOST, CLOSE + PART * max(0.0, light))
        if float(gain[bright].mean()) > most:
            return True
        then = chroma if self.chroma is None else self.chroma
        if chroma and then and chroma > float(np.exp(most)) * (then + FAINT):
            return True
        return False if abs(light) < SAME else None

    def learn(self, view: View, chroma: float | None) -> None:
        """Remember how it looks unlit."""
        now, _ = view
        if self.unlit is None:
            self.unlit, self.chroma = now.astype(np.uint8), chroma
            return
        mixed = self.unlit + LEARN * (now - self.unlit)
        # Rounded towards the new, or small differences would stay for ever.
        up = np.where(now > self.unlit, np.ceil(mixed), np.floor(mixed))
        self.unlit = up.astype(np.uint8)
        if chroma is not None:
            old = chroma if self.chroma is None else self.chroma
            self.chroma = old + LEARN * (chroma - old)

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        unlit = None if self.unlit is None else pack_image(self.unlit)
        return {"unlit": unlit, "chroma": self.chroma}

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Glass":
        """Rebuild from dump()."""
        unlit = data.get("unlit")
        return cls(None if unlit is None else unpack_image(unlit), data.get("chroma"))


def view_of(luma: np.ndarray, where: Region) -> View:
    """Return the window and as much again around it, small (CELLS, CELLS) float32, and its mask."""
    left, top, right, bottom = where.window
    wide, high = max(4, right - left), max(4, bottom - top)
    x, y = max(0, left - wide), max(0, top - high)
    outer = luma[y : bottom + high, x : right + wide]
    small = cv2.resize(outer, (CELLS, CELLS), interpolation=cv2.INTER_AREA).astype(np.float32)
    down, across = CELLS / outer.shape[0], CELLS / outer.shape[1]
    inside = np.zeros(small.shape, bool)
    a, b = int((left - x) * across), round((right - x) * across)
    c, d = int((top - y) * down), round((bottom - y) * down)
    inside[c : max(c + 1, d), a : max(a + 1, b)] = True
    return small, inside


def _grown(mask: np.ndarray) -> np.ndarray:
    """Return a mask and the cells beside it: a lamp glows beyond its glass."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)


def _light(gain: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """Return how much light changed everywhere, in the logarithm, as a ring of cells shows it."""
    y, x = np.mgrid[-1 : 1 : CELLS * 1j, -1 : 1 : CELLS * 1j].reshape(2, -1)
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    seen = ring.ravel()
    found = np.linalg.lstsq(terms[seen], gain.ravel()[seen], rcond=None)[0]
    light: np.ndarray = (terms @ found).reshape(gain.shape)
    return light
