"""Small pictures as text, for the engine's state."""

import base64
import zlib
from typing import Any

import numpy as np


def pack_image(image: np.ndarray | None) -> list[Any] | None:
    """Return (H, W) uint8 as [H, W, text]; None stays None."""
    if image is None:
        return None
    data = zlib.compress(np.ascontiguousarray(image).tobytes(), 6)
    return [int(image.shape[0]), int(image.shape[1]), base64.b85encode(data).decode()]


def unpack_image(packed: list[Any] | None) -> np.ndarray | None:
    """Undo pack_image."""
    if packed is None:
        return None
    height, width, text = packed
    data = zlib.decompress(base64.b85decode(text))
    return np.frombuffer(data, np.uint8).reshape(height, width)
