"""A frozen picture in a living stream: the same pixels again and again, whatever the encoder does.

A living camera's picture differs from every earlier one by its sensor's noise, even where the
scene stands still; a frozen source that is encoded anew comes back to the same pixels at the same
place of each group of pictures. So a reference is kept, and it is frozen for as long as frames keep
coming back to it. A clock that the camera writes over a frozen picture covers few pixels.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from workers.packing import pack_image, unpack_image

# Pixels that are compared, about: single ones, because a mean of pixels has no noise.
SAMPLES = 1500
# A frame is the same when at most this share of pixels differs by more than 2 grey levels. Encoded
# anew at 300 kbit/s a frozen picture comes to 0.02, a living one with a sensor's noise to 0.1.
SAME = 0.03
# And at most this share of what is usual: a clean, still picture differs little when it lives, too.
OF_USUAL = 0.25
# Frames that the usual share is a mean of, and how old the reference must be to tell.
FRAMES = 2000
AGE_S = 1.0
# Key pictures come at most this far apart (the recorder sees to it).
GROUP_S = 4.2


@dataclass
class Freeze:
    """reference: sampled pixels (H, W); since_t: when they were taken; same_t: last seen so.

    usual: mean share of pixels that differ from a reference, over so many frames.
    """

    reference: np.ndarray | None = None
    since_t: float = 0.0
    same_t: float = 0.0
    usual: float = 0.0
    frames: int = 0

    def observe(self, luma: np.ndarray, t: float) -> float:
        """Take a frame's luma (H, W); return for how long the picture has been frozen, in s."""
        step = max(1, int((luma.size / SAMPLES) ** 0.5))
        sample = np.ascontiguousarray(luma[step // 2 :: step, step // 2 :: step])
        known = self.reference
        if known is not None and known.shape == sample.shape:
            differs = np.count_nonzero(cv2.absdiff(known, sample) > 2) / sample.size
            if differs <= min(SAME, OF_USUAL * self.usual):
                self.same_t = t
                return t - self.since_t
            if t - self.since_t >= AGE_S:
                self.frames = min(self.frames + 1, FRAMES)
                self.usual += (differs - self.usual) / self.frames
            # A reference that nothing came back to within a second was of a living picture.
            wait_s = GROUP_S if self.same_t > self.since_t else AGE_S
            if 0 <= t - self.same_t < wait_s:
                return self.same_t - self.since_t
        self.reference, self.since_t, self.same_t = sample, t, t
        return 0.0

    def forget(self) -> None:
        """Start anew after a gap in time."""
        self.reference = None

    def dump(self) -> list[Any]:
        """Return a JSON-like form."""
        known = self.reference
        return [
            None if known is None else pack_image(known),
            self.since_t,
            self.same_t,
            self.usual,
            self.frames,
        ]

    @classmethod
    def load(cls, data: list[Any]) -> "Freeze":
        """Rebuild from dump()."""
        packed, *rest = data
        return cls(None if packed is None else unpack_image(packed), *rest)
