"""A post that must be manned is not."""

from collections.abc import Iterable
from dataclasses import dataclass

from workers.gap import RUNS
from workers.hazards.base import CLEAR, Condition, Fault, Hazard, Memory, Rule, View, say
from workers.hazards.params import integer, number
from workers.hazards.presence import BRIDGE_S, INSIDE, inside_zone, settling


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    at_least: int = integer(
        1, low=1, high=20, label="People at the post", help="How many must be there."
    )
    absent_s: float = number(
        60.0, unit="s", low=1, high=3600, label="Absent for",
        help="Time without them before the alarm while the machine stands, or there is none.",
    )  # fmt: skip
    running_s: float = number(
        5.0, unit="s", low=1, high=3600, label="Absent while it runs",
        help="Time without them before the alarm while the machine runs.",
    )  # fmt: skip
    clear_s: float = number(
        5.0, unit="s", low=0, high=600, label="Over after",
        help="Time with enough people at the post before the alarm clears.",
    )  # fmt: skip


class PostAbsence(Hazard):
    """Fewer people than needed in the zone of a post: a winch driver's, a guard's, a dispatcher's.

    With a machine, the shorter time counts while it runs; unknown counts as running, and then the
    alarm is at the rule's own severity, else it is a warning. While the camera is blind nobody is
    known to be there, and the time goes on. Sources of the defaults: a driver may not leave the
    post; 60 s, and 5 s while the machine runs, of the field's practice.
    """

    type = "post_absence"
    title = "Post not manned"
    params = Params
    levels = {"warning": "medium", "danger": ""}
    severity = "high"
    action = "Call the post; stop the machine until somebody is there."
    needs_zone = True
    always = True  # somebody who sits still is there as well
    remembers = {**INSIDE, "manned": RUNS}

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse a time that is longer while the machine runs."""
        if rule.params.running_s > rule.params.absent_s:
            yield Fault("params.running_s", "must not be longer than while the machine stands")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.zone is not None
        inside = inside_zone(memory, list(view.people), view, rule.zone)
        manned = len(inside) >= params.at_least and not view.blind
        if manned:
            memory["manned"] = view.t
        since = memory.setdefault("manned", view.t)
        away_s = view.t - since
        if manned or away_s <= max(BRIDGE_S, 2.2 * view.step_s):
            return CLEAR
        if settling(memory, view) and not memory.get("open"):
            return CLEAR  # whoever sits there is not believed yet
        machine = view.machines[rule.machine] if rule.machine else None
        running = machine is not None and machine.running
        limit_s = params.running_s if running else params.absent_s
        # The level of a machine-bound post is danger only while it may run.
        level = "danger" if running or machine is None else "warning"
        # While the alarm is open a visit shorter than it takes to clear ends nothing.
        if away_s < limit_s - 1e-6 and not memory.get("open"):
            return CLEAR
        why = [say("post %(zone)s not manned for %(seconds)s s", zone=rule.zone,
                   seconds=f"{away_s:.0f}")]  # fmt: skip
        values = {
            "zone": rule.zone, "persons": len(inside), "needed": params.at_least,
            "absent_s": round(away_s, 1), "limit_s": limit_s,
        }  # fmt: skip
        if machine is not None:
            why.append(say("%(machine)s %(state)s", machine=rule.machine, state=machine.state))
            values |= {"machine": rule.machine, "machine_state": machine.state,
                       "machine_source": machine.source}  # fmt: skip
        unsure = machine is not None and machine.unknown
        return Condition(level, tuple(p.box for p in inside), tuple(why), values, unsure=unsure)


HAZARD = PostAbsence()
