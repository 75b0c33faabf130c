"""How far two detectors agree on the same pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workers.vision.boxes import Box, iou, overlap
from workers.vision.detector import Detector

SAME_IOU = 0.5


@dataclass(frozen=True)
class Agreement:
    """boxes: pairs found by both; alone: found by one only; the rest is the worst of all pairs.

    worst_px: of a side, in pixels of the network's input; mean_score: of the scores' distance.
    """

    boxes: int
    alone: int
    worst_px: float
    worst_iou: float
    worst_score: float
    mean_score: float


def compare(
    first: Detector, second: Detector, pictures: Sequence[np.ndarray], min_score: float = 0.06
) -> Agreement:
    """Compare the boxes of min_score and more with all of the other's.

    min_score lies above the lowest that detectors return: a score that rounding carries across
    that edge is no disagreement. Of two candidates whose scores are equal to six digits either
    may be kept: among weak boxes one in two thousand.
    """
    pixels, overlaps, scores, alone = [0.0], [1.0], [0.0], 0
    pairs = 0
    for picture in pictures:
        ours, theirs = first.detect([picture])[0], second.detect([picture])[0]
        scale = first.input_px / max(picture.shape[:2])
        size = np.array([picture.shape[1], picture.shape[0]] * 2) * scale
        matched = match(ours, theirs)
        strong = {j for j, box in enumerate(theirs) if box.score >= min_score}
        for i, box in enumerate(ours):
            j = matched.get(i)
            if j is not None:
                other = theirs[j]
                strong.discard(j)
                if max(box.score, other.score) < min_score:
                    continue
                pairs += 1
                apart = np.abs(np.array(box.xyxy) - np.array(other.xyxy)) * size
                pixels.append(float(apart.max()))
                overlaps.append(overlap(box.xyxy, other.xyxy))
                scores.append(abs(box.score - other.score))
            elif box.score >= min_score:
                alone += 1
        alone += len(strong)
    return Agreement(
        pairs, alone, max(pixels), min(overlaps), max(scores), float(np.sum(scores)) / max(1, pairs)
    )


def match(ours: Sequence[Box], theirs: Sequence[Box]) -> dict[int, int]:
    """Pair boxes of one label that overlap by half or more, the best overlap first."""
    if not ours or not theirs:
        return {}
    overlaps = iou(np.array([b.xyxy for b in ours]), np.array([b.xyxy for b in theirs]))
    same = np.array([[a.label == b.label for b in theirs] for a in ours])
    overlaps = np.where(same, overlaps, 0.0)
    found: dict[int, int] = {}
    taken: set[int] = set()
    for flat in np.argsort(-overlaps, axis=None, kind="stable"):
        i, j = divmod(int(flat), len(theirs))
        if overlaps[i, j] < SAME_IOU:
            break
        if i not in found and j not in taken:
            found[i] = j
            taken.add(j)
    return found
