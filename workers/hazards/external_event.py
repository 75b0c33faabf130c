"""Something that another system tells: a gas alarm, another AI box, a person's button."""

from collections.abc import Iterable
from dataclasses import dataclass

from workers.gap import RUNS
from workers.hazards.base import (
    CLEAR,
    Condition,
    Fault,
    Hazard,
    InputView,
    Memory,
    Phrase,
    Rule,
    View,
    say,
)
from workers.hazards.params import Names, number, source, text

NO_BOUND = 1e9
# An event that was heard so long after its time is told with its age.
LATE_S = 5.0
# Of those that hold together so many are named, the last that were heard.
MOST_TOLD = 5


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    input: str | None = source(
        label="What tells it", help="The input of the scene that is listened to.", required=True
    )
    states: str = text(
        label="States that alarm",
        help="For an input of states: those that raise it, with commas between.",
    )
    above: float = number(
        1e9, unit="", low=-1e9, high=1e9, label="Alarm from", help="For a number: from here up."
    )
    below: float = number(
        -1e9, unit="", low=-1e9, high=1e9, label="Alarm down to", help="For a number: to here down."
    )
    hold_s: float = number(
        10.0, unit="s", low=0, high=3600, label="An event holds for",
        help="For an event, which has no end of its own.",
    )  # fmt: skip
    stale_is_alarm: float = number(
        30.0, unit="s", low=0, high=86400, label="Silent for",
        help="An input that is too old for this long is told as a warning.",
    )  # fmt: skip
    clear_s: float = number(
        0.0, unit="s", low=0, high=3600, label="Over after",
        help="Time without it before the alarm clears.",
    )  # fmt: skip


class ExternalEvent(Hazard):
    """Passes on what another system says, as an alarm with a life of its own.

    An event holds for `hold_s`, once for each report, and no rule may wait with it; of several that
    hold together each is named.
    A state or a number holds while it lasts, and is told where it began and ended between two
    pictures or while there were none. An event whose report comes late, or whose sender's clock is
    slow, holds from when it was heard, and its age is told, also where a newer one was told before;
    one older than an hour is not told, nor, where nothing was remembered, one that may have been
    told before. A source that is stale, was never heard or says what cannot be read is told as a
    warning; its silence proves nothing, and ends no alarm that it raised. That an event did not
    happen is no silence.
    """

    type = "external_event"
    title = "Told by another system"
    params = Params
    levels = {"warning": "medium", "danger": ""}
    severity = "high"
    action = "Look at the system that told it, and follow its procedure."
    uses_picture = False
    uses_people = False
    hears = True
    remembers = {"silent": RUNS}

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse bounds that leave no value allowed."""
        if rule.params.above <= rule.params.below:
            yield Fault("params.above", "must be more than the lower bound")

    def check_names(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse what could never raise it: states that there are not, a number without bounds."""
        params: Params = rule.params
        kind = names.kinds[params.input or ""]
        known, wanted = names.states[params.input or ""], _wanted(params)
        missing = [one for one in wanted if one not in known]
        if missing:
            text = "no state %(found)s; there are: %(known)s"
            values = {"found": ", ".join(missing), "known": ", ".join(known)}
            yield Fault("params.states", text, values)
        if kind == "state" and not wanted:
            yield Fault("params.states", "is missing: which states alarm?")
        if kind == "number" and params.above >= NO_BOUND and params.below <= -NO_BOUND:
            yield Fault("params.above", "a number needs a bound, upper or lower")

    def check_new(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse to wait with an event: it holds for its own time, and might never be told."""
        if names.kinds.get(rule.params.input or "") != "event":
            return
        if rule.confirm[0] > 1:
            yield Fault(
                "confirm", "an event is told at once: it cannot be confirmed by more pictures"
            )
        if rule.sustain_s > 0:
            yield Fault("sustain_s", "an event is told at once: it cannot be sustained")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        told = view.inputs[params.input or ""]
        if told.kind == "event":
            return self._event(params, told, view.t, _hold_s(rule, view))
        if told.value is None:
            # Stale, never heard, or not readable: it proves nothing, and ends nothing.
            since = memory.setdefault("silent", view.t)
            words = say("%(input)s is silent", input=params.input)
            if memory.get("open") == "danger":
                return self._found("danger", params, None, words)
            if view.t - since < params.stale_is_alarm - 1e-6:
                return CLEAR
            return self._found("warning", params, None, words)
        memory.pop("silent", None)
        if isinstance(told.value, float):
            if params.below < told.value < params.above:
                return CLEAR
        elif told.value not in _wanted(params):
            return CLEAR
        words = say("%(input)s: %(value)s", input=params.input, value=told.value)
        return self._found("danger", params, told.value, words)

    def _event(self, params: Params, told: InputView, t: float, hold_s: float) -> Condition:
        """Judge the reports of an event: each holds once, from when it was heard."""
        held = [one for one in told.events if t - one.heard_s <= hold_s]
        if not held:
            return CLEAR  # nobody pressed it: that is no silence
        words = []
        for one in held[-MOST_TOLD:]:
            words.append(say("%(input)s: %(value)s", input=params.input, value=one.value))
            if one.heard_s - one.at_s > LATE_S:
                ago = f"{t - one.at_s:.0f}"
                words.append(say("by its sender's clock %(seconds)s s ago", seconds=ago))
        return self._found("danger", params, held[-1].value, *words)

    def _found(self, level: str, params: Params, value: object, *words: Phrase) -> Condition:
        values = {
            "input": params.input, "value": value, "above": params.above, "below": params.below,
        }  # fmt: skip
        return Condition(level, why=words, values=values)


def _hold_s(rule: Rule, view: View) -> float:
    """Return for how long an event holds: where its rule waits, at least until it is told."""
    hold_s: float = rule.params.hold_s
    if rule.sustain_s <= 0 and rule.confirm[0] <= 1:
        return hold_s
    # Put in force before such a wait was refused.
    return max(hold_s, rule.sustain_s + (rule.confirm[0] + 1) * view.step_s)


def _wanted(params: Params) -> list[str]:
    """Return the states that raise it."""
    return [one.strip() for one in params.states.split(",") if one.strip()]


HAZARD = ExternalEvent()
