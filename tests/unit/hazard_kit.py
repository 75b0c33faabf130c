"""Small worlds for the tests of hazard types: views from a script, judged as the engine does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from workers.failing import Failing
from workers.ground import plane
from workers.hazards.base import LevelView, MachineView, Person, Still, Vehicle, View
from workers.judge import Judge
from workers.report import Finding
from workers.scene import Scene, parse_scene
from workers.state import InputState, State

FPS = 5.0
SQUARE = [[0.4, 0.5], [0.6, 0.5], [0.6, 0.95], [0.4, 0.95]]


def person(
    x: float,
    foot: float = 0.8,
    *,
    track: int = 1,
    height: float = 0.4,
    born_s: float = 0.0,
    score: float = 0.8,
    wears: tuple[str, ...] = (),
    fresh: bool = False,
) -> Person:
    """Return a followed person by the middle of the feet."""
    box = (x - 0.06, foot - height, x + 0.06, foot)
    return Person(track, box, (x, foot), score, born_s, fresh, wears)


def vehicle(x: float, foot: float = 0.8, *, track: int = 1, born_s: float = 0.0) -> Vehicle:
    """Return a followed vehicle."""
    return Vehicle(track, (x - 0.1, foot - 0.2, x + 0.1, foot), (x, foot), 0.9, born_s)


def scene(
    kind: str,
    *,
    params: Mapping[str, Any] | None = None,
    rule: Mapping[str, Any] | None = None,
    stored: bool = False,
    **parts: Any,
) -> Scene:
    """Return a scene with one rule r1 of a type; `rule` adds to it, `parts` to the document."""
    document: dict[str, Any] = {
        "version": 1,
        "zones": [{"id": "danger", "polygon": SQUARE}],
        "rules": [{"id": "r1", "type": kind, "params": dict(params or {}), **(rule or {})}],
        **parts,
    }
    return parse_scene(document, stored=stored)


def _machine(state: str | MachineView) -> MachineView:
    return state if isinstance(state, MachineView) else MachineView(state, "signal")


class Film:
    """Frames of one camera, judged one after the other. t: time of the next frame.

    What is remembered is written and read anew once a second, as between two chunks.
    """

    def __init__(self, where: Scene, *, fps: float = FPS, start_s: float = 0.0) -> None:
        self.where = where
        self.judge: Judge | None = None
        self.state = State()
        self.step_s = 1 / fps
        self.t = start_s
        self.findings: list[Finding] = []
        self.readings: list[Any] = []

    def tell(self, name: str, value: str, at_s: float | None = None) -> None:
        """Report a value of an input."""
        self.state.inputs.setdefault(name, InputState()).add(
            self.t if at_s is None else at_s, value
        )

    def frame(
        self,
        people: Sequence[Person] = (),
        *,
        machines: Mapping[str, str | MachineView] | None = None,
        levels: Mapping[str, float | None] | None = None,
        vehicles: Sequence[Vehicle] = (),
        visibility: float = 1.0,
        faults: tuple[str, ...] = (),
        doubts: Mapping[str, float] | None = None,
        still: Mapping[int, Still] | None = None,
        wall_s: float | None = None,
        blind_s: float = 0.0,
    ) -> list[Finding]:
        """Judge one frame; return what it raised or cleared. Machines not named are UNKNOWN."""
        where, states = self.where, machines or {}
        view = View(
            self.t,
            self.step_s,
            tuple(people),
            {m.id: _machine(states.get(m.id, "UNKNOWN")) for m in where.machines},
            where.polygons,
            visibility,
            16 / 9,
            lines={line.id: line.points for line in where.lines},
            levels={
                k: LevelView(v, 0.0 if v is None else 1.0, self.t, blind_s)
                for k, v in (levels or {}).items()
            },
            vehicles=tuple(vehicles),
            ground=plane(where.ground.image, where.ground.metres) if where.ground else None,
            faults=faults,
            doubts=doubts or {},
            still=still or {},
            wall_s=wall_s,
            unknown=frozenset(rule.id for rule in where.unknown),
        )
        judge = self.judge
        if judge is None or judge.scene is not where or judge.state is not self.state:
            judge = self.judge = Judge(where, self.state, "script", Failing(apart=False))
        judge.findings, judge.readings = [], []
        judge.frame(view)
        if int(self.t + self.step_s) != int(self.t):
            self.state, self.judge = State.load(self.state.dump()), None
        self.findings += judge.findings
        self.readings += judge.readings
        self.t += self.step_s
        return judge.findings

    def gap(self, seconds: float) -> None:
        """Lose pictures for so long, as the engine does; below 0 the clock is set back."""
        self.state.last_t = self.t - self.step_s
        self.t += seconds
        self.state.forget(self.t - self.state.last_t)

    def run(self, seconds: float, people: Callable[[int], Iterable[Person]] | Sequence[Person] = (),
            **about: Any) -> list[Finding]:  # fmt: skip
        """Judge frames for so long; people: the same in each, or by the frame's number."""
        found: list[Finding] = []
        for index in range(round(seconds / self.step_s)):
            there = people(index) if callable(people) else people
            found += self.frame(tuple(there), **about)
        return found

    @property
    def open(self) -> str | None:
        """Return the level of r1's open situation."""
        return self.state.rules["r1"].level

    def told(self) -> list[tuple[str, str, float]]:
        """Return state, level and time of all findings."""
        return [(f.state, f.level, round(f.t, 2)) for f in self.findings]
