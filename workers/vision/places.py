"""Whether a reference picture's patterns are in their place in today's, elsewhere, or gone.

Both are relative to their local mean, uint8 (H, W), of the same shape. Patches that show too little
of a pattern tell nothing.
"""

from dataclasses import dataclass

import cv2
import numpy as np

# The cells of a picture, of whose middles patches are looked for.
COLUMNS, ROWS = 8, 5
# A pattern is found again from this correlation on; below the lower one it is gone.
FOUND, GONE = 0.55, 0.35
# How far a pattern is looked for, and from where on it has moved, as shares of the diagonal.
REACH, MOVED = 0.11, 0.05
PATCH = 11
# A camera stands where a side of the view, a third deep, still shows so much of its pattern in its
# place, over so many finer patches: whatever the rest shows has changed there, as water that rises.
STANDS, STANDS_LEAST = 0.7, 16
FINE_COLUMNS, FINE_ROWS, FINE_SPREAD = 16, 10, 1.5
# So many of the whole view's finer patches must show a pattern, to tell how many are in place.
LEAST = 40


@dataclass(frozen=True, slots=True)
class Match:
    """What became of a reference's patches: shares, and which cells' patches are not in place."""

    gone: float
    there: float
    shifted: float
    gone_cells: frozenset[int]
    number: int


def compare(reference: np.ndarray, pattern: np.ndarray, number: int = 0) -> Match | None:
    """Look for the reference's patches in a picture; None where too few can tell."""
    height, width = reference.shape
    diagonal = float(np.hypot(height, width))
    reach, far = max(2, round(REACH * diagonal)), MOVED * diagonal
    half = PATCH // 2
    gone = there = shifted = told = 0
    away_cells: set[int] = set()
    spread, now = _spread(reference), _spread(pattern)
    padded = cv2.copyMakeBorder(pattern, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    for row in range(ROWS):
        for column in range(COLUMNS):
            x, y = int((column + 0.5) * width / COLUMNS), int((row + 0.5) * height / ROWS)
            left, top = x - half, y - half
            patch = reference[max(0, top) : top + PATCH, max(0, left) : left + PATCH]
            if min(patch.shape) < PATCH or spread[y, x] < 4.0:
                continue
            told += 1
            if now[y, x] < 0.08 * spread[y, x]:
                gone += 1  # hardly any pattern is left, whatever it resembles
                away_cells.add(row * COLUMNS + column)
                continue
            # Its place first: only what is not there is worth looking for elsewhere.
            near = padded[top + reach - 1 :, left + reach - 1 :][: PATCH + 2, : PATCH + 2]
            here = float(cv2.matchTemplate(near, patch, cv2.TM_CCOEFF_NORMED).max())
            if here >= FOUND:
                there += 1
                continue
            if here >= GONE:
                continue
            away_cells.add(row * COLUMNS + column)
            around = padded[top : top + PATCH + 2 * reach, left : left + PATCH + 2 * reach]
            score = cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED)
            _, best, _, where = cv2.minMaxLoc(score)
            away = float(np.hypot(where[0] - reach, where[1] - reach))
            # Elsewhere must be much likelier than here: patterns of a roadway repeat.
            if best >= 0.8 and away >= far:
                shifted += 1
            else:
                gone += 1
    if told < 8:
        return None
    return Match(gone / told, there / told, shifted / told, frozenset(away_cells), number)


def _fine(reference: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """Tell of each finer patch of a reference whether it is in its place: 0, 1, or nan.

    (FINE_ROWS, FINE_COLUMNS) float; nan: the patch shows too little to tell.
    """
    height, width = reference.shape
    there = np.full((FINE_ROWS, FINE_COLUMNS), np.nan)
    if height < PATCH or width < PATCH:
        return there
    spread = _spread(reference)
    padded = cv2.copyMakeBorder(pattern, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    for row, column in np.ndindex(there.shape):
        x, y = int((column + 0.5) * width / FINE_COLUMNS), int((row + 0.5) * height / FINE_ROWS)
        if spread[y, x] < FINE_SPREAD:
            continue
        left = min(max(0, x - PATCH // 2), width - PATCH)
        top = min(max(0, y - PATCH // 2), height - PATCH)
        patch = reference[top : top + PATCH, left : left + PATCH]
        near = padded[top : top + PATCH + 2, left : left + PATCH + 2]
        here = float(cv2.matchTemplate(near, patch, cv2.TM_CCOEFF_NORMED).max())
        there[row, column] = here >= FOUND
    return there


def place(reference: np.ndarray, pattern: np.ndarray) -> float | None:
    """Return the share of a reference's finer patches in their place; None: too few can tell."""
    there = _fine(reference, pattern)
    known = there[np.isfinite(there)]
    return float(known.mean()) if known.size >= LEAST else None


def stands(reference: np.ndarray, pattern: np.ndarray) -> bool:
    """Tell whether the patches along one side of a reference are in their place in a picture."""
    there = _fine(reference, pattern)
    rows, columns = FINE_ROWS // 3 + 1, FINE_COLUMNS // 3 + 1
    sides = (there[:rows], there[-rows:], there[:, :columns], there[:, -columns:])
    for side in sides:
        known = side[np.isfinite(side)]
        # A line of writing over the picture stays where it is, and is no side of the view.
        lines = min(np.isfinite(side).any(axis=axis).sum() for axis in (0, 1))
        if known.size >= STANDS_LEAST and lines >= 3 and known.mean() >= STANDS:
            return True
    return False


def _spread(pattern: np.ndarray) -> np.ndarray:
    """Return the deviation of the patch around each pixel, (H, W)."""
    value = pattern.astype(np.float32)
    size = (PATCH, PATCH)
    mean = cv2.blur(value, size)
    return np.sqrt(np.maximum(cv2.blur(value * value, size) - mean * mean, 0))
