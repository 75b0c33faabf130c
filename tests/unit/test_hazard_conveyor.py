"""Conveyors: riding, crossing beside the bridge, reaching in, and standing in front."""

import pytest
from hazard_kit import Film, person, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.scene import SceneError

BELT = {"machines": [{"id": "belt-1", "source": "signal", "kind": "conveyor"}]}
# A belt from left to right, its bridge, its head drum, and the floor in front of that.
ZONES = [
    {"id": "danger", "polygon": [[0.1, 0.5], [0.9, 0.5], [0.9, 0.65], [0.1, 0.65]]},
    {"id": "bridge", "polygon": [[0.4, 0.5], [0.5, 0.5], [0.5, 0.65], [0.4, 0.65]]},
    {"id": "head", "polygon": [[0.8, 0.4], [0.95, 0.4], [0.95, 0.7], [0.8, 0.7]]},
    {"id": "floor", "polygon": [[0.7, 0.8], [0.99, 0.8], [0.99, 0.97], [0.7, 0.97]]},
]
RUNNING = {"belt-1": "RUNNING"}


def belt(**params):
    rule = {"zone": "danger", "machine": "belt-1"}
    return Film(scene("conveyor_person", params=params, rule=rule, zones=ZONES, **BELT))


@pytest.mark.parametrize(
    ("state", "level"), [("RUNNING", "danger"), ("UNKNOWN", "danger"), ("STOPPED", "warning")]
)
def test_a_person_on_the_belt_is_danger_unless_it_is_known_to_stand(state, level):
    found = belt().run(3, [person(0.5, 0.6)], machines={"belt-1": state})
    assert [f.level for f in found] == [level]


def test_the_bridge_is_no_danger_and_beside_it_is():
    film = belt(bridge_zone="bridge")
    assert film.run(10, [person(0.45, 0.6, height=0.15)], machines=RUNNING) == []
    assert [f.level for f in film.run(2, [person(0.7, 0.6)], machines=RUNNING)] == ["danger"]


def test_feet_that_the_picture_cuts_off_do_not_hide_hips_on_the_belt():
    found = belt().run(3, [person(0.5, 0.99, height=0.8)], machines={"belt-1": "RUNNING"})
    assert [f.level for f in found] == ["danger"]


def test_reaching_in_counts_though_the_feet_are_outside():
    film = belt(reach_zone="head")
    assert film.run(5, [person(0.7, 0.9)], machines=RUNNING) == []
    assert [f.level for f in film.run(2, [person(0.78, 0.9)], machines=RUNNING)] == ["danger"]


def test_somebody_on_a_standing_belt_is_in_danger_at_once_when_it_starts():
    film = belt()
    film.run(5, [person(0.5, 0.6)], machines={"belt-1": "STOPPED"})
    [found] = film.frame([person(0.5, 0.6)], machines={"belt-1": "RUNNING"})
    assert (found.level, found.severity) == ("danger", "critical")


def test_wobbling_on_the_edge_of_the_bridge_is_no_danger():
    film = belt(bridge_zone="bridge")
    film.run(2, [person(0.45, 0.64, height=0.15)], machines={"belt-1": "RUNNING"})
    film.run(
        4,
        lambda i: [person(0.45, 0.655 if i % 2 else 0.645, height=0.15)],
        machines={"belt-1": "RUNNING"},
    )
    assert film.findings == []


def test_who_is_on_the_belt_and_who_reaches_in_are_both_told():
    film = belt(reach_zone="head")
    both = [person(0.5, 0.6), person(0.78, 0.9, track=2)]
    film.run(3, both, machines={"belt-1": "RUNNING"})
    assert film.state.rules["r1"].values["tracks"] == [1, 2]


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"bridge_zone": "danger"}, "params.bridge_zone"),
        ({"reach_zone": "danger"}, "params.reach_zone"),
        ({"reach_zone": "head", "bridge_zone": "head"}, "params.reach_zone"),
    ],
)
def test_zones_that_would_disarm_the_belt_are_refused(params, path):
    with pytest.raises(SceneError) as caught:
        belt(**params)
    assert caught.value.path == f"rules[0].{path}"


def test_somebody_who_stands_in_front_of_the_belt_is_not_on_it():
    # Feet at 0.8, hips at 0.58: in the picture they are in the middle of the belt.
    film = belt(reach_zone="head")
    assert film.run(60, [person(0.5, 0.8)], machines=RUNNING) == []
    assert film.run(10, lambda i: [person(0.2 + 0.01 * i, 0.8)], machines=RUNNING) == []


def test_somebody_behind_the_belt_is_not_on_it():
    assert belt().run(30, [person(0.5, 0.48)], machines=RUNNING) == []


def walk(film, step):
    return film.run(3, lambda i: [step(i / 5)], machines=RUNNING)


def test_being_carried_along_is_riding_and_so_is_staying():
    film = belt()
    walk(film, lambda t: person(0.15 + 0.12 * t, 0.6))
    assert film.state.rules["r1"].why == "riding on danger: 1, belt-1 RUNNING (signal)"
    still = belt()
    still.run(5, [person(0.5, 0.6)], machines=RUNNING)
    assert still.state.rules["r1"].values["kinds"] == {"riding": [1]}


def test_moving_over_it_is_crossing_outside_of_the_bridge():
    film = belt()
    film.run(2, lambda i: [person(0.6, 0.51 + 0.013 * i)], machines=RUNNING)
    assert "crossing danger outside the bridge: 1" in film.state.rules["r1"].why


def test_a_line_says_which_way_a_belt_goes_that_looks_square():
    square = [{"id": "danger", "polygon": [[0.4, 0.3], [0.6, 0.3], [0.6, 0.66], [0.4, 0.66]]}]
    rule = {"zone": "danger", "machine": "belt-1"}
    lines = [{"id": "way", "points": [[0.5, 0.3], [0.5, 0.6]]}]
    where = scene("conveyor_person", params={"along": "way"}, rule=rule, zones=square, lines=lines,
                  **BELT)  # fmt: skip
    film = Film(where)
    film.run(2, lambda i: [person(0.5, 0.35 + 0.025 * i)], machines=RUNNING)
    assert film.state.rules["r1"].values["kinds"] == {"riding": [1]}


def test_with_the_floor_drawn_only_who_stands_on_it_reaches_in():
    film = belt(reach_zone="head", reach_floor="floor")
    # As close in the picture, but on the other side of the belt.
    assert film.run(5, [person(0.78, 0.75)], machines=RUNNING) == []
    film.run(2, [person(0.78, 0.9)], machines=RUNNING)
    assert film.state.rules["r1"].why == "reaching into head: 1, belt-1 RUNNING (signal)"


def test_somebody_far_in_front_whose_body_hides_the_drum_is_not_reaching_in():
    assert (
        belt(reach_zone="head").run(20, [person(0.85, 0.98, height=0.35)], machines=RUNNING) == []
    )


def test_a_belt_that_stops_under_somebody_is_told_as_stopped_until_he_is_off():
    film = belt()
    film.run(3, [person(0.5, 0.6)], machines=RUNNING)
    film.run(10, [person(0.5, 0.6)], machines={"belt-1": "STOPPED"})
    film.run(3, machines={"belt-1": "STOPPED"})
    assert film.told()[0][:2] == ("raised", "danger")
    assert [f.state for f in film.findings] == ["raised", "eased", "cleared"]
    assert film.findings[1].why == "riding on danger: 1, belt-1 STOPPED (signal)"


@settings(max_examples=15, deadline=None)
@given(
    missed=st.sets(st.integers(8, 95), max_size=30),
    edge=st.lists(st.sampled_from([-0.012, 0.0, 0.012]), min_size=100, max_size=100),
    switch=st.integers(5, 90),
    cut=st.booleans(),
)
def test_misses_an_edge_and_a_new_track_make_one_alarm(missed, edge, switch, cut):
    film = belt()
    singles = {i for i in missed if i - 1 not in missed}

    def there(i):
        if i in singles:
            return []
        at = 0.6 if i < 6 else 0.645 + edge[i]
        track = 1 if i < switch else 2
        if not cut:
            return [person(0.6, at, track=track)]
        # The picture's end cuts the feet off, and the hips wobble over the belt's edge.
        return [person(0.6, 0.99, height=(0.99 - at) / 0.45, track=track)]

    film.run(20, there, machines=RUNNING)
    assert [f.state for f in film.findings] == ["raised"]
    assert film.findings[0].t <= 1.5


@settings(max_examples=10, deadline=None)
@given(speed=st.floats(0.005, 0.02), swap=st.integers(5, 30))
def test_two_who_cross_on_the_belt_are_one_alarm(speed, swap):
    film = belt()

    def there(i):
        a, b = (1, 2) if i < swap else (2, 1)
        return [person(0.3 + speed * i, 0.6, track=a), person(0.7 - speed * i, 0.62, track=b)]

    film.run(6, there, machines=RUNNING)
    assert [f.state for f in film.findings] == ["raised"]
