"""A machine's region when the camera is turned: what it shows then is not the machine."""

import json

import cv2
import numpy as np
import pytest
from engine_kit import Script
from machine_kit import SIZE, Drum, Part, film, first, rough, states, watch

from workers.engine import Chunk, State, analyse
from workers.media.decode import Frame
from workers.scene import parse_scene
from workers.vision.health import Fault
from workers.vision.machine import VideoReader

SWINGS_S = 10.0


def swung(shots, speed, seconds, seed=50):
    """Turn the camera to the left from SWINGS_S on, by `speed` pixels a second for `seconds`."""
    beside = np.clip(rough(seed, (3 * SIZE[0], SIZE[1])), 0, 255).astype(np.uint8)
    for shot in shots:
        by = round(speed * min(seconds, max(0.0, shot.t - SWINGS_S)))
        shot.bgr = np.hstack([shot.bgr, beside])[:, by : by + SIZE[0]]
    return shots


@pytest.mark.parametrize(("speed", "seconds"), [(60, 3), (60, 4), (60, 6), (125, 4), (30, 6)])
def test_a_camera_that_swings_to_a_wall_finds_no_machine_there(speed, seconds):
    drum = Drum()
    seen = watch(drum, swung(film(drum, [Part(30, True)]), speed, seconds))
    assert states(seen, 2.0, SWINGS_S) == {"RUNNING"}
    assert "STOPPED" not in states(seen, SWINGS_S)
    assert states(seen, SWINGS_S + 3) == {"UNKNOWN"}


def test_a_camera_that_swings_back_sees_the_machine_again():
    drum = Drum()
    shots = film(drum, [Part(40, True)])
    swung(shots[:110], 60, 4)
    seen = watch(drum, shots)
    assert states(seen, 16.0, 21.8) == {"UNKNOWN"}
    assert states(seen, 24.0) == {"RUNNING"}


def test_a_view_that_a_person_calls_right_is_watched_anew():
    drum, reader = Drum(), VideoReader()
    watch(drum, film(drum, [Part(10, True)]), reader)
    later = film(Drum(seed=8), [Part(12)])
    for shot in later:
        shot.t += 10.0
    assert states(watch(drum, later[:30], reader), 13.0) == {"UNKNOWN"}
    reader.accept()
    assert watch(drum, later[30:], reader)[-1][2] == "STOPPED"


def test_while_the_camera_may_have_moved_nothing_is_found_anew():
    drum, turned, reader = Drum(), Drum(seed=8), VideoReader()
    watch(drum, film(drum, [Part(5)]), reader)
    for shot in film(turned, [Part(8, True)]):
        reader.read(shot.luma, drum.roi, [], shot.t + 5.0, moved=None)
    assert reader.state == "UNKNOWN"


DRUM = {
    "version": 1,
    "machines": [{"id": "winch", "kind": "winch", "source": "video", "roi": Drum.roi}],
}


def analysed(shots, state=None, number=0, **more):
    pictures = [cv2.resize(shot.bgr, SIZE) for shot in shots]
    frames = [Frame(s.t, i, p) for i, (s, p) in enumerate(zip(shots, pictures, strict=True))]
    scene = parse_scene(json.loads(json.dumps(DRUM)))
    chunk = Chunk(number, shots[0].t, 4.0, frames, **more)
    return analyse(scene, state, chunk, detector=Script(lambda number: []))


def test_a_machine_is_unknown_while_the_camera_is_told_to_have_moved():
    shots = film(Drum(), [Part(12)])
    state = analysed(shots[:30]).state
    assert state.machines["winch"].video.state == "STOPPED"
    state.health.faults["moved:"] = Fault("moved", "", 0.0, 6.0, raised_t=5.8)
    state = analysed(shots[30:45], state, 1).state
    assert state.machines["winch"].video.state == "UNKNOWN"
    assert "turned" in state.machines["winch"].video.belief.why


def test_a_person_who_accepts_the_view_has_the_machines_watched_anew():
    shots, turned = film(Drum(), [Part(6, True)]), film(Drum(seed=8), [Part(14)])
    for shot in turned:
        shot.t += 6.0
    state = analysed(shots).state
    state = analysed(turned[:30], state, 1).state
    assert state.machines["winch"].video.state == "UNKNOWN"
    state = analysed(turned[30:], State.load(state.dump()), 2, accept_view=True).state
    assert state.machines["winch"].video.state == "STOPPED"


def test_what_was_found_anew_stays_so_after_the_state_was_stored():
    drum, turned, reader = Drum(), Drum(seed=8), VideoReader()
    watch(drum, film(drum, [Part(5)]), reader)
    seen = []
    for shot in film(turned, [Part(8, True)]):
        shot.t += 5.0
        reader = VideoReader.load(reader.dump())
        seen += watch(turned, [shot], reader)
    assert first(seen, "RUNNING") == pytest.approx(9.2, abs=0.6)
