"""What the inputs of a scene say at a time, and what they said while nobody looked."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from workers.hazards.base import Condition, Hazard, InputView, say
from workers.scene import Input, Scene
from workers.state import InputState, State
from workers.told import LATE, events_heard

# Between two frames so many times are asked about at most, the last ones: each asks every rule
# that hears.
MOST_HEARD = 4000
# A report counts from so shortly before its time on; just before that the one before it stands.
EARLY_S = 1e-6
# What was over for less than this is told as if it were so.
JUST_NOW_S = 1.0


@dataclass(frozen=True)
class Missed:
    """What was so while nobody looked, and from when until when."""

    found: Condition
    since_t: float
    until_t: float

    def worse_than(self, found: Condition, hazard: Hazard) -> bool:
        """Tell whether it is worse than what is so now."""
        levels = list(hazard.levels)
        now = -1 if found.level is None else levels.index(found.level)
        return levels.index(self.found.level or "") > now

    def told(self, t: float) -> Condition:
        """Return it as it is told at a time, with its own times."""
        ago_s = t - self.until_t
        times = {"was_since_t": round(self.since_t, 3), "was_until_t": round(self.until_t, 3)}
        over = say("that was %(seconds)s s ago, while no picture came", seconds=f"{ago_s:.0f}")
        why = (*self.found.why, over) if ago_s >= JUST_NOW_S else self.found.why
        return replace(self.found, why=why, values={**self.found.values, **times})


def inputs(
    scene: Scene, state: State, t: float, heard_s: float | None = None
) -> Mapping[str, InputView]:
    """Return what every input of the scene says at a time; what came too long ago is unknown.

    heard_s: the time of the frame in which it is asked, where t lies before that.
    """
    now_s = t if heard_s is None else heard_s
    return {one.id: _input(one, state.inputs.setdefault(one.id, InputState()), t, now_s)
            for one in scene.inputs}  # fmt: skip


def heard(
    scene: Scene, state: State, since_t: float, t: float, again_s: Collection[float]
) -> list[tuple[float, Mapping[str, InputView]]]:
    """Return what inputs said after since_t, up to t: just before each change, and at it.

    again_s: so long after each it is asked for once more.
    """
    changes = {at for one in scene.inputs if one.id in state.inputs
               for at in _changes(one, state.inputs[one.id], since_t, t)}  # fmt: skip
    times = {at - 2 * EARLY_S for at in changes}
    # At t itself it is asked with eyes open.
    times |= {at + s for at in changes for s in (0.0, *again_s) if at + s < t - 1e-3}
    return [(at, inputs(scene, state, at, t)) for at in sorted(times)[-MOST_HEARD:]]


def _changes(one: Input, memory: InputState, since_t: float, t: float) -> Iterator[float]:
    """Yield when an input said something else than before; an event has no end to be judged."""
    said = memory.value
    for at, value in memory.waiting if one.kind != "event" else ():
        if memory.at_s is not None and at < memory.at_s:
            continue  # a newer one counts
        if since_t < at <= t + EARLY_S and value != said:
            yield at
        said = value


def _input(one: Input, memory: InputState, t: float, heard_s: float) -> InputView:
    reports = []
    while memory.waiting and memory.waiting[0][0] <= t + EARLY_S:
        at, said = memory.waiting.pop(0)
        if one.kind == "event":
            if said == LATE:
                continue  # an event does not last: an older one takes nothing back
            reports.append((at, said))
        if memory.at_s is None or at >= memory.at_s:
            if said != memory.value or one.kind == "event":
                memory.since_s = at
            memory.value, memory.at_s = said, at
    if one.kind == "event":
        memory.events = events_heard(memory.events, reports, heard_s)
    stale = one.stale_s is not None and memory.at_s is not None and t - memory.at_s > one.stale_s
    late = memory.value == LATE
    value = None if stale or late or memory.value is None else _read(one, memory.value)
    events = tuple(memory.events or ()) if one.kind == "event" else ()
    return InputView(value, memory.at_s, memory.since_s, stale, one.kind, late, events)


def _read(one: Input, value: str) -> str | float | None:
    """Take a report as what the input is; one that it cannot be is no answer."""
    if one.kind == "state":
        if value in one.states:
            return value
        # As with machines, a state may be told in other letters than it is written in.
        return next((s for s in one.states if s.casefold() == value.casefold()), None)
    if one.kind == "number":
        try:
            number = float(value)
        except ValueError:
            return None
        return number if number == number and abs(number) != float("inf") else None
    return value
