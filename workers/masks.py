"""What nobody may look at: what moves beneath a mask wakes nobody, and who is there is not seen."""

from collections.abc import Sequence

import cv2
import numpy as np

from workers.geometry import Polygon, distance_inside
from workers.vision.boxes import Box

__all__ = ["beside", "masked"]


def masked(masks: Sequence[Polygon], picture: np.ndarray) -> np.ndarray | None:
    """Return which pixels of a picture (H, W) lie beneath a mask, (H, W) bool; None without any."""
    if not masks:
        return None
    height, width = picture.shape
    pixels = np.zeros((height, width), np.uint8)
    for polygon in masks:
        corners = np.array([(x * width, y * height) for x, y in polygon])
        cv2.fillPoly(pixels, [np.round(corners).astype(np.int32)], 1)
    return pixels.astype(bool)


def beside(masks: Sequence[Polygon], boxes: Sequence[Box], aspect: float) -> list[Box]:
    """Return the boxes whose middle lies beneath no mask."""
    return [box for box in boxes if not _is_beneath(masks, box, aspect)]


def _is_beneath(masks: Sequence[Polygon], box: Box, aspect: float) -> bool:
    x1, y1, x2, y2 = box.xyxy
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    return any(distance_inside(mask, middle, aspect) >= 0 for mask in masks)
