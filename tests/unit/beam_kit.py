"""A beam of light on a drawn machine or lamp: where it falls, and the camera's noise."""

import numpy as np
from machine_kit import SIZE

WIDE, HIGH = SIZE
Y, X = np.mgrid[0:HIGH, 0:WIDE].astype(np.float32)
NOISE = np.random.default_rng(1).standard_normal((7, HIGH, WIDE, 1)).astype(np.float32)


def spot(x, y, wide):
    """Return the light of a round beam at a pixel, (HIGH, WIDE, 1), 1 in its middle."""
    return np.exp(-(((X - x) / wide) ** 2 + ((Y - y) / wide) ** 2))[..., None]
