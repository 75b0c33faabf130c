"""Somebody who rides on a belt, crosses it beside the bridge, or reaches into it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import hypot

import cv2
import numpy as np

from workers.gap import WAITS
from workers.hazards.base import (
    CLEAR,
    Box,
    Condition,
    Fault,
    Hazard,
    Memory,
    Person,
    Phrase,
    Point,
    Rule,
    View,
    say,
)
from workers.hazards.params import line, number, zone
from workers.hazards.presence import PEOPLE, STAYS, inside_zone, stay_in_zone, who_is_who
from workers.hazards.proximity_while_running import machine_words

# A box that ends this close to the bottom of the picture has its feet cut off.
CUT_OFF = 0.985
# Whose feet are within so many of his heights of a place can reach into it: a belt's edge is about
# half a body high, and an arm is a third of one long.
REACH = 0.75
# Somebody who moved by so much of his height along the belt is carried, across it crosses.
CARRIED, CROSSED = 0.5, 0.25
# Who is lost for so long and found in the same place is the same person.
KEEP_S = 2.0


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    bridge_zone: str | None = zone(
        label="Bridge", help="The crossing bridge: people on it are no danger."
    )
    reach_zone: str | None = zone(
        label="Reaching in",
        help="Head, tail or rollers: hands in it count, where the feet are near enough.",
    )
    reach_floor: str | None = zone(
        label="Floor to reach in from",
        help="The floor from which hands reach in; without it, feet close to the place count.",
    )
    along: str | None = line(
        label="Along the belt",
        help="A line in the belt's direction; without it, the belt's longer side.",
    )
    dwell_s: float = number(
        0.5, unit="s", low=0, high=60, label="Time on the belt",
        help="Time on the belt, or reaching in, before the alarm.",
    )  # fmt: skip
    ride_s: float = number(
        3.0, unit="s", low=0.5, high=60, label="Rides after",
        help="Who stays on the belt for so long is told as riding on it.",
    )  # fmt: skip
    clear_s: float = number(
        2.0, unit="s", low=0, high=600, label="Over after",
        help="Time without anybody on the belt before the alarm clears.",
    )  # fmt: skip


class ConveyorPerson(Hazard):
    """A person on the belt, or with a hand in it: danger while it runs or may run, else a warning.

    On the belt is who has the feet in its zone; the hips count only where the picture cuts the feet
    off, so who stands in front of a belt that his body hides is not on it. Riding is told by being
    carried along the belt or staying on it, crossing by moving across. Reaching in is told by
    shoulders to knees over `reach_zone` with the feet on `reach_floor`, or within three quarters
    of a body's height where that is not drawn. People on the bridge are left out by its polygon.
    A belt of unknown state counts as running. Who lies on a belt of 2 m/s is seen in few pictures:
    at five analysed a second he is told within 2 s, at three, or while a full machine looks for
    people more seldom, he may pass unseen: give such a camera its 5 a second. Sources: no people
    carried, crossing only by the bridge, guards at head and tail; 0.5 s, critical while it runs and
    medium while it stands, of the field's practice.
    """

    type = "conveyor_person"
    title = "Person on a conveyor"
    params = Params
    levels = {"warning": "medium", "danger": ""}
    severity = "critical"
    action = "Stop the belt by its pull cord or from here, and call the place."
    needs_zone = True
    needs_machine = True
    remembers = {**STAYS, **PEOPLE, "people.*.on.0": WAITS}
    each = True

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse zones that would leave nobody in danger, and a floor without a place to reach."""
        params: Params = rule.params
        for key in ("bridge_zone", "reach_zone", "reach_floor"):
            if rule.zone is not None and getattr(params, key) == rule.zone:
                yield Fault(f"params.{key}", "must be another zone than the belt's")
        if params.reach_zone and params.reach_zone == params.bridge_zone:
            yield Fault("params.reach_zone", "must be another zone than the bridge")
        if params.reach_floor and not params.reach_zone:
            yield Fault("params.reach_zone", "is missing: what is reached into from the floor")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.zone is not None and rule.machine is not None
        known = who_is_who(memory, view.people, view, KEEP_S)
        people = list(view.people)
        if params.bridge_zone:
            # Who was on the bridge counts as on it up to a little outside of its edge.
            crossing = inside_zone(memory, people, view, params.bridge_zone)
            people = [p for p in people if p not in crossing]
        machine = view.machines[rule.machine]
        level = "danger" if machine.running else "warning"
        standing = [_standing(p, view, rule.zone) for p in people]
        on_it = inside_zone(memory, standing, view, rule.zone)
        there = {"belt": on_it, "reach": []}
        if params.reach_zone:
            on_belt = {p.track for p in on_it}
            there["reach"] = self._reaching(
                params, memory, view, [p for p in people if p.track not in on_belt]
            )
        points = view.lines[params.along] if params.along else view.zones[rule.zone]
        axis = _axis((points[0], points[-1]) if params.along else points, view.aspect)
        told: dict[str, list[Person]] = {}
        stayed_s = 0.0
        for name, inside in there.items():
            stay_s = stay_in_zone(memory, name, inside, view)
            if stay_s is None or not inside:
                continue
            if stay_s >= params.dwell_s - 1e-6 or memory.get("open") == level:
                stayed_s = max(stayed_s, stay_s)
                for person in inside:
                    kind = "reaching"
                    if name == "belt":
                        kind = self._way(params, axis, known[person.track], person, view)
                    told.setdefault(kind, []).append(person)
        for track in set(known) - {p.track for p in on_it}:
            known[track].pop("on", None)
        for person in on_it:
            known[person.track].setdefault("on", [view.t, *person.foot])
        if not told:
            return CLEAR
        found = [person for inside in told.values() for person in inside]
        why = [WORDS[kind](rule.zone if kind != "reaching" else params.reach_zone, len(inside))
               for kind, inside in told.items()]  # fmt: skip
        return Condition(
            level,
            tuple(p.box for p in found),
            (*why, machine_words(rule.machine, machine)),
            {
                "persons": len(found), "zone": rule.zone,
                "kinds": {kind: [p.track for p in inside] for kind, inside in told.items()},
                "stay_s": round(stayed_s, 2), "machine": rule.machine,
                "machine_state": machine.state, "machine_source": machine.source,
                "tracks": [p.track for p in found], "feet": [list(p.foot) for p in found],
            },
            unsure=machine.unknown,
        )  # fmt: skip

    @staticmethod
    def _reaching(params: Params, memory: Memory, view: View, people: list[Person]) -> list[Person]:
        """Return who has hands where they do not belong; who had them there a little longer."""
        assert params.reach_zone is not None
        near = people
        if params.reach_floor:
            near = inside_zone(memory, people, view, params.reach_floor)
        was = memory.get("reached", [])
        found = []
        depths = view.depths_in(params.reach_zone)
        for person in near:
            margin = 0.06 * person.height if person.track in was else 0.0
            away = -depths[person.foot]
            close = params.reach_floor or away <= REACH * person.height + margin
            if close and any(depths[point] >= -margin for point in _outline(person.box)):
                found.append(person)
        memory["reached"] = [p.track for p in found]
        return found

    @staticmethod
    def _way(params: Params, axis: Point, one: Memory, person: Person, view: View) -> str:
        """Return what somebody on the belt does: riding, crossing, or not known yet."""
        since, x, y = one.get("on", [view.t, *person.foot])
        moved = ((person.foot[0] - x) * view.aspect, person.foot[1] - y)
        along = abs(moved[0] * axis[0] + moved[1] * axis[1]) / person.height
        across = abs(moved[0] * axis[1] - moved[1] * axis[0]) / person.height
        if along >= CARRIED and along > across:
            return "riding"
        if across >= CROSSED:
            return "crossing"
        return "riding" if view.t - since >= params.ride_s - 1e-6 else "on"


def _on(zone: str | None, count: int) -> Phrase:
    return say("on %(zone)s: %(count)s", zone=zone, count=count)


def _riding(zone: str | None, count: int) -> Phrase:
    return say("riding on %(zone)s: %(count)s", zone=zone, count=count)


def _crossing(zone: str | None, count: int) -> Phrase:
    return say("crossing %(zone)s outside the bridge: %(count)s", zone=zone, count=count)


def _reaching(zone: str | None, count: int) -> Phrase:
    return say("reaching into %(zone)s: %(count)s", zone=zone, count=count)


WORDS = {"on": _on, "riding": _riding, "crossing": _crossing, "reaching": _reaching}


def _standing(person: Person, view: View, zone: str) -> Person:
    """Return somebody whom the picture cuts off as standing at the hips, where these are deeper."""
    x1, y1, x2, y2 = person.box
    if y2 < CUT_OFF:
        return person
    hips = ((x1 + x2) / 2, y1 + 0.55 * (y2 - y1))
    deeper = view.depth(zone, hips) > view.depth(zone, person.foot)
    return replace(person, foot=hips) if deeper else person


@lru_cache(maxsize=256)
def _outline(box: Box) -> list[Point]:
    """Return points over a box from the shoulders down to the knees: where hands can be."""
    x1, y1, x2, y2 = box
    return [
        (x1 + across * (x2 - x1), y1 + down * (y2 - y1))
        for across in (0.1, 0.5, 0.9)
        for down in (0.25, 0.5, 0.75)
    ]


@lru_cache(maxsize=64)
def _axis(points: tuple[Point, ...], aspect: float) -> Point:
    """Return the direction of a line, or of the longer side of a polygon, in picture heights."""
    there = np.array([(x * aspect, y) for x, y in points], np.float32)
    if len(there) > 2:
        corners = cv2.boxPoints(cv2.minAreaRect(there))
        sides = corners[1:3] - corners[:2]
        x, y = sides[int(np.argmax(np.linalg.norm(sides, axis=1)))]
    else:
        x, y = there[-1] - there[0]
    length = hypot(x, y) or 1.0
    return float(x) / length, float(y) / length


HAZARD = ConveyorPerson()
