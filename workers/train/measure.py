"""Average precision, recall and false alarms of people, with regions that do not count.

Agrees with `workers.vision.score.ap50` where nothing is ignored; matches once and resamples often,
so that every figure comes with an interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workers.vision.boxes import iou

MATCH = 0.5
RESAMPLES = 300


@dataclass(frozen=True)
class Matched:
    """A picture's sightings that count, with whether they are right, and how many there are."""

    scores: np.ndarray
    right: np.ndarray
    people: int
    group: str


def match(truth: np.ndarray, ignored: np.ndarray, found: np.ndarray, group: str) -> Matched:
    """Match sightings (M, 5), boxes and scores, to people (N, 4); group: what varies together.

    A sighting that meets no person but an ignored one (M, 4), by overlap or by lying half inside
    it, does not count at all.
    """
    order = np.argsort(-found[:, 4], kind="stable")
    found = found[order]
    overlap = iou(found[:, :4], truth) if len(found) and len(truth) else None
    taken = np.zeros(len(truth), bool)
    keep, right = np.ones(len(found), bool), np.zeros(len(found), bool)
    for row in range(len(found)):
        if overlap is not None:
            free = np.where(taken, -1.0, overlap[row])
            best = int(free.argmax())
            if free[best] >= MATCH:
                taken[best] = right[row] = True
                continue
        keep[row] = not _meets(found[row, :4], ignored)
    return Matched(found[keep, 4], right[keep], len(truth), group)


def _meets(box: np.ndarray, regions: np.ndarray) -> bool:
    if not len(regions):
        return False
    low = np.maximum(box[:2], regions[:, :2])
    high = np.minimum(box[2:], regions[:, 2:])
    inter = np.maximum(high - low, 0).prod(1)
    area = max(float((box[2:] - box[:2]).prod()), 1e-9)
    return bool((inter / area >= 0.5).any() or (iou(box[None], regions) >= MATCH).any())


def ap50(pictures: Sequence[Matched]) -> float:
    """Return AP50 in percent, by 101 recall points; not a number where there is nobody."""
    total = sum(picture.people for picture in pictures)
    if not total:
        return float("nan")
    precision, recall, _ = _curve(pictures, total)
    if not len(precision):
        return 0.0
    best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    points = np.searchsorted(recall, np.linspace(0, 1, 101))
    return float(100 * best[np.minimum(points, len(precision))].mean())


def recall_at(pictures: Sequence[Matched], precision: float = 0.9) -> tuple[float, float]:
    """Return the highest recall in percent at a precision, and the score that gives it."""
    total = sum(picture.people for picture in pictures)
    if not total:
        return float("nan"), float("nan")
    found, recall, scores = _curve(pictures, total)
    good = np.flatnonzero(found >= precision)
    return (100 * float(recall[good[-1]]), float(scores[good[-1]])) if len(good) else (0.0, 1.0)


def at_score(pictures: Sequence[Matched], score: float) -> tuple[float, float]:
    """Return precision and recall in percent of the sightings of a score and up."""
    total = sum(picture.people for picture in pictures)
    right = sum(int((p.right & (p.scores >= score)).sum()) for p in pictures)
    told = sum(int((p.scores >= score).sum()) for p in pictures)
    return 100 * right / max(told, 1), 100 * right / max(total, 1)


def false_per_empty(pictures: Sequence[Matched], score: float) -> float:
    """Return the false sightings of a score and up in a picture without people."""
    empty = [picture for picture in pictures if not picture.people]
    told = sum(int((p.scores >= score).sum()) for p in empty)
    return told / len(empty) if empty else float("nan")


def interval(pictures: Sequence[Matched], seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of AP50, by drawing groups (places, cameras) with replacement."""
    groups: dict[str, list[Matched]] = {}
    for picture in pictures:
        groups.setdefault(picture.group, []).append(picture)
    members = list(groups.values())
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(RESAMPLES):
        rows = rng.integers(len(members), size=len(members))
        drawn.append(ap50([picture for row in rows for picture in members[row]]))
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return float(low), float(high)


def _curve(pictures: Sequence[Matched], total: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return precision, recall and score of the sightings of all pictures, best score first."""
    scores = np.concatenate([picture.scores for picture in pictures])
    right = np.concatenate([picture.right for picture in pictures])
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    return hits / np.arange(1, len(order) + 1), hits / total, scores[order]
