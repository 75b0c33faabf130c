"""Lingering: everybody's own clock, through lost tracks, and not handed to others."""

import pytest
from hazard_kit import Film, person, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.scene import SceneError


def lingering(**params):
    return Film(scene("loitering", params={"stay_s": 20, **params}, rule={"zone": "danger"}))


def test_who_is_hidden_for_eight_seconds_goes_on_staying_under_a_new_track():
    film = lingering()
    film.run(12, [person(0.5)])
    film.run(8)
    assert [f.state for f in film.run(1, [person(0.5, track=2)])] == ["raised"]
    assert film.findings[0].t == pytest.approx(20, abs=0.3)


def test_who_was_lost_for_longer_or_elsewhere_begins_anew():
    film = lingering()
    film.run(12, [person(0.5)])
    film.run(11)
    assert film.run(18, [person(0.5, track=2)]) == []
    other = lingering()
    other.run(12, [person(0.42, 0.7)])
    other.run(4)
    assert other.run(18, [person(0.58, 0.9, track=2)]) == []


def test_who_leaves_the_picture_hands_his_clock_to_nobody():
    where = scene(
        "loitering", params={"stay_s": 20}, rule={"zone": "danger"},
        zones=[{"id": "danger", "polygon": [[0.0, 0.5], [0.3, 0.5], [0.3, 1.0], [0.0, 1.0]]}],
    )  # fmt: skip
    film = Film(where)
    film.run(15, [person(0.06)])
    film.run(3)
    assert film.run(15, [person(0.06, track=2)]) == []


def test_who_stands_cut_off_by_the_edge_and_is_missed_for_a_second_now_and_then_goes_on_staying():
    where = scene(
        "loitering", params={"stay_s": 20}, rule={"zone": "danger"},
        zones=[{"id": "danger", "polygon": [[0.3, 0.5], [0.7, 0.5], [0.7, 1.0], [0.3, 1.0]]}],
    )  # fmt: skip
    film = Film(where)
    for _ in range(4):
        film.run(6, [person(0.5, 1.0)])
        film.run(1)
    assert [f.state for f in film.findings] == ["raised"]
    assert film.findings[0].t == pytest.approx(20, abs=1.5)


def test_one_hidden_person_hands_his_clock_to_one_and_not_to_two():
    film = lingering()
    film.run(18, [person(0.5)])
    film.run(2)
    film.run(3, [person(0.49, track=2), person(0.52, track=3)])
    [found] = film.findings
    assert found.values["tracks"] == [2]


def test_an_alarm_stays_while_its_person_is_lost_and_ends_when_he_is_seen_to_leave():
    film = lingering()
    film.run(21, [person(0.5)])
    film.run(8)
    film.run(5, [person(0.5, track=2)])
    assert [f.state for f in film.findings] == ["raised"]
    film.run(6, [person(0.3, track=2)])
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_an_alarm_ends_when_nobody_is_found_again():
    film = lingering()
    film.run(21, [person(0.5)])
    film.run(17)
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_blindness_stops_the_clock_and_does_not_begin_it_anew():
    film = lingering()
    film.run(15, [person(0.5)])
    assert film.run(60, faults=("blocked",)) == []
    assert film.run(4, [person(0.5, track=2)]) == []
    assert [f.state for f in film.run(2, [person(0.5, track=2)])] == ["raised"]


@settings(max_examples=40, deadline=None)
@given(
    gaps=st.lists(st.tuples(st.integers(1, 25), st.integers(1, 40)), min_size=1, max_size=6),
    wobble=st.lists(st.sampled_from([-0.01, 0.0, 0.01]), min_size=40, max_size=40),
)
def test_however_often_he_is_lost_it_is_one_alarm_and_in_time(gaps, wobble):
    seen = [True] * 10
    for seconds, frames in gaps:
        seen += [True] * (2 * seconds) + [False] * min(frames, 19)
    seen += [True] * 50
    film = lingering()
    track, frames = 1, []
    for i, there in enumerate(seen):
        if not there and i and seen[i - 1]:
            track += 1
        frames.append([person(0.5 + wobble[i % 40], track=track)] if there else [])
    film = Film(film.where, fps=2)
    film.run(len(frames) / 2, lambda i: frames[i])
    first = next(i for i in range(40, len(seen)) if seen[i]) / 2
    assert [f.state for f in film.findings] == ["raised"]
    assert film.findings[0].t <= first + 0.6


@settings(max_examples=30, deadline=None)
@given(cross=st.integers(5, 25), swap=st.booleans())
def test_two_who_cross_in_the_zone_are_two_clocks(cross, swap):
    film = Film(lingering().where, fps=2)

    def there(i):
        a, b = (1, 2) if not swap or i < cross else (2, 1)
        x = 0.45 + 0.1 * min(1, i / 30)
        return [person(x, 0.8, track=a), person(1 - x, 0.8, track=b)]

    film.run(30, there)
    assert [f.state for f in film.findings] == ["raised"]
    assert film.findings[0].t == pytest.approx(20, abs=0.6)


@pytest.mark.parametrize("params", [{"stay_s": 0}, {"lost_s": -1}, {"lost_s": 121}])
def test_times_out_of_bounds_are_refused(params):
    with pytest.raises(SceneError):
        lingering(**params)
