"""A machine's state from video and from signals, on drums drawn with noise, flicker and people."""

import cv2
import numpy as np
import pytest

from workers.vision.fusion import MachineState
from workers.vision.machine import VideoReader

ROI = ((0.4, 0.2), (0.7, 0.2), (0.7, 0.7), (0.4, 0.7))
FPS = 5


class Drum:
    """A winch drum with spokes in the region of a 320x180 picture."""

    def __init__(self, seed=1, noise=3.0, flicker=0.0, light=1.0, speed=1.3):
        self.random = np.random.default_rng(seed)
        self.noise, self.flicker, self.light, self.speed = noise, flicker, light, speed
        wall = self.random.uniform(50, 110, (180, 320)).astype(np.float32)
        self.wall = cv2.GaussianBlur(wall, (0, 0), 3) * 1.2
        self.angle = 0.0

    def picture(self, turning, person=None, cover=None):
        if turning:
            self.angle += self.speed / FPS * (0.7 if turning == "slow" else 1.0)
        picture = self.wall.copy()
        middle = (176, 81)
        cv2.circle(picture, middle, 40, 95, -1)
        for k in range(5):
            a = self.angle + k * 2 * np.pi / 5
            end = (int(176 + 37 * np.cos(a)), int(81 + 37 * np.sin(a)))
            cv2.line(picture, middle, end, 150 if k else 60, 5)
        if person is not None:
            left = int(person * 320)
            cv2.rectangle(picture, (left, 30), (left + 30, 165), 40, -1)
            cv2.rectangle(picture, (left + 5, 60), (left + 25, 100), 200, -1)
        if cover is not None:
            picture[:, int(cover[0] * 320) : int(cover[1] * 320)] = 30
        gain = self.light * (1 + self.flicker * self.random.standard_normal())
        picture = picture * gain + self.noise * self.random.standard_normal(picture.shape)
        return np.clip(picture, 0, 255).astype(np.uint8)


def play(drum, plan, reader=None, start_s=0.0):
    """Play (seconds, turning, extra) parts; return (t, turning, state) of each frame."""
    reader = reader or VideoReader()
    seen, frame = [], 0
    for seconds, turning, *extra in plan:
        options = extra[0] if extra else {}
        for step in range(int(seconds * FPS)):
            t = start_s + frame / FPS
            person = options.get("person")
            at = (
                None
                if person is None
                else person[0] + (person[1] - person[0]) * step / (seconds * FPS)
            )
            boxes = []
            if at is not None and options.get("seen", True):
                boxes = [(at, 30 / 180, at + 30 / 320, 165 / 180)]
            luma = drum.picture(turning, at, options.get("cover"))
            seen.append((t, bool(turning), reader.read(luma, ROI, boxes, t)))
            frame += 1
    return seen


def first(seen, state, after=0.0):
    return next((t for t, _, s in seen if s == state and t >= after), None)


@pytest.mark.parametrize(
    "drum",
    [
        Drum(),
        Drum(noise=9),
        Drum(flicker=0.1),
        Drum(light=0.4, noise=5),
        Drum(speed=0.5),
        Drum(speed=4.0),
    ],
    ids=["plain", "noisy", "lamps flicker", "dim", "slow", "fast"],
)
def test_running_is_believed_within_a_second_and_a_half_and_standing_within_four(drum):
    seen = play(drum, [(6, False), (8, True), (8, False)])
    assert first(seen, "STOPPED") == pytest.approx(3.0, abs=0.5)
    believed = first(seen, "RUNNING", 6.0)
    assert believed is not None
    assert believed - 6.0 <= 1.5
    stopped = first(seen, "STOPPED", 14.0)
    assert stopped is not None
    assert 2.8 <= stopped - 14.0 <= 4.0
    # No flip while nothing changes.
    assert {s for t, _, s in seen if believed <= t < 14.0} == {"RUNNING"}
    assert {s for t, _, s in seen if 3.5 <= t < 6.0} == {"STOPPED"}
    assert {s for t, _, s in seen if t >= stopped} == {"STOPPED"}


def test_nothing_is_believed_before_it_was_watched():
    seen = play(Drum(), [(2, False)])
    assert {s for *_, s in seen} == {"UNKNOWN"}


def test_a_stop_passes_through_coasting_and_a_start_through_starting():
    seen = play(Drum(), [(5, False), (5, True), (5, False)])
    states = [s for *_, s in seen]
    order = [s for i, s in enumerate(states) if i == 0 or s != states[i - 1]]
    assert order == ["UNKNOWN", "STOPPED", "STARTING", "RUNNING", "COASTING", "STOPPED"]


@pytest.mark.parametrize("turning", [False, True])
def test_people_who_walk_through_the_region_do_not_flip_it(turning):
    seen = play(Drum(), [(5, turning), (3, turning, {"person": (0.25, 0.8)}), (3, turning)])
    expected = "RUNNING" if turning else "STOPPED"
    assert {s for t, _, s in seen if t > 4} == {expected}


def test_darkness_gives_unknown():
    drum = Drum()
    reader = VideoReader()
    play(drum, [(5, True)], reader)
    drum.light = 0.08
    seen = play(drum, [(3, True)], reader, start_s=5.0)
    assert seen[-1][2] == "UNKNOWN"


def test_a_mostly_covered_region_gives_unknown_after_a_while():
    reader, drum = VideoReader(), Drum()
    play(drum, [(5, False)], reader)
    box = [(0.35, 0.0, 0.75, 1.0)]
    for i in range(40):
        reader.read(drum.picture(False, cover=(0.35, 0.75)), ROI, box, 5 + i / FPS)
    assert reader.state == "UNKNOWN"


def test_a_region_without_any_contrast_gives_unknown():
    reader = VideoReader()
    for i in range(30):
        reader.read(np.full((180, 320), 90, np.uint8), ROI, [], i / FPS)
    assert reader.state == "UNKNOWN"


def test_a_region_of_a_few_pixels_gives_an_answer_and_no_crash():
    tiny = ((0.5, 0.5), (0.501, 0.5), (0.501, 0.501))
    reader = VideoReader()
    for i in range(10):
        assert reader.read(Drum().picture(True), tiny, [], i / FPS) in ("UNKNOWN", "STOPPED")


def test_the_reader_is_the_same_after_its_state_was_stored():
    one, two = VideoReader(), VideoReader()
    drum, same = Drum(), Drum()
    for i in range(60):
        turning = 20 <= i < 40
        a = one.read(drum.picture(turning), ROI, [], i / FPS)
        two = VideoReader.load(two.dump())
        assert two.read(same.picture(turning), ROI, [], i / FPS) == a
    assert one.dump() == two.dump()


def test_a_signal_holds_until_the_next_and_may_get_stale():
    machine = MachineState()
    machine.add_signal(1.0, "running")
    assert machine.fuse("signal", 0.5, None) == ("UNKNOWN", "signal", 0.0)
    assert machine.fuse("signal", 1.0, None)[0] == "RUNNING"
    assert machine.fuse("signal", 900.0, None)[0] == "RUNNING"
    assert machine.fuse("signal", 900.0, 5.0)[0] == "UNKNOWN"


def test_an_older_signal_that_comes_late_does_not_win():
    machine = MachineState()
    machine.add_signal(5.0, "RUNNING")
    machine.fuse("signal", 6.0, None)
    machine.add_signal(4.0, "STOPPED")
    assert machine.fuse("signal", 7.0, None)[0] == "RUNNING"


def test_signal_and_video_that_disagree_are_danger_at_once_and_unknown_after_five_seconds():
    machine = MachineState()
    machine.video.belief.state = "STOPPED"
    machine.add_signal(0.0, "RUNNING")
    assert machine.fuse("both", 0.0, None)[0] == "RUNNING"
    assert machine.fuse("both", 4.8, None)[0] == "RUNNING"
    assert machine.fuse("both", 5.0, None)[:2] == ("UNKNOWN", "both")
    machine.video.belief.state = "RUNNING"
    assert machine.fuse("both", 5.2, None)[:2] == ("RUNNING", "both")


def test_of_two_sources_the_one_that_knows_is_believed():
    machine = MachineState()
    machine.video.belief.state = "STOPPED"
    assert machine.fuse("both", 0.0, None)[:2] == ("STOPPED", "video")
    machine.video.belief.state = "UNKNOWN"
    machine.add_signal(1.0, "RUNNING")
    assert machine.fuse("both", 1.0, None)[:2] == ("RUNNING", "signal")


def test_at_one_picture_a_second_a_turning_drum_is_still_never_taken_for_a_standing_one():
    reader, drum = VideoReader(), Drum(speed=7)
    states = []
    for t in range(24):
        turning = 8 <= t < 16
        states.append(reader.read(drum.picture(turning), ROI, [], float(t)))
    assert states[7] == "STOPPED"
    assert set(states[11:16]) == {"RUNNING"}
    assert states[-1] == "STOPPED"
