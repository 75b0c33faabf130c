"""Whoever stands behind a wall has his feet behind it, and not on its edge."""

import pytest

from workers.vision.boxes import Box
from workers.vision.feet import bottom_of, look_below
from workers.vision.tracker import Tracker

ASPECT = 16 / 9
UPPER = (0.28, 0.36, 0.36, 0.59)  # as high as 1.6 times its width
WHOLE = (0.27, 0.34, 0.38, 0.75)


def seen(upper, *others, looks=6):
    """Look at somebody some times; return his track."""
    tracker = Tracker()
    for i in range(looks):
        box = Box("person", upper, 0.7)
        tracker.update([box], i * 0.2, ASPECT)
        look_below(tracker.tracks[0], [box, *others], ASPECT)
    return tracker.tracks[0]


def test_the_feet_of_a_half_hidden_person_are_where_the_whole_body_ends():
    assert bottom_of(seen(UPPER, Box("person", WHOLE, 0.3))) == pytest.approx(0.75)


@pytest.mark.parametrize(
    "other",
    [
        Box("person", WHOLE, 0.1),
        Box("car", WHOLE, 0.3),
        Box("person", (0.27, 0.34, 0.38, 0.66), 0.3),
        Box("person", (0.20, 0.34, 0.46, 0.75), 0.3),
        Box("person", (0.33, 0.34, 0.41, 0.75), 0.3),
        Box("person", (0.27, 0.20, 0.38, 0.75), 0.3),
    ],
    ids=["too weak", "no person", "hardly taller", "lying or wide", "beside", "another head"],
)
def test_what_is_no_whole_body_of_the_same_person_moves_nobodys_feet(other):
    assert bottom_of(seen(UPPER, other)) == pytest.approx(UPPER[3])


@pytest.mark.parametrize(
    "upright", [(0.3, 0.3, 0.34, 0.59), (0.22, 0.48, 0.36, 0.62)], ids=["whole", "lying"]
)
def test_who_is_seen_whole_or_lies_has_his_feet_where_they_are_seen(upright):
    x1, y1, x2, y2 = upright
    taller = Box("person", (x1 - 0.01, y1, x2 + 0.01, y1 + 1.7 * (y2 - y1)), 0.3)
    assert bottom_of(seen(upright, taller)) == pytest.approx(y2)


def test_once_is_not_enough():
    assert bottom_of(seen(UPPER, Box("person", WHOLE, 0.3), looks=1)) == pytest.approx(UPPER[3])


def test_the_wall_stays_while_the_whole_body_is_not_proposed_for_a_second_and_no_longer():
    track = seen(UPPER, Box("person", WHOLE, 0.3))
    for _ in range(5):
        look_below(track, [], ASPECT)
    assert bottom_of(track) == pytest.approx(0.75)
    for _ in range(5):
        look_below(track, [], ASPECT)
    assert bottom_of(track) == pytest.approx(UPPER[3])


@pytest.mark.parametrize(
    "box",
    [(0.28, 0.36, 0.36, 0.70), (0.36, 0.36, 0.44, 0.59), (0.28, 0.51, 0.36, 0.60)],
    ids=["seen whole", "walked on", "crouched"],
)
def test_who_is_seen_whole_walks_on_or_crouches_has_his_feet_where_they_are_seen(box):
    track = seen(UPPER, Box("person", WHOLE, 0.3))
    for _ in range(2):
        look_below(track, [], ASPECT)
    track.box = list(box)
    look_below(track, [], ASPECT)
    assert bottom_of(track) == pytest.approx(box[3])


def test_where_a_whole_body_was_proposed_long_ago_says_nothing_of_here():
    track = seen(UPPER, Box("person", WHOLE, 0.3))
    for _ in range(20):
        look_below(track, [], ASPECT)
    track.box = [0.58, 0.10, 0.64, 0.25]
    for _ in range(4):
        look_below(track, [Box("person", (0.57, 0.09, 0.65, 0.36), 0.3)], ASPECT)
    assert bottom_of(track) == pytest.approx(0.36)


def test_a_look_at_a_part_that_ends_below_him_does_not_unlearn_the_wall():
    track = seen(UPPER, Box("person", WHOLE, 0.3), looks=1)
    for look in range(9):
        whole = look % 3 == 2
        look_below(track, [Box("person", WHOLE, 0.3)] if whole else [], ASPECT, part=not whole)
    assert bottom_of(track) == pytest.approx(0.75)


def test_who_comes_out_from_behind_the_wall_is_seen_so_in_a_part_too():
    track = seen(UPPER, Box("person", WHOLE, 0.3))
    track.box = [0.27, 0.34, 0.38, 0.74]
    for _ in range(3):
        look_below(track, [], ASPECT, part=True)
    assert bottom_of(track) == pytest.approx(0.74)
