"""Helmets and vests: what is lacking, what is unknown, and what ends it."""

from itertools import groupby
from pathlib import Path

import pytest
from engine_kit import person as found_box
from engine_kit import run
from hazard_kit import Film, person, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.engine import Chunk, analyse
from workers.media.decode import read_frames
from workers.scene import SceneError, parse_scene
from workers.state import State
from workers.vision.load import load_detector
from workers.vision.ppe import Look, Wardrobe

BARE, HELMET = ("bare_head",), ("helmet",)
BANK = Path(__file__).resolve().parents[2] / "workers" / "simulate" / "bank"


def film(fps=5.0, rule=None, **params):
    return Film(scene("ppe", params=params, rule={"zone": "danger", **(rule or {})}), fps=fps)


def test_a_bare_head_is_told_within_two_seconds_and_a_helmet_never():
    one = film()
    assert one.run(60, [person(0.5, wears=HELMET)]) == []
    other = film()
    [told] = other.run(3, [person(0.5, wears=BARE)])
    assert told.t <= 1.8
    assert (told.severity, told.mode) == ("medium", "shadow")
    assert told.why == "without a helmet: 1, by a reader that is often wrong"


def test_a_roadway_asks_for_no_vest_and_a_gate_does():
    wears = ("helmet", "no_vest")
    assert film().run(10, [person(0.5, wears=wears)]) == []
    [told] = film(profile="gate").run(10, [person(0.5, wears=wears)])
    assert told.values["lacking"] == {"no_vest": [1]}


def test_seven_pictures_of_ten_are_no_alarm_and_eight_are():
    assert film().run(20, lambda i: [person(0.5, wears=BARE if i % 10 < 7 else ())]) == []
    assert len(film().run(20, lambda i: [person(0.5, wears=BARE if i % 10 < 8 else ())])) == 1


def test_who_is_too_small_or_hidden_is_unknown_and_neither_alarm_nor_fine():
    one = film(profile="gate")
    assert one.run(60, [person(0.5), person(0.55, track=2, wears=HELMET)]) == []
    assert {r.value for r in one.readings if r.name == "r1.unknown"} == {2.0}
    one.run(1, [person(0.5, wears=("helmet", "vest"))])
    assert one.readings[-1].value == 0.0


def test_to_become_unknown_ends_nothing_and_a_helmet_does():
    one = film()
    one.run(3, [person(0.5, wears=BARE)])
    one.run(30, [person(0.5)])
    assert [f.state for f in one.findings] == ["raised"]
    one.run(5, [person(0.5, wears=HELMET)])
    assert [f.state for f in one.findings] == ["raised", "cleared"]


def test_who_leaves_ends_it_and_who_is_only_lost_for_a_while_does_not():
    one = film()
    one.run(3, [person(0.5, wears=BARE)])
    one.run(8)
    one.run(5, [person(0.5, track=2)])  # a new track, of which nothing is known yet
    assert [f.state for f in one.findings] == ["raised"]
    one.run(3, [person(0.2, track=2)])
    assert [f.state for f in one.findings] == ["raised", "cleared"]


def test_a_blind_camera_ends_nothing():
    one = film()
    one.run(3, [person(0.5, wears=BARE)])
    one.run(60, faults=("blocked",))
    assert [f.state for f in one.findings] == ["raised"]
    one.run(13)
    assert [f.state for f in one.findings] == ["raised", "cleared"]


@settings(max_examples=15, deadline=None)
@given(
    missed=st.sets(st.integers(12, 95), max_size=25),
    unsure=st.sets(st.integers(12, 95), max_size=40),
    edge=st.lists(st.sampled_from([-0.01, 0.0, 0.01]), min_size=100, max_size=100),
    switch=st.integers(12, 90),
)
def test_misses_doubt_an_edge_and_a_new_track_make_one_alarm(missed, unsure, edge, switch):
    one = film()
    singles = {i for i in missed if i - 1 not in missed}

    def there(i):
        if i in singles:
            return []
        wears = () if i in unsure or switch <= i < switch + 10 else BARE
        x = 0.5 if i < 12 else 0.405 + edge[i]
        return [person(x, track=1 if i < switch else 2, wears=wears)]

    one.run(20, there)
    assert [f.state for f in one.findings] == ["raised"]
    assert one.findings[0].t <= 3.0


@settings(max_examples=10, deadline=None)
@given(swap=st.integers(3, 40))
def test_two_who_cross_and_swap_their_tracks_are_one_alarm(swap):
    one = film()

    def there(i):
        a, b = (1, 2) if i < swap else (2, 1)
        x = 0.42 + 0.16 * i / 50
        return [person(x, track=a, wears=BARE), person(1 - x, track=b, wears=HELMET)]

    one.run(10, there)
    assert [f.state for f in one.findings] == ["raised"]


@pytest.mark.parametrize("fps", [0.2, 1, 2, 15])
def test_it_works_at_every_rate_of_pictures(fps):
    one = film(fps)
    one.run(max(4, 3 / fps), [person(0.5, wears=BARE)])
    assert [f.state for f in one.findings] == ["raised"]


@pytest.mark.parametrize(
    ("rule", "params", "path"),
    [
        ({"wears": ["helmet"]}, {}, "wears"),
        ({}, {"profile": "shaft"}, "params.profile"),
        ({}, {"share": 0.2}, "params.share"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(rule, params, path):
    with pytest.raises(SceneError) as caught:
        film(rule=rule, **params)
    assert caught.value.path == f"rules[0].{path}"


def test_a_new_rule_is_in_shadow_and_may_be_armed():
    assert film().where.rules[0].mode == "shadow"
    assert film(rule={"mode": "armed"}).where.rules[0].mode == "armed"


def test_the_wardrobe_says_only_what_it_is_sure_of():
    wardrobe = Wardrobe()

    class Reader:
        looks = iter([Look(-0.6, 0.7), Look(-0.5, 0.1), Look(-0.7, -0.8)])

        def look(self, picture, person):
            return next(self.looks)

    for second in range(3):
        assert wardrobe.worn(7) == ()
        wardrobe.see(Reader(), None, {7: (0, 0, 1, 1)}, float(second))
    assert wardrobe.worn(7) == ("bare_head",)


def test_a_rule_turns_the_reader_on_by_itself_and_off_it_stays_off():
    document = {"version": 1, "rules": [{"id": "r1", "type": "ppe"}]}
    boxes = [found_box(0.5, 0.9, height=0.8)]
    made = run(lambda i: boxes, 10, where=parse_scene(document))
    assert "helmet" in made[-1].detections[-1]["boxes"][0]
    assert any(r.name == "r1.unknown" for r in made[-1].readings)
    document["rules"][0]["mode"] = "off"
    made = run(lambda i: boxes, 10, where=parse_scene(document))
    assert "helmet" not in made[-1].detections[-1]["boxes"][0]


def test_on_a_rendered_roadway_nobody_with_a_helmet_is_told():
    document = {"version": 1, "rules": [{"id": "r1", "type": "ppe", "mode": "armed"}]}
    where, state, found = parse_scene(document), State(), []
    clip = BANK.parent / "loops" / "roadway" / "main.mp4"
    detector = load_detector("default")
    for second, frames in groupby(read_frames(clip), key=lambda frame: int(frame.t)):
        result = analyse(where, state, Chunk(second, second, 1.0, list(frames)), detector=detector)
        state = result.state
        found += result.findings
    assert [f for f in found if f.type == "ppe"] == []
