"""No people on the slope while cars are hauled, no hauling while people walk."""

from collections.abc import Iterable
from dataclasses import dataclass

from workers.gap import KEPT, WAITS
from workers.geometry import distance_inside
from workers.hazards.base import (
    Condition,
    Fault,
    Hazard,
    InputView,
    Memory,
    Person,
    Rule,
    View,
    lacking,
    say,
)
from workers.hazards.base import count_people as people_in
from workers.hazards.params import Names, number, source, sources, zones
from workers.hazards.presence import STAYS, inside_zone, stay_in_zone
from workers.hazards.proximity_while_running import machine_words

TOKENS = ("VEHICLE", "PEDESTRIAN", "FREE")


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    token: str | None = source(
        label="Slope token",
        help="An input with VEHICLE, PEDESTRIAN and FREE; without it the machine alone decides.",
    )  # fmt: skip
    refuge_zones: tuple[str, ...] = zones(
        label="Refuge holes", help="Who stands in one while cars are hauled is told as a warning."
    )
    others: tuple[str, ...] = sources(
        label="Counts of other cameras",
        help="Inputs with the people that other cameras see on the same slope; unknown: somebody.",
    )
    dwell_s: float = number(
        0.5, unit="s", low=0, high=60, label="Time on the slope",
        help="Time on the slope while cars are hauled before the alarm.",
    )  # fmt: skip
    empty_s: float = number(
        10.0, unit="s", low=0, high=600, label="Empty for",
        help="The slope must be seen empty for so long before it is clear for haulage.",
    )  # fmt: skip
    clear_s: float = number(
        2.0, unit="s", low=0, high=600, label="Over after",
        help="Time without danger before the alarm clears.",
    )  # fmt: skip


class SlopeMutualExclusion(Hazard):
    """A person on the inclined road while the token is VEHICLE, or while the haulage may run.

    Haulage of unknown state counts as running. An unknown token decides nothing; one of which a
    late report says otherwise may be VEHICLE. From the picture the haulage is known to stand only
    while a car is seen to stand; while none is in view it may be hauled elsewhere, and whoever
    walks on the slope is told as in danger. A mine where people walk between hauls needs the
    controller's signal, or a rope or drum that a camera sees moving. Whoever is on the slope when
    hauling starts is in danger at once. A person in a refuge hole is a warning. The reading `clear`
    says yes only after the slope was seen empty for `empty_s`, here and by every other camera of
    it; a blind camera sees no empty slope. Hauling before that, with people last seen on the slope
    and not seen to leave, is a warning. Sources: no pedestrians while hauling, no hauling while
    pedestrians walk; dwell 0.5 s and release after 10 s of the field's practice.
    """

    type = "slope_mutual_exclusion"
    title = "People on the slope while cars are hauled"
    params = Params
    levels = {"warning": "medium", "danger": ""}
    severity = "critical"
    action = "Stop the haulage; keep it stopped until everybody is off the slope or in a refuge."
    needs_zone = True
    needs_machine = True
    # That the slope is seen empty begins anew after a gap, as it does after blindness.
    remembers = {**STAYS, "hauling": WAITS, "clear": WAITS, "began_clear": KEPT}
    each = True

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse a refuge that is the slope itself."""
        if rule.zone in rule.params.refuge_zones:
            yield Fault("params.refuge_zones", "must be other zones than the slope itself")

    def check_new(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse a token that can never say that cars are hauled, and counts that are none."""
        params: Params = rule.params
        yield from lacking("params.token", params.token, ("VEHICLE",), names)
        for index, name in enumerate(params.others):
            if names.kinds.get(name) != "number":
                yield Fault(f"params.others[{index}]", "must be an input that is a number")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.zone is not None and rule.machine is not None
        machine = view.machines[rule.machine]
        told = view.inputs[params.token] if params.token else InputView(None)
        token = told.word
        hauling = machine.running or token == "VEHICLE" or told.late
        unsure = token != "VEHICLE" and (machine.unknown or not machine.running)
        inside = inside_zone(memory, list(view.people), view, rule.zone)
        safe = [p for p in inside if _in_refuge(p, params, view)]
        exposed = [p for p in inside if p not in safe]
        stay_s = stay_in_zone(memory, rule.zone, exposed, view)
        was_clear = bool(memory.get("clear"))
        elsewhere = self._elsewhere(params, view)
        clear = self._clear(params, memory, view, bool(inside), elsewhere)
        # Hauling that was under way when this camera began to look was not begun unseen.
        began = hauling and memory.get("hauling") is False
        if began:
            memory["began_clear"] = was_clear or clear
        memory["hauling"] = hauling
        readings: dict[str, float | str | None] = {
            "people": float(len(inside)), "clear": "yes" if clear else "no",
        }  # fmt: skip
        values = {
            "zone": rule.zone, "machine": rule.machine, "machine_state": machine.state,
            "machine_source": machine.source, "token": token, "persons": len(exposed),
            "in_refuge": len(safe), "elsewhere": elsewhere, "stay_s": round(stay_s or 0.0, 2),
            "tracks": [p.track for p in inside], "feet": [list(p.foot) for p in inside],
        }  # fmt: skip
        words = [machine_words(rule.machine, machine)]
        if token is not None:
            words.append(say("token %(token)s", token=token))
        if told.late:
            words.append(say("%(input)s: a report came late and says otherwise",
                             input=params.token))  # fmt: skip
        served = stay_s is not None and (
            stay_s >= params.dwell_s - 1e-6 or memory.get("open") == "danger"
        )
        if hauling and exposed and served:
            why = (people_in(len(exposed), rule.zone), *words)
            return Condition("danger", tuple(p.box for p in exposed), why, values, readings,
                             unsure=unsure)  # fmt: skip
        if hauling and safe:
            why = (say("%(count)s in a refuge", count=len(safe)), *words)
            return Condition("warning", tuple(p.box for p in safe), why, values, readings,
                             unsure=unsure)  # fmt: skip
        if hauling and not clear and not memory.get("began_clear", True):
            why = (say("hauling before the slope was seen empty"), *words)
            return Condition("warning", (), why, values, readings, unsure=unsure)
        return Condition(None, readings=readings)

    def _elsewhere(self, params: Params, view: View) -> int | None:
        """Return how many people other cameras see on the slope; None where one says nothing."""
        total = 0
        for name in params.others:
            value = view.inputs[name].value
            if not isinstance(value, float):
                return None
            total += round(value)
        return total

    def _clear(
        self, params: Params, memory: Memory, view: View, people: bool, elsewhere: int | None
    ) -> bool:
        """Keep since when the slope is seen empty; tell whether that is long enough.

        Before the first person was ever seen, an empty slope needs the same time to be clear.
        """
        if people or view.blind or elsewhere != 0:
            memory.pop("empty", None)
            memory["clear"] = False
            return False
        since = float(memory.setdefault("empty", view.t))
        memory["clear"] = view.t - since >= params.empty_s - 1e-6
        return bool(memory["clear"])


def _in_refuge(person: Person, params: Params, view: View) -> bool:
    return any(
        distance_inside(view.zones[name], person.foot, view.aspect) >= 0
        for name in params.refuge_zones
    )


HAZARD = SlopeMutualExclusion()
