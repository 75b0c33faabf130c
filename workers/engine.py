"""The engine: one camera's analysis as a fold over chunks. No clock, network or database inside.

analyse(scene, state, chunk) -> state', readings, findings. The same function runs live, replays a
recording, and is measured.
"""

import pickle
from collections.abc import Iterable
from functools import partial

import numpy as np

from workers.chunk import Analysis, Chunk, Signal
from workers.failing import Failing
from workers.hazards import registry
from workers.hazards.base import LevelView, MachineView, Person, Vehicle, View
from workers.judge import Judge, speaker
from workers.laid import Laid, Layout, layout, shapes
from workers.machines import forget_machines, read_machines
from workers.masks import beside, masked
from workers.media.decode import Cells, Frame
from workers.media.errors import MediaError
from workers.people import people_of
from workers.report import (
    CAMERA_RULE,
    CAMERA_TYPE,
    Finding,
    Reading,
    fault_finding,
    open_findings,
)
from workers.roads import follow_vehicles, roads_of
from workers.scene import Scene
from workers.state import InputState, State
from workers.vision import light, ppe
from workers.vision.boxes import Box
from workers.vision.closer import closer
from workers.vision.detector import Detector
from workers.vision.feet import look_below
from workers.vision.gate import relative, small_luma
from workers.vision.glance import glance, somebody_else
from workers.vision.health import Change
from workers.vision.pair import name_at
from workers.vision.stillness import usual_at
from workers.vision.track import LOW_SCORE
from workers.vision.tracker import settle
from workers.vision.vehicles import Roads
from workers.watched import zones_of
from workers.water import accept_marks, forget_gauges, level_view, read_gauges
from workers.words import sentence

__all__ = [
    "CAMERA_RULE",
    "CAMERA_TYPE",
    "Analysis",
    "Chunk",
    "Finding",
    "Reading",
    "Signal",
    "State",
    "analyse",
]

# A longer silence than this between two frames is a gap: nobody is followed across it.
GAP_S = 2.0
# Of silences up to MISSING_S those of the last WINDOW_S count: pictures that come in bursts, each a
# few seconds after the last, are one slow stream and no row of gaps.
WINDOW_S, MISSING_S = 10.0, 5.0


def analyse(
    scene: Scene,
    state: State | None,
    chunk: Chunk,
    *,
    detector: Detector,
    gate: bool = True,
    fps: float | None = None,
    weak: bool = False,
    look_s: float = 0.0,
    apart: bool = False,
) -> Analysis:
    """Analyse one chunk; the given state is left as it was.

    fps: frames a second to analyse, by default the scene's; weak: whether detections hold the boxes
    that are too weak to be followed, for which every look is at the whole picture; apart: whether a
    rule, machine or gauge that fails does so alone (`failing`), instead of ending the analysis. A
    chunk that was already seen, by its sequence, changes nothing. Frames that cannot be decoded end
    the chunk early (`fault`).
    """
    if state is not None and chunk.sequence <= state.sequence:
        return Analysis(state, open=open_findings(scene, state, chunk.start_s))
    # Pickled and back is a copy at a tenth of what copy.deepcopy takes.
    own = pickle.loads(pickle.dumps(state, pickle.HIGHEST_PROTOCOL)) if state else State()
    work = _Fold(scene, own, detector, gate, weak, look_s, Failing(apart))
    work.begin(chunk)
    rate = fps or scene.analysis_fps
    cells = Cells(rate, work.state.cell if work.state.cell_fps == rate else None)
    analysis = work.analysis
    try:
        for frame in chunk.frames:
            analysis.frames += 1
            if cells.take(frame.t):
                work.frame(frame)
    except MediaError as error:
        analysis.fault = str(error)
    lost = int(getattr(chunk.frames, "errors", 0))
    if lost and not analysis.fault:
        analysis.fault = sentence(f"{lost} packets could not be decoded")
    work.state.cell = cells.last
    work.state.cell_fps = cells.fps
    work.end(chunk)
    return analysis


class _Fold:
    """The work on one chunk."""

    def __init__(
        self,
        scene: Scene,
        state: State,
        detector: Detector,
        gate: bool,
        weak: bool,
        look_s: float,
        failing: Failing,
    ) -> None:
        self.scene = scene
        self.state = state
        self.detector = detector
        self.saw = detector.name  # the network that looked last
        self.weak = weak
        self.look_s = look_s
        active = [(rule, registry()[rule.type]) for rule in scene.rules if rule.mode != "off"]
        self.gated = gate and not any(kind.always for _, kind in active)
        self.dresses = scene.ppe or any(kind.uses_wears or rule.wears for rule, kind in active)
        self.measures = any(kind.uses_still for _, kind in active)
        self.failing = failing
        self.analysis = Analysis(state, failing=failing.words, traces=failing.traces)
        self.judge = Judge(scene, state, detector.name, failing)
        self.clock: tuple[float | None, str] = (None, "UTC")
        self.sight: list[float] = []  # visibility of each analysed frame
        self.views: dict[str, MachineView] = {}
        self.vehicles: tuple[Vehicle, ...] = ()
        self.looked_at = {one for rule, _ in active for one in zones_of(rule)}
        self.where: Layout  # where what is drawn lies now; set where a chunk begins
        self.roads: Roads | None
        self.step_s = state.step_s  # since the frame before, or as usual where that is missing
        self.skipped = False  # whether a look that was wanted was left out under load
        self.whole_t: float | None = None  # when the detector last looked at a whole picture

    def begin(self, chunk: Chunk) -> None:
        """Take the chunk's signals; forget rules and machines that the scene no longer has."""
        state = self.state
        state.sequence = chunk.sequence
        forget_machines(self.scene, state)
        if chunk.accept_view:
            self._tell(state.health.accept(chunk.start_s))
            accept_marks(state)
            state.laid = Laid()
            for one in state.machines.values():
                one.video.accept()
        self.clock = (chunk.epoch_s, self.scene.timezone or chunk.timezone)
        state.laid.keep(shapes(self.scene))
        self._lay()
        told = {one.id for one in self.scene.inputs}
        state.inputs = {k: v for k, v in state.inputs.items() if k in told}
        for signal in sorted(chunk.signals, key=lambda s: s.t):
            if signal.machine in state.machines:
                state.machines[signal.machine].add_signal(signal.t, signal.state)
            elif signal.machine in told:
                memory = state.inputs.setdefault(signal.machine, InputState())
                memory.add(signal.t, signal.state)
        rules = {rule.id: rule.type for rule in self.scene.rules}
        for name, rule in list(state.rules.items()):
            if rules.get(name) != rule.type:
                why = sentence("rule removed")
                if name in rules:
                    why = sentence("the rule is of another type now")
                self.judge.close(name, rule, chunk.start_s, why)
                del state.rules[name]
        forget_gauges(self.scene, state)
        scene = self.scene
        known = {"", *(m.id for m in scene.machines), *(g.id for g in scene.gauges)}
        known |= {rule.id for rule in scene.rules} | self.looked_at
        for fault in list(state.health.faults.values()):
            if fault.about not in known:
                self._tell(
                    state.health.drop(fault.fault, fault.about, chunk.start_s, "no longer drawn")
                )

    def frame(self, frame: Frame) -> None:
        """Analyse one frame."""
        state, t = self.state, frame.t
        step_s = t - state.last_t if state.last_t is not None else None
        if step_s is not None and step_s > max(GAP_S, 2.5 * state.step_s):
            last_t = t - step_s
            self._tell(state.health.silence(last_t, t, armed=bool(self.scene.rules)))
        if step_s is not None and (step_s > self._longest_s(t) or step_s <= 0):
            state.forget(step_s)
            # What was moved on by the gap must not be moved on by it once more as by a step.
            self.step_s = state.step_s
        elif step_s is not None:
            self.step_s = abs(step_s)
        if step_s is not None:
            # After a gap too: pictures that come every five seconds are no row of gaps.
            state.step_s = abs(step_s)
            if GAP_S < step_s <= MISSING_S:
                state.missing = (t, step_s)
        state.last_t = t
        self.analysis.analysed += 1
        aspect = frame.width / frame.height
        small = small_luma(frame.luma)
        seen = light.measure(small)
        looked = self._look(frame, small, seen)
        armed = bool(self.scene.rules)
        way = state.health.scenery.knock.way
        zones = {name: self.where.drawn[name] for name in self.looked_at}
        health = state.health.observe(
            small, frame.luma, state.gate, seen, t, armed=armed, zones=zones
        )
        self._tell(health)
        if state.health.scenery.knock.way != way:
            self._lay()
        visibility = min(seen.visibility, state.health.leaves)
        self.sight.append(visibility)
        if looked is not None:
            self._follow(looked, frame, seen)
            if any(track.seen_s == t for track in state.tracker.tracks):
                state.gate.found(t)
            self._dress(frame)
        elif not self.skipped:
            state.tracker.hold(t)
        if self.measures:
            known = state.health.scenery.references
            usual = usual_at(relative(small), float(small.mean()), known)
            state.stillness.observe(frame.luma, state.tracker.tracks, t, usual)
        else:
            state.stillness.places.clear()
        bodies = state.tracker.bodies(looked or (), t)
        glare = light.regime(seen) == "glare"
        self.vehicles = follow_vehicles(state, self.roads, frame, looked, bodies, glare=glare)
        speaks = partial(speaker, self.scene, state)
        self.views, readings, changes = read_machines(
            self.scene, state, frame, bodies, speaks, self.failing
        )
        levels, more = read_gauges(self.scene, state, frame, self.failing)
        self.analysis.readings += [*readings, *levels]
        self._tell([*changes, *more])
        people = people_of(state.tracker.tracks, state.wardrobe, t, state.step_s)
        self.judge.model = self.saw
        self.judge.frame(self._view(t, people, visibility, aspect, seen))
        settle(state.tracker.tracks)

    def _lay(self) -> None:
        """Find where in the picture lies now what is drawn."""
        self.where = layout(self.scene, self.state.laid, self.state.health.scenery.knock.way)
        self.roads = roads_of(self.scene, self.where)
        self.analysis.where = self.where

    def _longest_s(self, t: float) -> float:
        """Return the longest time between two frames that is no gap."""
        last_t, missing_s = self.state.missing
        recent = 0 <= t - missing_s - last_t <= WINDOW_S
        return max(GAP_S, 2.5 * self.state.step_s, 1.5 * missing_s if recent else 0.0)

    def _look(self, frame: Frame, small: np.ndarray, seen: light.Light) -> list[Box] | None:
        """Run the detector if the gate wants it; None if it was not run."""
        state = self.state
        tracks = state.tracker.tracks
        looked_t = state.gate.looked_t
        self.skipped = False
        wanted = state.gate.wants(
            small,
            frame.t,
            following=bool(tracks),
            unsure=not self.gated or state.tracker.unsure(),
            ignore=masked(self.where.masks, small),
            people=[track.box for track in tracks],
            written=state.health.scenery.written,
        )
        if wanted and 0 <= frame.t - looked_t < self.look_s - 0.05:
            state.gate.looked_t = looked_t
            self.skipped = True  # something moves: nobody is known to stand
            return None
        if not wanted:
            return None
        self.analysis.detector_frames += 1
        long = self.detector.input_px
        wide = round(frame.width * min(1.0, long / max(frame.width, frame.height)))
        picture = frame.bgr(max(1, wide))
        if getattr(self.detector, "light", False):
            picture = light.correct(picture, seen)
        boxes = None
        # A vehicle may be anywhere, and so may whom nobody follows.
        if self.gated and self.roads is None and not self.weak:
            boxes = glance(self.detector, picture, state.tracker, state.gate, frame.t)
        if boxes is None:
            boxes = self.detector.detect([picture])[0]
            self.whole_t = frame.t
        self.saw = name_at(self.detector, picture)
        # The weak ones are a hundred a frame, and nothing but a measure asks for them.
        weak = ("person",) if self.weak else ()
        boxes = [box for box in boxes if box.score >= LOW_SCORE or box.label in weak]
        return beside(self.where.masks, boxes, frame.width / frame.height)

    def _follow(self, boxes: list[Box], frame: Frame, seen: light.Light) -> None:
        people = [i for i, box in enumerate(boxes) if box.label == "person"]
        t, aspect = frame.t, frame.width / frame.height
        again = partial(closer, self.detector, frame, seen)
        ids = self.state.tracker.update([boxes[i] for i in people], t, aspect, again)
        if self.whole_t == t and not somebody_else(boxes, self.state.tracker):
            self.state.gate.looked_at_all(t)
        for track in self.state.tracker.tracks:
            if track.seen_s == t:
                look_below(track, boxes, aspect, part=self.whole_t != t)
        tracks = dict(zip(people, ids, strict=True))
        self.analysis.detections.append(
            {
                "t": t,
                "boxes": [
                    {
                        "label": box.label,
                        "xyxy": [round(v, 5) for v in box.xyxy],
                        "score": round(box.score, 4),
                        "track": tracks.get(i),
                    }
                    for i, box in enumerate(boxes)
                ],
            }
        )

    def _dress(self, frame: Frame) -> None:
        """Add helmet and vest to the followed people's boxes, where a rule or the scene asks."""
        wardrobe = self.state.wardrobe
        wardrobe.keep({track.id for track in self.state.tracker.tracks})
        if not self.dresses:
            return
        boxes = self.analysis.detections[-1]["boxes"]
        people = {b["track"]: tuple(b["xyxy"]) for b in boxes if b["track"] is not None}
        told = wardrobe.see(ppe.load_reader(), frame, people, frame.t)
        for box in boxes:
            box.update(told.get(box["track"], {}))

    def _tell(self, changes: Iterable[Change]) -> None:
        """Write down what the camera's health has to tell; anybody may call it with a judgement."""
        self.analysis.findings += [fault_finding(self.scene, change) for change in changes]

    def _view(
        self, t: float, people: tuple[Person, ...], visibility: float, aspect: float,
        seen: light.Light,
    ) -> View:  # fmt: skip
        """Gather what the rules may know of a frame."""
        scene, state = self.scene, self.state
        epoch_s, timezone = self.clock
        levels: dict[str, LevelView] = {}
        for gauge in scene.gauges:
            memory = state.gauges.get(gauge.id) or state.floors.get(gauge.id)
            if memory is not None:
                levels[gauge.id] = level_view(memory, t)
        return View(
            t, self.step_s, people, self.views, self.where.zones, visibility, aspect,
            lines=self.where.lines,
            levels=levels,
            vehicles=self.vehicles,
            lost=state.vehicles.lost if state.vehicles is not None else "",
            ground=self.where.ground,
            light=light.regime(seen),
            faults=tuple(change.fault for change in state.health.open() if not change.about),
            hidden=state.health.hidden,
            doubts=state.health.doubts(),
            still=state.stillness.views({person.track for person in people}),
            wall_s=None if epoch_s is None else epoch_s + t,
            timezone=timezone,
            unknown=frozenset(rule.id for rule in scene.unknown),
        )  # fmt: skip

    def end(self, chunk: Chunk) -> None:
        """Add what is told once a chunk."""
        self.analysis.findings += self.judge.findings
        self.analysis.findings.sort(key=lambda one: one.t)
        self.analysis.readings += self.judge.readings
        if self.sight:
            value = sum(self.sight) / len(self.sight)
            last = self.state.last_t if self.state.last_t is not None else chunk.start_s
            self.analysis.readings.append(
                Reading("visibility", last, round(value, 3), 1.0, "video")
            )
        end_s = self.state.last_t if self.state.last_t is not None else chunk.start_s
        self.analysis.open = open_findings(self.scene, self.state, end_s)
