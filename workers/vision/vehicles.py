"""Follows vehicles of one camera: those the detector knows, and mine cars by their moving."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from workers.geometry import Polygon
from workers.ground import Plane
from workers.vision.boxes import Box, lower_edge, overlap
from workers.vision.mover import EDGE as MOVER_EDGE
from workers.vision.mover import Mover
from workers.vision.track import Habits, Track
from workers.vision.tracker import Tracker

# Labels of COCO that are vehicles, and how well the detector knows a vehicle's lower edge: as a
# part of its box's height, one standard deviation.
LABELS = ("car", "truck", "bus", "train", "motorcycle")
EDGE = 0.025
# One vehicle is often called two things: boxes that overlap by more than this are one.
SAME = 0.5


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


@dataclass(frozen=True)
class Roads:
    """Where vehicles are followed: zones, the ground under them, and what there is no vehicle."""

    zones: tuple[Polygon, ...]
    ground: Plane
    hidden: tuple[Polygon, ...] = ()


@dataclass
class Vehicles:
    """The vehicles of one camera: known by the detector, and known by moving."""

    known: CarTracker = field(default_factory=CarTracker)
    mover: Mover = field(default_factory=Mover)

    def see(self, boxes: Sequence[Box] | None, t: float, aspect: float) -> None:
        """Take the detector's boxes of one frame; None where it did not look."""
        if boxes is None:
            self.known.hold(t)
        else:
            self.known.update(one_each([b for b in boxes if b.label in LABELS]), t, aspect)

    def move(
        self, luma: np.ndarray, roads: Roads, people: Sequence[Sequence[float]], t: float,
        *, glare: bool = False,
    ) -> None:  # fmt: skip
        """Take one frame's luma (H, W) and the boxes of the people in it."""
        self.mover.see(luma, roads.zones, people, roads.ground, t, roads.hidden, glare)

    def follow(self, t: float, step_s: float) -> list[Vehicle]:
        """Return the vehicles of the frame at t; one that is known both ways, by its moving."""
        visible_s = max(0.5, 1.2 * step_s)
        moving = [k for k in self.mover.tracker.tracks if t - k.seen_s <= visible_s]
        cars = [k.box for k in moving if self.mover.is_car(k)]
        known = [
            k for k in self.known.tracks
            if k.confirmed and t - k.seen_s <= visible_s
            and not any(_within(k.box, car) for car in cars)
        ]  # fmt: skip
        found = [followed(2 * k.id, k, EDGE, seen=k.seen_s == t) for k in known]
        for k in moving:
            sure = self.mover.is_car(k)
            if sure or not any(_within(k.box, other.box) for other in known):
                found.append(followed(2 * k.id + 1, k, MOVER_EDGE, seen=k.seen_s == t, sure=sure))
        return found

    @property
    def lost(self) -> str:
        """Return why vehicles cannot be followed now, or ""."""
        return self.mover.lost

    def found(self, t: float) -> bool:
        """Tell whether the detector saw a vehicle at t."""
        return any(k.hits > 1 and k.seen_s == t for k in self.known.tracks)

    def forget(self, gap_s: float) -> None:
        """Take note of a gap in time, below 0 where time went back: what stood may still stand."""
        self.known.forget()
        if gap_s < 0:
            self.mover = Mover()

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {"known": self.known.dump(), "mover": self.mover.dump()}

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Vehicles":
        """Rebuild from dump()."""
        return cls(CarTracker.load(data["known"]), Mover.load(data["mover"]))


def followed(name: int, track: Track, share: float, *, seen: bool, sure: bool = True) -> Vehicle:
    """Return a track as others see it; share: of its height, its lower edge's deviation."""
    x1, y1, x2, y2 = track.box
    foot, point = lower_edge(x1, x2, y2)
    return Vehicle(
        name, (x1, y1, x2, y2), foot, track.score, track.born_s, track.label, point,
        share * (y2 - y1), seen, sure,
    )  # fmt: skip


def one_each(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes, best first, without second ones around the same vehicle."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda b: -b.score):
        if not any(overlap(box.xyxy, other.xyxy) > SAME for other in kept):
            kept.append(box)
    return kept


def _within(one: Sequence[float], other: Sequence[float]) -> bool:
    """Tell whether two boxes are of one vehicle: most of the smaller lies in the larger."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)]
    return wide > 0 and high > 0 and wide * high > SAME * min(areas)
