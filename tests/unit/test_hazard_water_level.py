"""Water against its four lines: it rises, falls, ripples, and cannot be read."""

import pytest
from hazard_kit import Film, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.hazards.water_level import ORDER, Params, fill_pct
from workers.scene import SceneError

GAUGE = {"id": "sump", "points": [{"xy": [0.3, 0.9], "m": 0.0}, {"xy": [0.3, 0.1], "m": 2.0}]}


def sump(**params):
    given = {"gauge": "sump", "full_m": 2.0, **params}
    return Film(scene("water_level", params=given, gauges=[GAUGE]), fps=1)


def levels(film):
    return [(f.state, f.level) for f in film.findings]


def test_rising_water_makes_one_situation_that_grows_worse():
    film = sump()
    for k in range(100):
        film.run(2, levels={"sump": 0.5 + 0.015 * k})
    assert levels(film) == [("raised", name) for name in ORDER]
    assert len({f.situation for f in film.findings}) == 1
    assert [f.severity for f in film.findings] == ["low", "medium", "high", "critical"]
    assert "% full" in film.findings[-1].why


def test_water_below_its_first_line_raises_nothing():
    film = sump()
    film.run(60, levels={"sump": 0.79})
    assert film.findings == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-0.009, 0.009), min_size=20, max_size=60))
def test_ripples_at_a_line_raise_once_and_clear_never(ripples):
    film = sump(clear_s=0)
    film.run(2, levels={"sump": 1.01})
    for ripple in ripples:
        film.run(1, levels={"sump": 1.0 + ripple})
    assert levels(film) == [("raised", "warning")]


def test_it_clears_when_the_water_has_fallen_below_the_deadband():
    film = sump()
    film.run(5, levels={"sump": 0.85})
    film.run(30, levels={"sump": 0.79})
    assert levels(film) == [("raised", "advisory")]
    film.run(12, levels={"sump": 0.75})
    assert levels(film)[-1] == ("cleared", "advisory")


def test_a_gauge_that_cannot_be_read_is_an_alarm_after_ten_minutes():
    film = sump()
    film.run(10, levels={"sump": 0.2})
    film.run(598, levels={"sump": None})
    assert film.findings == []
    film.run(4, levels={"sump": None})
    assert levels(film) == [("raised", "unreadable")]
    film.run(12, levels={"sump": 0.2})
    assert levels(film)[-1] == ("cleared", "unreadable")


def test_an_open_alarm_stays_open_while_the_gauge_cannot_be_read():
    film = sump()
    film.run(5, levels={"sump": 1.5})
    film.run(1000, levels={"sump": None})
    assert levels(film) == [("raised", "alarm")]
    assert "cannot be read" in film.state.rules["r1"].why
    film.run(3, levels={"sump": 1.9})
    assert levels(film)[-1] == ("raised", "emergency")


def test_a_gauge_that_was_never_read_is_told_too():
    film = sump(stale_s=60)
    film.run(62)
    assert levels(film) == [("raised", "unreadable")]


def test_fill_follows_the_volume_of_walls_that_are_not_straight():
    params = Params("sump", full_m=2.0, volume=((0.0, 0.0), (1.0, 10.0), (2.0, 100.0)))
    assert fill_pct(params, 1.0) == pytest.approx(10)
    assert fill_pct(params, 2.2) == pytest.approx(118)
    assert fill_pct(Params("sump", full_m=2.0), 1.0) == pytest.approx(50)
    assert fill_pct(params, -1.0) == 0


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"alarm_pct": 45}, "params.alarm_pct"),
        ({"full_m": -1}, "params.full_m"),
        ({"gauge": "pond"}, "params.gauge"),
        ({"volume": [[0, 5], [1, 4]]}, "params.volume"),
        ({"volume": [[1, 5], [0, 6]]}, "params.volume[1][0]"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(params, path):
    with pytest.raises(SceneError) as caught:
        sump(**params)
    assert caught.value.path == f"rules[0].{path}"
