"""Who does not move at all: the picture about each followed person, compared with itself.

A box jitters though nobody moves, and may be lost though somebody still lies there. So a window is
kept about each person, with what was to be seen in it; while that stays the same, nobody moved in
it, whatever becomes of the box. Movement of light, noise and exposure is none
(workers/vision/movement.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import Any

import cv2
import numpy as np

from workers.packing import pack_image, unpack_image
from workers.vision.boxes import overlap
from workers.vision.movement import changed, noise_of
from workers.vision.track import Track

# A window is looked at this often.
LOOK_S = 0.5
# The window's longer side in cells; a cell is never smaller than a pixel.
CELLS = 48
# A person's box with a margin for limbs, as a share of its sides.
MARGIN = 0.08
# Somebody moved who changed so much of his window; what changes more hides him from view.
MOVED, HIDES = 0.04, 0.65
# Who changed more than this moved as a whole; less is a hand, a head, or a twitch.
SHIFTED = 0.15
# But only a window that was seen unchanged for so long: who still walks or falls leaves it whole.
STEADY_S = 1.5
# Nor has he moved if another's box lies over so much of the window, or while this is so.
OVERLAP = 0.1
# A window that shows what it showed before within so long was only hidden.
RETURN_S = 10.0
# The box of somebody who is still there overlaps the window at least by this.
SAME = 0.35
# So many grey levels of what is no movement are taken over in each look: dust settles, lamps fade.
LEARN = 1
# Of the looks in this time: how many showed movement.
ACTIVE_S = 10.0
# Somebody walked whose middle is so many of his sizes from where it was first.
WALKED = 0.5
# Over a longer gap in time nobody is known to be the same.
GAP_S = 60.0
# A window differs from the usual picture in so many of its pixels by so much of the local mean,
# in the gate's steps.
STANDS_OUT, STEPS = 0.15, 12
# Somebody unseen is kept for so long while his window stays the same.
KEEP_S = 900.0
MOST = 40


Usual = Callable[[list[float]], bool]


@dataclass(frozen=True, slots=True)
class Still:
    """How still somebody is, told where a rule asks.

    box: the window that is watched; since_s: when anything last moved in it; active: the share of
    the last ten seconds' looks in which the person moved, 0 to 1; walked: was seen to go from one
    place to another; new: stands out from what the camera usually shows there; seen: followed now,
    else lost while the window stayed the same; hidden: something is before it, or it shows
    something else; shifted_s: when more than a hand or a head last moved, None: at since_s.
    """

    box: tuple[float, float, float, float]
    since_s: float
    active: float = 0.0
    walked: bool = False
    new: bool = True
    seen: bool = True
    hidden: bool = False
    shifted_s: float | None = None


@dataclass
class Place:
    """The memory of one window. picture: what it shows, uint8 (H, W).

    origin: the middle and the size, in picture heights, where the person was first.
    """

    box: list[float]
    picture: np.ndarray
    since_s: float
    looked_s: float
    seen_s: float
    same_s: float
    origin: list[float]
    active: float = 0.0
    walked: bool = False
    new: bool = False
    away: int = 0  # looks in a row in which the box was elsewhere
    shifted_s: float = -1e18

    def view(self, seen: bool) -> Still:
        """Return it as rules see it."""
        x1, y1, x2, y2 = self.box
        hidden = self.same_s < self.looked_s
        return Still(
            (x1, y1, x2, y2),
            self.since_s,
            round(self.active, 3),
            self.walked,
            self.new,
            seen,
            hidden,
            self.shifted_s,
        )


@dataclass
class Stillness:
    """The windows of everybody whom one camera follows, by track."""

    places: dict[int, Place] = field(default_factory=dict)

    def observe(
        self, luma: np.ndarray, tracks: list[Track], t: float, usual: Usual | None = None
    ) -> None:
        """Look at each window whose turn it is.

        usual: of a window, whether it shows what the camera usually shows; None: nobody knows.
        """
        boxes = {track.id: track for track in tracks if track.confirmed}
        for track in boxes.values():
            if track.id not in self.places and len(self.places) < MOST:
                self.places[track.id] = self._begin(luma, track, t, boxes)
        for name, place in list(self.places.items()):
            own = boxes.get(name)
            if own is not None:
                place.seen_s = max(place.seen_s, own.seen_s)
            if 0 <= t - place.looked_s < LOOK_S - 1e-6:
                continue
            others = [k.box for k in boxes.values() if k.id != name]
            self._look(place, luma, own, others, t, usual)
            gone = own is None and t - place.same_s > RETURN_S
            if gone or t - place.seen_s > KEEP_S:
                del self.places[name]

    def views(self, followed: set[int]) -> Mapping[int, Still]:
        """Return everybody's stillness by track; those who are lost but lie unchanged too."""
        return {name: place.view(name in followed) for name, place in self.places.items()}

    def _begin(
        self, luma: np.ndarray, track: Track, t: float, followed: Mapping[int, Track]
    ) -> Place:
        """Begin a window; where somebody was lost and nothing has changed, his goes on."""
        for name in [k for k in self.places if k not in followed]:
            place = self.places[name]
            if overlap(place.box, track.box) >= SAME and _changed(place, luma)[1].mean() < MOVED:
                return self.places.pop(name)
        box = _window(track.box)
        origin = _middle(track.box, luma.shape)
        return Place(box, cut(luma, box), t, t, track.seen_s, t, origin, shifted_s=t)

    def _look(
        self, place: Place, luma: np.ndarray, own: Track | None, others: list[list[float]],
        t: float, usual: Usual | None,
    ) -> None:  # fmt: skip
        now, mask = _changed(place, luma)
        share = float(mask.mean())
        covered = max((_covers(place.box, other) for other in others), default=0.0)
        step_s = min(t - place.looked_s, ACTIVE_S)
        place.looked_s = t
        elsewhere = own is not None and own.seen_s == t and overlap(place.box, own.box) < SAME
        place.away = place.away + 1 if elsewhere else 0
        moved = share >= MOVED
        steady = place.same_s - place.since_s >= STEADY_S
        hides = covered >= OVERLAP or (share >= HIDES and steady)
        hidden = moved and hides and place.away < 2
        if not moved and place.away < 2:
            place.same_s = t
            if not place.new:
                place.new = not (usual is not None and usual(place.box))
            learnt = np.clip(now.astype(np.int16) - place.picture, -LEARN, LEARN)
            learnt[mask] = 0
            place.picture = (place.picture + learnt).astype(np.uint8)
        elif own is not None and (not hidden or t - place.same_s > RETURN_S):
            place.box = _window(own.box)
            place.picture, place.since_s, place.same_s = cut(luma, place.box), t, t
            if share >= SHIFTED or place.away:
                place.shifted_s = t
            place.away, place.new = 0, False
            x, y, size = _middle(own.box, luma.shape)
            x, y = x - place.origin[0], y - place.origin[1]
            place.walked = place.walked or hypot(x, y) >= WALKED * max(size, place.origin[2])
        kept = 1 - step_s / ACTIVE_S
        place.active = kept * place.active + (1 - kept) * float(moved and not hidden)

    def forget(self, gap_s: float) -> None:
        """Begin anew after a long gap in time; over a short one the windows tell who is there."""
        if not 0 < gap_s <= GAP_S:
            self.places = {}

    def dump(self) -> list[list[Any]]:
        """Return the windows as plain lists."""
        return [
            [name, k.box, pack_image(k.picture), k.since_s, k.looked_s, k.seen_s, k.same_s,
             k.origin, k.active, k.walked, k.new, k.away, k.shifted_s]
            for name, k in self.places.items()
        ]  # fmt: skip

    @classmethod
    def load(cls, raw: list[list[Any]]) -> "Stillness":
        """Undo dump()."""
        return cls({int(name): Place(box, unpack_image(picture), *rest)
                    for name, box, picture, *rest in raw})  # fmt: skip


def _changed(place: Place, luma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what a window shows now, and the mask of what is not as it was."""
    now = cut(luma, place.box)
    if now.shape != place.picture.shape:
        place.picture = now  # the stream changed its size: nothing is known of the time between
    visible = np.ones(now.shape, bool)
    noise = noise_of(now, place.picture, visible)
    mask = changed(now, place.picture, visible, noise, lamps=True)
    # Any pattern can be faded to a flat one, but no flat one back: both ways must explain it.
    return now, mask | changed(place.picture, now, visible, noise, lamps=True)


def cut(luma: np.ndarray, box: list[float]) -> np.ndarray:
    """Return a window of the picture, uint8 (H, W), its longer side at most CELLS."""
    high, wide = luma.shape
    left, right = int(box[0] * wide), max(int(box[0] * wide) + 2, int(np.ceil(box[2] * wide)))
    top, bottom = int(box[1] * high), max(int(box[1] * high) + 2, int(np.ceil(box[3] * high)))
    part = luma[top:bottom, left:right]
    if not part.size:
        return np.zeros((2, 2), np.uint8)
    scale = CELLS / max(part.shape)
    if scale >= 1:
        return np.array(part, np.uint8)
    size = (max(2, round(part.shape[1] * scale)), max(2, round(part.shape[0] * scale)))
    return cv2.resize(np.ascontiguousarray(part), size, interpolation=cv2.INTER_AREA)


def usual_at(
    now: np.ndarray, luma: float, references: Sequence[tuple[np.ndarray, float]]
) -> Usual | None:
    """Return what tells whether a window shows the usual; None where nothing is known of that.

    now: the picture relative to its local mean (workers.vision.gate.relative), of that mean luma;
    references: such pictures without people, each with its luma (workers/vision/scenery.py).
    """
    known = [(abs(other - luma), k) for k, other in references if k.shape == now.shape]
    if not known:
        return None
    reference = min(known, key=lambda pair: pair[0])[1].astype(np.int16)
    differs = np.abs(now.astype(np.int16) - reference) > STEPS
    high, wide = differs.shape

    def is_usual(box: list[float]) -> bool:
        left, right = int(box[0] * wide), max(int(box[0] * wide) + 1, int(np.ceil(box[2] * wide)))
        top, bottom = int(box[1] * high), max(int(box[1] * high) + 1, int(np.ceil(box[3] * high)))
        part = differs[top:bottom, left:right]
        return bool(part.size) and float(part.mean()) < STANDS_OUT

    return is_usual


def _window(box: list[float]) -> list[float]:
    x1, y1, x2, y2 = box
    out_x, out_y = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
    return [max(0.0, x1 - out_x), max(0.0, y1 - out_y), min(1.0, x2 + out_x), min(1.0, y2 + out_y)]


def _middle(box: list[float], shape: tuple[int, ...]) -> list[float]:
    """Return the middle and the longer side of a box in picture heights."""
    aspect = shape[1] / shape[0]
    wide, high = (box[2] - box[0]) * aspect, box[3] - box[1]
    return [box[0] * aspect + wide / 2, box[1] + high / 2, max(wide, high)]


def _covers(window: list[float], other: list[float]) -> float:
    """Return the share of a window that another's box lies over."""
    wide = min(window[2], other[2]) - max(window[0], other[0])
    high = min(window[3], other[3]) - max(window[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / ((window[2] - window[0]) * (window[3] - window[1]))
