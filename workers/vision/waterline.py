"""Where water begins in an upright strip of picture: cues of every row, weighed by a small network.

The strip runs along a gauge, the dry end first, and is wider than its staff. What tells water from
a painted mark, a tide mark or a shadow, each measured at every row:

- step: brightness changes there, over 3, 10 and 30 rows, in the middle and in the whole width,
  with one sign in all columns, along one straight line that may be tilted;
- detail: there is less of it below than above, and less that stands upright;
- mirror: what is above comes back below, upside down;
- halves: the row parts the whole strip into two kinds, by brightness and by detail (Otsu 1979).

The network has three layers of convolution over the rows. It was trained on drawn strips alone
(workers/train/waterline.py); real pictures only test it.
"""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

# A column is as wide as 1.5 rows are high.
ROWS, COLUMNS, COLUMN_ROWS = 320, 33, 1.5
# Columns of the middle: about the width of a staff.
MIDDLE = slice(12, 21)
WINDOWS = (3, 10, 30)
DETAIL_WINDOWS = (12, 40)
MIRROR_WINDOWS = (12, 36)
MIRROR_COLUMNS = 9
# Tilts of the water line that are tried, in rows from the middle to the side of the strip.
TILTS = (-5, -2, 0, 2, 5)
# A soft edge: light that fades with the depth of clear water, over up to FADE rows on each side of
# the steepest, each by at least a share of it; where one row has more than SHARP of the whole fall
# the edge is sharp.
FADE, FALLS, SHARP, SOFT_ROWS = 20, 0.2, 0.3, 4
# A shadow's edge and a tide mark darken a staff and leave its pattern: measured against the light
# around it (in a window of so many columns and rows), as much of it is below as above, within these
# many rows, those next to the line left out. Of 188 right readings (marsh, rendered, drawn) none
# that shows a pattern has more than 0.6 of it below; 34 of 50 lines that are a shadow's or a tide
# mark have 0.65 to 1.1. Much more than above is water that glitters, and what still water mirrors
# (0.74 and more like a mirror; those 34 at most 0.64, but for three on lines painted evenly) is
# water, however much of it is left.
LIT_BY, PATTERN_ROWS, AT_LINE = (9, 25), (25, 45), 5
PATTERN, SAME_PATTERN, MIRRORED = 0.015, (0.65, 1.3), 0.7
# Roots of grey levels: 7 levels in bright mist, 3 in the dark. Below, there is nothing to see.
MIN_CONTRAST = 0.3
WEIGHTS = Path(__file__).parents[1] / "models" / "waterline.npz"


def cues(strip: np.ndarray) -> np.ndarray:
    """Return the cues (ROWS, C) float32 of a strip (ROWS, COLUMNS) uint8.

    Row y stands for the boundary above pixel row y. All are free of the strip's exposure.
    """
    # Sensor noise grows with the root of the light: on the root it is even.
    root = np.sqrt(strip.astype(np.float32) + 1.0)
    rough = root[1:-1] - 0.5 * (root[:-2] + root[2:])
    noise = float(np.median(np.abs(rough))) + 0.03
    low, high = np.percentile(cv2.blur(root, (3, 3))[::3, ::2], (3, 97))
    scale = max(float(high - low), 4 * noise)
    picture = root / scale
    parts = [*_steps(picture), *_details(picture, noise / scale), *_mirrors(picture)]
    parts.append(np.full(ROWS, np.log(scale / noise) / 4, np.float32))
    return np.stack(parts, 1).astype(np.float32)


def _running(values: np.ndarray) -> np.ndarray:
    """Return the sums of all rows above each row: (ROWS + 1, N)."""
    total = np.zeros((ROWS + 1, values.shape[1]), np.float32)
    np.cumsum(values, 0, out=total[1:])
    return total


def _window_means(total: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each row, the means of `size` rows above and of as many from it on.

    total: the running sums of the rows.
    """
    rows = np.arange(ROWS, dtype=np.float32)[:, None]
    above, below = total[:-1].copy(), -total[:-1]
    above[size:] -= total[: ROWS - size]
    below[: ROWS - size + 1] += total[size:]
    below[ROWS - size + 1 :] += total[-1]
    above /= np.clip(rows, 1, size)
    below /= np.clip(ROWS - rows, 1, size)
    above[0] = below[0]
    return above, below


def _steps(picture: np.ndarray) -> list[np.ndarray]:
    parts = []
    running = _running(picture)
    for size in WINDOWS:
        above, below = _window_means(running, size)
        change = below - above
        if size == WINDOWS[0]:
            best, agree, signed = _along_tilts(change)
            parts += [best, agree, best / (best.max() + 1e-6), signed]
        else:
            mean = change.mean(1)
            parts += [np.abs(mean), mean, np.abs(mean) / (np.abs(change).mean(1) + 0.02)]
        middle = change[:, MIDDLE].mean(1)
        parts += [np.abs(middle), middle]
    total = picture.mean(1)
    parts += [_halves(picture[:, MIDDLE].mean(1)), _halves(total)]
    return parts


def _along_tilts(change: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the strongest mean change along a line through each row, its agreement and itself."""
    clipped = np.clip(change, -0.35, 0.35)
    lined = np.empty((len(TILTS), ROWS), np.float32)
    size = lined.copy()
    for i, index in enumerate(_tilted()):
        along = clipped if TILTS[i] == 0 else np.take(clipped, index)
        lined[i], size[i] = along.mean(1), np.abs(along).mean(1)
    strength = np.abs(lined)
    pick = strength.argmax(0), np.arange(ROWS)
    best, signed = strength[pick], lined[pick]
    agree = best / (size[pick] + 0.02)
    return best, agree, signed


@lru_cache(maxsize=1)
def _tilted() -> list[np.ndarray]:
    """Return, per tilt, the flat indices (ROWS, COLUMNS) of the line through each row."""
    side = np.linspace(-1, 1, COLUMNS)
    rows = np.arange(ROWS)[:, None]
    lines = [np.clip(rows + np.rint(side * tilt), 0, ROWS - 1) for tilt in TILTS]
    return [line.astype(np.int64) * COLUMNS + np.arange(COLUMNS) for line in lines]


def _details(picture: np.ndarray, noise: float) -> list[np.ndarray]:
    across = np.abs(cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=3)) / 8
    along = np.abs(cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=3)) / 8
    # What sensor noise alone gives is no detail.
    across, along = np.maximum(across - noise / 2, 0), np.maximum(along - noise / 2, 0)
    both = np.stack(
        [across.mean(1), along.mean(1), across[:, MIDDLE].mean(1), along[:, MIDDLE].mean(1)], 1
    )
    floor = 0.1 * float(both.mean()) + 1e-4
    parts = []
    running = _running(both)
    for size in DETAIL_WINDOWS:
        above, below = _window_means(running, size)
        ratio = np.log((below + floor) / (above + floor)) / 2
        parts += list(ratio.T)
    parts.append(_halves(np.log(both.sum(1) + floor)))
    return parts


def _mirrors(picture: np.ndarray) -> list[np.ndarray]:
    """Return how well the rows below are those above upside down, -1..1, near and far.

    With g the change from row to row, a mirror at row a makes g(a - i) = -g(a + i): near it that is
    summed row by row, over the whole strip it is the convolution of g with itself at 2 a.
    """
    pattern = _changes(picture)
    total = np.append(0.0, np.cumsum((pattern * pattern).sum(1)))
    rows = np.arange(ROWS)

    def share(product: np.ndarray, reach: np.ndarray) -> np.ndarray:
        above = total[np.maximum(rows - 1, 0)] - total[np.maximum(rows - reach, 0)]
        below = total[np.minimum(rows + reach + 1, ROWS)] - total[np.minimum(rows + 2, ROWS)]
        return product / (np.sqrt(np.maximum(above, 0) * np.maximum(below, 0)) + 1e-3)

    longest = MIRROR_WINDOWS[-1]
    padded = np.zeros((ROWS + 2 * longest, MIRROR_COLUMNS), np.float32)
    padded[longest:-longest] = pattern
    product = np.zeros(ROWS)
    parts = []
    for away in range(2, longest + 1):
        up = padded[longest - away : longest - away + ROWS]
        product -= np.einsum("ij,ij->i", up, padded[longest + away : longest + away + ROWS])
        if away in MIRROR_WINDOWS:
            parts.append(share(product, np.full(ROWS, away)))
    spectrum = np.fft.rfft(pattern, 2 * ROWS, 0)
    itself = np.fft.irfft((spectrum * spectrum).sum(1), 2 * ROWS)[::2]
    near = (pattern * pattern).sum(1) + 2 * np.einsum("ij,ij->i", *_neighbours(pattern))
    parts.append(share(-(itself - near) / 2, np.minimum(rows, ROWS - 1 - rows)))
    return parts


def _changes(picture: np.ndarray) -> np.ndarray:
    """Return how a strip changes from row to row, (ROWS, MIRROR_COLUMNS)."""
    narrow = cv2.resize(picture, (MIRROR_COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    # A few rows of blur forgive ripples; the steady brightness is no pattern.
    return np.diff(cv2.GaussianBlur(narrow, (1, 5), 0), axis=0, prepend=narrow[:1])


def _neighbours(pattern: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    padded = np.pad(pattern, ((1, 1), (0, 0)))
    return padded[:-2], padded[2:]


def _halves(profile: np.ndarray) -> np.ndarray:
    """Return the share of a profile's variance that goes when it is parted at each row."""
    count = np.arange(ROWS, dtype=np.float32)
    centred = profile - profile.mean()
    left = np.cumsum(centred) - centred
    share = count * (ROWS - count)
    between = np.where(share > 0, left**2 * ROWS / np.maximum(share, 1), 0)
    return between / (float((centred**2).sum()) + 1e-3)


@lru_cache(maxsize=1)
def _weights() -> dict[str, np.ndarray]:
    with np.load(WEIGHTS) as data:
        return {name: data[name].astype(np.float32) for name in data.files}


def _convolve(rows: np.ndarray, kernel: np.ndarray, bias: np.ndarray, spread: int) -> np.ndarray:
    """Convolve (N, C) with kernel (K, C, D), the taps `spread` rows apart; ends are repeated."""
    taps = kernel.shape[0]
    reach = taps // 2 * spread
    head, tail = np.repeat(rows[:1], reach, 0), np.repeat(rows[-1:], reach, 0)
    padded = np.concatenate([head, rows, tail])
    out = np.broadcast_to(bias, (len(rows), kernel.shape[2])).copy()
    for i in range(taps):
        out += padded[i * spread : i * spread + len(rows)] @ kernel[i]
    return out


def chances(strip: np.ndarray) -> tuple[np.ndarray, float]:
    """Return each row's chance (ROWS,) to be the water line, and that there is none to see.

    strip: (ROWS, COLUMNS) uint8. All together are 1.
    """
    low, high = np.percentile(cv2.blur(strip, (5, 5))[::3, ::2], (3, 97))
    if np.sqrt(high + 1.0) - np.sqrt(low + 1.0) < MIN_CONTRAST:
        return np.zeros(ROWS), 1.0
    w = _weights()
    rows = (cues(strip) - w["mean"]) / w["spread"]
    rows = np.maximum(_convolve(rows, w["k1"], w["b1"], 1), 0)
    rows = np.maximum(_convolve(rows, w["k2"], w["b2"], 3), 0)
    rows = np.maximum(_convolve(rows, w["k3"], w["b3"], 9), 0)
    logits = np.append(_convolve(rows, w["k4"], w["b4"], 1)[:, 0], 0.0)
    odds = np.exp(logits - logits.max())
    odds /= odds.sum()
    return odds[:-1], float(odds[-1])


def is_dry_below(strip: np.ndarray, row: float) -> bool:
    """Tell whether the staff's own pattern goes on below a row: no water begins there.

    strip: (ROWS, COLUMNS) uint8.
    """
    root = cv2.GaussianBlur(np.sqrt(strip.astype(np.float32) + 1.0), (3, 3), 0)
    light = cv2.blur(root, LIT_BY)
    noise = float(np.median(np.abs(root[1:-1] - 0.5 * (root[:-2] + root[2:]))))
    steps = np.abs(np.diff(root / light, axis=0)) - 1.2 * noise / light[1:]
    pattern = np.maximum(steps[:, MIDDLE], 0).mean(1)
    line, shares = round(row), []
    for size in PATTERN_ROWS:
        above = pattern[max(0, line - AT_LINE - size) : max(0, line - AT_LINE)]
        below = pattern[line + AT_LINE : line + AT_LINE + size]
        if min(len(above), len(below)) < PATTERN_ROWS[0] or above.mean() < PATTERN:
            return False
        shares.append(float(below.mean() / above.mean()))
    if not SAME_PATTERN[0] <= min(shares) <= SAME_PATTERN[1]:
        return False
    return _mirrored(root, line) < MIRRORED


def _mirrored(root: np.ndarray, line: int) -> float:
    """Return how well what is some way below a line is what is above upside down, -1..1.

    Not what is next to it: a bright streak across the staff is the same upside down.
    """
    pattern = _changes(root)
    near, far = MIRROR_WINDOWS
    best = -1.0
    for row in range(line - AT_LINE + 1, line + AT_LINE):
        above = pattern[max(0, row - far) : max(0, row - near)][::-1]
        below = pattern[row + near + 1 : row + far + 1]
        size = min(len(above), len(below))
        above, below = above[:size], below[:size]
        power = float(np.sqrt((above * above).sum() * (below * below).sum()))
        best = max(best, -float((above * below).sum()) / (power + 1e-3))
    return best


def shore(strip: np.ndarray, row: float) -> float:
    """Return the row where the fade about a row begins; the row itself where the edge is sharp.

    Clear water darkens with its depth: what looks most like an edge in it is the middle of the
    fade, and the water's line is where the fade begins. strip: (ROWS, COLUMNS) uint8; the staff's
    own marks, in the middle, are left out.
    """
    steps = np.diff(np.sqrt(strip.astype(np.float32) + 1.0), axis=0)
    falls = -np.median(np.delete(steps, np.r_[MIDDLE], 1), 1)
    middle = min(max(round(row), 5), ROWS - 6)
    about = falls[middle - 4 : middle + 5]
    steepest = middle - 4 + int(about.argmax())
    if about.max() <= max(0.0, -float(about.min())):
        return row
    falling = falls >= FALLS * falls[steepest]
    falling[:2] = falling[-2:] = False
    first = last = steepest
    # One row that does not fall is an encoder's, or a mark's.
    while steepest - first < FADE and falling[first - 2 : first].any():
        first -= 1
    while last - steepest < FADE and falling[last + 1 : last + 3].any():
        last += 1
    first += int(not falling[first])
    if falls[steepest] > SHARP * np.maximum(falls[first : last + 1], 0).sum():
        return row
    return first + 0.5 if row - first > SOFT_ROWS else row
