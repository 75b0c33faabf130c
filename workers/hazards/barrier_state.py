"""A stop, gate, ramp door or points that stand wrong for the mode of haulage."""

from collections.abc import Iterable
from dataclasses import dataclass

from workers.gap import RUNS
from workers.hazards.base import (
    CLEAR,
    Condition,
    Fault,
    Hazard,
    Memory,
    Rule,
    View,
    lacking,
    say,
)
from workers.hazards.params import Names, choice, number, source


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    barrier: str | None = source(
        label="Barrier", required=True, help="An input with the states OPEN and CLOSED."
    )
    other: str | None = source(
        label="Second barrier", help="A barrier that must not be open together with the first."
    )
    mode: str | None = source(
        label="Mode of haulage",
        help="An input with the states GOODS and MAN_RIDING; without it, or unknown: GOODS.",
    )
    man_riding: str = choice(
        "OPEN", choices={"OPEN": "open", "CLOSED": "closed"}, label="While people ride",
        help="How the barrier stands, locked, while people are hauled.",
    )  # fmt: skip
    open_s: float = number(
        30.0, unit="s", low=0, high=600, label="Open at most for",
        help="Time that the barrier may stand open for a passing train.",
    )  # fmt: skip
    together_s: float = number(
        1.0, unit="s", low=0, high=60, label="Open together for",
        help="Time that both barriers may be open at once.",
    )  # fmt: skip
    grace_s: float = number(
        5.0, unit="s", low=0, high=600, label="Time to change",
        help="Time to follow a change of the mode, and time that its state may be unknown.",
    )  # fmt: skip
    clear_s: float = number(
        1.0, unit="s", low=0, high=600, label="Over after",
        help="Time in the right state before the alarm clears.",
    )  # fmt: skip


class BarrierState(Hazard):
    """A runaway barrier is closed but for a passing train; while people ride it stands otherwise.

    Closed is the rule for goods; for people it is open and locked, or closed, as the mine says.
    A barrier whose state is not known is wrong after `grace_s`; a mode that is not known is goods.
    That nobody knows puts nothing right: what stood wrong when it was last told goes on standing
    wrong, and is judged by the mode told last, until somebody says otherwise. Two barriers open
    together are danger; where nobody knows that either is closed, it is after `grace_s`. Source:
    runaway protection of inclined haulage, normally closed, open only while passing, normally open
    and locked for man-riding; open over 30 s.
    """

    type = "barrier_state"
    title = "Barrier stands wrong"
    params = Params
    severity = "high"
    action = "Stop the haulage; have the barrier put right before anything moves."
    uses_picture = False
    uses_people = False
    remembers = dict.fromkeys(
        ("both", "together", "unknown", "wrong", "stood", "wanted", "mode", "mode_t"), RUNS
    )
    hears = True

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse a barrier that is compared with itself."""
        if rule.params.other is not None and rule.params.other == rule.params.barrier:
            yield Fault("params.other", "must be another barrier than the first")

    def check_new(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse barriers and a mode without the states that are asked for."""
        params: Params = rule.params
        for name in ("barrier", "other"):
            barrier = getattr(params, name)
            yield from lacking(f"params.{name}", barrier, ("OPEN", "CLOSED"), names)
        yield from lacking("params.mode", params.mode, ("MAN_RIDING",), names)

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        state = view.inputs[params.barrier or ""].word
        told = view.inputs[params.mode].word if params.mode else "GOODS"
        stood = memory["stood"] = state or memory.get("stood")
        mode = self._mode(memory, told, stood)
        wanted = params.man_riding if mode == "MAN_RIDING" else "CLOSED"
        other = view.inputs[params.other].word if params.other else "CLOSED"
        values = {
            "barrier": params.barrier, "state": state, "wanted": wanted, "mode": mode,
            "other": params.other, "other_state": other if params.other else None,
        }  # fmt: skip
        goods = told != "MAN_RIDING"
        both = goods and state != "CLOSED" and other != "CLOSED" and bool(params.other)
        both_s = self._lasted(memory, "both", both, view.t)
        known = both and state is not None and other is not None
        together_s = self._lasted(memory, "together", known, view.t)
        unknown_s = self._lasted(memory, "unknown", state is None, view.t)
        if memory.get("mode") != mode:
            memory["mode"], memory["mode_t"] = mode, view.t
        if memory.setdefault("wanted", wanted) != wanted:
            memory["wanted"] = wanted
            memory.pop("wrong", None)  # the barrier must follow
        wrong = stood is not None and stood != wanted
        wrong_s = self._lasted(memory, "wrong", wrong, view.t)
        limit_s = params.grace_s if mode == "MAN_RIDING" else max(params.open_s, params.grace_s)
        follows = view.t - float(memory.get("mode_t", 0.0)) < params.grace_s - 1e-6
        if known and (together_s >= params.together_s - 1e-6 or memory.get("open")):
            words = say("%(one)s and %(other)s are open together", one=params.barrier,
                        other=params.other)  # fmt: skip
            return Condition(
                "danger", why=(words,), values={**values, "for_s": round(together_s, 1)}
            )
        # Where both modes want the same nothing began anew, and yet there is time to follow.
        if wrong and wrong_s >= limit_s - 1e-6 and (memory.get("open") or not follows):
            said = {"barrier": params.barrier, "state": stood, "wanted": wanted,
                    "seconds": f"{wrong_s:.0f}"}  # fmt: skip
            words = (
                say("%(barrier)s is %(state)s for %(seconds)s s, and must be %(wanted)s", **said)
                if state
                else say("%(barrier)s was last %(state)s, and is not known to be %(wanted)s"
                         " for %(seconds)s s", **said)
            )  # fmt: skip
            about = {"for_s": round(wrong_s, 1), "limit_s": limit_s}
            return Condition("danger", why=(words,), values={**values, **about},
                             unsure=state is None)  # fmt: skip
        # That nobody knows any more ends no alarm: neither was seen to be closed.
        grace_s = max(params.grace_s, params.together_s)
        if both and not known and (both_s >= grace_s - 1e-6 or memory.get("open")):
            words = say("nobody knows whether %(one)s and %(other)s are open together",
                        one=params.barrier, other=params.other)  # fmt: skip
            about = {"for_s": round(both_s, 1), "limit_s": grace_s}
            return Condition("danger", why=(words,), values={**values, **about}, unsure=True)
        if state is None and unknown_s >= params.grace_s - 1e-6:
            words = say("nobody knows how %(barrier)s stands", barrier=params.barrier)
            about = {"for_s": round(unknown_s, 1), "limit_s": params.grace_s}
            return Condition("danger", why=(words,), values={**values, **about}, unsure=True)
        return CLEAR

    @staticmethod
    def _mode(memory: Memory, told: str | None, stood: str | None) -> str:
        """Return the mode that the barrier is judged by."""
        if told is None and stood is not None and stood != memory.get("wanted", stood):
            return str(memory["mode"])  # a mode that nobody tells any more puts nothing right
        return "MAN_RIDING" if told == "MAN_RIDING" else "GOODS"

    def _lasted(self, memory: Memory, name: str, is_so: bool, t: float) -> float:
        """Return for how long something has been so."""
        if not is_so:
            memory.pop(name, None)
            return 0.0
        return t - float(memory.setdefault(name, t))


HAZARD = BarrierState()
