"""A camera that looks at another place is told of in any light, and one in another light is not."""

import cv2
import numpy as np
import pytest
from engine_kit import roadway
from test_health import watch

from workers.vision.health import Health

TURNED_S = 20.0


def place(seed, seconds, start_s=0.0, gain=1.0, size=None):
    """Give a roadway's frames under so much of its light, stretched to a size (width, height)."""
    for t, picture in roadway(seconds, seed=seed):
        lit = cv2.convertScaleAbs(picture, alpha=gain)
        yield start_s + t, lit if size is None else cv2.resize(lit, size)


def then(first, *later):
    return watch([*first, *(frame for frames in later for frame in frames)])


def lumas(health):
    return [round(luma) for _, luma in health.scenery.references]


@pytest.mark.parametrize(("other", "gain"), [(2, 0.55), (4, 0.55), (4, 1.0), (5, 1.0), (3, 1.7)])
def test_another_place_is_told_as_moved_in_any_light(other, gain):
    told = then(place(1, TURNED_S), place(other, 14, TURNED_S, gain))
    assert [(c.fault, c.state) for c in told] == [("moved", "raised")]
    assert told[0].t - TURNED_S <= 11.5


@pytest.mark.parametrize("gain", [0.55, 1.7])
def test_the_same_place_in_another_light_is_learnt_and_not_told(gain):
    health = Health()
    frames = [*place(1, TURNED_S), *place(1, 30, TURNED_S, gain)]
    assert watch(frames, health=health) == []
    assert len(lumas(health)) == 2


@pytest.mark.parametrize(("one", "other", "gain"), [(12, 4, 0.55), (4, 12, 1.7)])
def test_another_place_is_never_learnt_as_the_same_in_another_light(one, other, gain):
    """Of these a third seems in its place by chance."""
    health = Health()
    watch(place(one, TURNED_S), health=health)
    before = lumas(health)
    watch(place(other, 60, TURNED_S, gain), health=health)
    assert lumas(health) == before


def lamps(left, right):
    """Give the roadway with a lamp on either side, each so bright."""
    x = np.linspace(0, 1, 320, dtype=np.float32)
    light = (
        0.12 + left * np.exp(-((x - 0.2) ** 2) / 0.05) + right * np.exp(-((x - 0.8) ** 2) / 0.05)
    )
    for t, picture in roadway(TURNED_S):
        yield t, np.clip(picture * light[None, :, None], 16, 235).astype(np.uint8)


def test_a_lamp_that_goes_out_while_another_comes_on_moves_no_camera():
    swapped = ((t + TURNED_S, picture) for t, picture in lamps(0.0, 1.2))
    assert [c for c in then(lamps(1.2, 0.0), swapped) if c.fault == "moved"] == []


@pytest.mark.parametrize("size", [(320, 240), (180, 320), (352, 144)])
@pytest.mark.parametrize("gain", [0.55, 1.0])
def test_a_view_that_fills_another_shape_is_compared_in_it(size, gain):
    """What was drawn lies right: nothing is told, until the camera is turned in the new shape."""
    stretched = place(1, 20, TURNED_S, gain, size)
    turned = place(2, 14, 2 * TURNED_S, gain, size)
    told = then(place(1, TURNED_S), stretched, turned)
    assert [(c.fault, c.state) for c in told] == [("moved", "raised")]
    assert 2 * TURNED_S + 9 <= told[0].t <= 2 * TURNED_S + 12


def test_a_view_cut_to_another_shape_is_told_as_moved_until_it_is_back():
    cut = ((t, picture[:, 40:280].copy()) for t, picture in place(1, 20, TURNED_S))
    told = then(place(1, TURNED_S), cut, place(1, 20, 2 * TURNED_S))
    assert [(c.fault, c.state) for c in told] == [("moved", "raised"), ("moved", "cleared")]
    assert "shape changed" in told[0].why
    assert told[0].t - TURNED_S <= 11.5


def test_a_view_cut_to_another_shape_is_usual_once_a_person_accepts_it():
    health = Health()
    cut = [(t, picture[:, 40:280].copy()) for t, picture in place(1, 40, TURNED_S)]
    told = watch([*place(1, TURNED_S), *(frame for frame in cut if frame[0] < 35)], health=health)
    assert [c.fault for c in told] == ["moved"]
    assert [c.state for c in health.accept(35.0)] == ["cleared"]
    assert watch((frame for frame in cut if frame[0] >= 35), health=health) == []
