"""Which anchor points learn which person: adaptive training sample selection.

Zhang et al. 2020, "Bridging the Gap Between Anchor-based and Anchor-free Detection via Adaptive
Training Sample Selection"; nine candidates a level and squares of five strides as in NanoDet.
"""

from functools import lru_cache

import numpy as np

from workers.vision.anchors import BINS, STRIDES, centres
from workers.vision.boxes import iou

CANDIDATES = 9
SQUARE = 5.0
BACKGROUND, IGNORED = -1, -2
# A side further away than the last bin reaches cannot be learnt.
REACH = BINS - 1.01


@lru_cache(maxsize=8)
def grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the anchor points (A, 2) in input pixels and their strides (A,)."""
    return centres(height, width)


def assign(boxes: np.ndarray, ignored: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return for each anchor point (A,) the row of its box, BACKGROUND or IGNORED.

    boxes (N, 4) and ignored (M, 4) in input pixels. Every box gets at least one point. Points
    inside an ignored region, or on the rim of a box of their size, teach nothing.
    """
    points, strides = grid(height, width)
    chosen = np.full(len(points), BACKGROUND, np.int64)
    for left, top, right, bottom in ignored:
        x, y = points.T
        chosen[(x > left) & (x < right) & (y > top) & (y < bottom)] = IGNORED
    if not len(boxes):
        return chosen
    half = (SQUARE / 2 * strides)[:, None]
    overlap = iou(np.concatenate((points - half, points + half), 1), boxes)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    distance = np.linalg.norm(points[:, None] - middle[None], axis=2)
    best = np.full(len(points), -1.0)
    wanted: list[np.ndarray] = []
    for row, box in enumerate(boxes):
        candidates = np.concatenate(
            [
                level[np.argsort(distance[level, row], kind="stable")[:CANDIDATES]]
                for level in (np.flatnonzero(strides == stride) for stride in STRIDES)
            ]
        )
        own = overlap[candidates, row]
        inside = _inside(points[candidates], box) & _in_reach(
            points[candidates], strides[candidates], box
        )
        kept = candidates[(own >= own.mean() + own.std()) & inside]
        if not len(kept):
            usable = candidates[_in_reach(points[candidates], strides[candidates], box)]
            usable = usable if len(usable) else candidates
            kept = usable[[int(overlap[usable, row].argmax())]]
        # A point wanted by two boxes goes to the one that it overlaps more.
        wanted.append(kept)
        kept = kept[overlap[kept, row] > best[kept]]
        chosen[kept] = row
        best[kept] = overlap[kept, row]
    for row, kept in enumerate(wanted):
        if not (chosen == row).any():
            # All its points went to a neighbour: it gets one that the neighbour can spare.
            spare = [point for point in kept if (chosen == chosen[point]).sum() > 1]
            spare = spare or list(kept)
            chosen[max(spare, key=overlap[:, row].__getitem__)] = row
    return chosen


def _inside(points: np.ndarray, box: np.ndarray) -> np.ndarray:
    edges = np.concatenate((points - box[:2], box[2:] - points), 1)
    return np.asarray(edges.min(1) > 0.01)


def _in_reach(points: np.ndarray, strides: np.ndarray, box: np.ndarray) -> np.ndarray:
    edges = np.concatenate((points - box[:2], box[2:] - points), 1) / strides[:, None]
    return np.asarray(edges.max(1) < REACH + 0.5)
