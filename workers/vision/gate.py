"""The motion gate: which frames are worth the detector's time.

Differences are taken after dividing by the local mean, so a lamp that flickers or an exposure that
swings moves nothing, and a dim person counts like a bright one.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from workers.packing import pack_image, unpack_image

# Small picture of about this many pixels: a far person still has some 20 of them.
PIXELS = 9000
# The reference is replaced this often: slow movement adds up until it shows.
REFERENCE_S = 1.0
# Once open, the gate stays open: people pause.
HOLD_S = 2.0
# Without any motion the detector still looks this often.
LOOK_S = 2.0
MIN_CHANGE = 0.10
MIN_PIXELS = 5


def small_luma(luma: np.ndarray) -> np.ndarray:
    """Return the luma picture shrunk to about 9,000 pixels, same shape."""
    height, width = luma.shape
    scale = (PIXELS / max(1, height * width)) ** 0.5
    if scale >= 1:
        return np.ascontiguousarray(luma)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Every second or third pixel first: INTER_AREA over a whole big picture costs ten times more.
    step = max(1, int(min(width / size[0], height / size[1]) / 2))
    thin = np.ascontiguousarray(luma[::step, ::step])
    return cv2.resize(thin, size, interpolation=cv2.INTER_AREA)


@dataclass
class Gate:
    """The gate's memory: reference picture and times in seconds."""

    reference: np.ndarray | None = None
    reference_t: float = -1e18
    open_until: float = -1e18
    looked_t: float = -1e18

    def wants(
        self, small: np.ndarray, t: float, *, tracking: bool, ignore: np.ndarray | None = None
    ) -> bool:
        """Tell whether the detector should see the frame whose small luma this is.

        tracking: somebody is being followed; ignore: mask (H, W) of places that do not count.
        """
        if self.moved(small, ignore):
            self.open_until = t + HOLD_S
        if self.reference is None or t - self.reference_t >= REFERENCE_S - 1e-6:
            self.reference, self.reference_t = small, t
        if tracking or t <= self.open_until or t - self.looked_t >= LOOK_S - 1e-6:
            self.looked_t = t
            return True
        return False

    def moved(self, small: np.ndarray, ignore: np.ndarray | None = None) -> bool:
        """Tell whether the picture differs from the reference in more than noise and light."""
        if self.reference is None or self.reference.shape != small.shape:
            self.reference = None
            return True
        change = cv2.absdiff(_local(small), _local(self.reference))
        change = cv2.blur(change, (3, 3))
        if ignore is not None:
            change[ignore] = 0
        # The median is noise as long as less than half of the picture moves.
        limit = max(MIN_CHANGE, 5 * float(np.median(change)))
        return int(np.count_nonzero(change > limit)) >= MIN_PIXELS

    def forget(self) -> None:
        """Start anew after a gap in time."""
        self.reference = None
        self.reference_t = self.open_until = self.looked_t = -1e18

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {
            "reference": None if self.reference is None else pack_image(self.reference),
            "t": [self.reference_t, self.open_until, self.looked_t],
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Gate":
        """Rebuild from dump()."""
        packed = data["reference"]
        return cls(unpack_image(packed) if packed else None, *data["t"])


def _local(small: np.ndarray) -> np.ndarray:
    """Divide by the local mean; in the dark a few grey levels are added, so noise stays small."""
    value = small.astype(np.float32)
    return value / (cv2.blur(value, (21, 21)) + 10.0)
