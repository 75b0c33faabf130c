"""What a rule's cooldown keeps quiet: the same people in the same danger, and nothing else."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.unit.hazard_kit import Film, scene


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
