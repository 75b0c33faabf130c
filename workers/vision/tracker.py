"""Follows people, or vehicles, from frame to frame: stable ids at low rates, through occlusion.

Kalman filters with constant velocity predict the boxes; sure detections are matched first, weak
ones then keep tracks alive that already exist. The cost mixes overlap and distance, because at
5 pictures a second a walking person's boxes may hardly overlap. All in fractions of the picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from workers.vision.boxes import Box, Corners, inside, iou, overlap
from workers.vision.proof import MEAN_OF, Closer, confirm
from workers.vision.track import HIGH_SCORE, LOOKS, Habits, Track

# Where looks showed nobody, what is found again within so long, and overlaps so far, is taken for
# the same thing until it is believed.
REFUTED_S, SAME_PLACE = 60.0, 0.6
# Of whose box this share lies in a believed one's when he is found first was perhaps found by that
# one's body: a drum behind somebody.
WITHIN = 0.3
# How much further from the expected place, in heights a second, after more than 0.6 s unseen.
SLACK = 0.4
# And for who was found in fewer pictures than this, after more than 0.3 s: at a few pictures a
# second a walker is a body's width further each time, and would be somebody new in each.
KNOWN_HITS, SLACK_NEW = 3, 1.5
# Weak detections may drag a track away while steam or glare hides whom it follows: who is surely
# found where he surely was so short a time ago, and overlaps so far, is still himself.
BACK_S, SAME_BODY = 2.0, 0.5
# Kalman noise, in heights of the box: measurement, and acceleration per second.
NOISE = 0.045
PUSH = 1.2


@dataclass
class Tracker:
    """All tracks of one camera."""

    habits: ClassVar[Habits] = Habits()

    tracks: list[Track] = field(default_factory=list)
    next_id: int = 1
    last_t: float | None = None
    # Where looks showed nobody, and is followed no more: time and corners.
    refuted_places: list[list[float]] = field(default_factory=list)

    def update(
        self, boxes: Sequence[Box], t: float, aspect: float, closer: Closer | None = None
    ) -> list[int | None]:
        """Take one frame's boxes; return for each box the id of its confirmed track.

        closer: looks at a box again, larger, and returns its score; None: every box is believed.
        """
        step_s = 0.2 if self.last_t is None else max(1e-3, t - self.last_t)
        self.last_t = t
        ids: list[int | None] = [None] * len(boxes)
        owners: dict[int, Track] = {}
        free = list(self.tracks)
        habits = self.habits
        high = [i for i, b in enumerate(boxes) if b.score >= habits.high]
        low = [i for i, b in enumerate(boxes) if habits.low <= b.score < habits.high]
        for group in (high, low):
            found = self._match(free, [boxes[i] for i in group], t, aspect, weak=group is low)
            for track, index in found:
                owners[group[index]] = track
                free.remove(track)
                _correct(track, boxes[group[index]], t, habits)
                confirm(track, boxes[group[index]], t, habits, closer)
        for index in high:
            if index in owners:
                continue
            whose = self._covering(boxes[index], owners, boxes)
            if whose is None:
                owners[index] = self._start(boxes[index], t)
            else:
                # A second box about the same person: the surer of the two says how sure he is.
                whose.score = max(whose.score, boxes[index].score)
        gone = [track for track in self.tracks if self._is_gone(track, t, step_s)]
        self.tracks = [track for track in self.tracks if track not in gone]
        self.refuted_places = [row for row in self.refuted_places if 0 <= t - row[0] <= REFUTED_S]
        self.refuted_places += [[t, *track.box] for track in gone if track.nobody]
        for index, track in owners.items():
            if track.confirmed:
                ids[index] = track.id
        return ids

    def hold(self, t: float) -> None:
        """Take a frame in which nothing moved: whoever was there is still there, and stands."""
        for track in self.tracks:
            if track.seen_s == self.last_t:
                track.seen_s = t
                track.velocity = [0.0, 0.0, 0.0, 0.0]
        self.last_t = t

    def bodies(self, boxes: Sequence[Box], t: float) -> list[Corners]:
        """Return the boxes of whoever may hide something in the picture: left, top, right, bottom.

        Weak detections are nobody: a drum's flange looks like a person at 0.2. Nor is what closer
        looks showed to be nobody: mostly it is the machine itself, and would hide it for good.
        """
        nobody = [k.box for k in self.tracks if k.nobody]
        found: list[Corners] = [
            box.xyxy
            for box in boxes
            if box.label == "person" and box.score >= HIGH_SCORE and list(box.xyxy) not in nobody
        ]
        return found + [k.predicted(t - k.seen_s) for k in self.tracks if not k.nobody]

    def unsure(self) -> bool:
        """Tell whether somebody is not judged yet, or was not seen in the last frame."""
        return any(
            not (k.confirmed or k.looks >= LOOKS) or k.seen_s != self.last_t for k in self.tracks
        )

    def following(self) -> bool:
        """Tell whether anybody is being followed."""
        return bool(self.tracks)

    def forget(self) -> None:
        """Drop all tracks after a gap in time; ids go on."""
        self.tracks = []
        self.last_t = None

    def _start(self, box: Box, t: float) -> Track:
        x1, y1, x2, y2 = box.xyxy
        track = Track(
            self.next_id,
            [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1],
            [0.0, 0.0, 0.0, 0.0],
            # Variances in heights: position, mixed, velocity.
            [NOISE**2, 0.0, 0.6**2],
            t,
            t,
            1,
            box.score,
            box=list(box.xyxy),
            label=box.label,
            mean=box.score,
            home=[(x1 + x2) / 2, (y1 + y2) / 2],
            born_within=any(k.confirmed and inside(box.xyxy, k.box) >= WITHIN for k in self.tracks),
            refuted=any(overlap(row[1:], box.xyxy) >= SAME_PLACE for row in self.refuted_places),
            sure=list(box.xyxy),
            sure_s=t,
        )
        self.next_id += 1
        self.tracks.append(track)
        return track

    @staticmethod
    def _covering(box: Box, owners: dict[int, Track], boxes: Sequence[Box]) -> Track | None:
        """Return whose person a second box is about, None where it is nobody's yet."""
        if not owners:
            return None
        taken = np.array([boxes[i].xyxy for i in owners])
        x1, y1, x2, y2 = box.xyxy
        low = np.maximum(taken[:, :2], (x1, y1))
        high = np.minimum(taken[:, 2:], (x2, y2))
        inter = np.clip(high - low, 0, None).prod(1)
        smaller = np.minimum((taken[:, 2:] - taken[:, :2]).prod(1), (x2 - x1) * (y2 - y1))
        best = int((inter / smaller).argmax())
        return list(owners.values())[best] if inter[best] > 0.85 * smaller[best] else None

    def _is_gone(self, track: Track, t: float, step_s: float) -> bool:
        keep = self.habits.keep_s if track.confirmed else self.habits.keep_tentative_s
        # At one picture a second, one missed picture is no reason either.
        return t - track.seen_s > max(keep, 1.5 * step_s)

    def _match(
        self, tracks: list[Track], boxes: list[Box], t: float, aspect: float, *, weak: bool
    ) -> list[tuple[Track, int]]:
        """Pair tracks and boxes, best pair first. Greedy: pairs are few and mostly clear."""
        if not tracks or not boxes:
            return []
        ahead = [t - track.seen_s for track in tracks]
        expected = np.array([k.predicted(s) for k, s in zip(tracks, ahead, strict=True)])
        seen = np.array([box.xyxy for box in boxes])
        overlaps = iou(expected, seen)
        scale = np.array([aspect, 1.0])
        middle = (expected[:, None, :2] + expected[:, None, 2:]) / 2
        centre = (seen[None, :, :2] + seen[None, :, 2:]) / 2
        last = np.array([k.position[:2] for k in tracks])[:, None]
        height = np.maximum(expected[:, 3] - expected[:, 1], 1e-3)[:, None]
        away = np.linalg.norm((centre - middle) * scale, axis=-1) / height
        moved = np.linalg.norm((centre - last) * scale, axis=-1) / height
        reach = self.habits.max_jump + self.habits.max_speed * np.array(ahead)[:, None]
        # A fall is faster than the filter: what fits the last box is no jump either.
        tall = (seen[:, 3] - seen[:, 1])[None]
        before = np.array([k.box[3] - k.box[1] for k in tracks])[:, None]
        resize = np.minimum(np.abs(np.log(tall / height)), np.abs(np.log(tall / before)))
        possible = (moved <= reach) & (resize <= np.log(self.habits.max_resize))
        # Whoever was hidden may have walked on or stood still: both are within reach. But a weak
        # detection far from where he is expected is something else: a drum, or a post.
        late = np.array(ahead)
        slack = 0.45 + (0 if weak else SLACK) * np.maximum(late - 0.6, 0)[:, None]
        if not weak:
            # How fast somebody walks who was just found is not known yet.
            new = np.array([k.hits < KNOWN_HITS for k in tracks])
            slack += (new * SLACK_NEW * np.maximum(late - 0.3, 0))[:, None]
        possible &= (overlaps > 0.05) | (away <= slack)
        if not weak:
            back = np.array([0 <= t - k.sure_s <= BACK_S for k in tracks])[:, None]
            possible |= back & (iou(np.array([k.sure or k.box for k in tracks]), seen) >= SAME_BODY)
        cost = (1 - overlaps) + 0.5 * away + 0.5 * resize
        # Those already confirmed come first where both would do.
        cost += np.array([0.0 if k.confirmed else 0.15 for k in tracks])[:, None]
        rows, columns = np.nonzero(possible)
        pairs: list[tuple[Track, int]] = []
        used_rows: set[int] = set()
        used_columns: set[int] = set()
        for k in np.argsort(cost[rows, columns], kind="stable"):
            row, column = int(rows[k]), int(columns[k])
            if row not in used_rows and column not in used_columns:
                used_rows.add(row)
                used_columns.add(column)
                pairs.append((tracks[row], column))
        return pairs

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        rows = [[getattr(track, name) for name in _FIELDS] for track in self.tracks]
        return {
            "next": self.next_id,
            "last_t": self.last_t,
            "tracks": rows,
            "refuted": self.refuted_places,
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> Self:
        """Rebuild from dump()."""
        tracks = [Track(**dict(zip(_FIELDS, row, strict=False))) for row in data["tracks"]]
        return cls(tracks, data["next"], data["last_t"], data.get("refuted", []))


_FIELDS = tuple(Track.__dataclass_fields__)


def _correct(track: Track, box: Box, t: float, habits: Habits) -> None:
    """Predict the track to t and correct it by a detection: one filter, the same for x, y, w, h."""
    dt = max(1e-3, t - track.seen_s)
    pp, pv, vv = track.spread
    q = PUSH**2
    pp, pv, vv = (
        pp + 2 * dt * pv + dt * dt * vv + q * dt**4 / 4,
        pv + dt * vv + q * dt**3 / 2,
        vv + q * dt * dt,
    )
    # A weak detection's box is less exact.
    noise = (NOISE * (1.0 if box.score >= habits.high else 1.6)) ** 2
    gain_p, gain_v = pp / (pp + noise), pv / (pp + noise)
    x1, y1, x2, y2 = box.xyxy
    measured = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
    for i, value in enumerate(measured):
        ahead = track.position[i] + dt * track.velocity[i]
        track.position[i] = ahead + gain_p * (value - ahead)
        track.velocity[i] += gain_v * (value - ahead)
    home = track.home or track.position[:2]
    away = (abs(track.position[i] - home[i]) / max(track.position[i + 2], 1e-6) for i in (0, 1))
    track.roamed = max(track.roamed, *away)
    track.spread = [(1 - gain_p) * pp, (1 - gain_p) * pv, vv - gain_v * pv]
    track.seen_s = t
    track.hits += 1
    track.score = max(box.score, 0.8 * track.score + 0.2 * box.score)
    track.box, track.label = list(box.xyxy), box.label
    if box.score >= habits.high:
        track.sure, track.sure_s = list(box.xyxy), t
    track.mean += (box.score - track.mean) / min(track.hits, MEAN_OF)


def settle(tracks: Iterable[Track]) -> None:
    """Mark that a frame's evaluation is over: nobody is newly confirmed any more."""
    for track in tracks:
        track.fresh = False
