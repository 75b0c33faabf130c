"""Boxes: what a detector returns, how far two of them overlap, and which of many to keep."""

from dataclasses import dataclass

import numpy as np

NMS_IOU = 0.6


@dataclass(frozen=True, slots=True)
class Box:
    """One thing seen: label, left, top, right, bottom as fractions of the picture, score 0..1."""

    label: str
    xyxy: tuple[float, float, float, float]
    score: float


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the overlap (N, M) of boxes (N, 4) and (M, 4), left, top, right, bottom."""
    ax, ay, ar, ab = a.T[:, :, None]
    bx, by, br, bb = b.T[:, None, :]
    wide = np.minimum(ar, br) - np.maximum(ax, bx)
    high = np.minimum(ab, bb) - np.maximum(ay, by)
    inter = np.maximum(wide, 0) * np.maximum(high, 0)
    union = (ar - ax) * (ab - ay) + (br - bx) * (bb - by) - inter
    return inter / np.maximum(union, 1e-12)


def nms(xyxy: np.ndarray, score: np.ndarray, label: np.ndarray) -> list[int]:
    """Return the indices kept, best first; only boxes of one label suppress each other."""
    order = np.argsort(-score, kind="stable")
    # Shifted by label, boxes of different labels never overlap.
    boxes = (xyxy + 2.0 * label[:, None])[order]
    # All overlaps at once: a call a kept box costs ten times as much.
    covers = iou(boxes, boxes) > NMS_IOU
    gone = np.zeros(len(boxes), bool)
    kept: list[int] = []
    for i in range(len(boxes)):
        if not gone[i]:
            kept.append(int(order[i]))
            gone |= covers[i]
    return kept
