"""Drums whose turning may not show: wound with even rope, seen from the front or aslant."""

import cv2
import numpy as np
import pytest
from machine_kit import SIZE, Camera, Drum, Part, film, first, states, watch


class Wound(Drum):
    """A drum under even rope from the front: its turns are stripes that turning leaves alone.

    slant: by which the drum lies in the picture, in degrees; splice: whether one turn is dirty.
    """

    def __init__(self, speed=0.5, slant=0.0, splice=False):
        super().__init__(speed)
        self.slant, self.splice = slant, splice

    def draw(self, place, on):
        """Draw it after it went `place` radians."""
        x, y = np.meshgrid(np.arange(-55, 56), np.arange(-50, 51))
        part = (70 + 50 * np.sin(2 * np.pi * x / 9)) * (0.4 + 0.6 * np.cos(y / 50 * np.pi / 2))
        if self.splice:
            bend = np.arcsin(np.clip(y / 50, -1, 1))
            part += 60 * (np.cos(bend + place) > 0.8) * np.cos(bend)
        picture = self.wall.copy()
        matrix = cv2.getRotationMatrix2D((55, 50), self.slant, 1.0)
        matrix[:, 2] += (176 - 55, 81 - 50)
        size = (SIZE[0], SIZE[1])
        laid = cv2.warpAffine(part.astype(np.float32), matrix, size)
        mask = cv2.warpAffine(np.ones(part.shape, np.float32), matrix, size) > 0.9
        picture[mask] = laid[mask][:, None]
        return picture


@pytest.mark.parametrize("slant", [0, 10, 20, 33, 45, 70, 90])
@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_a_drum_wound_with_even_rope_that_turns_is_not_called_stopped(speed, slant):
    drum = Wound(speed, slant)
    assert "STOPPED" not in states(watch(drum, film(drum, [Part(15, True)])), 0)


def test_a_wound_drum_with_a_dirty_turn_is_seen_to_stand_and_to_run():
    drum = Wound(1.3, splice=True)
    seen = watch(drum, film(drum, [Part(5), Part(8, True), Part(9)]))
    assert first(seen, "RUNNING", 5.0) <= 6.5
    assert states(seen, 6.6, 13.0) <= {"RUNNING", "COASTING"}  # it is behind now and then
    assert seen[-1][2] == "STOPPED"


def test_a_camera_that_shakes_is_no_proof_that_turning_would_show():
    drum = Wound(0.5)
    seen = watch(drum, film(drum, [Part(15, True)], Camera(shake=0.8)))
    assert "STOPPED" not in states(seen, 0)


@pytest.mark.parametrize("design", ["spokes", "wraps", "mark"])
def test_a_drum_whose_turning_would_show_is_stopped_before_it_was_ever_seen_to_run(design):
    drum = Drum(design=design)
    assert states(watch(drum, film(drum, [Part(8)])), 4.0) == {"STOPPED"}
