"""Rising water and wet floors: how fast, how long, how sure."""

import math
import random

import pytest
from hazard_kit import SQUARE, Film, scene

from workers.scene import SceneError

SUMP = {"id": "sump", "points": [{"xy": [0.3, 0.9], "m": 0.0}, {"xy": [0.3, 0.1], "m": 2.0}]}
FLOOR = {"id": "floor", "zone": "danger"}
PUMP = {"machines": [{"id": "pump-1", "source": "signal", "kind": "pump"}]}
INPUTS = [
    {"id": "probe", "kind": "number", "unit": "m"},
    {"id": "amps", "kind": "number", "unit": "A", "stale_s": 60},
    {"id": "milliamps", "kind": "number", "unit": "mA"},
    {"id": "bare", "kind": "number"},
]
STOPPED, RUNNING = {"pump-1": "STOPPED"}, {"pump-1": "RUNNING"}


def sump(*, every_s=10, rule=None, stored=False, **params):
    given = {"gauge": "sump", "limit_m": 1.0, **params}
    rule = {"machine": "pump-1"} if rule is None else rule
    parts = {"gauges": [SUMP], "inputs": INPUTS, **PUMP}
    where = scene("water_rise", params=given, rule=rule, stored=stored, **parts)
    return Film(where, fps=1 / every_s)


def fill(film, minutes, start_m, m_per_h, noise_m=0.0, seed=1, machines=STOPPED):
    """Let the level rise from start_m; return the level at the end."""
    rng = random.Random(seed)
    for k in range(round(minutes * 60 / film.step_s)):
        level = start_m + m_per_h * k * film.step_s / 3600
        film.frame(levels={"sump": level + rng.gauss(0, noise_m)}, machines=machines)
    return start_m + m_per_h * minutes / 60


def names(film):
    return [f.level for f in film.findings]


def test_a_day_of_still_water_a_hand_below_its_limit_rises_nowhere():
    film = sump(every_s=120)
    fill(film, 24 * 60, 0.97, 0.0, 0.01)
    assert film.findings == []
    rates = [r.value for r in film.readings if r.name == "r1.rise_m_h"]
    assert set(rates) == {None, 0.0}


def test_fast_water_is_told_with_the_time_that_is_left_and_grows_worse():
    film = sump()
    fill(film, 70, 0.3, 0.6, 0.003)
    assert names(film) in (["high", "critical"], ["advisory", "high", "critical"])
    last = film.findings[-1]
    assert last.values["rise_m_h"] == pytest.approx(0.6, abs=0.06)
    assert last.values["minutes_to_limit"] < 15
    soon, late = last.values["band_min"]
    assert soon <= last.values["minutes_to_limit"] <= late
    assert late - soon < 5
    assert last.severity == "critical"
    assert last.t < 60 * 60


def test_fast_water_is_told_though_little_was_seen_of_a_gauge_that_reads_unevenly():
    """A quarter of an hour of a reading that runs ahead and behind in turns knows no noise yet."""
    film = sump(every_s=12)
    for k in range(90):
        minutes = k * 12 / 60
        level_m = 0.4 + 0.77 * max(0.0, minutes - 5) / 60 + 0.012 * math.sin(minutes / 1.6)
        film.frame(levels={"sump": level_m}, machines=STOPPED)
    assert names(film)[0] == "high"
    assert film.findings[0].t <= 17 * 60


def test_an_uneven_rise_is_told_by_its_tenth_centimetre_while_nothing_is_known_of_the_noise():
    """Readings lag behind the water and catch up: read so from a film of a sump by a lamp."""
    film = sump(every_s=60)
    levels = [0.396, 0.403, 0.403, 0.404, 0.403, 0.403, 0.408, 0.416, 0.423, 0.444, 0.450, 0.459,
              0.463, 0.468, 0.513, 0.526, 0.543, 0.554, 0.562]  # fmt: skip
    for level_m in levels:
        film.frame(levels={"sump": level_m}, machines=STOPPED)
    assert names(film) == ["high"]
    assert film.findings[0].t <= 15 * 60


def test_how_fast_it_rises_is_told_by_the_last_minutes_once_the_hour_is_sure_that_it_does():
    """The hour still holds water that stood: its slope alone says more than an hour is left."""
    film = sump()
    minutes = [1.2, 2.2, 4.0, 5.0, 6.0, 7.0, 8.2, 9.2, 10.2, 11.2, 12.2, 13.4, 14.4, 15.4]
    levels = [0.4039, 0.4042, 0.3986, 0.3923, 0.4087, 0.4080, 0.4235, 0.4426, 0.4328, 0.4429,
              0.4526, 0.4606, 0.5159, 0.5349]  # fmt: skip
    for minute, level_m in zip(minutes, levels, strict=True):
        film.t = minute * 60
        film.frame(levels={"sump": level_m}, machines=STOPPED)
    assert names(film) == ["high"]


def test_both_windows_are_told():
    film = sump()
    fill(film, 120, 0.2, 0.1)
    fill(film, 20, 0.4, 0.6)
    told = {r.name: r.value for r in film.readings}
    assert told["r1.rise_10_m_h"] == pytest.approx(0.6, abs=0.02)
    assert 0.1 <= told["r1.rise_60_m_h"] < 0.4
    assert told["r1.rise_m_h"] == told["r1.rise_10_m_h"]
    assert told["r1.minutes_to_limit"] == pytest.approx(40, abs=3)


def test_slow_water_is_an_advisory():
    film = sump()
    fill(film, 100, 0.3, 0.2, 0.002)
    assert names(film) == ["advisory"]


def test_water_that_rises_though_the_pump_runs_is_told():
    film = sump()
    fill(film, 60, 0.2, 0.15, 0.001, machines=RUNNING)
    assert "pump" in names(film)
    assert "pump-1 runs for 20 min" in film.findings[-1].why


def test_water_that_rises_while_nobody_knows_whether_the_pump_runs_is_told_too():
    film = sump()
    fill(film, 60, 0.2, 0.15, 0.001, machines={})
    assert names(film)[-1] == "pump"
    assert "state of pump-1 is not known" in film.findings[-1].why
    known = sump()
    fill(known, 60, 0.2, 0.15, 0.001)
    assert "pump" not in names(known)


def test_a_pump_that_runs_without_effect_is_told_after_ten_minutes():
    film = sump()
    fill(film, 30, 0.4, 0.0, 0.001)
    fill(film, 9, 0.4, 0.0, 0.001, machines=RUNNING)
    assert film.findings == []
    fill(film, 4, 0.4, 0.0, 0.001, machines=RUNNING)
    assert [(f.level, f.severity) for f in film.findings] == [("no_effect", "medium")]
    assert "does not fall" in film.findings[0].why


def test_a_pump_that_lowers_the_water_has_its_effect():
    film = sump()
    end = fill(film, 30, 0.8, 0.0, 0.002)
    fill(film, 60, end, -0.3, 0.002, machines=RUNNING)
    assert film.findings == []


def test_a_pump_that_is_on_without_current_is_told_even_where_the_water_cannot_be_read():
    film = sump(current="amps")
    for _ in range(59):
        film.tell("amps", "0.2")
        film.frame(levels={"sump": None}, machines=RUNNING)
    assert film.findings == []
    film.tell("amps", "0.2")
    film.run(20, levels={"sump": None}, machines=RUNNING)
    assert names(film) == ["no_effect"]
    assert "0.2 A" in film.findings[0].why


def test_a_current_that_nobody_tells_is_taken_for_none_and_one_that_flows_is_fine():
    film = sump(current="amps", effect_m=0)
    fill(film, 15, 0.8, -0.1, machines=RUNNING)
    assert names(film) == ["no_effect"]
    other = sump(current="amps", effect_m=0)
    for k in range(90):
        other.tell("amps", "12")
        other.frame(levels={"sump": 0.8 - 0.0003 * k}, machines=RUNNING)
    assert other.findings == []


def test_an_unreadable_gauge_ends_no_alarm_and_starts_none():
    film = sump()
    film.run(600, levels={"sump": None}, machines=STOPPED)
    assert film.findings == []
    fill(film, 30, 0.5, 0.6)
    assert film.open == "high"
    film.run(3 * 3600, levels={"sump": None}, machines=STOPPED)
    assert film.open == "high"
    # Read again, nobody knows at once whether it still rises.
    film.run(180, levels={"sump": 0.85}, machines=STOPPED)
    assert film.open == "high"
    film.run(900, levels={"sump": 0.85}, machines=STOPPED)
    assert film.open is None


def test_time_in_which_nobody_could_read_is_no_time_of_pumping():
    film = sump()
    end = fill(film, 24, 0.1, 0.15, machines=RUNNING)
    assert "pump" not in names(film)
    film.run(1800, levels={"sump": None}, machines=RUNNING)
    assert "pump" not in names(film)
    fill(film, 30, end, 0.15, machines=RUNNING)
    assert "pump" in names(film)


def test_a_gap_of_some_minutes_loses_nothing_of_the_hour_before():
    film = sump()
    end = fill(film, 50, 0.3, 0.1, 0.002)
    film.state.forget(300)
    film.t += 300
    fill(film, 2, end + 0.1 / 12, 0.1, 0.002)
    assert [r.value for r in film.readings if r.name == "r1.rise_60_m_h"][-1] == pytest.approx(
        0.1, abs=0.01
    )


def test_a_single_step_is_no_rise():
    film = sump()
    fill(film, 60, 0.5, 0.0, 0.002)
    fill(film, 60, 0.6, 0.0, 0.002)
    assert film.findings == []


def test_water_that_was_pumped_down_and_stands_rises_no_more():
    film = sump()
    end = fill(film, 50, 0.3, 0.6, 0.002)
    assert film.open == "critical" or film.open == "high"
    end = fill(film, 20, end, -0.6, 0.002)
    assert film.open is None
    fill(film, 30, end, 0.0, 0.002)
    assert film.open is None


def test_each_filling_of_a_sump_that_is_pumped_in_turns_is_seen():
    film = sump(every_s=20, limit_m=0.9)
    for _ in range(4):
        fill(film, 30, 0.2, 0.8, 0.003)
        fill(film, 10, 0.6, -2.4, 0.003)
    assert [f.state for f in film.findings].count("raised") >= 4


def test_of_gauge_and_sensor_the_faster_rise_counts():
    film = sump(sensor="probe")
    for k in range(240):
        film.tell("probe", str(0.3 + 0.6 * k / 360))
        film.frame(levels={"sump": 0.3}, machines=STOPPED)  # mud holds its line
    assert "high" in names(film)


def test_a_sensor_that_sticks_above_the_water_hides_no_rise():
    film = sump(sensor="probe")
    for k in range(240):
        film.tell("probe", "0.9")
        film.frame(levels={"sump": 0.3 + 0.6 * k / 360}, machines=STOPPED)
    assert "high" in names(film)


def test_a_current_without_a_pump_is_refused():
    with pytest.raises(SceneError) as caught:
        sump(rule={}, current="amps")
    assert caught.value.path == "rules[0].machine"


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


def test_what_covers_much_of_a_floor_for_seconds_is_no_growth_of_water():
    film = floor()
    film.run(60, levels={"floor": 0.0})
    film.run(25, levels={"floor": 0.4})  # a car that passes
    film.run(60, levels={"floor": 0.0})
    assert film.findings == []
    film.run(29, levels={"floor": 0.4})
    assert film.findings == []
    assert [f.level for f in film.run(3, levels={"floor": 0.4})] == ["danger"]


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


def test_a_current_in_another_unit_is_refused_and_a_stored_one_is_loaded():
    with pytest.raises(SceneError) as caught:
        sump(current="milliamps")
    fault = "must tell amperes (A), and tells mA"
    assert str(caught.value) == f"rules[0].params.current: {fault}"
    sump(current="milliamps", stored=True)
    sump(current="bare")


def test_a_limit_far_outside_the_marks_is_refused_and_a_stored_one_is_loaded():
    with pytest.raises(SceneError) as caught:
        sump(limit_m=190)
    assert caught.value.path == "rules[0].params.limit_m"
    assert "190 m" in caught.value.message and "0 to 2 m" in caught.value.message
    sump(limit_m=190, stored=True)
    sump(limit_m=2.5)
