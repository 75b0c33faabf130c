"""A camera that swings is told to have moved, though no place that it looks at lasts."""

import cv2
import numpy as np
import pytest
from engine_kit import roadway as mine

from tests.unit.test_alignment import aimed
from tests.unit.test_health import BEGIN_S, watch

WIDE = 320


def swung(seconds, share, period_s, until_s=1e9):
    """Give a roadway seen by a camera that swings by so much of its picture to either side."""
    for t, picture in mine(seconds):
        if BEGIN_S <= t < until_s:
            right = share * WIDE * np.sin(2 * np.pi * (t - BEGIN_S) / period_s)
            picture = aimed(picture, right_px=right)
        yield t, picture


@pytest.mark.parametrize("period_s", [4.3, 9, 20])
@pytest.mark.parametrize("share", [0.08, 0.12, 0.3])
def test_a_camera_that_swings_is_told_to_have_moved_within_a_minute(share, period_s):
    told = watch(swung(BEGIN_S + 62, share, period_s))
    assert [(c.fault, c.state) for c in told] == [("moved", "raised")]
    assert BEGIN_S <= told[0].since_t <= BEGIN_S + period_s


def test_it_is_told_once_and_until_the_view_has_stood_for_a_while():
    told = watch(swung(BEGIN_S + 240, 0.12, 9, until_s=BEGIN_S + 130))
    assert [(c.fault, c.state) for c in told] == [("moved", "raised"), ("moved", "cleared")]
    assert told[0].why == "the view swings: it is elsewhere again and again"
    assert 20 <= told[1].t - (BEGIN_S + 130) <= 100


def test_a_swing_within_what_is_drawn_to_spare_is_not_told():
    assert watch(swung(BEGIN_S + 120, 0.04, 9)) == []


def test_a_stored_memory_of_a_swing_goes_on_as_if_nothing_had_happened():
    frames = list(swung(BEGIN_S + 62, 0.12, 9))
    assert watch(frames, reload=True) == watch(frames) != []


def test_a_mast_that_each_passing_train_shakes_for_two_seconds_does_not_swing():
    def shaken():
        for t, picture in mine(BEGIN_S + 180):
            shakes = t >= BEGIN_S and t % 20 < 2
            yield t, aimed(picture, right_px=30 * np.sin(9 * t)) if shakes else picture

    assert watch(shaken()) == []


def test_cars_that_fill_the_view_one_after_another_are_no_view_that_swings():
    """Each covers most of the view for three seconds, all alike, with a second between two."""
    rng = np.random.default_rng(3)
    side = cv2.GaussianBlur(rng.uniform(0, 255, (150, 280)).astype(np.float32), (0, 0), 2.5)
    side = np.clip(110 + 3 * (side - side.mean()), 16, 235).astype(np.uint8)[..., None]

    def passed():
        for t, picture in mine(BEGIN_S + 180):
            if t >= BEGIN_S and t % 4 < 3:
                left = int(20 - 20 * (t % 4))
                picture[30:, max(0, left) : left + 280] = side[:, max(0, -left) :]
            yield t, picture

    assert [c for c in watch(passed()) if c.fault == "moved"] == []


def test_a_camera_that_is_turned_back_is_right_again_at_once():
    def turned():
        for t, picture in mine(BEGIN_S + 100):
            away = BEGIN_S <= t < BEGIN_S + 70
            yield t, aimed(picture, right_px=24) if away else picture

    told = watch(turned())
    assert [(c.fault, c.state) for c in told] == [("moved", "raised"), ("moved", "cleared")]
    assert told[0].t - BEGIN_S <= 12 and told[1].t - (BEGIN_S + 70) <= 7
