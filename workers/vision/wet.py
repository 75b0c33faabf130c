"""How much of a drawn floor is wet, where there is no gauge: a share from 0 to 1.

Water changes a floor in ways that light alone does not: it is darker than when it was dry, its
fine texture goes under a smooth surface, and lamps are mirrored in it. Each cell of the zone is
compared with a dry reference: the floor as it was when the zone was first seen, which must
therefore be drawn while the floor is dry. The ring around the zone tells how the light itself has
changed, so lamps and exposure move nothing; somebody's shadow or body is cut out or passes. A
shadow that stays is dark ground as damp ground is, and is told as such.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

import cv2
import numpy as np

from workers.geometry import Polygon
from workers.media.luma import limited_luma
from workers.packing import pack_image, unpack_image
from workers.vision.pace import Pace
from workers.vision.way import STAYED, Way

CELLS = 48
# Each side of a cell in pixels of the averaged picture, from which its texture is measured.
CELL_PX = 4
# Wet concrete and coal send back 0.5 to 0.75 of the light of dry ones.
DARK = 0.8
# A lamp's image in water is at least this much brighter than the dry floor there.
MIRRORED = 1.8
# Under a smooth surface less than this share of the texture is left.
SMOOTH = 0.45
# Texture less than this, in grey levels, is not told from noise.
PATTERNED = 2.0
# Told cell by cell, whatever the light: texture of so much at least, of which less than this share
# is left. Where it is so in more than DROWNED of the ring's textured cells, taken as MIN_CELLS at
# least, and they are darker, the water has gone beyond the zone.
FAINT, LEFT = 1.0, 0.6
DROWNED, MIN_CELLS = 0.5, 12
# A cell as bright as this shows a lamp's light and nothing of the floor: neither wet nor dry.
BURNT = 220.0
MIN_LUMA = 16.0
MIN_VISIBLE = 0.5
# 1 where all around the zone changed alike, 0 where a quarter of it changed by a third and more
# beside the rest: below this it is another place, and nothing says how the light changed.
LEAST_STEADY = 0.2
# The reference is the median of so many pictures, a second apart.
REFERENCE = 5
WINDOW = 5
RING = 0.3


@dataclass(frozen=True)
class Share:
    """The wet share 0..1, or None where it cannot be told, and the confidence 0..1."""

    value: float | None
    confidence: float


UNKNOWN = Share(None, 0.0)


@dataclass
class Floor:
    """One zone's memory: its dry reference and the last readings. All of it is small."""

    zone: list[list[float]] = field(default_factory=list)
    # Pictures that the reference is still being made of, then the reference alone.
    seen: list[np.ndarray] = field(default_factory=list)
    dry: np.ndarray | None = None
    recent: list[float] = field(default_factory=list)
    pace: Pace = field(default_factory=Pace)
    # The reference is as the camera sent it: its luma was not yet brought to one scale.
    as_sent: bool = False

    def look(
        self,
        luma: np.ndarray,
        zone: Polygon,
        people: Sequence[Sequence[float]],
        t: float,
        *,
        brought: bool = False,
        way: Way = STAYED,
    ) -> Share:
        """Read one picture's luma (H, W) uint8 at t; a zone drawn anew begins anew.

        brought: the luma was brought from the full range; way: how the view was knocked
        since the zone was drawn.
        """
        if self.as_sent:
            self.as_sent = False
            if brought and self.dry is not None:
                self.dry = limited_luma(self.dry)
        found = self._read(way.undone(luma), zone, way.back(people))
        self.pace.note(found.value, t)
        return found

    def _read(self, luma: np.ndarray, zone: Polygon, people: Sequence[Sequence[float]]) -> Share:
        drawn = [list(point) for point in zone]
        if drawn != self.zone:
            self.zone, self.seen, self.dry, self.recent = drawn, [], None, []
        cut = _cut(luma, zone, self.dry)
        if cut is None:
            return UNKNOWN
        picture, inside, ring = cut
        free = ~_covered(people, zone, inside.shape)
        bright = _cells(picture).mean[ring].mean() >= MIN_LUMA
        if not bright or (inside & free).sum() < MIN_VISIBLE * inside.sum():
            self.recent = []
            return UNKNOWN
        if self.dry is None:
            if not free.all():
                return UNKNOWN  # nobody may stand in the reference
            # Pictures of another size, of a camera that was set anew, cannot be put together.
            self.seen = [*(one for one in self.seen if one.shape == picture.shape), picture]
            if len(self.seen) < REFERENCE:
                return UNKNOWN
            stack = np.stack(self.seen).astype(np.float32)
            self.dry = np.median(stack, 0).astype(np.uint8)
            self.seen = []
        dry = _shrunk(self.dry, picture.shape)
        share, sure = _share(picture, dry, inside & free, ring & free)
        if share is None:
            self.recent = []
            return UNKNOWN
        self.recent = [*self.recent, share][-WINDOW:]
        visible = float((inside & free).sum() / inside.sum())
        return Share(median(self.recent), sure * visible)

    def anew(self, *, as_sent: bool) -> "Floor":
        """Return a memory that knows the dry floor, and nothing else."""
        return Floor(zone=self.zone, dry=self.dry, as_sent=as_sent or self.as_sent)

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {
            "zone": self.zone,
            "seen": [pack_image(one) for one in self.seen],
            "dry": None if self.dry is None else pack_image(self.dry),
            "recent": self.recent,
            "pace": asdict(self.pace),
            "as_sent": self.as_sent,
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Floor":
        """Rebuild from dump()."""
        seen = [unpack_image(one) for one in data["seen"]]
        dry = None if data["dry"] is None else unpack_image(data["dry"])
        pace, as_sent = Pace(**data["pace"]), data.get("as_sent", False)
        return cls(data["zone"], seen, dry, data["recent"], pace, as_sent)


def _share(
    picture: np.ndarray, dry: np.ndarray, inside: np.ndarray, ring: np.ndarray
) -> tuple[float | None, float]:
    """Return the wet share of the cells inside and the confidence in it.

    None where nothing is left to see, or the ring is not the one of the dry reference, or is
    under water itself.
    """
    now, then = _cells(picture), _cells(dry)
    if not ring.any() or not inside.any():
        return None, 0.0
    raw = (now.mean + 4) / (then.mean + 4)
    # What is left of the texture that the dry floor would show, lit as each cell is lit now.
    expected = then.texture * raw
    patterned = expected > FAINT
    gone = patterned & (now.texture < LEFT * expected)
    sunk = ring & gone & (raw < 1)
    if sunk.sum() > DROWNED * max(MIN_CELLS, (ring & patterned).sum()):
        return None, 0.0  # water all around darkens like a lamp that went out: nobody knows
    burnt = now.mean > BURNT
    if (inside & burnt).sum() > (1 - MIN_VISIBLE) * inside.sum():
        return None, 0.0
    inside = inside & ~burnt
    # The light's own change, told by what lies around the zone.
    light = float(np.median(raw[ring]))
    ratio = raw / light
    noise = float(np.median(now.texture[ring]))
    left = (now.texture + 0.5) / (then.texture * light + 0.5)
    dark = ratio < DARK
    # A lamp that shines on dry ground shows its texture, brighter.
    mirrored = (ratio > MIRRORED) & (now.mean > 60) & (gone | ~patterned)
    # Texture can only be missed where the dry floor had some.
    smooth = (left < SMOOTH) & (then.texture * light > PATTERNED) & (np.abs(ratio - 1) > 0.08)
    wet = (dark | mirrored | smooth).astype(np.uint8)
    # A single cell is noise, a hole in a puddle is a pebble.
    wet = cv2.medianBlur(wet, 3)
    share = float(wet[inside].mean())
    spread = float(np.percentile(np.abs(ratio[ring] - 1), 75))
    steady = float(np.clip(1 - spread / 0.35, 0, 1))
    bright = float(np.clip((now.mean[ring].mean() - MIN_LUMA) / 24, 0, 1))
    if steady < LEAST_STEADY:
        return None, 0.0
    return share, steady * bright * float(np.clip(1.4 - noise / 20, 0.2, 1))


@dataclass(frozen=True)
class _Cells:
    mean: np.ndarray
    texture: np.ndarray


def _cells(picture: np.ndarray) -> _Cells:
    """Return the mean and the texture (spread within) of each cell of an averaged picture."""
    values = picture.astype(np.float32)
    size = (picture.shape[1] // CELL_PX, picture.shape[0] // CELL_PX)
    mean = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    square = cv2.resize(values * values, size, interpolation=cv2.INTER_AREA)
    return _Cells(mean, np.sqrt(np.maximum(square - mean * mean, 0)))


def _bounds(zone: Polygon) -> tuple[float, float, float, float]:
    xs, ys = [p[0] for p in zone], [p[1] for p in zone]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    return (
        max(0.0, min(xs) - RING * wide), max(0.0, min(ys) - RING * high),
        min(1.0, max(xs) + RING * wide), min(1.0, max(ys) + RING * high),
    )  # fmt: skip


def _shrunk(dry: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the reference on a grid that is nowhere finer than its own."""
    if dry.shape == shape:
        return dry
    return cv2.resize(dry, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)


def _cut(
    luma: np.ndarray, zone: Polygon, dry: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return the zone with its ring, at most CELLS cells long, and masks of cells; or None.

    The cells are nowhere finer than the reference's: what is known of a dry floor outlives another
    size of picture, and a texture that was never seen cannot be missed.
    """
    height, width = luma.shape
    x1, y1, x2, y2 = _bounds(zone)
    left, top, right, bottom = int(x1 * width), int(y1 * height), int(x2 * width), int(y2 * height)
    wide, high = right - left, bottom - top
    if min(wide, high) < 3 * CELL_PX:
        return None
    scale = min(1.0, CELLS * CELL_PX / max(wide, high))
    columns = max(3, int(wide * scale) // CELL_PX)
    rows = max(3, int(high * scale) // CELL_PX)
    if dry is not None:
        rows, columns = min(rows, dry.shape[0] // CELL_PX), min(columns, dry.shape[1] // CELL_PX)
    part = np.ascontiguousarray(luma[top:bottom, left:right])
    size = (columns * CELL_PX, rows * CELL_PX)
    picture = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    corners = np.array(
        [((x - x1) / (x2 - x1) * columns, (y - y1) / (y2 - y1) * rows) for x, y in zone]
    )
    mask = np.zeros((rows, columns), np.uint8)
    cv2.fillPoly(mask, [np.round(corners - 0.5).astype(np.int32)], 1)
    inside = mask.astype(bool)
    # Water that leaves the zone by a cell is not the light that has changed.
    ring = ~cv2.dilate(mask, np.ones((3, 3), np.uint8)).astype(bool)
    return (picture, inside, ring) if inside.any() and ring.any() else None


def _covered(
    people: Sequence[Sequence[float]], zone: Polygon, shape: tuple[int, ...]
) -> np.ndarray:
    """Return the mask of the cells where people are, and their shadows beside them."""
    rows, columns = shape[:2]
    mask = np.zeros((rows, columns), bool)
    x1, y1, x2, y2 = _bounds(zone)
    for left, top, right, bottom in people:
        out = 0.4 * (right - left)
        a, b = (left - out - x1) / (x2 - x1) * columns, (right + out - x1) / (x2 - x1) * columns
        c, d = (
            (top - y1) / (y2 - y1) * rows,
            (bottom + 0.1 * (bottom - top) - y1) / (y2 - y1) * rows,
        )
        if b > 0 and d > 0 and a < columns and c < rows:
            mask[max(0, int(c)) : int(np.ceil(d)), max(0, int(a)) : int(np.ceil(b))] = True
    return mask
