"""Sources that tell different things of the same, and tags that fall silent."""

import pytest
from hazard_kit import SQUARE, Film, scene

from workers.hazards.base import MachineView
from workers.scene import SceneError

PARTS = {
    "zones": [{"id": "danger", "polygon": SQUARE}],
    "machines": [
        {"id": "winch", "source": "both", "roi": SQUARE},
        {"id": "fan", "source": "signal"},
        {"id": "saw", "source": "video", "roi": SQUARE},
    ],
    "inputs": [
        {"id": "probe", "kind": "number", "unit": "m", "stale_s": 30},
        {"id": "echo", "kind": "number", "unit": "m"},
        {"id": "gate-a", "kind": "state", "states": ["OPEN", "CLOSED"]},
        {"id": "gate-b", "kind": "state", "states": ["OPEN", "CLOSED"]},
        {"id": "bell", "kind": "event"},
    ],
    "gauges": [
        {"id": "staff", "points": [{"xy": [0.3, 0.9], "m": 0.0}, {"xy": [0.3, 0.1], "m": 2.0}]},
        {"id": "board", "points": [{"xy": [0.7, 0.9], "m": 0.0}, {"xy": [0.7, 0.1], "m": 2.0}]},
        {"id": "floor", "zone": "danger"},
    ],
}


def watch(machine=None, **params):
    rule = {"machine": machine} if machine else {}
    return Film(scene("signal_mismatch", params=params, rule=rule, **PARTS), fps=2)


def run(film, seconds, signal, video, *, told_s=None, apart_t=None):
    """Show a winch whose two sources say so; told_s: how long ago the signal was last told."""
    for _ in range(round(seconds * 2)):
        at_s = film.t if told_s is None else film.t - told_s
        view = MachineView("UNKNOWN", "both", signal, video, at_s, apart_t)
        film.frame(machines={"winch": view, "fan": view, "saw": view})


@pytest.mark.parametrize(
    ("signal", "video"), [("RUNNING", "STOPPED"), ("STOPPED", "COASTING"), ("STOPPED", "STARTING")]
)
def test_signal_and_picture_that_disagree_for_five_seconds_are_told(signal, video):
    film = watch("winch")
    run(film, 3, "STOPPED", "STOPPED")
    begun = film.t
    run(film, 5, signal, video, apart_t=begun)
    assert film.findings == []
    run(film, 1, signal, video, apart_t=begun)
    assert [(f.level, f.severity, f.t) for f in film.findings] == [
        ("mismatch", "medium", begun + 5)
    ]
    assert f"winch: the signal says {signal}, the picture {video}" in film.findings[0].why
    run(film, 6, "STOPPED", "STOPPED")
    assert film.findings[-1].state == "cleared"


@pytest.mark.parametrize(
    ("signal", "video"), [("RUNNING", "STARTING"), ("RUNNING", "UNKNOWN"), ("UNKNOWN", "STOPPED")]
)
def test_what_both_mean_or_one_does_not_know_is_no_disagreement(signal, video):
    film = watch("winch")
    run(film, 60, signal, video)
    assert [f for f in film.findings if f.level == "mismatch"] == []


def test_that_one_of_the_two_falls_silent_does_not_end_a_disagreement():
    film = watch("winch")
    run(film, 7, "RUNNING", "STOPPED", apart_t=0.0)
    run(film, 120, "RUNNING", "UNKNOWN")
    assert [(f.state, f.level) for f in film.findings] == [("raised", "mismatch")]
    assert "cannot be compared" in film.state.rules["r1"].why
    run(film, 6, "RUNNING", "RUNNING")
    assert film.open is None


def test_a_blind_camera_ends_no_disagreement_either():
    film = watch("winch")
    run(film, 7, "RUNNING", "STOPPED", apart_t=0.0)
    for _ in range(60):
        view = MachineView("UNKNOWN", "both", "RUNNING", "UNKNOWN", film.t)
        film.frame(machines={"winch": view}, faults=("blocked",), visibility=0.0)
    assert film.open == "mismatch"


def test_a_tag_is_stale_after_three_polls():
    film = watch("winch", poll_s=10)
    run(film, 5, "RUNNING", "RUNNING", told_s=30)
    assert film.findings == []
    run(film, 1, "RUNNING", "RUNNING", told_s=30.5)
    assert [(f.level, f.severity) for f in film.findings] == [("stale", "medium")]
    assert "not told for 30 s" in film.findings[0].why
    run(film, 6, "RUNNING", "RUNNING", told_s=1)
    assert film.open is None


def test_a_tag_that_was_never_told_is_stale_too():
    film = watch("fan", poll_s=5)
    view = MachineView("UNKNOWN", "signal", "UNKNOWN", None, None)
    film.run(15, machines={"fan": view})
    assert film.findings == []
    film.run(2, machines={"fan": view})
    assert [f.level for f in film.findings] == ["stale"]


def pair(film, seconds, **about):
    """Tell inputs, and show gauges, once in each frame."""
    gauges = {k: v for k, v in about.items() if k in ("staff", "board")}
    for _ in range(round(seconds * 2)):
        for name, value in about.items():
            if name not in gauges and value is not None:
                film.tell(name.replace("_", "-"), str(value))
        film.frame(levels=gauges)


def test_two_numbers_that_differ_by_more_than_allowed_are_told():
    film = watch(input="probe", other_input="echo", differ=0.1)
    pair(film, 20, probe=1.0, echo=1.1)
    assert film.findings == []
    pair(film, 6, probe=1.0, echo=1.2)
    assert [f.level for f in film.findings] == ["mismatch"]
    assert "probe says 1, echo says 1.2" in film.findings[0].why
    pair(film, 7, probe=1.0, echo=1.0)
    assert film.findings[-1].state == "cleared"


def test_two_states_that_differ_shortly_are_not_told():
    film = watch(input="gate-a", other_input="gate-b")
    for _ in range(10):
        pair(film, 4, gate_a="OPEN", gate_b="CLOSED")
        pair(film, 1, gate_a="OPEN", gate_b="OPEN")
    assert film.findings == []
    pair(film, 6, gate_a="OPEN", gate_b="CLOSED")
    assert [f.level for f in film.findings] == ["mismatch"]


def test_two_gauges_and_a_gauge_and_an_input_are_pairs_too():
    gauges = watch(gauge="staff", other_gauge="board", apart_s=60)
    pair(gauges, 59, staff=0.5, board=0.6)
    assert gauges.findings == []
    pair(gauges, 3, staff=0.5, board=0.6)
    assert [f.level for f in gauges.findings] == ["mismatch"]
    mixed = watch(gauge="staff", input="echo")
    pair(mixed, 6, staff=0.5, echo=0.6)
    assert [f.level for f in mixed.findings] == ["mismatch"]


def test_a_gauge_that_cannot_be_read_agrees_and_disagrees_with_nothing():
    film = watch(gauge="staff", input="echo")
    pair(film, 60, staff=None, echo=0.6)
    assert film.findings == []


def test_an_input_whose_time_is_over_is_stale():
    film = watch(input="probe", other_input="echo")
    pair(film, 2, probe=1.0, echo=1.0)
    pair(film, 35, echo=1.0)
    assert [f.level for f in film.findings] == ["stale"]
    assert "probe is not known" in film.findings[0].why


@pytest.mark.parametrize(
    ("machine", "params", "path"),
    [
        (None, {}, "machine"),
        (None, {"input": "probe"}, "machine"),
        ("winch", {"input": "probe"}, "params.input"),
        ("saw", {}, "machine"),
        ("fan", {}, "params.poll_s"),
        (None, {"input": "probe", "other_input": "probe"}, "params.other_input"),
        (None, {"input": "probe", "other_input": "bell"}, "params.other_input"),
        (None, {"input": "probe", "other_input": "gate-a"}, "params"),
        (None, {"gauge": "floor", "input": "probe"}, "params"),
    ],
)
def test_what_could_never_be_compared_is_refused(machine, params, path):
    with pytest.raises(SceneError) as caught:
        watch(machine, **params)
    assert caught.value.path == f"rules[0].{path}"
