"""Pictures of any size and kind into a network's input, and how to get back."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import cv2
import numpy as np

from workers.models.contract import Contract
from workers.vision.boxes import Corners

# A picture below one pixel shows nothing; one this long in one side is no camera's.
MOST_SIDE = 65_500


class PictureError(ValueError):
    """What was given is no picture; the text says what was expected and found."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture as the network sees it: pixels (H, W, 3), and the picture's size on it.

    left, top: where the pixels begin, if they are only a part of it.
    """

    pixels: np.ndarray
    width: float
    height: float
    left: int = 0
    top: int = 0

    def cut(self, part: Corners, step_px: int) -> "Canvas":
        """Return a part, in fractions of the picture, made larger to whole steps from the corner.

        So the network's grid lies on it as on the whole.
        """
        high, wide = self.pixels.shape[:2]
        left, top = (
            int(v * size) // step_px * step_px
            for v, size in zip(part[:2], (self.width, self.height), strict=True)
        )
        right = min(wide, -(-ceil(part[2] * self.width) // step_px) * step_px)
        bottom = min(high, -(-ceil(part[3] * self.height) // step_px) * step_px)
        return replace(self, pixels=self.pixels[top:bottom, left:right], left=left, top=top)


def as_bgr(picture: np.ndarray) -> np.ndarray | None:
    """Return a picture as BGR uint8 (H, W, 3); None where it has no pixels at all.

    Grey (H, W) or (H, W, 1) is spread over the colours, an alpha channel is dropped, 10 to 16
    bits are brought to 8. PictureError where it is no picture.
    """
    if not isinstance(picture, np.ndarray) or picture.ndim not in (2, 3):
        shape = getattr(picture, "shape", type(picture).__name__)
        raise PictureError(f"expected a picture of (rows, columns, colours), found {shape}")
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    if channels not in (1, 3, 4):
        raise PictureError(f"expected a picture of 1, 3 or 4 channels, found {channels}")
    if 0 in picture.shape:
        return None
    if max(picture.shape[:2]) > MOST_SIDE:
        raise PictureError(
            f"expected a picture of at most {MOST_SIDE} pixels a side, "
            f"found {picture.shape[1]}x{picture.shape[0]}"
        )
    if picture.dtype == np.uint16:
        # Cameras of 10 and 12 bits fill the low bits: the brightest pixel tells which.
        bits = max(8, int(picture.max()).bit_length())
        picture = (picture >> (max(10, bits + bits % 2) - 8)).astype(np.uint8)
    elif picture.dtype != np.uint8:
        raise PictureError(f"expected pixels of 8 or 16 bits, found {picture.dtype}")
    if channels == 1:
        return cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_GRAY2BGR)
    return picture[:, :, :3] if channels == 4 else picture


class Letterbox:
    """Fits pictures into the input that a contract describes."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.mean = np.array(contract.mean, np.float32)
        self.scale = 1 / np.array(contract.std, np.float32)
        self.kept = threading.local()

    def fit(self, picture: np.ndarray) -> Canvas:
        """Lay a BGR uint8 picture at the top left; the canvas is cut to multiples of the step.

        So a wide picture costs less than a square.
        """
        contract = self.contract
        height, width = picture.shape[:2]
        scale = contract.input_px / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        if size != (width, height):
            shrink = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
            picture = cv2.resize(picture, size, interpolation=shrink)
        step = contract.step_px
        rows, columns = -(-size[1] // step) * step, -(-size[0] // step) * step
        if contract.square:
            rows = columns = contract.input_px
        if picture.shape[:2] == (rows, columns):
            return Canvas(picture, float(size[0]), float(size[1]))
        canvas = np.full((rows, columns, 3), contract.pad, np.uint8)
        canvas[: size[1], : size[0]] = picture
        return Canvas(canvas, float(size[0]), float(size[1]))

    def batch(self, canvases: Sequence[Canvas]) -> np.ndarray:
        """Return canvases of one size as float32 (N, 3, H, W), normalised.

        The array is used again by this thread's next call.
        """
        made = self._space((len(canvases), 3, *canvases[0].pixels.shape[:2]))
        for planes, canvas in zip(made, canvases, strict=True):
            channels = cv2.split(canvas.pixels)
            if self.contract.colours == "rgb":
                channels = channels[::-1]
            for i, plane in enumerate(planes):
                np.subtract(channels[i], self.mean[i], out=plane)
                np.multiply(plane, self.scale[i], out=plane)
        return made

    def _space(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return an array to write to; new memory each time costs ten times the arithmetic."""
        kept: np.ndarray | None = getattr(self.kept, "array", None)
        if kept is None or kept.shape != shape:
            kept = self.kept.array = np.empty(shape, np.float32)
        return kept
