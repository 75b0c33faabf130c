"""What every hazard type is made of: what it sees of a frame, and what it reports."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np

from workers.geometry import contour
from workers.ground import Plane
from workers.hazards.params import Names
from workers.told import Event
from workers.vision.stillness import Still as Still
from workers.vision.vehicles import Vehicle as Vehicle

Point = tuple[float, float]
Polygon = tuple[Point, ...]
Box = tuple[float, float, float, float]
Memory = dict[str, Any]

# Why a rule is blind while there are no pictures at all.
GAP = "no pictures"
# Doubt counts as danger: only a machine that is known to stand is not running.
SAFE_STATES = ("STOPPED",)
SEVERITIES = ("low", "medium", "high", "critical")


class Phrase(NamedTuple):
    """A part of a reason in words, with its values apart: pages say it in another language."""

    text: str
    values: Mapping[str, Any]

    def english(self) -> str:
        """Return the part as it stands in English."""
        return self.text % self.values if self.values else self.text


def say(text: str, **values: Any) -> Phrase:
    """Make a phrase; the text is a literal with `%(name)s` for its values, found by translators."""
    return Phrase(text, values)


def count_people(number: int, zone: str) -> Phrase:
    """Say how many people are in a zone."""
    if number == 1:
        return say("1 person in %(zone)s", zone=zone)
    return say("%(count)s persons in %(zone)s", count=number, zone=zone)


@dataclass(frozen=True, slots=True)
class Person:
    """A confirmed track as a hazard sees it in one frame.

    box: left, top, right, bottom; foot: bottom centre, or where the feet must be that something
    hides; born_s: time of the track's first detection; fresh: confirmed in this frame; wears: what
    is known of the clothes, of helmet, bare_head, vest, no_vest; seen: detected in this frame,
    not just followed.
    """

    track: int
    box: Box
    foot: Point
    score: float
    born_s: float
    fresh: bool
    wears: tuple[str, ...] = ()
    seen: bool = True

    @property
    def height(self) -> float:
        """Return the box's height as a fraction of the picture's."""
        return self.box[3] - self.box[1]


@dataclass(frozen=True, slots=True)
class MachineView:
    """A machine's fused state and where it came from: signal, video, both, or "" where unknown.

    signal, video: what each says by itself, None where the machine has no such source; signal_at_s:
    when the signal was last told; apart_t: since when the two tell different things, None where
    they agree or one of them knows nothing.
    """

    state: str
    source: str
    signal: str | None = None
    video: str | None = None
    signal_at_s: float | None = None
    apart_t: float | None = None

    @property
    def running(self) -> bool:
        """Whether the machine has to be taken for running."""
        return self.state not in SAFE_STATES

    @property
    def unknown(self) -> bool:
        """Whether nobody knows its state."""
        return self.state == "UNKNOWN"


@dataclass(frozen=True, slots=True)
class InputView:
    """What another system last said. value None: nothing yet, too long ago (stale), or in doubt.

    at_s: when it was said; since_s: since when it says the same; kind: state, number or event;
    late: a report that came after a newer one says otherwise, so that neither is known to be so;
    events: of an event all reports of the last hour, as they were heard.
    """

    value: str | float | None
    at_s: float | None = None
    since_s: float | None = None
    stale: bool = False
    kind: str = "state"
    late: bool = False
    events: tuple[Event, ...] = ()

    @property
    def word(self) -> str | None:
        """The state in capitals, for types that know their states by name; or None."""
        return self.value.upper() if isinstance(self.value, str) else None


@dataclass(frozen=True, slots=True)
class LevelView:
    """A gauge's level in metres, or a floor's wet share; value None: it cannot be read now.

    blind_s: for how long it has not been read.
    """

    value: float | None
    confidence: float = 0.0
    at_s: float | None = None
    blind_s: float = 0.0


class Depths(dict[Point, float]):
    """How far inside one zone points lie, in picture heights; each is measured once."""

    def __init__(self, outline: np.ndarray, aspect: float) -> None:
        super().__init__()
        self.outline, self.aspect = outline, aspect

    def __missing__(self, point: Point) -> float:
        # As distance_inside(), without its calls: this is asked for each person and zone.
        place = (point[0] * self.aspect, point[1])
        found = self[point] = cv2.pointPolygonTest(self.outline, place, True)
        return found


@dataclass(frozen=True, slots=True)
class View:
    """All that a hazard may know of one analysed frame.

    step_s: time since the frame analysed before; aspect: width by height of the picture; ground:
    the plane that feet stand on, None where it is not drawn; faults: what is wrong with the
    camera now; hidden: the zones that it does not see; doubts: what is, or may be beginning to be,
    and since when, in s; still: how still people are, by track, also of those who were lost where
    nothing has moved since; wall_s: the time of day as Unix seconds, None where it is not known;
    open: the level of every rule's open situation as it was before this frame; unknown: the rules
    of types that this version lacks; blind: why this rule cannot see, or ""; lost: why vehicles
    cannot be followed now, or "".
    """

    t: float
    step_s: float
    people: tuple[Person, ...]
    machines: Mapping[str, MachineView]
    zones: Mapping[str, Polygon]
    visibility: float
    aspect: float
    lines: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    inputs: Mapping[str, InputView] = field(default_factory=dict)
    levels: Mapping[str, LevelView] = field(default_factory=dict)
    vehicles: tuple[Vehicle, ...] = ()
    ground: Plane | None = None
    light: str = ""
    faults: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    doubts: Mapping[str, float] = field(default_factory=dict)
    still: Mapping[int, Still] = field(default_factory=dict)
    wall_s: float | None = None
    timezone: str = "UTC"
    open: Mapping[str, str] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    blind: str = ""
    lost: str = ""
    # Measured once a frame, whichever rules ask: by zone and point.
    depths: dict[str, Depths] = field(default_factory=dict, repr=False, compare=False)

    # By track, the person it was found of, and what who_is_who() keeps of him.
    marks: dict[int, tuple[Person, Memory]] = field(default_factory=dict, repr=False, compare=False)
    # Found once a frame, too: who is in a zone, by all that it depends on; see presence.py.
    found: list[tuple[Any, ...]] = field(default_factory=list, repr=False, compare=False)

    def depth(self, zone: str, point: Point) -> float:
        """Return how far inside a zone a point lies, in picture heights; negative outside."""
        return self.depths_in(zone)[point]

    def depths_in(self, zone: str) -> Depths:
        """Return how far inside a zone points lie, by point; for many points of one zone."""
        known = self.depths.get(zone)
        if known is None:
            outline = contour(self.zones[zone], round(self.aspect, 4))
            known = self.depths[zone] = Depths(outline, self.aspect)
        return known


@dataclass(frozen=True, slots=True)
class Condition:
    """What a hazard finds in one frame: the level, or None, with what shows why.

    level: one of the type's `levels`. readings: values worth keeping over time, by name. blind:
    why what the rule asks for cannot be told in this frame, although the camera sees, or "".
    unsure: whether it rests on what nobody knows and counts as danger, such as a machine of unknown
    state; once that is known it is told anew.
    """

    level: str | None
    boxes: tuple[Box, ...] = ()
    why: tuple[Phrase, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    readings: Mapping[str, float | str | None] = field(default_factory=dict)
    blind: str = ""
    unsure: bool = False


CLEAR = Condition(None)


class Rule(Protocol):
    """The part of a scene's rule that a hazard needs."""

    @property
    def id(self) -> str: ...
    @property
    def zone(self) -> str | None: ...
    @property
    def machine(self) -> str | None: ...
    @property
    def params(self) -> Any: ...
    @property
    def confirm(self) -> tuple[int, int]: ...
    @property
    def sustain_s(self) -> float: ...


class Fault(NamedTuple):
    """What is wrong with a rule that every single value of is allowed; path: below the rule."""

    path: str
    text: str
    values: Mapping[str, Any] = {}


def lacking(path: str, name: str | None, needed: Sequence[str], names: Names) -> Iterable[Fault]:
    """Return that an input lacks states which a type knows by name, where one is given."""
    if name is None or set(needed) <= set(names.states.get(name, ())):
        return
    found = ", ".join(names.states.get(name, ())) or names.kinds.get(name, "")
    text = "needs an input with the states %(needed)s, found %(found)s"
    yield Fault(path, text, {"needed": ", ".join(needed), "found": found})


class Hazard:
    """One hazard type: found by the registry as its module's `HAZARD`.

    type, title: its code and its name; params: its parameters' dataclass; levels: from the least
    to the worst, each with its severity, "" for the rule's own; severity: a new rule's own;
    action: what the operator is to do; mode: of a new rule; note: why it is not armed, for whoever
    arms it; uses_picture: whether a blind camera blinds it; uses_wears: whether helmets and vests
    are looked for; uses_vehicles: whether vehicles are followed in its zone; uses_still: whether
    it is measured how still people are; always: not content with frames in which something moved:
    the detector sees every analysed frame; confirm: of the last M frames N must say so before it
    is raised; remembers: what of a rule's memory outlives a gap between frames, and how, by path
    (workers/gap.py); each: whether everybody in it is told of, so that one more who joins an open
    situation is told anew; hears: whether it is asked of what inputs said within a gap as well,
    with nobody in view and `blind` saying GAP, and where it needs no eyes between two frames too.
    """

    params: Any = None
    type: str = ""
    title: str = ""
    levels: Mapping[str, str] = {"danger": ""}
    severity: str = "high"
    action: str = ""
    mode: str = "armed"
    note: str = ""
    needs_zone: bool = False
    needs_machine: bool = False
    needs_ground: bool = False
    uses_picture: bool = True
    uses_people: bool = True
    uses_wears: bool = False
    uses_vehicles: bool = False
    uses_still: bool = False
    always: bool = False
    confirm: tuple[int, int] = (1, 1)
    min_visibility: float = 0.2
    remembers: Mapping[str, str] = {}
    each: bool = False
    hears: bool = False

    def check_new(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Return what a rule is refused for when it is put in force, and a stored one is not.

        What a later version came to refuse: it must not take the scenes away that are in force.
        """
        return ()

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame; memory is this rule's own JSON-like dictionary, changed in place.

        memory["open"] is the open situation's level, or None, and is kept by the judge;
        memory["shown"] may hold what pages show of the rule while nothing is wrong. Over a gap in
        time only what the type `remembers` is kept; memory["gap"] says from when to when the last
        one was.
        """
        raise NotImplementedError

    def carry(self, memory: Memory) -> Memory:
        """Return what of a memory can be gone on with, if anything, that another version wrote.

        So of one that is of what the rule watched before it was edited.
        """
        return {}

    def asks_s(self, rule: Rule) -> Iterable[float]:
        """Return how long after a change of an input, within a gap, it has to be asked again."""
        return ()

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Return what contradicts itself in a rule of this type, the worst first."""
        return ()

    def check_names(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Return what of the scene a rule of this type cannot work with."""
        return ()

    def clear_s(self, rule: Rule) -> float:
        """Return for how long the condition must be gone before the situation is over."""
        return float(getattr(rule.params, "clear_s", 2.0))
