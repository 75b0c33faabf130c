"""Who does not move: windows of the picture against jitter, light, noise, hiding and loss."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from workers.media.decode import read_frames
from workers.vision.gate import relative
from workers.vision.stillness import KEEP_S, Stillness, usual_at
from workers.vision.track import Track

SIDE = (180, 320)
BOX = [0.4, 0.3, 0.5, 0.8]
_RNG = np.random.default_rng(5)
WALL = cv2.GaussianBlur(_RNG.uniform(0, 255, SIDE).astype(np.float32), (0, 0), 2.0)
WALL = 90 + 1.5 * (WALL - WALL.mean())
CLOTHES = cv2.GaussianBlur(_RNG.uniform(0, 255, (90, 32)).astype(np.float32), (0, 0), 1.5)
CLOTHES = 110 + 2.0 * (CLOTHES - CLOTHES.mean())


def picture(number, figure=BOX, *, arm=0, gain=1.0, noise=2.0, cover=None):
    """Return a wall with a figure in it, its arm at a height, under some light and noise."""
    view = WALL.copy()
    if figure is not None:
        x, y = round(figure[0] * SIDE[1]), round(figure[1] * SIDE[0])
        wide = round((figure[2] - figure[0]) * SIDE[1])
        high = round((figure[3] - figure[1]) * SIDE[0])
        view[y : y + high, x : x + wide] = cv2.resize(CLOTHES, (wide, high))
        view[y + high // 4 + arm : y + high // 4 + 6 + arm, x + 2 : x + wide - 2] = 190
    if cover is not None:
        a, b = round(cover[0] * SIDE[1]), round(cover[2] * SIDE[1])
        view[40:170, a:b] = 40
    grain = np.random.default_rng(number).normal(0, noise, SIDE)
    return np.clip(view * gain + grain, 0, 255).astype(np.uint8)


def track(box=BOX, number=1, seen_s=0.0):
    return Track(number, [0] * 4, [0] * 4, [0] * 3, 0.0, seen_s, 9, 0.8, True, box=list(box))


def watch(seconds, tracks, pictures, still=None, start_s=0.0, fps=5):
    still = still or Stillness()
    for index in range(round(seconds * fps)):
        t = start_s + index / fps
        still.observe(pictures(index), tracks(index, t), t)
    return still


def test_a_box_that_jitters_about_somebody_who_does_not_move_is_no_movement():
    rng = np.random.default_rng(1)

    def jitter(index, t):
        return [track([v + float(rng.normal(0, 0.012)) for v in BOX], seen_s=t)]

    still = watch(60, jitter, picture)
    assert still.views({1})[1].since_s == 0.0
    assert still.views({1})[1].active == 0.0


def test_a_raised_arm_is_a_movement():
    def lifts(index):
        return picture(index, arm=0 if index < 100 else 20)

    found = watch(40, lambda i, t: [track(seen_s=t)], lifts).views({1})[1]
    assert found.since_s == pytest.approx(20, abs=0.6)


def test_a_moved_hand_is_no_shift_and_a_turn_of_the_body_is_one():
    def hand(index):
        frame = picture(index)
        if index >= 100:
            frame[120:127, 134:141] = 190
        return frame

    found = watch(40, lambda i, t: [track(seen_s=t)], hand).views({1})[1]
    assert found.since_s == pytest.approx(20, abs=0.6)
    assert found.shifted_s == 0.0
    turned = [0.42, 0.3, 0.52, 0.8]

    def turns(index):
        return picture(index, BOX if index < 100 else turned)

    found = watch(40, lambda i, t: [track(BOX if i < 100 else turned, seen_s=t)], turns)
    assert found.views({1})[1].shifted_s == pytest.approx(20, abs=0.6)


def test_who_keeps_moving_is_active_and_who_rests_becomes_still():
    def works(index):
        return picture(index, arm=18 * ((index // 4) % 2) if index < 100 else 0)

    assert watch(20, lambda i, t: [track(seen_s=t)], works).views({1})[1].active > 0.3
    assert watch(50, lambda i, t: [track(seen_s=t)], works).views({1})[1].active < 0.05


@pytest.mark.parametrize("light", ["fades", "flickers", "dusk"])
def test_light_is_no_movement(light):
    gains = {
        "fades": lambda i: 1.0 - 0.5 * i / 300,
        "flickers": lambda i: 1.0 + 0.3 * ((i // 5) % 2),
        "dusk": lambda i: 0.3,
    }
    still = watch(60, lambda i, t: [track(seen_s=t)], lambda i: picture(i, gain=gains[light](i)))
    assert still.views({1})[1].since_s <= 1.0


def test_who_is_lost_and_lies_unchanged_is_still_there_and_a_new_track_goes_on():
    still = watch(10, lambda i, t: [track(seen_s=t)], picture)
    watch(60, lambda i, t: [], picture, still, 10)
    found = still.views(set())[1]
    assert (found.seen, found.hidden, found.since_s) == (False, False, 0.0)
    again = [v + 0.01 for v in BOX]
    watch(10, lambda i, t: [track(again, 7, t)], picture, still, 70)
    assert list(still.views({7})) == [7]
    assert still.views({7})[7].since_s == 0.0


def test_who_is_lost_and_walked_away_is_forgotten():
    still = watch(10, lambda i, t: [track(seen_s=t)], picture)
    watch(12, lambda i, t: [], lambda i: picture(i, None), still, 10)
    assert still.views(set()) == {}


def test_nobody_unseen_is_kept_for_ever():
    still = watch(2, lambda i, t: [track(seen_s=t)], picture)
    watch(KEEP_S + 5, lambda i, t: [], picture, still, 2, fps=1)
    assert still.views(set()) == {}


def test_who_is_hidden_for_a_moment_has_not_moved_and_is_not_told_as_still():
    still = watch(10, lambda i, t: [track(seen_s=t)], picture)
    before = [0.4, 0.2, 0.5, 0.95]
    watch(5, lambda i, t: [track(before, 2, t)], lambda i: picture(i, cover=before), still, 10)
    assert still.views({2})[1].hidden
    watch(5, lambda i, t: [track(seen_s=t)], picture, still, 15)
    found = still.views({1})[1]
    assert (found.hidden, found.since_s) == (False, 0.0)


def test_walking_is_walking_and_jitter_or_half_a_box_are_not():
    def goes(index):
        return [BOX[0] + 0.004 * index, BOX[1], BOX[2] + 0.004 * index, BOX[3]]

    walked = watch(
        10, lambda i, t: [track(goes(i), seen_s=t)], lambda i: picture(i, goes(i))
    ).views({1})[1]  # fmt: skip
    assert walked.walked
    half = [BOX[0], BOX[1], BOX[2], 0.55]
    flips = watch(
        30, lambda i, t: [track(half if (i // 10) % 2 else BOX, seen_s=t)],
        lambda i: picture(i, gain=1.0 + 0.2 * ((i // 7) % 2)),
    ).views({1})[1]  # fmt: skip
    assert not flips.walked


def test_a_stored_memory_goes_on_and_a_gap_of_a_minute_keeps_it():
    still = watch(10, lambda i, t: [track(seen_s=t)], picture)
    again = Stillness.load(still.dump())
    assert again.views({1}) == still.views({1})
    again.forget(30.0)
    watch(5, lambda i, t: [track(number=9, seen_s=t)], picture, again, 40)
    assert again.views({9})[9].since_s == 0.0
    again.forget(90.0)
    assert again.views({9}) == {}


def test_a_stream_that_changes_its_size_begins_nothing_wrong():
    still = watch(5, lambda i, t: [track(seen_s=t)], picture)
    large = lambda i: cv2.resize(picture(i), (640, 360))  # noqa: E731
    watch(10, lambda i, t: [track(seen_s=t)], large, still, 5)
    assert 1 in still.views({1})


def test_a_thing_that_always_stood_there_does_not_stand_out_and_somebody_who_came_does():
    empty = relative(picture(1, None))
    usual = usual_at(relative(picture(2, BOX)), 90.0, [(empty, 90.0)])
    assert usual is not None
    assert not usual(BOX)
    assert usual([0.7, 0.3, 0.8, 0.8])
    assert usual_at(empty, 90.0, []) is None
    assert usual_at(empty, 90.0, [(empty[:-1], 90.0)]) is None


def test_a_walkers_track_that_stays_with_a_sign_is_nobody_new_there():
    sign = [0.7, 0.3, 0.8, 0.8]

    def goes(index):
        return [0.3 + 0.01 * index, 0.3, 0.4 + 0.01 * index, 0.8] if index < 40 else sign

    both = lambda i: np.maximum(picture(i, sign), picture(i, goes(i)))  # noqa: E731
    still = Stillness()
    reference = [(relative(both(99)), 90.0)]
    for index in range(100):
        t, now = index / 5, both(index)
        usual = usual_at(relative(now), 90.0, reference)
        still.observe(now, [track(goes(index), seen_s=t)], t, usual)
    found = still.views({1})[1]
    assert (found.walked, found.new) == (True, False)
    assert found.since_s < 10.0


def test_who_falls_in_the_rendered_mine_is_still_soon_after_he_lies():
    """His window begins while he falls: it changes as a whole, and nothing hides him."""
    folder = Path(__file__).resolve().parents[2] / "workers/simulate/bank/fall-bright"
    # As the detector drew them: upright, then about the trunk of who lies along the line of sight.
    boxes = [
        (5.4, [0.5626, 0.2806, 0.6500, 0.7099]), (6.4, [0.5613, 0.2627, 0.6460, 0.7019]),
        (7.2, [0.5442, 0.5228, 0.6166, 0.7027]), (7.8, [0.5379, 0.5092, 0.6130, 0.6767]),
        (8.8, [0.5369, 0.5130, 0.6246, 0.6854]), (9.8, [0.5326, 0.5112, 0.6129, 0.6843]),
    ]  # fmt: skip
    still = Stillness()
    for frame in read_frames(folder / "clip.mp4"):
        if 5.4 <= frame.t <= 14.0:
            box = next(box for t, box in reversed(boxes) if t <= frame.t + 1e-6)
            still.observe(frame.luma, [track(box, seen_s=frame.t)], frame.t)
    view = still.views({1})[1]
    assert not view.hidden
    assert 7.0 <= view.since_s <= 9.5
