"""Small worlds for the engine's tests: pictures without content, people from a script."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np

from workers.engine import Analysis, Chunk, Signal, State, analyse
from workers.media.decode import Frame
from workers.scene import Scene, parse_scene
from workers.vision.boxes import Box

FPS = 5
SIDE = (90, 160)


def person(x: float, foot: float = 0.8, height: float = 0.4, score: float = 0.8) -> Box:
    """Return a person's box by the middle of its foot and its height."""
    return Box("person", (x - 0.06, foot - height, x + 0.06, foot), score)


def document(**params: Any) -> dict[str, Any]:
    """Return a scene with a danger zone in the middle and one winch known by signals."""
    return {
        "version": 1,
        "analysis_fps": FPS,
        "zones": [
            {"id": "danger", "polygon": [[0.4, 0.5], [0.6, 0.5], [0.6, 0.95], [0.4, 0.95]]},
            {"id": "near", "polygon": [[0.25, 0.45], [0.75, 0.45], [0.75, 1], [0.25, 1]]},
            {"id": "stand", "polygon": [[0.52, 0.6], [0.6, 0.6], [0.6, 0.95], [0.52, 0.95]]},
        ],
        "machines": [{"id": "winch-1", "kind": "winch", "source": "signal"}],
        "rules": [
            {
                "id": "r1",
                "type": "proximity_while_running",
                "zone": "danger",
                "machine": "winch-1",
                "severity": "critical",
                "params": params,
            }
        ],
    }


def scene(**params: Any) -> Scene:
    """Return document() as a scene."""
    return parse_scene(document(**params))


def frame(index: int, fps: float = FPS, start_s: float = 0.0) -> Frame:
    """Return a wall in stripes with a sensor's noise; its first two pixels carry its number."""
    picture = np.random.default_rng(index).integers(96, 104, (*SIDE, 3), dtype=np.uint8)
    picture[:, (np.arange(SIDE[1]) // 20) % 2 == 1] += 60
    picture[0, 0], picture[0, 1] = index % 256, index // 256
    return Frame(start_s + index / fps, index, picture)


def roadway(
    seconds: float, noise: float = 2.5, seed: int = 1, fps: int = 2
) -> Iterator[tuple[float, np.ndarray]]:
    """Give frames of a roadway with lamps, posts, a sensor's noise and a clock in the corner."""
    rng = np.random.default_rng(seed)
    high, wide = 180, 320
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    wall = cv2.GaussianBlur(rng.uniform(0, 255, (high, wide)).astype(np.float32), (0, 0), 2.5)
    wall = 70 + 2.2 * (wall - wall.mean()) + 50 * np.exp(-((x - 150) ** 2 + (y - 50) ** 2) / 5000)
    for post in rng.uniform(10, 310, 9):
        cv2.line(wall, (int(post), 30), (int(160 + 1.3 * (post - 160)), 180), 30.0, 3)
    for number in range(int(seconds * fps)):
        picture = wall + noise * rng.standard_normal(wall.shape)
        frame = cv2.cvtColor(np.clip(picture, 16, 235).astype(np.uint8), cv2.COLOR_GRAY2BGR)
        clock = f"{number // fps % 60:02d}"
        cv2.putText(frame, clock, (5, 14), cv2.FONT_HERSHEY_PLAIN, 0.9, (255, 255, 255))
        yield number / fps, frame


class Script:
    """A detector that sees what a function of the frame's number says."""

    name = "script"
    input_px = 416

    def __init__(self, people: Callable[[int], Sequence[Box]]) -> None:
        self.people = people
        self.calls = 0

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Box]]:
        """Return the script's boxes."""
        self.calls += len(pictures)
        return [list(self.people(int(p[0, 0, 0]) + 256 * int(p[0, 1, 0]))) for p in pictures]


def run(
    people: Callable[[int], Sequence[Box]],
    frames: int,
    *,
    where: Scene | None = None,
    signals: Iterable[tuple[float, str]] = (),
    cuts: Sequence[int] = (),
    reload: bool = False,
    fps: float = FPS,
    start_s: float = 0.0,
) -> list[Analysis]:
    """Analyse so many frames, cut into chunks before the given frame numbers."""
    where = where or scene()
    told = [Signal(start_s + t, "winch-1", state) for t, state in signals]
    edges = [0, *sorted({c for c in cuts if 0 < c < frames}), frames]
    detector = Script(people)
    state: State | None = None
    made = []
    for number, (a, b) in enumerate(zip(edges, edges[1:], strict=False)):
        begin, end = start_s + a / fps, start_s + b / fps
        now = [s for s in told if s.t < end]
        told = told[len(now) :]
        chunk = Chunk(
            number, begin, end - begin, [frame(i, fps, start_s) for i in range(a, b)], now
        )
        analysis = analyse(where, state, chunk, detector=detector, gate=False, fps=fps)
        state = State.load(analysis.state.dump()) if reload else analysis.state
        made.append(analysis)
    return made


def told(made: Iterable[Analysis]) -> list[tuple[str, str, float]]:
    """Return state, level and time of all findings."""
    return [(f.state, f.level, round(f.t, 3)) for a in made for f in a.findings]
