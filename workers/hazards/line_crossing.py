"""Somebody crosses a line, in a direction that is not allowed."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from workers.assign import assign
from workers.gap import BACK
from workers.hazards.base import (
    CLEAR,
    Condition,
    Fault,
    Hazard,
    Memory,
    Person,
    Point,
    Rule,
    View,
    say,
)
from workers.hazards.params import choice, line, number

# So far beyond the line, in heights of the person's box, is across it; less is a wobble.
ACROSS = 0.08
# A track that was not seen for longer is no longer the same crossing.
KEEP_S = 5.0
# Somebody who was lost is looked for within so many of his heights of where he was.
NEAR = 0.5
# Costs of pairs, in heights squared: a lost track that is too far off, none at all, and what one
# that has crossed costs more than one as near that has not.
FAR, NOBODY, TIE = 1000.0, 1.0, 0.01


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    line: str | None = line(label="Line", required=True, help="The line that is watched.")
    direction: str = choice(
        "both",
        choices={
            "both": "either way",
            "to_right": "from its left to its right",
            "to_left": "from its right to its left",
        },
        label="Direction",
        help="The way that is not allowed, seen by somebody who walks along the line.",
    )
    clear_s: float = number(
        5.0, unit="s", low=0, high=600, label="Over after",
        help="Time after the last crossing before the alarm clears.",
    )  # fmt: skip


class LineCrossing(Hazard):
    """A person's foot goes from one side of a line to the other, between the line's ends.

    Somebody counts as across only clearly beyond it, so that wobbling on the line is one crossing
    or none; or where the picture's lower edge cuts his feet off below it. His way is taken as
    straight from picture to picture: it must cut the line itself. A track that begins where another
    was lost takes over its side; of several each takes over one, so that all together are nearest
    to where they were lost. A crossing has no length of its own: the alarm clears some time after
    the last. Direction as drawn: the left is on the left hand of who walks from the line's first
    point to its last.
    """

    type = "line_crossing"
    title = "Line crossed"
    params = Params
    severity = "high"
    action = "Call the person back; find out why the line was crossed."

    remembers = {"ways.*.1": BACK}

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse to wait for a second frame: a crossing lasts one, and would never be told."""
        if rule.confirm[0] > 1:
            yield Fault("confirm", "a crossing lasts one picture: it cannot be confirmed by more")
        if rule.sustain_s > 0:
            yield Fault("sustain_s", "a crossing lasts one picture: it cannot be sustained")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        points = view.lines[params.line or ""]
        # By track: side (1 right, -1 left), when last seen, where the foot was, and how often the
        # way to there has cut the line since he was clearly on that side.
        known: dict[str, list[float]] = memory.setdefault("ways", {})
        keep_s = max(KEEP_S, 2.2 * view.step_s)
        for name in [k for k, v in known.items() if view.t - v[1] > keep_s]:
            del known[name]
        self._take_over(known, points, view)
        crossed = []
        for person in view.people:
            name = str(person.track)
            distance = beside(points, person.foot, view.aspect)
            before = known.get(name)
            cut = 0.0
            if before is not None:
                cut = before[4] + cuts(points, (before[2], before[3]), person.foot)
            beyond = abs(distance) >= ACROSS * person.height
            if not beyond and not (distance and below(points, person.foot, view.aspect)):
                if before is not None:
                    known[name] = [before[0], view.t, *person.foot, cut]
                continue
            side = 1.0 if distance > 0 else -1.0
            # Cut twice, or not at all, it was passed beyond its end.
            if before is not None and before[0] != side and cut % 2:
                way = "to_right" if side > 0 else "to_left"
                if params.direction in ("both", way):
                    crossed.append((person, way))
            known[name] = [side, view.t, *person.foot, 0.0]
        if not crossed:
            return CLEAR
        count = len(crossed)
        words = (
            say("1 person crossed %(line)s", line=params.line)
            if count == 1
            else say("%(count)s persons crossed %(line)s", count=count, line=params.line)
        )
        return Condition(
            "danger",
            tuple(person.box for person, _ in crossed),
            (words,),
            {
                "persons": count, "line": params.line, "directions": [way for _, way in crossed],
                "tracks": [person.track for person, _ in crossed],
                "feet": [list(person.foot) for person, _ in crossed],
            },
        )  # fmt: skip

    @staticmethod
    def _take_over(known: dict[str, list[float]], points: tuple[Point, ...], view: View) -> None:
        """Give new tracks what is known of those lost near them: all together the nearest."""
        here = {str(p.track) for p in view.people}
        lost = [name for name in known if name not in here]
        new = [person for person in view.people if str(person.track) not in known]
        if not lost or not new:
            return
        costs = [
            [_apart(known[name], person, points, view.aspect) for name in lost]
            + [NOBODY] * len(new)
            for person in new
        ]
        for person, column in zip(new, assign(costs), strict=True):
            if column < len(lost):
                known[str(person.track)] = known.pop(lost[column])


def _apart(lost: list[float], person: Person, points: tuple[Point, ...], aspect: float) -> float:
    """Return what it costs to take somebody for one who was lost."""
    side, _, x, y, _ = lost
    across = abs(x - person.foot[0]) * aspect
    along = abs(y - person.foot[1])
    if max(across, along) >= NEAR * person.height:
        return FAR
    # Squared, so that two who walk one behind the other are not taken for one who stood still.
    away = (across**2 + along**2) / person.height**2
    return away + TIE * (side * beside(points, person.foot, aspect) < 0)


@lru_cache(maxsize=1024)
def beside(points: tuple[Point, ...], foot: Point, aspect: float) -> float:
    """Return how far right of a line a point is, in picture heights (left: below 0).

    The nearest part of the line counts; beyond its ends, where that part would go on.
    """
    best, found = 1e9, 0.0
    for a, b in pairwise(points):
        ax, ay, bx, by = a[0] * aspect, a[1], b[0] * aspect, b[1]
        px, py = foot[0] * aspect, foot[1]
        length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
        along = ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length
        # y points down, so that a positive turn is to the right hand.
        right = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) / length
        held = min(max(along, 0.0), length)
        distance = ((along - held) ** 2 + right**2) ** 0.5
        # At a corner both parts are as near: the one passed more squarely has the true side.
        same = abs(distance - best) < 1e-9
        if distance < best - 1e-9 or (same and abs(right) > abs(found)):
            best, found = distance, right
    return found


def below(points: tuple[Point, ...], foot: Point, aspect: float) -> bool:
    """Tell whether feet that the picture's lower edge cuts off are farther below a line.

    That is one that lies rather than stands where they are: they came or go beyond it, unseen.
    """
    x, y = foot
    return y >= 1.0 and any(
        min(a[0], b[0]) <= x <= max(a[0], b[0]) and abs(b[0] - a[0]) * aspect >= abs(b[1] - a[1])
        for a, b in pairwise(points)
    )


def cuts(points: tuple[Point, ...], start: Point, end: Point) -> int:
    """Return how often the straight way from one point to another cuts a line."""
    if start == end:
        return 0
    # A point on the other's line counts to one side of it, so that no corner counts twice.
    return sum(
        (_turn(a, b, start) >= 0) != (_turn(a, b, end) >= 0)
        and (_turn(start, end, a) >= 0) != (_turn(start, end, b) >= 0)
        for a, b in pairwise(points)
    )


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


HAZARD = LineCrossing()
