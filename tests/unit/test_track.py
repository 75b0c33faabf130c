"""People keep their number: through misses, crossings and hiding, and nobody jumps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.vision.boxes import Box
from workers.vision.tracker import Tracker

ASPECT = 16 / 9
STEP_S = 0.2


def box(x, y=0.7, height=0.3, score=0.8):
    width = height * 0.4 / ASPECT
    return Box("person", (x - width / 2, y - height, x + width / 2, y), score)


def follow(frames, tracker=None, step_s=STEP_S):
    """Feed frames of boxes; return the ids given in each."""
    tracker = tracker or Tracker()
    return [tracker.update(boxes, i * step_s, ASPECT) for i, boxes in enumerate(frames)]


def test_an_id_is_given_once_it_is_confirmed_and_then_kept():
    ids = follow([[box(0.2 + 0.01 * i)] for i in range(20)])
    assert ids[0] == ids[1] == [None]
    assert {i for (i,) in ids[2:]} == {1}


def test_a_fast_walker_at_five_pictures_a_second_keeps_the_id():
    # Half of its own width between two pictures.
    ids = follow([[box(0.1 + 0.035 * i)] for i in range(22)])
    assert {i for (i,) in ids[3:]} == {1}


@settings(max_examples=30, deadline=None)
@given(missed=st.sets(st.integers(4, 28)))
def test_up_to_three_missed_detections_in_a_row_keep_the_id(missed):
    frames = [[] if i in missed else [box(0.2 + 0.015 * i)] for i in range(30)]
    runs = "".join("x" if i in missed else " " for i in range(30)).split()
    ids = {i for given in follow(frames) for i in given if i is not None}
    if all(len(run) <= 3 for run in runs):
        assert ids == {1}


def test_weak_detections_keep_a_track_but_start_none():
    weak = follow([[box(0.3, score=0.25)] for _ in range(20)])
    assert {i for (i,) in weak} == {None}
    kept = follow([[box(0.3, score=0.8 if i < 4 else 0.2)] for i in range(20)])
    assert kept[-1] == [1]


def test_who_stands_in_puffs_of_steam_keeps_the_id_though_weak_detections_drag_it_away():
    # Seen for 0.4 s, then hidden for 0.8 s behind what looks a little like somebody higher up.
    drag = [box(0.5, 0.7 - 0.08 * k, score=0.25) for k in range(1, 5)]
    ids = follow([*[[box(0.5)]] * 5, *[[one] for one in [*drag, *[box(0.5)] * 2] * 20]])
    assert {i for (i,) in ids[4:]} == {1}


def test_two_people_who_cross_keep_their_ids():
    frames = [[box(0.2 + 0.02 * i, 0.7), box(0.8 - 0.02 * i, 0.75)] for i in range(30)]
    ids = follow(frames)
    assert ids[5] == ids[-1]
    assert len(set(ids[-1])) == 2


def test_a_person_hidden_for_a_second_comes_back_with_the_same_id():
    frames = [[] if 10 <= i < 15 else [box(0.2 + 0.015 * i)] for i in range(30)]
    assert follow(frames)[-1] == [1]


def test_a_box_that_jumps_across_the_picture_is_somebody_else():
    frames = [[box(0.1)] for _ in range(10)] + [[box(0.9)] for _ in range(10)]
    ids = follow(frames)
    assert ids[9] == [1]
    assert ids[10] == [None]
    assert ids[-1] == [2]


def test_a_box_that_doubles_in_size_at_once_is_somebody_else():
    frames = [[box(0.5)] for _ in range(10)] + [[box(0.5, 0.95, 0.75)] for _ in range(3)]
    assert follow(frames)[10] == [None]


def test_a_second_box_around_the_same_person_starts_no_track():
    frames = [[box(0.5), box(0.5, 0.6, 0.18, 0.5)] for _ in range(10)]
    assert follow(frames)[-1] == [1, None]


def test_at_one_picture_a_second_people_are_still_confirmed():
    ids = follow([[box(0.3 + 0.01 * i)] for i in range(5)], step_s=1.0)
    assert ids[1:] == [[1]] * 4


def test_a_stored_tracker_goes_on_as_if_nothing_had_happened():
    one, two = Tracker(), Tracker()
    for i in range(25):
        boxes = [box(0.2 + 0.02 * i), box(0.6, 0.5 + 0.01 * i)] if i % 7 else []
        assert one.update(boxes, i * STEP_S, ASPECT) == two.update(boxes, i * STEP_S, ASPECT)
        two = Tracker.load(two.dump())
    assert one.dump() == two.dump()


def test_after_a_gap_ids_are_not_used_again():
    tracker = Tracker()
    follow([[box(0.5)] for _ in range(5)], tracker)
    tracker.forget()
    assert not tracker.following()
    assert follow([[box(0.5)] for _ in range(5)], tracker)[-1] == [2]


@pytest.mark.parametrize("step_s", [0.2, 0.4])
@pytest.mark.parametrize("stops", [False, True])
def test_a_walker_hidden_for_a_second_and_a_half_keeps_the_id(step_s, stops):
    # 0.8 of its own height a second: somebody of 1.75 m who walks at 1.4 m/s.
    speed, hidden = 0.8 * 0.3 / ASPECT, (3.0, 4.3)
    frames = []
    for i in range(int(6 / step_s)):
        t = i * step_s
        walked = min(t, 3.4) if stops else t
        frames.append([] if hidden[0] <= t < hidden[1] else [box(0.1 + speed * walked)])
    assert follow(frames, step_s=step_s)[-1] == [1]


def test_who_is_held_in_a_still_picture_is_there_and_not_in_doubt():
    tracker = Tracker()
    follow([[box(0.5)] for _ in range(6)], tracker)
    for i in range(6, 12):
        tracker.hold(i * STEP_S)
    assert not tracker.unsure()
    assert tracker.tracks[0].seen_s == 11 * STEP_S
    tracker.update([], 12 * STEP_S, ASPECT)
    assert tracker.unsure()


def test_who_is_hardly_seen_is_believed_once_a_closer_look_finds_him_too():
    tracker = Tracker()
    asked = []

    def closer(seen):
        asked.append(seen)
        return 0.6

    for i in range(3):
        ids = tracker.update([box(0.5, score=0.42)], i * STEP_S, ASPECT, closer)
    assert ids == [1]
    assert len(asked) == 2


def test_what_a_closer_look_does_not_find_is_nobody_and_is_asked_for_less_and_less():
    tracker, asked = Tracker(), []

    def closer(seen):
        asked.append(seen)
        return 0.1

    for i in range(60):
        score = 0.42 if i % 10 == 0 else 0.25
        assert tracker.update([box(0.5, score=score)], i * STEP_S, ASPECT, closer) == [None]
    # Four looks, and one more at each detection that could begin a track.
    assert len(asked) <= 4 + 6
    assert not tracker.unsure()


def test_who_is_clearly_seen_is_looked_at_once_only():
    tracker = Tracker()

    def closer(seen):
        raise AssertionError("nobody doubts it")

    for i in range(3):
        ids = tracker.update([box(0.5, score=0.7)], i * STEP_S, ASPECT, closer)
    assert ids == [1]


def test_a_track_stored_before_there_were_closer_looks_is_still_followed():
    tracker = Tracker()
    for i in range(3):
        tracker.update([box(0.5)], i * STEP_S, ASPECT)
    stored = tracker.dump()
    stored["tracks"] = [row[:-9] for row in stored["tracks"]]
    assert Tracker.load(stored).update([box(0.5)], 3 * STEP_S, ASPECT) == [1]


def test_a_thing_that_passed_for_a_person_is_not_believed_for_ever():
    tracker, proofs = Tracker(), iter([0.4, 0.4, *[0.1] * 50])
    seen = [
        tracker.update([box(0.5, score=0.42)], i * STEP_S, ASPECT, lambda _: next(proofs))
        for i in range(60)
    ]
    assert seen[2] == [1]
    # Four looks, two seconds apart.
    assert seen[round(8 / STEP_S) :] == [[None]] * (60 - round(8 / STEP_S))


@pytest.mark.parametrize(
    ("proof", "score", "walks"), [(0.6, 0.42, 0.0), (0.1, 0.7, 0.0), (0.1, 0.42, 0.01)]
)
def test_whoever_is_proved_or_clearly_seen_or_walked_stays_believed(proof, score, walks):
    tracker, proofs = Tracker(), iter([0.4, 0.4])
    for i in range(100):
        seen = box(0.3 + walks * min(i, 40), score=score)
        found = tracker.update([seen], i * STEP_S, ASPECT, lambda _: next(proofs, proof))
        assert found == [1] or i < 2


@pytest.mark.parametrize(("proof", "stays"), [(0.35, False), (0.5, True)])
def test_who_was_first_found_behind_somebody_else_must_be_proved_more_surely(proof, stays):
    """A drum behind a worker looks like a second one, and is left when he has gone."""
    tracker = Tracker()
    for i in range(80):
        worker = box(0.3 + 0.01 * min(max(i - 30, 0), 40), score=0.7)
        there = [worker] + ([box(0.28, score=0.55 if i < 30 else 0.38)] if i >= 8 else [])
        found = tracker.update(there, i * STEP_S, ASPECT, lambda _: proof)
        assert found[0] == 1 or i < 2
        if i in (12, 30):
            assert found == [1, 2]
    assert found == [1, 2 if stays else None]


def test_where_looks_showed_nobody_nobody_new_hides_a_machine_until_he_is_believed():
    """A drum is found, looked at, lost for a while, and found again."""
    tracker = Tracker()
    frames = [*[[box(0.5, score=0.45)]] * 8, *[[]] * 8, *[[box(0.5, score=0.45)]] * 2]
    for i, there in enumerate(frames):
        tracker.update(there, i * STEP_S, ASPECT, lambda _: 0.1)
        if i == 10:
            assert tracker.tracks == []
            tracker = Tracker.load(tracker.dump())
    assert tracker.bodies(frames[-1], len(frames) * STEP_S) == []
    for i in range(len(frames), len(frames) + 20):
        there = [box(0.5, score=0.7)]
        tracker.update(there, i * STEP_S, ASPECT, lambda _: 0.1)
    assert len(tracker.bodies(there, i * STEP_S)) == 2  # somebody stands there: box and track


def test_of_two_boxes_about_one_person_the_surer_says_how_sure_he_is():
    """Behind a wall the upper body is found surely, and the whole one weakly."""
    tracker = Tracker()
    whole = [box(0.5, score=score) for score in (0.5, 0.3, 0.25, 0.25, 0.25, 0.25)]
    upper = [box(0.5, y=0.55, height=0.15, score=0.45) for _ in whole]
    for i, pair in enumerate(zip(whole, upper, strict=True)):
        tracker.update(list(pair), i * STEP_S, ASPECT)
    assert [track.score for track in tracker.tracks] == [0.45]
    assert tracker.tracks[0].box == list(whole[-1].xyxy)


def test_who_comes_alone_and_is_hardly_seen_stays_believed_by_as_little_as_before():
    tracker = Tracker()
    for i in range(80):
        there = [box(0.3, score=0.7), box(0.6, score=0.38 if i else 0.5)]
        found = tracker.update(there, i * STEP_S, ASPECT, lambda _: 0.35)
    assert found == [1, 2]


def test_what_was_taken_for_a_thing_needs_more_to_be_believed_again():
    tracker, proofs = Tracker(), iter([0.4, 0.4, *[0.1] * 6, *[0.35] * 20, *[0.9] * 50])
    believed = [
        tracker.update([box(0.5, score=0.42)], i * STEP_S, ASPECT, lambda _: next(proofs)) == [1]
        for i in range(240)
    ]
    first_lost = believed.index(False, 5)
    again = believed.index(True, first_lost)
    assert again * STEP_S > 25  # not while looks give 0.35
    assert all(believed[again:])


def test_a_weak_detection_elsewhere_is_not_whoever_was_hidden():
    def late(score):
        tracker = Tracker()
        frames = [[box(0.5)] for _ in range(5)] + [[] for _ in range(6)]
        return follow([*frames, [box(0.5 + 0.21 / ASPECT, score=score)]], tracker)[-1]

    assert late(0.3) == [None]
    assert late(0.6) == [1]


def looked_at(tracker, boxes, proof):
    """Feed frames of boxes whose closer looks all give one score."""
    for i, seen in enumerate(boxes):
        tracker.update([seen], i * STEP_S, ASPECT, lambda _: proof)
    return tracker.bodies([boxes[-1]], (len(boxes) - 1) * STEP_S)


def test_what_closer_looks_showed_to_be_nobody_hides_no_machine_behind_it():
    assert looked_at(Tracker(), [box(0.5, score=0.42)] * 3, 0.1)  # not looked at enough
    assert not looked_at(Tracker(), [box(0.5, score=0.42)] * 8, 0.1)
    assert looked_at(Tracker(), [box(0.5, score=0.42)] * 8, 0.6)


def test_whoever_walks_hides_it_though_closer_looks_do_not_prove_him():
    # A body's width in eight pictures.
    walks = [box(0.5 + 0.012 * i, score=0.42) for i in range(16)]
    assert looked_at(Tracker(), walks, 0.1)
