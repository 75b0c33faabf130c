"""What inputs said while no picture came is judged in its own time, and told with it."""

import pytest
from hazard_kit import FPS, Film, person, scene
from test_gap import GATE, LOST_S, film


def test_a_barrier_that_was_closed_within_a_gap_has_its_time_anew():
    gate = film("barrier_state", zone=False, inputs=[GATE], params={"barrier": "a"})
    gate.tell("a", "OPEN")
    gate.run(20)
    for after_s, state in ((5, "CLOSED"), (15, "OPEN")):
        gate.tell("a", state, gate.t + after_s)
    gate.gap(20.0)
    gate.run(20)
    assert gate.findings == []
    gate.run(8)
    assert [round(f.t) for f in gate.findings] == [20 + 15 + 30]


def test_a_button_that_was_pressed_within_a_gap_is_told_though_it_holds_no_more():
    world = film("external_event", zone=False, inputs=[{"id": "sos", "kind": "event"}],
                 params={"input": "sos", "hold_s": 3})  # fmt: skip
    world.run(5)
    world.tell("sos", "pressed", world.t + 4)
    world.gap(20.0)
    found = world.run(1)[0]
    assert (found.state, found.level, round(found.t)) == ("raised", "danger", 25)


def test_a_permit_that_was_open_within_a_gap_gives_the_time_to_leave_anew():
    work = film("permit_camera_ready", inputs=[GATE], params={"work_permit": "a"})
    work.tell("a", "CLOSED")
    work.run(25, [person(0.5)])
    work.tell("a", "OPEN", work.t + 1)
    work.tell("a", "CLOSED", work.t + 2)
    work.gap(LOST_S)
    work.run(25, [person(0.5, track=2)])
    assert work.findings == []
    work.run(6, [person(0.5, track=2)])
    assert [f.level for f in work.findings] == ["danger"]


@pytest.mark.parametrize("again_s", [None, 10])
def test_a_barrier_that_stood_open_within_a_gap_is_told_with_the_time_of_it(again_s):
    gate = film("barrier_state", zone=False, inputs=[GATE], params={"barrier": "a"})
    gate.tell("a", "CLOSED")
    gate.run(20)
    for at_s in range(30, 630, again_s or 600):
        gate.tell("a", "OPEN", at_s)
    gate.tell("a", "CLOSED", 630)
    gate.gap(700.0)
    gate.run(5)
    assert gate.told() == [("raised", "danger", 720.0), ("cleared", "danger", 721.0)]
    said = "a is OPEN for 600 s, and must be CLOSED, that was 90 s ago, while no picture came"
    assert gate.findings[0].why == said
    assert gate.findings[0].values["was_until_t"] == pytest.approx(630)


def test_a_barrier_that_was_shut_as_the_pictures_came_back_stood_open_until_then():
    gate = film("barrier_state", zone=False, inputs=[GATE], params={"barrier": "a"})
    gate.tell("a", "CLOSED")
    gate.run(20)
    gate.tell("a", "OPEN", 30)
    gate.tell("a", "CLOSED", 120)
    gate.gap(100.0)
    gate.run(5)
    assert [(f.state, f.why) for f in gate.findings][0] == (
        "raised", "a is OPEN for 90 s, and must be CLOSED",
    )  # fmt: skip


def test_two_barriers_that_stood_open_together_within_a_gap_are_told():
    inputs = [GATE, {**GATE, "id": "b"}]
    gate = film("barrier_state", zone=False, inputs=inputs, params={"barrier": "a", "other": "b"})
    gate.tell("a", "CLOSED")
    gate.tell("b", "CLOSED")
    gate.run(20)
    for name, state, at_s in (("a", "OPEN", 30), ("b", "OPEN", 40), ("b", "CLOSED", 55),
                              ("a", "CLOSED", 58)):  # fmt: skip
        gate.tell(name, state, at_s)
    gate.gap(100.0)
    gate.run(5)
    assert [f.state for f in gate.findings] == ["raised", "cleared"]
    assert "a and b are open together, that was 65 s ago" in gate.findings[0].why


def test_what_was_so_in_a_gap_while_its_permit_was_open_is_not_told():
    permit = {"id": "permit", "kind": "state", "states": ["OPEN", "CLOSED"]}
    where = scene("barrier_state", inputs=[GATE, permit], params={"barrier": "a"},
                  rule={"permit": "permit"})  # fmt: skip
    gate = Film(where)
    gate.tell("a", "CLOSED")
    gate.tell("permit", "OPEN")
    gate.run(20)
    for name, state, at_s in (("a", "OPEN", 30), ("a", "CLOSED", 130), ("permit", "CLOSED", 150)):
        gate.tell(name, state, at_s)
    gate.gap(200.0)
    gate.run(5)
    assert gate.findings == []


@pytest.mark.parametrize("sustain_s", [60, 120])
def test_what_was_so_within_a_gap_is_believed_where_it_was_so_for_long_enough(sustain_s):
    where = scene("barrier_state", inputs=[GATE], params={"barrier": "a"},
                  rule={"sustain_s": sustain_s})  # fmt: skip
    gate = Film(where)
    gate.tell("a", "CLOSED")
    gate.run(20)
    gate.tell("a", "OPEN", 30)
    gate.run(50)  # wrong from 60 on
    gate.tell("a", "CLOSED", 150)
    gate.gap(200.0)
    gate.run(5)
    assert [f.state for f in gate.findings] == ["raised", "cleared"] * (sustain_s == 60)


@pytest.mark.parametrize("gap_s", [None, 20, 110])
def test_a_step_that_inputs_alone_tell_of_is_done_within_a_gap_as_without_it(gap_s):
    inputs = [{"id": one, "kind": "state", "states": ["YES", "NO"]} for one in "abc"]
    steps = [{"id": one, "needs": {"input": one, "is": ["YES"]}} for one in "abc"]
    steps[1]["hold_s"] = 10
    world = film("procedure_sequence", zone=False, inputs=inputs, params={"steps": steps})
    for one in "abc":
        world.tell(one, "NO")
    world.tell("a", "YES", 5)
    world.run(10)
    for one, state, at_s in (("b", "YES", 20), ("b", "NO", 45), ("c", "YES", 60)):
        world.tell(one, state, at_s)
    if gap_s:
        world.gap(gap_s)
    world.run(125 - world.t)
    shown = world.state.rules["r1"].memory["shown"]["steps"]
    assert world.findings == []
    assert [s["state"] for s in shown] == ["done"] * 3
    assert [s["t"] for s in shown] == pytest.approx([5, 30, 60], abs=0.2)


@pytest.mark.parametrize("reports", [0, 300])
def test_reports_within_a_gap_move_nobody_into_the_future(reports):
    work = film("permit_camera_ready", inputs=[GATE], params={"work_permit": "a"})
    work.tell("a", "CLOSED")
    work.run(40, [person(0.5)])
    for index in range(reports):
        work.tell("a", ("OPEN", "CLOSED")[index % 2], work.t + index / 6)
    work.gap(50.0)
    work.run(1)
    [him] = work.state.rules["r1"].memory["people"].values()
    assert him["t"] <= work.t


def test_a_report_within_a_gap_begins_the_stay_of_who_is_hidden_not_anew():
    work = film("permit_camera_ready", inputs=[GATE], params={"work_permit": "a", "work_s": 60})
    work.tell("a", "CLOSED")
    work.run(10, [person(0.5)])
    work.run(2)
    since, _ = work.state.rules["r1"].memory["stays"]["danger"]
    work.tell("a", "OFF", work.t + 1.0)
    work.gap(LOST_S)
    work.run(2, [person(0.5, track=2)])
    stays = work.state.rules["r1"].memory["stays"]["danger"]
    assert stays[0] == pytest.approx(since + LOST_S + 1 / FPS)
