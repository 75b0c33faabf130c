"""Lines: crossed once, in which direction, wobbled upon, passed beside."""

from itertools import pairwise
from math import cos, radians, sin

import pytest
from hazard_kit import Film, person, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.scene import SceneError

# Drawn from the far end to the near one: walking along it, the picture's left is on the right.
LINE = {"id": "gate", "points": [[0.5, 0.4], [0.5, 0.95]]}


def line(**params):
    return Film(scene("line_crossing", params={"line": "gate", **params}, lines=[LINE]))


def walk(film, xs, track=1, foot=0.8):
    for x in xs:
        film.frame([person(x, foot, track=track)])


RIGHT = [0.3 + 0.02 * k for k in range(20)]


def test_crossing_raises_once_and_clears_by_itself():
    film = line()
    walk(film, RIGHT)
    assert [(f.state, f.why) for f in film.findings] == [("raised", "1 person crossed gate")]
    film.run(6)
    assert [f.state for f in film.findings] == ["raised", "cleared"]


@pytest.mark.parametrize(
    ("direction", "there", "back"), [("to_left", 1, 0), ("to_right", 0, 1), ("both", 1, 1)]
)
def test_only_the_way_that_is_not_allowed_counts(direction, there, back):
    film = line(direction=direction)
    walk(film, RIGHT)
    assert len(film.findings) == there
    other = line(direction=direction)
    walk(other, RIGHT[::-1])
    assert len(other.findings) == back


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-0.012, 0.012), min_size=10, max_size=60))
def test_wobbling_on_the_line_crosses_nothing(wobble):
    film = line()
    walk(film, [0.4, *(0.5 + w for w in wobble), 0.4])
    assert film.findings == []


@settings(max_examples=30, deadline=None)
@given(switch=st.integers(1, 19), missed=st.integers(0, 3))
def test_a_new_track_and_missed_detections_lose_no_crossing(switch, missed):
    film = line()
    for k, x in enumerate(RIGHT):
        gone = switch <= k < switch + missed
        film.frame([] if gone else [person(x, track=1 if k < switch else 2)])
    assert [f.state for f in film.findings] == ["raised"]


def test_passing_beyond_the_end_of_the_line_is_no_crossing():
    film = line()
    walk(film, RIGHT, foot=0.3)
    assert film.findings == []


def aslant(at, degrees, fps, late):
    """Return a walker's findings: he passes the height of a doorway's line at a place, aslant."""
    door = {"id": "door", "points": [[0.4, 0.7], [0.6, 0.7]]}
    film = Film(scene("line_crossing", params={"line": "door"}, lines=[door]), fps=fps)
    for k in range(-3 * fps, 3 * fps + 1):
        way = 0.35 * (k + late) / fps  # one of his heights a second
        x = at + way * sin(radians(degrees)) / (16 / 9)
        film.frame([person(x, 0.7 + way * cos(radians(degrees)), height=0.35)])
    return [f.state for f in film.findings][:1]


@settings(max_examples=60, deadline=None)
@given(
    at=st.floats(0.405, 0.595),
    degrees=st.floats(-65, 65),
    fps=st.sampled_from([1, 2, 5]),
    late=st.floats(0, 1),
)
def test_who_walks_through_a_doorway_aslant_is_told_and_who_passes_beside_it_is_not(
    at, degrees, fps, late
):
    assert aslant(at, degrees, fps, late) == ["raised"]
    for beside in (at - 0.2, at + 0.2):
        assert aslant(beside, degrees, fps, late) == []


def test_two_people_who_cross_in_opposite_ways_are_both_seen():
    film = line()
    for a, b in zip(RIGHT, RIGHT[::-1], strict=True):
        film.frame([person(a, track=1), person(b, 0.9, track=2)])
    assert len({f.situation for f in film.findings}) == 1


def test_a_line_that_is_not_there_is_refused():
    with pytest.raises(SceneError) as caught:
        line(line="none")
    assert caught.value.path == "rules[0].params.line"


@pytest.mark.parametrize(
    ("rule", "path"), [({"confirm": [2, 2]}, "confirm"), ({"sustain_s": 1}, "sustain_s")]
)
def test_what_would_wait_for_a_second_picture_of_a_crossing_is_refused(rule, path):
    with pytest.raises(SceneError) as caught:
        scene("line_crossing", params={"line": "gate"}, rule=rule, lines=[LINE])
    assert caught.value.path == f"rules[0].{path}"


@pytest.mark.parametrize("fps", [0.1, 0.15, 1, 25])
def test_at_any_rate_of_pictures_a_crossing_is_told(fps):
    film = Film(scene("line_crossing", params={"line": "gate"}, lines=[LINE]), fps=fps)
    walk(film, [0.3, 0.4, 0.6, 0.7])
    assert [f.state for f in film.findings][:1] == ["raised"]


def test_passing_around_the_tip_of_a_sharp_line_crosses_nothing():
    drawn = {"id": "gate", "points": [[0.2, 0.3], [0.8, 0.5], [0.2, 0.7]]}
    film = Film(scene("line_crossing", params={"line": "gate"}, lines=[drawn]))
    way = [(0.5, 0.25), (0.9, 0.35), (0.9, 0.65), (0.5, 0.85)]
    for (x, y), (to_x, to_y) in pairwise(way):
        for step in range(20):
            share = step / 20
            foot = (x + (to_x - x) * share, y + (to_y - y) * share)
            film.frame([person(*foot, track=1)])
    assert film.findings == []


def shown(places, reverse):
    """Return people by place and track, in either order."""
    people = [person(x, track=track) for track, x in places.items()]
    return people[::-1] if reverse else people


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("after", [False, True])
def test_two_on_either_side_who_are_lost_for_a_moment_have_not_changed_places(before, after):
    film = line()
    film.run(2, shown({1: 0.46, 2: 0.54}, before))
    film.run(0.6)
    film.run(2, shown({3: 0.46, 4: 0.54}, after))
    assert film.findings == []


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("after", [False, True])
def test_of_two_in_file_who_are_lost_together_the_second_has_crossed(before, after):
    film = line()
    film.run(2, shown({1: 0.53, 2: 0.47}, before))
    film.run(0.6)
    # The second is where the first was.
    film.run(2, shown({3: 0.59, 4: 0.53}, after))
    assert [f.state for f in film.findings] == ["raised"]
    assert film.findings[0].values["tracks"] == [4]


@pytest.mark.parametrize("before", [False, True])
def test_of_two_lost_as_near_the_one_is_taken_who_has_not_crossed(before):
    film = line()
    film.run(2, shown({1: 0.46, 2: 0.58}, before))
    film.run(0.6)
    film.run(2, shown({3: 0.5195}, False))  # a hair nearer to the other
    assert film.findings == []


ACROSS_THE_NEAR_END = {"id": "gate", "points": [[0.2, 0.96], [0.8, 0.95]]}


@pytest.mark.parametrize("way", [1, -1])
def test_who_leaves_or_enters_the_picture_below_a_line_near_its_edge_has_crossed_it(way):
    film = Film(scene("line_crossing", params={"line": "gate"}, lines=[ACROSS_THE_NEAR_END]))
    # From 0.985 on feet count as cut off, and are put on the edge.
    feet = [0.8, 0.85, 0.9, 0.94, 0.97, 1.0, 1.0][::way]
    for foot in feet:
        film.frame([person(0.5, foot, height=0.8)])
    told = "to_right" if way > 0 else "to_left"
    assert [f.values["directions"] for f in film.findings] == [[told]]


def test_who_stands_cut_off_upon_a_line_that_leads_out_of_the_picture_crosses_nothing():
    drawn = {"id": "gate", "points": [[0.49, 0.4], [0.5, 1.0]]}
    film = Film(scene("line_crossing", params={"line": "gate"}, lines=[drawn]))
    for x in [0.4, 0.45, 0.49, *[0.495, 0.505] * 10, 0.49, 0.4]:
        film.frame([person(x, 1.0, height=0.8)])
    assert film.findings == []
