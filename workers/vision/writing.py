"""Where a camera writes over its picture: the date, the time, its name.

Writing stays where it is whatever the camera shows, sharp and in its place: behind a cloth, out of
focus, turned to another place. So it proves nothing of the view, and is left out of what is
compared. It is known by its strokes: thin, bright and many, near the upper or the lower edge.
"""

import cv2
import numpy as np

# The picture is looked at with about so many columns; nothing is averaged, as strokes are thin.
COLUMNS = 320
# A stroke is brighter than all around it by so many grey levels, and thinner than so many pixels.
# So letters of 10 to 36 pixels of 360 were found over 67 pictures (rendered, mines, streets,
# shops), as drawn and coarsely encoded: of those up to 20 all, of larger ones 0.99 in the mean and
# 0.77 at least. Of the pictures themselves 0.05 is left out with no letter there (fences, signs).
STROKE, THIN = 70, 5
# So much of a stretch of a line is strokes: width and height of the stretch in such pixels. And a
# line is so long.
STRETCH, MUCH, LONG = (25, 9), 0.12, 31
# Its strokes are upright and level ones, so many of each in this share of it: a rope, a rail or a
# cable is bright and thin as well, and goes one way.
UPRIGHT, LEVEL, BOTH = 0.08, 0.03, 0.25
# Cameras write into the upper and the lower part of the picture: so much of its height each.
EDGE = 0.3
# What is next to writing is compared with a mean that has writing in it: so far, in pixels of the
# small picture.
HALO = 10

_LONG = np.ones((1, LONG), np.uint8)
_THIN = np.ones((THIN, THIN), np.uint8)
_ACROSS, _DOWN = np.ones((1, THIN), np.uint8), np.ones((THIN, 1), np.uint8)
_RIM = np.ones((3, 3), np.uint8)  # letters have a dark one
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
        lines = _lines(picture[there])
        if lines is None:
            continue
        found = small[here]
        size = (found.shape[1], found.shape[0])
        found[:] = cv2.resize(lines.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.25
    if not small.any():
        return None
    return cv2.dilate(small, _RIM).astype(bool)


def _lines(picture: np.ndarray) -> np.ndarray | None:
    """Return where lines of letters are in a part of a picture, (H, W) bool; None where none is."""
    much = cv2.morphologyEx(
        (_share(picture, _THIN) >= MUCH).astype(np.uint8), cv2.MORPH_OPEN, _LONG
    )
    if not much.any():
        return None
    letters = (_share(picture, _ACROSS) >= UPRIGHT) & (_share(picture, _DOWN) >= LEVEL)
    count, places = cv2.connectedComponents(much)
    area = np.bincount(places.ravel(), minlength=count)
    lettered = np.bincount(places[letters], minlength=count) >= BOTH * area
    lettered[0] = False  # what is no line at all
    return lettered[places] if lettered.any() else None


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


def filled(luma: np.ndarray, written: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture with its lines of writing filled from above and below, and where they were.

    luma: (H, W) uint8; written: a mask of any size. What is filled shows no edge, and nothing else.
    """
    height, width = luma.shape
    size = (width, height)
    over = cv2.resize(written.astype(np.uint8) * 255, size, interpolation=cv2.INTER_LINEAR) > 0
    rows = np.flatnonzero(over.any(axis=1))
    if not rows.size:
        return luma, over
    top, bottom = max(0, rows[0] - 1), min(height, rows[-1] + 2)
    hidden, part = over[top:bottom], luma[top:bottom].astype(np.float32)
    row = np.arange(bottom - top)[:, None]
    above = np.maximum.accumulate(np.where(hidden, -1, row), axis=0)
    below = np.minimum.accumulate(np.where(hidden, len(row), row)[::-1], axis=0)[::-1]
    # At the picture's edge there is one side only.
    above, below = np.where(above < 0, below, above), np.where(below == len(row), above, below)
    above, below = np.clip(above, 0, len(row) - 1), np.clip(below, 0, len(row) - 1)
    share = (row - above) / np.maximum(below - above, 1)
    before = np.take_along_axis(part, above, axis=0)
    after = np.take_along_axis(part, below, axis=0)
    made = luma.copy()
    made[top:bottom] = np.where(hidden, before + share * (after - before), part)
    return made, over
