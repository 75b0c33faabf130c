"""What a camera writes over a machine's region neither moves nor stands."""

import json

import cv2
import numpy as np
import pytest
from engine_kit import Script
from machine_kit import SIZE, Belt, Drum, Part, Rope, film
from test_writing import lettered

from workers.engine import Chunk, analyse
from workers.media.decode import Frame
from workers.scene import parse_scene
from workers.state import State
from workers.vision.machine import WRITTEN, VideoReader

VEILED_S = 20.0
# By name: the machine, and by how much of the height it is drawn further down.
MACHINES = {
    "drum": (Drum(), 0.29),
    "marked drum": (Drum(design="mark"), 0.29),
    "belt": (Belt(), 0.18),
    "belt with seams": (Belt(load="seams"), 0.18),
    "rope": (Rope(), 0.3),
}


def read(name, story, text, high, dust=1.0):
    """Analyse a machine beneath a text; return (t, on, state) of each second.

    dust: what is left of the contrast from VEILED_S on; the letters are the camera's own, and stay.
    """
    machine, lower = MACHINES[name]
    roi = [[x, y + lower] for x, y in machine.roi]
    row = {"id": "one", "kind": machine.kind, "source": "video", "look": machine.look, "roi": roi}
    scene = parse_scene(json.loads(json.dumps({"version": 1, "machines": [row]})))
    left = int(min(x for x, _ in roi) * SIZE[0]) - 4
    line = int((min(y for _, y in roi) + max(y for _, y in roi)) / 2 * SIZE[1]) + high // 2
    random, state, seen = np.random.default_rng(1), None, []
    shots = film(machine, story)
    for number, at in enumerate(range(0, len(shots), 5)):
        group, frames = shots[at : at + 5], []
        for index, shot in enumerate(group):
            picture = np.roll(shot.bgr, round(lower * SIZE[1]), axis=0).astype(np.float32)
            if shot.t >= VEILED_S:
                noise = 1.5 * random.standard_normal(picture.shape[:2])
                picture = dust * picture + (1 - dust) * 80 + noise[..., None]
            clean = np.clip(picture, 0, 255).astype(np.uint8)
            frames.append(
                Frame(shot.t, index, lettered(clean, text.format(shot.t), (left, line), high))
            )
        chunk = Chunk(number, group[0].t, 1.0, frames)
        done = analyse(scene, state, chunk, detector=Script(lambda number: []))
        state = State.load(done.state.dump())
        seen.append((group[-1].t, group[-1].on, done.state.machines["one"].video.state))
    return seen


@pytest.mark.parametrize("high", [8, 12])
@pytest.mark.parametrize("name", ["drum", "marked drum", "belt", "belt with seams"])
def test_what_runs_in_dust_is_not_called_stopped_because_a_name_stands_before_it(name, high):
    story = [Part(5), Part(35, True)]
    dust = 0.05 if name == "drum" else 0.12
    seen = read(name, story, "Camera 01 Winch", high, dust)
    assert [state for t, _, state in seen if 15 < t < VEILED_S and state == "STOPPED"] == []
    assert "STOPPED" not in {state for t, _, state in seen if t >= VEILED_S}


@pytest.mark.parametrize("name", ["drum", "marked drum", "belt", "rope"])
def test_a_clock_that_runs_before_a_machine_neither_starts_nor_stops_it(name):
    seen = read(name, [Part(8), Part(10, True), Part(10)], "15:04:{:02.0f} 11-29", 8)
    assert {state for t, on, state in seen if on and t > 10.5} == {"RUNNING"}
    assert {state for t, on, state in seen if not on and t > 23} == {"STOPPED"}


def test_a_region_that_is_written_over_is_unknown():
    picture = np.random.default_rng(1).integers(60, 200, (180, 320), np.uint8)
    written = np.zeros((71, 126), bool)
    written[50:] = True
    roi = ((0.2, 0.7), (0.8, 0.7), (0.8, 0.95), (0.2, 0.95))
    reader = VideoReader()
    for number in range(10):
        moved = cv2.GaussianBlur(np.roll(picture, number, axis=1), (0, 0), 1)
        reader.read(moved, roi, [], number / 5, written=written)
    assert (reader.state, reader.belief.why) == ("UNKNOWN", WRITTEN)
