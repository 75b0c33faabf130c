"""Metres along a gauge's marked line in a picture, and strips cut out of it along that line."""

from functools import lru_cache

import cv2
import numpy as np

from workers.vision.anchor import Marks
from workers.vision.waterline import COLUMN_ROWS, COLUMNS, ROWS

# Marks that leave the perspective by more than this share of their range are a bent line.
MAX_BEND = 0.02


class Scale:
    """Metres along the marked line, in a picture of one size.

    Between marks, with s the distance in pixels along the line: with two marks m is linear in s;
    with three or more, on a plane seen at an angle, m = (a s + b) / (c s + 1), the one form that
    keeps cross-ratios, by least squares; if a mark is off by more than 2 % of the range, or the
    form has its pole near, the line is bent and m is linear from mark to mark. Beyond the outermost
    marks the form, or the last piece, goes on.
    """

    def __init__(self, marks: Marks, width: int, height: int) -> None:
        ordered = sorted(marks, key=lambda mark: -mark[1])
        self.points = np.array([(x * width - 0.5, y * height - 0.5) for (x, y), _ in ordered])
        self.metres = np.array([m for _, m in ordered])
        self.s = np.append(0.0, np.cumsum(np.hypot(*np.diff(self.points, axis=0).T)))
        self.span_px = float(self.s[-1])
        self.width, self.height = width, height
        self.form = self._perspective() if len(ordered) >= 3 and self.span_px > 0 else None

    def _perspective(self) -> np.ndarray | None:
        s = self.s / self.span_px
        system = np.stack([s, np.ones_like(s), -s * self.metres], 1)
        form, _, rank, _ = np.linalg.lstsq(system, self.metres, rcond=None)
        if rank < 3 or form[2] < -0.45 or form[2] > 0.8:
            return None
        off = np.abs((form[0] * s + form[1]) / (form[2] * s + 1) - self.metres).max()
        return form if off <= MAX_BEND * abs(self.metres[0] - self.metres[-1]) else None

    def level(self, s: float) -> float:
        """Return the metres at s pixels along the line, 0 at the highest mark."""
        if self.form is not None:
            part = s / self.span_px
            return float((self.form[0] * part + self.form[1]) / (self.form[2] * part + 1))
        i = int(np.clip(np.searchsorted(self.s, s) - 1, 0, len(self.s) - 2))
        share = (s - self.s[i]) / (self.s[i + 1] - self.s[i])
        return float(self.metres[i] + share * (self.metres[i + 1] - self.metres[i]))

    def along(self, metres: float) -> float:
        """Return the s at which these metres are, to a twentieth of the length."""
        s = np.linspace(-3.0, 3.0, 121) * self.span_px
        levels = np.array([self.level(one) if self.holds(one) else np.inf for one in s])
        return float(s[np.abs(levels - metres).argmin()])

    def holds(self, s: float) -> bool:
        """Tell whether the metres at s mean anything: a perspective ends at its horizon."""
        return self.form is None or self.form[2] * s / self.span_px + 1 > 0.2

    def place(self, s: np.ndarray) -> np.ndarray:
        """Return the points (N, 2) at s pixels along the line, in pixels."""
        i = np.clip(np.searchsorted(self.s, s) - 1, 0, len(self.s) - 2)
        share = ((s - self.s[i]) / (self.s[i + 1] - self.s[i]))[:, None]
        return self.points[i] + share * (self.points[i + 1] - self.points[i])

    def across(self) -> np.ndarray:
        """Return the direction (2,) in which the water line is taken to run.

        Water is level and so are most cameras; only where the gauge lies flatter than 45° in the
        picture the camera must be on its side, and the line runs across the gauge.
        """
        dx, dy = self.points[-1] - self.points[0]
        if abs(dy) >= abs(dx):
            return np.array([1.0, 0.0]) if dy > 0 else np.array([-1.0, 0.0])
        return np.array([dy, -dx]) / np.hypot(dx, dy)

    def reach(self, first: float, last: float) -> tuple[float, float]:
        """Return the first and last s of a search, asked for in lengths, inside the picture."""
        s = np.linspace(first, last, 361) * self.span_px
        x, y = self.place(s).T
        inside = (x >= 0) & (y >= 0) & (x <= self.width - 1) & (y <= self.height - 1)
        good = s[inside]
        return (float(good[0]), float(good[-1])) if len(good) else (0.0, 0.0)


@lru_cache(maxsize=256)
def scale_of(marks: Marks, width: int, height: int) -> Scale:
    """Return the scale of marks in a picture of this size, remembered."""
    return Scale(marks, width, height)


def cut(
    luma: np.ndarray, scale: Scale, first: float, last: float, width: float = 1.0
) -> np.ndarray:
    """Return the strip (ROWS, COLUMNS) uint8 from s = first to s = last along the gauge.

    width: times the usual one, which is a seventh of the length.
    """
    step = (last - first) / ROWS
    middles = scale.place(first + (np.arange(ROWS) + 0.5) * step)
    side = (np.arange(COLUMNS) - (COLUMNS - 1) / 2) * step * COLUMN_ROWS * width
    at = middles[:, None, :] + side[None, :, None] * scale.across()[None, None, :]
    left, top = np.floor(at.reshape(-1, 2).min(0)).astype(int) - 2
    right, bottom = np.ceil(at.reshape(-1, 2).max(0)).astype(int) + 3
    left, top = max(0, min(left, scale.width - 2)), max(0, min(top, scale.height - 2))
    part = luma[top : max(top + 2, bottom), left : max(left + 2, right)]
    shrink = 1.0
    if step > 1.5:
        # Averaged first, or fine marks alias into coarse ones.
        shrink = 1 / step
        size = (max(1, round(part.shape[1] * shrink)), max(1, round(part.shape[0] * shrink)))
        factor = np.array([size[0] / part.shape[1], size[1] / part.shape[0]])
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    else:
        factor = np.ones(2)
        part = np.ascontiguousarray(part)
    where = ((at - (left, top) + 0.5) * factor - 0.5).astype(np.float32)
    x, y = np.ascontiguousarray(where[..., 0]), np.ascontiguousarray(where[..., 1])
    return cv2.remap(part, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
