"""No monitoring, no work: work without a permit, or a permit whose camera does not see."""

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

# Seen for so long, a camera is ready again.
READY_S = 5.0


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    work_permit: str | None = source(
        label="Permit", required=True,
        help="An input of states; the work is permitted while it says OPEN, and only then.",
    )  # fmt: skip
    work_s: float = number(
        30.0, unit="s", low=1, high=3600, label="Work seen for",
        help="Time that people are at the place without a permit before the alarm.",
    )  # fmt: skip
    unready_s: float = number(
        30.0, unit="s", low=1, high=3600, label="Camera not ready for",
        help="Time that the camera of an open permit does not see before the alarm.",
    )  # fmt: skip
    visibility: float = number(
        0.5, unit="", low=0, high=1, label="Least visibility",
        help="Below this visibility, 0 to 1, the camera is not ready.",
    )  # fmt: skip
    clear_s: float = number(
        5.0, unit="s", low=0, high=600, label="Over after",
        help="Time in order before the alarm clears.",
    )  # fmt: skip


class PermitCameraReady(Hazard):
    """High-risk work goes on only with a permit and under a camera that sees it.

    A permit that is unknown or was told too long ago is no permit. Who is hidden for some seconds,
    and was not seen to leave, goes on working. Any fault of the camera, and
    too little visibility, make it not ready. Source: dispatch confirms camera and permit before
    high-risk work starts; 30 s of the field's practice.
    """

    type = "permit_camera_ready"
    title = "Work without permit or without camera"
    params = Params
    severity = "high"
    action = "Stop the work until the permit is open and the camera sees the place."
    needs_zone = True
    uses_picture = False
    min_visibility = 0.0
    # Without pictures the camera is not ready, and the permit tells its own times.
    remembers = {**STAYS, **HIDDEN, "unready": RUNS, "unpermitted": RUNS}
    hears = True

    def check_new(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse a permit that can never be open."""
        return lacking("params.work_permit", rule.params.work_permit, ("OPEN",), names)

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.zone is not None
        permit = view.inputs[params.work_permit or ""].word
        inside = inside_zone(memory, list(view.people), view, rule.zone)
        hidden = hidden_in_zone(memory, view.people, inside, view)
        stay_s = stay_in_zone(memory, rule.zone, inside, view, hidden=bool(hidden)) or 0.0
        values = {
            "zone": rule.zone, "permit": params.work_permit, "permit_state": permit,
            "persons": len(inside), "tracks": [p.track for p in inside],
        }  # fmt: skip
        if permit != "OPEN":
            memory.pop("unready", None)
            # The time without a permit: somebody whose permit ends has it anew to leave.
            since = memory.setdefault("unpermitted", view.t)
            work_s = min(stay_s, view.t - since)
            told_fault = _blind(rule, params, view)
            if memory.get("open") and told_fault and not inside:
                # Nobody looked: that is no proof that the work is over.
                words = say("nobody can see (%(fault)s)", fault=told_fault)
                seen = {**values, "fault": told_fault}
                return Condition("danger", why=(words,), values=seen, unsure=True)
            if memory.get("open") and hidden and not inside:
                words = say("nobody was seen to leave %(zone)s", zone=rule.zone)
                about = {"persons": len(hidden), "tracks": list(hidden)}
                return Condition("danger", why=(words,), values={**values, **about}, unsure=True)
            if not inside or (work_s < params.work_s - 1e-6 and not memory.get("open")):
                return CLEAR
            told = permit or "UNKNOWN"
            return Condition(
                "danger",
                tuple(p.box for p in inside),
                (
                    count_people(len(inside), rule.zone),
                    say("permit %(permit)s is %(state)s", permit=params.work_permit, state=told),
                ),
                {**values, "work_s": round(work_s, 1), "limit_s": params.work_s},
                unsure=permit is None,
            )
        memory.pop("unpermitted", None)
        fault = _blind(rule, params, view)
        if not fault:
            # One good picture now and then is no camera that is ready.
            seen_s = view.t - float(memory.setdefault("seeing", view.t))
            if seen_s >= READY_S - 1e-6:
                memory.pop("unready", None)
            return CLEAR
        memory.pop("seeing", None)
        unready_s = view.t - memory.setdefault("unready", view.t)
        if unready_s < params.unready_s - 1e-6 and not memory.get("open"):
            return CLEAR
        return Condition(
            "danger",
            why=(
                say("permit %(permit)s is %(state)s", permit=params.work_permit, state="OPEN"),
                say("nobody can see (%(fault)s)", fault=fault),
            ),
            values={**values, "fault": fault, "unready_s": round(unready_s, 1),
                    "limit_s": params.unready_s},
        )  # fmt: skip


def _blind(rule: Rule, params: Params, view: View) -> str:
    """Return why the camera is not ready, or ""."""
    if view.faults:
        return view.faults[0]
    if rule.zone in view.hidden:
        return "blurred"
    return "visibility" if view.visibility < params.visibility else ""


HAZARD = PermitCameraReady()
