"""Vehicles that move as they must not: each thing told apart, near misses, blindness, doubt."""

import random

import pytest
from hazard_kit import FPS, scene, vehicle
from vehicle_kit import GROUND, LIMIT, METRES, ROAD, drive, levels, readings, road

from workers.hazards.base import Vehicle
from workers.scene import SceneError

# --- too fast


@pytest.mark.parametrize(
    ("kind", "over", "expected"),
    [
        ("rope", 1.05, []),
        ("rope", 1.12, []),  # within the measure's own error of the warning
        ("rope", 1.22, ["fast"]),
        ("rope", 1.30, ["fast"]),  # within the measure's own error of the trip
        ("rope", 1.50, ["runaway"]),
        ("rail", 1.36, ["runaway"]),
    ],
)
def test_a_warning_at_ten_percent_and_an_alarm_at_the_trip(kind, over, expected):
    film = road(kind=kind, limit_m_s=4.0, metres=30)
    drive(film, 4.0 * over, 4, at=0.05, metres=30)
    assert levels(film)[-1:] == expected


def test_uphill_it_is_overspeed_and_downhill_a_runaway():
    film = road()
    drive(film, -2 * LIMIT, 3, at=0.9)
    assert levels(film)[-1] == "overspeed"
    assert film.findings[-1].severity == "critical"
    film = road()
    drive(film, 2 * LIMIT, 3)
    assert levels(film)[-1] == "runaway"
    assert film.findings[-1].severity == "critical"


def test_without_a_way_down_too_fast_is_too_fast_either_way():
    film = road(down=None)
    drive(film, 2 * LIMIT, 3)
    assert levels(film)[-1] == "overspeed"


def test_the_alarm_comes_within_a_second_and_its_dwell():
    film = road()
    drive(film, 2 * LIMIT, 3)
    raised = next(f for f in film.findings if f.level == "runaway")
    assert raised.t <= 1.5 + 1e-6
    assert raised.values["speed_m_s"] == pytest.approx(4.0, abs=0.05)
    assert 0 < raised.values["error_m_s"] < 0.5
    assert (
        raised.why == "a vehicle in road at 4.0 ± 0.3 m/s, allowed are 2.0, winch RUNNING (signal)"
    )


def test_trackless_vehicles_have_their_own_limits():
    for kind, limit in (("trackless_people", 25 / 3.6), ("trackless_goods", 40 / 3.6)):
        film = road(machine=None, kind=kind, limit_m_s=0, down=None, metres=200, gap_m=0)
        drive(film, limit * 0.95, 6, metres=200, at=0.05)
        assert film.findings == []
        drive(film, limit * 1.5, 5, metres=200, at=0.05)
        assert levels(film)[-1] == "overspeed"


def test_cars_on_a_rope_without_a_limit_are_refused():
    with pytest.raises(SceneError) as caught:
        road(limit_m_s=0)
    assert caught.value.path == "rules[0].params.limit_m_s"


def test_without_ground_the_rule_is_refused():
    with pytest.raises(SceneError) as caught:
        scene("vehicle_motion", params={"limit_m_s": 3}, rule={"zone": "danger"})
    assert "ground" in caught.value.message


def test_a_train_that_slows_below_the_limit_ends_it():
    film = road()
    at = drive(film, 1.5 * LIMIT, 2.4, at=0.05)
    assert levels(film)[-1] == "runaway"
    drive(film, 0.7 * LIMIT, 5, at=at)
    assert [f.state for f in film.findings][-1] == "cleared"


# --- running away


def test_moving_while_the_winch_is_stopped_is_a_runaway_either_way():
    for speed in (0.8, -0.8):
        film = road()
        film.run(2, machines={"winch": "STOPPED"})
        drive(film, speed, 3, at=0.5, machine="STOPPED")
        raised = film.findings[0]
        assert (raised.level, raised.severity) == ("runaway", "critical")
        assert raised.t - 2.0 <= 1.0 + 0.5 + 1e-6
        assert raised.values["machine_state"] == "STOPPED"


@pytest.mark.parametrize("state", ["RUNNING", "STARTING", "COASTING", "UNKNOWN"])
def test_only_a_winch_known_to_stand_proves_a_runaway(state):
    film = road()
    drive(film, 0.8, 4, machine=state)
    assert film.findings == []
    expected = "UNKNOWN" if state == "UNKNOWN" else "no"
    assert readings(film, "runaway")[-1] == expected


def test_slower_than_it_counts_is_no_moving():
    film = road()
    drive(film, 0.25, 4, machine="STOPPED")
    assert film.findings == []


def test_a_car_that_rolls_out_after_a_stop_is_no_runaway_and_one_that_rolls_on_is():
    film = road()
    at = drive(film, 1.5, 3, at=0.05)
    at = drive(film, 1.5, 2.0, at=at, accel=-0.75, machine="STOPPED")
    drive(film, 0.0, 3, at=at, machine="STOPPED")
    assert film.findings == []
    film = road()
    at = drive(film, 1.5, 3, at=0.05)
    drive(film, 1.5, 2.4, at=at, machine="STOPPED")
    assert levels(film) == ["runaway"]
    assert film.findings[0].t - 3.0 <= 2.0 + 1e-6


def test_what_gains_speed_downhill_is_a_runaway_long_before_it_is_too_fast():
    film = road(limit_m_s=8.0)
    at = drive(film, 1.0, 2, at=0.05)
    assert film.findings == []
    drive(film, 1.0, 2.6, at=at, accel=2.5)
    raised = film.findings[0]
    assert raised.level == "runaway"
    assert raised.t - 2.0 <= 1.5 + 1e-6
    assert "downhill" in raised.why


def test_starting_gently_downhill_is_no_runaway_nor_is_gaining_uphill():
    film = road(limit_m_s=8.0)
    drive(film, 0.0, 4, accel=0.7)
    assert film.findings == []
    film.run(5)
    drive(film, -0.5, 2.5, at=0.9, accel=-2.5)
    assert film.findings == []


# --- stopped, wrong way, too close


def test_a_car_that_stops_on_the_slope_is_told_and_no_longer_when_it_goes_on():
    film = road()
    at = drive(film, 1.0, 3)
    drive(film, 0.0, 10, at=at)
    assert levels(film) == []
    drive(film, 0.0, 2, at=at)
    assert levels(film) == ["stopped"]
    assert film.findings[0].severity == "high"
    drive(film, 1.0, 5, at=at)
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_where_no_way_down_is_drawn_cars_may_stand():
    film = road(down=None)
    drive(film, 0.0, 20, at=0.5)
    assert film.findings == []


def test_a_standing_car_that_is_not_seen_any_more_is_not_taken_to_have_left():
    film = road()
    drive(film, 0.0, 12, at=0.5)
    assert levels(film) == ["stopped"]
    film.run(6, machines={"winch": "RUNNING"})
    assert film.open == "stopped"
    assert readings(film, "sight")[-1] == "BLIND"
    film.run(10, machines={"winch": "RUNNING"})
    assert film.open is None


def test_a_car_that_still_stands_after_a_gap_in_the_pictures_is_the_same_alarm():
    film = road()
    drive(film, 0.0, 12, at=0.5)
    film.state.forget(30.0)
    film.t += 30.0
    drive(film, 0.0, 15, at=0.5)
    assert [(f.state, f.level) for f in film.findings] == [("raised", "stopped")]
    drive(film, 1.0, 5, at=0.5)
    assert film.open is None


def test_the_wrong_way_takes_a_second_and_the_right_way_none():
    film = road(way="up")
    drive(film, -1.0, 3, at=0.9)
    assert film.findings == []
    drive(film, 1.0, 3)
    assert levels(film) == ["wrong_way"]
    assert film.findings[0].severity == "high"
    assert 3.0 + 1.0 <= film.findings[0].t <= 3.0 + 2.0 + 1e-6


def pair(film, gap, seconds, *, speed=5.0, other=None, aside=0.0, metres=200.0):
    """Drive a vehicle and one that is so many metres ahead of it, down the road."""
    for k in range(round(seconds * FPS)):
        t = k / FPS
        first = 0.1 + speed * t / metres
        second = 0.1 + ((speed if other is None else other) * t + gap) / metres
        cars = [vehicle(0.5, first, track=1), vehicle(0.5 + aside, second, track=2)]
        film.frame([], vehicles=cars)


@pytest.mark.parametrize(
    ("gap", "about", "expected"),
    [
        (40, {}, ["gap"]),  # 34 m between them
        (60, {}, []),  # 54 m
        (56, {}, []),  # 50 m, within the error of the measure
        (40, {"other": 0.0}, ["gap"]),  # ahead of it one stands
        (40, {"speed": 0.0, "other": 0.0}, []),  # parked behind each other
        (40, {"other": -5.0}, []),  # it comes the other way
        (5, {"aside": 0.25, "speed": 2.0}, ["gap"]),
    ],
)
def test_too_close_behind(gap, about, expected):
    film = road(machine=None, kind="trackless_goods", limit_m_s=0, down=None, metres=200)
    pair(film, gap, 4, **about)
    assert levels(film) == expected


def test_cars_of_one_train_may_be_close():
    film = road(machine=None, metres=200, limit_m_s=8)
    pair(film, 8, 4)
    assert film.findings == []


# --- what cannot be measured


def unmeasured(film, seconds=3, **about):
    car = Vehicle(1, (0.4, 0.3, 0.6, 0.5), (0.5, 0.5), 0.9, 0.0, **about)
    for _ in range(round(seconds * FPS)):
        film.frame([], vehicles=[car], machines={"winch": "RUNNING"})


def test_a_vehicle_whose_lower_edge_is_out_of_the_picture_makes_the_rule_blind():
    film = road()
    unmeasured(film, point="")
    assert readings(film, "speed")[-1] == "UNKNOWN"
    assert readings(film, "sight")[-1] == "BLIND"
    assert "out of the picture" in [r.why for r in film.readings if r.name == "r1.sight"][-1]


def test_too_few_pixels_make_the_rule_blind_and_no_alarm():
    film = road()
    for k in range(20):
        car = Vehicle(1, (0.4, 0.3, 0.6, 0.5), (0.5, 0.2 + 0.02 * k), 0.9, 0.0, edge=0.05)
        film.frame([], vehicles=[car], machines={"winch": "RUNNING"})
    assert film.findings == []
    assert readings(film, "speed")[-1] == "UNKNOWN"
    assert "pixels" in [r.why for r in film.readings if r.name == "r1.sight"][-1]


@pytest.mark.parametrize(("speed", "expected"), [(3.0, []), (6.0, ["runaway"])])
def test_a_speed_known_badly_proves_what_even_its_least_exceeds(speed, expected):
    film = road()
    for k in range(round(2.4 * FPS)):
        foot = 0.1 + speed * k / FPS / 20
        car = Vehicle(1, (0.4, foot - 0.1, 0.6, foot), (0.5, foot), 0.9, 0.0, edge=0.03)
        film.frame([], vehicles=[car], machines={"winch": "RUNNING"})
    assert levels(film)[-1:] == expected
    assert readings(film, "speed")[-1] == "UNKNOWN"  # it is no figure to be told
    assert readings(film, "sight")[-1] == "BLIND"


def test_a_runaway_whose_wheels_leave_the_picture_stays_one_that_goes_down():
    film = road()
    foot = drive(film, 2 * LIMIT, 1.0, at=0.6)
    for k in range(4):
        low = foot + 4.0 * k / FPS / 20
        car = Vehicle(1, (0.4, low - 0.2, 0.6, low), (0.5, low), 0.9, 0.0, point="")
        film.frame([], vehicles=[car], machines={"winch": "RUNNING"})
    assert "runaway" in levels(film)
    assert "overspeed" not in levels(film)


def test_a_way_that_is_drawn_beside_the_ground_makes_the_rule_blind():
    steep = {
        "image": [[0.3, 0.5], [0.7, 0.5], [1, 1], [0, 1]],
        "metres": [[0, 20], [4, 20], [4, 0], [0, 0]],
    }
    film = road(ground=steep)
    film.where = scene(
        "vehicle_motion", params={"limit_m_s": 2, "down": "sky"}, rule={"zone": "road"},
        zones=[{"id": "road", "polygon": ROAD}], ground=steep,
        lines=[{"id": "sky", "points": [[0.5, 0.02], [0.5, 0.1]]}],
    )  # fmt: skip
    film.run(0.2)
    unmeasured(film, 2)
    assert readings(film, "sight")[-1] == "BLIND"


def test_a_blind_camera_neither_raises_nor_ends():
    film = road()
    drive(film, 2 * LIMIT, 2)
    assert film.open == "runaway"
    film.run(10, faults=("dark",))
    assert film.open == "runaway"
    assert readings(film, "sight")[-1] == "BLIND"
    film.run(3)
    assert film.open is None


def test_speed_and_error_are_told_once_a_second():
    film = road()
    drive(film, 1.0, 5)
    assert set(readings(film, "speed")) == {1.0}
    assert all(0 < value <= 0.5 for value in readings(film, "speed_error"))
    assert readings(film, "vehicles")[0] == 1.0


def test_what_only_moves_is_no_vehicle_before_it_is_known_to_be_one():
    film = road()
    for k in range(10):
        film.frame([], vehicles=[Vehicle(1, (0.4, 0.1, 0.6, 0.3), (0.5, 0.1 + 0.08 * k), 0.9, 0.0,
                                         sure=False)])  # fmt: skip
    assert film.findings == []


@pytest.mark.parametrize("scale", [0.8, 1.3])
def test_a_car_that_stands_while_the_ground_is_measured_anew_has_not_moved(scale):
    film = road(stopped_s=0)
    drive(film, 0.0, 20, at=0.5, machine="STOPPED")
    metres = [[x * scale, y * scale] for x, y in GROUND["metres"]]
    film.where = road(stopped_s=0, ground={**GROUND, "metres": metres}).where
    drive(film, 0.0, 20, at=0.5, machine="STOPPED")
    assert film.findings == []
    assert "UNKNOWN" not in readings(film, "speed")


@pytest.mark.parametrize("speed", [0.35, 0.4])
def test_a_car_that_rolls_slowly_is_one_runaway_until_it_stands(speed):
    noise = random.Random(1)
    film = road(stopped_s=0)

    def frame(foot):
        x, y = (at + noise.gauss(0, 0.002) for at in (0.5, foot))
        car = Vehicle(1, (x - 0.1, y - 0.2, x + 0.1, y), (x, y), 0.9, 0.0, edge=0.003)
        film.frame([], vehicles=[car], machines={"winch": "STOPPED"})

    for k in range(40 * round(FPS)):
        frame(0.15 + speed * max(0.0, k / FPS - 10) / METRES)
    assert [f.state for f in film.findings] == ["raised"]
    for _ in range(5 * round(FPS)):
        frame(0.15 + speed * 30 / METRES)
    assert [f.state for f in film.findings] == ["raised", "cleared"]
