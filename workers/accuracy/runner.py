"""Runs the engine over an entry: chunks of a second, the state packed between them, as live."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np

from workers.accuracy.entry import Entry
from workers.accuracy.zones import Probe
from workers.engine import Analysis, Chunk, Finding, Reading, Signal, analyse
from workers.media.decode import Cells, Frame, read_frames
from workers.scene import Machine, Scene, SceneRule, Zone
from workers.state import State
from workers.vision.boxes import Box, Corners
from workers.vision.detector import Detector

CHUNK_S = 1.0
# The machine of the zones that the bank draws itself; nobody tells its state, so it may run.
PROBE_MACHINE = "bank-probe"


@dataclass
class Run:
    """What the engine said of a clip. seconds: length analysed; t of everything in clip time."""

    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    detections: list[dict[str, Any]] = field(default_factory=list)
    analysed: int = 0
    detector_frames: int = 0
    cpu_s: float = 0.0
    faults: list[str] = field(default_factory=list)


class Remembering:
    """A detector that looks at each picture once: the run without the gate pays for the other."""

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self.name = detector.name
        self.input_px = detector.input_px
        # What the engine may ask of a network: whether it wants corrected light, and its score.
        self.light = getattr(detector, "light", False)
        self.score = getattr(detector, "score", 0.4)
        self.known: dict[int, list[Box]] = {}
        self.parts: dict[tuple[int, Corners], list[Box] | None] = {}

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Box]]:
        """Find boxes as the detector does."""
        return [self._one(picture) for picture in pictures]

    def glance(self, picture: np.ndarray, part: Corners) -> list[Box] | None:
        """Find boxes in a part of a picture, as the detector does."""
        own = getattr(self.detector, "glance", None)
        if own is None:
            return None
        key = (hash((picture.shape, picture.tobytes())), part)
        if key not in self.parts:
            self.parts[key] = own(picture, part)
        return self.parts[key]

    def _one(self, picture: np.ndarray) -> list[Box]:
        key = hash((picture.shape, picture.tobytes()))
        if key not in self.known:
            self.known[key] = self.detector.detect([picture])[0]
        return self.known[key]


def frames_of(
    entry: Entry,
    fps: float | None = None,
    change: Callable[[np.ndarray, float], np.ndarray] | None = None,
) -> list[Frame]:
    """Decode a clip and keep the frames that will be analysed; `change` alters each BGR picture."""
    cells = Cells(fps or entry.scene.analysis_fps)
    kept = []
    for frame in read_frames(entry.clip):
        if cells.take(frame.t):
            kept.append(
                Frame(frame.t, frame.index, change(frame.bgr(), frame.t)) if change else frame
            )
    return kept


def probed(scene: Scene, probes: Sequence[Probe]) -> Scene:
    """Add the bank's own zones with a rule each, beside those of the scene."""
    if not probes:
        return scene
    from workers.hazards import registry

    params = registry()["proximity_while_running"].params()
    zones = tuple(Zone(p.name, p.polygon) for p in probes)
    rules = tuple(
        SceneRule(p.name, "proximity_while_running", "high", p.name, PROBE_MACHINE, params)
        for p in probes
    )
    return replace(
        scene,
        zones=scene.zones + zones,
        machines=(*scene.machines, Machine(PROBE_MACHINE, "other", "signal")),
        rules=scene.rules + rules,
        polygons={**scene.polygons, **{p.name: p.polygon for p in probes}},
    )


def run(
    scene: Scene,
    frames: Iterable[Frame],
    detector: Detector,
    *,
    gate: bool = True,
    signals: Sequence[Signal] = (),
    epoch_s: float | None = None,
) -> Run:
    """Fold the engine over frames in order of time.

    signals: what machines and other systems say, each in the chunk of its time; epoch_s: Unix
    time of the clip's beginning, where the time of day matters.
    """
    done = Run()
    state: State | None = None
    began = time.process_time()
    last_t = 0.0
    waiting = sorted(signals, key=lambda one: one.t)
    for number, (second, group) in enumerate(groupby(frames, lambda f: int(f.t // CHUNK_S))):
        members = list(group)
        last_t = members[-1].t
        start_s = second * CHUNK_S
        said = tuple(one for one in waiting if one.t < start_s + CHUNK_S)
        waiting = waiting[len(said) :]
        chunk = Chunk(number, start_s, CHUNK_S, members, said, epoch_s=epoch_s)
        result: Analysis = analyse(scene, state, chunk, detector=detector, gate=gate, weak=not gate)
        state = State.load(result.state.dump())
        done.findings += result.findings
        done.readings += result.readings
        done.detections += result.detections
        done.analysed += result.analysed
        done.detector_frames += result.detector_frames
        if result.fault:
            done.faults.append(result.fault)
    done.cpu_s = time.process_time() - began
    done.seconds = last_t + 1 / scene.analysis_fps if done.analysed else 0.0
    return done
