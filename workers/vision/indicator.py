"""An indicator lamp: lit or not, by its brightness against what is around it, and by its hue."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

# Hues in degrees that each colour's lamp may have on a camera.
HUES = {
    "red": ((340, 360), (0, 20)),
    "amber": ((20, 65),),
    "green": ((65, 185),),
    "blue": ((185, 270),),
    "white": (),
}
# Glass that shines is brighter than this, and than its surroundings by these.
LIT_LUMA = 120.0
LIT_OVER = 50.0
UNLIT_OVER = 22.0
TINT = 0.25
# Longest dark half of a blinking lamp that counts as lit, in seconds.
BLINK_S = 1.25
LEARN = 0.1


@dataclass
class Indicator:
    """Remembers how far over its surroundings the lamp was, lit and unlit, and when it was lit."""

    lit: float | None = None
    unlit: float | None = None
    times: list[float] = field(default_factory=list)

    def shines(
        self, patch: np.ndarray, around: np.ndarray, colour: str, hue: tuple[float, float] | None
    ) -> bool | None:
        """Tell whether the lamp is lit; None where it may be either.

        patch: luma of the region; around: luma values beside it; colour: the one that counts, or
        ""; hue: degrees and saturation 0..1 of the brightest part, None in a grey picture.
        """
        values = np.sort(patch, axis=None)
        core = float(values[-max(1, values.size // 4) :].mean())
        rest = float(np.median(around)) if around.size else float(values[: values.size // 2].mean())
        shining = self._decide(core, rest, hue)
        if shining and colour and colour != "white":
            if hue is None:
                return None
            # The middle of a bright lamp burns out to white whatever its colour.
            if hue[1] >= TINT and not any(a <= hue[0] <= b for a, b in HUES[colour]):
                return False
        return shining

    def _decide(self, core: float, rest: float, hue: tuple[float, float] | None) -> bool | None:
        over = core - rest
        if self.lit is not None and self.unlit is not None and self.lit - self.unlit > 25:
            part = (over - self.unlit) / (self.lit - self.unlit)
            shining = True if part > 0.6 else False if part < 0.4 else None
        elif over >= LIT_OVER and core >= LIT_LUMA:
            shining = True
        elif over <= UNLIT_OVER and over <= 0.5 * rest:
            shining = False
        elif self.unlit is not None and over - self.unlit >= 30 and over >= 0.6 * rest:
            shining = True
        else:
            tinted = hue is not None and hue[1] >= 0.5
            shining = True if tinted and core >= LIT_LUMA else None
        if shining is True:
            self.lit = over if self.lit is None else self.lit + LEARN * (over - self.lit)
        elif shining is False:
            self.unlit = over if self.unlit is None else self.unlit + LEARN * (over - self.unlit)
        return shining

    def blinking(self, t: float, shining: bool) -> bool:
        """Tell whether a lamp that may blink counts as lit at time t."""
        self.times = [s for s in self.times if 0 <= t - s <= 2 * BLINK_S]
        if shining:
            self.times.append(t)
        # A single flash is none: a lamp that blinks is lit in two pictures at least.
        return shining or (len(self.times) >= 2 and t - self.times[-1] <= BLINK_S)

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {"lit": self.lit, "unlit": self.unlit, "times": list(self.times)}

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Indicator":
        """Rebuild from dump()."""
        return cls(data["lit"], data["unlit"], list(data["times"]))


def hue_of(bgr: np.ndarray) -> tuple[float, float] | None:
    """Return degrees and saturation 0..1 of the brightest part of a crop; None where it is grey."""
    small = bgr.reshape(-1, 3).astype(np.float32)
    spread = small.max(axis=1) - small.min(axis=1)
    if float(spread.max(initial=0)) < 8:
        return None
    luma = small @ np.array([0.114, 0.587, 0.299], np.float32)
    # Colour shows beside the burnt-out middle: weigh bright and coloured.
    weight = luma * spread
    blue, green, red = (float((small[:, i] * weight).sum() / weight.sum()) for i in range(3))
    pixel = np.array([[[blue, green, red]]], np.float32) / 255
    hue, saturation, _ = (float(v) for v in cv2.cvtColor(pixel, cv2.COLOR_BGR2HSV)[0, 0])
    return hue, saturation
