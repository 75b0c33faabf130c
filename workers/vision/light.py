"""How well a picture can be seen: brightness, contrast and glare in one figure from 0 to 1."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Light:
    """mean: luma 0..255; dark, glare: shares of the picture; contrast: spread of luma."""

    mean: float
    dark: float
    glare: float
    contrast: float

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
    """Measure a small luma picture (H, W) uint8."""
    return Light(
        float(small.mean()),
        float((small < 24).mean()),
        float((small > 240).mean()),
        float(small.std()),
    )


def faults(light: Light) -> list[tuple[str, bool, str]]:
    """Judge one frame's light: (fault, whether it is there, words), for the camera's health.

    Below a mean luma of 28, or a third of full visibility, nobody would be seen; glare is domain
    knowledge: more than 15 % of the picture saturated; more than half is over-exposed.
    """
    glare = f"{light.glare:.0%} of the picture is saturated"
    return [
        ("dark", light.mean < 28, f"mean brightness {light.mean:.0f} of 255"),
        ("overexposed", light.glare > 0.5, glare),
        ("glare", 0.15 < light.glare <= 0.5, glare),
    ]


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
