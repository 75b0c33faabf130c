"""The slope of a level and its error: still water rises nowhere, true rises are told in time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.hazards.trend import LEAST, SURE_Z, student, trend

WINDOWS_S = (600, 3600)


def still(seed, hours, noise_m, memory_s):
    """Return medians of a minute of readings each 5 s, noise alike over memory_s seconds."""
    rng = np.random.default_rng(seed)
    fresh = rng.normal(0, 1, round(hours * 720)).tolist()
    keep = 0.0 if memory_s == 0 else float(np.exp(-5 / memory_s))
    noise, value = [], float(rng.normal())
    for one in fresh:
        value = keep * value + (1 - keep * keep) ** 0.5 * one
        noise.append(value)
    return noise_m * np.median(np.array(noise).reshape(-1, 12), 1)


def told(levels, first=0):
    """Return the minutes, every other one from `first` on, in which a rise was sure."""
    points, found = [], []
    for minute, level in enumerate(levels):
        points = [*points, (60.0 * minute, float(level))][-181:]
        if minute >= first and minute % 2 == 0:
            trends = [trend(points, 60.0 * minute, window_s) for window_s in WINDOWS_S]
            if any(one is not None and one.is_rise(SURE_Z, 0.02) for one in trends):
                found.append(minute)
    return found


# The same days in each run.
@settings(max_examples=5, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.floats(0.002, 0.02), st.sampled_from([0, 10, 60, 300]))
def test_a_day_of_still_water_rises_nowhere_whatever_its_noise(seed, noise_m, memory_s):
    assert told(still(seed, 24, noise_m, memory_s)) == []


@pytest.mark.parametrize("seed", [2113, 10000, 10001])
def test_a_day_of_the_most_and_slowest_noise_is_no_rise(seed):
    assert told(still(seed, 24, 0.01953125, 300)) == []


@settings(max_examples=5, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(60, 600), st.integers(5, 50))
def test_noise_that_grows_and_shrinks_again_is_no_rise(seed, start, minutes):
    levels = still(seed, 12, 0.002, 10)
    levels[start : start + minutes] *= 6
    assert told(levels) == []


@pytest.mark.parametrize(
    ("rate_m_h", "noise_m", "memory_s", "within_min"),
    [
        (2.0, 0.02, 30, 10),
        (0.6, 0.003, 0, 10),
        (0.6, 0.01, 30, 20),
        (0.2, 0.01, 30, 45),
        (0.05, 0.002, 0, 45),
        (0.05, 0.01, 30, 70),
    ],
)
def test_a_rise_after_hours_of_still_water_is_told_within_its_time(
    rate_m_h, noise_m, memory_s, within_min
):
    for seed in range(3):
        levels = still(seed, 4.5, noise_m, memory_s)
        levels += np.maximum(0, np.arange(len(levels)) - 180) / 60 * rate_m_h
        assert told(levels[: 180 + within_min + 1], 180)


def test_a_rise_is_told_soon_after_the_beginning_too():
    for seed in range(3):
        levels = still(seed, 0.5, 0.003, 0) + np.arange(30) / 60 * 0.6
        assert told(levels)[0] <= 20


def test_its_band_holds_the_true_rate_as_often_as_it_says():
    inside = 0
    for seed in range(200):
        levels = still(seed, 1, 0.005, 30) + np.arange(60) / 60 * 0.1
        points = [(60.0 * k, float(v)) for k, v in enumerate(levels)]
        found = trend(points, 59 * 60.0, 3600)
        inside += abs(found.rate * 3600 - 0.1) <= found.bound(1.2816) * 3600
    assert 150 <= inside <= 195  # 80 %, or more: doubt about the noise's memory widens it


def test_gaps_and_wild_readings_do_not_bend_it():
    rng = np.random.default_rng(4)
    points = [(60.0 * k, 0.1 * k / 60 + rng.normal(0, 0.001)) for k in range(60)
              if not 20 <= k < 40]  # fmt: skip
    points[5] = (points[5][0], 3.0)
    points[30] = (points[30][0], -2.0)
    found = trend(points, 59 * 60.0, 3600)
    assert found.rate * 3600 == pytest.approx(0.1, abs=0.01)
    assert found.is_rise(SURE_Z, 0.02)


@pytest.mark.parametrize("at", [3, 5, 8])
def test_a_step_is_no_rise_wherever_it_stands(at):
    points = [(60.0 * k, 0.1 if k >= at else 0.0) for k in range(11)]
    assert trend(points, 600, 600).step


def test_too_few_levels_have_no_trend():
    assert trend([(60.0 * k, 0.0) for k in range(LEAST - 1)], 240, 600) is None


@pytest.mark.parametrize(
    ("z", "freedom", "quantile"), [(1.2816, 8, 1.397), (2.5, 20, 2.747), (5, 30, 6.319)]
)
def test_students_quantile_is_met(z, freedom, quantile):
    assert student(z, freedom) == pytest.approx(quantile, rel=0.03)
