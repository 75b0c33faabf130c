"""Two networks, for the light and for the dark; each picture goes to the one for its light.

What is tuned for the dark forgets a little of what bright pictures show. The choice is made anew
for every picture from its mean luma alone: it keeps no state, a batch may mix cameras.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from workers.vision.boxes import Box, Corners
from workers.vision.detector import Detector, NetDetector
from workers.vision.letterbox import as_bgr


def mean_luma(picture: np.ndarray) -> float:
    """Return the mean luma 0..255 of a BGR picture; 255 where it has no pixels."""
    usable = as_bgr(picture)
    if usable is None:
        return 255.0
    blue, green, red = cv2.mean(usable)[:3]
    return float(0.114 * blue + 0.587 * green + 0.299 * red)


def name_at(detector: Detector, picture: np.ndarray) -> str:
    """Return the name of the network that looks at this picture."""
    own = getattr(detector, "name_at", None)
    return str(own(picture)) if own is not None else detector.name


class Pair:
    """A detector of two networks with the same labels; below: the mean luma where the dark begins.

    name, labels, score and runner are those of the network for the light; neither network wants
    its pictures corrected for light.
    """

    light = False

    def __init__(self, bright: NetDetector, dark: NetDetector, below: float) -> None:
        self.bright = bright
        self.dark = dark
        self.below = below
        self.name = bright.name
        self.input_px = max(bright.input_px, dark.input_px)
        self.labels = bright.labels
        self.score = bright.score
        self.runner = bright.runner

    def choose(self, picture: np.ndarray) -> NetDetector:
        """Return the network for a picture."""
        return self.dark if mean_luma(picture) < self.below else self.bright

    def name_at(self, picture: np.ndarray) -> str:
        """Return the name of the network for a picture."""
        return self.choose(picture).name

    def glance(self, picture: np.ndarray, part: Corners) -> list[Box] | None:
        """Find boxes in a part of a picture, as the whole picture's network does."""
        return self.choose(picture).glance(picture, part)

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Box]]:
        """Find boxes as each picture's network does; each network runs its pictures together."""
        found: list[list[Box]] = [[] for _ in pictures]
        nets = [self.choose(picture) for picture in pictures]
        for net in (self.bright, self.dark):
            rows = [i for i, chosen in enumerate(nets) if chosen is net]
            if rows:
                answers = net.detect([pictures[i] for i in rows])
                for i, boxes in zip(rows, answers, strict=True):
                    found[i] = boxes
        return found
