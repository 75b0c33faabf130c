"""The motion gate sees people and not lamps; visibility says how well anybody can be seen."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from workers.media.decode import Cells, read_frames
from workers.vision import light
from workers.vision.gate import Gate, small_luma

LOOPS = Path(__file__).resolve().parents[2] / "workers" / "simulate" / "loops"


class Roadway:
    """A 640x360 roadway with lamps, noise and somebody walking."""

    def __init__(self, noise=4.0, flicker=0.0, brightness=1.0):
        self.random = np.random.default_rng(3)
        wall = self.random.uniform(40, 120, (360, 640)).astype(np.float32)
        self.wall = cv2.GaussianBlur(wall, (0, 0), 6)
        self.noise, self.flicker, self.brightness = noise, flicker, brightness

    def small(self, person=None, contrast=25.0, width=18):
        picture = self.wall.copy()
        if person is not None:
            picture[140 : 140 + 3 * width, person : person + width] += contrast
        gain = self.brightness * (1 + self.flicker * self.random.uniform(-1, 1))
        noise = self.noise * self.random.standard_normal(picture.shape)
        return small_luma(np.clip(picture * gain + noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    "roadway",
    [Roadway(), Roadway(noise=8), Roadway(flicker=0.3), Roadway(brightness=0.3)],
    ids=["plain", "noisy", "lamps flicker by 30 %", "dim"],
)
def test_an_empty_roadway_keeps_the_gate_shut(roadway):
    gate = Gate()
    wanted = [gate.wants(roadway.small(), i / 5) for i in range(100)]
    # Only the periodic look, and the hold after the first picture.
    assert sum(wanted) <= 17


def test_after_half_a_minute_without_a_hint_it_looks_every_six_seconds():
    roadway, gate = Roadway(), Gate()
    looked = [i / 5 for i in range(600) if gate.wants(roadway.small(), i / 5)]
    gaps = np.diff(looked)
    late = gaps[np.array(looked[1:]) > 45]
    assert gaps.max() <= 6.2
    assert late.min() >= 5.8
    early = gaps[np.array(looked[1:]) < 30]
    assert early.max() <= 2.2


@pytest.mark.parametrize("brightness", [0.3, 1.0])
def test_what_stirs_too_little_to_be_motion_brings_the_looks_back(brightness):
    roadway, gate = Roadway(noise=2.0, brightness=brightness), Gate()
    for i in range(250):
        gate.wants(roadway.small(), i / 5)
    assert gate.calm(50.0)
    # Somebody 12 px wide, who differs by less than what motion needs.
    looked, moved = [], 0
    for i in range(250, 300):
        small = roadway.small(200 + (i - 250) // 2, 3.5, 24)
        opened = gate.open_until
        if gate.wants(small, i / 5):
            looked.append(i / 5)
        moved += gate.open_until != opened
    assert moved == 0
    assert not gate.calm(60.0)
    assert np.diff(looked[1:]).max() <= 2.2


def test_a_stored_gate_stays_calm():
    roadway, gate = Roadway(), Gate()
    for i in range(250):
        gate.wants(roadway.small(), i / 5)
    again = Gate.load(json.loads(json.dumps(gate.dump())))
    assert gate.calm(50.0)
    assert again.calm(50.0)
    again.forget()
    assert again.wants(roadway.small(), 50.0)
    assert not again.calm(50.2)


@pytest.mark.parametrize(
    "roadway",
    [Roadway(noise=8), Roadway(flicker=0.3), Roadway(brightness=0.3)],
    ids=["noisy", "lamps flicker by 30 %", "dim"],
)
def test_noise_and_lamps_are_no_hint(roadway):
    gate = Gate()
    for i in range(300):
        gate.wants(roadway.small(), i / 5)
    assert gate.calm(60.0)


@pytest.mark.parametrize("contrast", [25.0, -25.0, 12.0])
@pytest.mark.parametrize("flicker", [0.0, 0.3])
def test_somebody_who_walks_opens_it(contrast, flicker):
    roadway, gate = Roadway(flicker=flicker), Gate()
    for i in range(20):
        gate.wants(roadway.small(), i / 5)
    wanted = []
    for i in range(30):
        wanted.append(gate.wants(roadway.small(100 + 8 * i, contrast), 4 + i / 5))
        if wanted[-1]:
            gate.found(4 + i / 5)
    assert np.mean(wanted) > 0.9
    assert any(wanted[:3])


def test_movement_in_which_nobody_is_found_is_looked_at_half_as_often_after_a_second():
    roadway, gate = Roadway(), Gate()
    for i in range(20):
        gate.wants(roadway.small(), i / 5)
    wanted = [gate.wants(roadway.small(60 + 5 * i, 25), 4 + i / 5) for i in range(40)]
    assert all(wanted[2:6])
    assert 0.45 <= np.mean(wanted[10:]) <= 0.6


def test_a_dim_person_who_hardly_moves_opens_it():
    roadway, gate = Roadway(), Gate()
    for i in range(20):
        gate.wants(roadway.small(), i / 5)
    # 3 pixels a second, 36 pixels high, 12 grey levels: a tenth of what the lamps make.
    slow = [gate.moved(roadway.small(100 + round(0.6 * i), 12, 12), 4 + i / 5) for i in range(40)]
    assert np.mean(slow) > 0.8


def test_an_exposure_that_swings_opens_nothing():
    roadway, gate = Roadway(), Gate()
    opened = []
    for i in range(100):
        roadway.brightness = 1 + 0.2 * np.sin(i / 5)  # at most 0.2 a second
        opened.append(gate.moved(roadway.small(), i / 5))
    assert sum(opened[5:]) <= 2


def test_digits_that_change_all_the_time_become_part_of_the_picture():
    roadway, gate = Roadway(), Gate()
    digits = np.random.default_rng(5)
    opened = []
    for i in range(150):
        small = roadway.small()
        small[2:6, 2:20] = np.where(digits.random((4, 18)) > 0.5, 255, 0)
        opened.append(gate.moved(small, i / 5))
    assert sum(opened[100:]) <= 2


def test_somebody_followed_who_stands_is_looked_at_twice_a_second():
    roadway, gate = Roadway(), Gate()
    wanted = [gate.wants(roadway.small(), i / 5, following=True) for i in range(50)]
    assert all(any(wanted[i : i + 3]) for i in range(48))
    assert sum(wanted[10:]) <= 20


def test_a_doubt_about_somebody_lets_every_frame_through():
    roadway, gate = Roadway(), Gate()
    assert all(gate.wants(roadway.small(), i / 5, unsure=True) for i in range(50))


def test_it_stays_open_for_a_while_after_the_last_movement():
    roadway, gate = Roadway(), Gate()
    for i in range(20):
        gate.wants(roadway.small(), i / 5)
    assert gate.wants(roadway.small(100, 60, 30), 4.0)
    assert not gate.still
    assert all(gate.wants(roadway.small(), 4 + i / 5) for i in range(1, 5))


def test_a_masked_place_may_move_as_it_likes():
    roadway, gate = Roadway(), Gate()
    ignore = np.zeros(roadway.small().shape, bool)
    ignore[:, :60] = True
    wanted = [
        gate.wants(roadway.small(20 + 5 * i, 80, 30), i / 5, ignore=ignore) for i in range(40)
    ]
    assert sum(wanted[12:]) <= 8


def test_a_stored_gate_goes_on_as_if_nothing_had_happened():
    one, two = Gate(), Gate()
    left, right = Roadway(), Roadway()
    for i in range(40):
        at = 100 + 6 * i if i > 20 else None
        assert one.wants(left.small(at), i / 5) == two.wants(right.small(at), i / 5)
        assert one.dump() == two.dump()
        two = Gate.load(json.loads(json.dumps(two.dump())))
    assert len(json.dumps(two.dump())) < 30_000


@pytest.mark.parametrize(
    ("name", "most"),
    # In the dark the light of cap lamps comes seconds before those who carry them, and opens it.
    [("incline", 0.05), ("glare-roadway", 0.15), ("winch-house", 0.1), ("dark-drift", 0.6)],
)
def test_people_in_the_rendered_mine_pass_and_an_empty_roadway_does_not(name, most):
    truth = json.loads((LOOPS / name / "truth.json").read_text())
    people = [len(frame["people"]) for frame in truth["frames_truth"]]
    gate, moving, passed, opened = Gate(), 0, 0, []
    for turn in range(2):  # the loop as a camera sends it: the first turn is for learning
        cells = Cells(5)
        for frame in read_frames(LOOPS / name / "sub.mp4"):
            if not cells.take(frame.t):
                continue
            small = small_luma(frame.luma)
            ignore = np.zeros(small.shape, bool)
            ignore[:8, :32] = True  # the loop's frame counter, which a mine would mask
            moved = gate.moved(small, turn * truth["seconds"] + frame.t, ignore)
            now = round(frame.t * truth["fps"])
            if turn and people[now] > people[max(0, now - 15)]:
                moving, passed = moving + 1, passed + moved
            around = people[max(0, now - 50) : now + 15]
            machines = truth["frames_truth"][now]["machines"].values()
            if turn and not any(around) and all(m["state"] == "STOPPED" for m in machines):
                opened.append(moved)
    assert moving >= 5
    assert passed >= 0.85 * moving
    assert sum(opened) <= most * len(opened) + 1


@pytest.mark.parametrize("shape", [(1, 1), (360, 640), (1080, 1920), (20, 2000), (2000, 20)])
def test_a_picture_of_any_shape_gets_small(shape):
    small = small_luma(np.zeros(shape, np.uint8))
    assert 1 <= small.size <= 12_000


def test_visibility_falls_with_darkness_cover_and_glare():
    wall = np.random.default_rng(1).uniform(40, 160, (70, 120))
    bright = light.measure(wall.astype(np.uint8))
    assert bright.visibility == 1.0
    assert light.measure((wall * 0.05).astype(np.uint8)).visibility < 0.2
    assert light.measure(np.full((70, 120), 100, np.uint8)).visibility == 0.0
    glare = wall.copy()
    glare[:, :80] = 255
    assert light.measure(glare.astype(np.uint8)).visibility < 0.3


def test_only_the_very_dark_is_corrected_and_the_recorded_picture_stays_as_it_is():
    wall = np.random.default_rng(1).uniform(40, 160, (180, 320, 3)).astype(np.uint8)
    night = (wall * 0.12).astype(np.uint8)
    kept = night.copy()
    bright, dark = (light.measure(cv2.cvtColor(p, cv2.COLOR_BGR2GRAY)) for p in (wall, night))
    assert light.correct(wall, bright) is wall
    assert light.correct(night, dark).mean() > 3 * night.mean()
    assert np.array_equal(night, kept)


@pytest.mark.parametrize("shape", [(1, 1), (8, 9), (7, 2000), (300, 9)])
def test_a_picture_of_any_shape_is_measured_and_corrected(shape):
    dark = np.full((*shape, 3), 9, np.uint8)
    found = light.measure(dark[..., 0])
    assert light.correct(dark, found).shape == dark.shape
    assert 0 <= found.visibility <= 1
