"""Two sources that tell different things of the same, and a tag that fell silent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from workers.gap import RUNS
from workers.hazards.base import Condition, Fault, Hazard, Memory, Phrase, Rule, View, say
from workers.hazards.params import Names, number, source
from workers.hazards.params import gauge as a_gauge

PAIR = ("gauge", "other_gauge", "input", "other_input")
# A tag that was not told for so many polls is stale.
POLLS = 3


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    gauge: str | None = a_gauge(label="Gauge", help="One of a pair, where no machine is named.")
    other_gauge: str | None = a_gauge(label="Other gauge", help="One of a pair.")
    input: str | None = source(label="Input", help="One of a pair.")
    other_input: str | None = source(label="Other input", help="One of a pair.")
    differ: float = number(
        0.05, unit="", low=0, high=1e6, label="Differ by",
        help="What two numbers differ by that tell different things; metres for gauges.",
    )  # fmt: skip
    apart_s: float = number(
        5.0, unit="s", low=0, high=86400, label="Differ for", help="Time of it before it is told."
    )  # fmt: skip
    poll_s: float | None = number(
        None, unit="s", low=0.1, high=86400, label="Poll",
        help="How often the tag is told; after three of these without it, it is stale.",
    )  # fmt: skip
    clear_s: float = number(
        5.0, unit="s", low=0, high=3600, label="Over after",
        help="Time of agreement before the alarm clears.",
    )  # fmt: skip


class SignalMismatch(Hazard):
    """A machine's signal against the picture, or two inputs or gauges against one another.

    Of a machine it matters whether it stands: the two differ where one says STOPPED and the other
    does not. Numbers differ by more than `differ`, states by their names. While one of the two is
    not known nobody knows whether they agree: nothing is raised, and what is open stays open. A tag
    is stale when three polls went by without it, or when its own time is over. While a rule of this
    type is armed and in force for a machine, the camera's health tells no fault
    `machine_disagreement` of it: one thing is told once. Sources of the defaults: 5 s and 3 polls
    of the field's practice.
    """

    type = "signal_mismatch"
    title = "Two sources disagree"
    params = Params
    levels = {"stale": "", "mismatch": ""}
    severity = "medium"
    action = "Take the machine for running and the higher level for true; have the sources checked."
    uses_people = False
    uses_picture = False
    min_visibility = 0.0
    remembers = {"begin": RUNS, "apart": RUNS}

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse anything but a machine, or a pair."""
        named = [name for name in PAIR if getattr(rule.params, name)]
        if rule.machine and named:
            yield Fault(f"params.{named[0]}", "not both a machine and a pair")
        elif not rule.machine and len(named) != 2:
            yield Fault("machine", "needs a machine, or two of gauges and inputs")
        for one, other in (("gauge", "other_gauge"), ("input", "other_input")):
            value = getattr(rule.params, one)
            if value and value == getattr(rule.params, other):
                yield Fault(f"params.{other}", "must be another one")

    def check_names(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse what cannot be compared, and a tag of which nobody could say that it is old."""
        origin = names.sources.get(rule.machine or "", "both")
        if origin == "video":
            yield Fault("machine", "has no signal")
        elif origin == "signal" and rule.params.poll_s is None:
            yield Fault("params.poll_s", "needed where a machine has a signal alone")
        kinds = []
        for name in PAIR:
            value = getattr(rule.params, name)
            if not value:
                continue
            if "gauge" in name:
                kinds.append("share" if value in names.floors else "number")
            else:
                kinds.append(names.kinds[value])
                if names.kinds[value] == "event":
                    yield Fault(f"params.{name}", "an event is no state that could be compared")
        if len(set(kinds)) > 1:
            yield Fault("params", "what is compared must be of one kind")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        sides = _machine(rule, view) if rule.machine else _pair(params, view)
        stale = _stale(sides, params.poll_s, float(memory.setdefault("begin", view.t)), view.t)
        values: dict[str, Any] = {
            "machine": rule.machine, "sources": [side.name for side in sides],
            "said": [side.value for side in sides],
        }  # fmt: skip
        if len(sides) == 2:
            one, other = sides
            if one.value is None or other.value is None:
                memory.pop("apart", None)
                if memory.get("open") == "mismatch":
                    words = say("%(one)s and %(other)s cannot be compared",
                                one=one.name, other=other.name)  # fmt: skip
                    return Condition("mismatch", why=(words, *stale), values=values)
            elif _differ(one.value, other.value, params.differ, bool(rule.machine)):
                apart_t = view.machines[rule.machine].apart_t if rule.machine else None
                apart_t = memory.setdefault("apart", view.t) if apart_t is None else apart_t
                apart_s = view.t - float(apart_t)
                if apart_s >= params.apart_s - 1e-6:
                    words = _disagree(rule, one, other)
                    values |= {"apart_s": round(apart_s, 1), "limit_s": params.apart_s}
                    return Condition("mismatch", why=(words, *stale), values=values)
            else:
                memory.pop("apart", None)
        return Condition("stale" if stale else None, why=stale, values=values)


def _disagree(rule: Rule, one: "Side", other: "Side") -> Phrase:
    if rule.machine:
        return say("%(name)s: the signal says %(signal)s, the picture %(picture)s",
                   name=rule.machine, signal=one.value, picture=other.value)  # fmt: skip
    return say("%(one)s says %(first)s, %(other)s says %(second)s", one=one.name,
               first=_short(one.value), other=other.name, second=_short(other.value))  # fmt: skip


class Side(NamedTuple):
    """One of two sources: what it says, or None; when it was told; tag: whether somebody tells it,
    so that it can fall silent."""

    name: str
    value: str | float | None
    at_s: float | None
    tag: bool


def _stale(
    sides: Sequence[Side], poll_s: float | None, begin_s: float, t: float
) -> tuple[Phrase, ...]:
    """Say of each tag that it is stale, where it is."""
    words: list[Phrase] = []
    for side in sides:
        quiet_s = t - (begin_s if side.at_s is None else side.at_s)
        if side.tag and poll_s is not None and quiet_s > POLLS * poll_s + 1e-6:
            words.append(say("%(tag)s was not told for %(seconds)s s", tag=side.name,
                             seconds=f"{quiet_s:.0f}"))  # fmt: skip
        elif side.tag and side.at_s is not None and side.value is None:
            words.append(say("%(tag)s is not known", tag=side.name))
    return tuple(words)


def _machine(rule: Rule, view: View) -> list[Side]:
    """Return what signal and picture say of a machine."""
    machine = view.machines[rule.machine or ""]
    sides: list[Side] = []
    if machine.signal is not None:
        said = None if machine.signal == "UNKNOWN" else machine.signal
        sides.append(Side(f"{rule.machine} (signal)", said, machine.signal_at_s, True))
    if machine.video is not None:
        seen = None if machine.video == "UNKNOWN" else machine.video
        sides.append(Side(f"{rule.machine} (picture)", seen, view.t, False))
    return sides


def _pair(params: Params, view: View) -> list[Side]:
    """Return what a pair of gauges and inputs say."""
    sides: list[Side] = []
    for name in PAIR:
        key = getattr(params, name)
        if key and "gauge" in name:
            level = view.levels.get(key)
            sides.append(Side(key, level.value if level else None, None, False))
        elif key:
            said = view.inputs.get(key)
            value, at_s = (said.value, said.at_s) if said else (None, None)
            sides.append(Side(key, value, at_s, True))
    return sides


def _differ(first: str | float, second: str | float, limit: float, machine: bool) -> bool:
    if machine:
        return (first == "STOPPED") != (second == "STOPPED")
    if isinstance(first, float) and isinstance(second, float):
        return abs(first - second) > limit + 1e-9
    return first != second


def _short(value: str | float | None) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


HAZARD = SignalMismatch()
