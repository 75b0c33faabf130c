"""A procedure's steps, in their order and time: what was skipped, too early, too late."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from workers import checks
from workers.checks import SceneError
from workers.hazards.base import Condition, Fault, Hazard, Memory, Rule, View, say
from workers.hazards.params import Names, data, number
from workers.hazards.presence import BRIDGE_S, inside_zone

MOST_S = 86400.0
# A step that says nothing else must follow the one before within this.
GAP_S = 1800.0
SCHEMA = {
    "type": "array",
    "minItems": 2,
    "items": {
        "type": "object",
        "required": ["id", "needs"],
        "properties": {
            "id": {"type": "string"},
            "name": {"type": "string"},
            "needs": {"type": "object"},
            "hold_s": {"type": "number", "minimum": 0},
            "min_gap_s": {"type": "number", "minimum": 0},
            "max_gap_s": {"type": "number", "minimum": 0},
        },
    },
}


class Need(NamedTuple):
    """What a step needs: so many people in a zone, a machine that runs or stands, an input."""

    kind: str
    name: str
    at_least: int = 0
    at_most: int = 1000
    running: bool = False
    states: tuple[str, ...] = ()

    def met(self, view: View, memory: Memory) -> bool | None:
        """Tell whether it is so; None where nobody can tell, which completes no step.

        Of people the most within half a second count, so that one missed detection neither
        empties a place nor unmans a post.
        """
        if self.kind == "input":
            value = view.inputs[self.name].value
            return None if value is None else value in self.states
        if self.kind == "machine":
            machine = view.machines[self.name]
            return None if machine.state == "UNKNOWN" else machine.running == self.running
        if view.blind:
            return None
        counts: list[list[float]] = memory.setdefault("counts", {}).get(self.name, [])
        if not counts or counts[-1][0] != view.t:
            inside = inside_zone(memory, list(view.people), view, self.name)
            counts = [*counts, [view.t, len(inside)]]
        bridge_s = max(BRIDGE_S, 2.2 * view.step_s)
        counts = [c for c in counts if view.t - c[0] <= bridge_s + 1e-6]
        memory["counts"][self.name] = counts
        return self.at_least <= max(c[1] for c in counts) <= self.at_most


class Step(NamedTuple):
    """One step. hold_s: for so long it must be so; gaps: after the step before, s."""

    id: str
    name: str
    need: Need
    hold_s: float = 0.0
    min_gap_s: float = 0.0
    max_gap_s: float = GAP_S


def parse_steps(value: Any, path: str, names: Names) -> tuple[Step, ...]:
    """Check the steps of a procedure; one that nobody can do is refused with its path."""
    if not isinstance(value, list | tuple) or len(value) < 2 or len(value) > 50:
        text = "needs 2 to 50 steps, found %(found)s"
        raise SceneError(path, text, found=checks.show(value))
    steps: list[Step] = []
    for index, item in enumerate(value):
        where = f"{path}[{index}]"
        raw = checks.keys(
            item, where, ("id", "needs"), ("name", "hold_s", "min_gap_s", "max_gap_s")
        )
        name = checks.ident(raw, where)
        if any(step.id == name for step in steps):
            raise SceneError(f"{where}.id", '"%(id)s" is the id of another step', id=name)
        hold_s, least_s, most_s = (
            checks.number(raw.get(key, default), f"{where}.{key}", 0, MOST_S)
            for key, default in (("hold_s", 0.0), ("min_gap_s", 0.0), ("max_gap_s", GAP_S))
        )
        if least_s + hold_s > most_s:
            raise SceneError(f"{where}.max_gap_s", "leaves no time to do the step")
        need = _need(raw["needs"], f"{where}.needs", names)
        steps.append(Step(name, checks.text(raw, where) or name, need, hold_s, least_s, most_s))
    return tuple(steps)


def _need(item: Any, path: str, names: Names) -> Need:
    known = ("zone", "machine", "input")
    raw = checks.keys(item, path, (), (*known, "at_least", "at_most", "running", "is"))
    kinds = [kind for kind in known if kind in raw]
    if len(kinds) != 1:
        raise SceneError(path, "needs one of zone, machine, input")
    kind = kinds[0]
    name = names.check(raw[kind], f"{path}.{kind}", kind)
    if kind == "machine":
        checks.keys(raw, path, ("machine", "running"))
        return Need(kind, name, running=checks.flag(raw["running"], f"{path}.running"))
    if kind == "input":
        wanted = checks.keys(raw, path, ("input", "is"))["is"]
        if not names.states[name]:
            raise SceneError(f"{path}.input", "has no states that a step could wait for")
        if not isinstance(wanted, list) or not wanted:
            raise SceneError(f"{path}.is", "needs at least one state")
        states = tuple(
            checks.choice(one, f"{path}.is[{i}]", names.states[name])
            for i, one in enumerate(wanted)
        )
        return Need(kind, name, states=states)
    checks.keys(raw, path, ("zone",), ("at_least", "at_most"))
    least = checks.whole(raw.get("at_least", 0), f"{path}.at_least", 0, 1000)
    most = checks.whole(raw.get("at_most", 1000), f"{path}.at_most", 0, 1000)
    if least > most:
        raise SceneError(f"{path}.at_least", "must not be more than %(other)s", other="at_most")
    if "at_least" not in raw and "at_most" not in raw:
        raise SceneError(path, "needs at_least or at_most")
    if least == 0 and "at_most" not in raw:
        raise SceneError(f"{path}.at_least", "is always so: it needs 1 or more")
    return Need(kind, name, least, most)


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    steps: tuple[Step, ...] = data(
        parse=parse_steps, schema=SCHEMA, label="Steps",
        help="The steps in their order; the first begins the procedure, the last ends it.",
    )  # fmt: skip
    give_up_s: float = number(
        3600.0, unit="s", low=60, high=86400, label="Given up after",
        help="Time after which a run that goes on no further is over.",
    )  # fmt: skip
    again_s: float = number(
        5.0, unit="s", low=0, high=3600, label="Anew after",
        help="Time after the end in which the first step begins nothing anew.",
    )  # fmt: skip
    clear_s: float = number(
        10.0, unit="s", low=0, high=3600, label="Over after",
        help="Time after a procedure that went wrong before the alarm clears.",
    )  # fmt: skip


class ProcedureSequence(Hazard):
    """Steps with actors, places and times; the first begins a run, the last ends it.

    A step is done when what it needs was so for certain for its hold time; an unknown input, an
    unknown machine and a blind camera complete nothing. A step that is done before one that comes
    earlier skips it; one done sooner than its least gap is too early; one that is not done
    within its longest gap is too late, and a run that goes on no further is interrupted. The last
    step, done without a run, skips all others. What is wrong stays told until the run ends. The
    strip of steps is in the values: done, skipped, early, late, interrupted, now, waiting. Source:
    sequences of approved procedures with guards, warnings and waiting times, as data of the mine.
    """

    type = "procedure_sequence"
    title = "Procedure not followed"
    params = Params
    severity = "high"
    action = "Stop the work; go back to the step that was skipped, or end the procedure."
    always = True
    min_visibility = 0.0

    def check(self, rule: Rule) -> list[Fault]:
        """Refuse a procedure without steps."""
        return [] if rule.params.steps else [Fault("params.steps", "is missing")]

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        steps = params.steps
        # done_s: when each step was done, -1 not yet; states: what the strip shows of each.
        since: dict[str, float] = memory.setdefault("since", {})
        ready, met = {}, dict[str, bool | None]()
        for step in steps:
            met[step.id] = step.need.met(view, memory)
            if met[step.id]:
                begun = since.setdefault(step.id, view.t)
                ready[step.id] = view.t - begun >= step.hold_s - 1e-6
            else:
                since.pop(step.id, None)
                ready[step.id] = False
        run = memory.get("run")
        first = steps[0]
        last = steps[-1]
        unasked = run is None and ready[last.id] and memory.get("primed", False)
        if met[last.id] is False:
            memory["primed"] = True  # its end was seen not to be so: what comes is an act
        elif ready[last.id]:
            memory["primed"] = False
        if unasked:
            # What the procedure leads to was done without it.
            run = memory["run"] = {"next": 0, "done_s": view.t - last.min_gap_s, "states": {}}
            memory["armed"] = not ready[first.id]
            since[last.id] = view.t
        elif run is None:
            ended = memory.get("ended_s")
            resting = ended is not None and view.t - ended < params.again_s - 1e-6
            # A first step that never stopped being so begins no second run.
            if not ready[first.id] or resting or not memory.get("armed", True):
                memory["armed"] = memory.get("armed", True) or not ready[first.id]
                return Condition(None)
            run = memory["run"] = {"next": 1, "done_s": view.t, "states": {first.id: "done"}}
            memory["armed"] = False
        states: dict[str, str] = run["states"]
        wrong: dict[str, str] = run.setdefault("wrong", {})
        # Later steps first: one that is done out of order skips those between.
        for index in range(len(steps) - 1, int(run["next"]) - 1, -1):
            step = steps[index]
            gap_s = view.t - float(run["done_s"])
            # What was so already before its turn came is not done by anybody now.
            fresh = float(since.get(step.id, -1.0)) > float(run["done_s"]) - 1e-6
            if not ready[step.id] or (index > int(run["next"]) and not fresh):
                continue
            for skipped in steps[int(run["next"]) : index]:
                states[skipped.id] = wrong[skipped.id] = "skipped"
            early = gap_s < step.min_gap_s - 1e-6
            states[step.id] = "early" if early else "done"
            if early:
                wrong[step.id] = "early"
            elif wrong.get(step.id) == "late":
                states[step.id] = "late"
            run["next"], run["done_s"] = index + 1, view.t
            break
        finished = int(run["next"]) >= len(steps)
        if not finished:
            step = steps[int(run["next"])]
            waited_s = view.t - float(run["done_s"])
            if waited_s > step.max_gap_s + 1e-6:
                wrong[step.id] = "late"
            if waited_s > max(params.give_up_s, step.max_gap_s) + 1e-6:
                wrong[step.id], finished = "interrupted", True
        strip = self._strip(steps, run, finished)
        memory["shown"] = {"steps": strip}
        if finished:
            memory["ended_s"] = view.t
            memory.pop("run")
        readings: dict[str, float | str | None] = {
            "step": "end" if finished else steps[int(run["next"])].id,
        }
        if not wrong:
            return Condition(None, readings=readings)
        words = tuple(
            say("%(step)s: %(wrong)s", step=step.name, wrong=wrong[step.id])
            for step in steps
            if step.id in wrong
        )
        values: Mapping[str, Any] = {"steps": strip, "wrong": dict(wrong)}
        return Condition("danger", why=words, values=values, readings=readings)

    def _strip(
        self, steps: tuple[Step, ...], run: Mapping[str, Any], finished: bool
    ) -> list[dict[str, str]]:
        """Return every step with its state."""
        strip = []
        for index, step in enumerate(steps):
            state = run["states"].get(step.id) or run["wrong"].get(step.id)
            if state is None:
                state = "now" if index == run["next"] and not finished else "waiting"
            strip.append({"id": step.id, "name": step.name, "state": state})
        return strip


HAZARD = ProcedureSequence()
