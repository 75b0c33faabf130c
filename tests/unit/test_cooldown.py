"""What a rule's cooldown keeps quiet: the same people in the same danger, and nothing else."""

from collections.abc import Sequence
from typing import Any

import pytest
from hazard_kit import Film, person, scene

from workers.state import State


def told_by(kind: str, known: Sequence[str], **params: Any) -> Film:
    """Return a film of a rule that listens to the input `in` and cools down for long."""
    one = {"id": "in", "kind": "state", "states": list(known)} if known else {
        "id": "in", "kind": "event"}  # fmt: skip
    return Film(scene(kind, params=params, rule={"cooldown_s": 600}, inputs=[one]))


def raised(film: Film, *said: tuple[str, float]) -> list[tuple[float, str]]:
    """Say one thing after another, each for so many seconds; return when it was raised, and why."""
    for value, seconds in said:
        film.tell("in", value)
        film.run(seconds)
    return [(round(f.t), f.why) for f in film.findings if f.state == "raised"]


@pytest.mark.parametrize("next_one", ["EXPLOSIVE", "HIGH"])
def test_gas_that_was_over_is_told_when_it_comes_anew(next_one):
    film = told_by("external_event", ("LOW", "HIGH", "EXPLOSIVE"), input="in",
                   states="HIGH, EXPLOSIVE")  # fmt: skip
    said = raised(film, ("LOW", 2), ("HIGH", 5), ("LOW", 5), (next_one, 10))
    assert said == [(2, "in: HIGH"), (12, f"in: {next_one}")]


def test_every_press_of_a_button_is_told():
    film = told_by("external_event", (), input="in")
    said = raised(film, ("PRESSED by 4", 25), ("PRESSED by 7", 25))
    assert [why for _, why in said] == ["in: PRESSED by 4", "in: PRESSED by 7"]


def test_a_barrier_that_is_opened_anew_is_told():
    film = told_by("barrier_state", ("OPEN", "CLOSED"), barrier="in")
    said = raised(film, ("CLOSED", 2), ("OPEN", 40), ("CLOSED", 5), ("OPEN", 40))
    assert [at for at, _ in said] == [32, 77]


@pytest.fixture
def winch() -> Film:
    """Return a running winch whose rule cools down for long; somebody was told of as in danger."""
    near = [[0.2, 0.4], [0.8, 0.4], [0.8, 1], [0.2, 1]]
    at = [[0.4, 0.5], [0.6, 0.5], [0.6, 0.95], [0.4, 0.95]]
    film = Film(scene(
        "proximity_while_running", params={"warning_zone": "near"},
        rule={"zone": "danger", "machine": "w", "cooldown_s": 600},
        zones=[{"id": "danger", "polygon": at}, {"id": "near", "polygon": near}],
        machines=[{"id": "w", "kind": "winch", "source": "signal"}],
    ))  # fmt: skip
    film.run(5, [person(0.5)], machines={"w": "RUNNING"})
    return film


def renewed(film: Film) -> None:
    """Go on with what a new version carries over of the memory; people are numbered anew."""
    film.state = State.restart(film.state.dump(), "new version")
    film.state.last_t = film.t - film.step_s


def test_whoever_has_the_number_of_who_was_told_of_before_a_new_version_is_told_of(winch: Film):
    winch.run(6, [person(0.3)], machines={"w": "RUNNING"})
    renewed(winch)
    somebody = [person(0.3, track=2), person(0.5, track=1)]
    [told] = winch.run(3, somebody, machines={"w": "RUNNING"})
    assert (told.state, told.level) == ("raised", "danger")


def test_the_end_of_what_a_new_version_found_open_keeps_no_number_quiet(winch: Film):
    renewed(winch)
    winch.run(6, machines={"w": "RUNNING"})
    assert winch.open is None
    [told] = winch.run(3, [person(0.5, track=1)], machines={"w": "RUNNING"})
    assert (told.state, told.level) == ("raised", "danger")
