"""The steps of a procedure as data: who does what where, in which order and time."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workers import checks
from workers.checks import SceneError
from workers.hazards.base import Memory, Phrase, View, say
from workers.hazards.params import Names
from workers.hazards.presence import inside_zone, patience_s

MOST_S = 86400.0
# A step that says nothing else must follow the one before within this.
GAP_S = 1800.0
PEOPLE = 1000
NEED = {"type": "object", "minProperties": 2}
NEEDS = {"oneOf": [NEED, {"type": "array", "minItems": 1, "items": NEED}]}
_TEXT = {"type": "string"}
_TIME = {"type": "number", "minimum": 0, "maximum": MOST_S}
STEPS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": 2,
    "maxItems": 50,
    "items": {
        "type": "object",
        "required": ["id", "needs"],
        "properties": {
            "id": _TEXT,
            "name": _TEXT,
            "actor": _TEXT,
            "needs": NEEDS,
            "only_if": NEEDS,
            "hold_s": _TIME,
            "min_gap_s": _TIME,
            "max_gap_s": _TIME,
            "wait_s": _TIME,
            "gather_s": _TIME,
            "act": {"type": "boolean"},
        },
    },
}
FORBIDDEN_SCHEMA = {
    "type": "array",
    "maxItems": 20,
    "items": {
        "type": "object",
        "required": ["id", "needs"],
        "properties": {
            "id": _TEXT,
            "name": _TEXT,
            "needs": NEEDS,
            "from": _TEXT,
            "until": _TEXT,
            "hold_s": _TIME,
        },
    },
}
END_SCHEMA = {
    "type": "object",
    "required": ["needs"],
    "properties": {"needs": NEEDS, "before": _TEXT},
}


class Need(NamedTuple):
    """One thing that must be so: people in a zone, a machine that runs or stands, an input."""

    kind: str
    name: str
    at_least: float = 0
    at_most: float = PEOPLE
    running: bool = False
    states: tuple[str, ...] = ()

    def met(self, view: View, memory: Memory) -> bool | None:
        """Tell whether it is so; None where nobody can tell, which completes no step."""
        if self.kind == "input":
            value = view.inputs[self.name].value
            if value is None:
                return None
            if self.states:
                return value in self.states
            return isinstance(value, float) and self.at_least <= value <= self.at_most
        if self.kind == "machine":
            machine = view.machines[self.name]
            return None if machine.state == "UNKNOWN" else machine.running == self.running
        if view.blind:
            return None
        return self.at_least <= people_in(self.name, view, memory) <= self.at_most


def people_in(zone: str, view: View, memory: Memory) -> int:
    """Count the people in a zone: the most within half a second.

    So one missed detection neither empties a place nor unmans a post.
    """
    counts: list[list[float]] = memory.setdefault("counts", {}).get(zone, [])
    if not counts or counts[-1][0] != view.t:
        inside = inside_zone(memory, list(view.people), view, zone)
        counts = [*counts, [view.t, len(inside)]]
    longest_s = patience_s(memory, view)
    counts = [c for c in counts if view.t - c[0] <= longest_s + 1e-6]
    memory["counts"][zone] = counts
    return int(max(c[1] for c in counts))


Needs = tuple[Need, ...]


def all_met(needs: Needs, view: View, memory: Memory) -> bool | None:
    """Tell whether all of it is so; None where that hangs on what nobody can tell."""
    found = [need.met(view, memory) for need in needs]
    if False in found:
        return False
    return None if None in found else True


class Step(NamedTuple):
    """One step.

    needs: all of this must be so, for hold_s, and for wait_s since the step before was done;
    only_if: the step is needed only while this is so; gaps: after the step before, s; gather_s:
    so long fewer people than needed may be there; actor: who does it, in words; act: must not
    happen without the steps before it.
    """

    id: str
    name: str
    needs: Needs
    actor: str = ""
    only_if: Needs = ()
    hold_s: float = 0.0
    min_gap_s: float = 0.0
    max_gap_s: float = GAP_S
    wait_s: float = 0.0
    gather_s: float | None = None
    act: bool = False

    @property
    def heard(self) -> bool:
        """Whether inputs alone tell of it, so that nothing of it is missed without pictures."""
        return all(need.kind == "input" for need in self.needs)

    @property
    def told(self) -> bool:
        """Whether a machine or another system tells of it, and not the picture alone."""
        return any(need.kind == "machine" or need.states for need in self.needs)


class Forbidden(NamedTuple):
    """What must not be so for hold_s, after step `after` was done and until step `until` is."""

    id: str
    name: str
    needs: Needs
    after: str = ""
    until: str = ""
    hold_s: float = 0.0


class End(NamedTuple):
    """What calls a procedure off, so long as step `before` was not done."""

    needs: Needs
    before: str = ""


def parse_steps(value: Any, path: str, names: Names) -> tuple[Step, ...]:
    """Check the steps of a procedure; one that nobody can do is refused with its path."""
    steps: list[Step] = []
    optional = tuple(key for key in STEPS_SCHEMA["items"]["properties"] if key != "id")
    for index, item in enumerate(_several(value, path, 2, 50)):
        where = f"{path}[{index}]"
        raw = checks.keys(item, where, ("id", "needs"), optional)
        name = _own_id(raw, where, steps)
        hold_s, least_s = _seconds(raw, where, "hold_s"), _seconds(raw, where, "min_gap_s")
        most_s = _seconds(raw, where, "max_gap_s", GAP_S)
        wait_s = _seconds(raw, where, "wait_s")
        if max(least_s + hold_s, wait_s) > most_s:
            raise SceneError(f"{where}.max_gap_s", "leaves no time to do the step")
        needs = parse_needs(raw["needs"], f"{where}.needs", names)
        gather_s = None
        if raw.get("gather_s") is not None:
            gather_s = _seconds(raw, where, "gather_s")
            if not any(need.kind == "zone" and need.at_least > 1 for need in needs):
                text = "only a step of two or more people gathers them"
                raise SceneError(f"{where}.gather_s", text)
        only_if: Needs = ()
        if raw.get("only_if") is not None:
            only_if = parse_needs(raw["only_if"], f"{where}.only_if", names)
        steps.append(
            Step(
                name, checks.text(raw, where) or name, needs, checks.text(raw, where, "actor", 100),
                only_if, hold_s, least_s, most_s, wait_s, gather_s,
                checks.flag(raw.get("act", False), f"{where}.act"),
            )
        )  # fmt: skip
    if steps[0].only_if or steps[-1].only_if:
        where = f"{path}[{0 if steps[0].only_if else len(steps) - 1}].only_if"
        raise SceneError(where, "the first and the last step are always needed")
    if not any(step.act for step in steps):
        steps[-1] = steps[-1]._replace(act=True)
    return tuple(steps)


def parse_forbidden(value: Any, path: str, names: Names) -> tuple[Forbidden, ...]:
    """Check what is forbidden meanwhile; whether its steps exist is checked with the rule."""
    found: list[Forbidden] = []
    for index, item in enumerate(_several(value, path, 0, 20)):
        where = f"{path}[{index}]"
        raw = checks.keys(item, where, ("id", "needs"), ("name", "from", "until", "hold_s"))
        name = _own_id(raw, where, found)
        found.append(
            Forbidden(
                name, checks.text(raw, where) or name,
                parse_needs(raw["needs"], f"{where}.needs", names),
                checks.text(raw, where, "from"), checks.text(raw, where, "until"),
                _seconds(raw, where, "hold_s"),
            )
        )  # fmt: skip
    return tuple(found)


def parse_end(value: Any, path: str, names: Names) -> End | None:
    """Check what calls a procedure off."""
    if not value:
        return None
    raw = checks.keys(value, path, ("needs",), ("before",))
    needs = parse_needs(raw["needs"], f"{path}.needs", names)
    return End(needs, checks.text(raw, path, "before"))


def parse_begin(value: Any, path: str, names: Names) -> Needs:
    """Check what begins a procedure."""
    return parse_needs(value, path, names) if value else ()


def parse_needs(value: Any, path: str, names: Names) -> Needs:
    """Check one need, or a list of needs that must all be so."""
    if not isinstance(value, list):
        return (_need(value, path, names),)
    if not 1 <= len(value) <= 10:
        raise SceneError(path, "needs 1 to 10 needs, found %(count)s", count=len(value))
    return tuple(_need(one, f"{path}[{i}]", names) for i, one in enumerate(value))


def _several(value: Any, path: str, least: int, most: int) -> Sequence[Any]:
    if not isinstance(value, list | tuple) or not least <= len(value) <= most:
        text = "needs %(least)s to %(most)s of them, found %(found)s"
        raise SceneError(path, text, least=least, most=most, found=checks.show(value))
    return value


def _own_id(raw: Mapping[str, Any], where: str, others: Sequence[Step | Forbidden]) -> str:
    name = checks.ident(raw, where)
    if any(other.id == name for other in others):
        raise SceneError(f"{where}.id", '"%(id)s" is the id of another one', id=name)
    return name


def _seconds(raw: Mapping[str, Any], where: str, key: str, default: float = 0.0) -> float:
    return checks.number(raw.get(key, default), f"{where}.{key}", 0, MOST_S)


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
    if kind == "input" and names.kinds.get(name) != "number":
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
    checks.keys(raw, path, (kind,), ("at_least", "at_most"))
    if "at_least" not in raw and "at_most" not in raw:
        raise SceneError(path, "needs at_least or at_most")
    if kind == "input":
        low, high = (
            checks.number(raw.get(key, default), f"{path}.{key}", -1e9, 1e9)
            for key, default in (("at_least", -1e9), ("at_most", 1e9))
        )
    else:
        low, high = (
            checks.whole(raw.get(key, default), f"{path}.{key}", 0, PEOPLE)
            for key, default in (("at_least", 0), ("at_most", PEOPLE))
        )
        if low == 0 and "at_most" not in raw:
            raise SceneError(f"{path}.at_least", "is always so: it needs 1 or more")
    if low > high:
        raise SceneError(f"{path}.at_least", "must not be more than %(other)s", other="at_most")
    return Need(kind, name, low, high)


def words(name: str, wrong: str) -> Phrase:
    """Say what is wrong with a step."""
    match wrong:
        case "skipped":
            return say("%(step)s: skipped", step=name)
        case "unseen":
            return say("%(step)s: not visible, nobody can tell whether it was done", step=name)
        case "early":
            return say("%(step)s: early", step=name)
        case "late":
            return say("%(step)s: late", step=name)
        case "too_few":
            return say("%(step)s: too few people", step=name)
        case "out_of_order":
            return say("%(step)s: out of order", step=name)
        case "forbidden":
            return say("forbidden now: %(step)s", step=name)
    return say("%(step)s: interrupted", step=name)
