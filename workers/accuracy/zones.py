"""Zone entries: which a clip holds by its people's feet, and which of them the engine raised.

Where people are labelled, the bank draws zones of its own over the picture, so that one clip gives
many entries. A foot is the bottom centre of a box, or the picture's bottom edge where feet are cut.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from workers.accuracy.entry import CLEAR, Fault, Person, Stay
from workers.accuracy.readings import NATURAL
from workers.engine import Finding, Reading
from workers.geometry import Polygon, distance_inside
from workers.people import CUT_OFF

# From one time to another, in seconds.
Span = tuple[float, float]

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
# A situation must be over this long after its rule's own time to end: the last one to leave may
# still be seen at the edge.
SLACK_S = 2.0


@dataclass(frozen=True)
class Probe:
    """A zone that the bank draws."""

    name: str
    polygon: Polygon


@dataclass(frozen=True)
class Score:
    """What became of the entries of one clip. delays: seconds from each entry to its raise.

    false_at: when situations began that no entry explains; missed: the entries that none was
    raised for; ends: how many raised situations had to end within the clip, and open_at: the
    times at which some of them were open still.
    """

    entries: int
    delays: tuple[float, ...]
    missed: tuple[Stay, ...]
    false_at: tuple[tuple[str, float], ...]
    hours: float
    ends: int = 0
    open_at: tuple[tuple[str, float], ...] = ()

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


def score(
    stays: Sequence[Stay],
    findings: Sequence[Finding],
    seconds: float,
    *,
    clear_s: Mapping[str, float | None] | None = None,
    blind: Mapping[str, Sequence[Span]] | None = None,
) -> Score:
    """Match the raised situations of rules with the stays of the same rules.

    Stays that follow each other sooner than a rule has to end may share a situation; one that is
    open still from before hits nothing, and explains nothing.
    clear_s: what a rule may take to end, 2 s where not said; None: not asked, for what it may go
    on about, a warning, is not labelled. blind: when a rule rightly ends nothing.
    """
    delays: list[float] = []
    missed: list[Stay] = []
    false_at: list[tuple[str, float]] = []
    ends, open_at = 0, list[tuple[str, float]]()
    rules = {stay.rule for stay in stays} | {f.rule for f in findings}
    for rule in sorted(rules):
        mine = [stay for stay in stays if stay.rule == rule]
        told = _situations([f for f in findings if f.rule == rule], seconds)
        own_s = (clear_s or {}).get(rule, GAP_S)
        within_s = (GAP_S if own_s is None else own_s) + SLACK_S
        spans = [(stay.begin_s, stay.end_s) for stay in mine] + list((blind or {}).get(rule, ()))
        explained: set[Span] = set()
        for begin, end in _joined(spans, within_s):
            there = [stay for stay in mine if begin <= stay.begin_s <= end]
            near = [one for one in told if begin - within_s <= one[0] <= end + LATE_S]
            hits = [(stay, [one for one in near if _meets(one, stay)]) for stay in there]
            explained.update(one for _, met in hits for one in met)
            sure = [(stay, met) for stay, met in hits if stay.sure]
            delays += [max(0.0, met[0][0] - stay.begin_s) for stay, met in sure if met]
            missed += [stay for stay, met in sure if not met]
            over = end + within_s
            if own_s is not None and over <= seconds and any(met for _, met in sure):
                ends += 1
                if any(until > over for _, until in near):
                    open_at.append((rule, over))
        false_at += [(rule, one[0]) for one in told if one not in explained]
    entries = len(delays) + len(missed)
    return Score(
        entries, tuple(delays), tuple(missed), tuple(false_at), seconds / 3600, ends, tuple(open_at)
    )


def _meets(told: Span, stay: Stay) -> bool:
    return told[0] <= stay.end_s + LATE_S and told[1] >= stay.begin_s - EARLY_S


def _joined(spans: Sequence[Span], within_s: float) -> list[Span]:
    """Join spans that follow each other within a time."""
    joined: list[Span] = []
    for begin, end in sorted(spans):
        if joined and begin - joined[-1][1] <= within_s:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((begin, end))
    return joined


def blindness(
    rules: Collection[str],
    readings: Sequence[Reading],
    faults: Sequence[Fault],
    regime: str,
    seconds: float,
) -> dict[str, list[Span]]:
    """Return when each rule rightly ends nothing, for nobody can see that it is over.

    That is while the camera has a labelled fault, and while a rule says that it is blind in light
    that is hard by nature; in good light it has no such excuse.
    """
    faulty = [(fault.from_s, fault.to_s) for fault in faults]
    found = {rule: list(faulty) for rule in rules}
    for rule in rules if regime in NATURAL else ():
        told = [r for r in readings if r.name == f"{rule}.sight"]
        ends = [r.t for r in told[1:]] + [seconds]
        found[rule] += [
            (r.t, end) for r, end in zip(told, ends, strict=False) if r.value == "BLIND"
        ]
    return found


def _situations(findings: Sequence[Finding], seconds: float) -> list[Span]:
    """Return from when to when each danger was told.

    It ends when its situation is cleared, is told at another level, or is raised anew.
    """
    told: list[Span] = []
    begun: dict[str, float] = {}
    for finding in sorted(findings, key=lambda one: one.t):
        since = begun.pop(finding.situation, None)
        if since is not None:
            told.append((since, finding.t))
        if finding.state == "raised" and finding.level == "danger":
            begun[finding.situation] = finding.t
    return sorted(told + [(since, seconds) for since in begun.values()])
