"""What the engine reports: measured values, and rules or faults that are raised and cleared."""

import copy
from dataclasses import dataclass
from typing import Any

from workers.scene import Scene
from workers.state import RuleState, State
from workers.vision.health import Change

# The rule and type that every fault of the camera itself is told under.
CAMERA_RULE, CAMERA_TYPE = "camera", "camera_health"


@dataclass(frozen=True)
class Reading:
    """A measured value at a time; why: what makes it unknown, in words."""

    name: str
    t: float
    value: float | str | None
    confidence: float | None = None
    source: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class Finding:
    """A rule raised, eased or cleared; the situation's id is the same from first raise to clear.

    Raised again: at a worse level, of a rule that was made more severe, or when what was told in
    doubt (values["unsure"]) is known.
    Eased: the worse level that was told is over, a lesser one is so still. values["step"] counts
    the levels that a situation took, so that what comes late or twice is known.

    The camera's own faults have the rule "camera", the type "camera_health" and the fault as
    level; values["about"] names the machine or gauge that a fault is about, where it is about one.
    mode: of the rule; what a rule in shadow finds is no alarm.
    """

    rule: str
    type: str
    state: str
    situation: str
    level: str
    severity: str
    t: float
    boxes: list[list[float]]
    why: str
    values: dict[str, Any]
    mode: str = "armed"


def fault_finding(scene: Scene, change: Change) -> Finding:
    """Say a fault of the camera as a finding; over an armed zone a blind camera is serious.

    One that was knocked a little sees as well as before.
    """
    values = {**change.values, "since_t": round(change.since_t, 3)}
    if change.about:
        values["about"] = change.about
    return Finding(
        CAMERA_RULE,
        CAMERA_TYPE,
        change.state,
        change.situation,
        change.fault,
        "high" if scene.rules and change.fault != "knocked" else "medium",
        change.t,
        [],
        change.why,
        values,
    )


def finding(rule: str, memory: RuleState, state: str, t: float) -> Finding:
    """Say a rule's situation as it is remembered now as a finding."""
    return Finding(
        rule,
        memory.type,
        state,
        memory.situation or "",
        memory.level or "",
        memory.severity,
        t,
        copy.deepcopy(memory.boxes),
        memory.why,
        dict(memory.values),
        memory.mode,
    )


def open_findings(scene: Scene, state: State, t: float) -> list[Finding]:
    """Return what is raised and not cleared: situations of the scene's rules, and faults."""
    known = {rule.id for rule in scene.rules}
    found = [
        finding(name, memory, "raised", t if memory.active_t is None else memory.active_t)
        for name, memory in state.rules.items()
        if memory.level is not None and name in known
    ]
    return found + [fault_finding(scene, change) for change in state.health.open()]


def last_seen_s(state: State, one: Finding) -> float:
    """Return when a rule last surely saw what it keeps open: a blind one keeps it, seeing nothing.

    In seconds, as a finding's t, which goes on with the time while the rule is blind.
    """
    memory = state.rules.get(one.rule)
    sight, since = memory.told.get("sight", ("", 0.0)) if memory else ("", 0.0)
    return min(one.t, since) if sight == "BLIND" else one.t
