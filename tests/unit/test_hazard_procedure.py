"""Procedures: every step in its order and time; what is skipped is named."""

import pytest
from hazard_kit import SQUARE, Film, person, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.scene import SceneError

WINCH = {"machines": [{"id": "winch-1", "source": "signal"}]}
BELL = {"id": "bell", "kind": "state", "states": ["SILENT", "RINGS"]}
STEPS = [
    {"id": "driver", "name": "driver at the post", "needs": {"zone": "danger", "at_least": 1}},
    {"id": "bell", "name": "bell", "needs": {"input": "bell", "is": ["RINGS"]}, "hold_s": 2},
    {"id": "start", "name": "start", "needs": {"machine": "winch-1", "running": True},
     "min_gap_s": 3, "max_gap_s": 30},
]  # fmt: skip
STOPPED, RUNNING = {"winch-1": "STOPPED"}, {"winch-1": "RUNNING"}


def start(steps=STEPS, **rule):
    zones = [{"id": "danger", "polygon": SQUARE}]
    film = Film(
        scene(
            "procedure_sequence", params={"steps": steps}, rule=rule, zones=zones, inputs=[BELL],
            **WINCH,
        )
    )  # fmt: skip
    film.tell("bell", "SILENT")
    film.run(2, machines=STOPPED)
    return film


def ring(film, seconds):
    film.tell("bell", "RINGS")
    film.run(seconds, [person(0.5)], machines=STOPPED)
    film.tell("bell", "SILENT")


def states(film):
    return [step["state"] for step in film.state.rules["r1"].memory["shown"]["steps"]]


def test_a_procedure_that_is_followed_raises_nothing():
    film = start()
    film.run(3, [person(0.5)], machines=STOPPED)
    assert states(film) == ["done", "now", "waiting"]
    ring(film, 3)
    film.run(4, [person(0.5)], machines=STOPPED)
    film.run(5, [person(0.5)], machines=RUNNING)
    assert film.findings == []
    assert states(film) == ["done", "done", "done"]


def test_a_skipped_step_is_named_and_the_strip_shows_it():
    film = start()
    film.run(5, [person(0.5)], machines=STOPPED)
    [found] = film.run(1, [person(0.5)], machines=RUNNING)
    assert found.why == "bell: skipped"
    assert [s["state"] for s in found.values["steps"]] == ["done", "skipped", "done"]


def test_a_step_too_early_and_one_too_late_are_told():
    early = start()
    early.run(3, [person(0.5)], machines=STOPPED)
    ring(early, 2.4)
    assert [f.why for f in early.run(2, [person(0.5)], machines=RUNNING)] == ["start: early"]
    late = start()
    late.run(3, [person(0.5)], machines=STOPPED)
    ring(late, 3)
    assert [f.why for f in late.run(35, [person(0.5)], machines=STOPPED)] == ["start: late"]


def test_a_bell_too_short_is_no_bell():
    film = start()
    film.run(3, [person(0.5)], machines=STOPPED)
    ring(film, 1)
    film.run(5, [person(0.5)], machines=STOPPED)
    assert [f.why for f in film.run(1, [person(0.5)], machines=RUNNING)] == ["bell: skipped"]


def test_doubt_completes_no_step():
    film = start()
    film.run(5, [person(0.5)], machines=STOPPED, faults=("blocked",))
    assert "shown" not in film.state.rules["r1"].memory  # nobody was seen at the post
    film.run(3, [person(0.5)], machines=STOPPED)
    ring(film, 3)
    film.run(10, [person(0.5)])  # the winch is UNKNOWN: it was not started for certain
    assert states(film) == ["done", "done", "unseen"]


def test_a_run_that_went_wrong_clears_after_its_end_and_the_next_is_a_new_one():
    film = start()
    film.run(5, [person(0.5)], machines=STOPPED)
    film.run(3, [person(0.5)], machines=RUNNING)
    film.run(15, machines=STOPPED)
    assert [f.state for f in film.findings] == ["raised", "cleared"]
    film.run(5, [person(0.5)], machines=STOPPED)
    film.run(2, [person(0.5)], machines=RUNNING)
    assert len({f.situation for f in film.findings}) == 2


def altered(index, **change):
    return [{**step, **change} if i == index else step for i, step in enumerate(STEPS)]


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        (STEPS[:1], "steps"),
        (altered(1, id="driver"), "steps[1].id"),
        (altered(0, needs={"zone": "nowhere", "at_least": 1}), "steps[0].needs.zone"),
        (altered(0, needs={"zone": "danger", "at_least": 2, "at_most": 1}),
         "steps[0].needs.at_least"),
        (altered(1, needs={"input": "bell", "is": ["LOUD"]}), "steps[1].needs.is[0]"),
        (altered(1, needs={}), "steps[1].needs"),
        (altered(2, max_gap_s=1), "steps[2].max_gap_s"),
    ],
)  # fmt: skip
def test_a_step_that_nobody_can_do_is_refused(steps, path):
    with pytest.raises(SceneError) as caught:
        start(steps)
    assert caught.value.path == f"rules[0].params.{path}"
    with pytest.raises(SceneError, match="is missing"):
        Film(scene("procedure_sequence"))


CLEAR = [
    {"id": "clear", "needs": {"zone": "danger", "at_most": 0}, "hold_s": 2},
    {"id": "start", "needs": {"machine": "winch-1", "running": True}},
]


def test_one_missed_detection_clears_no_place():
    film = start([STEPS[1] | {"hold_s": 0}, {**CLEAR[0], "hold_s": 0}, CLEAR[1]])
    film.tell("bell", "RINGS")
    film.run(10, lambda i: [] if i == 20 else [person(0.5)], machines=STOPPED)
    film.tell("bell", "SILENT")
    assert [f.why for f in film.run(1, [person(0.5)], machines=RUNNING)] == ["clear: skipped"]


def test_missed_detections_and_the_edge_do_not_unman_a_post():
    post = {**STEPS[0], "hold_s": 3}
    film = start([STEPS[1] | {"hold_s": 0}, post, CLEAR[1]])
    film.tell("bell", "RINGS")
    film.run(
        8,
        lambda i: [] if i % 5 == 3 else [person(0.5 if i < 5 else 0.398 + 0.004 * (i % 2))],
        machines=STOPPED,
    )
    film.run(3, [person(0.5)], machines=RUNNING)
    assert film.findings == []


def test_a_start_without_any_step_before_it_skips_all_of_them():
    film = start()
    [found] = film.run(1, machines=RUNNING)
    assert found.why == "driver at the post: skipped, bell: skipped"


def test_a_winch_that_runs_when_the_watch_begins_or_after_doubt_was_not_started_now():
    film = start()
    other = Film(film.where)
    other.run(5, machines=RUNNING)
    other.run(5)
    other.run(5, machines=RUNNING)
    assert other.findings == []


def test_a_procedure_that_is_given_up_is_told_as_interrupted_and_ends():
    film = start([*STEPS[:2], {**STEPS[2], "max_gap_s": 3000}])
    film.step_s = 5.0
    film.run(20, [person(0.5)], machines=STOPPED)
    film.run(2400, [person(0.5)], machines=STOPPED)
    assert [f.why for f in film.findings] == ["bell: late"]
    film.run(1500, [person(0.5)], machines=STOPPED)
    assert "run" not in film.state.rules["r1"].memory
    assert [f.state for f in film.findings] == ["raised", "cleared"]


@pytest.mark.parametrize(
    "needs", [{"zone": "danger", "at_least": 0}, {"input": "count", "is": ["3"]}]
)
def test_what_is_always_so_or_has_no_states_is_no_step(needs):
    zones = [{"id": "danger", "polygon": SQUARE}]
    count = {"id": "count", "kind": "number"}
    steps = [{"id": "a", "needs": needs}, CLEAR[1]]
    with pytest.raises(SceneError):
        scene("procedure_sequence", params={"steps": steps}, zones=zones, inputs=[count], **WINCH)


# What else a procedure may say: what begins it, calls it off, is forbidden meanwhile.

MODE = {"id": "mode", "kind": "state", "states": ["OFF", "ASKED", "GIVEN"]}
COUNT = {"id": "count", "kind": "number"}
HERE = {"zone": "danger", "at_least": 1}
GIVEN = {"input": "mode", "is": ["GIVEN"]}


def whole(steps=STEPS, **params):
    """A film of the winch's start with more inputs."""
    zones = [{"id": "danger", "polygon": SQUARE}]
    film = Film(
        scene(
            "procedure_sequence", params={"steps": steps, **params}, zones=zones,
            inputs=[BELL, MODE, COUNT], **WINCH,
        )
    )  # fmt: skip
    film.tell("bell", "SILENT")
    film.tell("mode", "OFF")
    film.run(2, machines=STOPPED)
    return film


def test_a_procedure_may_begin_with_an_order_and_its_first_step_may_then_be_late():
    steps = [{**STEPS[0], "max_gap_s": 5}, *STEPS[1:]]
    film = whole(steps, begin={"input": "mode", "is": ["ASKED"]})
    film.run(3, [person(0.5)], machines=STOPPED)
    assert "shown" not in film.state.rules["r1"].memory
    film.run(1, machines=STOPPED)
    film.tell("mode", "ASKED")
    film.run(6, machines=STOPPED)
    assert [f.why for f in film.findings] == ["driver at the post: late"]


def test_a_step_that_is_done_after_the_one_that_follows_it_is_out_of_order():
    steps = [STEPS[0], STEPS[1], {"id": "given", "needs": GIVEN}, STEPS[2]]
    film = whole(steps)
    film.run(3, [person(0.5)], machines=STOPPED)
    film.tell("mode", "GIVEN")
    [found] = film.run(1, [person(0.5)], machines=STOPPED)
    assert found.why == "bell: skipped"
    ring(film, 3)
    assert film.state.rules["r1"].why == "bell: out of order"
    assert states(film) == ["done", "out_of_order", "done", "now"]


def test_a_step_of_several_needs_is_done_when_all_of_them_are_so_and_numbers_count():
    needs = [HERE, {"input": "count", "at_least": 2}]
    film = whole([{"id": "crew", "needs": needs}, STEPS[2]])
    film.run(3, [person(0.5)], machines=STOPPED)  # nobody knows the number
    film.tell("count", "1")
    film.run(3, [person(0.5)], machines=STOPPED)
    assert "shown" not in film.state.rules["r1"].memory
    film.tell("count", "2")
    film.run(1, [person(0.5)], machines=STOPPED)
    assert states(film) == ["done", "now"]


def test_what_is_forbidden_is_told_from_one_step_until_another_and_a_blind_camera_says_so():
    barred = {"id": "alone", "needs": {"zone": "danger", "at_most": 0}, "from": "bell",
              "until": "start", "hold_s": 1}  # fmt: skip
    film = whole(forbidden=[barred])
    film.run(3, [person(0.5)], machines=STOPPED)
    film.run(4, machines=STOPPED)
    assert film.findings == []
    ring(film, 3)
    film.run(3, machines=STOPPED, faults=("blocked",))
    assert film.findings == []
    assert film.state.rules["r1"].memory["shown"]["forbidden"][0]["state"] == "unseen"
    film.run(3, machines=STOPPED)
    assert [f.why for f in film.findings] == ["forbidden now: alone"]


@pytest.mark.parametrize("state", ["RUNNING", "UNKNOWN"])
def test_a_machine_that_may_run_while_that_is_forbidden_is_told(state):
    steps = [STEPS[0], {"id": "given", "needs": GIVEN}, {"id": "end", "needs": HERE, "wait_s": 60}]
    barred = {"id": "runs", "needs": {"machine": "winch-1", "running": True}}
    film = whole(steps, forbidden=[barred])
    film.run(3, [person(0.5)], machines=STOPPED)
    film.run(1, [person(0.5)], machines={"winch-1": state})
    assert [f.why for f in film.findings] == ["forbidden now: runs"]


def test_a_step_that_waits_counts_from_the_step_before():
    steps = [STEPS[0], {"id": "given", "needs": GIVEN},
             {"id": "wait", "needs": CLEAR[0]["needs"], "wait_s": 20}, STEPS[2]]  # fmt: skip
    film = whole(steps)
    film.run(3, [person(0.5)], machines=STOPPED)
    film.run(30, machines=STOPPED)  # empty before its turn: that counts for nothing
    film.tell("mode", "GIVEN")
    film.run(19, machines=STOPPED)
    assert states(film) == ["done", "done", "now", "waiting"]
    film.run(2, machines=STOPPED)
    assert states(film) == ["done", "done", "done", "now"]


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"forbidden": [{"id": "x", "needs": HERE, "from": "nothing"}]}, "forbidden[0].from"),
        ({"forbidden": [{"id": "x", "needs": HERE, "from": "start", "until": "bell"}]},
         "forbidden[0].until"),
        ({"forbidden": [{"id": "bell", "needs": HERE}]}, "forbidden[0].id"),
        ({"called_off": {"needs": HERE, "before": "nothing"}}, "called_off.before"),
        ({"begin": {"input": "mode", "is": ["HIGH"]}}, "begin.is[0]"),
        ({"begin": []}, None),
        ({"steps": altered(0, only_if=GIVEN)}, "steps[0].only_if"),
        ({"steps": altered(0, gather_s=5)}, "steps[0].gather_s"),
        ({"steps": altered(2, wait_s=60)}, "steps[2].max_gap_s"),
        ({"steps": altered(0, needs=[])}, "steps[0].needs"),
        ({"steps": altered(0, needs={"input": "count", "at_least": 3, "at_most": 2})},
         "steps[0].needs.at_least"),
    ],
)  # fmt: skip
def test_a_part_of_a_procedure_that_cannot_be_is_refused_with_its_path(params, path):
    if path is None:
        whole(**params)
        return
    with pytest.raises(SceneError) as caught:
        whole(**params)
    assert caught.value.path == f"rules[0].params.{path}"


EVENTS = st.one_of(
    st.tuples(st.just("bell"), st.sampled_from(["SILENT", "RINGS"])),
    st.tuples(st.just("mode"), st.sampled_from(["OFF", "ASKED", "GIVEN"])),
    st.tuples(st.just("machine"), st.sampled_from(["STOPPED", "RUNNING", "UNKNOWN"])),
    st.tuples(st.just("people"), st.sampled_from([0, 1, 2])),
    st.tuples(st.just("blind"), st.booleans()),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.integers(1, 12)), max_size=25))
def test_whatever_comes_in_whatever_order_the_strip_and_the_alarm_tell_the_same(script):
    steps = [
        STEPS[0],
        STEPS[1],
        {"id": "given", "needs": GIVEN, "only_if": {"machine": "winch-1", "running": False}},
        {"id": "two", "needs": {"zone": "danger", "at_least": 2}, "gather_s": 2},
        STEPS[2],
    ]
    film = whole(
        steps,
        called_off={"needs": {"input": "mode", "is": ["OFF"]}, "before": "two"},
        forbidden=[{"id": "x", "needs": HERE, "from": "bell", "until": "two", "hold_s": 3}],
    )
    machine, people, blind = "STOPPED", 0, False
    for (what, value), seconds in script:
        if what == "machine":
            machine = value
        elif what == "people":
            people = value
        elif what == "blind":
            blind = value
        else:
            film.tell(what, value)
        for _ in range(seconds):
            crowd = [person(0.5, track=n) for n in range(people)]
            faults = ("blocked",) if blind else ()
            film.run(1, crowd, machines={"winch-1": machine}, faults=faults)
            memory = film.state.rules["r1"].memory
            if "shown" not in memory:
                assert film.findings == []
                continue
            shown = {row["id"]: row["state"] for row in memory["shown"]["steps"]}
            assert list(shown) == ["driver", "bell", "given", "two", "start"]
            if "run" not in memory:
                assert "now" not in shown.values() and "waiting" not in shown.values()
            else:
                assert memory["shown"]["ended_t"] is None
                assert shown.get("start") in ("waiting", "now", "unseen", "late", "too_few")
            if set(shown.values()) & {"skipped", "early", "late", "out_of_order", "too_few"}:
                assert film.findings, shown
            assert list(shown.values()).count("now") <= 1
    levels = [f.state for f in film.findings]
    assert levels == (["raised", "cleared"] * len(levels))[: len(levels)]
