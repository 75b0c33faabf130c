"""Boxes: what a detector returns, how far two of them overlap, and which of many to keep."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

# Left, top, right, bottom, as fractions of the picture.
Corners = tuple[float, float, float, float]

NMS_IOU = 0.6
# Nearer to the picture's edge than this, a box is cut off by it.
CUT = 0.012


@dataclass(frozen=True, slots=True)
class Box:
    """One thing seen: label, left, top, right, bottom as fractions of the picture, score 0..1."""

    label: str
    xyxy: Corners
    score: float


def in_pixels(box: Box, window: tuple[int, int, int, int]) -> Box:
    """Return a box that was found in a window, cut out of a picture, in that picture's pixels."""
    left, top, right, bottom = window
    wide, high = right - left, bottom - top
    x1, y1, x2, y2 = box.xyxy
    corners = (left + x1 * wide, top + y1 * high, left + x2 * wide, top + y2 * high)
    return Box(box.label, corners, box.score)


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the overlap (N, M) of boxes (N, 4) and (M, 4), left, top, right, bottom."""
    ax, ay, ar, ab = a.T[:, :, None]
    bx, by, br, bb = b.T[:, None, :]
    wide = np.minimum(ar, br) - np.maximum(ax, bx)
    high = np.minimum(ab, bb) - np.maximum(ay, by)
    inter = np.maximum(wide, 0) * np.maximum(high, 0)
    union = (ar - ax) * (ab - ay) + (br - bx) * (bb - by) - inter
    return inter / np.maximum(union, 1e-12)


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how far two boxes overlap, 0..1: iou() of one pair."""
    return float(iou(np.array([one]), np.array([other]))[0, 0])


def inside(one: Sequence[float], other: Sequence[float]) -> float:
    """Return which share of a box lies in another, 0..1."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    area = (one[2] - one[0]) * (one[3] - one[1])
    return max(0.0, wide) * max(0.0, high) / max(area, 1e-9)


def nms(xyxy: np.ndarray, score: np.ndarray, label: np.ndarray) -> list[int]:
    """Return the indices kept, best first; only boxes of one label suppress each other."""
    if not len(score):
        return []
    # OpenCV takes left, top, width, height. All overlaps at once cost ten times as much.
    sides = np.concatenate((xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]), 1)
    kept = cv2.dnn.NMSBoxesBatched(sides.tolist(), score.tolist(), label.tolist(), 0.0, NMS_IOU)
    return [int(i) for i in kept]


def lower_edge(x1: float, x2: float, y2: float) -> tuple[tuple[float, float], str]:
    """Return the point of a box's lower edge that can be followed, and which one it is."""
    middle = ((x1 + x2) / 2, min(y2, 1.0))
    left, right = x1 <= CUT, x2 >= 1 - CUT
    if y2 >= 1 - CUT or (left and right):
        return middle, ""
    if left:
        return (x2, y2), "right"
    return ((x1, y2), "left") if right else (middle, "middle")
