"""How fast a level rises, and how sure that is: a robust slope with an honest band.

The slope is Theil and Sen's, the median of the slopes between all pairs. Its error is that of a
noise whose size and memory are measured on the levels themselves: neighbouring levels of still
water are alike (waves, a lamp that sways, a filter in the sensor), so that sixty of them tell less
than sixty coins. The noise is taken for an autoregression of the first order about the line, of
now and of the windows before; Student's quantile pays for how little of it was seen.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, sqrt
from typing import NamedTuple

import numpy as np

# Fewer levels than this tell of no slope.
LEAST = 5
# Levels are medians of a minute.
EVERY_S = 60.0
# The noise is measured on the levels of so long.
KEEP_S = 3 * 3600.0
# The noise's memory is measured on lines through so long as well.
LONG_S = 3600.0
# A gauge in view tells no finer than this.
LEAST_NOISE_M = 0.001
# What is finer than this is arithmetic.
GRAIN_M = 0.0003
# Still water is looked at half a million times a year. By Rice's formula its slope over ten minutes
# passes five standard errors less than once in ten of them.
SURE_Z = 5.0
# Who has seen little knows little of the noise. But this much, with nearly every pair of levels
# rising, is more than waves and lamps do: still water of 2 cm scatter moves by half of it, and by
# less than so many times its scatter where that lasts for minutes.
LARGE_M, LARGE_SIZES, ORDERED = 0.10, 3.0, 0.8
# There, until half an hour before can tell, a noise is taken to last for five minutes at most: few
# levels of water that rises unevenly look like a noise that lasts for ever, beside which no rise
# would be large.
LASTS = exp(-EVERY_S / 300.0)
# What was sure stays believed down to this.
STAY_Z = 2.5
# The band that is told holds the rate in 80 of 100 cases.
BAND_Z = 1.2816
# Theil and Sen's slope scatters so much more than that of least squares (efficiency 0.91).
SPREAD = 1.05
# The memory is taken for so many of its standard errors longer than it was measured.
DOUBT_Z = 1.0
MAX_MEMORY = 0.97

Points = Sequence[Sequence[float]]


class Noise(NamedTuple):
    """What still water would show: scatter in metres, likeness of levels a minute apart 0..1, and
    how many independent levels say so; short_m: the scatter, if what little is known lasts minutes.
    """

    size_m: float
    memory: float
    freedom: float
    short_m: float


class Trend(NamedTuple):
    """A rate in m/s and its error; freedom: how well the error is known; level_m: the line's level
    at the end; rise_m: over the whole window; step: one step tells the levels better than a line;
    span_s: from the first level to the last; order: Kendall's, 1 where every later level is higher;
    size_m: the noise's scatter, that of Noise.short_m.
    """

    rate: float
    error: float
    freedom: float
    level_m: float
    rise_m: float
    step: bool
    span_s: float
    order: float = 0.0
    size_m: float = 0.0

    def bound(self, z: float) -> float:
        """Return how far the rate may be off, at z standard errors."""
        return student(z, self.freedom) * self.error

    def is_rise(self, z: float, least_m: float) -> bool:
        """Tell whether it is a rise: beyond noise, of so many metres at least, and no step."""
        if self.step or self.rise_m < least_m - 1e-9:
            return False
        large_m = max(LARGE_M, LARGE_SIZES * self.size_m)
        plain = self.rise_m >= large_m and self.is_ordered
        return plain or self.rate > self.bound(z)

    @property
    def is_ordered(self) -> bool:
        """Whether nearly every later level is higher, and no single step made it so."""
        return self.order >= ORDERED and not self.step


def trend(points: Points, now_s: float, window_s: float) -> Trend | None:
    """Return the trend of a window of levels; None where they are too few.

    points: time in seconds and level in metres, oldest first, of some windows.
    """
    every = np.array([(p[0], p[1]) for p in points], float).reshape(-1, 2)
    recent = _window(every, now_s, window_s)
    if recent is None:
        return None
    t, y = recent
    rate = _slope(t, y)
    rest = y - rate * t
    rest -= float(np.median(rest))
    known = noise(every, now_s, window_s, rest)
    weight = t - t.mean()
    weight /= float((weight * weight).sum())
    error = SPREAD * known.size_m * sqrt(float(weight @ _alike(t, known.memory) @ weight))
    level_m = float(np.median(y - rate * t)) + rate * float(t[-1])
    # Without single wild readings, which would decide it.
    calm = np.median(np.stack([y[:-2], y[1:-1], y[2:]]), 0)
    off = calm - rate * t[1:-1]
    step = _best_step(calm) < float(((off - off.mean()) ** 2).sum())
    return Trend(rate, error, known.freedom, level_m, rate * float(t[-1]), step, float(t[-1]),
                 _order(y), known.short_m)  # fmt: skip


def noise(points: np.ndarray, now_s: float, window_s: float, rest: np.ndarray) -> Noise:
    """Measure the noise about the lines of this window and of those before it.

    points: (N, 2) times and levels; rest: what the line of this window leaves.
    """
    found = [_window(points, now_s - k * window_s, window_s) for k in range(int(KEEP_S / window_s))]
    blocks = [block for block in found if block is not None]
    rests = [rest, *(_rest(t, y) for t, y in blocks[1:])]
    rests, square, memory = _alikeness(rests)
    own = float(rests[0] @ rests[0]) / len(rests[0])
    every = sum(len(rest) for rest in rests)
    memory = max(memory, _long_memory(points, now_s - window_s, window_s))
    known = float(now_s - window_s - points[0, 0]) > LONG_S / 2
    # And some of the scatter: all the more of a noise that changes slowly.
    size, short = (
        sqrt(max(square, own) / _left_of(blocks, one))
        for one in (memory, memory if known else min(memory, LASTS))
    )
    freedom = (every - 2 * len(rests)) * (1 - memory) / (1 + memory)
    return Noise(max(size, LEAST_NOISE_M), memory, max(1.0, freedom), short)


def _long_memory(points: np.ndarray, end_s: float, window_s: float) -> float:
    """Return the memory of the noise as the hours before tell it, 0 where they are too few.

    A line through ten minutes takes most of a noise with it that lasts five.
    """
    if window_s >= LONG_S:
        return 0.0
    blocks = [
        _window(points, end_s - k * LONG_S, LONG_S)
        for k in range(int((KEEP_S - window_s) / LONG_S))
    ]
    rests = [
        _rest(t, y) for t, y in (one for one in blocks if one is not None) if t[-1] > LONG_S / 2
    ]
    return _alikeness(rests)[2] if rests else 0.0


def _alikeness(rests: list[np.ndarray]) -> tuple[list[np.ndarray], float, float]:
    """Return what lines leave without wild levels, its mean square, and its memory (0..1)."""
    size = 1.4826 * float(np.median(np.abs(np.concatenate(rests))))
    # What is far off shall tell neither size nor memory; the rest tells more than medians do.
    rests = [np.clip(one, -3 * size, 3 * size) for one in rests]
    every = sum(len(rest) for rest in rests)
    square = sum(float(rest @ rest) for rest in rests) / every
    shared = sum(float(r[1:] @ r[:-1]) for r in rests) / (every - len(rests))
    memory = shared / (square + GRAIN_M**2)
    # A fitted line takes some of the likeness with it (Marriott and Pope 1954); and of what is
    # left only so much is known.
    n = every / len(rests)
    part = max(0.4, 1 - 4 / n)
    memory = (memory + 2 / n) / part
    memory += DOUBT_Z * sqrt(max(0.05, 1 - memory * memory) / every) / part
    return rests, square, min(MAX_MEMORY, max(0.0, memory))


def student(z: float, freedom: float) -> float:
    """Return Student's quantile where the normal's is z (Wallace 1959, within some percent)."""
    scale = (freedom - 5 / 6) / (freedom - 2 / 3 + 0.1 / freedom) ** 2
    return sqrt(freedom * (exp(min(200.0, z * z * scale)) - 1))


def _window(
    points: np.ndarray, end_s: float, window_s: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return times from the first on, and levels, of a window; None where they are too few."""
    first, last = np.searchsorted(points[:, 0], (end_s - window_s - 1e-6, end_s + 1e-6))
    if last - first < LEAST:
        return None
    return points[first:last, 0] - points[first, 0], points[first:last, 1]


def _slope(t: np.ndarray, y: np.ndarray) -> float:
    first, second = _pairs(len(t))
    return float(np.median((y[second] - y[first]) / (t[second] - t[first])))


@lru_cache(maxsize=64)
def _pairs(n: int) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.triu_indices(n, 1)
    return first, second


def _order(y: np.ndarray) -> float:
    """Return the share of pairs that rise, less the share of those that fall."""
    first, second = _pairs(len(y))
    return float(np.sign(y[second] - y[first]).mean())


def _rest(t: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return what a line by least squares leaves; a wild level is cut off later."""
    t, y = t - t.sum() / len(t), y - y.sum() / len(y)
    return np.asarray(y - t * ((t @ y) / (t @ t)))


def _alike(t: np.ndarray, memory: float) -> np.ndarray:
    """Return the likeness of all pairs of levels."""
    away = np.abs(t[:, None] - t[None, :]) / EVERY_S
    return np.where(away == 0, 1.0, memory**away)


def _left_of(blocks: list[tuple[np.ndarray, np.ndarray]], memory: float) -> float:
    """Return which share of the variance the lines of all blocks leave, 0.01 at least."""
    left = [_left(tuple(np.round(t).tolist()), round(memory, 2)) for t, _ in blocks]
    return max(float(np.mean(left)), 0.01)


@lru_cache(maxsize=512)
def _left(times: tuple[float, ...], memory: float) -> float:
    """Return which share of the variance a fitted line leaves."""
    t = np.array(times)
    line = np.stack([np.ones_like(t), t - t.mean()], 1)
    hat = line @ np.linalg.pinv(line)
    return float(np.trace((np.eye(len(t)) - hat) @ _alike(t, memory)) / len(t))


def _best_step(y: np.ndarray) -> float:
    """Return what a single step leaves of the squares: the level was one, and then another."""
    n = np.arange(1, len(y))
    centred = y - y.mean()
    left = np.cumsum(centred)[:-1]
    return float((centred * centred).sum() - (left * left * (1 / n + 1 / (len(y) - n))).max())
