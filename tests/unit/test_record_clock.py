"""How a stream's own time becomes wall-clock time."""

from __future__ import annotations

import random

from workers.media.clock import WallClock
from workers.media.mux import decode_times, interval, presentation_times


def feed(clock: WallClock, start: float, arrivals: dict[float, float]) -> tuple[float, float]:
    for pts, arrival in arrivals.items():
        clock.observe(pts, arrival)
    return clock.span(start, start + 1.0)


def second(clock: WallClock, start: float, offset: float) -> tuple[float, float]:
    return feed(clock, start, {start + i / 10: start + i / 10 + offset for i in range(10)})


def test_a_steady_stream_keeps_its_own_time_from_the_earliest_arrival() -> None:
    clock = WallClock()
    burst = feed(clock, 0.0, {0.0: 1002.5, 0.1: 1002.5, 0.9: 1000.9})
    assert burst == (1000.0, 1001.0)
    assert second(clock, 1.0, 1000.0) == (1001.0, 1002.0)


def test_chunks_touch_and_never_overlap_whatever_the_network_does() -> None:
    chance = random.Random(4)
    clock = WallClock()
    ends = [0.0]
    for n in range(200):
        late = chance.choice([0.0, 0.01, 0.2, 3.0])
        start, end = feed(
            clock, float(n), {n + i / 10: 1000 + n + i / 10 + late for i in range(10)}
        )
        assert start >= ends[-1] and end > start
        ends.append(end)
    assert abs(ends[-1] - 1200.0) < 0.1


def test_one_late_burst_does_not_move_the_clock_but_a_lasting_lag_does() -> None:
    clock = WallClock()
    for n in range(10):
        second(clock, float(n), 1000.0)
    assert second(clock, 10.0, 1003.0) == (1010.0, 1011.0)
    for n in range(11, 15):
        assert second(clock, float(n), 1000.0) == (1000.0 + n, 1001.0 + n)
    spans = [second(clock, float(n), 1003.0) for n in range(15, 25)]
    assert spans[0][0] == 1015.0
    assert spans[-1] == (1027.0, 1028.0)


def test_a_camera_whose_clock_runs_fast_or_slow_is_followed() -> None:
    for rate in (0.998, 1.002):
        clock = WallClock()
        end = 0.0
        for n in range(300):
            arrivals = {n + i / 10: 1000 + (n + i / 10) * rate for i in range(10)}
            end = feed(clock, float(n), arrivals)[1]
        assert abs(end - (1000 + 300 * rate)) < 0.1


def test_a_wall_clock_that_is_set_back_never_makes_chunks_overlap() -> None:
    clock = WallClock()
    last = second(clock, 0.0, 1000.0)[1]
    clock.restart()
    for n in range(20):
        start, end = second(clock, float(n), 400.0)
        assert start >= last and end > start
        last = end


def test_decode_times_only_rise_and_never_lie_after_what_is_shown() -> None:
    shown = [0, 3, 1, 2, 6, 4, 5]
    decoded = decode_times(shown)
    assert decoded == sorted(set(decoded))
    assert all(d <= s for d, s in zip(decoded, shown, strict=True))
    assert decode_times([0, 1, 2]) == [0, 1, 2]


def test_missing_and_repeated_times_are_filled() -> None:
    assert presentation_times([None, 0, 10, 10, None], [None] * 5, 10) == [-10, 0, 10, 11, 20]
    assert presentation_times([None, None], [5, 15], 10) == [5, 15]
    assert presentation_times([None, None], [None, None], 10) == [0, 10]
    assert interval([0, 10, 20, 25, 40], 3) == 10
    assert interval([None], 3) == 3
