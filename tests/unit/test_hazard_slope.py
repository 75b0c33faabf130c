"""The slope: people or cars, never both; refuges, the token, and when it is clear."""

import pytest
from hazard_kit import Film, person, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.scene import SceneError
from workers.told import LATE

WINCH = {"machines": [{"id": "winch-1", "source": "signal", "kind": "haulage"}]}
ZONES = [
    {"id": "slope", "polygon": [[0.3, 0.3], [0.7, 0.3], [0.7, 0.95], [0.3, 0.95]]},
    {"id": "hole", "polygon": [[0.3, 0.6], [0.38, 0.6], [0.38, 0.9], [0.3, 0.9]]},
]
TOKEN = {"id": "token", "kind": "state", "states": ["VEHICLE", "PEDESTRIAN", "FREE"], "stale_s": 60}
UPPER = {"id": "upper", "kind": "number", "stale_s": 5}
STOPPED, RUNNING = {"winch-1": "STOPPED"}, {"winch-1": "RUNNING"}


def slope(*, inputs=(TOKEN, UPPER), stored=False, **params):
    given = {"refuge_zones": ["hole"], **params}
    rule = {"zone": "slope", "machine": "winch-1"}
    return Film(
        scene(
            "slope_mutual_exclusion", params=given, rule=rule, zones=ZONES,
            inputs=list(inputs), stored=stored, **WINCH,
        )
    )  # fmt: skip


@pytest.mark.parametrize("said", ["VEHICLE", "vehicle", " Vehicle "])
def test_a_token_says_vehicle_in_whatever_case(said):
    film = slope(token="token")
    film.tell("token", said)
    [found] = film.run(2, [person(0.5)], machines=STOPPED)
    assert (found.level, found.values["token"]) == ("danger", "VEHICLE")


LOWER = TOKEN | {"states": ["vehicle", "pedestrian", "free"]}


@pytest.mark.parametrize(
    ("token", "found"),
    [
        (LOWER, "vehicle, pedestrian, free"),
        (TOKEN | {"states": ["CARS", "FREE"]}, "CARS, FREE"),
        ({"id": "token", "kind": "number"}, "number"),
        ({"id": "token", "kind": "event"}, "event"),
    ],
)
def test_a_token_that_can_never_say_vehicle_is_refused_and_a_stored_one_is_loaded(token, found):
    with pytest.raises(SceneError) as caught:
        slope(inputs=[token, UPPER], token="token")
    fault = f"needs an input with the states VEHICLE, found {found}"
    assert str(caught.value) == f"rules[0].params.token: {fault}"
    slope(inputs=[token, UPPER], token="token", stored=True)


def test_a_stored_token_in_other_letters_decides_all_the_same():
    film = slope(inputs=[LOWER, UPPER], token="token", stored=True)
    film.tell("token", "Vehicle")
    assert [f.level for f in film.run(2, [person(0.5)], machines=STOPPED)] == ["danger"]


def test_a_count_of_other_cameras_that_is_no_number_is_refused():
    with pytest.raises(SceneError, match=r"params.others\[0\]: .*number"):
        slope(others=["token"])


def test_a_token_of_which_a_late_report_says_otherwise_may_be_a_vehicle():
    film = slope(token="token")
    film.tell("token", "FREE")
    assert film.run(12, [person(0.5)], machines=STOPPED) == []
    film.tell("token", LATE)
    [found] = film.run(1.2, [person(0.5)], machines=STOPPED)
    assert found.level == "danger"
    assert "token: a report came late and says otherwise" in found.why
    film.tell("token", "FREE", at_s=film.t + 0.1)
    assert [f.state for f in film.run(5, [person(0.5)], machines=STOPPED)] == ["cleared"]


@pytest.mark.parametrize("state", ["RUNNING", "STARTING", "COASTING", "UNKNOWN"])
def test_a_person_while_cars_may_be_hauled_is_critical_within_a_second(state):
    film = slope()
    film.run(12, machines=STOPPED)
    [found] = film.run(1.2, [person(0.5)], machines={"winch-1": state})
    assert (found.level, found.severity) == ("danger", "critical")


def test_people_who_walk_while_the_haulage_stands_are_none():
    film = slope(token="token")
    film.tell("token", "PEDESTRIAN")
    assert film.run(30, [person(0.5)], machines=STOPPED) == []


def test_the_token_alone_makes_it_danger():
    film = slope(token="token")
    film.tell("token", "VEHICLE")
    assert [f.level for f in film.run(2, [person(0.5)], machines=STOPPED)] == ["danger"]


def test_who_is_there_when_hauling_starts_is_in_danger_at_once():
    film = slope()
    film.run(5, [person(0.5)], machines=STOPPED)
    [found] = film.frame([person(0.5)], machines=RUNNING)
    assert found.level == "danger"


def test_a_person_in_a_refuge_is_a_warning_and_stepping_out_is_danger():
    film = slope()
    film.run(12, machines=STOPPED)
    assert [f.level for f in film.run(3, [person(0.34)], machines=RUNNING)] == ["warning"]
    assert [f.level for f in film.run(2, [person(0.5)], machines=RUNNING)] == ["danger"]


def test_hauling_on_an_empty_slope_is_none():
    film = slope()
    film.run(11, machines=STOPPED)
    assert film.run(60, machines=RUNNING) == []


def test_hauling_before_the_slope_was_seen_empty_for_ten_seconds_is_a_warning():
    film = slope()
    film.run(12, machines=STOPPED)
    film.run(5, [person(0.5)], machines=STOPPED)
    film.run(5, machines=STOPPED)
    assert [f.level for f in film.run(1, machines=RUNNING)] == ["warning"]


def test_a_blind_camera_sees_no_empty_slope():
    film = slope()
    film.run(60, machines=STOPPED, faults=("blocked",))
    assert "yes" not in [r.value for r in film.readings if r.name == "r1.clear"]


def test_another_camera_that_sees_somebody_or_says_nothing_keeps_the_slope_closed():
    film = slope(others=["upper"])
    film.run(30, machines=STOPPED)
    assert not film.state.rules["r1"].memory["clear"]
    for value, clear in (("1", False), ("0", True)):
        for _ in range(12):
            film.tell("upper", value)
            film.run(1, machines=STOPPED)
        assert film.state.rules["r1"].memory["clear"] is clear


@settings(max_examples=30, deadline=None)
@given(missed=st.sets(st.integers(6, 70), max_size=20), switch=st.integers(4, 70))
def test_misses_and_a_new_track_make_no_second_alarm_and_clear_none(missed, switch):
    film = slope()
    film.run(12, machines=STOPPED)
    singles = {i for i in missed if i - 1 not in missed}

    def there(i):
        return [] if i in singles else [person(0.5, track=1 if i < switch else 2)]

    film.run(16, there, machines=RUNNING)
    assert [f.state for f in film.findings] == ["raised"]


def test_the_slope_is_no_refuge_of_itself():
    with pytest.raises(SceneError) as caught:
        slope(refuge_zones=["slope"])
    assert caught.value.path == "rules[0].params.refuge_zones"
