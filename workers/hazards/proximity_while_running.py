"""A person too close to a machine that runs: winch, hoist, scraper, roadheader, belt drive."""

from dataclasses import dataclass

from workers.geometry import distance_inside
from workers.hazards.base import (
    Condition,
    Hazard,
    MachineView,
    Memory,
    Person,
    Phrase,
    Rule,
    View,
    count_people,
    say,
)
from workers.hazards.params import integer, number, zone
from workers.hazards.presence import STAYS, inside_zone, stay_in_zone


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    dwell_s: float = number(
        0.3, unit="s", low=0, high=60, label="Time in the danger zone",
        help="Time in the danger zone before the alarm.",
    )  # fmt: skip
    warning_zone: str | None = zone(
        label="Warning zone", help="Zone around the danger zone that gives a warning first."
    )
    warning_dwell_s: float = number(
        1.0, unit="s", low=0, high=600, label="Time in the warning zone",
        help="Time in the warning zone before the warning.",
    )  # fmt: skip
    stand_zone: str | None = zone(
        label="Operator's stand", help="The operator's stand, where authorised people may be."
    )
    authorised_max: int = integer(
        1, low=0, high=10, label="Operators in the stand",
        help="How many people in the stand are taken for operators.",
    )  # fmt: skip
    clear_s: float = number(
        2.0, unit="s", low=0, high=600, label="Over after",
        help="Time without danger before the alarm clears.",
    )  # fmt: skip
    min_score: float = number(
        0.35, unit="", low=0.05, high=1, label="How sure of a person",
        help="How sure the detector must be of a person.",
    )  # fmt: skip


class ProximityWhileRunning(Hazard):
    """A person's foot point in the danger zone while the machine runs, or may run.

    Time in a zone is counted whether the machine runs or not, so a person who is already inside
    when it starts is in danger at once. A machine of unknown state counts as running. Up to
    `authorised_max` people in the stand zone are operators and are left out of both zones.
    Occupancy belongs to the zone and not to a track: a new track id starts nothing anew.
    Sources of the defaults: two-tier zones of the field standard for electronic fences; foot
    point, dwell 0.3 s and 1.0 s, clear after 2 s out.
    """

    type = "proximity_while_running"
    title = "Person at a running machine"
    params = Params
    levels = {"warning": "medium", "danger": ""}
    severity = "critical"
    action = "Stop the machine, call the place, and keep it stopped until everybody is out."
    needs_zone = True
    needs_machine = True
    remembers = STAYS
    each = True

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        people = [p for p in view.people if p.score >= params.min_score]
        people = _without_operators(people, params, view)
        assert rule.zone is not None and rule.machine is not None
        levels = [("danger", rule.zone, params.dwell_s)]
        if params.warning_zone:
            levels.append(("warning", params.warning_zone, params.warning_dwell_s))
        machine = view.machines[rule.machine]
        found = Condition(None)
        for level, name, dwell_s in levels:
            inside = inside_zone(memory, people, view, name)
            stay_s = stay_in_zone(memory, name, inside, view)
            # In an open situation a person inside is enough: the dwell was served at its start.
            served = stay_s is not None and (
                stay_s >= dwell_s - 1e-6 or memory.get("open") == level
            )
            if found.level is None and inside and served and machine.running:
                found = Condition(
                    level,
                    tuple(p.box for p in inside),
                    (count_people(len(inside), name), machine_words(rule.machine, machine)),
                    {
                        "persons": len(inside),
                        "zone": name,
                        "machine": rule.machine,
                        "machine_state": machine.state,
                        "machine_source": machine.source,
                        "stay_s": round(stay_s or 0.0, 2),
                        "tracks": [p.track for p in inside],
                    },
                    unsure=machine.unknown,
                )
        return found


def machine_words(name: str, machine: MachineView) -> Phrase:
    """Say a machine's state and where it comes from."""
    if not machine.source:
        return say("%(machine)s %(state)s", machine=name, state=machine.state)
    return say(
        "%(machine)s %(state)s (%(source)s)",
        machine=name,
        state=machine.state,
        source=machine.source,
    )


def _without_operators(people: list[Person], params: Params, view: View) -> list[Person]:
    """Leave out the authorised people in the stand; those tracked longest are the operators."""
    if not params.stand_zone or not params.authorised_max:
        return people
    stand = view.zones[params.stand_zone]
    there = [p for p in people if distance_inside(stand, p.foot, view.aspect) >= 0]
    operators = sorted(there, key=lambda p: (p.born_s, p.track))[: params.authorised_max]
    return [p for p in people if p not in operators]


HAZARD = ProximityWhileRunning()
