"""A procedure's run over a gap in the pictures, a new version, and an edit of its steps."""

import json
import zlib

import pytest
from engine_kit import Script, frame
from engine_kit import person as box
from hazard_kit import SQUARE, Film, person, scene

from workers.engine import Chunk, Signal, analyse
from workers.scene import parse_scene
from workers.state import VERSION, State
from workers.templates import fill, templates

BELL = {"id": "bell", "kind": "state", "states": ["SILENT", "RINGS"]}
SHOT = {"id": "shot", "kind": "state", "states": ["SAFE", "FIRED", "GONE"]}
STEPS = [
    {"id": "bell", "needs": {"input": "bell", "is": ["RINGS"]}},
    {"id": "look", "name": "looked in", "needs": {"zone": "danger", "at_least": 1}, "hold_s": 2},
    {"id": "shot", "name": "shot", "needs": {"input": "shot", "is": ["FIRED"]}},
    {"id": "end", "needs": {"input": "shot", "is": ["GONE"]}, "max_gap_s": 900},
]
NOBODY = {"id": "in", "name": "somebody is in", "needs": {"zone": "danger", "at_least": 1},
          "from": "shot"}  # fmt: skip


def start(steps=STEPS, **params):
    params = {"steps": steps, "forbidden": [NOBODY], **params}
    zones = [{"id": "danger", "polygon": SQUARE}]
    film = Film(scene("procedure_sequence", params=params, zones=zones, inputs=[BELL, SHOT]))
    film.tell("bell", "SILENT")
    film.tell("shot", "SAFE")
    film.run(2)
    film.tell("bell", "RINGS")
    film.run(2)
    return film


def followed(**params):
    """Return a film in which all is done up to the shot."""
    film = start(**params)
    film.run(4, [person(0.5)])
    film.run(3)
    film.tell("bell", "SILENT")
    film.tell("shot", "FIRED")
    film.run(2)
    assert film.findings == []
    return film


def states(film):
    return [step["state"] for step in film.state.rules["r1"].memory["shown"]["steps"]]


@pytest.mark.parametrize("gap_s", [2.4, 50.0, 600.0])
def test_what_was_done_stays_done_and_who_comes_in_after_a_gap_is_told(gap_s):
    film = followed()
    film.gap(gap_s)
    film.run(3)
    assert (states(film), film.findings) == (["done", "done", "done", "now"], [])
    assert [f.why for f in film.run(2, [person(0.5)])] == ["forbidden now: somebody is in"]


@pytest.mark.parametrize("gap_s", [3.0, 300.0, -5.0, -3600.0])
def test_an_alarm_about_somebody_inside_does_not_end_while_he_stays(gap_s):
    film = followed()
    film.run(2, [person(0.5)])
    assert film.open == "danger"
    film.gap(gap_s)
    film.run(30, [person(0.5, track=2)])
    assert [f.state for f in film.findings] == ["raised"]


def test_a_step_that_needs_eyes_is_in_doubt_after_a_gap_and_one_before_it_is_skipped():
    film = start()
    film.gap(5.0)
    film.run(3)
    film.tell("shot", "FIRED")
    [found] = film.run(1)
    assert found.why == "looked in: not visible, nobody can tell whether it was done"
    seen = start()
    seen.run(3)
    seen.tell("shot", "FIRED")
    assert [f.why for f in seen.run(1)] == ["looked in: skipped"]


def test_a_step_that_an_input_tells_of_within_a_gap_is_done_in_its_time():
    film = start()
    film.run(4, [person(0.5)])
    film.run(2)
    film.tell("shot", "FIRED", film.t + 3)
    fired_s = film.t + 3
    film.gap(10.0)
    film.run(2)
    assert (states(film), film.findings) == (["done", "done", "done", "now"], [])
    shot = film.state.rules["r1"].memory["shown"]["steps"][2]
    assert shot["t"] == pytest.approx(fired_s)


def test_what_began_and_ended_within_a_gap_is_told_with_what_nobody_saw_of_it():
    film = start()
    for after_s, state in ((3, "FIRED"), (6, "GONE")):
        film.tell("shot", state, film.t + after_s)
    film.gap(10.0)
    [found] = film.run(1)
    assert found.why == (
        "looked in: not visible, nobody can tell whether it was done,"
        " that was 4 s ago, while no picture came"
    )
    assert [s["state"] for s in found.values["steps"]] == ["done", "unseen", "done", "done"]


def test_the_time_for_which_something_is_so_stands_still_over_a_short_gap():
    steps = [STEPS[0], {**STEPS[1], "hold_s": 20}, *STEPS[2:]]
    for gap_s, more_s in ((10.0, 10), (90.0, 20)):
        film = start(steps)
        film.run(10, [person(0.5)])
        film.gap(gap_s)
        film.run(more_s - 1, [person(0.5, track=2)])
        assert states(film)[1] == "now"
        film.run(2, [person(0.5, track=2)])
        assert states(film)[1] == "done"


def test_a_step_whose_time_was_over_within_a_gap_is_in_doubt_and_not_late():
    steps = [STEPS[0], {**STEPS[1], "max_gap_s": 20}, *STEPS[2:]]
    film = start(steps)
    film.gap(40.0)
    assert film.run(0.8) == []  # whoever is there is not believed yet
    [found] = film.run(2)
    assert found.why == "looked in: not visible, nobody can tell whether it was done"


def test_a_gap_longer_than_a_run_may_rest_is_told_as_its_end():
    film = followed(give_up_s=300)
    film.gap(1200.0)
    film.run(2)
    assert [f.why for f in film.findings] == ["end: interrupted"]


def test_a_post_stays_manned_while_the_tracker_finds_its_people_again():
    film = start([STEPS[0], {**STEPS[1], "hold_s": 10}, *STEPS[2:]])
    film.run(6, [person(0.5)])
    film.gap(2.4)
    film.run(0.8)
    film.run(5, [person(0.5, track=2)])
    assert states(film)[1] == "done"


def blast(lost=()):
    """Play the shipped blasting, with somebody in the face before it is safe; return the alarms."""
    answers = {"smoke_wait_s": 60, "approaches": 1}
    document = fill(templates()["blasting"], {"version": 1, "analysis_fps": 5}, answers=answers)
    document["rules"][0]["id"] = "r1"
    where = parse_scene(document)
    told = [
        (0, "gas-check", "DUE"), (0, "guards", "0"), (0, "inside", "3"), (0, "cards", "NONE"),
        (0, "blast-warning", "OFF"), (0, "shot", "SAFE"), (5, "gas-check", "BEFORE_CHARGING"),
        (10, "shot", "CHARGED"), (20, "gas-check", "BEFORE_FIRING"), (25, "guards", "1"),
        (35, "inside", "0"), (50, "cards", "FIRING"), (55, "blast-warning", "ON"),
        (63, "shot", "FIRED"),
    ]  # fmt: skip

    def people(index):
        t = index / 5
        guard = [box(0.8, 0.8)] if t >= 25 else []
        return [*guard, box(0.45, 0.6, 0.25)] if t >= 85 else guard

    state, found = None, []
    for n in range(95):
        if n in lost:
            continue
        frames = [frame(n * 5 + k) for k in range(5)]
        now = [Signal(t, name, value) for t, name, value in told if n <= t < n + 1]
        made = analyse(where, state, Chunk(n, n, 1.0, frames, now), detector=Script(people), fps=5)
        state = State.load(made.state.dump())
        found += [(f.state, f.why, round(f.t)) for f in made.findings if f.rule == "r1"]
    return found


def test_three_lost_chunks_change_nothing_of_a_blasting_and_its_alarm():
    told = [("raised", "forbidden now: Somebody in the blasting area", 86)]
    assert blast() == told
    assert blast(lost=(70, 71, 72)) == told


def of_version(state, version, **run):
    raw = json.loads(zlib.decompress(state.dump()))
    raw["version"] = version
    raw["rules"]["r1"]["memory"]["run"].update(run)
    return zlib.compress(json.dumps(raw).encode())


def test_a_run_goes_on_over_a_new_version_of_the_state():
    film = followed()
    film.state.last_t = film.t - film.step_s
    film.state = State.load(of_version(film.state, VERSION - 1))
    assert film.state.note
    film.tell("bell", "SILENT")
    film.tell("shot", "FIRED")
    film.run(3)
    assert (states(film), film.findings) == (["done", "done", "done", "now"], [])
    assert [f.why for f in film.run(2, [person(0.5)])] == ["forbidden now: somebody is in"]


@pytest.mark.parametrize("odd", [{"next": "3"}, {"at": [1.0]}, {"wrong": {"a": 1}}, {"new": True}])
def test_a_run_of_another_form_is_begun_anew_and_so_it_is_when_nothing_else_helps(odd):
    film = followed()
    assert "r1" not in State.load(of_version(film.state, VERSION - 1, **odd)).rules
    assert "r1" not in State.restart(of_version(film.state, VERSION), "anew").rules


def told_step(name):
    return {"id": name, "needs": {"input": name, "is": ["YES"]}}


def edited(done, names, **params):
    """Return a film of the steps a-b-c-d, of which some are done when an edit gives it others."""
    ins = [{"id": name, "kind": "state", "states": ["YES", "NO"]} for name in "abcdefg"]

    def written(names):
        steps = [told_step(name) for name in names]
        return scene("procedure_sequence", inputs=ins, params={"steps": steps, **params})

    film = Film(written("abcd"))
    for name in "abcdefg":
        film.tell(name, "NO")
    film.run(5)
    for name in done:
        film.tell(name, "YES")
        film.run(10)
    film.where = written(names)
    film.run(10)
    return film


def does(film, *names):
    for name in names:
        film.tell(name, "YES")
        film.run(10)
    return [f.why for f in film.findings if f.state == "raised"]


@pytest.mark.parametrize("names", ["bcd", "acd"])
def test_a_step_that_was_done_and_is_left_out_by_an_edit_moves_the_run_no_further(names):
    film = edited("ab", names)
    assert (states(film), film.findings) == (["done", "now", "waiting"], [])
    assert does(film, "d") == ["c: skipped"]


@pytest.mark.parametrize("names", ["bcd", "acd", "abecd", "bacd", "abc"])
def test_and_who_does_the_rest_of_them_has_done_them_all(names):
    film = edited("ab", names)
    rest = names[2:] if names[:2] in ("ab", "ba") else names[1:]
    assert does(film, *rest) == []
    assert set(states(film)) == {"done"}


def test_of_a_step_that_an_edit_puts_before_what_was_done_nobody_can_tell():
    film = edited("ab", "aebcd")
    assert states(film) == ["done", "unseen", "done", "now", "waiting"]
    assert does(film) == ["e: not visible, nobody can tell whether it was done"]
    does(film, "d")
    assert "c: skipped" in film.state.rules["r1"].why


def test_where_an_edit_moves_what_was_done_to_the_end_the_others_are_not_passed_over():
    words = "not visible, nobody can tell whether it was done"
    assert does(edited("a", "bcda")) == [f"b: {words}, c: {words}, d: {words}"]


def test_a_run_of_which_an_edit_leaves_no_step_that_was_done_is_over_and_says_so():
    film = edited("ab", "efg")
    assert does(film) == ["e: interrupted"]
    film.run(30)
    assert film.open is None
    assert does(film, "e", "f", "g") == ["e: interrupted"], "from its first step on it goes anew"


def test_after_such_an_edit_nobody_is_told_that_what_may_have_been_done_was_skipped():
    film = edited("ab", "efg")
    film.run(30)
    words = "not visible, nobody can tell whether it was done"
    assert does(film, "g")[1:] == [f"e: {words}, f: {words}"]


def test_what_was_wrong_is_told_by_its_id_where_an_edit_leaves_it_out():
    film = edited("ac", "acd")
    film.run(10)
    assert film.open == "danger"
    assert film.state.rules["r1"].why == "b: skipped"
