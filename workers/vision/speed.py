"""Speed and acceleration of a followed point on the floor, each with the error of its measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import hypot, sqrt
from statistics import median

import numpy as np

# The speed is that of about the last second; so long, or so many points, are needed to tell one.
WINDOW_S, LEAST_S, LEAST = 1.0, 0.55, 3
# Acceleration bends the way only a little: it needs a longer look and more points.
BEND_S, BEND_LEAST_S, BEND_LEAST = 1.2, 0.75, 5
# The ground is drawn by hand and a lower edge hangs a little above it: a part of every speed.
SHARE = 0.04
# Twice the standard deviation is called the error: 19 of 20 measures are nearer than that.
SIGMAS = 2.0


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something was: t in s, x and y in metres, sigma: standard deviation in metres."""

    t: float
    x: float
    y: float
    sigma: float


@dataclass(frozen=True, slots=True)
class Motion:
    """A velocity in m/s and the error of its length, in m/s."""

    x: float
    y: float
    error: float

    @property
    def speed(self) -> float:
        """Return the speed in m/s."""
        return hypot(self.x, self.y)

    def along(self, way: tuple[float, float]) -> float:
        """Return the part along a direction of length 1, in m/s; negative against it."""
        return self.x * way[0] + self.y * way[1]


def velocity(spots: Sequence[Spot], step_s: float = 0.2) -> Motion | None:
    """Return the velocity at the end of a way, by the median of all pairs' slopes (Theil-Sen).

    One wrong point in four moves it little. step_s: time between pictures: at slow rates the look
    is longer. None where there are too few points.
    """
    window_s = max(WINDOW_S, 2.2 * step_s)
    used = [s for s in spots if spots[-1].t - s.t <= window_s + 1e-6]
    if len(used) < LEAST or used[-1].t - used[0].t < LEAST_S - 1e-6:
        return None
    pairs = [(a, b) for a, b in combinations(used, 2) if b.t - a.t > 1e-6]
    vx = median((b.x - a.x) / (b.t - a.t) for a, b in pairs)
    vy = median((b.y - a.y) / (b.t - a.t) for a, b in pairs)
    sigma = max(
        _spread([s.x - vx * s.t for s in used]), _spread([s.y - vy * s.t for s in used]),
        median(s.sigma for s in used),
    )  # fmt: skip
    mean = sum(s.t for s in used) / len(used)
    lever = sqrt(sum((s.t - mean) ** 2 for s in used))
    return Motion(vx, vy, SIGMAS * sigma / lever + SHARE * hypot(vx, vy))


def _spread(rest: Sequence[float]) -> float:
    """Return the standard deviation about a fitted line, whatever one outlier does."""
    middle = median(rest)
    # A line through few points leaves less than there was.
    return 1.4826 * median(abs(r - middle) for r in rest) * len(rest) / (len(rest) - 2)


def acceleration(
    spots: Sequence[Spot], way: tuple[float, float], step_s: float = 0.2
) -> tuple[float, float] | None:
    """Return the acceleration along a direction of length 1 and its error, in m/s².

    A parabola is fitted to the last points, those far from it counting less. None where there are
    too few points.
    """
    window_s = max(BEND_S, 4.2 * step_s)
    used = [s for s in spots if spots[-1].t - s.t <= window_s + 1e-6]
    if len(used) < BEND_LEAST or used[-1].t - used[0].t < BEND_LEAST_S - 1e-6:
        return None
    t = np.array([s.t - used[-1].t for s in used])
    values = np.array([s.x * way[0] + s.y * way[1] for s in used])
    floor = median(s.sigma for s in used)
    shape = np.stack([np.ones_like(t), t, t * t], 1)
    weight = np.ones_like(t)
    for _ in range(3):
        found, *_ = np.linalg.lstsq(shape * weight[:, None], values * weight, rcond=None)
        rest = np.abs(values - shape @ found)
        scale = max(1.4826 * float(np.median(rest)), floor)
        weight = np.sqrt(np.minimum(1.0, 1.5 * scale / np.maximum(rest, 1e-9)))
    sigma = max(sqrt(float((weight * rest) @ (weight * rest)) / (len(used) - 3 + 1e-9)), floor)
    spread = np.linalg.inv((shape * weight[:, None]).T @ (shape * weight[:, None]))
    return 2 * float(found[2]), SIGMAS * 2 * sigma * sqrt(float(spread[2, 2]))
