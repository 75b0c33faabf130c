"""Machines, gauges and camera health: what the engine said against what was true."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from workers.accuracy.entry import START_S, STOP_S, Fault, state_at
from workers.engine import Finding, Reading
from workers.vision.pace import LOST_S, READ_S, TELL_S

MOVING = ("STARTING", "RUNNING", "COASTING")
STEP_S = 0.2
HEALTH = "camera_health"
# What a camera may rightly say of a clip in such light, labelled as a fault or not.
NATURAL = {"very_dark": "dark", "glare": "glare", "dust": "hazy"}
# A fault that is named this long after it ended is still that fault.
AFTER_S = 5.0
# A level that was told stands so long; until then it is told again, changed or not.
STANDS_S = TELL_S + READ_S
# A first level is believed within this time, and a lost one told to be unknown.
FIRST_S = STOP_S
BLIND_S = LOST_S + READ_S


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
    """Errors in metres of the level that stood, second by second; seconds in which it could be
    read, and was; seconds in which it was hidden, and was told to be unknown."""

    errors: list[float] = field(default_factory=list)
    seconds: int = 0
    read: int = 0
    hidden: int = 0
    unknown: int = 0


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
    *,
    hidden: Sequence[tuple[float, float]] = (),
    faults: Sequence[Fault] = (),
) -> None:
    """Ask one gauge of one clip, every second of its labels, for the level that stands.

    Between two labels the level is taken for a line. What was told stands until something else is,
    or until it should have been told again; it may be a second old, and is wrong by what the water
    moved since. The time that a first reading may take is left out, and so is a spoilt picture.
    hidden: when nobody can see the level; from the time that this may take to be told on, only
    that it is unknown is right.
    """
    times, metres = [t for t, _ in truth], [m for _, m in truth]
    told = [r for r in readings if r.name == f"{name}.level_m"]
    spoilt = [(fault.from_s, fault.to_s) for fault in faults]
    since, end = times[0], max([times[-1], *(b for _, b in hidden)])
    for t in range(math.ceil(times[0]), math.floor(end) + 1):
        last = next((r for r in reversed(told) if r.t <= t + 1e-6), None)
        value = None
        if last is not None and last.value is not None and t - last.t <= STANDS_S + 1e-6:
            value = float(last.value)
        began = next((a for a, b in hidden if a <= t <= b), None)
        if began is not None:
            since = t
            if t - began >= BLIND_S:
                score.hidden += 1
                score.unknown += value is None
            continue
        if t > times[-1]:
            continue
        if last is not None and value is not None:
            expected = float(np.interp(max(last.t, t - READ_S), times, metres))
            score.errors.append(abs(value - expected))
        if any(a <= t <= b for a, b in spoilt):
            since = t
        elif t - since >= FIRST_S:
            score.seconds += 1
            score.read += value is not None


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
