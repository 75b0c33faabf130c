"""`--long`: hours of clips under other light each time, for what happens once a day or less.

Every clip of the bank, and real footage without people, is replayed with an exposure, a flicker
and a noise of its own in each pass. Two processes; the same seeds give the same hours.
"""

import math
import multiprocessing
import os
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache

import cv2
import numpy as np

from workers.accuracy import readings, zones
from workers.accuracy.disturb import fresh
from workers.accuracy.entry import Entry, Person, Truth, shipped
from workers.accuracy.interval import poisson, wilson
from workers.accuracy.measure import regime_of
from workers.accuracy.real import DATA
from workers.accuracy.runner import frames_of, probed, run
from workers.geometry import Polygon, distance_inside
from workers.media.decode import Frame
from workers.scene import Scene
from workers.vision.detector import Detector
from workers.vision.load import load_detector

HOURS = 2.0
# Without people: at least so much of it.
EMPTY_HOURS = 0.5
PROCESSES = 2
# Until then a cyclist rides through the clip of the motorway.
MOTORWAY_FROM_S = 13.0
PAN_S = 20.0
PAN_FPS = 5.0
MOST_NOTES = 30
# Somebody's feet within this part of his height of a zone: he is there, and was put elsewhere.
BESIDE = 0.5


@dataclass
class Hours:
    """What was counted over the hours of one kind of clips.

    beside: false alarms with somebody right beside the zone; camera_false: faults of the camera.
    """

    hours: float = 0.0
    entries: int = 0
    hits: int = 0
    false: int = 0
    beside: int = 0
    camera_false: int = 0

    def add(self, other: "Hours") -> None:
        """Add what another pass counted."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(frozen=True)
class Pass:
    """One clip, played once. empty: nobody is in it at all."""

    clip: str
    seed: int
    empty: bool


def record(model: str, hours: float = HOURS) -> list[str]:
    """Run the hours; return what to tell of them. Model: a name of the catalogue."""
    notes: list[str] = []
    plan = _plan(hours)
    with_people, empty = Hours(), Hours()
    # Not forked: the networks' libraries keep threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context, _begin, (model,)) as pool:
        for one, (counted, said) in zip(plan, pool.map(_play, plan, chunksize=2), strict=True):
            (empty if one.empty else with_people).add(counted)
            notes += said
    both = Hours()
    both.add(with_people)
    both.add(empty)
    lines = [_false("all clips", both), _false("clips without people", empty)]
    if with_people.entries:
        low, high = wilson(with_people.hits, with_people.entries)
        share = 100 * with_people.hits / with_people.entries
        lines.append(
            f"entries raised: {with_people.hits} of {with_people.entries}, "
            f"{share:.1f} % ({low:.1f} to {high:.1f}; the same walks under other light, "
            "so the interval is too narrow)"
        )
    low, high = poisson(both.camera_false, both.hours / 168)
    lines.append(
        f"camera faults told where there is none: {both.camera_false}, per camera-week "
        f"{both.camera_false / both.hours * 168:.1f} ({low:.1f} to {high:.1f})"
    )
    return lines + notes[:MOST_NOTES]


def _false(what: str, counted: Hours) -> str:
    if not counted.hours:
        return f"no {what}"
    days = counted.hours / 24
    low, high = poisson(counted.false, days)
    said = (
        f"{what}: {counted.hours:.2f} h computed, {counted.false} false alarms, "
        f"per camera-day {counted.false / days:.1f} ({low:.1f} to {high:.1f})"
    )
    if not counted.beside:
        return said
    alone = counted.false - counted.beside
    low, high = poisson(alone, days)
    return said + (
        f"; in {counted.beside} of them somebody's feet, hidden mostly, were within half of his "
        f"height of the zone; of the other {alone} there are {alone / days:.1f} a camera-day "
        f"({low:.1f} to {high:.1f})"
    )


def _plan(hours: float) -> list[Pass]:
    """Share the hours out: the empty clips get a quarter or more, each clip of a kind the same."""
    seconds: dict[bool, dict[str, float]] = {True: {}, False: {}}
    for name in ("real: motorway", "real: tunnel 1", "real: tunnel 2"):
        if frames := _clip(name)[1]:
            seconds[True][name] = frames[-1].t + 1 / PAN_FPS
    for entry in shipped():
        people = entry.truth.people
        is_empty = people is not None and not any(there for _, there in people)
        seconds[is_empty][entry.name] = _clip(entry.name)[1][-1].t + 1 / PAN_FPS
    share = max(EMPTY_HOURS * hours / HOURS, hours / 4)
    plan: list[Pass] = []
    for is_empty, want in ((True, share), (False, hours - share)):
        for name, length_s in seconds[is_empty].items():
            passes = math.ceil(want * 3600 / len(seconds[is_empty]) / length_s)
            plan += [
                Pass(name, zlib.crc32(f"{name} {k}".encode()), is_empty) for k in range(passes)
            ]
    return plan


@lru_cache(maxsize=2)
def _clip(name: str) -> tuple[Entry, Sequence[Frame]]:
    """Return a clip's truth and its pictures at the rate of analysis."""
    if name.startswith("real: "):
        return Entry(name, "real", DATA, Scene(), Truth(people=())), _empty_frames(name)
    entry = next(entry for entry in shipped() if entry.name == name)
    return entry, [Frame(f.t, f.index, f.bgr()) for f in frames_of(entry)]


def _empty_frames(name: str) -> list[Frame]:
    if name == "real: motorway":
        clip = DATA / "video" / "bgs_highway_video02.avi"
        if not clip.exists():
            return []
        frames = frames_of(Entry(name, "real", clip, Scene(), Truth()))
        later = [f for f in frames if f.t >= MOTORWAY_FROM_S]
        return [Frame(f.t - later[0].t, f.index, f.bgr()) for f in later]
    picture = cv2.imread(str(DATA / "underground" / f"tunnel_mvaie_mining_{name[-1]}.jpg"))
    return _pan(picture) if picture is not None else []


def _pan(picture: np.ndarray) -> list[Frame]:
    """Move slowly over a still and back, as a camera on a rope that swings."""
    high, wide = picture.shape[:2]
    tall, broad = high * 3 // 4, wide * 3 // 4
    frames = []
    for k in range(int(PAN_S * PAN_FPS)):
        turn = 2 * math.pi * k / (PAN_S * PAN_FPS)
        x = int((wide - broad) * (0.5 + 0.5 * math.sin(turn)))
        y = int((high - tall) * (0.5 + 0.5 * math.sin(2 * turn)))
        cut = picture[y : y + tall, x : x + broad]
        small = cv2.resize(cut, (640, 360), interpolation=cv2.INTER_AREA)
        frames.append(Frame(k / PAN_FPS, k, small))
    return frames


_detector: Detector | None = None


def _begin(model: str) -> None:
    global _detector
    os.environ["OMP_NUM_THREADS"] = "1"
    _detector = load_detector(model)


def _play(one: Pass) -> tuple[Hours, list[str]]:
    """Play a clip once under light of its own; return what was counted and what went wrong."""
    assert _detector is not None
    entry, frames = _clip(one.clip)
    change = fresh(one.seed)
    altered = (Frame(f.t, f.index, change(f.bgr(), f.t)) for f in frames)
    probes = zones.grid()
    aspect = frames[0].width / frames[0].height
    done = run(probed(entry.scene, probes), altered, _detector)
    people = entry.truth.people
    stays = [stay for p in probes for stay in zones.stays(p, people or (), aspect)]
    drawn = {probe.name for probe in probes}
    if people is None:  # nobody knows who is there: only the scene's own rules can be judged
        stays, drawn = [], set()
    rules = {rule.id for rule in entry.scene.rules} if entry.truth.stays is not None else set()
    stays += list(entry.truth.stays or ())
    found = [f for f in done.findings if f.rule in drawn | rules]
    regime = entry.regime or regime_of(frames)
    faults = entry.truth.faults or ()
    blind = zones.blindness(drawn | rules, done.readings, faults, regime, done.seconds)
    score = zones.score(stays, found, done.seconds, blind=blind)
    outlines = {probe.name: probe.polygon for probe in probes}
    zones_of = entry.scene.polygons
    outlines |= {rule.id: zones_of[rule.zone] for rule in entry.scene.rules if rule.zone}
    beside = sum(
        _beside(people or (), outlines[rule], t, aspect)
        for rule, t in score.false_at
        if rule in outlines
    )
    health = readings.Health()
    readings.health(health, faults, done.findings, done.seconds, regime)
    said = [
        f"{one.clip}, seed {one.seed}: raised {rule} at {t:.1f} s, with nobody's feet there"
        for rule, t in score.false_at
    ] + [
        f"{one.clip}, seed {one.seed}: camera fault {name} at {t:.1f} s, where none is"
        for name, t in health.false_at
    ]
    hours = done.seconds / 3600
    counted = Hours(
        hours, score.entries, score.hits, len(score.false_at), beside, len(health.false_at)
    )
    return counted, said


def _beside(
    people: Sequence[tuple[float, tuple[Person, ...]]], polygon: Polygon, t: float, aspect: float
) -> bool:
    """Tell whether anybody's feet were right beside a zone at a time."""
    _, there = min(people, key=lambda labelled: abs(labelled[0] - t), default=(t, ()))
    return any(
        distance_inside(polygon, ((x1 + x2) / 2, y2), aspect) >= -BESIDE * (y2 - y1)
        for x1, y1, x2, y2 in (person.box for person in there)
    )
