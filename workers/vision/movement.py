"""What moved between two patches of a region, apart from light, noise and a shaking camera."""

import cv2
import numpy as np

# Grey levels, and multiples of the noise, by which a cell must change to count as moved.
MIN_CHANGE = 2.0
NOISE_TIMES = 1.0
# The neighbourhood, in cells, within which light is taken to be even.
WINDOW = 7
# The spread, in cells, of what a cap lamp's beam and its shadows are taken to be smooth over.
BEAM_CELLS = 2.0
# Grey levels that are taken for black; and what part of a change is rough where something moved.
DARK, ROUGH = 4.0, 0.3
# A shift of the whole picture is known to about this part of itself, and an edge warped by it
# keeps about this part of a cell of error.
UNSURE = 0.25
# Stripes: the part of their slope across (in square) that is left along them. It is 0.03 of even
# rope on a drum, and 0.25 and more of spokes, marks and dirty rope.
STRIPES = 0.1
# The picture as bands whose shift is followed: (bands, cells along).
BANDS = (3, 160)
# What crosses a strip may lean by so many cells a row, and an edge of it is known to this part of
# a cell.
SLANTS, EDGE = np.linspace(-0.6, 0.6, 13), 0.5
AGREE_PX = 0.6


def noise_of(patch: np.ndarray, before: np.ndarray, visible: np.ndarray) -> float:
    """Return the noise of the difference of two patches, in grey levels."""
    change = cv2.subtract(patch, before, dtype=cv2.CV_32F)
    # Noise lives in single cells, movement in neighbours.
    rough = np.abs(change - cv2.blur(change, (3, 3)))
    values = rough[visible][::4]
    return 1.4826 * _median(values) if values.size else 0.0


def contrast_of(patch: np.ndarray, visible: np.ndarray) -> float:
    """Return how much a patch (H, W) uint8 varies beside its noise, in grey levels."""
    return _spread(cv2.blur(patch, (3, 3)), visible)


def sharpness_of(patch: np.ndarray, visible: np.ndarray) -> float:
    """Return how much it varies within WINDOW cells, where light is even, in grey levels."""
    fine, even = cv2.blur(patch, (3, 3)), cv2.blur(patch, (WINDOW, WINDOW))
    return _spread(cv2.subtract(fine, even, dtype=cv2.CV_32F), visible)


def _spread(values: np.ndarray, visible: np.ndarray) -> float:
    return float(cv2.meanStdDev(values, mask=visible.view(np.uint8))[1][0, 0])


def changed(
    patch: np.ndarray,
    before: np.ndarray,
    visible: np.ndarray,
    noise: float,
    *,
    shake: float = 0.0,
    lamps: bool = False,
) -> np.ndarray:
    """Return the mask of visible cells whose pattern changed, by more than light and noise do.

    Around each cell the old picture is fitted to the new one by a gain and an offset of its own:
    a shadow or an exposure that swings is fitted away, a spoke that moved is not.
    shake: cells by which the camera's shaking was taken back, which leaves errors at edges;
    lamps: somebody's cap lamp may play on the region, so what is smooth is taken out first.
    """
    p, q = cv2.blur(patch, (3, 3)).astype(np.float32), cv2.blur(before, (3, 3)).astype(np.float32)
    slope = _slope(p) if shake else None
    if lamps:
        q *= (_smooth(p, visible) + 6.0) / (_smooth(q, visible) + 6.0)
    p[~visible] = 0
    q[~visible] = 0
    weight = _around(visible.astype(np.float32)) + 1e-6
    mean_p, mean_q = _around(p) / weight, _around(q) / weight
    # In one call: over so few cells a call costs more than what it does.
    square_p, square_q, product = cv2.split(_around(cv2.merge([p * p, q * q, p * q])))
    var_p = np.maximum(square_p / weight - mean_p * mean_p, 0)
    var_q = np.maximum(square_q / weight - mean_q * mean_q, 0)
    both = product / weight - mean_p * mean_q
    # A pattern that turned into its negative is movement, not light: no gain below zero.
    gain = np.clip(both / (var_q + 1.0), 0, 3)
    rest = np.maximum(var_p - 2 * gain * both + gain * gain * var_q, 0)
    limit = np.full(p.shape, max(MIN_CHANGE, NOISE_TIMES * noise) ** 2, np.float32)
    if slope is not None:
        limit += (UNSURE * min(shake, 2.0)) ** 2 * _around(slope) / weight
    return (rest > limit) & visible


def rough(patch: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return the mask of cells whose change is rough: a beam that sweeps over them is smooth.

    Light multiplies, so what it changes is smooth in the logarithm, however dark it is; an edge
    that moves is not.
    """
    p, q = (cv2.blur(one, (3, 3)).astype(np.float32) + DARK for one in (patch, before))
    change: np.ndarray = np.log(p / q)
    rest = change - cv2.GaussianBlur(change, (0, 0), BEAM_CELLS)
    rest = rest - cv2.GaussianBlur(rest, (0, 0), BEAM_CELLS)  # once more: a beam's top is round
    return _around(rest * rest) > ROUGH * ROUGH * _around(change * change)


def standing_out(patch: np.ndarray, visible: np.ndarray, noise: float, times: float) -> np.ndarray:
    """Return the mask of visible cells whose surroundings vary by more than counts as a change.

    times: by how much more, in variance.
    """
    p = cv2.blur(patch, (3, 3)).astype(np.float32)
    p[~visible] = 0
    weight = _around(visible.astype(np.float32)) + 1e-6
    mean = _around(p) / weight
    spread = _around(p * p) / weight - mean * mean
    return (spread > times * max(MIN_CHANGE, NOISE_TIMES * noise) ** 2) & visible


def _slope(p: np.ndarray) -> np.ndarray:
    dx, dy = (
        cv2.Sobel(p, cv2.CV_32F, 1, 0, scale=1 / 8),
        cv2.Sobel(p, cv2.CV_32F, 0, 1, scale=1 / 8),
    )
    return dx * dx + dy * dy


def _smooth(values: np.ndarray, visible: np.ndarray) -> np.ndarray:
    weight = cv2.GaussianBlur(visible.astype(np.float32), (0, 0), BEAM_CELLS) + 1e-3
    return cv2.GaussianBlur(values * visible, (0, 0), BEAM_CELLS) / weight


def _around(values: np.ndarray) -> np.ndarray:
    return cv2.blur(values, (WINDOW, WINDOW), borderType=cv2.BORDER_CONSTANT)


def would_show(
    patch: np.ndarray,
    visible: np.ndarray,
    part: np.ndarray,
    noise: float,
    by: tuple[int, int] = (3, 0),
) -> np.ndarray:
    """Return the mask of a part's cells that would look changed, had it moved along the region.

    by: how far, in cells to the right and down. A bare belt or a clean rope looks the same however
    it moves: standing still is then no proof.
    """
    there = visible & _shifted(visible.astype(np.uint8), by).astype(bool)
    moved = np.where(part, _shifted(patch, by), patch)
    return changed(patch, moved, there, noise) & part


def _shifted(values: np.ndarray, by: tuple[int, int]) -> np.ndarray:
    """Return values (H, W) that went so many cells to the right and down; 0 comes in."""
    matrix = np.array([[1, 0, by[0]], [0, 1, by[1]]], np.float64)
    return cv2.warpAffine(values, matrix, values.shape[::-1], flags=cv2.INTER_NEAREST)


def turning_shows(patch: np.ndarray, visible: np.ndarray, noise: float) -> float:
    """Return the share of a region's middle that would look changed, whatever way it moved.

    An even rope on a drum is stripes: along them nothing shows, and along them is how it turns.
    Around the middle is what stands beside the drum.
    """
    high, wide = patch.shape
    part = visible.copy()
    part[: high // 4] = part[high - high // 4 :] = False
    part[:, : wide // 4] = part[:, wide - wide // 4 :] = False
    if not part.any():
        return 0.0
    p = cv2.blur(patch, (3, 3))
    dx, dy = (cv2.Sobel(p, cv2.CV_32F, *way)[part] for way in ((1, 0), (0, 1)))
    along, across = np.linalg.eigvalsh([[dx @ dx, dx @ dy], [dx @ dy, dy @ dy]])
    if along <= STRIPES * across:
        return 0.0
    shares = (
        would_show(patch, visible, visible, noise, by)[part].mean() for by in ((3, 0), (0, 3))
    )
    return float(min(shares))


def stir(patch: np.ndarray, before: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Return by how many grey levels each cell changed by itself, whatever is around it.

    The whole region's brightness is matched; a shadow that moves counts as a change.
    """
    p, q = patch.astype(np.float32), before.astype(np.float32)
    q *= (float(p[visible].mean()) + 1) / (float(q[visible].mean()) + 1)
    return np.abs(p - q)


def uncrossed(patch: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return a strip (H, W) uint8 without what crosses its part alike from edge to edge."""
    whole: np.ndarray = patch.astype(np.float32)
    rows = part.mean(axis=1) > 0.3
    if not rows.any():
        return np.full(patch.shape, 128, np.uint8)
    crossing, least = whole, np.inf
    for slant in SLANTS:
        upright = _lean(whole, slant)
        mean = upright[rows].mean(axis=0, keepdims=True)
        left = float(np.square(upright - mean)[rows].mean())
        if left < least:
            least, crossing = left, _lean(np.repeat(mean, patch.shape[0], axis=0), -slant)
    rest = whole - crossing
    error = EDGE * np.abs(cv2.Sobel(crossing, cv2.CV_32F, 1, 0, scale=1 / 8))
    level = np.where(part, 128.0 + rest - np.clip(rest, -error, error), 128.0)
    return np.clip(level, 0, 255).astype(np.uint8)


def _lean(values: np.ndarray, by: float) -> np.ndarray:
    """Shift each row by so many cells more than the row above."""
    high, wide = values.shape
    matrix = np.array([[1, by, -by * high / 2], [0, 1, 0]], np.float64)
    return cv2.warpAffine(values, matrix, (wide, high), borderMode=cv2.BORDER_REPLICATE)


def thread(patch: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Return the mask of the rope's own cells: the rows that stand out along the whole region."""
    rows = visible.sum(axis=1)
    profile = (patch * visible).sum(axis=1) / np.maximum(rows, 1)
    profile = np.where(rows > 0.3 * patch.shape[1], profile, np.nan)
    out = np.abs(profile - np.nanmedian(profile)) if rows.any() else profile
    at = int(np.nanargmax(out)) if np.isfinite(out).any() else patch.shape[0] // 2
    mask = np.zeros(patch.shape, bool)
    mask[max(0, at - 1) : at + 2] = True
    return mask & visible


def bands_of(luma: np.ndarray) -> np.ndarray:
    """Return the picture's brightness along bands, (2 * bands, cells) int16 in 1/64 grey levels.

    The first half are bands from left to right, the second from top to bottom.
    """
    bands, cells = BANDS
    height, width = luma.shape
    # Rows and columns are averaged over nearly whole bands, so noise all but goes away.
    step = max(1, height // 120)
    made = []
    for i in range(bands):
        part = luma[height * i // bands : height * (i + 1) // bands : step]
        row = cv2.reduce(part if part.size else luma, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)
        made.append(cv2.resize(row, (cells, 1), interpolation=cv2.INTER_AREA)[0])
    for i in range(bands):
        part = luma[:, width * i // bands : width * (i + 1) // bands]
        column = cv2.reduce(part if part.size else luma, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F)
        made.append(cv2.resize(column, (1, cells), interpolation=cv2.INTER_AREA)[:, 0])
    return np.round(np.stack(made) * 64).astype(np.int16)


def shift(now: np.ndarray, before: np.ndarray, width: int, height: int) -> tuple[float, float]:
    """Return by how many pixels (right, down) the whole picture moved between two bands_of().

    (0, 0) unless most of the picture agrees: then something in it moved, not the camera.
    """
    bands, cells = BANDS
    p, q = _pattern(now), _pattern(before)
    half = cells // 2
    # Each band in two halves, one under the other.
    p, q = np.vstack([p[:, :half], p[:, half:]]), np.vstack([q[:, :half], q[:, half:]])
    slid = _slide(p, q)
    lying = np.arange(len(slid)) % (2 * bands) < bands
    return _agreed(slid[lying] * (width / cells)), _agreed(slid[~lying] * (height / cells))


def _pattern(rows: np.ndarray) -> np.ndarray:
    """Take out slow brightness, and the gain of lamps and exposure."""
    values = rows.astype(np.float32) / 64
    mean = cv2.blur(values, (21, 1))
    return (values - mean) / (mean + 10.0) * 100


def _slide(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return the cells by which each row of a pattern slid; NaN where it is too smooth to tell."""
    count, cells = now.shape
    total = np.zeros((count, 1), np.float32)
    at = np.tile(np.arange(cells, dtype=np.float32), (count, 1))
    line = np.tile(np.arange(count, dtype=np.float32)[:, None], (1, cells))
    moved = before
    inner = slice(3, cells - 3)
    for _ in range(3):
        slope = np.zeros_like(moved)
        slope[:, 1:-1] = (moved[:, 2:] - moved[:, :-2]) / 2
        power = (slope * slope)[:, inner].sum(axis=1)
        step = -(slope * (now - moved))[:, inner].sum(axis=1) / np.maximum(power, 1e-3)
        total += np.clip(step, -1.5, 1.5)[:, None]
        moved = cv2.remap(before, at - total, line, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    good = (power >= 0.05 * cells) & (np.abs(total[:, 0]) <= 4)
    return np.where(good, total[:, 0], np.nan)


def _agreed(estimates: np.ndarray) -> float:
    known = estimates[np.isfinite(estimates)]
    if len(known) < 3:
        return 0.0
    near = known[np.abs(known - _median(known)) <= AGREE_PX]
    return float(near.mean()) if len(near) >= 0.6 * len(known) else 0.0


def _median(values: np.ndarray) -> float:
    """Return the median of some finite values; np.median() takes five times as long over few."""
    low, high = (len(values) - 1) // 2, len(values) // 2
    middle = np.partition(values, (low, high))
    return (float(middle[low]) + float(middle[high])) / 2
