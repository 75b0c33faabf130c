"""How well a picture can be seen, in one figure from 0 to 1, and a correction for the very dark."""

from dataclasses import dataclass

import cv2
import numpy as np

from workers.words import sentence

# Video's white is 235 and its black 16; an encoder's ringing takes a little off.
SATURATED = 230
_LEVELS = np.arange(256.0)
_SECOND = np.array([[1, -2, 1]], np.float32)


@dataclass(frozen=True, slots=True)
class Light:
    """mean: luma 0..255; dark, glare: shares of the picture; contrast: spread of luma.

    haze: share of the range that the darkest pixels do not use, 0..1; blur: 0 where edges are as
    steep as a small picture allows, 1 where there are none; noise: deviation in grey levels of
    the small picture, which has less of it than the camera's.
    """

    mean: float
    dark: float
    glare: float
    contrast: float
    haze: float = 0.0
    blur: float = 0.0
    noise: float = 0.0

    @property
    def visibility(self) -> float:
        """Return 0 (nothing can be seen) to 1: the worst of brightness, contrast and glare.

        Full from a mean luma of 46, a spread of 12 and up to 15 % of saturated picture; nothing
        below 20, 2, and beyond 60 %. Video's black is 16, not 0. A covered lens has no contrast,
        a lamp into it saturates.
        """
        bright = _ramp(self.mean, 20, 46)
        clear = _ramp(self.contrast, 2, 12)
        unglared = 1 - _ramp(self.glare, 0.15, 0.6)
        return min(bright, clear, unglared)


def measure(small: np.ndarray) -> Light:
    """Measure a small luma picture (H, W) uint8, from counts of its grey levels."""
    levels = _counts(small)
    total = max(1, small.size)
    mean = float(levels @ _LEVELS) / total
    spread = max(0.0, float(levels @ _LEVELS**2) / total - mean**2) ** 0.5
    steep = noise = 0.0
    if min(small.shape) >= 4:
        steep = _quantile(_counts(cv2.absdiff(small[:, 1:], small[:, :-1])), 0.95)
        # Second differences of neighbours: half of them lie where nothing but noise is.
        second = cv2.convertScaleAbs(cv2.filter2D(small, cv2.CV_16S, _SECOND))[:, 1:-1]
        noise = _quantile(_counts(second), 0.5) / 1.65
    return Light(
        mean,
        float(levels[:24].sum()) / total,
        float(levels[SATURATED:].sum()) / total,
        spread,
        _ramp(_quantile(levels, 0.02), 40, 160),
        1 - _ramp(steep, 0.1 * spread, 0.9 * spread) if spread > 1 else 1.0,
        noise,
    )


def _counts(picture: np.ndarray) -> np.ndarray:
    """Return how many pixels have each of the 256 grey levels."""
    return cv2.calcHist([np.ascontiguousarray(picture)], [0], None, [256], [0, 256]).ravel()


def _quantile(counts: np.ndarray, share: float) -> float:
    """Return the value below which this share of what was counted lies, to parts of a level.

    Whole levels would make steps of a quarter in a dark picture, where noise is about two.
    """
    below = np.cumsum(counts)
    wanted = share * float(below[-1])
    level = int(np.searchsorted(below, wanted))
    before = float(below[level - 1]) if level else 0.0
    return max(0.0, level - 0.5 + (wanted - before) / max(1.0, float(counts[level])))


def strength(light: Light) -> float:
    """Return how far a picture is worth correcting, 0..1: measured, only the very dark gain.

    People of coco128, original network, AP50 as recorded and corrected. At 12 % of sRGB with noise
    of its own in each colour: 29.7 and 46.7; with noise common to all three: 25.2 and 25.3. Always
    corrected, 12 % of linear light fell from 58.7 to 56.8 and bright from 63.3 to 61.8, so nothing
    is touched from a mean luma of 36 up: then 56.7 and 57.1, 63.3 and 63.3.
    """
    return 1 - _ramp(light.mean, 26, 36)


def correct(bgr: np.ndarray, light: Light) -> np.ndarray:
    """Return the picture (H, W, 3) uint8 as a detector sees it best; itself where that is so.

    Noise is smoothed first, because what brightens multiplies it. Then each place is multiplied
    towards a common brightness by a gain map at an eighth of the size: the dark comes up, and
    lamps with their glow are held back. 0.5 ms for 416x312. Evidence is never corrected.
    """
    share = strength(light)
    if share <= 0 or min(bgr.shape[:2]) < 8:
        return bgr
    return brighten(bgr, share)


def brighten(bgr: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Correct a picture whatever its light: what a person asks to see; share: how far, 0..1."""
    height, width = bgr.shape[:2]
    smooth = cv2.GaussianBlur(bgr, (3, 3), 0)
    size = (max(1, width // 8), max(1, height // 8))
    value = cv2.resize(smooth, size, interpolation=cv2.INTER_AREA).max(axis=2).astype(np.float32)
    around = np.minimum(cv2.GaussianBlur(value, (0, 0), 4), value + 60)
    gain = np.clip((107 / (around + 4)) ** 0.75, 0.7, 6.0)
    gain = cv2.resize(1 + share * (gain - 1), (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.multiply(smooth, cv2.merge([gain, gain, gain]), dtype=cv2.CV_8U)


def regime(light: Light) -> str:
    """Name a picture's light: bright, dim, very_dark or glare, by simulate's mean luma bands."""
    if light.glare > 0.08:
        return "glare"
    if light.mean < 22:
        return "very_dark"
    return "dim" if light.mean < 55 else "bright"


def faults(light: Light) -> list[tuple[str, bool, str]]:
    """Judge one frame's light: (fault, whether it is there, words), for the camera's health.

    Below a mean luma of 28, or a third of full visibility, nobody would be seen; glare is domain
    knowledge: more than 15 % of the picture saturated; more than half is over-exposed.
    """
    glare = sentence(f"{light.glare:.0%} of the picture is saturated")
    return [
        ("dark", light.mean < 28, sentence(f"mean brightness {light.mean:.0f} of 255")),
        ("overexposed", light.glare > 0.5, glare),
        ("glare", 0.15 < light.glare <= 0.5, glare),
    ]


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
