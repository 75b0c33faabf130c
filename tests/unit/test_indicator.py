"""An indicator lamp that other light plays on: a glint is no lamp, and work lights stop none."""

import json

import cv2
import numpy as np
import pytest

from workers.vision.machine import VideoReader

SIZE = (320, 180)
ROI = ((0.47, 0.46), (0.53, 0.46), (0.53, 0.56), (0.47, 0.56))
PANEL, GLINT = 45, 235
WALL = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 1, SIZE[::-1]), (0, 0), 2)
WALL *= 0.2 / WALL.std()


def picture(rng, lamp, panel, glint):
    """Draw a panel on a rough wall, a lamp's glass of a grey level in it, and a spot of light."""
    drawn = panel + panel * WALL
    drawn[50:130, 120:200] = panel
    drawn[82:101, 150:170] = panel + 5
    if lamp is not None:
        drawn[84:99, 152:168] = lamp
    if glint:
        drawn[86:97, 154:166] = GLINT
    return np.clip(drawn + rng.normal(0, 2.5, drawn.shape), 0, 255).astype(np.uint8)


def watch(parts, reader=None, fps=5):
    """Read parts (seconds, lamp's level or None, panel's level, glint); give states by second."""
    reader, rng, told, t = reader or VideoReader(), np.random.default_rng(1), {}, 0.0
    for seconds, lamp, panel, glint in parts:
        for _ in range(round(seconds * fps)):
            told[round(t, 2)] = reader.read(picture(rng, lamp, panel, glint), ROI, [], t, "lamp")
            t += 1 / fps
    return told


def states(told, since, until=1e9):
    return {state for t, state in told.items() if since <= t < until}


@pytest.mark.parametrize("level", [100, 110, 125, 160])
def test_after_a_headlights_glint_the_lamp_is_told_lit_and_unlit_as_before(level):
    off, glint = (None, PANEL, False), (None, PANEL, True)
    told = watch([(20, *off), (2, *glint), (18, *off), (20, level, PANEL, False), (10, *off)])
    assert states(told, 26, 40) == {"STOPPED"}
    assert states(told, 41.5, 60) == {"RUNNING"}
    assert states(told, 64.2) == {"STOPPED"}


def test_a_glint_that_stays_makes_a_faint_lamp_unknown_at_most():
    told = watch([(5, None, PANEL, False), (30, None, PANEL, True), (9, None, PANEL, False),
                  (30, 100, PANEL, False), (10, None, PANEL, False)])  # fmt: skip
    assert states(told, 40, 44) == {"STOPPED"}
    assert states(told, 46, 74) <= {"RUNNING", "UNKNOWN"}
    assert states(told, 79) == {"STOPPED"}


@pytest.mark.parametrize(("panel", "lamp"), [(60, 173), (110, 183), (150, 191), (150, 158)])
def test_work_lights_on_the_panel_do_not_stop_a_lit_lamp(panel, lamp):
    told = watch([(10, None, PANEL, False), (20, 170, PANEL, False), (40, lamp, panel, False)])
    assert states(told, 11.5, 30) == {"RUNNING"}
    assert states(told, 30) <= {"RUNNING", "UNKNOWN"}


def test_in_the_work_lights_the_lamp_is_learnt_anew():
    before = [(10, None, PANEL, False), (20, 170, PANEL, False)]
    off, lit = (10, None, 150, False), (20, 191, 150, False)
    told = watch([*before, (30, 191, 150, False), off, lit, off])
    assert states(told, 64.2, 70) == {"STOPPED"}
    assert states(told, 71.5, 90) == {"RUNNING"}
    assert states(told, 94.2) == {"STOPPED"}


def test_a_lamp_that_went_out_while_the_work_lights_came_on_is_unknown_until_it_is_lit_again():
    told = watch([(10, None, PANEL, False), (20, 170, PANEL, False), (30, None, 150, False),
                  (10, 195, 150, False), (10, None, 150, False)])  # fmt: skip
    assert states(told, 34, 60) == {"UNKNOWN"}
    assert states(told, 61.5, 70) == {"RUNNING"}
    assert states(told, 74.2) == {"STOPPED"}


def test_an_unlit_lamp_stays_unlit_in_any_light():
    told = watch([(10, None, PANEL, False), (20, None, 150, False), (20, None, PANEL, False)])
    assert states(told, 3.2) == {"STOPPED"}


def test_headlights_that_pass_leave_what_is_known_of_the_lamp():
    told = watch([(10, None, PANEL, False), (10, 120, PANEL, False), (6, 160, 120, False),
                  (10, 120, PANEL, False), (10, None, PANEL, False)])  # fmt: skip
    assert "STOPPED" not in states(told, 11.5, 36)
    assert states(told, 28, 36) == {"RUNNING"}
    assert states(told, 40.2) == {"STOPPED"}


def test_when_lamps_go_out_around_it_the_lamp_is_told_as_before():
    told = watch([(10, None, 110, False), (10, 190, 110, False), (10, 170, 30, False),
                  (10, None, 30, False), (10, 170, 30, False)])  # fmt: skip
    assert states(told, 11.5, 30) == {"RUNNING"}
    assert states(told, 34.2, 40) == {"STOPPED"}
    assert states(told, 41.5) == {"RUNNING"}


@pytest.mark.parametrize("share", [0.2, 0.12])
def test_a_lamp_that_shines_on_while_the_camera_exposes_less_is_not_called_stopped(share):
    told = watch([(10, None, 110, False), (10, 200, 110, False),
                  (20, 200 * share, 110 * share, False)])  # fmt: skip
    assert states(told, 12, 20) == {"RUNNING"}
    assert "STOPPED" not in states(told, 20)


def test_what_is_known_of_the_lamp_survives_being_written_down():
    reader = VideoReader()
    watch([(5, None, PANEL, False), (8, 170, PANEL, False), (2, 191, 150, False)], reader)
    again = VideoReader.load(json.loads(json.dumps(reader.dump())))
    assert again.indicator == reader.indicator
    assert again.indicator.brighter_t is not None
