"""A second look at somebody hardly seen: cut out of the picture and shown to the network larger.

What looks like a person in a few pixels of the whole picture, a rock or the end of a pipe, seldom
does so at two to three times the size; a person does. Only who is about to be believed on weak
detections is looked at so.
"""

from collections.abc import Sequence

import numpy as np

from workers.media.decode import Frame
from workers.vision import light
from workers.vision.boxes import Box, iou
from workers.vision.detector import Detector

# The cut-out is this part of the picture's sides; taller people fill this share of its height.
ZOOM, FILLS = 2.6, 0.6
# The same person's box in the cut-out overlaps the one in the whole picture by so much.
SAME = 0.3
LEAST = 0.15


def closer(detector: Detector, frame: Frame, seen: light.Light, box: Box) -> float:
    """Return the score, 0..1, of the person about a box when only that part is looked at.

    0 where the network sees nobody there, or somebody it is no surer of than of any rock.
    """
    wide, high = frame.width, frame.height
    person = np.array(box.xyxy) * (wide, high, wide, high)
    left, top, right, bottom = _window(person, wide, high)
    part = frame.crop(left, top, right, bottom)
    if min(part.shape[:2]) < 8:
        return box.score
    if getattr(detector, "light", False):
        part = light.correct(part, seen)
    found = [
        one for one in detector.detect([part])[0] if one.label == "person" and one.score >= LEAST
    ]
    if not found:
        return 0.0
    scale = (part.shape[1], part.shape[0]) * 2
    boxes = np.array([one.xyxy for one in found]) * scale + (left, top) * 2
    same = iou(person[None], boxes)[0] >= SAME
    return max((one.score for one, is_he in zip(found, same, strict=True) if is_he), default=0.0)


def _window(
    person: Sequence[float] | np.ndarray, wide: int, high: int
) -> tuple[int, int, int, int]:
    """Return the cut-out (left, top, right, bottom) in even pixels, inside the picture."""
    x1, y1, x2, y2 = (float(v) for v in person)
    share = min(1.0, max(1 / ZOOM, (y2 - y1) / FILLS / high, (x2 - x1) / FILLS / wide))
    across, down = share * wide, share * high
    left = min(max(0.0, (x1 + x2 - across) / 2), wide - across)
    top = min(max(0.0, (y1 + y2 - down) / 2), high - down)
    edges = (left, top, left + across, top + down)
    a, b, c, d = (int(edge) // 2 * 2 for edge in edges)
    return a, b, c, d
