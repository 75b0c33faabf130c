"""How many people are in a place: too many, too few, hand-over, tags."""

import pytest
from hazard_kit import Film, person, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.scene import SceneError

HANDOVER = {"id": "handover", "kind": "state", "states": ["OPEN", "CLOSED"]}
TAGS = {"id": "tags", "kind": "number", "stale_s": 30}


def place(fps=2.0, **params):
    where = scene("occupancy", params=params, rule={"zone": "danger"}, inputs=[HANDOVER, TAGS])
    return Film(where, fps=fps)


def crowd(number):
    return [person(0.42 + 0.02 * k, 0.6 + 0.03 * (k % 8), track=k) for k in range(number)]


def test_one_too_many_for_half_a_minute_is_an_alarm_and_a_visitor_is_none():
    film = place(limit=4)
    film.run(20, crowd(4))
    film.run(20, crowd(5))
    film.run(20, crowd(4))
    assert film.findings == []
    found = film.run(45, crowd(5))
    assert [f.why for f in found] == ["5 people in danger, allowed 4"]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([3, 4, 4, 4, 5, 4, 4]), min_size=80, max_size=160))
def test_miscounts_by_one_that_do_not_last_raise_nothing(numbers):
    singles = [n if i % 3 == 1 else 4 for i, n in enumerate(numbers)]
    film = place(limit=4)
    film.run(len(singles) / 2, lambda i: crowd(singles[i]))
    assert film.findings == []


def test_a_lone_worker_is_told_after_two_minutes_and_an_empty_place_never():
    film = place(at_least=2)
    film.run(60)
    film.run(115, crowd(1))
    assert film.findings == []
    assert [f.level for f in film.run(15, crowd(1))] == ["danger"]
    assert [f.state for f in film.run(30, crowd(2))] == ["cleared"]


def test_a_hand_over_raises_the_limit_for_two_hours_at_most():
    film = place(fps=0.1, limit=4, handover="handover", handover_limit=8, window_s=60, over_s=60)
    film.tell("handover", "OPEN")
    film.run(7100, crowd(7))
    assert film.findings == []
    assert [f.level for f in film.run(400, crowd(7))] == ["danger"]


def test_a_mismatch_with_the_tags_is_a_warning_and_old_tags_are_none():
    film = place(tags="tags")
    for _ in range(9):
        film.tell("tags", "5")
        film.run(10, crowd(3))
    assert [f.level for f in film.findings] == ["mismatch"]
    other = place(tags="tags")
    other.tell("tags", "5")
    other.run(85, crowd(3))
    assert other.findings == []


def test_a_blind_camera_tells_of_no_lone_worker_and_ends_no_alarm():
    film = place(at_least=2, limit=3)
    assert film.run(200, crowd(1), faults=("blocked",)) == []
    film.run(45, crowd(5))
    assert film.open == "danger"
    film.run(60, faults=("blocked",))
    assert film.open == "danger"


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({}, "params.limit"),
        ({"limit": 2, "at_least": 3}, "params.at_least"),
        ({"limit": 9, "handover": "handover"}, "params.handover_limit"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(params, path):
    with pytest.raises(SceneError) as caught:
        place(**params)
    assert caught.value.path == f"rules[0].{path}"


def test_a_second_of_blindness_does_not_begin_the_time_anew():
    film = place(at_least=2)
    film.run(110, crowd(1))
    film.run(1, crowd(1), faults=("blocked",))
    assert [f.level for f in film.run(15, crowd(1))] == ["danger"]
