"""Where a camera writes over its picture: the date, the time, its name.

Writing stays where it is whatever the camera shows, sharp and in its place: behind a cloth, out of
focus, turned to another place. So it proves nothing of the view, and is left out of what is
compared. It is known by its strokes: thin, bright and many, near the upper or the lower edge.
"""

import cv2
import numpy as np

# The picture is looked at with about so many columns; nothing is averaged, as strokes are thin.
COLUMNS = 320
# A stroke is brighter than what lies to both sides by so many grey levels, and thinner than so many
# pixels.
# So letters of 10 to 36 pixels of 360 were found over 67 pictures (rendered, mines, streets,
# shops), as drawn and coarsely encoded: of those up to 20 all, of larger ones 0.99 in the mean and
# 0.77 at least. Of the pictures themselves 0.06 is left out with no line there (rails, fences).
STROKE, THIN = 70, 5
# So much of a stretch of a line is strokes, upright and level ones: a rope, a rail or a cable is
# bright and thin as well, and goes one way. Width and height of the stretch in such pixels; and a
# line is so long.
STRETCH, UPRIGHT, LEVEL, LONG = (25, 9), 0.08, 0.03, 31
# Cameras write into the upper and the lower part of the picture: so much of its height each.
EDGE = 0.3
# What is next to writing is compared with a mean that has writing in it: so far, in pixels of the
# small picture.
HALO = 10

_LONG = np.ones((1, LONG), np.uint8)
_ACROSS, _DOWN = np.ones((1, THIN), np.uint8), np.ones((THIN, 1), np.uint8)
_HALO = np.ones((2 * HALO + 1, 2 * HALO + 1), np.uint8)


def writing(luma: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return where lines are written over a luma picture; None where none is.

    A mask (H, W), bool, of a small picture's shape.
    """
    step = max(1, round(luma.shape[1] / COLUMNS))
    picture = np.ascontiguousarray(luma[::step, ::step])
    height, width = picture.shape
    deep = round(EDGE * height)
    if deep < STRETCH[1] or width < STRETCH[0]:
        return None
    small = np.zeros(shape[:2], np.uint8)
    rows = max(1, round(EDGE * shape[0]))
    for there, here in ((slice(0, deep), slice(0, rows)), (slice(-deep, None), slice(-rows, None))):
        much = (_share(picture[there], _ACROSS) >= UPRIGHT) & (
            _share(picture[there], _DOWN) >= LEVEL
        )
        if not much.any():
            continue
        lines = cv2.morphologyEx(much.astype(np.uint8), cv2.MORPH_OPEN, _LONG)
        found = small[here]
        size = (found.shape[1], found.shape[0])
        found[:] = cv2.resize(lines.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.25
    if not small.any():
        return None
    return small.astype(bool)


def _share(picture: np.ndarray, thin: np.ndarray) -> np.ndarray:
    """Return how much of the stretch about each pixel is strokes that are thin one way."""
    strokes = cv2.morphologyEx(picture, cv2.MORPH_TOPHAT, thin) >= STROKE
    return cv2.boxFilter(strokes.astype(np.float32), -1, STRETCH, borderType=cv2.BORDER_CONSTANT)


def around(written: np.ndarray | None) -> np.ndarray | None:
    """Return where writing changes a picture that is relative to its local mean."""
    return None if written is None else cv2.dilate(written.astype(np.uint8), _HALO).astype(bool)


def wiped(pattern: np.ndarray, written: np.ndarray | None) -> np.ndarray:
    """Return a picture relative to its local mean, uint8 (H, W), empty where it is written over."""
    if written is None or written.shape != pattern.shape:
        return pattern
    return np.where(written, np.uint8(128), pattern)
