"""What becomes of a situation, and of what a rule remembers, when the rule is edited."""

from typing import Any

import pytest
from hazard_kit import SQUARE, Film, person, scene

from workers.scene import Scene

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
