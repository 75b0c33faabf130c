"""Water against its four lines: it rises, falls, ripples, and cannot be read."""

import pytest
from hazard_kit import Film, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.hazards.water_level import ORDER, Params, fill_pct
from workers.scene import SceneError

INPUTS = [
    {"id": "probe", "kind": "number", "unit": "m"},
    {"id": "inches", "kind": "number", "unit": "in"},
    {"id": "mode", "kind": "state", "states": ["A", "B"]},
]


def sump(*, marks=(0.0, 2.0), stored=False, **params):
    low, high = marks
    points = [{"xy": [0.3, 0.9], "m": low}, {"xy": [0.3, 0.1], "m": high}]
    given = {"gauge": "sump", "full_m": 2.0, **params}
    parts = {"gauges": [{"id": "sump", "points": points}], "inputs": INPUTS}
    return Film(scene("water_level", params=given, stored=stored, **parts), fps=1)


def both(film, seconds, gauge_m, probe_m):
    """Give each second a level of the gauge and of the sensor; None: that one says nothing."""
    for _ in range(round(seconds)):
        if probe_m is not None:
            film.tell("probe", str(probe_m))
        film.frame(levels={"sump": gauge_m})


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


def test_a_gauge_that_cannot_be_read_is_noted_after_five_minutes_and_an_alarm_after_ten():
    film = sump()
    film.run(10, levels={"sump": 0.2})
    film.run(598, levels={"sump": None})
    assert film.told() == [("raised", "stale", 310.0)]
    assert film.findings[0].severity == "low"
    film.run(4, levels={"sump": None})
    assert film.told()[1:] == [("raised", "unreadable", 610.0)]
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
    film = sump(notice_s=60, stale_s=60)
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
        ({"volume": [[0, 5], [1, 5]]}, "params.volume"),
        ({"limit_m": 0}, "params.limit_m"),
        ({"notice_s": 700}, "params.stale_s"),
        ({"gauge": None}, "params.gauge"),
        ({"sensor": "mode"}, "params.sensor"),
        ({"sensor": "inches"}, "params.sensor"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(params, path):
    with pytest.raises(SceneError) as caught:
        sump(**params)
    assert caught.value.path == f"rules[0].{path}"


def test_a_level_that_must_not_be_reached_is_an_emergency_however_full_it_is():
    film = sump(limit_m=0.9)
    film.run(2, levels={"sump": 0.89})
    film.run(2, levels={"sump": 0.905})
    assert levels(film)[-1] == ("raised", "emergency")
    assert film.findings[-1].values["limit_m"] == 0.9
    assert "limit 0.9 m" in film.findings[-1].why


def test_a_single_jump_is_not_believed_before_three_readings_say_so():
    film = sump()
    film.run(5, levels={"sump": 0.5})
    film.run(2, levels={"sump": 1.9})
    film.run(5, levels={"sump": 0.5})
    film.run(2, levels={"sump": 1.9})
    assert film.findings == []
    film.run(1, levels={"sump": 1.9})
    assert levels(film) == [("raised", "emergency")]


def test_of_gauge_and_sensor_the_higher_counts():
    film = sump(sensor="probe")
    both(film, 5, 0.6, 1.1)
    assert levels(film) == [("raised", "warning")]
    assert film.findings[0].values["source"] == "sensor"
    assert (film.findings[0].values["gauge_m"], film.findings[0].values["sensor_m"]) == (0.6, 1.1)
    other = sump(sensor="probe")
    both(other, 5, 1.1, 0.6)
    assert levels(other) == [("raised", "warning")]


def test_that_gauge_and_sensor_differ_for_five_minutes_is_a_fault():
    film = sump(sensor="probe")
    both(film, 299, 0.50, 0.56)
    assert film.findings == []
    both(film, 5, 0.50, 0.56)
    assert [(f.level, f.severity) for f in film.findings] == [("mismatch", "medium")]
    assert "sump 0.50 m and probe 0.56 m differ" in film.findings[0].why
    both(film, 15, 0.54, 0.56)
    assert levels(film)[-1] == ("cleared", "mismatch")


def test_a_difference_of_five_centimetres_is_none():
    film = sump(sensor="probe")
    both(film, 400, 0.50, 0.55)
    assert film.findings == []


def test_a_sensor_that_sticks_is_found_out_by_the_gauge():
    film = sump(sensor="probe")
    for k in range(120):
        both(film, 10, 0.3 + 0.002 * k, 0.3)
    assert film.findings[0].level == "mismatch"
    assert film.findings[0].t == pytest.approx(260 + 300, abs=20)


def test_one_source_is_enough_and_a_sensor_that_fell_silent_is_none():
    film = sump(sensor="probe")
    both(film, 400, None, 0.5)
    assert film.findings == []
    both(film, 599, None, None)  # its last word is good for five minutes
    assert levels(film) == [("raised", "stale")]
    both(film, 303, None, None)
    assert levels(film) == [("raised", "stale"), ("raised", "unreadable")]


def test_a_sensor_alone_needs_no_gauge():
    film = sump(gauge=None, sensor="probe")
    both(film, 5, None, 1.5)
    assert levels(film) == [("raised", "alarm")]


def test_what_nobody_can_compare_is_neither_agreement_nor_difference():
    film = sump(sensor="probe")
    both(film, 200, 0.5, 0.6)
    both(film, 250, None, 0.6)
    assert film.findings == []
    both(film, 102, 0.5, 0.6)
    assert levels(film) == [("raised", "mismatch")]


def test_a_gap_in_the_pictures_is_no_new_beginning_of_a_line():
    film = sump(clear_s=0)
    film.run(2, levels={"sump": 1.005})
    film.state.forget(4)
    film.run(5, levels={"sump": 0.995})
    assert levels(film) == [("raised", "warning")]


@pytest.mark.parametrize(
    ("marks", "params", "path", "found"),
    [
        ((0.0, 1.5), {"full_m": 150}, "full_m", "150 m"),
        ((0.0, 1.5), {"full_m": 1.5, "limit_m": 145}, "limit_m", "145 m"),
        ((0.2, 1.5), {"full_m": 144}, "full_m", "144 m"),
        ((0.0, 150.0), {"full_m": 1000}, "full_m", "1000 m"),
        ((-312.0, -310.5), {"empty_m": -312, "full_m": 1.0}, "full_m", "1 m"),
        ((310.5, 312.0), {"full_m": 2.0}, "full_m", "2 m"),
    ],
)
def test_a_full_or_a_limit_far_outside_the_marks_is_refused_and_a_stored_one_is_loaded(
    marks, params, path, found
):
    with pytest.raises(SceneError) as caught:
        sump(marks=marks, **params)
    assert caught.value.path == f"rules[0].params.{path}"
    low, high = sorted(marks)
    text = f"{found} is far outside the gauge's marks, {low:g} to {high:g} m: is it in metres?"
    assert caught.value.message == text
    sump(marks=marks, stored=True, **params)


@pytest.mark.parametrize(
    ("marks", "params"),
    [
        ((0.0, 1.5), {"full_m": 1.5}),
        ((0.0, 1.5), {"full_m": 1.8, "limit_m": 2.5}),
        ((0.2, 0.5), {"full_m": 1.2, "limit_m": 1.4}),
        ((4.0, 5.0), {"full_m": 5.2, "empty_m": -20}),
        ((-312.0, -310.5), {"empty_m": -313, "full_m": -310}),
    ],
)
def test_a_full_or_a_limit_above_the_top_mark_is_taken(marks, params):
    sump(marks=marks, **params)


def test_a_sensor_alone_has_no_marks_to_compare_with():
    sump(gauge=None, sensor="probe", full_m=150)
