"""The motion gate sees people and not lamps; visibility says how well anybody can be seen."""

import cv2
import numpy as np
import pytest

from workers.vision import light
from workers.vision.gate import Gate, small_luma


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
    wanted = [gate.wants(roadway.small(), i / 5, tracking=False) for i in range(100)]
    # Only the periodic look, and the hold after the first picture.
    assert sum(wanted) <= 22


@pytest.mark.parametrize("contrast", [25.0, -25.0, 40.0])
@pytest.mark.parametrize("flicker", [0.0, 0.3])
def test_somebody_who_walks_opens_it(contrast, flicker):
    roadway, gate = Roadway(flicker=flicker), Gate()
    for i in range(20):
        gate.wants(roadway.small(), i / 5, tracking=False)
    wanted = [
        gate.wants(roadway.small(100 + 8 * i, contrast), 4 + i / 5, tracking=False)
        for i in range(30)
    ]
    assert np.mean(wanted) > 0.9
    assert any(wanted[:3])


def test_somebody_who_is_followed_keeps_it_open():
    roadway, gate = Roadway(), Gate()
    assert all(gate.wants(roadway.small(), i / 5, tracking=True) for i in range(50))


def test_it_stays_open_for_a_while_after_the_last_movement():
    roadway, gate = Roadway(), Gate()
    for i in range(30):
        gate.wants(roadway.small(100 if i == 20 else None, 60, 30), i / 5, tracking=False)
    assert gate.wants(roadway.small(), 30 / 5, tracking=False) or gate.open_until >= 5.5


def test_a_masked_place_may_move_as_it_likes():
    roadway, gate = Roadway(), Gate()
    ignore = np.zeros(roadway.small().shape, bool)
    ignore[:, :60] = True
    wanted = [
        gate.wants(roadway.small(20 + 5 * i, 80, 30), i / 5, tracking=False, ignore=ignore)
        for i in range(40)
    ]
    assert sum(wanted[12:]) <= 8


def test_a_stored_gate_goes_on_as_if_nothing_had_happened():
    one, two = Gate(), Gate()
    left, right = Roadway(), Roadway()
    for i in range(40):
        at = 100 + 6 * i if i > 20 else None
        assert one.wants(left.small(at), i / 5, tracking=False) == two.wants(
            right.small(at), i / 5, tracking=False
        )
        two = Gate.load(two.dump())


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
