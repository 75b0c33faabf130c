"""Follows vehicles of one camera: those the detector knows, and mine cars by their moving."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from workers.vision.boxes import Box, iou
from workers.vision.track import Habits, Track, Tracker

# Labels of COCO that are vehicles, and how well the detector knows a vehicle's lower edge: as a
# part of its box's height, one standard deviation.
LABELS = ("car", "truck", "bus", "train", "motorcycle")
EDGE = 0.025
# One vehicle is often called two things: boxes that overlap by more than this are one.
SAME = 0.5
# Nearer to the picture's edge than this, a box is cut off by it.
CUT = 0.012


class CarTracker(Tracker):
    """Tracks of vehicles. They go many of their heights a second, and are kept over a walker."""

    habits: ClassVar[Habits] = Habits(
        high=0.35, low=0.2, keep_s=2.0, max_speed=10.0, max_jump=0.5, max_resize=1.8
    )


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A followed car, wagon or truck.

    foot: a point of its box's lower edge; point: which one, middle, or left or right where the
    other end is out of the picture, or "" where the lower edge itself is: then nobody can tell
    where it stands; edge: standard deviation of the lower edge, as a fraction of the picture's
    height; seen: found in this frame, not just followed; sure: known to be a vehicle, and not
    only something that moves.
    """

    track: int
    box: tuple[float, float, float, float]
    foot: tuple[float, float]
    score: float
    born_s: float
    label: str = "vehicle"
    point: str = "middle"
    edge: float = 0.003
    seen: bool = True
    sure: bool = True

    @property
    def height(self) -> float:
        """Return the box's height as a fraction of the picture's."""
        return self.box[3] - self.box[1]


@dataclass
class Vehicles:
    """The vehicles of one camera."""

    known: CarTracker = field(default_factory=CarTracker)

    def see(self, boxes: Sequence[Box] | None, t: float, aspect: float) -> None:
        """Take the detector's boxes of one frame; None where it did not look."""
        if boxes is None:
            self.known.hold(t)
        else:
            self.known.update(one_each([b for b in boxes if b.label in LABELS]), t, aspect)

    def follow(self, t: float, step_s: float) -> list[Vehicle]:
        """Return the vehicles of the frame at t."""
        visible_s = max(0.5, 1.2 * step_s)
        return [
            followed(2 * k.id, k, EDGE * (k.box[3] - k.box[1]), seen=k.seen_s == t)
            for k in self.known.tracks
            if k.confirmed and t - k.seen_s <= visible_s
        ]

    def found(self, t: float) -> bool:
        """Tell whether the detector saw a vehicle at t."""
        return any(k.hits > 1 and k.seen_s == t for k in self.known.tracks)

    def forget(self) -> None:
        """Start anew after a gap in time."""
        self.known.forget()

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {"known": self.known.dump()}

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Vehicles":
        """Rebuild from dump()."""
        return cls(CarTracker.load(data["known"]))


def followed(
    name: int, track: Track, edge: float, *, seen: bool, sure: bool = True
) -> Vehicle:  # fmt: skip
    """Return a track as others see it; edge: standard deviation of its lower edge."""
    x1, y1, x2, y2 = track.box
    foot, point = lower_edge(x1, x2, y2)
    return Vehicle(
        name, (x1, y1, x2, y2), foot, track.score, track.born_s, track.label, point, edge,
        seen, sure,
    )  # fmt: skip


def lower_edge(x1: float, x2: float, y2: float) -> tuple[tuple[float, float], str]:
    """Return the point of a box's lower edge that can be followed, and which one it is."""
    middle = ((x1 + x2) / 2, min(y2, 1.0))
    left, right = x1 <= CUT, x2 >= 1 - CUT
    if y2 >= 1 - CUT or (left and right):
        return middle, ""
    if left:
        return (x2, y2), "right"
    return ((x1, y2), "left") if right else (middle, "middle")


def one_each(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes, best first, without second ones around the same vehicle."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda b: -b.score):
        if not any(overlap(box.xyxy, other.xyxy) > SAME for other in kept):
            kept.append(box)
    return kept


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how far two boxes overlap, 0..1."""
    return float(iou(np.array([one]), np.array([other]))[0, 0])
