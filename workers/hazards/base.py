"""What every hazard type is made of: its parameters, what it sees of a frame, what it reports."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Protocol

Point = tuple[float, float]
Polygon = tuple[Point, ...]

# Doubt counts as danger: only a machine that is known to stand is not running.
SAFE_STATES = ("STOPPED",)


def number(default: float, *, unit: str, low: float, high: float, help: str) -> Any:
    """Declare a number parameter with its unit, bounds and one sentence of help."""
    about = {"kind": "number", "unit": unit, "min": low, "max": high, "help": help}
    return field(default=default, metadata=about)


def integer(default: int, *, low: int, high: int, help: str) -> Any:
    """Declare a whole number parameter."""
    about = {"kind": "integer", "unit": "", "min": low, "max": high, "help": help}
    return field(default=default, metadata=about)


def zone(*, help: str) -> Any:
    """Declare a parameter that names a zone of the scene, or none."""
    return field(default=None, metadata={"kind": "zone", "unit": "", "help": help})


def describe(params: type) -> list[dict[str, Any]]:
    """Return name, default and metadata of each parameter: forms and schemas are made of it."""
    return [
        {"name": f.name, "default": None if f.default is MISSING else f.default, **f.metadata}
        for f in fields(params)
    ]


@dataclass(frozen=True, slots=True)
class Person:
    """A confirmed track as a hazard sees it in one frame.

    box: left, top, right, bottom; foot: bottom centre, or the picture's bottom edge where the
    feet are cut off; born_s: time of the track's first detection; fresh: confirmed in this frame.
    """

    track: int
    box: tuple[float, float, float, float]
    foot: Point
    score: float
    born_s: float
    fresh: bool


@dataclass(frozen=True, slots=True)
class MachineView:
    """A machine's fused state and where it came from: signal, video, both, or none."""

    state: str
    source: str

    @property
    def running(self) -> bool:
        """Whether the machine has to be taken for running."""
        return self.state not in SAFE_STATES


@dataclass(frozen=True, slots=True)
class View:
    """All that a hazard may know of one analysed frame.

    step_s: time since the frame analysed before; aspect: width by height of the picture.
    """

    t: float
    step_s: float
    people: tuple[Person, ...]
    machines: Mapping[str, MachineView]
    zones: Mapping[str, Polygon]
    visibility: float
    aspect: float


@dataclass(frozen=True, slots=True)
class Condition:
    """What a hazard finds in one frame: the level, or None, with what shows why."""

    level: str | None
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    why: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


Memory = dict[str, Any]


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


class Hazard(Protocol):
    """One hazard type: found by the registry as the module's `HAZARD`.

    A hazard with `always = True` is not content with frames in which something moved: where a rule
    of it is armed, the detector sees every analysed frame.
    """

    params: type[Any]
    needs_zone: bool
    needs_machine: bool
    type: str

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame; memory is this rule's own JSON-like dictionary, changed in place.

        memory["open"] is the open situation's level, or None, and is kept by the engine.
        """
        ...

    def clear_s(self, rule: Rule) -> float:
        """Return for how long the condition must be gone before the situation is over."""
        ...
