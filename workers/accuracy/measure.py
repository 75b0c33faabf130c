"""Measures entries: one pass that looks at every frame, one as it runs live, and all scores."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from workers.accuracy import boxes, figures, readings, zones
from workers.accuracy.disturb import Change
from workers.accuracy.entry import Entry, Person
from workers.accuracy.figures import Figure
from workers.accuracy.runner import Remembering, Run, frames_of, probed, run
from workers.hazards import registry
from workers.media.decode import Frame
from workers.scene import SceneRule
from workers.vision.detector import Detector

# The hazard's name for the zones that the bank draws itself.
ENTRY = "zone entry"
# A labelled frame belongs to an analysed one this near in time.
NEAR_S = 0.051


@dataclass
class Tally:
    """All that was counted of one source of clips, by hazard and light regime."""

    source: str
    events: dict[tuple[str, str], list[zones.Score]] = field(default_factory=dict)
    pictures: dict[str, list[boxes.Picture]] = field(default_factory=dict)
    machines: dict[str, readings.Machines] = field(default_factory=dict)
    levels: dict[str, readings.Levels] = field(default_factory=dict)
    health: readings.Health = field(default_factory=readings.Health)
    notes: list[str] = field(default_factory=list)
    clips: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu_s: float = 0.0
    frames: int = 0
    looked: int = 0


def regime_of(frames: Sequence[Frame]) -> str:
    """Return bright, dim or very_dark by the mean brightness 0..255; glare and dust must be said.

    Lit scenes have 75 to 100, dim ones 30 to 40, very dark ones below 20.
    """
    some = frames[:: max(1, len(frames) // 10)]
    mean = float(np.mean([cv2.cvtColor(f.bgr(160), cv2.COLOR_BGR2GRAY).mean() for f in some]))
    return "bright" if mean >= 60 else "dim" if mean >= 20 else "very_dark"


def measure(
    entries: Iterable[Entry],
    detector: Detector,
    source: str,
    *,
    change: Callable[[str], Change] | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> Tally:
    """Run and score all entries. change: gives, by an entry's name, what alters its pictures."""
    tally = Tally(source)
    for entry in entries:
        frames = frames_of(entry, change=change(entry.name) if change else None)
        if not frames:
            tally.notes.append(f"{entry.name}: no picture in it")
            continue
        add(tally, entry, frames, Remembering(detector))
        tally.clips.append(entry.name)
        tell(entry.name)
    return tally


def add(tally: Tally, entry: Entry, frames: Sequence[Frame], detector: Detector) -> None:
    """Run one entry's frames and count what the engine said."""
    regime = entry.regime or regime_of(frames)
    aspect = frames[0].width / frames[0].height
    people = entry.truth.people
    probes = zones.grid() if people is not None else ()
    if people is not None:
        every = run(entry.scene, frames, detector, gate=False)
        seen = pictures(entry.name, every, people, aspect)
        tally.pictures.setdefault(regime, []).extend(seen)
    live = run(probed(entry.scene, probes), frames, detector)
    tally.seconds += live.seconds
    tally.cpu_s += live.cpu_s
    tally.frames += live.analysed
    tally.looked += live.detector_frames
    tally.notes += [f"{entry.name}: {fault}" for fault in live.faults]
    drawn = {probe.name for probe in probes}
    if people is not None:
        stays = [stay for probe in probes for stay in zones.stays(probe, people, aspect)]
        found = [f for f in live.findings if f.rule in drawn]
        blind = _blindness(entry, live, drawn, regime)
        score = zones.score(stays, found, live.seconds, blind=blind)
        _events(tally, entry, ENTRY, regime, score)
    if entry.truth.stays is not None:
        _own_rules(tally, entry, regime, live)
    for name, phases in entry.truth.machines.items():
        machine = next((m for m in entry.scene.machines if m.id == name), None)
        if machine is not None and machine.source != "signal" and phases:
            kind = tally.machines.setdefault(machine.kind, readings.Machines())
            readings.machine(kind, name, phases, live.readings, live.seconds)
    for name, truth in entry.truth.levels.items():
        one = tally.levels.setdefault(regime, readings.Levels())
        hidden, faults = entry.truth.hidden.get(name, ()), entry.truth.faults or ()
        readings.level(one, name, truth, live.readings, hidden=hidden, faults=faults)
    before = len(tally.health.false_at)
    readings.health(tally.health, entry.truth.faults or (), live.findings, live.seconds, regime)
    tally.notes += [
        f"{entry.name}: camera fault {name} told at {t:.1f} s, where there is none"
        for name, t in tally.health.false_at[before:]
    ]


def _own_rules(tally: Tally, entry: Entry, regime: str, live: Run) -> None:
    """Count the entry's own rules, by their hazard type."""
    for kind in sorted({rule.type for rule in entry.scene.rules}):
        rules = {rule.id for rule in entry.scene.rules if rule.type == kind}
        found = [f for f in live.findings if f.rule in rules]
        stays = [stay for stay in entry.truth.stays or () if stay.rule in rules]
        score = zones.score(
            stays,
            found,
            live.seconds,
            clear_s={rule.id: _clear_s(rule) for rule in entry.scene.rules},
            blind=_blindness(entry, live, rules, regime),
        )
        _events(tally, entry, kind, regime, score)


def _blindness(
    entry: Entry, live: Run, rules: Collection[str], regime: str
) -> dict[str, list[zones.Span]]:
    faults = entry.truth.faults or ()
    return zones.blindness(rules, live.readings, faults, regime, live.seconds)


def _clear_s(rule: SceneRule) -> float | None:
    """Return what a rule may take to end; None where it may go on at a lower level."""
    hazard = registry()[rule.type]
    if len(hazard.levels) > 1 and getattr(rule.params, "warning_zone", "") is not None:
        return None
    return hazard.clear_s(rule)


def _events(tally: Tally, entry: Entry, kind: str, regime: str, score: zones.Score) -> None:
    tally.events.setdefault((kind, regime), []).append(score)
    for stay in score.missed:
        tally.notes.append(
            f"{entry.name}: missed {stay.rule}, {stay.begin_s:.1f} to {stay.end_s:.1f} s ({regime})"
        )
    for rule, t in score.false_at:
        tally.notes.append(
            f"{entry.name}: raised {rule} at {t:.1f} s, with nobody's feet there ({regime})"
        )
    for rule, t in score.open_at:
        tally.notes.append(
            f"{entry.name}: {rule} is open still at {t:.1f} s, nobody is there ({regime})"
        )


def pictures(
    name: str,
    every: Run,
    people: Sequence[tuple[float, Sequence[Person]]],
    aspect: float,
) -> list[boxes.Picture]:
    """Pair the labelled frames with what the detector saw in them."""
    found = []
    labelled = list(people)
    for item in every.detections:
        t, there = min(labelled, key=lambda one: abs(one[0] - item["t"]), default=(9e9, ()))
        if abs(t - item["t"]) <= NEAR_S:
            rows = [[*b["xyxy"], b["score"]] for b in item["boxes"] if b["label"] == "person"]
            array = np.array(rows, float).reshape(-1, 5)
            found.append(boxes.Picture(name, 640 / aspect, tuple(there), array))
    return found


def figures_of(tally: Tally) -> list[Figure]:
    """Return the figures of all that was counted."""
    found: list[Figure] = []
    source = tally.source
    for (kind, regime), scores in sorted(tally.events.items()):
        found += figures.events(f"{source}/{kind}/{regime}", scores)
    for regime, seen in sorted(tally.pictures.items()):
        found += figures.detection(f"{source}/people/{regime}", seen)
    for kind, machine in sorted(tally.machines.items()):
        name = f"{source}/machine/{kind}"
        if machine.total:
            found.append(
                figures.share(
                    f"{name}/seconds right", machine.right, machine.total, "fifths of seconds"
                )
            )
        found += figures.spread(f"{name}/to RUNNING", machine.to_running, "s", "switches", 0.2)
        found += figures.spread(f"{name}/to STOPPED", machine.to_stopped, "s", "switches", 0.2)
    for regime, level in sorted(tally.levels.items()):
        name = f"{source}/gauge/{regime}"
        if level.seconds:
            found.append(figures.share(f"{name}/read", level.read, level.seconds, "seconds"))
        if level.hidden:
            title = f"{name}/unknown while hidden"
            found.append(figures.share(title, level.unknown, level.hidden, "seconds"))
        errors = [100 * error for error in level.errors]
        found += figures.spread(f"{name}/error", errors, "cm", "seconds", 0.1)
    found += _health(f"{source}/camera health", tally.health)
    return found


def _health(name: str, health: readings.Health) -> list[Figure]:
    found: list[Figure] = []
    faults = sorted({*health.found, *health.missed})
    for fault in faults:
        times = health.found.get(fault, [])
        total = len(times) + health.missed.get(fault, 0)
        found.append(figures.share(f"{name}/{fault}/found", len(times), total, "faults"))
        found += figures.spread(f"{name}/{fault}/time to find", times, "s", "faults", 0.2)
    if health.hours:
        found.append(figures.rate(f"{name}/false", len(health.false_at), health.hours))
    return found
