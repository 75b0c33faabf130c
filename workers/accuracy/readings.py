"""Machines, gauges and camera health: what the engine said against what was true."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from workers.accuracy.entry import START_S, STOP_S, Fault, state_at
from workers.engine import Finding, Reading

MOVING = ("STARTING", "RUNNING", "COASTING")
STEP_S = 0.2
HEALTH = "camera_health"
# What a camera may rightly say of a clip in such light, labelled as a fault or not.
NATURAL = {"very_dark": "dark", "glare": "glare", "dust": "hazy"}
# A fault that is named this long after it ended is still that fault.
AFTER_S = 5.0


@dataclass
class Machines:
    """Counted fifths of seconds, and seconds from each true switch to its belief."""

    right: int = 0
    total: int = 0
    to_running: list[float] = field(default_factory=list)
    to_stopped: list[float] = field(default_factory=list)


@dataclass
class Health:
    """Faults found by name, and what was found where there was none."""

    found: dict[str, list[float]] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)
    false_at: list[tuple[str, float]] = field(default_factory=list)
    hours: float = 0.0


@dataclass
class Levels:
    """Errors of the levels read in metres, and how many readings gave none."""

    errors: list[float] = field(default_factory=list)
    unread: int = 0


def _kind(state: str) -> str:
    return "moving" if state in MOVING else state


def machine(
    score: Machines,
    name: str,
    phases: Sequence[tuple[float, str]],
    readings: Sequence[Reading],
    seconds: float,
) -> None:
    """Count one machine of one clip.

    The time that a belief may take (1.5 s to moving, 4 s to anything else, and to the first
    belief) is left out of the seconds, and measured for itself.
    """
    said = [(r.t, str(r.value)) for r in readings if r.name == f"{name}.state"]
    said = said or [(0.0, "UNKNOWN")]
    since, before = 0.0, ""
    for k in range(int(seconds / STEP_S)):
        t = k * STEP_S
        now = _kind(state_at(phases, t))
        if now != before:
            since, before = t, now
        grace = START_S if now == "moving" and since > 0 else STOP_S
        if t - since > grace + 1e-6:
            score.total += 1
            score.right += _kind(state_at(said, t)) == now
    for (begin, state), (end, _) in zip(phases, [*phases[1:], (seconds, "")], strict=True):
        if begin <= 0 or state not in ("RUNNING", "STOPPED"):
            continue
        reached = [
            max(t, begin)
            for (t, what), (until, _) in zip(said, [*said[1:], (seconds, "")], strict=True)
            if what == state and t < end and until > begin
        ]
        # Never believed: as long as it lasted, which is too long or too short to tell.
        delay = (min(reached) if reached else end) - begin
        if reached or delay > STOP_S:
            (score.to_running if state == "RUNNING" else score.to_stopped).append(delay)


def level(
    score: Levels,
    name: str,
    truth: Sequence[tuple[float, float]],
    readings: Sequence[Reading],
    seconds: float,
) -> None:
    """Count one gauge of one clip; between two labelled times the level is taken for a line.

    A gauge that is never told of counts as one unread a second.
    """
    times, metres = [t for t, _ in truth], [m for _, m in truth]
    told = [r for r in readings if r.name == f"{name}.level_m"]
    if not told:
        score.unread += max(1, int(seconds))
    for reading in told:
        if reading.value is None:
            score.unread += 1
            continue
        expected = float(np.interp(reading.t, times, metres))
        score.errors.append(abs(float(reading.value) - expected))


def health(
    score: Health,
    faults: Sequence[Fault],
    findings: Sequence[Finding],
    seconds: float,
    regime: str = "",
) -> None:
    """Count the camera's faults of one clip, in its light regime.

    A wrong name while there is a fault is neither found nor false: the camera is called blind.
    """
    raised = [f for f in findings if f.type == HEALTH and f.state == "raised"]
    for fault in faults:
        times = [
            f.t
            for f in raised
            if f.level == fault.fault and fault.from_s - 0.5 <= f.t <= fault.to_s + AFTER_S
        ]
        if times:
            delay = max(0.0, min(times) - fault.from_s)
            score.found.setdefault(fault.fault, []).append(delay)
        else:
            score.missed[fault.fault] = score.missed.get(fault.fault, 0) + 1
    score.false_at += [
        (f.level, f.t)
        for f in raised
        if f.level != NATURAL.get(regime)
        and not any(a.from_s - 0.5 <= f.t <= a.to_s + AFTER_S for a in faults)
    ]
    score.hours += seconds / 3600
