"""Somebody on a belt, across it beside the bridge, or with a hand in it."""

from collections.abc import Iterable
from dataclasses import dataclass

from workers.hazards.base import (
    CLEAR,
    Condition,
    Fault,
    Hazard,
    Memory,
    Person,
    Rule,
    View,
    count_people,
)
from workers.hazards.params import number, zone
from workers.hazards.presence import inside_zone, stay_in_zone
from workers.hazards.proximity_while_running import machine_words


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    bridge_zone: str | None = zone(
        label="Bridge", help="The crossing bridge: people on it are no danger."
    )
    reach_zone: str | None = zone(
        label="Reaching in",
        help="Head, tail or rollers: any part of a person's box in it counts, not the feet alone.",
    )
    dwell_s: float = number(
        0.5, unit="s", low=0, high=60, label="Time on the belt",
        help="Time on the belt, or reaching in, before the alarm.",
    )  # fmt: skip
    clear_s: float = number(
        2.0, unit="s", low=0, high=600, label="Over after",
        help="Time without anybody on the belt before the alarm clears.",
    )  # fmt: skip


class ConveyorPerson(Hazard):
    """A person's feet or trunk in the belt's zone: danger while it runs or may run, else a warning.

    People on the bridge are left out by its polygon. The trunk counts because a belt hides feet.
    A belt of unknown state counts as running. Sources: no people carried, crossing only by the
    bridge, guards at head and tail; 0.5 s of the field's practice.
    """

    type = "conveyor_person"
    title = "Person on a conveyor"
    params = Params
    levels = {"warning": "medium", "danger": ""}
    severity = "critical"
    action = "Stop the belt by its pull cord or from here, and call the place."
    needs_zone = True
    needs_machine = True

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse a bridge that is the belt itself: nobody would be left; nor may a reach be it."""
        for key in ("bridge_zone", "reach_zone"):
            if rule.zone is not None and getattr(rule.params, key) == rule.zone:
                yield Fault(f"params.{key}", "must be another zone than the belt's")
        if rule.params.reach_zone and rule.params.reach_zone == rule.params.bridge_zone:
            yield Fault("params.reach_zone", "must be another zone than the bridge")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.zone is not None and rule.machine is not None
        people = list(view.people)
        if params.bridge_zone:
            # Who was on the bridge counts as on it up to a little outside of its edge.
            crossing = inside_zone(memory, people, view, params.bridge_zone)
            people = [p for p in people if p not in crossing]
        machine = view.machines[rule.machine]
        level = "danger" if machine.running else "warning"
        told: dict[str, list[Person]] = {}
        stayed_s = 0.0
        for name, points in ((rule.zone, _trunk), (params.reach_zone, _outline)):
            if name is None:
                continue
            reached = [p for p in people if _touches(view, name, points(p))]
            # The zone's own hysteresis is for feet; whoever else touches it counts as well.
            feet = inside_zone(memory, people, view, name) if points is _trunk else []
            inside = feet + [p for p in reached if p not in feet]
            stay_s = stay_in_zone(memory, name, inside, view)
            if not inside or stay_s is None:
                continue
            if stay_s >= params.dwell_s - 1e-6 or memory.get("open") == level:
                told[name] = inside
                stayed_s = max(stayed_s, stay_s)
        if not told:
            return CLEAR
        found = {p.track: p for inside in told.values() for p in inside}
        return Condition(
            level,
            tuple(p.box for p in found.values()),
            (
                *(count_people(len(inside), name) for name, inside in told.items()),
                machine_words(rule.machine, machine),
            ),
            {
                "persons": len(found), "zone": next(iter(told)), "zones": list(told),
                "stay_s": round(stayed_s, 2), "machine": rule.machine,
                "machine_state": machine.state, "machine_source": machine.source,
                "tracks": list(found), "feet": [list(p.foot) for p in found.values()],
            },
        )  # fmt: skip


def _trunk(person: Person) -> list[tuple[float, float]]:
    """Return the foot and the middle of the hips, where the trunk ends."""
    x1, y1, x2, y2 = person.box
    return [person.foot, ((x1 + x2) / 2, y1 + 0.55 * (y2 - y1))]


def _outline(person: Person) -> list[tuple[float, float]]:
    """Return points over the box from the shoulders down to the knees: where hands can be."""
    x1, y1, x2, y2 = person.box
    return [
        (x1 + across * (x2 - x1), y1 + down * (y2 - y1))
        for across in (0.1, 0.5, 0.9)
        for down in (0.25, 0.5, 0.75)
    ]


def _touches(view: View, name: str, points: list[tuple[float, float]]) -> bool:
    return any(view.depth(name, point) >= 0 for point in points)


HAZARD = ConveyorPerson()
