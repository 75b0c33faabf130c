"""How sure a figure is: intervals of 95 %, each by the method that fits what was counted."""

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

Z = 1.959964
ROUNDS = 300
T = TypeVar("T")


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return the interval of a share in percent (Wilson's score interval)."""
    if not total:
        return 0.0, 100.0
    share, z2 = hits / total, Z * Z
    middle = share + z2 / (2 * total)
    spread = Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    low, high = (100 * (middle + sign * spread) / (1 + z2 / total) for sign in (-1, 1))
    return max(0.0, low), min(100.0, high)


def poisson(count: int, exposure: float) -> tuple[float, float]:
    """Return the exact interval of a rate: so many events seen in an exposure (hours, days)."""
    if exposure <= 0:
        return 0.0, math.inf
    low = 0.0 if not count else _mean_with(lambda m: 1 - _at_most(count - 1, m), 0.025)
    high = _mean_with(lambda m: 1 - _at_most(count, m), 0.975)
    return low / exposure, high / exposure


def bootstrap(
    items: Sequence[T], figure: Callable[[Sequence[T]], float], *, seed: int = 7
) -> tuple[float, float]:
    """Return the interval of a figure over items that are drawn again with replacement.

    Items are what is independent: pictures or clips, not boxes. 300 draws.
    """
    if len(items) < 2:
        return math.nan, math.nan
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(ROUNDS):
        drawn = [items[i] for i in rng.integers(0, len(items), len(items))]
        value = figure(drawn)
        if math.isfinite(value):
            values.append(value)
    if not values:
        return math.nan, math.nan
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)


def _at_most(count: int, mean: float) -> float:
    """Return the chance of at most so many events of a Poisson law."""
    term = total = math.exp(-mean)
    for k in range(1, count + 1):
        term *= mean / k
        total += term
    return min(1.0, total)


def _mean_with(chance: Callable[[float], float], wanted: float) -> float:
    low, high = 0.0, 1.0
    while chance(high) < wanted:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if chance(middle) < wanted else (low, middle)
    return high
