"""How a whole view was turned, zoomed or pushed against a reference picture, if at all.

A view that was zoomed by a fifth carries each pattern by another way, and few so far that one
would say of it that it is elsewhere; along a roadway many lie near another that resembles them. But
all ways together fit one movement, and nothing in the place moves so.
"""

import cv2
import numpy as np

# Patches over the picture; they are found again from this correlation on, and fit within so many
# pixels of the small picture.
COLUMNS, ROWS = 14, 8
FOUND, NEAR_PX = 0.55, 1.5
# Of the patches that can be told, and in number, so many must fit. Of pictures of seven mines
# zoomed by 1.35 it was 0.33 to 0.46, by 1.2 and turned by 5 degrees 0.57 to 0.97; of what fits by
# chance in a picture zoomed beyond what is looked for 0.07 to 0.18.
SHARE, LEAST = 0.28, 14
# The movement is told where it carries a corner this far in: what is drawn lies within.
RIM = 0.1


def carried(reference: np.ndarray, pattern: np.ndarray, patch_px: int, reach_px: int) -> float:
    """Return how far a movement of the whole view carried it, as a share of the diagonal, or 0.

    reference, pattern: (H, W) uint8, relative to their local mean; patch_px: the side of a patch;
    reach_px: how far each is looked for. 0 where no one movement fits.
    """
    height, width = reference.shape
    if min(height, width) < patch_px or reference.shape != pattern.shape:
        return 0.0
    reach = (reach_px,) * 4
    padded = cv2.copyMakeBorder(pattern, *reach, cv2.BORDER_REPLICATE)
    then, now, told = [], [], 0
    for row, column in np.ndindex(ROWS, COLUMNS):
        left = int((column + 0.5) * width / COLUMNS) - patch_px // 2
        top = int((row + 0.5) * height / ROWS) - patch_px // 2
        patch = reference[max(0, top) : top + patch_px, max(0, left) : left + patch_px]
        if min(patch.shape) < patch_px or float(patch.std()) < 4.0:
            continue
        told += 1
        side = patch_px + 2 * reach_px
        around = padded[top : top + side, left : left + side]
        _, best, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED))
        if best >= FOUND:
            then.append((left, top))
            now.append((left + x - reach_px, top + y - reach_px))
    if len(then) < LEAST:
        return 0.0
    movement, fits = cv2.estimateAffinePartial2D(
        np.array(then, np.float32), np.array(now, np.float32),
        method=cv2.RANSAC, ransacReprojThreshold=NEAR_PX,
    )  # fmt: skip
    if movement is None or int(fits.sum()) < max(LEAST, SHARE * told):
        return 0.0
    corners = [(x * width, y * height, 1.0) for x in (RIM, 1 - RIM) for y in (RIM, 1 - RIM)]
    at = np.array(corners).T
    return float(np.hypot(*(movement @ at - at[:2])).max() / np.hypot(height, width))
