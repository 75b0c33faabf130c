"""A figure with its interval, and what makes figures of scores that were counted."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from workers.accuracy import boxes
from workers.accuracy.interval import bootstrap, poisson, wilson
from workers.accuracy.zones import Score

# The bar: an entry is raised within this time.
PROMPT_S = 1.0


@dataclass(frozen=True)
class Figure:
    """One figure. n: how many of `of` it was counted over; low, high: its interval of 95 %.

    better: "more" or "less"; step: by how much the figure moves when one more is right or wrong.
    asked: whether the labels alone say how many n are; else what the engine told does, too.
    """

    name: str
    value: float
    unit: str
    n: float
    of: str
    low: float
    high: float
    better: str
    step: float
    asked: bool = True


def events(name: str, scores: Sequence[Score]) -> list[Figure]:
    """Return recall, time to alarm, endings and false alarms an hour, over clips of one kind."""
    found: list[Figure] = []
    entries, hits = sum(s.entries for s in scores), sum(s.hits for s in scores)
    if entries:
        low, high = wilson(hits, entries)
        found.append(
            Figure(f"{name}/event recall", 100 * hits / entries, "%", entries, "entries", low, high,
                   "more", 100 / entries)
        )  # fmt: skip
        prompt = sum(delay <= PROMPT_S for s in scores for delay in s.delays)
        found.append(share(f"{name}/raised within 1 s", prompt, entries, "entries"))
        for percent in (50, 95):
            groups = [s.delays for s in scores if s.delays]
            if groups:
                found.append(_delay(f"{name}/time to alarm p{percent}", groups, percent))
    ends = sum(s.ends for s in scores)
    if ends:
        over = ends - sum(len(s.open_at) for s in scores)
        found.append(share(f"{name}/cleared in time", over, ends, "endings", asked=False))
    hours = sum(s.hours for s in scores)
    if hours:
        found.append(rate(f"{name}/false alarms", sum(len(s.false_at) for s in scores), hours))
    return found


def rate(name: str, count: int, hours: float, unit: str = "per camera-hour") -> Figure:
    """Return a rate of what should not happen."""
    low, high = poisson(count, hours)
    return Figure(name, count / hours, unit, hours, "camera-hours", low, high, "less", 1 / hours)


def share(name: str, right: int, total: int, of: str, *, asked: bool = True) -> Figure:
    """Return a share in percent that should be large."""
    low, high = wilson(right, total)
    value, step = 100 * right / total, 100 / total
    return Figure(name, value, "%", total, of, low, high, "more", step, asked)


def _delay(name: str, groups: Sequence[Sequence[float]], percent: float) -> Figure:
    def at(drawn: Sequence[Sequence[float]]) -> float:
        return float(np.percentile(np.concatenate([np.asarray(g) for g in drawn]), percent))

    # One analysed frame is the least by which a time can change.
    if len(groups) > 2:
        low, high = bootstrap(groups, at)
    else:
        singles = [[delay] for group in groups for delay in group]
        low, high = bootstrap(singles, at)
    n = sum(len(g) for g in groups)
    return Figure(name, at(groups), "s", n, "entries", low, high, "less", 0.2, asked=False)


def spread(name: str, values: Sequence[float], unit: str, of: str, step: float) -> list[Figure]:
    """Return the mean and the largest of values that should be small."""
    if not values:
        return []
    low, high = bootstrap(list(values), lambda drawn: float(np.mean(drawn)))
    n = len(values)
    mean, most = float(np.mean(values)), max(values)
    return [
        Figure(f"{name} mean", mean, unit, n, of, low, high, "less", step, asked=False),
        Figure(f"{name} max", most, unit, n, of, math.nan, math.nan, "less", step, asked=False),
    ]


def detection(name: str, pictures: Sequence[boxes.Picture], *, whole: bool = False) -> list[Figure]:
    """Return AP50 and recall at 90 % precision, over all heights and by band of height.

    whole: every picture stands for itself; else those of one clip are drawn together.
    """
    found = []
    for band in (*(["any"] if whole else []), None, *boxes.BANDS):
        marks = [boxes.mark(picture, band) for picture in pictures]
        asked = sum(m.asked for m in marks)
        if not asked:
            continue
        groups = [[m] for m in marks] if whole else boxes.by_clip(marks)
        if len(groups) < 3:
            groups = [[m] for m in marks]
        what = f"{name}/{band or '>=25'} px"
        for title, measure in _CURVES.items():
            low, high = bootstrap(groups, partial(_over, measure))
            found.append(
                Figure(f"{what}/{title}", measure(marks), "%", asked, "boxes", low, high, "more",
                       100 / asked)
            )  # fmt: skip
    return found


_CURVES: dict[str, Callable[[Sequence[boxes.Marks]], float]] = {
    "AP50": boxes.ap50,
    "recall at 90 % precision": boxes.recall_at_90,
}


def _over(
    measure: Callable[[Sequence[boxes.Marks]], float], groups: Sequence[Sequence[boxes.Marks]]
) -> float:
    return measure([marks for group in groups for marks in group])
