"""What is told in doubt, as of a machine that may run, and is told anew once it is known."""

import json
import zlib

import pytest
from hazard_kit import SQUARE, Film, person, scene

from workers.state import State

NEAR = [[0.2, 0.45], [0.8, 0.45], [0.8, 0.99], [0.2, 0.99]]
HERE, NEARBY = person(0.5), person(0.3)
STOPPED, UNKNOWN, RUNNING = ({"w": state} for state in ("STOPPED", "UNKNOWN", "RUNNING"))
LIGHT = {"id": "light", "kind": "state", "states": ["ON", "OFF"], "stale_s": 5}
TOKEN = {"id": "token", "kind": "state", "states": ["VEHICLE", "PEDESTRIAN", "FREE"]}


def watched(kind: str, *, params=None, **rule) -> Film:
    """Return a place with a machine whose signal may tell nothing."""
    return Film(
        scene(
            kind, params=params or {}, inputs=[LIGHT, TOKEN],
            rule={"zone": "danger", "machine": "w", **rule},
            zones=[{"id": "danger", "polygon": SQUARE}, {"id": "near", "polygon": NEAR}],
            machines=[{"id": "w", "source": "signal"}],
        )
    )  # fmt: skip


def told(film: Film) -> list[tuple[str, str, bool]]:
    return [(f.state, f.level, "unsure" in f.values) for f in film.findings]


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("proximity_while_running", {"people": [HERE]}),
        ("conveyor_person", {"people": [HERE]}),
        ("slope_mutual_exclusion", {"people": [HERE]}),
        ("post_absence", {}),
        ("camera_blind_on_hazard", {"visibility": 0.1}),
    ],
)
def test_what_was_told_of_a_machine_that_may_run_is_told_anew_once_when_it_runs(kind, about):
    film = watched(kind)
    for state in (UNKNOWN, RUNNING, UNKNOWN, RUNNING):
        film.run(30, machines=state, **about)
    assert told(film) == [("raised", "danger", True), ("raised", "danger", False)]
    assert film.findings[1].t == pytest.approx(30.0)
    assert film.findings[0].situation == film.findings[1].situation
    steps = [f.values["step"] for f in film.findings]
    assert steps == [1, 2], "what comes late or twice is known"


def test_what_was_known_and_is_not_any_more_is_told_no_more_often():
    film = watched("proximity_while_running")
    film.run(5, [HERE], machines=RUNNING)
    film.run(60, [HERE], machines=UNKNOWN)
    film.run(60, [HERE], machines=RUNNING)
    assert told(film) == [("raised", "danger", False)]


def test_a_slope_on_which_the_token_says_that_cars_are_hauled_is_in_no_doubt():
    film = watched("slope_mutual_exclusion", params={"token": "token"})
    film.run(5, [HERE], machines=UNKNOWN)
    film.tell("token", "VEHICLE")
    film.run(5, [HERE], machines=UNKNOWN)
    assert told(film) == [("raised", "danger", True), ("raised", "danger", False)]


def test_a_light_that_nobody_knows_of_is_told_anew_when_it_is_on():
    film = watched("warning_light_ignored", params={"light": "light"})
    film.run(20, [HERE])
    film.tell("light", "ON")
    film.run(4, [HERE])
    assert told(film) == [("raised", "danger", True), ("raised", "danger", False)]


def test_a_belt_that_turns_out_to_stand_eases_and_raises_nothing():
    film = watched("conveyor_person")
    film.run(5, [HERE], machines=UNKNOWN)
    film.run(20, [HERE], machines=STOPPED)
    assert told(film) == [("raised", "danger", True), ("eased", "warning", False)]
    film.run(20, [HERE], machines=RUNNING)
    assert told(film)[2:] == [("raised", "danger", False)]


def test_who_steps_back_from_a_machine_that_may_run_is_told_of_anew_when_it_runs():
    film = watched("proximity_while_running", params={"warning_zone": "near"})
    film.run(5, [HERE], machines=UNKNOWN)
    film.run(10, [NEARBY], machines=UNKNOWN)
    film.run(10, [NEARBY], machines=RUNNING)
    assert told(film) == [
        ("raised", "danger", True), ("eased", "warning", True), ("raised", "warning", False),
    ]  # fmt: skip


def test_a_cooldown_holds_the_same_doubt_and_not_what_is_known():
    film = watched("proximity_while_running", cooldown_s=600)
    film.run(5, [HERE], machines=UNKNOWN)
    film.run(5)
    film.run(5, [HERE], machines=UNKNOWN)
    assert told(film)[2:] == []
    film.run(5, [HERE], machines=RUNNING)
    assert told(film)[2:] == [("raised", "danger", False)]
    film.run(5)
    film.run(5, [HERE], machines=RUNNING)
    assert len(film.findings) == 4, "now it cools whatever is known"


def test_what_an_earlier_version_told_is_gone_on_with():
    film = watched("proximity_while_running")
    film.run(5, [HERE], machines=RUNNING)
    raw = json.loads(zlib.decompress(film.state.dump()))
    for rule in raw["rules"].values():
        del rule["unsure"], rule["doubted"]
    film.state = State.load(zlib.compress(json.dumps(raw).encode()))
    film.run(5, [HERE], machines=RUNNING)
    assert told(film) == [("raised", "danger", False)]
