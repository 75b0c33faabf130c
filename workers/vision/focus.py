"""Whether a lens is in focus, by one picture alone: how steep its edges are for their size.

An edge that is strong in a coarse picture is as steep in the fine one where the lens is in focus,
and a fraction as steep where it is not. So no memory of a better picture is needed: a camera that
was never set right has none.
"""

import cv2
import numpy as np

# The coarse picture has so many pixels fewer to a side; its strongest edges are asked, so many of
# them, if they are edges at all: so many grey levels a pixel.
COARSE, STRONGEST, LEAST_STEEP = 4, 0.1, 2.0
# An edge of the fine picture is looked for so far around, in its pixels.
AROUND = 5
# Of 288 real photographs, shrunk to 640 pixels, and eight videos the least is 0.57, of 63 pictures
# drawn, mines and streets 0.44 (a roadway in dust and glare). Blurred by 7 of 640 pixels the most
# is 0.41, by 9 0.37; with a sensor's noise of 2.5 grey levels nine in ten are below 0.42.
SOFT = 0.4


def steepness(fine: np.ndarray, written: np.ndarray | None = None) -> float | None:
    """Return how steep edges are in a luma picture (H, W) for how steep they are in a coarse one.

    About 1 in focus; None where there are too few edges to tell. written: where they do not count,
    a mask of any size.
    """
    if min(fine.shape) < 8 * COARSE:
        return None
    value = fine.astype(np.float32)
    size = (fine.shape[1] // COARSE, fine.shape[0] // COARSE)
    coarse = _steep(cv2.resize(value, size, interpolation=cv2.INTER_AREA))
    around = np.ones((AROUND, AROUND), np.uint8)
    near = cv2.dilate(_steep(cv2.GaussianBlur(value, (3, 3), 0)), around)
    near = cv2.resize(near, size, interpolation=cv2.INTER_AREA)
    tells = np.ones(coarse.shape, bool)
    if written is not None:
        over = cv2.resize(written.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        tells = over == 0
    least = float(np.quantile(coarse[tells], 1 - STRONGEST)) if tells.any() else 0.0
    if least < LEAST_STEEP:
        return None
    # What is everywhere is noise.
    noise = float(np.quantile(near[tells], 0.1))
    strong = tells & (coarse >= least)
    steep = np.sqrt(np.maximum(near[strong] ** 2 - noise**2, 0.0))
    return float(np.median(steep / coarse[strong]))


def _steep(picture: np.ndarray) -> np.ndarray:
    """Return the grey levels by which a picture changes from pixel to pixel, float32 (H, W)."""
    x = cv2.Sobel(picture, cv2.CV_32F, 1, 0, scale=1 / 8)
    y = cv2.Sobel(picture, cv2.CV_32F, 0, 1, scale=1 / 8)
    return cv2.magnitude(x, y)
