"""Rising water and wet floors: how fast, how long, how sure."""

import random

import pytest
from hazard_kit import SQUARE, Film, scene

from workers.scene import SceneError

SUMP = {"id": "sump", "points": [{"xy": [0.3, 0.9], "m": 0.0}, {"xy": [0.3, 0.1], "m": 2.0}]}
FLOOR = {"id": "floor", "zone": "danger"}
PUMP = {"machines": [{"id": "pump-1", "source": "signal", "kind": "pump"}]}


def sump(**params):
    given = {"gauge": "sump", "limit_m": 1.0, **params}
    where = scene("water_rise", params=given, rule={"machine": "pump-1"}, gauges=[SUMP], **PUMP)
    return Film(where, fps=0.1)


def fill(film, minutes, start_m, m_per_h, noise_m=0.0, seed=1, **about):
    rng = random.Random(seed)
    for k in range(round(minutes * 6)):
        level = start_m + m_per_h * k / 360 + rng.gauss(0, noise_m)
        film.frame(levels={"sump": level}, **about)


def test_still_water_with_a_noisy_gauge_rises_nowhere():
    for seed in range(5):
        film = sump()
        fill(film, 90, 0.5, 0.0, 0.01, seed)
        assert film.findings == []


def test_fast_water_is_told_with_the_time_that_is_left_and_grows_worse():
    film = sump()
    fill(film, 70, 0.3, 0.6, 0.003)
    names = [f.level for f in film.findings]
    assert names == ["high", "critical"] or names == ["advisory", "high", "critical"]
    last = film.findings[-1]
    assert last.values["rise_m_h"] == pytest.approx(0.6, abs=0.12)
    assert last.values["minutes_to_limit"] < 15
    assert last.severity == "critical"


def test_slow_water_is_an_advisory():
    film = sump()
    fill(film, 100, 0.3, 0.2, 0.002)
    assert [f.level for f in film.findings] == ["advisory"]


def test_water_that_rises_though_the_pump_runs_is_told():
    film = sump()
    fill(film, 60, 0.2, 0.15, 0.001, machines={"pump-1": "RUNNING"})
    assert "pump" in [f.level for f in film.findings]
    other = sump()
    fill(other, 60, 0.2, 0.15, 0.001, machines={"pump-1": "UNKNOWN"})
    assert "pump" not in [f.level for f in other.findings]


def test_an_unreadable_gauge_ends_no_alarm_and_starts_none():
    film = sump()
    film.run(600, levels={"sump": None})
    assert film.findings == []
    fill(film, 30, 0.5, 0.6)
    assert film.open == "high"
    film.run(3600, levels={"sump": None})
    assert film.open == "high"


def test_times_that_are_not_in_order_are_refused():
    with pytest.raises(SceneError) as caught:
        sump(high_min=10)
    assert caught.value.path == "rules[0].params.critical_min"


def floor(**params):
    zones = [{"id": "danger", "polygon": SQUARE}]
    where = scene("wet_area", params={"gauge": "floor", **params}, zones=zones, gauges=[FLOOR])
    return Film(where, fps=1)


def test_a_wet_floor_is_told_after_half_a_minute_and_a_splash_is_not():
    film = floor()
    film.run(25, levels={"floor": 0.1})
    film.run(60, levels={"floor": 0.01})
    assert film.findings == []
    assert [f.level for f in film.run(32, levels={"floor": 0.1})] == ["warning"]


def test_a_wet_place_that_grows_within_minutes_is_worse():
    film = floor()
    for k in range(300):
        film.frame(levels={"floor": 0.001 * k})
    assert [f.level for f in film.findings] == ["warning", "danger"]


def test_a_wet_place_that_grows_over_hours_is_a_warning_alone():
    film = floor()
    for k in range(4000):
        film.frame(levels={"floor": 0.0001 * k})
    assert [f.level for f in film.findings] == ["warning"]


def test_a_floor_that_is_not_seen_ends_nothing():
    film = floor()
    film.run(40, levels={"floor": 0.1})
    film.run(600, levels={"floor": None})
    assert [f.state for f in film.findings] == ["raised"]


def test_missing_readings_do_not_begin_a_wet_floors_time_anew():
    film = floor()
    for k in range(60):
        film.frame(levels={"floor": None if k % 20 == 19 else 0.1})
    assert [f.level for f in film.findings] == ["warning"]


def test_a_floor_that_is_not_seen_for_long_is_told():
    film = floor()
    film.run(602, levels={"floor": None})
    assert [f.level for f in film.findings] == ["unreadable"]


def test_a_gauge_of_the_other_kind_is_refused():
    zones = [{"id": "danger", "polygon": SQUARE}]
    for kind, gauge in (("wet_area", "sump"), ("water_level", "floor"), ("water_rise", "floor")):
        with pytest.raises(SceneError) as caught:
            scene(kind, params={"gauge": gauge}, zones=zones, gauges=[SUMP, FLOOR])
        assert caught.value.path == "rules[0].params.gauge"
