"""The grid of points from which NanoDet tells its boxes."""

from functools import lru_cache

import numpy as np

BINS = 11
STRIDES = (8, 16, 32)


@lru_cache(maxsize=32)
def centres(height: int, width: int, offset: float = 0.4375) -> tuple[np.ndarray, np.ndarray]:
    """Return the anchor points (A, 2) in input pixels and their strides (A,), in output order.

    offset: where in its cell a point lies; 0.4375 instead of the middle measured 0.9 AP better
    with NanoDet's weights. The arrays are shared: do not write to them.
    """
    points, strides = [], []
    for stride in STRIDES:
        rows, columns = -(-height // stride), -(-width // stride)
        ys, xs = np.mgrid[0:rows, 0:columns].astype(np.float32)
        points.append((np.stack((xs, ys), -1).reshape(-1, 2) + offset) * stride)
        strides.append(np.full(rows * columns, stride, np.float32))
    return np.concatenate(points), np.concatenate(strides)
