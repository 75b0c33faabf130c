"""The frame counter that is burned into every rendered frame, so that any copy can be placed.

A strip of 19 square blocks along the very top-left edge, each 1/80 of the picture's width: a white
and a black guard, 16 bits of the number (highest first) and one bit of even parity. The blocks are
large enough to survive H.264 and scaling.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BITS = 16
BLOCKS = BITS + 3
PER_WIDTH = 80
WHITE, BLACK = 235, 16
MIN_SPAN = 60.0  # of luma between the guards
MAX_STRAY = 0.30  # of the span, between a block and the guard it is taken for


def _bits(value: int) -> list[int]:
    bits = [(value >> (BITS - 1 - i)) & 1 for i in range(BITS)]
    return [1, 0, *bits, sum(bits) % 2]


def draw_counter(picture: NDArray[np.uint8], value: int) -> None:
    """Burn the number into a grey (H, W) or colour (H, W, C) picture in place.

    Raises ValueError when the number needs more than 16 bits.
    """
    if not 0 <= value < 1 << BITS:
        raise ValueError(f"the counter holds 0..{(1 << BITS) - 1}, not {value}")
    block = picture.shape[1] / PER_WIDTH
    for index, bit in enumerate(_bits(value)):
        left, right = round(index * block), round((index + 1) * block)
        picture[: round(block), left:right] = WHITE if bit else BLACK


def read_counter(luma: NDArray[np.uint8]) -> int | None:
    """Read the number from a luma picture (H, W); None when guards or parity fail."""
    block = luma.shape[1] / PER_WIDTH
    if luma.ndim != 2 or block < 2 or luma.shape[0] < block:
        return None
    rim = block / 4
    rows = slice(round(rim), max(round(rim) + 1, round(block - rim)))
    levels = np.array(
        [
            luma[rows, round(i * block + rim) : round((i + 1) * block - rim)].mean()
            for i in range(BLOCKS)
        ]
    )
    white, black = levels[0], levels[1]
    span = white - black
    if span < MIN_SPAN:
        return None
    share = (levels - black) / span
    bits = (share > 0.5).astype(int)
    if np.any(np.abs(share - bits) > MAX_STRAY) or int(bits[2:].sum()) % 2:
        return None
    return int("".join(str(b) for b in bits[2 : 2 + BITS]), 2)
