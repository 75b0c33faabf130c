"""Each fault of the camera is found within its time constant, and a clean camera has none."""

import json

import cv2
import numpy as np
import pytest
from engine_kit import roadway as mine

from workers.simulate.faults import spoil
from workers.vision import light
from workers.vision.gate import Gate, relative, small_luma
from workers.vision.health import ARMED_S, HOLD_S, Change, Health
from workers.vision.scenery import Scenery

FPS = 2
BEGIN_S = 20.0


def watch(frames, armed=False, health=None, reload=False):
    """Let Health see the frames; return what it tells."""
    health, gate, told, last = health or Health(), Gate(), [], None
    for t, picture in frames:
        luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        small = small_luma(luma)
        if last is not None and t - last > 2:
            told += health.silence(last, t, armed=armed)
            health.forget(t - last)
        last = t
        gate.moved(small, t)
        told += health.observe(small, luma, gate, light.measure(small), t, armed=armed)
        if reload:
            health = Health.load(json.loads(json.dumps(health.dump())))
    return told


def spoilt(name, lasts_s, after_s=0.0):
    frames = mine(BEGIN_S + lasts_s + after_s)
    return spoil(frames, name, BEGIN_S, BEGIN_S + lasts_s, seed=3)


@pytest.mark.parametrize(
    ("name", "fault", "within_s"),
    [
        ("frozen", "frozen", 10),
        ("blocked", "blocked", 6),
        ("moved", "moved", 11),
        ("glare", "glare", 30),
        ("overexposed", "overexposed", 60),
        ("dark", "dark", 60),
        ("blurred", "blurred", 61),
        ("dirt", "blurred", 61),
        ("hazy", "hazy", 121),
    ],
)
def test_a_fault_is_told_within_its_time_constant_and_once(name, fault, within_s):
    told = watch(spoilt(name, within_s + 1))
    assert [(c.fault, c.state) for c in told] == [(fault, "raised")]
    assert 0 < told[0].t - BEGIN_S <= within_s + 0.5
    assert told[0].since_t == pytest.approx(BEGIN_S, abs=2)


@pytest.mark.parametrize("name", ["dark", "glare", "overexposed"])
def test_over_an_armed_zone_nobody_is_blind_for_longer_than_fifteen_seconds(name):
    told = watch(spoilt(name, 17), armed=True)
    assert [c.fault for c in told] == [name]
    assert told[0].t - BEGIN_S <= ARMED_S[name] + 0.5


def test_a_fault_that_ends_is_cleared_under_the_name_that_it_was_told_by():
    told = watch(spoilt("blocked", 10, after_s=12))
    assert [(c.fault, c.state) for c in told] == [("blocked", "raised"), ("blocked", "cleared")]
    assert told[0].situation == told[1].situation


@pytest.mark.parametrize("name", ["dark", "glare", "hazy", "blurred", "moved"])
def test_a_fault_shorter_than_its_time_constant_is_not_told(name):
    assert watch(spoilt(name, 0.6 * HOLD_S[name], after_s=8)) == []


def test_frames_that_stay_away_are_told_as_lost_when_they_come_again():
    told = watch(spoilt("lost", 14, after_s=2))
    assert [(c.fault, c.state) for c in told] == [("lost", "raised"), ("lost", "cleared")]
    assert told[0].t - BEGIN_S == pytest.approx(HOLD_S["lost"], abs=1)


def test_stills_that_come_every_quarter_of_an_hour_are_no_lost_camera():
    frames = [(900.0 * number, picture) for number, (_, picture) in enumerate(mine(10))]
    assert [c for c in watch(frames) if c.fault == "lost"] == []


@pytest.mark.parametrize("noise", [0.6, 2.5, 6.0])
def test_a_clean_camera_has_no_fault(noise):
    assert watch(mine(150, noise)) == []


def test_a_person_who_accepts_the_new_view_ends_the_fault_and_begins_anew():
    health = Health()
    told = watch(spoilt("moved", 14), health=health)
    assert [c.fault for c in told] == ["moved"]
    ended = health.accept(40.0)
    assert [(c.fault, c.state) for c in ended] == [("moved", "cleared")]
    later = ((t + 40, picture) for t, picture in spoil(mine(30), "moved", 0, 99, seed=3))
    assert watch(later, health=health) == []


def test_a_stored_memory_goes_on_as_if_nothing_had_happened():
    assert watch(spoilt("moved", 14), reload=True) == watch(spoilt("moved", 14))


def test_visibility_is_nothing_while_the_camera_is_blocked():
    health = Health()
    watch(spoilt("blocked", 8), health=health)
    assert health.leaves == 0.0


def test_a_machine_and_a_gauge_have_faults_of_their_own():
    health, told = Health(), []
    for i in range(40):
        told += health.judge("machine_disagreement", True, i / 5, "why", about="winch-1")
        told += health.judge("machine_disagreement", i < 10, i / 5, "why", about="winch-2")
    assert [(c.fault, c.about, c.t) for c in told] == [("machine_disagreement", "winch-1", 5.0)]
    assert isinstance(told[0], Change)
    assert health.drop("machine_disagreement", "winch-1", 9.0, "gone")[0].state == "cleared"


def wall_of(seed):
    rng = np.random.default_rng(seed)
    return cv2.GaussianBlur(rng.uniform(60, 200, (72, 128)).astype(np.float32), (0, 0), 1.5)


def seen(scenery, picture):
    small = picture.astype(np.uint8)
    look = scenery.look(small, small, relative(small))
    scenery.learn(small, small, relative(small), 10.0)
    return look


def test_what_changes_at_a_place_becomes_usual_after_half_an_hour():
    """Water rises over a third of the view: the rest stands where it stood."""
    scenery, wall = Scenery(), wall_of(1)
    flooded = wall.copy()
    flooded[48:] = wall_of(2)[48:]
    for _ in range(10):
        seen(scenery, wall)
    assert seen(scenery, flooded).there < 0.8
    for _ in range(170):
        seen(scenery, flooded)
    assert seen(scenery, flooded).there < 0.8
    for _ in range(15):
        seen(scenery, flooded)
    look = seen(scenery, flooded)
    assert look.there > 0.9 and look.gone == 0
    assert seen(scenery, np.roll(flooded, 14, axis=1)).there < 0.3


def test_a_view_that_sinks_slowly_is_not_made_usual():
    scenery, wall = Scenery(), np.tile(wall_of(1), (2, 1))
    for _ in range(10):
        seen(scenery, wall[:72])
    for step in range(1, 15):
        for _ in range(200):
            look = seen(scenery, wall[step : step + 72])
    assert look.there < 0.3


def test_a_picture_in_which_nothing_changes_is_compared_every_three_seconds():
    health, gate, looks = Health(), Gate(), []
    rng = np.random.default_rng(4)
    wall = cv2.GaussianBlur(rng.uniform(0, 255, (180, 320)), (0, 0), 3)
    for i in range(200):
        shade = 60 if i >= 150 else 0  # something stands in the view from then on
        picture = wall.copy()
        picture[60:120, 100:160] += shade
        luma = np.clip(picture + rng.standard_normal(wall.shape), 0, 255).astype(np.uint8)
        small = small_luma(luma)
        gate.moved(small, i / 5)
        health.observe(small, luma, gate, light.measure(small), i / 5)
        if not looks or health.looked_t != looks[-1]:
            looks.append(health.looked_t)
    gaps = {round(t): round(after - t) for t, after in zip(looks, looks[1:], strict=False)}
    assert all(gaps[t] == 1 for t in gaps if t < 9)
    assert all(gaps[t] == 3 for t in gaps if 14 <= t < 26)
    assert all(gaps[t] == 1 for t in gaps if t >= 31)


def covered(seconds, noise=2.5, from_s=0.0):
    """A cap on the lens that lets a little light through; from from_s on the roadway is seen."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:180, 0:320].astype(np.float32)
    cap = 70 - 20 * (((x - 200) / 320) ** 2 + ((y - 60) / 180) ** 2)
    for number in range(int(seconds * FPS)):
        grey = np.clip(cap + noise * rng.standard_normal(cap.shape), 0, 255).astype(np.uint8)
        yield from_s + number / FPS, cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)


@pytest.mark.parametrize("noise", [0.0, 2.5, 8.0])
def test_a_camera_that_was_covered_from_the_start_is_told_of(noise):
    told = watch(covered(20, noise))
    assert [(c.fault, c.state) for c in told] == [("blocked", "raised")]
    assert told[0].t <= HOLD_S["blocked"] + 1.5


def test_a_cover_that_is_taken_off_ends_the_fault_and_is_not_taken_for_the_usual_view():
    health = Health()
    watch(covered(20), health=health)
    later = [(t + 20, picture) for t, picture in mine(30)]
    told = watch(later, health=health)
    assert [(c.fault, c.state) for c in told] == [("blocked", "cleared")]
    turned = ((t + 50, picture) for t, picture in spoil(mine(30), "moved", 0, 99, seed=3))
    assert [c.fault for c in watch(turned, health=health)] == ["moved"]


def test_a_camera_that_was_out_of_focus_from_the_start_is_told_of():
    rng = np.random.default_rng(8)
    soft = ((t, cv2.GaussianBlur(picture, (0, 0), 12)) for t, picture in mine(70))
    noisy = ((t, cv2.add(p, rng.integers(0, 6, p.shape, np.uint8))) for t, p in soft)
    told = watch(noisy)
    assert [(c.fault, c.state) for c in told] == [("blurred", "raised")]
    assert told[0].t <= HOLD_S["blurred"] + 1.5


def test_a_view_that_a_person_called_right_is_not_told_of_however_little_it_shows():
    health = Health()
    watch(covered(20), health=health)
    assert [c.state for c in health.accept(20.0)] == ["cleared"]
    assert watch(covered(90, from_s=20.0), health=health) == []


def test_a_picture_in_which_nothing_is_to_be_seen_is_called_blocked_and_not_frozen():
    grey = [(i / FPS, np.full((180, 320, 3), 120, np.uint8)) for i in range(60)]
    told = watch([*mine(20), *((20 + t, picture) for t, picture in grey)])
    assert [c.fault for c in told if c.state == "raised"] == ["blocked"]


def rising(seconds, rate):
    """Water rises before a wall by so many pixels a second and mirrors it."""
    for t, picture in mine(seconds):
        line = int(170 - rate * max(0.0, t - 10))
        below = picture[line - 1 : max(0, 2 * line - 181) : -1][: 180 - line]
        picture[line : line + len(below)] = 0.6 * below
        yield t, picture


def test_water_that_rises_fast_is_no_camera_that_was_moved():
    assert [c for c in watch(rising(40, 3.5)) if c.fault == "moved"] == []


def test_a_camera_that_was_moved_is_told_of_though_the_writing_over_its_picture_stays():
    def written(frames):
        for t, picture in frames:
            for row in (12, 172):
                cv2.putText(picture, "CAM 07 WINCH 2026-03-04 05:06", (4, row), 0, 0.55, 255, 2)
            yield t, picture

    frames = written(spoil(mine(40), "moved", 20, 99, seed=3))
    assert [c.fault for c in watch(frames)] == ["moved"]
