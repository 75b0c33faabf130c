"""Follows large things that move through drawn zones: mine cars, which no detector knows by name.

A picture of the zones without them is kept, and what differs from it in pattern, apart from light,
is looked at: what moves as one, is as large as a car on the drawn ground, and has gone some way, is
taken for one. It stays one when it stops, until its place looks as it did before. People are cut
out, and so are lamps that saturate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot
from statistics import median
from typing import Any, ClassVar

import cv2
import numpy as np

from workers.geometry import Polygon, distance_inside
from workers.ground import Plane
from workers.packing import pack_image, unpack_image
from workers.vision.boxes import Box, lower_edge
from workers.vision.movement import changed, noise_of
from workers.vision.speed import Spot, velocity
from workers.vision.track import Habits, Track
from workers.vision.tracker import Tracker
from workers.vision.window import Window, covered, window
from workers.words import sentence

# What such boxes are called, while they move and while they stand where they were.
LABEL, STANDS = "moving", "standing"
# What moves now is told against a picture so long ago; pictures are kept at least so far apart.
LAG_S, KEPT_S = 0.35, 0.15
# Cells that must move at once; and the part of a car's box that must differ from the empty place.
LEAST_CELLS, PIECE_CELLS, LEAST_FILL = 14, 5, 0.42
# Parts above one another belong together up to so many of their widths apart.
APART = 0.5
# The window of movement.changed() makes what differs larger on all sides, by so many cells.
RIM = 2.0
# A car on the ground: metres wide and high, and how many times as high as wide, least and most.
WIDE_M, HIGH_M, FLAT, SLIM = 0.85, 0.5, 0.18, 1.5
# It has gone so far before it is one: in metres, in parts of its box's height, and in cells.
GONE_M, GONE, GONE_CELLS = 0.7, 0.12, 2.0
# That way is looked at for so long, and its speed must be known so well, as a part of itself.
WAY_S, SURE, LOOKS = 1.4, 0.4, 4
# Far away a slow car's speed is known badly, its place well enough: who goes on the same way beyond
# so many deviations of two places, looked at over so long, is one too.
LONG_S, SIGMAS = 5.0, 3.0
# One standard deviation of its lower edge: in cells, and as a part of its box's height, because in
# poor light now its wheels are seen and now only its bumper.
EDGE_CELLS, EDGE = 0.35, 0.05
# The empty picture is renewed this often and follows with this time constant.
RENEW_S, FOLLOW_S = 1.0, 4.0
# What began to move and is no car is let into the empty picture after so long.
DOUBT_S = 6.0
# More than this part of the window differing is no car, but another light or another view.
MOST = 0.6
# After that nothing can be told for so long.
SETTLE_S = 2.0
# Where so much of a box's surroundings is saturated, a lamp's disc moves, and perhaps no car.
SATURATED, GLARE = 235, 0.01
# A window darker than this, in mean grey levels, is dark.
DARK = 45.0
# So long after such a doubt it cannot be told what moves.
DOUBTS_S = 1.0
# Of a standing car's cells, so many must still differ from the empty place.
STAYS = 0.5


class MoverTracker(Tracker):
    """Tracks of moving blobs: exact, and never gone while they stand."""

    habits: ClassVar[Habits] = Habits(
        high=0.5, low=0.4, keep_s=1.0, keep_tentative_s=0.7, confirm_s=0.15, max_speed=10.0,
        max_jump=0.6, max_resize=1.9,
    )  # fmt: skip


@dataclass
class Mover:
    """The memory of what moves through one camera's zones; lost: why it cannot tell now, or ""."""

    tracker: MoverTracker = field(default_factory=MoverTracker)
    empty: np.ndarray | None = None
    # The pictures of the last moments with their times, oldest first.
    past: list[tuple[float, np.ndarray]] = field(default_factory=list)
    renewed_t: float = -1e18
    settled_t: float = -1e18
    doubt_t: float = -1e18
    restarted: bool = False
    lost: str = ""
    # By track: the way of what is no car yet, in metres and in the picture; and how much of the
    # box of what is one differs from the empty place.
    ways: dict[int, list[list[float]]] = field(default_factory=dict)
    cars: dict[int, float] = field(default_factory=dict)
    at: list[int] = field(default_factory=list)  # where the window lay, in pixels
    burnt: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), bool), compare=False)

    def see(
        self, luma: np.ndarray, zones: tuple[Polygon, ...], people: Sequence[Sequence[float]],
        ground: Plane, t: float, hidden: tuple[Polygon, ...] = (), glare: bool = False,
    ) -> None:  # fmt: skip
        """Take one frame's luma (H, W) and the boxes of the people in it.

        hidden: places that do not count, machines whose movement is no driving, and masks; glare:
        whether lamps shine into the lens.
        """
        height, width = luma.shape
        where = window(zones, width, height)
        patch = where.cut(luma)
        at, self.at = self.at, [where.left, where.top, where.right, where.bottom]
        if self.empty is None:
            self._begin(patch, t)
            return
        # Where the zones lie elsewhere, what was empty was another place.
        if self.empty.shape != patch.shape or (at and at != self.at):
            self._begin(patch, t)
            self.restarted, self.lost = True, sentence("the whole picture changed")
            return
        visible = self._visible(patch, where, people, hidden)
        before = self.past[0][1]
        noise = noise_of(patch, self.past[-1][1], visible)
        differs = changed(patch, self.empty, visible, noise, lamps=bool(people))
        if differs.sum() > MOST * max(1, visible.sum()):
            self._begin(patch, t)
            self.restarted, self.lost = True, sentence("the whole picture changed")
            return
        self.lost = ""
        if t - self.settled_t <= SETTLE_S and self.restarted:
            self.lost = sentence("the whole picture changed")
        elif t - self.doubt_t <= DOUBTS_S:
            self.lost = sentence("lamps hide whether what moves is a vehicle")
        moves = changed(patch, before, visible, noise, lamps=bool(people)) & differs
        blobs = self._blobs(differs, moves, where, ground)
        blobs += self._standing(differs, visible, where, blobs)
        aspect = width / height
        self.tracker.update(blobs, t, aspect)
        self._judge(where, zones, people, glare, float(patch.mean()) < DARK, ground, t)
        self._renew(patch, where, visible, t)
        if t - self.past[-1][0] >= KEPT_S - 1e-6:
            self.past.append((t, patch))
        while len(self.past) > 1 and t - self.past[1][0] >= LAG_S - KEPT_S - 1e-6:
            del self.past[0]

    def is_car(self, track: Track) -> bool:
        """Tell whether a track is known to be a car."""
        return track.id in self.cars

    def _begin(self, patch: np.ndarray, t: float) -> None:
        self.empty = patch
        self.past = [(t, patch)]
        self.renewed_t = self.settled_t = t
        self.tracker.forget()
        self.ways, self.cars = {}, {}

    def _visible(
        self, patch: np.ndarray, where: Window, people: Sequence[Sequence[float]],
        hidden: tuple[Polygon, ...],
    ) -> np.ndarray:  # fmt: skip
        """Return the mask of cells that count: no people, no lamps that saturate."""
        assert self.empty is not None
        burnt = np.maximum(patch, self.empty) >= SATURATED
        self.burnt = burnt
        visible = ~cv2.dilate(burnt.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
        if hidden:
            visible &= ~covered(hidden, where)
        for x1, y1, x2, y2 in people:
            out_x, out_y = 0.25 * (x2 - x1), 0.06 * (y2 - y1)
            a, b, c, d = where.cells((x1 - out_x, y1 - out_y, x2 + out_x, y2 + out_y))
            visible[b:d, a:c] = False
        return visible

    def _blobs(
        self, differs: np.ndarray, moves: np.ndarray, where: Window, ground: Plane
    ) -> list[Box]:
        """Return the boxes of what moves as one and is as large as a car."""
        joined = cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5)))
        count, names, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        parts: list[list[float]] = []
        for name in range(1, count):
            x, y, w, h, size = (int(v) for v in stats[name])
            if size < PIECE_CELLS:
                continue
            part = moves[y : y + h, x : x + w] & (names[y : y + h, x : x + w] == name)
            rows, columns = np.nonzero(part)
            if len(rows) >= PIECE_CELLS:
                left, right = (x + float(v) for v in np.percentile(columns, (1, 99)))
                top, bottom = (y + float(v) for v in np.percentile(rows, (1, 99.5)))
                parts.append([left, top, right + 1, bottom + 1, float(len(rows))])
        found = []
        for x1, y1, x2, y2, moving in _joined(parts):
            # Near the window's own rim it goes on beyond.
            box = (
                x1 + RIM if x1 > RIM else 0.0,
                y1 + RIM,
                x2 - RIM if x2 < where.wide - RIM else float(where.wide),
                y2 - RIM if y2 < where.high - 2 * RIM else float(where.high),
            )
            if moving < LEAST_CELLS or box[2] - box[0] < 2 or box[3] - box[1] < 2:
                continue
            inner = differs[int(box[1]) : int(box[3]) + 1, int(box[0]) : int(box[2]) + 1]
            shape = where.box(*box)
            if inner.mean() >= LEAST_FILL and _is_large(shape, ground, where.picture):
                found.append(Box(LABEL, shape, 0.9))
        return found

    def _standing(
        self, differs: np.ndarray, visible: np.ndarray, where: Window, blobs: Sequence[Box]
    ) -> list[Box]:
        """Return the boxes of cars that stand where they were."""
        found = []
        for track in self.tracker.tracks:
            if track.id not in self.cars:
                continue
            if any(_covers(blob.xyxy, track.box) for blob in blobs):
                continue
            a, b, c, d = where.cells(track.box)
            seen = visible[b:d, a:c]
            if not seen.size or seen.mean() < 0.3:
                found.append(Box(STANDS, _four(track.box), 0.45))  # somebody stands before it
                continue
            fill = float(differs[b:d, a:c][seen].mean())
            self.cars[track.id] = max(self.cars[track.id], fill)
            if fill >= STAYS * self.cars[track.id]:
                found.append(Box(STANDS, _four(track.box), 0.9))
        return found

    def _judge(
        self, where: Window, zones: tuple[Polygon, ...], people: Sequence[Sequence[float]],
        glare: bool, dark: bool, ground: Plane, t: float,
    ) -> None:  # fmt: skip
        """Keep the way of every track that is no car yet; tell which now are."""
        here = {track.id for track in self.tracker.tracks}
        self.cars = {k: v for k, v in self.cars.items() if k in here}
        self.ways = {k: v for k, v in self.ways.items() if k in here and k not in self.cars}
        for track in self.tracker.tracks:
            if track.seen_s != t or track.id in self.cars:
                continue
            foot, _ = lower_edge(track.box[0], track.box[2], track.box[3])
            place = ground.metres(foot)
            below = ground.metres((foot[0], foot[1] + EDGE_CELLS * where.cell / where.picture[1]))
            if place is None or below is None:
                continue
            way = self.ways.setdefault(track.id, [])
            sigma = hypot(below[0] - place[0], below[1] - place[1])
            way.append([t, *place, sigma, *foot])
            self.ways[track.id] = way = [row for row in way if t - row[0] <= LONG_S + 1e-6]
            high_m = _deviation(track.box, foot, place, ground)
            if not goes_on(way, high_m):
                way = [row for row in way if t - row[0] <= WAY_S + 1e-6]
                motion = velocity([Spot(*row[:4]) for row in way]) if len(way) >= LOOKS else None
                if motion is None or motion.error > SURE * motion.speed:
                    continue
            gone_m = hypot(place[0] - way[0][1], place[1] - way[0][2])
            gone = hypot(
                (foot[0] - way[0][4]) * where.picture[0], (foot[1] - way[0][5]) * where.picture[1]
            )
            aspect = where.picture[0] / where.picture[1]
            if not any(distance_inside(zone, foot, aspect) >= 0 for zone in zones):
                continue
            high = (track.box[3] - track.box[1]) * where.picture[1]
            if gone_m >= GONE_M and gone >= max(GONE * high, GONE_CELLS * where.cell):
                # Where lamps shine into the lens, and around who carries one in the dark, light and
                # shadow go about as large as cars.
                carried = dark and any(_covers(track.box, person) for person in people)
                lamps = self._glares(where.cells(track.box)) or carried or (glare and bool(people))
                if lamps:
                    self.doubt_t = t
                else:
                    self.cars[track.id] = LEAST_FILL

    def _glares(self, cells: tuple[int, int, int, int]) -> bool:
        """Tell whether a lamp shines into the lens where something moves."""
        a, b, c, d = cells
        out = (c - a) // 2
        around = self.burnt[max(0, b - out) : d + out, max(0, a - out) : c + out]
        return bool(around.size) and float(around.mean()) > GLARE

    def _renew(self, patch: np.ndarray, where: Window, visible: np.ndarray, t: float) -> None:
        """Let the empty picture follow the light, but not what is in it."""
        assert self.empty is not None
        if t - self.renewed_t < RENEW_S - 1e-6:
            return
        share = 1 - np.exp(-min(t - self.renewed_t, 10.0) / FOLLOW_S)
        held = ~visible
        for track in self.tracker.tracks:
            if self.is_car(track) or t - track.born_s < DOUBT_S:
                out = 3
                a, b, c, d = where.cells(track.box)
                held[max(0, b - out) : d + out, max(0, a - out) : c + out] = True
        change = share * (patch.astype(np.float32) - self.empty)
        # What is rounded away never arrives.
        change = np.where(np.abs(change) < 0.5, np.sign(change) * (np.abs(change) > 0.2), change)
        new = np.clip(np.rint(self.empty + change), 0, 255).astype(np.uint8)
        self.empty = np.where(held, self.empty, new)
        self.renewed_t = t

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {
            "tracker": self.tracker.dump(),
            "empty": None if self.empty is None else pack_image(self.empty),
            "past": [[t, pack_image(patch)] for t, patch in self.past],
            "t": [self.renewed_t, self.settled_t, self.doubt_t],
            "restarted": self.restarted,
            "lost": self.lost,
            "ways": [[k, v] for k, v in self.ways.items()],
            "cars": [[k, v] for k, v in self.cars.items()],
            "at": self.at,
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Mover":
        """Rebuild from dump()."""
        empty = None if data["empty"] is None else unpack_image(data["empty"])
        past = [(t, unpack_image(patch)) for t, patch in data["past"]]
        renewed_t, settled_t, doubt_t = data["t"]
        return cls(
            MoverTracker.load(data["tracker"]), empty, past, renewed_t, settled_t, doubt_t,
            data["restarted"], data["lost"], dict(data["ways"]), dict(data["cars"]),
            data.get("at", []),
        )  # fmt: skip


def _deviation(
    box: Sequence[float], foot: tuple[float, float], place: tuple[float, float], ground: Plane
) -> float:
    """Return one deviation of a box's place on the ground, in metres."""
    beside = ground.metres((foot[0], foot[1] + EDGE * (box[3] - box[1])))
    return 1e9 if beside is None else hypot(beside[0] - place[0], beside[1] - place[1])


def goes_on(way: Sequence[Sequence[float]], deviation_m: float) -> bool:
    """Tell whether a way leads clearly elsewhere, and evenly: rows begin with t and two metres.

    A box that jumps to another thing is elsewhere too, but has not been half way at half time.
    """
    third = len(way) // 3
    if third < 3:
        return False
    (x, y), (mx, my), (ex, ey) = (
        (median(row[1] for row in part), median(row[2] for row in part))
        for part in (way[:third], way[third : 2 * third], way[-third:])
    )
    gone_m = hypot(ex - x, ey - y)
    if gone_m < GONE_M + SIGMAS * hypot(deviation_m, deviation_m):
        return False
    half = ((mx - x) * (ex - x) + (my - y) * (ey - y)) / gone_m**2
    return 0.25 <= half <= 0.75


def _joined(parts: list[list[float]]) -> list[list[float]]:
    """Join parts above one another: the front of a dark car shows its rim and its bumper only."""
    parts = sorted(parts, key=lambda p: -p[4])
    done: list[list[float]] = []
    while parts:
        one = parts.pop(0)
        for other in list(parts):
            wide = min(one[2], other[2]) - max(one[0], other[0])
            gap = max(one[1], other[1]) - min(one[3], other[3])
            across = max(one[2] - one[0], other[2] - other[0])
            if wide >= 0.5 * min(one[2] - one[0], other[2] - other[0]) and gap <= APART * across:
                parts.remove(other)
                # Begin anew: the joined one may reach a third.
                parts = [*done, *parts]
                done = []
                one = [
                    min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]),
                    max(one[3], other[3]), one[4] + other[4],
                ]  # fmt: skip
                parts.insert(0, one)
                break
        else:
            done.append(one)
    return done


def _is_large(
    box: tuple[float, float, float, float], ground: Plane, picture: tuple[int, int]
) -> bool:
    """Tell whether a box is as large as a car where it stands, and not as slim as a person."""
    x1, y1, x2, y2 = box
    wide_m = ground.distance_m((x1, y2), (x2, y2))
    if wide_m is None:
        return False
    slim = (y2 - y1) * picture[1] / max(1e-6, (x2 - x1) * picture[0])
    return wide_m >= WIDE_M and slim * wide_m >= HIGH_M and FLAT <= slim <= SLIM


def _covers(one: Sequence[float], other: Sequence[float]) -> bool:
    """Tell whether a box lies over a good part of another."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    area = (other[2] - other[0]) * (other[3] - other[1])
    return wide > 0 and high > 0 and wide * high > 0.3 * area


def _four(box: Sequence[float]) -> tuple[float, float, float, float]:
    return box[0], box[1], box[2], box[3]
