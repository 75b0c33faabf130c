"""The camera cannot see while the danger it watches is there."""

from dataclasses import dataclass

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
        help="Time without sight while the machine runs before the alarm.",
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
    """The machine runs, or may run, and nobody can see its danger area.

    A machine of unknown state counts as running. Blindness is a fault of the camera or too little
    visibility. Source of the default: 15 s in the field's practice for cameras over an armed
    hazard; fault interlock: a sensor that is faulty counts as unsafe.
    """

    type = "camera_blind_on_hazard"
    title = "Camera blind while the machine runs"
    params = Params
    severity = "high"
    action = "Stop the machine or send somebody to watch; clean, light or repair the camera."
    needs_machine = True
    uses_picture = False
    uses_people = False
    min_visibility = 0.0

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.machine is not None
        machine = view.machines[rule.machine]
        fault = next((fault for fault in view.faults if fault in BLINDING), "")
        if not fault and view.visibility < params.visibility:
            fault = "visibility"
        if not fault or not machine.running:
            # One clear picture, or one in which the machine stands, is no end of it.
            safe_s = view.t - float(memory.setdefault("safe", view.t))
            if safe_s >= SAFE_S - 1e-6:
                memory.pop("since", None)
            return CLEAR
        memory.pop("safe", None)
        since = memory.setdefault("since", view.t)
        blind_s = view.t - since
        if blind_s < params.blind_s - 1e-6 and not memory.get("open"):
            return CLEAR
        return Condition(
            "danger",
            why=(
                say("nobody can see (%(fault)s)", fault=fault),
                say("for %(seconds)s s", seconds=f"{blind_s:.0f}"),
                say("%(machine)s %(state)s", machine=rule.machine, state=machine.state),
            ),
            values={
                "fault": fault, "blind_s": round(blind_s, 1), "visibility": view.visibility,
                "machine": rule.machine, "machine_state": machine.state,
                "machine_source": machine.source, "limit_s": params.blind_s,
            },
        )  # fmt: skip


HAZARD = CameraBlindOnHazard()
