"""The engine's memory of one camera between chunks: small, versioned, and the same after a load."""

import json
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

from workers.gap import WAITS_S, over_gap
from workers.hazards import registry
from workers.hazards.base import Hazard
from workers.laid import Laid
from workers.told import Event, in_time, set_back
from workers.vision.fusion import MachineState
from workers.vision.gate import Gate
from workers.vision.gauge import Level
from workers.vision.health import Health
from workers.vision.knock import Knock
from workers.vision.ppe import Wardrobe
from workers.vision.scenery import Scenery
from workers.vision.stillness import Stillness
from workers.vision.tracker import Tracker
from workers.vision.vehicles import Vehicles
from workers.vision.way import Way
from workers.vision.wet import Floor
from workers.words import sentence

VERSION = 15
# Floors and open situations have been written alike since this version.
CARRIED_SINCE = 13
# Since this one all luma is on one scale.
ONE_SCALE_SINCE = 15
_UNREADABLE = (zlib.error, ValueError, KeyError, TypeError, IndexError, AttributeError)


@dataclass
class RuleState:
    """One rule's memory; level is that of its open situation, or None."""

    type: str
    memory: dict[str, Any] = field(default_factory=dict)
    level: str | None = None
    situation: str | None = None
    severity: str = ""
    weight: str = ""  # the rule's own severity in the last frame
    raised_t: float | None = None
    active_t: float | None = None
    step: int = 0  # how often the open situation took another level
    so_t: dict[str, float] = field(default_factory=dict)  # when each of its levels was last so
    boxes: list[list[float]] = field(default_factory=list)
    why: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    mode: str = "armed"
    note: str = ""  # why it is not in force
    votes: list[int] = field(default_factory=list)  # of the last frames: 1 where it was so
    since_t: float | None = None  # since when it is so
    unsure: bool = False  # what was told of the open situation rests on what nobody knew then
    most: int | None = None  # of how many people the open situation was told
    joined_t: float | None = None  # since when there are more
    held: str | None = None  # while it cools, a rise is told to nobody: the level told before it
    # Of each level that was told and is over: when, and of whom it was told last.
    over: dict[str, tuple[float, list[int]]] = field(default_factory=dict)
    doubted: list[str] = field(default_factory=list)  # of these levels: which were told in doubt
    told: dict[str, list[Any]] = field(default_factory=dict)  # readings: value and time
    # Of what the memory is (workers/watched.py); "" before the first frame, and in older dumps.
    watched: dict[str, str] = field(default_factory=dict)
    drawn: str = ""

    def forget(self, kept: dict[str, Any] | None = None) -> None:
        """Begin anew, but for the open situation; kept: what the type goes on with."""
        self.memory, self.votes, self.since_t = kept or {}, [], None
        # What it counted is told by nobody before it looks again; that it saw, or not, was so.
        self.told = {name: value for name, value in self.told.items() if name == "sight"}


@dataclass
class InputState:
    """What another system said of one input, and what it said of times to come.

    events: of an event each report of the last hour; None until it is asked for the first time.
    """

    value: str | None = None
    at_s: float | None = None
    since_s: float | None = None
    waiting: list[tuple[float, str]] = field(default_factory=list)
    events: list[Event] | None = None

    def add(self, t: float, value: str) -> None:
        """Take a report; one from the future waits until its time has come.

        Of two of one time the later taken counts: no value of an input is known to be the safe one.
        """
        self.waiting = in_time([*self.waiting, (t, value.strip())])

    def set_back(self, last_t: float, by_s: float) -> None:
        """Follow a clock that was set back, last seen at last_t: what was told keeps its age."""
        self.waiting = set_back(self.waiting, last_t, by_s)
        if self.at_s is not None:
            self.at_s -= by_s
        if self.since_s is not None:
            self.since_s -= by_s
        # By their own times they are known again when their reports come once more.
        if self.events is not None:
            self.events = [one._replace(heard_s=one.heard_s - by_s) for one in self.events]

    @classmethod
    def load(cls, raw: dict[str, Any]) -> "InputState":
        """Rebuild from plain data."""
        waiting = [(float(t), str(value)) for t, value in raw["waiting"]]
        value, at_s = raw["value"], raw["at_s"]
        # Before events were kept, what stood had been heard.
        events = raw.get("events", [] if at_s is None else [(at_s, value, at_s)])
        events = None if events is None else [Event(*one) for one in events]
        return cls(value, at_s, raw["since_s"], waiting, events)


@dataclass
class State:
    """Everything that is carried from one chunk to the next.

    `note` says when a dumped state could not be used and a fresh one took its place.
    """

    sequence: int = -1
    last_t: float | None = None
    step_s: float = 0.2
    cell: int | None = None
    cell_fps: float | None = None
    gate: Gate = field(default_factory=Gate)
    tracker: Tracker = field(default_factory=Tracker)
    machines: dict[str, MachineState] = field(default_factory=dict)
    rules: dict[str, RuleState] = field(default_factory=dict)
    health: Health = field(default_factory=Health)
    wardrobe: Wardrobe = field(default_factory=Wardrobe)
    gauges: dict[str, Level] = field(default_factory=dict)
    floors: dict[str, Floor] = field(default_factory=dict)
    inputs: dict[str, InputState] = field(default_factory=dict)
    vehicles: Vehicles | None = None  # where a rule asks for them
    stillness: Stillness = field(default_factory=Stillness)
    # The last silence of some seconds between two frames: when it ended, and how long it was.
    missing: tuple[float, float] = (-1e18, 0.0)
    laid: Laid = field(default_factory=Laid)
    note: str = ""

    def forget(self, gap_s: float) -> None:
        """Drop what a gap in time makes worthless; gap_s is below 0 where time went back.

        Open situations stay open: that nobody looked is no proof that nobody is there.
        """
        self.gate.forget()
        self.tracker.forget()
        if self.vehicles is not None:
            self.vehicles.forget(gap_s)
        self.stillness.forget(gap_s)
        for machine in self.machines.values():
            machine.video.gap(abs(gap_s))
        if gap_s < 0 and self.last_t is not None:
            told: list[MachineState | InputState] = [*self.machines.values()]
            for one in [*told, *self.inputs.values()]:
                one.set_back(self.last_t, -gap_s)
        self.health.forget(gap_s)
        kinds = registry()
        for rule in self.rules.values():
            if rule.type in kinds:
                self._over_gap(rule, kinds[rule.type], gap_s)
            if gap_s < 0:
                rule.over = {}
            if rule.active_t is not None:
                rule.active_t += gap_s
            rule.joined_t = None
            rule.so_t = {level: t + gap_s for level, t in rule.so_t.items()}
            if rule.raised_t is not None and gap_s < 0:
                rule.raised_t += gap_s

    def _over_gap(self, rule: RuleState, kind: Hazard, gap_s: float) -> None:
        rule.memory = over_gap(rule.memory, kind.remembers, gap_s)
        if self.last_t is not None:
            t = self.last_t + gap_s
            rule.memory["gap"] = [min(self.last_t, t), t]
        needs_eyes = kind.uses_picture or kind.uses_people
        if needs_eyes and abs(gap_s) > WAITS_S:
            rule.votes, rule.since_t = [], None
        elif rule.since_t is not None:
            rule.since_t += gap_s if needs_eyes else min(gap_s, 0.0)

    def dump(self) -> bytes:
        """Return the state as bytes, usually 5 to 15 kB, with vehicles 65."""
        document = {
            "version": VERSION,
            "sequence": self.sequence,
            "last_t": self.last_t,
            "step_s": self.step_s,
            "cell": self.cell,
            "cell_fps": self.cell_fps,
            "gate": self.gate.dump(),
            "tracker": self.tracker.dump(),
            "machines": {name: machine.dump() for name, machine in self.machines.items()},
            "rules": {name: vars(rule) for name, rule in self.rules.items()},
            "health": self.health.dump(),
            "wardrobe": self.wardrobe.dump(),
            "floors": {name: floor.dump() for name, floor in self.floors.items()},
            "gauges": {name: level.dump() for name, level in self.gauges.items()},
            "inputs": {name: vars(one) for name, one in self.inputs.items()},
            "vehicles": None if self.vehicles is None else self.vehicles.dump(),
            "stillness": self.stillness.dump(),
            "missing": self.missing,
            "laid": self.laid.known,
        }
        # The pictures in it are packed already.
        return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)

    @classmethod
    def load(cls, data: bytes) -> "State":
        """Rebuild from dump(); one that is unreadable gives a fresh state.

        Of one of an older version what must not be lost is carried over; see restart().
        """
        try:
            raw = json.loads(zlib.decompress(data))
            version = raw["version"]
            if version != VERSION:
                this = VERSION
                note = sentence(f"what version {version} remembered is left out by version {this}")
                return cls._carried(raw, note)
            return cls(
                raw["sequence"],
                raw["last_t"],
                raw["step_s"],
                raw["cell"],
                raw["cell_fps"],
                Gate.load(raw["gate"]),
                Tracker.load(raw["tracker"]),
                {name: MachineState.load(m) for name, m in raw["machines"].items()},
                {name: _rule(rule) for name, rule in raw["rules"].items()},
                Health.load(raw["health"]),
                Wardrobe.load(raw["wardrobe"]),
                {name: Level.load(level) for name, level in raw["gauges"].items()},
                {name: Floor.load(floor) for name, floor in raw["floors"].items()},
                {name: InputState.load(one) for name, one in raw["inputs"].items()},
                None if raw["vehicles"] is None else Vehicles.load(raw["vehicles"]),
                Stillness.load(raw["stillness"]),
                tuple(raw.get("missing", (-1e18, 0.0))),
                _laid(raw),
            )
        except _UNREADABLE as error:
            kind = type(error).__name__
            return cls(note=sentence(f"what was remembered could not be read ({kind})"))

    @classmethod
    def restart(cls, data: bytes, note: str) -> "State":
        """Begin anew, with a note why, and with what of a dumped state must not be lost.

        That is how floors look when they are dry, because a flood would be taken for that, and
        which situations are open, so that each goes on or ends as the alarm that it is. What rules
        remember is left out: it may be what makes every analysis fail.
        """
        try:
            return cls._carried(json.loads(zlib.decompress(data)), note, with_memory=False)
        except _UNREADABLE:
            return cls(note=note)

    @classmethod
    def _carried(cls, raw: dict[str, Any], note: str, *, with_memory: bool = True) -> "State":
        if not CARRIED_SINCE <= raw["version"] <= VERSION:
            return cls(note=note)
        kinds = registry()
        rules = {
            name: replace(rule, memory=_carry(rule, raw["last_t"]) if with_memory else {})
            for name, rule in ((name, _rule(one)) for name, one in raw["rules"].items())
            if rule.type in kinds and (rule.level is None or rule.level in kinds[rule.type].levels)
        }
        return cls(
            last_t=raw["last_t"],
            step_s=raw["step_s"],
            rules={
                name: replace(
                    rule, votes=[], since_t=None, told={}, over={}, values=_unnumbered(rule)
                )
                for name, rule in rules.items()
                if rule.level is not None or rule.memory
            },
            floors={
                name: Floor.load(floor).anew(as_sent=raw["version"] < ONE_SCALE_SINCE)
                for name, floor in raw["floors"].items()
            },
            # The view is learnt anew as it lies, and what is drawn was drawn before.
            health=Health(scenery=Scenery(knock=_knock(raw).anew())),
            laid=_laid(raw),
            note=note,
        )


def _knock(raw: dict[str, Any]) -> Knock:
    return Knock.load(raw["health"]["scenery"].get("knock", {}))


def _laid(raw: dict[str, Any]) -> Laid:
    """Return how things were laid; none in a state of before cameras counted as knocked."""
    # Before views were turned, how far was two numbers beside the checksum.
    known = {
        name: (crc, Way(*(way[0] if isinstance(way[0], list) else way)))
        for name, (crc, *way) in raw.get("laid", {}).items()
    }
    return Laid(known)


def _carry(rule: RuleState, last_t: float | None) -> dict[str, Any]:
    """Return what a type goes on with of its memory, which may have another form now."""
    memory = registry()[rule.type].carry(rule.memory)
    if memory and last_t is not None:
        memory["gap"] = [last_t, last_t]  # everybody is followed anew
    return memory


def _unnumbered(rule: RuleState) -> dict[str, Any]:
    """Return a rule's values without tracks: they are numbered anew, so one is somebody else."""
    return {key: value for key, value in rule.values.items() if key != "tracks"}


def _rule(raw: dict[str, Any]) -> RuleState:
    closed = raw.pop("closed", None)  # as it was written before: one level's time, name and tracks
    over = {closed[1]: (closed[0], closed[2])} if closed else raw.pop("over", {})
    return RuleState(**raw, over={level: (t, tracks) for level, (t, tracks) in over.items()})
