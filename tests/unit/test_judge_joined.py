"""Somebody who joins those in danger is told anew: whoever answered knew of fewer."""

import pytest
from hazard_kit import SQUARE, Film, person, scene

FIRST, SECOND, THIRD = person(0.45, track=1), person(0.5, track=2), person(0.55, track=3)
RUNNING = {"w": "RUNNING"}
NEAR = [[0.2, 0.45], [0.8, 0.45], [0.8, 0.99], [0.2, 0.99]]


def watched(kind="proximity_while_running", **params) -> Film:
    machine = {} if kind in ("restricted_entry", "occupancy") else {"machine": "w"}
    return Film(
        scene(
            kind, params=params, rule={"zone": "danger", **machine},
            zones=[{"id": "danger", "polygon": SQUARE}, {"id": "near", "polygon": NEAR}],
            machines=[{"id": "w", "source": "signal"}],
        )
    )  # fmt: skip


def told(film: Film) -> list[tuple[str, int]]:
    return [(f.state, f.values["persons"]) for f in film.findings]


@pytest.mark.parametrize(
    "kind",
    ["proximity_while_running", "conveyor_person", "slope_mutual_exclusion", "restricted_entry"],
)
def test_each_who_joins_is_told_once_when_he_has_stayed_three_seconds(kind):
    film = watched(kind)
    film.run(10, [FIRST], machines=RUNNING)
    film.run(20, [FIRST, SECOND], machines=RUNNING)
    film.run(20, [FIRST, SECOND, THIRD], machines=RUNNING)
    assert told(film) == [("raised", 1), ("raised", 2), ("raised", 3)]
    assert [f.values["step"] for f in film.findings] == [1, 2, 3]
    assert len({f.situation for f in film.findings}) == 1
    assert film.findings[1].t == pytest.approx(13.0, abs=0.3)


def test_a_box_that_is_seen_twice_for_a_moment_is_nobody():
    film = watched()
    film.run(10, [FIRST], machines=RUNNING)
    for _ in range(8):
        film.run(2.5, [FIRST, SECOND], machines=RUNNING)
        film.run(0.4, [FIRST], machines=RUNNING)
    assert told(film) == [("raised", 1)]


def test_two_who_are_lost_for_a_second_are_not_counted_on_from_before():
    film = watched()
    film.run(10, [FIRST], machines=RUNNING)
    for _ in range(6):
        film.run(2, [FIRST, SECOND], machines=RUNNING)
        film.run(1, machines=RUNNING)
    assert told(film) == [("raised", 1)]


def test_who_leaves_and_comes_back_is_no_further_one():
    film = watched()
    film.run(10, [FIRST, SECOND], machines=RUNNING)
    film.run(10, [FIRST], machines=RUNNING)
    film.run(10, [FIRST, SECOND], machines=RUNNING)
    assert told(film) == [("raised", 2)]


def test_those_who_stand_where_it_only_warns_are_not_counted_with_those_in_danger():
    film = watched(warning_zone="near")
    there = [person(x, track=n) for n, x in enumerate((0.22, 0.24, 0.26))]
    film.run(10, there, machines=RUNNING)
    film.run(10, [*there, FIRST], machines=RUNNING)
    film.run(10, [*there, FIRST, SECOND], machines=RUNNING)
    assert told(film) == [("raised", 3), ("raised", 1), ("raised", 2)]


def test_a_crowd_that_grows_is_one_alarm():
    film = watched("occupancy", limit=1, over_s=2.0)
    film.run(40, [FIRST, SECOND], machines=RUNNING)
    film.run(40, [FIRST, SECOND, THIRD], machines=RUNNING)
    assert [f.state for f in film.findings] == ["raised"]


def test_seconds_without_pictures_are_no_time_in_which_somebody_was_seen():
    film = watched()
    film.run(10, [FIRST], machines=RUNNING)
    film.run(2, [FIRST, SECOND], machines=RUNNING)
    film.gap(5)
    film.run(2, [FIRST, SECOND], machines=RUNNING)
    assert told(film) == [("raised", 1)]
    film.run(2, [FIRST, SECOND], machines=RUNNING)
    assert told(film) == [("raised", 1), ("raised", 2)]
