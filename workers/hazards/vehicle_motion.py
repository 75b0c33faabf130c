"""A vehicle that moves as it must not: too fast, down the slope, the wrong way, too close."""

from collections.abc import Iterable

from workers.gap import KEPT, RUNS
from workers.hazards.base import Condition, Fault, Hazard, MachineView, Memory, Rule, View
from workers.hazards.driving import RUNAWAY, Driving, Params
from workers.hazards.proximity_while_running import machine_words
from workers.hazards.traffic import Car, follow, lost_from_sight
from workers.words import sentence

# A measure whose error is more than this part of the limit says nothing about it.
WORST = 0.5
# How often the speed is written down.
TELL_S = 1.0


class VehicleMotion(Hazard):
    """A vehicle too fast, running away, stopped on the slope, on the wrong way, or too close.

    Speed is measured on the drawn ground over the last second, and counts only where it is over a
    limit by more than its own error. Running away is: over the limit by the share at which brakes
    must come in and downhill; downhill acceleration; or moving while the machine is known to be
    STOPPED. A machine of unknown state proves no runaway: the reading `runaway` then says UNKNOWN.
    The reading `speed` says UNKNOWN, and the rule BLIND, where a vehicle's speed cannot be told.
    Mine cars are known by their moving: one that stood there from the beginning is not seen before
    it moves. Sources: brakes at 30 % over the limit on a rope and 15 % else, 25 and 40 km/h and
    50 m for trackless vehicles by rule; 10 %, 0.5 s, 0.3 m/s, 1 m/s² and 1 s of the field's
    practice.
    """

    type = "vehicle_motion"
    title = "Vehicle too fast, running away, or where it must not be"
    params = Params
    levels = {
        "gap": "high", "stopped": "high", "wrong_way": "high", "fast": "high",
        "overspeed": "critical", "runaway": "critical",
    }  # fmt: skip
    severity = "critical"
    action = "Warn everybody below and on the road, stop the haulage, and keep people out."
    needs_zone = True
    needs_ground = True
    uses_people = False
    uses_vehicles = True
    # A way has its own times: what went on over the gap is where it must be by now.
    remembers = {"cars": KEPT, "ground": KEPT, "stop": RUNS}

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse cars on a rope or on rails without a limit: there is none of their own."""
        if not rule.params.limit:
            yield Fault("params.limit_m_s", "must be said for cars on a rope or on rails")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.zone is not None
        machine = view.machines[rule.machine] if rule.machine else None
        stopped_s = _stopped_s(memory, machine, view)
        blind = view.blind or view.lost
        if blind:
            return Condition(None, blind=blind)
        cars = follow(memory, view, rule.zone, WORST * params.limit)
        is_open = memory.get("open")
        judged = [Driving(car, params, view, stopped_s, is_open) for car in cars]
        if params.trackless and params.gap_m:
            for one in judged:
                one.look_ahead([other for other in judged if other is not one])
        readings = _readings(memory, cars, judged, machine, params, view)
        blind = next((one.unmeasured for one in judged if one.unmeasured), "")
        worst = max(judged, key=lambda one: self._rank(one.level), default=None)
        if worst is None or worst.level is None:
            if is_open and not blind and lost_from_sight(memory, view):
                blind = sentence("a vehicle that stood there is not seen any more")
            return Condition(None, readings=readings, blind=blind)
        level = worst.level
        same = [one for one in judged if one.level == level]
        why = [worst.words(level, rule.zone)]
        if level == "runaway" and rule.machine and machine is not None:
            why.append(machine_words(rule.machine, machine))
        values = {
            **worst.values(), "zone": rule.zone, "vehicles": len(cars),
            "tracks": [one.car.vehicle.track for one in same],
            "feet": [list(one.car.vehicle.foot) for one in same],
            "machine": rule.machine, "machine_state": machine.state if machine else None,
        }  # fmt: skip
        boxes = tuple(one.car.vehicle.box for one in same)
        return Condition(level, boxes, tuple(why), values, readings, blind)

    def _rank(self, level: str | None) -> int:
        return -1 if level is None else list(self.levels).index(level)


def _stopped_s(memory: Memory, machine: MachineView | None, view: View) -> float:
    """Return for how long the machine is known to be stopped; -1 where it is not known to be."""
    first = "stop" not in memory
    if machine is None or machine.state != "STOPPED":
        memory["stop"] = None
        return -1.0
    if first or memory["stop"] is None:
        # What stood when this began stood before.
        memory["stop"] = view.t - 3600.0 if first else view.t
    return float(view.t - memory["stop"])


def _readings(
    memory: Memory, cars: list[Car], judged: list[Driving], machine: MachineView | None,
    params: Params, view: View,
) -> dict[str, float | str | None]:  # fmt: skip
    """Return what is worth keeping: how many, how fast the fastest, and its error."""
    readings: dict[str, float | str | None] = {"vehicles": float(len(cars))}
    if any(car.unmeasured for car in cars):
        readings["speed"] = "UNKNOWN"
        memory.pop("told", None)
    else:
        motions = [car.motion for car in cars if car.motion is not None]
        fastest = max(motions, key=lambda m: m.speed, default=None)
        if fastest is not None:
            told = memory.get("told")
            if told is None or not -1e-6 < view.t - told[0] < TELL_S - 0.05:
                told = [view.t, round(fastest.speed, 1), round(fastest.error, 1)]
                memory["told"] = told
            readings["speed"], readings["speed_error"] = told[1], told[2]
    if machine is not None:
        moves = any(c.motion and c.motion.speed - c.motion.error > params.moving_m_s for c in cars)
        runs_away = any(one.so & RUNAWAY for one in judged)
        doubt = moves and machine.state == "UNKNOWN"
        readings["runaway"] = "yes" if runs_away else "UNKNOWN" if doubt else "no"
    return readings


HAZARD = VehicleMotion()
