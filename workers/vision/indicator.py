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
# A lamp on a pale panel hardly outshines it, but its colour does: highest channel less the lowest.
LIT_CHROMA, UNLIT_CHROMA = 100.0, 60.0
# Lit is more than unlit by this at least, in grey levels of brightness and colour together.
MIN_STEP = 15.0
TINT = 0.25
# Longest dark half of a blinking lamp that counts as lit, in seconds.
BLINK_S = 1.25
LEARN = 0.1


Hue = tuple[float, float, float]


@dataclass
class Indicator:
    """Remembers how far it stood out from its surroundings, lit and unlit, and when it was lit."""

    lit: float | None = None
    unlit: float | None = None
    times: list[float] = field(default_factory=list)

    def shines(
        self, patch: np.ndarray, around: np.ndarray, colour: str, hue: Hue | None
    ) -> bool | None:
        """Tell whether the lamp is lit; None where it may be either.

        patch: luma of the region; around: luma values beside it; colour: the one that counts, or
        ""; hue: as hue_of() gives it, None in a grey picture.
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

    def _decide(self, core: float, rest: float, hue: Hue | None) -> bool | None:
        over, chroma = core - rest, hue[2] if hue else 0.0
        out = over + chroma
        if self.lit is not None and self.unlit is not None and self.lit - self.unlit > MIN_STEP:
            part = (out - self.unlit) / (self.lit - self.unlit)
            shining = True if part > 0.6 else False if part < 0.4 else None
        elif (over >= LIT_OVER and core >= LIT_LUMA) or chroma >= LIT_CHROMA or self._rose(out):
            shining = True
        elif over <= UNLIT_OVER and over <= 0.5 * rest and chroma <= UNLIT_CHROMA:
            shining = False
        else:
            shining = None
        if shining is True:
            self.lit = out if self.lit is None else self.lit + LEARN * (out - self.lit)
        elif shining is False:
            self.unlit = out if self.unlit is None else self.unlit + LEARN * (out - self.unlit)
        return shining

    def _rose(self, out: float) -> bool:
        """Tell whether the lamp stands out much more than it did unlit."""
        return self.unlit is not None and out - self.unlit >= max(MIN_STEP, 0.35 * self.unlit)

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


def hue_of(bgr: np.ndarray) -> Hue | None:
    """Return degrees, saturation 0..1 and chroma in grey levels of a crop's brightest colour.

    None where the picture is grey.
    """
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
    vivid = np.sort(spread)[-max(1, spread.size // 4) :]
    return hue, saturation, float(vivid.mean())
