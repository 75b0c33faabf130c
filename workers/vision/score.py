"""Average precision at an overlap of one half: the figure that detectors are compared by."""

from collections.abc import Sequence

import numpy as np

from workers.vision.boxes import iou


def ap50(truth: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> float:
    """Return AP50 in percent, by 101 recall points.

    truth: boxes (N, 4) of each picture; found: boxes and scores (M, 5) of each picture.
    """
    total = sum(len(boxes) for boxes in truth)
    hits: list[tuple[float, bool]] = []
    for boxes, seen in zip(truth, found, strict=True):
        taken = np.zeros(len(boxes), bool)
        overlap = iou(seen[:, :4], boxes) if len(boxes) and len(seen) else None
        for row in np.argsort(-seen[:, 4], kind="stable"):
            best = -1
            if overlap is not None:
                free = np.where(taken, -1.0, overlap[row])
                best = int(free.argmax()) if free.max() >= 0.5 else -1
            if best >= 0:
                taken[best] = True
            hits.append((float(seen[row, 4]), best >= 0))
    if not total or not hits:
        return 0.0
    hits.sort(key=lambda hit: -hit[0])
    right = np.cumsum([hit for _, hit in hits])
    precision = right / np.arange(1, len(hits) + 1)
    recall = right / total
    # Precision at a recall is the best one at that recall or beyond.
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    points = np.searchsorted(recall, np.linspace(0, 1, 101))
    return float(100 * np.mean(np.append(precision, 0.0)[np.minimum(points, len(precision))]))
