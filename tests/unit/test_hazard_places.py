"""Restricted places and lingering, and what a blind camera leaves as it was."""

import pytest
from hazard_kit import Film, person, scene
from hypothesis import given, settings
from hypothesis import strategies as st

BELT = {"machines": [{"id": "belt-1", "source": "signal", "kind": "conveyor"}]}
ZONES = [
    {"id": "danger", "polygon": [[0.4, 0.5], [0.6, 0.5], [0.6, 0.95], [0.4, 0.95]]},
    {"id": "bridge", "polygon": [[0.4, 0.5], [0.6, 0.5], [0.6, 0.65], [0.4, 0.65]]},
    {"id": "head", "polygon": [[0.8, 0.4], [0.95, 0.4], [0.95, 0.7], [0.8, 0.7]]},
]


def restricted(**params):
    return Film(scene("restricted_entry", params=params, rule={"zone": "danger"}))


def test_entering_raises_within_a_second_and_passing_by_does_not():
    film = restricted()
    film.run(10, [person(0.3), person(0.7, track=2)])
    assert film.findings == []
    assert [f.level for f in film.run(1, [person(0.5)])] == ["danger"]
    film.run(1.4)
    assert film.open
    film.run(2)
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_those_who_may_be_there_may_and_one_more_may_not():
    film = restricted(authorised_max=2)
    two = [person(0.5), person(0.55, track=2)]
    assert film.run(30, two) == []
    [found] = film.run(2, [*two, person(0.45, track=3)])
    assert found.values["persons"] == 3


@settings(max_examples=40, deadline=None)
@given(
    missed=st.sets(st.integers(8, 95), max_size=30),
    steps=st.lists(st.sampled_from([-0.01, 0.0, 0.01]), min_size=100, max_size=100),
    switch=st.integers(5, 90),
)
def test_an_edge_walk_with_misses_and_a_new_track_is_one_situation(missed, steps, switch):
    film = restricted()
    singles = {i for i in missed if i - 1 not in missed}

    def there(i):
        if i in singles:
            return []
        x = 0.5 if i < 6 else 0.405 + steps[i]
        return [person(x, track=1 if i < switch else 2)]

    film.run(20, there)
    assert film.told()[0][:2] == ("raised", "danger")
    assert len({f.situation for f in film.findings}) == len(film.findings) == 1


def lingering(**params):
    return Film(scene("loitering", params={"stay_s": 20, **params}, rule={"zone": "danger"}))


def test_who_stays_is_told_and_people_who_pass_one_after_the_other_are_not():
    film = lingering()
    film.run(60, lambda i: [person(0.42 + 0.004 * (i % 40), track=i // 40)])
    assert film.findings == []
    assert [f.state for f in film.run(21, [person(0.5, track=99)])] == ["raised"]


def test_a_lost_track_that_begins_anew_in_its_place_goes_on():
    film = lingering()
    film.run(18, lambda i: [] if i % 20 in (5, 6) else [person(0.5, track=i // 20)])
    assert film.findings == []
    assert [f.state for f in film.run(4, [person(0.5, track=77)])] == ["raised"]


def test_who_enters_where_another_has_just_walked_out_has_a_clock_of_his_own():
    film = lingering()
    film.run(19, [person(0.41)])
    film.run(10, [person(0.36), person(0.42, track=2)])
    assert film.findings == []


@pytest.mark.parametrize("kind", ["restricted_entry", "loitering", "conveyor_person"])
def test_a_blind_camera_ends_nothing(kind):
    rule = {"zone": "danger", "machine": "belt-1"}
    film = Film(scene(kind, rule=rule, zones=ZONES, **BELT), fps=2)
    film.run(70, [person(0.5)])
    film.run(60, faults=("blocked",))
    assert [f.state for f in film.findings] == ["raised"]
    film.run(20)
    assert [f.state for f in film.findings] == ["raised", "cleared"]


@pytest.mark.parametrize("doubt", ["moved", "blocked", "frozen"])
@pytest.mark.parametrize("kind", ["restricted_entry", "loitering", "conveyor_person"])
def test_a_camera_that_may_look_elsewhere_ends_nothing_and_raises_as_before(kind, doubt):
    rule = {"zone": "danger", "machine": "belt-1"}
    film = Film(scene(kind, rule=rule, zones=ZONES, **BELT), fps=2)
    film.run(70, [person(0.5)], doubts={doubt: 0.0})
    film.run(9, doubts={doubt: film.t})
    film.run(20, [person(0.5)])
    assert [f.state for f in film.findings] == ["raised"]
    film.run(20, doubts={"hazy": film.t})
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_who_was_followed_for_long_before_he_was_believed_has_not_stayed_in_the_zone_so_long():
    film = restricted(dwell_s=10)
    film.t = 60.0
    film.frame([person(0.5, born_s=0.0, fresh=True)])
    film.run(8, [person(0.5, born_s=0.0)])
    assert film.findings == []
    film.run(4, [person(0.5, born_s=0.0)])
    assert [f.state for f in film.findings] == ["raised"]
