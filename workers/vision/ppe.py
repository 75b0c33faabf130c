"""Helmet and vest on people near enough: a small network looks at the upper part of each person.

It tells helmets, bare heads and people with and without a vest as boxes. A look says little, so
a value is given only when several looks at the same person agree.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from workers import models
from workers.vision.boxes import Box, in_pixels
from workers.vision.detector import Detector
from workers.vision.load import wrap

Xyxy = tuple[float, float, float, float]

# Below this height a head shows too few pixels to tell a helmet from hair.
LEAST_HEAD_PX = 20.0
# Where a head's middle is looked for: so far under the top of a person's box, in its heights (or in
# two of its widths, where somebody crouches), and in the middle; what lies off it by so much more
# counts 1/e. Of 162 looks at rendered people 11 took another's head without it, 3 with it.
HEAD_AT, HEAD_DEEP, HEAD_ASIDE = 0.12, 0.25, 0.4
# A helmet ends above the face: its box is shorter than that of the head in it.
HELMET_SHARE = 0.6
LOOK_EVERY_S = 1.0
LOOKS = 5
LEAST_LOOKS = 3
# Mean of the looks, -1 (no) to 1 (yes), from which on a value is told, and down to which "bare" is:
# the network is surer of helmets than of hair. On real heads a look under -0.15 is right for 70 %
# of the bare ones and wrong for 18 % of the helmets, one under -0.25 for 61 % and 13 %.
SURE, BARE = 0.25, -0.15
LEAST_SCORE = 0.25


class Pictures(Protocol):
    """What is needed of a frame: its size, and a window of it in pixels as BGR."""

    width: int
    height: int

    def crop(self, left: int, top: int, right: int, bottom: int) -> np.ndarray:
        """Return a window of the picture."""
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """What one look told: -1 no to 1 yes, None where it could not tell; the head's box."""

    helmet: float | None
    vest: float | None
    head: Xyxy | None = None


@dataclass
class Votes:
    """The last looks at one person."""

    looked_s: float = -1e9
    helmet: list[float] = field(default_factory=list)
    vest: list[float] = field(default_factory=list)

    def add(self, look: Look, t: float) -> None:
        """Take a look in; one that could not tell counts for nothing."""
        self.looked_s = t
        for kept, value in ((self.helmet, look.helmet), (self.vest, look.vest)):
            if value is not None:
                kept.append(round(value, 3))
                del kept[:-LOOKS]

    def told(self) -> dict[str, dict[str, Any]]:
        """Return {"helmet": {"value", "score"}, "vest": …}; value None while not sure."""
        return {"helmet": _verdict(self.helmet, BARE), "vest": _verdict(self.vest, -SURE)}

    def worn(self) -> tuple[str, ...]:
        """Return what is known of the clothes: of helmet, bare_head, vest, no_vest."""
        found = []
        told = self.told()
        for part, yes, no in (("helmet", "helmet", "bare_head"), ("vest", "vest", "no_vest")):
            value = told[part]["value"]
            if value is not None:
                found.append(yes if value else no)
        return tuple(found)


def _verdict(looks: list[float], no: float) -> dict[str, Any]:
    if len(looks) < LEAST_LOOKS:
        return {"value": None, "score": 0.0}
    mean = sum(looks) / len(looks)
    return {"value": None if no < mean < SURE else mean > 0, "score": round(abs(mean), 3)}


class Reader:
    """Looks at people with a network; shadow: whether rules must not use what it tells."""

    def __init__(self, network: Detector, *, shadow: bool) -> None:
        self.network = network
        self.shadow = shadow

    def look(self, picture: Pictures, person: Xyxy) -> Look:
        """Look at a person, a box in fractions of the picture.

        Without a look, hence all None, where even a head that fills its share of the box would be
        too small.
        """
        window = upper(person, picture.width, picture.height)
        if window is None:
            return Look(None, None)
        found = self.network.detect([picture.crop(*window)])[0]
        # In pixels of the picture, so that the person's own sides can be compared with.
        moved = [in_pixels(box, window) for box in found]
        return judge(moved, person, picture.width, picture.height)


def upper(person: Xyxy, width: int, height: int) -> tuple[int, int, int, int] | None:
    """Return the window about a person's head and breast in pixels; None where it is too small.

    An upright person's head is an eighth to a sixth of the box; who crouches fills it otherwise.
    """
    x1, y1, x2, y2 = person[0] * width, person[1] * height, person[2] * width, person[3] * height
    wide, high = x2 - x1, y2 - y1
    if high < 3 * LEAST_HEAD_PX or wide < LEAST_HEAD_PX:
        return None
    bottom = y1 + min(high, max(0.55 * high, 1.1 * wide))
    window = (
        max(0, int(x1 - 0.2 * wide)),
        max(0, int(y1 - 0.12 * high)),
        min(width, int(np.ceil(x2 + 0.2 * wide))),
        min(height, int(np.ceil(bottom))),
    )
    return window if window[2] - window[0] > 8 and window[3] - window[1] > 8 else None


def judge(boxes: list[Box], person: Xyxy, width: int, height: int) -> Look:
    """Make one person's look of the boxes found about them, boxes in pixels of the picture."""
    x1, x2 = person[0] * width, person[2] * width
    # The window reaches beyond the person: whose middle lies there is a neighbour's.
    boxes = [box for box in boxes if x1 <= (box.xyxy[0] + box.xyxy[2]) / 2 <= x2]
    heads = [
        box
        for box in boxes
        if box.label in ("helmet", "bare_head")
        and box.score >= LEAST_SCORE
        and _head_px(box) >= LEAST_HEAD_PX
    ]
    helmet, head = None, None
    if heads:
        best = max(heads, key=lambda box: box.score * _is_own(box, person, width, height))
        head = (
            best.xyxy[0] / width,
            best.xyxy[1] / height,
            best.xyxy[2] / width,
            best.xyxy[3] / height,
        )
        about = [box for box in heads if _touch(box.xyxy, best.xyxy)]
        helmet = _best(about, "helmet") - _best(about, "bare_head")
    yes, no = _best(boxes, "vest"), _best(boxes, "no_vest")
    vest = yes - no if max(yes, no) >= LEAST_SCORE else None
    return Look(helmet, vest, head)


def _is_own(box: Box, person: Xyxy, width: int, height: int) -> float:
    """Return how well a head, a box in pixels, sits where the person's own is: 0 to 1."""
    x1, y1, x2, y2 = person[0] * width, person[1] * height, person[2] * width, person[3] * height
    aside = ((box.xyxy[0] + box.xyxy[2]) / 2 - (x1 + x2) / 2) / (x2 - x1)
    deep = ((box.xyxy[1] + box.xyxy[3]) / 2 - y1) / min(y2 - y1, 2 * (x2 - x1))
    off = (max(0.0, deep - HEAD_AT) / HEAD_DEEP) ** 2 + (aside / HEAD_ASIDE) ** 2
    return float(np.exp(-off))


def _head_px(box: Box) -> float:
    high = box.xyxy[3] - box.xyxy[1]
    return high / HELMET_SHARE if box.label == "helmet" else high


def _touch(a: Xyxy, b: Xyxy) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _best(boxes: list[Box], label: str) -> float:
    return max((box.score for box in boxes if box.label == label), default=0.0)


class Wardrobe:
    """The looks at everybody whom one camera follows, by track."""

    def __init__(self, votes: dict[int, Votes] | None = None) -> None:
        self.votes = votes or {}

    def see(
        self, reader: Reader, picture: Pictures, people: dict[int, Xyxy], t: float
    ) -> dict[int, dict[str, dict[str, Any]]]:
        """Look at those whose turn it is; return what is known of each by track.

        people: the boxes of confirmed tracks in this frame. At most one look a second each.
        """
        for track, person in people.items():
            votes = self.votes.setdefault(track, Votes())
            if not 0 <= t - votes.looked_s < LOOK_EVERY_S:
                votes.add(reader.look(picture, person), t)
        return {track: self.votes[track].told() for track in people}

    def worn(self, track: int) -> tuple[str, ...]:
        """Return what is known of a person's clothes; nothing where nobody is sure."""
        votes = self.votes.get(track)
        return votes.worn() if votes else ()

    def keep(self, tracks: set[int]) -> None:
        """Forget everybody who is no longer followed."""
        self.votes = {track: votes for track, votes in self.votes.items() if track in tracks}

    def dump(self) -> list[list[Any]]:
        """Return the looks as plain lists."""
        return [[k, v.looked_s, v.helmet, v.vest] for k, v in self.votes.items()]

    @classmethod
    def load(cls, raw: list[list[Any]]) -> "Wardrobe":
        """Undo dump()."""
        return cls({int(k): Votes(t, list(helmet), list(vest)) for k, t, helmet, vest in raw})


@lru_cache(maxsize=2)
def load_reader(name: str = "ppe") -> Reader:
    """Load the catalogue's network; models.ModelError says what is missing or wrong."""
    entry = models.find(name)
    # The same architecture as a detector's, with labels of its own.
    return Reader(wrap(replace(entry, network="nanodet")), shadow=entry.shadow)
