"""Detection by size: average precision at an overlap of one half, and recall at 90 % precision.

A band of heights counts the people of that height. Everybody else, and whoever is hardly visible,
is neither asked for nor held against the detector (the way of COCO's sizes).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workers.accuracy.entry import CLEAR, Person
from workers.vision.boxes import iou

# Heights in pixels of a picture 640 wide.
BANDS = {"25-50": (25.0, 50.0), "50-100": (50.0, 100.0), ">100": (100.0, 1e9), ">=50": (50.0, 1e9)}
SMALLEST = 25.0
PRECISION = 0.9


@dataclass(frozen=True)
class Picture:
    """The people of one picture and what was found: boxes and scores (N, 5), as fractions.

    clip: what pictures that resemble one another share; high: height in pixels at 640 wide.
    """

    clip: str
    high: float
    people: tuple[Person, ...]
    found: np.ndarray


@dataclass(frozen=True)
class Marks:
    """What one picture gives to the curve: scores, whether right, and how many were asked for."""

    clip: str
    score: np.ndarray
    right: np.ndarray
    asked: int


def mark(picture: Picture, band: str | None = None) -> Marks:
    """Match what was found with the people of a band, best score first.

    band: one of BANDS, "any" for all heights, None for all from 25 px.
    """
    low, top = (0.0, 1e9) if band == "any" else BANDS[band] if band else (SMALLEST, 1e9)
    boxes = np.array([p.box for p in picture.people], float).reshape(-1, 4)
    tall = (boxes[:, 3] - boxes[:, 1]) * picture.high
    seen = np.array([p.visible >= CLEAR for p in picture.people], bool)
    asked = seen & (tall >= low) & (tall < top)
    found = picture.found[np.argsort(-picture.found[:, 4], kind="stable")]
    overlap = iou(found[:, :4], boxes) if len(boxes) and len(found) else np.zeros((len(found), 0))
    taken = np.zeros(len(boxes), bool)
    score, right = [], []
    for row in range(len(found)):
        free = np.where(asked & ~taken, overlap[row], -1.0)
        if len(free) and free.max() >= 0.5:
            taken[int(free.argmax())] = True
            score.append(found[row, 4])
            right.append(True)
            continue
        height = (found[row, 3] - found[row, 1]) * picture.high
        excused = len(boxes) and np.where(asked, -1.0, overlap[row]).max() >= 0.5
        if not excused and low <= height < top:
            score.append(found[row, 4])
            right.append(False)
    return Marks(picture.clip, np.array(score), np.array(right, bool), int(asked.sum()))


def _curve(marks: Sequence[Marks]) -> tuple[np.ndarray, np.ndarray]:
    """Return precision and recall, down the scores."""
    total = sum(m.asked for m in marks)
    score = np.concatenate([m.score for m in marks]) if marks else np.zeros(0)
    right = np.concatenate([m.right for m in marks]) if marks else np.zeros(0, bool)
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(right[order])
    return hits / np.arange(1, len(hits) + 1), hits / max(1, total)


def ap50(marks: Sequence[Marks]) -> float:
    """Return AP50 in percent by 101 recall points; NaN where nobody was asked for."""
    if not sum(m.asked for m in marks):
        return float("nan")
    precision, recall = _curve(marks)
    best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    points = np.searchsorted(recall, np.linspace(0, 1, 101))
    return float(100 * np.mean(best[np.minimum(points, len(precision))]))


def recall_at_90(marks: Sequence[Marks]) -> float:
    """Return the largest recall, in percent, at which 90 % of what is found is right."""
    if not sum(m.asked for m in marks):
        return float("nan")
    precision, recall = _curve(marks)
    good = precision >= PRECISION
    return float(100 * recall[good].max()) if good.any() else 0.0


def by_clip(marks: Sequence[Marks]) -> list[list[Marks]]:
    """Group pictures that resemble one another: they are drawn together."""
    groups: dict[str, list[Marks]] = {}
    for one in marks:
        groups.setdefault(one.clip, []).append(one)
    return list(groups.values())
