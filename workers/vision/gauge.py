"""Water level in metres from two or more marked points of a staff gauge, board or wall.

Each picture is read by itself (`read`): a strip along the marked line, where `waterline` finds the
water. What several readings tell together is `Level`'s business: a median, no single jumps, and
never the last value for the present one.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from workers.geometry import Point
from workers.vision.anchor import Anchor, Marks, carried
from workers.vision.pace import READ_S, Pace
from workers.vision.scale import Scale, cut, scale_of
from workers.vision.waterline import ROWS, chances, is_dry_below, shore
from workers.vision.way import STAYED, Way
from workers.vision.writing import filled

# Water is looked for this far beyond the outermost marks, in lengths of the marked line.
BEYOND = 1.0
# There water is less likely, whoever marked a gauge marked its range: the odds fall by these
# factors, at once and for each length of the marked line.
BEYOND_ODDS, FARTHER_ODDS = 0.3, 0.3
# Water that has risen past all that shows nothing but water there, and still some line is found, up
# to 0.94 surely. So the dry side is looked at as well, in these spans above the highest mark: a
# line there that is as sure as this, with so little left for there being none, is the water's. On
# the marsh's pictures, in four lights and by seven gauges, all 496 right readings stay as they are
# (the surest line above the water is 0.78 sure, with 0.17 for none), and of 112 wrong ones 15 are
# left, by gauges of 10 cm in the dark.
ABOVE, ABOVE_SURE, ABOVE_NONE = ((-3.0, 0.0), (-4.5, -1.5)), 0.85, 0.10
# Fewer pixels between the outermost marks cannot be read: made smaller, the marsh's pictures have
# 1 of 47 levels more than 5 cm off at 78 pixels, none at 63, 4 of 45 at 49, 14 of 42 at 29.
MIN_SPAN_PX = 56
# Nor can a strip whose luma varies by less, in grey levels: a fog that leaves 7 % of the contrast
# has 3 of 41 levels wrong, by up to a metre and up to 0.81 surely; that of 3 % of the light has 7.
FAINT = 4.0
# Lines nearer to each other than this, in lengths of the marked line, are one.
SAME_LINE = 0.25
# Rows around the likeliest one that count as the same line.
SAME_ROWS = 4
MIN_CONFIDENCE = 0.35
# Less sure than this, strips of other widths are asked too; each look leaves this much doubt.
SURE, OTHER_WIDTHS, DOUBT = 0.5, (0.55, 1.7), 1e-4
# A line found this surely is a sharp one.
CLEAR = 0.75
# Water is wider than a gauge: what lies so far beside it on both sides, in lengths of the marked
# line, shows the water's line, too. A bar before it, or a mark on it, is mostly seen there no more,
# or elsewhere: a line to which both, in the mean, give less of a chance than this is half as sure.
# There it is the same line to within a share of the marked line, as few lines are quite level.
BESIDE, SHOWN, UNSHOWN, SAME_SHARE = 0.2, 0.1, 0.5, 0.04

# A gauge of which more than this is written over by the camera is not read.
MOST_WRITTEN = 0.5

# Readings of this many seconds, and this many at most, make one value.
WINDOW_S = 6.0
WINDOW = 5
# domain.md 1c: single jumps of more than 5 cm a minute are not believed before 3 readings say so.
RATE_M_S = 0.05 / 60
NOISE_M = 0.02
CONFIRM = 3
# Water that moves is followed after three; a line that stands this far elsewhere all at once, as no
# water does, is believed only when it was there for so long.
JUMP_M, JUMP_S = 0.15, 10.0
# So many doubted readings are remembered.
DOUBTED = 24
# A still that nothing confirms must be read as surely as this.
ALONE = 0.5
# After so long the last reading says nothing about the present one.
STALE_S = 300.0


@dataclass(frozen=True)
class Sight:
    """One picture's reading: value in metres or None, confidence 0..1, place in the picture.

    pixel_m: the metres that a pixel of the picture is high there.
    """

    value: float | None
    confidence: float
    at: Point | None = None
    pixel_m: float = 0.0


BLIND = Sight(None, 0.0)


def read(luma: np.ndarray, marks: Marks, written: np.ndarray | None = None) -> Sight:
    """Read the level from one picture's luma (H, W) uint8; value None where it cannot be read.

    written: where the camera writes over its picture, a mask of any size: no water is found there.
    """
    height, width = luma.shape
    scale = scale_of(marks, width, height)
    if scale.span_px < MIN_SPAN_PX or width < 8 or height < 8:
        return BLIND
    first, last = scale.reach(-BEYOND, 1 + BEYOND)
    if last - first < MIN_SPAN_PX:
        return BLIND
    step = (last - first) / ROWS
    s = first + (np.arange(ROWS) + 0.5) * step
    outside = np.maximum(np.maximum(-s, s - scale.span_px), 0) / scale.span_px
    prior = np.where(outside > 0.03, BEYOND_ODDS * FARTHER_ODDS**outside, 1.0)
    hidden = np.zeros(ROWS, bool)
    if written is not None:
        luma, over = filled(luma, written)
        x, y = np.round(scale.place(s)).astype(int).T
        beneath = over[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
        # Where it ends may look like a line, too.
        hidden = np.convolve(beneath, np.ones(2 * SAME_ROWS + 1), "same") > 0
        if beneath[outside == 0].mean() > MOST_WRITTEN:
            return BLIND
    strip = cut(luma, scale, first, last)
    if float(strip.std()) < FAINT:
        return BLIND
    looks = [chances(strip)]
    odds, peak, confidence = _peak(looks, prior, hidden)
    if confidence < SURE:
        looks += [chances(cut(luma, scale, first, last, width)) for width in OTHER_WIDTHS]
        again = _peak(looks, prior, hidden)
        if again[2] > confidence:
            odds, peak, confidence = again
    # Beneath letters there may be another line.
    if confidence < (SURE if hidden.any() else MIN_CONFIDENCE):
        return Sight(None, 0.0)
    window = slice(max(0, peak - SAME_ROWS), peak + SAME_ROWS + 1)
    row = float((odds[window] * np.arange(ROWS)[window]).sum() / odds[window].sum())
    if confidence < CLEAR:
        row = shore(strip, row)
    where = first + (row + 0.5) * step
    above = _above(luma, scale, where)
    if above is not None:
        where, confidence = above
        if not scale.holds(where):
            return BLIND
    elif is_dry_below(strip, row):
        return BLIND
    elif _beside(luma, marks, where, first, last) < SHOWN:
        confidence *= UNSHOWN
        if confidence < MIN_CONFIDENCE:
            return BLIND
    x, y = scale.place(np.array([where]))[0]
    pixel_m = abs(scale.level(where + 0.5) - scale.level(where - 0.5))
    return Sight(scale.level(where), min(1.0, confidence), (x / width, y / height), pixel_m)


def _beside(luma: np.ndarray, marks: Marks, where: float, first: float, last: float) -> float:
    """Return the mean chance that strips to the left and right give to the line at s = `where`."""
    height, width = luma.shape
    scale = scale_of(marks, width, height)
    aside = scale.across() * BESIDE * scale.span_px / (width, height)
    s = first + (np.arange(ROWS) + 0.5) * (last - first) / ROWS
    same = np.abs(s - where) <= SAME_SHARE * scale.span_px
    found = 0.0
    for by in (-aside, aside):
        shifted = tuple(((x + by[0], y + by[1]), metres) for (x, y), metres in marks)
        rows, _ = chances(cut(luma, scale_of(shifted, width, height), first, last))
        found += float(rows[same].sum()) / 2
    return found


def _above(luma: np.ndarray, scale: Scale, where: float) -> tuple[float, float] | None:
    """Return a line that is surely there farther up than the one at `where`: s, and how sure."""
    for lengths in ABOVE:
        first, last = scale.reach(*lengths)
        if last - first < MIN_SPAN_PX or first / scale.span_px > lengths[0] + 0.1:
            break  # at the picture's edge the far bank, or the horizon, would be taken for water
        rows, none = chances(cut(luma, scale, first, last))
        _, peak, sure = _peak([(rows, none)], np.ones(ROWS))
        s = first + (peak + 0.5) * (last - first) / ROWS
        if sure >= ABOVE_SURE and none <= ABOVE_NONE:
            # Near the marks both see the same line, and the first sees it more exactly.
            return (s, sure) if where - s > SAME_LINE * scale.span_px else None
    return None


def _peak(
    looks: Sequence[tuple[np.ndarray, float]],
    prior: np.ndarray,
    hidden: np.ndarray | None = None,
) -> tuple[np.ndarray, int, float]:
    """Return the rows' odds after all looks, the likeliest row, and its share of all odds.

    Looks are multiplied as if each told something new; none of them may rule a row out. hidden:
    rows of which none is the likeliest, though water may be there.
    """
    logs = sum(np.log(np.append(rows, none) + DOUBT) for rows, none in looks)
    odds = np.exp(logs - np.max(logs)) * np.append(prior, 1.0)
    seen = odds[:-1] if hidden is None else np.where(hidden, 0.0, odds[:-1])
    near = np.convolve(seen, np.ones(2 * SAME_ROWS + 1), "same")
    peak = int(near.argmax())
    return seen, peak, float(near[peak] / odds.sum())


@dataclass
class Level:
    """One gauge's memory: the last believed readings, and those too far off to be believed yet."""

    # (t, metres, confidence), oldest first.
    kept: list[tuple[float, float, float]] = field(default_factory=list)
    doubted: list[tuple[float, float, float]] = field(default_factory=list)
    pace: Pace = field(default_factory=Pace)
    anchor: Anchor = field(default_factory=Anchor)

    def is_due(self, t: float) -> bool:
        """Tell whether to read at t: once a second, twice while a first reading waits."""
        return self.pace.is_due(t, 0.5 if self.doubted and not self.kept else READ_S)

    def look(
        self,
        luma: np.ndarray,
        marks: Marks,
        people: Sequence[Sequence[float]],
        t: float,
        *,
        still: bool = False,
        way: Way = STAYED,
        written: np.ndarray | None = None,
    ) -> Sight:
        """Read the picture at t; people: boxes whose edges are no water line.

        still: no others follow soon that could confirm it; way: how the view was knocked
        since the marks were drawn; written: where the camera writes over its picture.
        """
        sight = read(luma, self._followed(luma, marks, t, way), written)
        if sight.at is not None:
            x, y = sight.at
            if any(x1 <= x <= x2 and y1 <= y <= y2 + 0.02 for x1, y1, x2, y2 in people):
                sight = BLIND
        return self.take(sight, t, still=still)

    def _followed(self, luma: np.ndarray, marks: Marks, t: float, way: Way) -> Marks:
        """Return the marks where the camera shows them now, if it was knocked a little."""
        known = [metres for when, metres, _ in self.kept if 0 <= t - when < STALE_S]
        scale = scale_of(marks, luma.shape[1], luma.shape[0])
        if not known or abs(scale.across()[1]) > 0.5 or scale.span_px < MIN_SPAN_PX:
            return carried(marks, way)
        _, y = scale.place(np.array([scale.along(known[-1])]))[0]
        return self.anchor.follow(luma, marks, float(y) / luma.shape[0], way)

    def take(self, sight: Sight, t: float, *, still: bool = False) -> Sight:
        """Take one picture's reading at t seconds; return the level as far as it is believed.

        The first reading, and one that left the last by more than 5 cm a minute and the noise, are
        doubted until three in a row agree, or, where the line stands far off all at once, those of
        ten seconds. Of stills there may be one in 15 minutes: where the last is stale there is
        nothing to compare with, and a level that really fell is taken as it is if it is sure.
        """
        if self.pace.is_back(t):
            self.kept, self.doubted = [], []
        if sight.value is None or not self._believes(sight, sight.value, t, still):
            self.pace.note(None, t)
            return BLIND
        self.pace.note(sight.value, t)
        recent = [one for one in self.kept if t - one[0] <= WINDOW_S]
        slope = _slope(recent)
        value = median(metres + slope * (t - when) for when, metres, _ in recent)
        return Sight(value, median(c for _, _, c in recent), sight.at)

    def _believes(self, sight: Sight, value: float, t: float, still: bool) -> bool:
        one = (t, value, sight.confidence)
        noise = max(NOISE_M, 1.5 * sight.pixel_m)
        self.kept = [k for k in self.kept if t - k[0] < STALE_S][-WINDOW:]
        near, wait_s = still and sight.confidence >= ALONE, 0.0
        if self.kept:
            when, last, _ = self.kept[-1]
            due = last + _slope(self.kept) * (t - when)
            off = min(abs(value - last), abs(value - due))
            near = off <= noise + RATE_M_S * (t - when)
            wait_s = JUMP_S if off > JUMP_M and not still else 0.0
        if near:
            self.kept, self.doubted = [*self.kept, one][-WINDOW:], []
            return True
        self.doubted = [*(d for d in self.doubted if t - d[0] < STALE_S), one][-DOUBTED:]
        if not _agree(self.doubted, wait_s):
            return False
        self.kept, self.doubted = self.doubted[-CONFIRM:], []
        return True

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {
            "kept": self.kept,
            "doubted": self.doubted,
            "pace": asdict(self.pace),
            "anchor": self.anchor.dump(),
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Level":
        """Rebuild from dump()."""
        kept = [(t, m, c) for t, m, c in data["kept"]]
        doubted = [(t, m, c) for t, m, c in data["doubted"]]
        return cls(kept, doubted, Pace(**data["pace"]), Anchor.load(data["anchor"]))


def _slope(readings: Sequence[tuple[float, float, float]]) -> float:
    """Return the metres a second of readings that all go one way, by more than noise; else 0."""
    if len(readings) < 3:
        return 0.0
    steps = [b[1] - a[1] for a, b in pairwise(readings)]
    one_way = all(s > 0 for s in steps) or all(s < 0 for s in steps)
    if not one_way or abs(readings[-1][1] - readings[0][1]) < NOISE_M / 2:
        return 0.0
    pairs = [(a, b) for i, a in enumerate(readings) for b in readings[i + 1 :]]
    return median((b[1] - a[1]) / max(b[0] - a[0], 1e-3) for a, b in pairs)


def _agree(doubted: Sequence[tuple[float, float, float]], wait_s: float) -> bool:
    """Tell whether the last three doubted readings confirm one another.

    They are level, and so were all others for wait_s; or they are steadily on the move.
    """
    if len(doubted) < CONFIRM:
        return False
    now = doubted[-1][0]
    long = now - doubted[0][0] >= wait_s - 1e-6
    level = [one[1] for one in doubted if now - one[0] <= wait_s + 1e-6]
    level = level if len(level) > CONFIRM else [one[1] for one in doubted[-CONFIRM:]]
    if long and max(level) - min(level) <= 1.5 * NOISE_M:
        return True
    values = [one[1] for one in doubted[-CONFIRM:]]
    steps = [b - a for a, b in pairwise(values)]
    sizes = sorted(abs(s) for s in steps)
    moves = not wait_s or abs(values[-1] - values[0]) > 1.5 * NOISE_M
    steadily = sizes[-1] <= 2 * sizes[0] + NOISE_M
    return moves and steadily and (min(steps) > 0 or max(steps) < 0)
