"""The warning light is on and people stay."""

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
    count_people,
    lacking,
    say,
)
from workers.hazards.params import Names, number, source
from workers.hazards.presence import HIDDEN, STAYS, hidden_in_zone, inside_zone, stay_in_zone

ON = ("ON", "FLASHING")


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    light: str | None = source(
        label="Warning light", required=True,
        help="An input with the states ON and OFF; where it is unknown, the light counts as on.",
    )  # fmt: skip
    leave_s: float = number(
        15.0, unit="s", low=0, high=600, label="Time to leave",
        help="Time that people have to leave after the light came on.",
    )  # fmt: skip
    clear_s: float = number(
        2.0, unit="s", low=0, high=600, label="Over after",
        help="Time without people, or with the light off, before the alarm clears.",
    )  # fmt: skip


class WarningLightIgnored(Hazard):
    """People are still in the zone when the light has been on for the time that they have.

    The time runs from the light's coming on, or from their entering while it is on, and goes on for
    who is hidden for some seconds and was not seen to leave. A light of unknown state counts as on.
    Source of the default: 15 s of the field's practice.
    """

    type = "warning_light_ignored"
    title = "Warning light ignored"
    params = Params
    severity = "high"
    action = "Call the place: everybody leaves; do not start before it is clear."
    needs_zone = True
    remembers = {**STAYS, **HIDDEN, "on": RUNS}
    each = True
    hears = True

    def check_new(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse a light that can never be on."""
        if set(ON) & set(names.states.get(rule.params.light or "", ())):
            return ()
        return lacking("params.light", rule.params.light, ON[:1], names)

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.zone is not None
        told = view.inputs[params.light or ""]
        inside = inside_zone(memory, list(view.people), view, rule.zone)
        hidden = hidden_in_zone(memory, view.people, inside, view)
        stay_s = stay_in_zone(memory, rule.zone, inside, view, hidden=bool(hidden))
        if told.value is not None and told.word not in ON:
            memory.pop("on", None)
            return CLEAR
        came_on = told.since_s if told.value and told.since_s is not None else view.t
        on_s = view.t - float(memory.setdefault("on", came_on))
        ready = stay_s is not None and min(on_s, stay_s) >= params.leave_s - 1e-6
        if memory.get("open") and hidden and not inside:
            words = say("nobody was seen to leave %(zone)s", zone=rule.zone)
            about = {"persons": len(hidden), "zone": rule.zone, "tracks": list(hidden)}
            return Condition("danger", why=(words,), values=about, unsure=told.value is None)
        if not inside or not (ready or memory.get("open")):
            return CLEAR
        return Condition(
            "danger",
            tuple(p.box for p in inside),
            (
                count_people(len(inside), rule.zone),
                say("light %(state)s for %(seconds)s s", state=told.value or "UNKNOWN",
                    seconds=f"{on_s:.0f}"),
            ),
            {
                "persons": len(inside), "zone": rule.zone, "light": told.value,
                "on_s": round(on_s, 1), "limit_s": params.leave_s,
                "tracks": [p.track for p in inside], "feet": [list(p.foot) for p in inside],
            },
            unsure=told.value is None,
        )  # fmt: skip


HAZARD = WarningLightIgnored()
