"""A second detector on the same pictures, that is counted and never believed."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from workers.vision.agreement import match
from workers.vision.boxes import Box
from workers.vision.detector import Detector
from workers.vision.pair import name_at

# One detector frame in so many is shown to the shadow: a fifth of its cost at most.
EVERY = 5
LABEL = "person"


@dataclass
class Counts:
    """What was compared: people found by both, by the first only, by the shadow only.

    cpu_ms: what the shadow cost in its thread; errors: frames it could not answer.
    """

    frames: int = 0
    both: int = 0
    ours_only: int = 0
    theirs_only: int = 0
    errors: int = 0
    cpu_ms: float = 0.0

    def add(self, other: "Counts") -> None:
        """Add another count to this one."""
        for field in fields(self):
            name = field.name
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Shadowed:
    """The first detector's answers; now and then the shadow sees the same pictures.

    min_scores: how sure each must be for a box to count. Whatever the shadow does, the answer is
    the first's: its errors are counted and kept as words in `error`.
    """

    def __init__(
        self,
        detector: Detector,
        shadow: Detector,
        *,
        every: int = EVERY,
        min_scores: tuple[float, float] = (0.35, 0.35),
        seen: int = 0,
    ) -> None:
        self.detector = detector
        self.shadow = shadow
        self.every = every
        self.min_scores = min_scores
        # Frames so far; carried over between chunks, or short chunks would always show the first.
        self.seen = seen
        self.counts = Counts()
        self.error = ""
        self.name = detector.name
        self.input_px = detector.input_px
        self.light = getattr(detector, "light", False)

    def name_at(self, picture: np.ndarray) -> str:
        """Return the name of the network whose answer counts for a picture."""
        return name_at(self.detector, picture)

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Box]]:
        """Return the first detector's boxes."""
        found = self.detector.detect(pictures)
        for picture, boxes in zip(pictures, found, strict=True):
            self.seen += 1
            if self.seen % self.every == 0:
                self._compare(picture, boxes)
        return found

    def _compare(self, picture: np.ndarray, boxes: list[Box]) -> None:
        began = time.thread_time()
        self.counts.frames += 1
        try:
            [theirs] = self.shadow.detect([picture])
        except Exception as error:  # a network that a mine brought may do anything
            self.counts.errors += 1
            self.error = " ".join(str(error).split())[:300] or type(error).__name__
            return
        finally:
            self.counts.cpu_ms += (time.thread_time() - began) * 1e3
        ours = self._people(boxes, self.min_scores[0])
        people = self._people(theirs, self.min_scores[1])
        both = len(match(ours, people))
        self.counts.both += both
        self.counts.ours_only += len(ours) - both
        self.counts.theirs_only += len(people) - both

    @staticmethod
    def _people(boxes: Sequence[Box], least: float) -> list[Box]:
        return [box for box in boxes if box.label == LABEL and box.score >= least]


class Guarded:
    """A mine's own detector with ours behind it: if it fails once, ours looks from then on.

    A network that a mine brought may do anything; the camera must not go blind by it. `error`
    says in words what happened.
    """

    def __init__(self, detector: Detector, spare: Detector) -> None:
        self.detector = detector
        self.spare = spare
        self.error = ""
        self.light = getattr(detector, "light", False)

    @property
    def name(self) -> str:
        """The one that looks now."""
        return (self.spare if self.error else self.detector).name

    @property
    def input_px(self) -> int:
        """The larger of the two: either must find enough in what it is given."""
        return max(self.detector.input_px, self.spare.input_px)

    def name_at(self, picture: np.ndarray) -> str:
        """Return the name of the network that looks at a picture now."""
        return name_at(self.spare if self.error else self.detector, picture)

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Box]]:
        """Return the own detector's boxes, ours where it fails."""
        if not self.error:
            try:
                return self.detector.detect(pictures)
            except Exception as error:
                self.error = " ".join(str(error).split())[:300] or type(error).__name__
        return self.spare.detect(pictures)
