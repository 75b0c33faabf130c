"""Analyses a recording faster than it is analysed live: calm chunks by their key pictures alone.

A camera sends a key picture about once a second; what lies between them cannot be decoded without
all before it, and costs most of a quiet camera's time. While nothing stirs, only the key pictures
are judged, each against the gate's background. As soon as one differs as motion does, or anything
at all is found, the chunk and the one before it are analysed in full, from the state before them.

A machine that is read from the picture is skimmed while it stands, or cannot be told to move: its
region is compared from key picture to key picture, and the first that moved has the chunk and the
one before it analysed in full. One that runs, starts or coasts takes every picture, and so does a
lamp, which may blink between two of them.

So what a replay finds is what the live analysis finds, but for two things: what begins and ends
between two key pictures of a calm stretch, at most MOST_S, and leaves nothing that differs in
either; and somebody who stands so still that only a further look of the detector would find him.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from workers.engine import Analysis, Chunk, State, analyse
from workers.hazards import registry
from workers.media.decode import Frame, FrameReader
from workers.media.errors import MediaError
from workers.scene import Scene
from workers.vision.detector import Detector
from workers.vision.gate import small_luma
from workers.vision.machine import VideoReader

__all__ = ["MOST_S", "Skim"]

# Farther apart key pictures are no series that the analysis could go by.
MOST_S = 1.5
# While it skims, the detector looks at a calm picture this often, and up to six seconds later, as
# the gate asks only then, instead of every six: what it did not find in ten looks at the same
# picture it will hardly find in the next.
LOOK_S = 12.0
# What a machine may be while it is skimmed.
RESTS = ("STOPPED", "UNKNOWN")
# Opens a chunk's file; `keys`: give its key pictures alone. Raises MediaError.
Open = Callable[[bool], FrameReader]


@dataclass
class _Skimmed:
    """A chunk that was judged by its key pictures, and the state before it."""

    state: State | None
    chunk: Chunk
    opened: Open


class Skim:
    """A fold over chunks; gives what each holds, a chunk that was skimmed perhaps a second time."""

    def __init__(self, scene: Scene, detector: Detector, state: State | None = None) -> None:
        self.scene = scene
        self.detector = detector
        self.state = state
        self.skimmed = 0
        self._looked_t = -1e18
        self.may = skims(scene)
        self._before: _Skimmed | None = None

    def take(self, chunk: Chunk, opened: Open) -> Sequence[Analysis]:
        """Analyse a chunk, whose frames are opened here; raises MediaError if that fails.

        Returns one analysis, or two where the chunk before had only been skimmed and is now told
        in full.
        """
        calm = self.state is not None and _is_calm(self.state, chunk.start_s)
        if self.may and not chunk.signals and calm:
            found = self._by_keys(chunk, opened)
            if found is not None:
                self._before = _Skimmed(self.state, chunk, opened)
                self.state = found.state
                self.skimmed += 1
                return [found]
        told = []
        if self._before is not None:
            before, self._before = self._before, None
            skimmed, self.state = self.state, before.state
            try:
                told.append(self._whole(before.chunk, before.opened))
            except MediaError:  # gone from the ring meanwhile
                self.state = skimmed
        told.append(self._whole(chunk, opened))
        return told

    def _whole(self, chunk: Chunk, opened: Open) -> Analysis:
        frames = opened(False)
        whole = replace(chunk, frames=frames)
        found = analyse(self.scene, self.state, whole, detector=self.detector)
        self.state = found.state
        return found

    def _by_keys(self, chunk: Chunk, opened: Open) -> Analysis | None:
        """Judge a chunk by its key pictures; None where that does not do."""
        state = self.state
        assert state is not None and state.last_t is not None
        frames: list[Frame] = []
        last_t, written = state.last_t, state.health.scenery.written
        reader = opened(True)
        try:
            for frame in reader:
                differs = state.gate.differs(small_luma(frame.luma), written)
                if frame.t - last_t > MOST_S or differs:
                    return None
                last_t = frame.t
                frames.append(frame)
        finally:
            reader.close()
        if reader.errors or not frames or chunk.start_s + chunk.duration_s - last_t > MOST_S:
            return None
        if frames[0].t - self._looked_t < LOOK_S:
            state = replace(state, gate=replace(state.gate, looked_t=frames[-1].t))
        found = analyse(self.scene, state, replace(chunk, frames=frames), detector=self.detector)
        if found.detector_frames:
            self._looked_t = frames[0].t
        told = [one for one in found.readings if one.name.endswith((".sight", ".state"))]
        quiet = not found.findings and not told
        return found if quiet and _is_calm(found.state, last_t) else None


def _is_calm(state: State, t: float) -> bool:
    """Tell whether nothing goes on, or may be beginning, that every picture is needed for."""
    return (
        state.last_t is not None
        and -0.05 <= t - state.last_t <= MOST_S
        and state.gate.calm(t)
        and not state.tracker.tracks
        and not state.health.faults.keys() - {"knocked:"}
        and all(_rests(machine.video) for machine in state.machines.values())
        and all(rule.level is None and rule.since_t is None for rule in state.rules.values())
    )


def _rests(video: VideoReader) -> bool:
    """Tell whether nothing of a machine's region moved lately; true where none is read."""
    return video.state in RESTS and not any(moving for _, moving in video.belief.samples)


def skims(scene: Scene) -> bool:
    """Tell whether a scene's calm chunks may be skimmed.

    Not where a machine's state is read from a lamp in the picture, which may blink, nor where
    people who do not move are looked for, vehicles are followed or water is measured.
    """
    kinds = registry()
    active = [kinds[rule.type] for rule in scene.rules if rule.mode != "off"]
    return not (
        any(one.source != "signal" and one.look == "lamp" for one in scene.machines)
        or any(kind.always or kind.uses_vehicles for kind in active)
        or scene.gauges
    )
