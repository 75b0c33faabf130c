"""What a rule remembers over a gap between frames: what is kept, what runs on, what waits."""

from collections.abc import Mapping
from typing import Any

# As it is: what it says of earlier times stays true. Forgotten where time went back.
KEPT = "kept"
# A time that runs on over any gap, as it needs no eyes; it goes back with a clock that is set back,
# as the times of inputs do.
RUNS = "runs"
# A time that stands still while nobody sees: moved on by the gap, as blindness moves it. Beyond
# WAITS_S nobody knows whether it is still the same, and it begins anew.
WAITS = "waits"
WAITS_S = 60.0
# A time in what is kept: where a clock is set back by up to WAITS_S it goes back too, and that of
# which it is is not forgotten: who is out of sight, ways to a line, how water rose.
BACK = "back"


def over_gap(memory: Mapping[str, Any], how: Mapping[str, str], gap_s: float) -> dict[str, Any]:
    """Return what is left of a rule's memory after a gap; what it holds is changed in place.

    how: by path, one of the four; "stays.*.0" is the first of each in memory["stays"]. A key that
    no path begins with is forgotten. gap_s: below 0 where time went back.
    """
    short = abs(gap_s) <= WAITS_S
    left: dict[str, Any] = {}
    for path, kind in how.items():
        key, *rest = path.split(".")
        kept = {WAITS: short, RUNS: True, BACK: gap_s >= 0 or short, KEPT: gap_s >= 0}[kind]
        if key not in memory or not kept:
            continue
        left.setdefault(key, memory[key])
        by_s = gap_s if kind == WAITS else min(gap_s, 0.0)
        if by_s and kind != KEPT:
            _move(left, [key, *rest], by_s)
    return left


def _move(holder: Any, path: list[str], by_s: float) -> None:
    """Move the times at a path; what is not there, or is no time, is left alone."""
    first, *rest = path
    if isinstance(holder, dict):
        keys: list[Any] = list(holder) if first == "*" else [first] if first in holder else []
    elif isinstance(holder, list):
        keys = list(range(len(holder))) if first == "*" else [int(first)]
        keys = [k for k in keys if k < len(holder)]
    else:
        return
    for key in keys:
        value = holder[key]
        if rest:
            _move(value, rest, by_s)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            holder[key] = value + by_s


def ends_gap(memory: Mapping[str, Any], t: float) -> bool:
    """Tell whether a frame, by its time, is the first after a gap, by a rule's memory."""
    gap = memory.get("gap")
    return gap is not None and abs(t - float(gap[1])) < 1e-3
