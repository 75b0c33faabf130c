"""Zone entries: which a clip holds by its people's feet, and which of them the engine raised.

Where people are labelled, the bank draws zones of its own over the picture, so that one clip gives
many entries. A foot is the bottom centre of a box, or the picture's bottom edge where feet are cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from workers.accuracy.entry import CLEAR, Person, Stay
from workers.engine import Finding
from workers.geometry import Polygon, distance_inside
from workers.people import CUT_OFF

# Gaps in a stay up to this long are no gap: a situation clears after 2 s without danger.
GAP_S = 2.0
# Shorter stays may be raised or not.
LEAST_S = 0.6
# A foot this near to the edge, in heights of its box, may count either way.
EDGE = 0.08
# Smaller people, in pixels at 640 wide, may be raised or not.
SMALLEST_PX = 50.0
# A raise so long before the entry still belongs to it; one after the stay belongs to it too.
EARLY_S = 0.5
LATE_S = 1.0


@dataclass(frozen=True)
class Probe:
    """A zone that the bank draws."""

    name: str
    polygon: Polygon


@dataclass(frozen=True)
class Score:
    """What became of the entries of one clip. delays: seconds from each entry to its raise.

    situations: how many were raised; false_at: when those began that no entry explains;
    missed: the entries that none was raised for.
    """

    entries: int
    delays: tuple[float, ...]
    missed: tuple[Stay, ...]
    false_at: tuple[tuple[str, float], ...]
    hours: float

    @property
    def hits(self) -> int:
        """Return how many entries were raised."""
        return self.entries - len(self.missed)


def grid(columns: int = 3, rows: int = 2) -> tuple[Probe, ...]:
    """Return zones that lie apart in the lower two thirds of the picture, where floors are."""
    probes = []
    for row in range(rows):
        top = 0.34 + row * 0.62 / rows
        for column in range(columns):
            left = 0.03 + column * 0.94 / columns
            right, bottom = left + 0.94 / columns - 0.06, top + 0.62 / rows - 0.06
            corners = ((left, top), (right, top), (right, bottom), (left, bottom))
            probes.append(Probe(f"probe-{row}{column}", corners))
    return tuple(probes)


def stays(
    probe: Probe,
    people: Sequence[tuple[float, Sequence[Person]]],
    aspect: float,
    *,
    smallest_px: float = SMALLEST_PX,
) -> list[Stay]:
    """Return when somebody is in a zone; sure where a whole person is well inside for long.

    people: at each labelled time. A stay is sure from its first sure moment on; what comes
    before, and every unsure moment, is given as unsure stays.
    """
    sure: list[list[float]] = []
    found: list[Stay] = []
    for t, there in people:
        inside = 0
        for person in there:
            x1, y1, x2, y2 = person.box
            foot = ((x1 + x2) / 2, 1.0 if y2 >= CUT_OFF else y2)
            depth = distance_inside(probe.polygon, foot, aspect)
            if depth < -EDGE * (y2 - y1) - 0.01:
                continue
            tall = (y2 - y1) * 640 / aspect >= smallest_px
            if depth >= 0 and tall and person.visible >= CLEAR:
                inside += 1
            else:
                found.append(Stay(probe.name, t, t, sure=False))
        if inside:
            if sure and t - sure[-1][1] <= GAP_S:
                sure[-1][1] = t
                sure[-1][2] += 1
            else:
                sure.append([t, t, 1])
    step_s = _step_s(people)
    for begin, end, count in sure:
        solid = count * step_s > 0.5 * (end - begin)
        long = end - begin >= LEAST_S
        found.append(Stay(probe.name, begin, end, sure=long and solid))
    return found


def _step_s(people: Sequence[tuple[float, Sequence[Person]]]) -> float:
    if len(people) < 2:
        return 0.2
    return (people[-1][0] - people[0][0]) / (len(people) - 1)


def score(stays: Sequence[Stay], findings: Sequence[Finding], seconds: float) -> Score:
    """Match the raised situations of rules with the stays of the same rules."""
    delays: list[float] = []
    missed: list[Stay] = []
    false_at: list[tuple[str, float]] = []
    rules = {stay.rule for stay in stays} | {f.rule for f in findings}
    for rule in sorted(rules):
        mine = [stay for stay in stays if stay.rule == rule]
        times = _situations([f for f in findings if f.rule == rule], seconds)
        for stay in mine:
            if not stay.sure:
                continue
            near = [a for a, b in times if a <= stay.end_s + LATE_S and b >= stay.begin_s - EARLY_S]
            if near:
                delays.append(max(0.0, min(near) - stay.begin_s))
            else:
                missed.append(stay)
        false_at += [
            (rule, a)
            for a, b in times
            if not any(a <= stay.end_s + LATE_S and b >= stay.begin_s - EARLY_S for stay in mine)
        ]
    entries = len(delays) + len(missed)
    return Score(entries, tuple(delays), tuple(missed), tuple(false_at), seconds / 3600)


def _situations(findings: Sequence[Finding], seconds: float) -> list[tuple[float, float]]:
    """Return from when to when each danger was open; one that eased and rose again is two."""
    begun: dict[str, float] = {}
    spans: list[tuple[float, float]] = []
    for finding in findings:
        if finding.state == "raised" and finding.level == "danger":
            begun.setdefault(finding.situation, finding.t)
        elif finding.state != "raised" and finding.situation in begun:
            spans.append((begun.pop(finding.situation), finding.t))
    return sorted([*spans, *((t, seconds) for t in begun.values())])
