"""The camera cannot see while the danger it watches is there."""

from dataclasses import dataclass

from workers.gap import RUNS
from workers.hazards.base import CLEAR, Condition, Hazard, Memory, Rule, View, say
from workers.hazards.params import number

BLINDING = ("lost", "frozen", "dark", "overexposed", "glare", "blurred", "hazy", "blocked", "moved")

# Sight, or a standing machine, for so long begins the time anew.
SAFE_S = 3.0


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    blind_s: float = number(
        15.0, unit="s", low=1, high=600, label="Blind for",
        help="Time without sight, while the machine (if one is named) runs, before the alarm.",
    )  # fmt: skip
    visibility: float = number(
        0.5, unit="", low=0, high=1, label="Least visibility",
        help="Below this visibility, 0 to 1, the camera does not see.",
    )  # fmt: skip
    clear_s: float = number(
        5.0, unit="s", low=0, high=600, label="Over after",
        help="Time with sight, or with the machine stopped, before the alarm clears.",
    )  # fmt: skip


class CameraBlindOnHazard(Hazard):
    """Nobody can see a danger area, while its machine runs or may run where one is named.

    A machine of unknown state counts as running; without a machine the rule's schedule and
    conditions say when there is a danger. Blindness is too little visibility, or a fault of the
    picture from the moment at which it began: the times after which the camera's own faults are
    told, up to two minutes, do not come on top. A stream that is lost gives no pictures to judge;
    the recorder tells of it within five seconds. Source of the default: 15 s in the field's
    practice for cameras over an armed hazard; fault interlock: a sensor that is faulty counts as
    unsafe.
    """

    type = "camera_blind_on_hazard"
    title = "Camera blind over a danger"
    params = Params
    severity = "high"
    action = "Stop the machine or send somebody to watch; clean, light or repair the camera."
    uses_picture = False
    uses_people = False
    min_visibility = 0.0
    # Without pictures nobody sees either.
    remembers = {"blind.*": RUNS, "runs.*": RUNS}

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        machine = view.machines[rule.machine] if rule.machine else None
        faults = {name: since for name, since in view.doubts.items() if name in BLINDING}
        faults |= {name: view.t for name in view.faults if name in BLINDING and name not in faults}
        if rule.zone in view.hidden:
            faults.setdefault("blurred", view.t)
        if not faults and view.visibility < params.visibility:
            faults = {"visibility": view.t}
        may_run = machine is None or machine.running
        began = min(faults.values(), default=view.t)
        blind_since = _since(memory, "blind", bool(faults), began, view.t)
        run_since = _since(memory, "runs", may_run, view.t, view.t)
        if not faults or not may_run:
            return CLEAR
        # A camera that was blind before its machine started has the whole time from the start on.
        blind_s = view.t - (blind_since if machine is None else max(blind_since, run_since))
        if blind_s < params.blind_s - 1e-6 and not memory.get("open"):
            return CLEAR
        fault = min(faults, key=lambda name: faults[name])
        why = [
            say("nobody can see (%(fault)s)", fault=fault),
            say("for %(seconds)s s", seconds=f"{blind_s:.0f}"),
        ]
        values = {
            "fault": fault, "blind_s": round(blind_s, 1), "visibility": view.visibility,
            "limit_s": params.blind_s,
        }  # fmt: skip
        if machine is not None:
            why.append(say("%(machine)s %(state)s", machine=rule.machine, state=machine.state))
            values |= {"machine": rule.machine, "machine_state": machine.state,
                       "machine_source": machine.source}  # fmt: skip
        unsure = machine is not None and machine.unknown
        return Condition("danger", why=tuple(why), values=values, unsure=unsure)


def _since(memory: Memory, name: str, is_so: bool, began: float, t: float) -> float:
    """Keep since when something is so; one frame in which it is not is no end of it."""
    known = memory.get(name)
    if is_so:
        since = began if known is None else min(known[0], began)
        memory[name] = [since, t]
        return float(since)
    if known is not None and t - known[1] >= SAFE_S - 1e-6:
        del memory[name]
    return t


HAZARD = CameraBlindOnHazard()
