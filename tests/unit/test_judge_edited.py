"""What becomes of a situation, and of what a rule remembers, when the rule is edited."""

import json
import zlib
from typing import Any

import pytest
from hazard_kit import SQUARE, Film, person, scene

from workers.scene import Scene
from workers.state import State

NEAR = [[0.2, 0.45], [0.8, 0.45], [0.8, 0.99], [0.2, 0.99]]
RUNNING = {"w": "RUNNING"}


def winch(**rule: Any) -> Scene:
    """Return a winch with a warning zone around its danger zone."""
    return scene(
        "proximity_while_running",
        params={"warning_zone": "near"},
        rule={"zone": "danger", "machine": "w", **rule},
        zones=[{"id": "danger", "polygon": SQUARE}, {"id": "near", "polygon": NEAR}],
        machines=[{"id": "w", "source": "signal"}],
    )


def told(film: Film) -> list[tuple[str, str, str]]:
    return [(one.state, one.level, one.severity) for one in film.findings]


@pytest.mark.parametrize("sees", [{}, {"faults": ("dark",)}])
def test_a_danger_whose_rule_is_made_more_severe_is_raised_anew_and_once(sees):
    film = Film(winch(severity="high"))
    film.run(3, [person(0.5)], machines=RUNNING)
    film.where = winch(severity="critical")
    film.run(60, [person(0.5)], machines=RUNNING, **sees)
    assert told(film) == [("raised", "danger", "high"), ("raised", "danger", "critical")]
    first, second = film.findings
    assert (second.situation, second.values["step"]) == (first.situation, 2)


def test_a_danger_whose_rule_is_made_less_severe_is_told_no_more_often():
    film = Film(winch(severity="critical"))
    film.run(3, [person(0.5)], machines=RUNNING)
    film.where = winch(severity="high")
    assert film.run(60, [person(0.5)], machines=RUNNING) == []


def test_a_warning_with_a_severity_of_its_own_is_not_made_more_severe_with_its_rule():
    film = Film(winch(severity="high"))
    film.run(3, [person(0.3)], machines=RUNNING)
    film.where = winch(severity="critical")
    assert film.run(60, [person(0.3)], machines=RUNNING) == []


def test_a_danger_that_is_held_is_told_when_its_rule_is_made_more_severe():
    film = Film(winch(severity="high", cooldown_s=600))
    for x in (0.5, 0.3, 0.5):
        film.run(10, [person(x)], machines=RUNNING)
    assert film.state.rules["r1"].held == "warning"
    film.where = winch(severity="critical", cooldown_s=600)
    [found] = film.run(60, [person(0.5)], machines=RUNNING)
    assert (found.state, found.severity, "held" in found.values) == ("raised", "critical", False)


@pytest.mark.parametrize("meanwhile", [person(0.3), person(0.1)])
def test_no_cooldown_of_a_danger_that_was_told_as_less_severe_holds_the_next(meanwhile):
    film = Film(winch(severity="high", cooldown_s=600))
    film.run(10, [person(0.5)], machines=RUNNING)
    film.run(10, [meanwhile], machines=RUNNING)
    film.where = winch(severity="critical", cooldown_s=600)
    film.run(10, [meanwhile], machines=RUNNING)
    [found] = film.run(10, [person(0.5)], machines=RUNNING)
    assert (found.state, found.level, found.severity) == ("raised", "danger", "critical")
    film.run(10, [person(0.1)], machines=RUNNING)
    assert film.run(10, [person(0.5)], machines=RUNNING) == [], "now it cools as it is"


UP = [[0.05, 0.3], [0.3, 0.3], [0.3, 0.95], [0.05, 0.95]]
DOWN = [[0.6, 0.3], [0.95, 0.3], [0.95, 0.95], [0.6, 0.95]]
ZONES = [{"id": "up", "polygon": UP}, {"id": "down", "polygon": DOWN}]
STOPPED = {"w": "STOPPED"}
HAULAGE = [{"id": "w", "kind": "haulage", "source": "signal"}]


def slope(zone: str = "up", zones: Any = ZONES, **rule: Any) -> Scene:
    rule = {"zone": zone, "machine": "w", **rule}
    return scene("slope_mutual_exclusion", rule=rule, zones=zones, machines=HAULAGE)


def post(zone: str = "up", absent_s: float = 30, **rule: Any) -> Scene:
    params = {"absent_s": absent_s, "running_s": min(absent_s, 10)}
    return scene("post_absence", params=params, rule={"zone": zone, **rule}, zones=ZONES)


def gate(barrier: str = "b1", **rule: Any) -> Scene:
    known = {"kind": "state", "states": ["OPEN", "CLOSED"]}
    inputs = [{"id": name, **known} for name in ("b1", "b2")]
    return scene("barrier_state", params={"barrier": barrier}, rule=rule, inputs=inputs)


def remembered(film: Film) -> dict[str, Any]:
    return film.state.rules["r1"].memory


def test_a_post_that_was_manned_while_its_rule_was_off_was_not_empty_all_that_time():
    film = Film(post())
    film.run(10, [person(0.2)])
    film.run(0.4)
    film.where = post(mode="off")
    film.run(3600, [person(0.2)])
    film.where = post()
    assert film.run(20) == []
    [found] = film.run(20)
    assert found.why == "post up not manned for 30 s"


def test_a_barrier_that_was_closed_while_its_rule_was_off_was_not_open_all_that_time():
    film = Film(gate())
    for mode, said, seconds in (
        ("armed", "CLOSED", 5), ("armed", "OPEN", 5), ("off", "CLOSED", 3600), ("off", "OPEN", 1),
        ("armed", "OPEN", 20),
    ):  # fmt: skip
        film.where = gate(mode=mode)
        film.tell("b1", said)
        film.run(seconds)
    assert told(film) == []


def test_a_slope_that_was_empty_before_its_rule_was_off_is_not_clear_after_it():
    film = Film(slope())
    film.run(20, machines=STOPPED)
    film.where = slope(mode="off")
    film.run(60, [person(0.2)], machines=STOPPED)
    assert "people" not in film.state.rules["r1"].told, "nobody is told what it counted before"
    film.where = slope()
    film.run(0.4, machines=STOPPED)
    assert not remembered(film)["clear"]
    [found] = film.run(2, machines=RUNNING)
    assert found.why == "hauling before the slope was seen empty, w RUNNING (signal)"


def test_a_wait_that_ran_before_a_rule_was_off_begins_anew():
    rule: dict[str, Any] = {"sustain_s": 10, "params": {"dwell_s": 0}}
    film = Film(winch(**rule))
    film.run(5, [person(0.5)], machines=RUNNING)
    film.where = winch(mode="off", **rule)
    film.run(60, machines=RUNNING)
    film.where = winch(**rule)
    assert film.run(9, [person(0.5)], machines=RUNNING) == []


@pytest.mark.parametrize("edited", [slope("down"), slope(zones=[{"id": "up", "polygon": DOWN}])])
def test_a_slope_that_was_seen_empty_says_nothing_of_another_one(edited):
    film = Film(slope())
    film.run(20, machines=STOPPED)
    assert remembered(film)["clear"]
    film.where = edited
    film.run(0.4, machines=STOPPED)
    assert not remembered(film)["clear"]
    assert [one.level for one in film.run(2, machines=RUNNING)] == ["warning"]


@pytest.mark.parametrize(
    "edit",
    [
        {"severity": "low"}, {"action": "Look."}, {"mode": "shadow"}, {"name": "Slope"},
        {"place": "slope 2"}, {"params": {"dwell_s": 3}}, {"min_visibility": 0.3},
    ],
)  # fmt: skip
def test_a_slope_stays_clear_where_its_rule_looks_at_the_same_after_an_edit(edit):
    film = Film(slope())
    film.run(20, machines=STOPPED)
    film.where = slope(**edit)
    film.run(0.2, machines=STOPPED)
    assert remembered(film)["clear"]


def test_a_post_is_not_manned_for_as_long_where_only_its_time_is_edited():
    film = Film(post(absent_s=60))
    film.run(1, [person(0.2)])
    film.run(40)
    film.where = post(absent_s=30)
    [found] = film.run(0.2)
    assert found.why == "post up not manned for 40 s"


def test_a_barrier_that_a_rule_no_longer_names_stands_open_no_more_and_nothing_is_said_of_another():
    film = Film(gate())
    film.tell("b1", "OPEN")
    film.run(40)
    film.where = gate("b2")
    [found] = film.run(5)
    assert (found.state, found.why) == ("cleared", "the rule was edited to watch something else")
    [next_one] = film.run(120)
    assert next_one.why == "nobody knows how b2 stands"


def test_who_was_told_of_in_one_zone_is_told_of_in_another_whatever_cools():
    film = Film(winch(cooldown_s=600))
    film.run(3, [person(0.5)], machines=RUNNING)
    film.where = winch(cooldown_s=600, zone="near")
    found = film.run(3, [person(0.5)], machines=RUNNING)
    assert [one.state for one in found] == ["cleared", "raised"]


def test_an_alarm_stands_while_its_zone_is_drawn_anew_around_whoever_is_in_it():
    wider = [{"id": "up", "polygon": [[0.01, 0.3], *UP[1:]]}]
    at = {"rule": {"zone": "up"}, "params": {"stay_s": 30}}
    film = Film(scene("loitering", zones=ZONES, **at))
    [found] = film.run(40, [person(0.2)])
    film.where = scene("loitering", zones=wider, **at)
    assert film.run(60, [person(0.2)]) == []
    assert film.open == found.level


def test_what_is_drawn_anew_under_an_open_situation_is_forgotten_after_it():
    film = Film(slope())
    film.run(20, [person(0.2)], machines=RUNNING)
    film.where = slope(zones=[{"id": "up", "polygon": [[0.01, 0.3], *UP[1:]]}])
    film.run(5, machines=RUNNING)
    assert [state for state, *_ in told(film)] == ["raised", "cleared"]
    film.run(6, machines=STOPPED)
    assert not remembered(film)["clear"], "seen empty for 11 s, of which 8 as it is drawn now"


def test_a_state_of_the_form_before_is_gone_on_with():
    film = Film(slope())
    film.run(20, machines=STOPPED)
    kept = json.loads(zlib.decompress(film.state.dump()))
    del kept["rules"]["r1"]["watched"], kept["rules"]["r1"]["drawn"]
    film.state = State.load(zlib.compress(json.dumps(kept).encode()))
    film.run(0.2, machines=STOPPED)
    assert remembered(film)["clear"]


def test_a_run_of_a_procedure_goes_on_where_its_rule_is_edited_and_ends_where_it_is_off():
    steps = [
        {"id": "open", "name": "Open", "needs": {"input": "b", "is": ["OPEN"]}},
        {"id": "shut", "name": "Shut", "needs": {"input": "b", "is": ["SHUT"]}},
    ]
    inputs = [{"id": "b", "kind": "state", "states": ["OPEN", "SHUT"]}]

    def procedure(**rule: Any) -> Scene:
        params = {"steps": steps}
        return scene("procedure_sequence", params=params, rule=rule, inputs=inputs)

    film = Film(procedure())
    for said in ("SHUT", "OPEN"):
        film.tell("b", said)
        film.run(3)
    begun_s = remembered(film)["run"]["begun_s"]
    film.where = procedure(wears=["helmet"], zone="danger")
    film.run(3)
    assert remembered(film)["run"]["begun_s"] == begun_s
    film.where = procedure(mode="off")
    film.run(1)
    assert remembered(film) == {}
