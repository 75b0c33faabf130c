"""A small picture is found again in a larger one, where no other place in it is like that."""

import cv2
import numpy as np


def find(
    place: np.ndarray, patch: np.ndarray, *, least: float, second: float, near_px: int
) -> tuple[float, float] | None:
    """Return where in the place (x, y) the patch lies; None where it is not found, or unsure.

    least: the correlation from which on it is found; second: no other place, farther away than
    near_px, may be as like it as this part of the best: patterns repeat.
    """
    likeness = cv2.matchTemplate(place, patch, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(likeness)
    if best < least:
        return None
    right, down = peak(likeness[y], x), peak(likeness[:, x], y)
    likeness[max(0, y - near_px) : y + near_px + 1, max(0, x - near_px) : x + near_px + 1] = -1
    return (right, down) if float(likeness.max()) < second * best else None


def peak(line: np.ndarray, at: int) -> float:
    """Return the top of the parabola through a line's value at a place and its neighbours."""
    if not 0 < at < len(line) - 1:
        return float(at)
    a, b, c = (float(v) for v in line[at - 1 : at + 2])
    return at + (0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c < -1e-9 else 0.0)
