"""A view that was zoomed, turned or pushed is told by how all of it moved, and nothing else is."""

import cv2
import numpy as np
import pytest
from engine_kit import roadway as mine

from tests.unit.test_health import BEGIN_S, watch
from workers.vision.alignment import carried
from workers.vision.gate import relative, small_luma
from workers.vision.places import MOVED, PATCH

REACH_PX = 16


def pattern(picture):
    return relative(small_luma(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)))


def aimed(picture, zoom=1.0, roll_deg=0.0, right_px=0.0):
    """Return a picture as a camera sends it that was zoomed, turned or pushed."""
    height, width = picture.shape[:2]
    to = cv2.getRotationMatrix2D((width / 2, height / 2), roll_deg, zoom)
    to[0, 2] -= right_px
    return cv2.warpAffine(picture, to, (width, height), borderMode=cv2.BORDER_REFLECT_101)


def far(zoom=1.0, roll_deg=0.0, right_px=0.0):
    """Return how far that carries a corner a tenth in from the rim, as a share of the diagonal."""
    to = cv2.getRotationMatrix2D((160, 90), roll_deg, zoom)
    to[0, 2] -= right_px
    at = np.array([(x, y, 1.0) for x in (32, 288) for y in (18, 162)]).T
    return np.hypot(*(to @ at - at[:2])).max() / np.hypot(320, 180)


WAYS = [{"zoom": 1.1}, {"zoom": 1.2}, {"zoom": 1.3}, {"zoom": 0.85}, {"roll_deg": 4.0},
        {"zoom": 1.1, "roll_deg": 5.0}, {"right_px": 8.0}, {"right_px": 20.0}, {}]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_how_far_a_view_was_carried_is_measured_to_within_a_fiftieth(way):
    (_, first), (_, later) = list(mine(1))[:2]
    found = carried(pattern(first), pattern(aimed(later, **way)), PATCH, REACH_PX)
    assert found == pytest.approx(far(**way), abs=0.02)


@pytest.mark.parametrize("way", [w for w in WAYS if far(**w) > MOVED], ids=str)
def test_a_camera_that_was_carried_by_a_twentieth_is_told_to_have_moved(way):
    frames = ((t, aimed(p, **way) if t >= BEGIN_S else p) for t, p in mine(BEGIN_S + 15))
    [told] = watch(frames)
    assert (told.fault, told.state) == ("moved", "raised")
    assert told.t - BEGIN_S <= 12


@pytest.mark.parametrize("way", [w for w in WAYS if far(**w) < MOVED - 0.005], ids=str)
def test_one_that_was_carried_by_less_is_not(way):
    frames = ((t, aimed(p, **way) if t >= BEGIN_S else p) for t, p in mine(BEGIN_S + 15))
    assert watch(frames) == []


def test_other_pictures_and_none_are_no_movement_of_the_view():
    here, there = pattern(next(mine(1))[1]), pattern(next(mine(1, seed=5))[1])
    assert carried(here, there, PATCH, REACH_PX) == 0.0
    assert carried(here, np.full_like(here, 100), PATCH, REACH_PX) == 0.0
    assert carried(here, here[:-2], PATCH, REACH_PX) == 0.0
    assert carried(here[:5, :5], here[:5, :5], PATCH, REACH_PX) == 0.0


@pytest.mark.parametrize("wide", [0.3, 0.45])
def test_a_train_that_stands_elsewhere_than_before_is_no_movement_of_the_view(wide):
    """Its whole pattern is found again beside, and all around is where it was."""
    right = int(320 * wide)
    load = np.random.default_rng(3).uniform(0, 255, (110, right, 1)).astype(np.float32)
    load = cv2.GaussianBlur(load, (0, 0), 2.5)[..., None]
    load = np.clip(120 + 3 * (load - load.mean()), 16, 235).astype(np.uint8)

    def passed(frames):
        for t, picture in frames:
            at = 10 if t < BEGIN_S else 34
            picture[60:170, at : at + right] = load
            yield t, picture

    assert [c for c in watch(passed(mine(BEGIN_S + 20))) if c.fault == "moved"] == []
