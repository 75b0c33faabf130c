"""A machine's state from its signal and its picture, and what is told when the two disagree."""

from dataclasses import replace

import pytest
from engine_kit import document, person, run, scene

from workers.scene import SceneError, parse_scene
from workers.told import LATE
from workers.vision.fusion import MachineState


def test_a_signal_holds_until_the_next_and_may_get_stale():
    machine = MachineState()
    machine.add_signal(1.0, "running")
    assert machine.fuse("signal", 0.5, None) == ("UNKNOWN", "signal", 0.0)
    assert machine.fuse("signal", 1.0, None)[0] == "RUNNING"
    assert machine.fuse("signal", 900.0, None)[0] == "RUNNING"
    assert machine.fuse("signal", 900.0, 5.0)[0] == "UNKNOWN"


def test_an_older_signal_that_comes_late_does_not_win():
    machine = MachineState()
    machine.add_signal(5.0, "RUNNING")
    machine.fuse("signal", 6.0, None)
    machine.add_signal(4.0, "STOPPED")
    assert machine.fuse("signal", 7.0, None)[0] == "RUNNING"


def test_signal_and_video_that_disagree_are_danger_at_once_and_unknown_after_five_seconds():
    machine = MachineState()
    machine.video.belief.state = "STOPPED"
    machine.add_signal(0.0, "RUNNING")
    assert machine.fuse("both", 0.0, None)[0] == "RUNNING"
    assert machine.fuse("both", 4.8, None)[0] == "RUNNING"
    assert machine.fuse("both", 5.0, None)[:2] == ("UNKNOWN", "both")
    machine.video.belief.state = "RUNNING"
    assert machine.fuse("both", 5.2, None)[:2] == ("RUNNING", "both")


def test_of_two_sources_the_one_that_knows_is_believed():
    machine = MachineState()
    machine.video.belief.state = "STOPPED"
    assert machine.fuse("both", 0.0, None)[:2] == ("STOPPED", "video")
    machine.video.belief.state = "UNKNOWN"
    machine.add_signal(1.0, "RUNNING")
    assert machine.fuse("both", 1.0, None)[:2] == ("RUNNING", "signal")


def test_the_words_say_why_a_state_is_unknown():
    machine = MachineState()
    assert machine.why("signal") == "no signal"
    machine.add_signal(0.0, "RUNNING")
    machine.fuse("signal", 100.0, 5.0)
    assert "old" in machine.why("signal")
    assert machine.why("both") == "signal and picture disagree"
    assert machine.why("video") == "not watched long enough"


def test_a_fused_state_is_the_same_wherever_it_is_stored():
    one, two = MachineState(), MachineState()
    for k in range(100):
        t = k / 5
        for machine in (one, two):
            if k % 7 == 0:
                machine.add_signal(t, "RUNNING" if k % 2 else "STOPPED")
            machine.video.belief.add(t, k // 25 % 2 == 0)
        two = MachineState.load(two.dump())
        assert one.fuse("both", t, 3.0) == two.fuse("both", t, 3.0)
    assert one.dump() == two.dump()


def disagreeing(monkeypatch, shown):
    """Let the picture show a state from a script by the frame's time, whatever is in it."""

    def read(self, luma, roi, people, t, *rest):
        self.belief.state = shown(t)
        return self.belief.state

    monkeypatch.setattr("workers.vision.machine.VideoReader.read", read)
    raw = document()
    roi = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
    raw["machines"][0] |= {"source": "both", "roi": roi, "name": "Main winch"}
    return parse_scene(raw)


def told(analyses):
    return [
        (f.state, f.rule, f.type, f.level, round(f.t, 1))
        for a in analyses
        for f in a.findings
        if f.level == "machine_disagreement"
    ]


@pytest.mark.parametrize("cuts", [(), range(5, 200, 5)], ids=["one chunk", "a chunk a second"])
def test_a_disagreement_of_five_seconds_is_unknown_and_a_fault_of_the_camera(monkeypatch, cuts):
    scene = disagreeing(monkeypatch, lambda t: "STOPPED" if t < 20 else "RUNNING")
    made = run(lambda i: [], 200, where=scene, signals=[(4.0, "RUNNING")], cuts=cuts, reload=True)
    found = told(made)
    assert [row[:4] for row in found] == [
        ("raised", "camera", "camera_health", "machine_disagreement"),
        ("cleared", "camera", "camera_health", "machine_disagreement"),
    ]
    assert found[0][4] == pytest.approx(9.0, abs=0.3)
    assert found[1][4] == pytest.approx(25.0, abs=1.5)
    raised = next(f for a in made for f in a.findings if f.level == "machine_disagreement")
    assert raised.values["machine"] == "winch-1"
    assert raised.why == "Main winch: the signal says RUNNING, the picture STOPPED"
    shown = [
        (round(r.t, 1), r.value, r.why) for a in made for r in a.readings if ".state" in r.name
    ]
    assert (9.0, "UNKNOWN", "signal and picture disagree") in shown
    assert shown[-1][1] == "RUNNING"


def with_rule(scene, **rule):
    """Return the scene with a rule that the two agree, and one that nobody wakes."""
    given = {"id": "agree", "type": "signal_mismatch", "machine": "winch-1", **rule}
    quiet = {"id": "quiet", "type": "restricted_entry", "zone": "danger"}
    machines = [{"id": "winch-1", "source": "both", "roi": scene.machines[0].roi}]
    return parse_scene(document() | {"machines": machines, "rules": [given, quiet]})


@pytest.mark.parametrize("mode", ["armed", "shadow", "off"])
def test_a_rule_about_it_that_is_armed_tells_it_in_the_cameras_stead(monkeypatch, mode):
    scene = disagreeing(monkeypatch, lambda t: "STOPPED" if t < 20 else "RUNNING")
    made = run(lambda i: [], 200, where=with_rule(scene, mode=mode), signals=[(4.0, "RUNNING")])
    found = [(f.state, f.rule, f.level, f.mode) for a in made for f in a.findings]
    rule = [("raised", "agree", "mismatch", mode), ("cleared", "agree", "mismatch", mode)]
    camera = [
        ("raised", "camera", "machine_disagreement", "armed"),
        ("cleared", "camera", "machine_disagreement", "armed"),
    ]
    if mode == "armed":
        assert found == rule
    else:
        assert [one for one in found if one[1] == "camera"] == camera
        assert [one for one in found if one[1] == "agree"] == (rule if mode == "shadow" else [])


def test_a_rule_that_is_not_in_force_leaves_it_to_the_camera(monkeypatch):
    scene = disagreeing(monkeypatch, lambda t: "STOPPED" if t < 20 else "RUNNING")
    where = with_rule(scene, when={"rule": "quiet", "open": True})
    made = run(lambda i: [], 90, where=where, signals=[(4.0, "RUNNING")])
    assert [f.rule for a in made for f in a.findings] == ["camera"]


def test_a_short_disagreement_is_not_told(monkeypatch):
    scene = disagreeing(monkeypatch, lambda t: "STOPPED" if t < 8 else "RUNNING")
    assert told(run(lambda i: [], 100, where=scene, signals=[(4.0, "RUNNING")])) == []


def test_a_signal_that_is_too_old_leaves_the_picture_alone_and_alone_is_unknown(monkeypatch):
    scene = disagreeing(monkeypatch, lambda t: "RUNNING")
    made = run(lambda i: [], 20, where=scene)
    assert [r.value for a in made for r in a.readings if ".state" in r.name] == ["RUNNING"]
    machine = MachineState()
    machine.add_signal(0.0, "STOPPED")
    machine.video.belief.state = "STOPPED"
    assert machine.fuse("both", 1.0, 3.0)[:2] == ("STOPPED", "both")
    assert machine.fuse("both", 4.0, 3.0)[:2] == ("STOPPED", "video")
    assert machine.fuse("signal", 4.0, 3.0)[0] == "UNKNOWN"


def machine_scene(**item):
    raw = document()
    raw["machines"][0] |= {
        "source": "video", "roi": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]], **item,
    }  # fmt: skip
    return parse_scene(raw).machines[0]


@pytest.mark.parametrize(
    ("kind", "look"),
    [("winch", "drum"), ("hoist", "drum"), ("conveyor", "belt"), ("haulage", "car"),
     ("pump", "lamp"), ("other", "drum")],
)  # fmt: skip
def test_a_machine_is_read_by_its_kind(kind, look):
    assert machine_scene(kind=kind).look == look
    assert machine_scene(kind=kind, look="rope").look == "rope"


@pytest.mark.parametrize(
    ("item", "path", "words"),
    [
        ({"look": "wheel"}, "machines[0].look", "drum, rope, belt, car, lamp"),
        ({"kind": "pump", "colour": "pink"}, "machines[0].colour", "green"),
        ({"colour": "green"}, "machines[0].colour", "only a lamp"),
        (
            {"roi": [[0.5, 0.5], [0.501, 0.5], [0.501, 0.502]]},
            "machines[0].roi",
            "too small to judge",
        ),
    ],
)
def test_a_scene_that_cannot_be_read_is_refused_with_its_path(item, path, words):
    with pytest.raises(SceneError) as error:
        machine_scene(**item)
    assert error.value.path == path
    assert words in error.value.message


@pytest.mark.parametrize("moving", ["RUNNING", "STARTING", "COASTING"])
@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_signals_of_one_time_the_one_that_moves_counts(moving, turn):
    machine = MachineState()
    for state in ("STOPPED", moving)[::turn]:
        machine.add_signal(1.0, state)
    assert machine.fuse("signal", 2.0, None)[0] == moving
    machine = MachineState()
    for state in ("STOPPED", moving, "STOPPED")[::turn]:
        machine.add_signal(1.0, state)
        machine.fuse("signal", 2.0, None)
    assert machine.fuse("signal", 2.0, None)[0] == moving


@pytest.mark.parametrize("cuts", [(), range(5, 100, 5)], ids=["one chunk", "a chunk a second"])
@pytest.mark.parametrize("source", ["signal", "both", "video"])
def test_a_late_report_of_a_moving_machine_is_unknown_and_a_fault_of_the_camera(
    monkeypatch, cuts, source
):
    scene = disagreeing(monkeypatch, lambda t: "STOPPED")
    scene = replace(scene, machines=(replace(scene.machines[0], source=source),))
    signals = [(1.0, "STOPPED"), (1.0, LATE), (12.0, "STOPPED")]
    made = run(lambda i: [], 100, where=scene, signals=signals, cuts=cuts, reload=True)
    found = [f for a in made for f in a.findings if f.level == "signal_late"]
    if source == "video":
        assert found == []
        return
    assert [f.state for f in found] == ["raised", "cleared"]
    assert found[0].t == pytest.approx(6.0, abs=0.3) and found[1].t == pytest.approx(17.0, abs=1.5)
    why = "Main winch: a report came late and says that it moves: check its sender's clock"
    assert (found[0].why, found[0].values["machine"]) == (why, "winch-1")
    shown = [(round(r.t, 1), r.value, r.why) for a in made for r in a.readings
             if r.name == "winch-1.state"]  # fmt: skip
    assert shown[-2][1:] == ("UNKNOWN", "a late report says that it moves: check the clock")
    assert shown[-1][:2] == (12.0, "STOPPED")


@pytest.mark.parametrize(
    ("said", "state"), [("STOPPED", "UNKNOWN"), ("UNKNOWN", "UNKNOWN"), ("COASTING", "COASTING")]
)
@pytest.mark.parametrize("turn", [1, -1])
def test_a_late_report_outweighs_only_what_does_not_move(said, state, turn):
    machine = MachineState()
    for one in (said, LATE)[::turn]:
        machine.add_signal(1.0, one)
        machine.fuse("signal", 2.0, None)
    assert machine.fuse("both", 900.0, 5.0 if state == "UNKNOWN" else None)[0] == state


def test_of_a_state_that_nobody_knows_no_reason_says_from_where_it_is_known():
    unknown = run(lambda i: [person(0.5)], 10, where=scene(dwell_s=0.3))
    known = run(lambda i: [person(0.5)], 10, where=scene(dwell_s=0.3), signals=[(0.0, "RUNNING")])
    [(why, source), (why_known, source_known)] = [
        next((f.why, f.values["machine_source"]) for a in made for f in a.findings)
        for made in (unknown, known)
    ]
    assert (why, source) == ("1 person in danger, winch-1 UNKNOWN", "")
    assert (why_known, source_known) == ("1 person in danger, winch-1 RUNNING (signal)", "signal")
