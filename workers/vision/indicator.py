"""An indicator lamp: lit or not, by its brightness against what is around it, and by its hue."""

from dataclasses import asdict, dataclass, field
from typing import Any

import cv2
import numpy as np

from workers.vision.glass import Glass, View

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
LIT_CHROMA, UNLIT_CHROMA = 110.0, 90.0
# Lit is more than unlit by this at least, in grey levels of brightness and colour together.
MIN_STEP = 15.0
TINT = 0.25
# Longest dark half of a blinking lamp that counts as lit, in seconds.
BLINK_S = 1.25
LEARN = 0.1
# How far it stands out when lit is learnt from what shone for so long in all, less half of the time
# since that it did not: a headlight's glint on the glass is no lamp. One look counts for a second.
LIT_S, LOOK_S = 5.0, 1.0
# And however far that is, what stands out by so much more than unlit is bright enough.
MOST_STEP = 100.0
# Where its surroundings become so many times as bright, and by so much, a lamp that is lit stands
# out less than it did: what was learnt proves nothing there, and after this time is learnt anew.
# In less light lit stands out more, and unlit less; but where the camera exposes less, for a
# headlight or by night, a lamp that goes on shining stands out less, too.
OTHER_TIMES, OTHER_BY, SETTLE_S = 1.6, 30.0, 10.0
LEARN_REST = 0.02


Hue = tuple[float, float, float]


@dataclass
class Indicator:
    """Remembers how far it stood out from its surroundings, lit and unlit, and when it was lit.

    shone_s: for how long it has lately shone, until `lit` is learnt from that; looked_t: the last
    look; rest: brightness of the surroundings that all this belongs to; brighter_t: since when they
    are much brighter, or darker about a lit lamp; doubted: it was lit when that began, and was not
    seen lit since; unsure_t: the last look that could not tell lit from unlit; tint, glow: the
    chroma that `unlit` and `lit` hold, None where no picture with colours showed it; glass: how it
    and what is around it looked unlit.
    """

    lit: float | None = None
    unlit: float | None = None
    times: list[float] = field(default_factory=list)
    shone_s: float = 0.0
    looked_t: float | None = None
    rest: float | None = None
    brighter_t: float | None = None
    doubted: bool = False
    unsure_t: float | None = None
    tint: float | None = None
    glow: float | None = None
    glass: Glass = field(default_factory=Glass)

    @property
    def was_lit(self) -> bool:
        """Tell whether it was seen lit, now or some time."""
        return self.lit is not None or self.shone_s > 0

    def shines(
        self,
        patch: np.ndarray,
        around: np.ndarray,
        view: View,
        colour: str,
        hue: Hue | None,
        t: float,
    ) -> bool | None:
        """Tell whether the lamp is lit at time t; None where it may be either.

        patch: luma of the region; around: luma values beside it; view: both, as view_of() gives
        them; colour: the one that counts, or ""; hue: as hue_of() gives it, None in a grey picture.
        """
        values = np.sort(patch, axis=None)
        core = float(values[-max(1, values.size // 4) :].mean())
        rest = float(np.median(around)) if around.size else float(values[: values.size // 2].mean())
        shining = self._decide(core, rest, view, hue, t)
        if shining is False:
            self.glass.learn(view, hue[2] if hue else None)
        if shining and colour and colour != "white":
            if hue is None:
                return None
            # The middle of a bright lamp burns out to white whatever its colour.
            if hue[1] >= TINT and not any(a <= hue[0] <= b for a, b in HUES[colour]):
                return False
        return shining

    def _decide(
        self, core: float, rest: float, view: View, hue: Hue | None, t: float
    ) -> bool | None:
        over, chroma = core - rest, hue[2] if hue else 0.0
        out = over + self._colour(hue)
        shines = (over >= LIT_OVER and core >= LIT_LUMA) or chroma >= LIT_CHROMA
        dull = over <= UNLIT_OVER and over <= 0.5 * rest and chroma <= UNLIT_CHROMA
        if self._is_other(rest, dull, t):
            shining = True if shines else False if dull else None
            if shining:
                shining = self.glass.tells(view, hue[2] if hue else None)
            self.doubted = self.doubted and not shining
            return None if self.doubted else shining
        step = self._step(hue)
        if self.unlit is not None and step is not None and step > MIN_STEP:
            part = (out - self.unlit) / min(step, MOST_STEP)
            # What is well above unlit is not called so, however much brighter it once was.
            shining = True if part > 0.6 else None if part >= 0.4 or self._rose(out) else False
        elif shines or self._rose(out):
            shining = True
        else:
            # In grey a lamp that only its colour tells lit from unlit is not called unlit.
            shining = False if dull and (hue or self.glow is None) else None
        if shining:
            shining = self.glass.tells(view, hue[2] if hue else None)
        self._learn(out, shining, hue, t)
        self.doubted = self.doubted and not shining
        return None if self.doubted else shining

    def _colour(self, hue: Hue | None) -> float:
        """Return the chroma that counts, as a grey picture of infrared light has none.

        Of coloured glass by night the colour by day is taken; and of glass that was only seen in
        grey what no unlit glass has.
        """
        if hue is None:
            return self.tint or 0.0
        if self.unlit is not None and self.tint is None:
            return max(0.0, hue[2] - UNLIT_CHROMA)
        return hue[2]

    def _step(self, hue: Hue | None) -> float | None:
        """Return by how much lit is more than unlit, in a grey picture by brightness alone."""
        if self.lit is None or self.unlit is None:
            return None
        step = self.lit - self.unlit
        if hue is None and self.glow is not None:
            step -= self.glow - (self.tint or 0.0)
        return step

    def _is_other(self, rest: float, dull: bool, t: float) -> bool:
        """Tell whether it just became much brighter around it, or darker while it was lit."""
        known = rest if self.rest is None else self.rest
        lit = bool(self.times) and t - self.times[-1] <= 2 * BLINK_S
        low, high = sorted((rest, known))
        far = high >= OTHER_TIMES * low and high - low >= OTHER_BY
        if not far or (rest < known and self.brighter_t is None and not lit):
            self.rest = known + LEARN_REST * (rest - known)
            if self.brighter_t is not None:
                self.brighter_t, self.doubted = None, False
            return False
        if self.brighter_t is None or t < self.brighter_t:
            self.brighter_t, self.doubted = t, lit
        if t - self.brighter_t < SETTLE_S:
            return True
        # What is dull may be a lamp that the light outshines, until it is seen to change.
        self.doubted = self.doubted and dull
        self.lit = self.unlit = self.tint = self.glow = self.brighter_t = None
        self.shone_s, self.rest = 0.0, rest
        return False

    def _learn(self, out: float, shining: bool | None, hue: Hue | None, t: float) -> None:
        """Learn from a look how far it stands out."""
        passed_s = 0.0 if self.looked_t is None else min(max(0.0, t - self.looked_t), LOOK_S)
        self.looked_t = t
        if shining is False:
            self._learn_unlit(out, hue)
        if self.lit is not None:
            if shining:
                self._learn_lit(out, hue)
            return
        self.shone_s = max(0.0, self.shone_s + (passed_s if shining else -passed_s / 2))
        if self.shone_s >= LIT_S:
            self.lit, self.glow = out, None if hue is None else self._colour(hue)

    def _learn_lit(self, out: float, hue: Hue | None) -> None:
        assert self.lit is not None
        if hue is not None and self.glow is None:  # learnt in grey
            self.lit, self.glow = out, self._colour(hue)
            return
        if self.glow is not None:
            self.glow += LEARN * (self._colour(hue) - self.glow) if hue else 0.0
            out += 0.0 if hue else self.glow - (self.tint or 0.0)
        self.lit += LEARN * (out - self.lit)

    def _learn_unlit(self, out: float, hue: Hue | None) -> None:
        first = self.unlit is None
        self.unlit = out if self.unlit is None else self.unlit + LEARN * (out - self.unlit)
        if hue is None:
            return
        if self.tint is not None:
            self.tint += LEARN * (hue[2] - self.tint)
            return
        self.tint = hue[2]
        if not first:  # learnt in grey: the glass's own colour belongs to both
            own = min(hue[2], UNLIT_CHROMA)
            self.unlit += own
            self.lit = None if self.lit is None else self.lit + own
            self.glow = None if self.glow is None else self.glow + own

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

    def was_unsure(self, t: float) -> bool:
        """Tell whether this may be the dark half of a lamp that blinks and is not told lit."""
        return self.unsure_t is not None and 0 <= t - self.unsure_t <= BLINK_S

    def forget_times(self) -> None:
        """Note that time is missing: when it was lit proves nothing about now."""
        self.times, self.looked_t, self.unsure_t = [], None, None

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {**asdict(self), "glass": self.glass.dump()}

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Indicator":
        """Rebuild from dump()."""
        # Before its colours were known apart, a grey picture's was taken for none.
        return cls(**{"tint": 0.0, **data, "glass": Glass.load(data.get("glass", {}))})


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
