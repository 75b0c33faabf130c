"""No rule waits with an event: a button that is pressed is told at once, and in any case."""

from typing import Any

import pytest
from hazard_kit import Film, scene

from workers.scene import Scene, SceneError

BUTTON = {"id": "button", "kind": "event"}
LAMP = {"id": "button", "kind": "state", "states": ["PRESSED", "FREE"]}
WAITS = [{"sustain_s": 11}, {"confirm": [50, 50]}, {"sustain_s": 60}]


def told_by(source: dict[str, Any], rule: dict[str, Any], *, stored: bool = False) -> Scene:
    states = {"states": "PRESSED"} if "states" in source else {}
    params = {"input": "button", **states}
    return scene("external_event", params=params, rule=rule, inputs=[source], stored=stored)


@pytest.mark.parametrize("rule", WAITS)
def test_a_wait_with_an_event_is_refused(rule):
    with pytest.raises(SceneError, match="an event is told at once") as error:
        told_by(BUTTON, rule)
    assert [fault.path for fault in error.value.faults] == [f"rules[0].{next(iter(rule))}"]


@pytest.mark.parametrize("rule", WAITS)
def test_a_wait_with_a_state_is_taken(rule):
    assert told_by(LAMP, rule).rules


@pytest.mark.parametrize("fps", [0.5, 5.0])
@pytest.mark.parametrize("rule", WAITS)
def test_an_event_that_a_rule_of_before_waits_with_is_told_after_that_wait(rule, fps):
    film = Film(told_by(BUTTON, rule, stored=True), fps=fps)
    film.run(2)
    film.tell("button", "PRESSED")
    film.run(150)
    assert [one.state for one in film.findings] == ["raised", "cleared"]
