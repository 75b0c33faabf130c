"""A rule, machine or gauge whose code fails is blind by itself: the others go on protecting."""

import pytest
from engine_kit import FPS, Script, document, frame, person

from workers.engine import Analysis, Chunk, Signal, State, analyse
from workers.scene import parse_scene

GAUGE = {"id": "sump", "points": [{"xy": [0.2, 0.9], "m": 0.0}, {"xy": [0.2, 0.2], "m": 2.0}]}
TWO_RULES = document()
TWO_RULES["rules"] += [
    {"id": "r2", "type": "restricted_entry", "zone": "near", "severity": "high", "name": "Way in"}
]
TWO_RULES["gauges"] = [GAUGE]
TWO_RULES["machines"] += [
    {"id": "fan", "kind": "winch", "source": "video", "roi": [[0, 0], [0.2, 0], [0.2, 0.3]]}
]
ENTRY = "workers.hazards.restricted_entry.RestrictedEntry.evaluate"


def run(
    first: int, last: int, state: State | None = None, *, apart: bool = True, scene=TWO_RULES
) -> Analysis:
    """Analyse frames in which somebody stands at the running winch."""
    chunk = Chunk(
        first, first / FPS, (last - first) / FPS, [frame(i) for i in range(first, last)],
        [Signal(0.0, "winch-1", "RUNNING")],
    )  # fmt: skip
    seen = Script(lambda i: [person(0.5)])
    where = parse_scene(scene)
    return analyse(where, state, chunk, detector=seen, gate=False, fps=FPS, apart=apart)


def told(analysis: Analysis, rule: str) -> list[tuple[str, str, str]]:
    return [
        (one.state, one.level, one.values.get("about", ""))
        for one in analysis.findings
        if one.rule == rule
    ]


def fails(self, *given, **more):
    raise ZeroDivisionError("nobody thought of this")


def test_a_rule_that_fails_is_blind_and_told_while_the_others_raise(monkeypatch):
    monkeypatch.setattr(ENTRY, fails)
    made = run(0, 40)
    assert ("raised", "danger", "") in told(made, "r1")
    assert told(made, "r2") == []
    assert told(made, "camera") == [("raised", "part_fails", "r2")]
    (fault,) = [one for one in made.open if one.rule == "camera"]
    assert fault.why == "“Way in” fails (ZeroDivisionError) and sees nothing"
    assert made.failing == {"r2": fault.why}
    assert "nobody thought of this" in made.traces["r2"]
    assert ("r2.sight", "BLIND", fault.why) in [(r.name, r.value, r.why) for r in made.readings]


def test_what_a_failing_rule_had_open_stays_open_until_it_sees_that_it_is_over(monkeypatch):
    open_ = run(0, 20)
    assert told(open_, "r2") == [("raised", "danger", "")]
    with monkeypatch.context() as broken:
        broken.setattr(ENTRY, fails)
        blind = run(20, 320, open_.state)
    assert told(blind, "r2") == []
    assert "r2" in {one.rule for one in blind.open}
    again = run(320, 400, blind.state)
    assert told(again, "camera") == [("cleared", "part_fails", "r2")]
    assert told(again, "r2") == []
    assert "r2" in {one.rule for one in again.open}


def test_a_memory_that_makes_a_rule_fail_is_left_out_once_that_is_told():
    whole = run(0, 20)
    whole.state.rules["r1"].memory = {"stays": "none"}
    made = run(20, 80, whole.state)
    assert told(made, "camera") == [
        ("raised", "part_fails", "r1"),
        ("cleared", "part_fails", "r1"),
    ]
    assert made.traces.keys() == {"r1"}


@pytest.mark.parametrize(
    ("part", "code", "says"),
    [
        ("fan", "workers.vision.machine.VideoReader.read", ("fan.state", "UNKNOWN")),
        ("sump", "workers.vision.gauge.Level.look", ("sump.level_m", None)),
    ],
)
def test_a_machine_or_gauge_that_fails_is_unknown_and_takes_nothing_else_along(
    monkeypatch, part, code, says
):
    monkeypatch.setattr(code, fails)
    made = run(0, 40)
    assert ("raised", "danger", "") in told(made, "r1")
    assert told(made, "camera") == [("raised", "part_fails", part)]
    assert [(r.name, r.value) for r in made.readings if r.name == says[0]] == [says]


def test_a_part_that_is_taken_out_of_the_scene_fails_no_longer(monkeypatch):
    monkeypatch.setattr(ENTRY, fails)
    made = run(0, 40)
    less = {**TWO_RULES, "rules": TWO_RULES["rules"][:1]}
    assert ("cleared", "part_fails", "r2") in told(run(40, 45, made.state, scene=less), "camera")


def test_anywhere_but_live_what_fails_ends_the_analysis(monkeypatch):
    monkeypatch.setattr(ENTRY, fails)
    with pytest.raises(ZeroDivisionError):
        run(0, 5, apart=False)
