"""Vehicles whose tracks are bad: missed, renumbered, trembling, far away, at any rate."""

import math
import random

from hazard_kit import FPS, vehicle
from hypothesis import given, settings
from hypothesis import strategies as st
from vehicle_kit import LIMIT, METRES, drive, levels, road

from workers.hazards.base import Vehicle
from workers.hazards.driving import CREEP_M


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000), missed=st.integers(2, 20), change=st.integers(2, 20),
    jitter=st.floats(0, 0.004),
)  # fmt: skip
def test_one_missed_detection_a_new_track_and_jitter_make_one_alarm(seed, missed, change, jitter):
    noise = random.Random(seed)
    film = road()
    for k in range(22):
        foot = 0.05 + 2.0 * LIMIT * k / FPS / METRES
        car = vehicle(0.5 + noise.gauss(0, jitter), foot + noise.gauss(0, jitter),
                      track=1 if k < change else 2)  # fmt: skip
        film.frame([], vehicles=[] if k == missed else [car], machines={"winch": "RUNNING"})
    runaways = [f for f in film.findings if f.level == "runaway"]
    assert [f.state for f in runaways] == ["raised"]
    assert len({f.situation for f in film.findings}) == 1
    assert runaways[0].t <= 1.5 + 0.5 + 1e-6


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.3, 1.0), jitter=st.floats(0, 0.006))
def test_whoever_keeps_the_limit_raises_nothing_however_the_boxes_tremble(seed, share, jitter):
    noise = random.Random(seed)
    film = road()
    for k in range(40):
        foot = 0.05 + share * LIMIT * k / FPS / METRES
        if foot > 0.95:
            break
        car = Vehicle(1, (0.4, foot - 0.2, 0.6, foot),
                      (0.5 + noise.gauss(0, jitter), foot + noise.gauss(0, jitter)), 0.9, 0.0,
                      edge=0.006)  # fmt: skip
        film.frame([], vehicles=[car], machines={"winch": "RUNNING"})
    assert film.findings == []


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), gone=st.integers(62, 85), change=st.integers(62, 85))
def test_a_standing_car_stays_one_alarm_through_bad_tracks(seed, gone, change):
    noise = random.Random(seed)
    film = road()
    for k in range(100):
        car = vehicle(0.5 + noise.gauss(0, 0.002), 0.5 + noise.gauss(0, 0.002),
                      track=1 if k < change else 2)  # fmt: skip
        film.frame([], vehicles=[] if gone <= k < gone + 3 else [car],
                   machines={"winch": "STOPPED"})  # fmt: skip
    assert [(f.state, f.level) for f in film.findings] == [("raised", "stopped")]


@settings(max_examples=30, deadline=None)
@given(fps=st.sampled_from([2.5, 5.0, 8.0, 12.5, 25.0]), over=st.floats(1.6, 2.5))
def test_at_any_rate_of_pictures_a_runaway_is_told_in_time(fps, over):
    film = road(limit_m_s=1.0)
    film.step_s = 1 / fps
    for k in range(round(4 * fps)):
        foot = 0.05 + over * k / fps / METRES
        film.frame([], vehicles=[vehicle(0.5, foot)], machines={"winch": "RUNNING"})
    raised = next(f for f in film.findings if f.level == "runaway")
    assert raised.t <= 1.5 + 1 / fps + 1e-6


def test_a_slow_car_far_away_is_told_by_its_place_where_its_speed_is_not_known_well_enough():
    film = road(metres=120.0, limit_m_s=4.0, stopped_s=0)
    drive(film, 0.0, 8, machine="STOPPED", metres=120.0)
    assert levels(film) == []
    drive(film, 0.8, 20, machine="STOPPED", metres=120.0)
    assert levels(film) == ["runaway"]


def test_who_has_crept_so_far_has_moved_long_enough_and_is_told_at_once():
    film = road(metres=120.0, limit_m_s=4.0, stopped_s=0, runaway_s=2.0)
    drive(film, 0.0, 8, machine="STOPPED", metres=120.0)
    speed, sure_m = 0.8, CREEP_M + 3 * math.sqrt(2) * 0.003 * 120.0
    drive(film, speed, 20, machine="STOPPED", metres=120.0)
    raised = next(f for f in film.findings if f.level == "runaway")
    assert raised.t <= 8 + sure_m / speed + 1.0


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_a_car_that_stands_far_away_and_trembles_is_no_creeping(seed):
    rng = random.Random(seed)
    film = road(metres=120.0, limit_m_s=4.0, stopped_s=0)
    for _ in range(300):
        shaken = 0.3 + rng.gauss(0, 0.0015)
        film.frame([], vehicles=[vehicle(0.5, shaken)], machines={"winch": "STOPPED"})
    assert levels(film) == []
