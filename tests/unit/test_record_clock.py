"""How a stream's own time becomes wall-clock time."""

from __future__ import annotations

import random

import pytest

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


class Own:
    """This machine's clock: steady seconds, and what people and NTP make of them."""

    def __init__(self) -> None:
        self.steady_s = 0.0
        self.set_s = 0.0

    def __call__(self) -> tuple[float, float]:
        return self.steady_s, 1000.0 + self.steady_s + self.set_s

    def record(self, clock: WallClock, seconds: int, rate: float = 0.0) -> list[float]:
        """Return by how much each second's start is off; rate: by how much we are slewed."""
        off = []
        for _ in range(seconds):
            arrivals = {}
            for n in range(10):
                at = self.steady_s + n / 10
                arrivals[at] = 1000.0 + at + self.set_s + rate * n / 10
            start = feed(clock, self.steady_s, arrivals)[0]
            off.append(round(start - arrivals[self.steady_s], 2))
            self.steady_s += 1.0
            self.set_s += rate
        return off


def test_a_clock_that_is_set_back_by_an_hour_is_followed_within_seconds() -> None:
    own = Own()
    clock = WallClock(own)
    own.record(clock, 60)
    own.set_s -= 3600.0
    off = own.record(clock, 60)
    assert sum(abs(one) > 2.0 for one in off) <= 7
    assert off[10:] == [0.0] * 50
    assert abs(clock.drift_s) < 0.05, "it is no drift of the camera's"


def test_a_clock_that_is_set_back_a_little_is_made_up_for_and_no_time_is_there_twice() -> None:
    own = Own()
    clock = WallClock(own)
    ends = [0.0]
    drifts = []
    own.record(clock, 60)
    own.set_s -= 1.8
    for _ in range(120):
        at = own.steady_s
        start, end = second(clock, at, 1000.0 + own.set_s)
        own.steady_s += 1.0
        assert start >= ends[-1] and end > start
        ends.append(end)
        drifts.append(clock.drift_s)
    assert abs(ends[-1] - own()[1]) < 0.05
    assert max(map(abs, drifts)) < 0.05


def test_our_own_clock_that_is_slewed_for_minutes_is_no_drift_of_the_cameras() -> None:
    own = Own()
    clock = WallClock(own)
    own.record(clock, 60)
    off = own.record(clock, 600, rate=-0.08)
    assert max(map(abs, off)) < 2.6
    assert abs(clock.drift_s) < 0.1


def test_a_camera_that_runs_fast_is_told_while_our_own_clock_is_set() -> None:
    own = Own()
    clock = WallClock(own)
    for n in range(300):
        own.set_s = -1.0 if n > 100 else 0.0
        own.steady_s = n * 0.99
        feed(clock, float(n), {n + i / 10: own()[1] + 0.99 * i / 10 for i in range(10)})
    assert -3.0 < clock.drift_s < -2.4


def test_one_packet_that_came_too_early_does_not_set_time_back() -> None:
    clock = WallClock()
    for n in range(20):
        second(clock, float(n), 1000.0)
    clock.observe(20.0, 990.0)
    starts = [second(clock, float(n), 1000.0)[0] for n in range(20, 40)]
    assert all(abs(start - 1000.0 - n) < 0.2 for n, start in enumerate(starts, 20))


def slow(
    clock: WallClock, own: Own, lag_s: float, seconds: int
) -> list[tuple[float, float, float]]:
    """Return second, start and end (all from 0) on a link that is slow from 60 to 76 s.

    The lag grows for four seconds, lasts for ten and is over in two; nobody sets a clock.
    """
    spans = []
    for n in range(seconds):
        for i in range(10):
            at = n + i / 10
            share = min((at - 60) / 4, 1.0, (76 - at) / 2)
            own.steady_s = max(own.steady_s, at + 0.05 + lag_s * max(share, 0.0))
            clock.observe(at, own()[1])
        start, end = clock.span(float(n), n + 1.0)
        spans.append((float(n), start - 1000.0, end - 1000.0))
    return spans


@pytest.mark.parametrize("lag_s", [1.0, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0])
def test_a_link_that_was_slow_sets_no_time_back_and_makes_no_drift(lag_s: float) -> None:
    own = Own()
    clock = WallClock(own)
    spans = slow(clock, own, lag_s, 400)
    for (_, _, end), (_, start, _) in zip(spans, spans[1:], strict=False):
        assert start >= end - 1e-6, "no second is there twice"
    assert abs(spans[-1][1] - spans[-1][0]) < 0.1, "and all is made up for"
    assert abs(clock.drift_s) < 0.1, "the camera's clock was right all the time"


def test_after_a_link_was_slow_no_date_is_far_ahead_for_long() -> None:
    own = Own()
    spans = slow(WallClock(own), own, 8.0, 200)
    ahead = [n for n, start, _ in spans if start - n > 5.0]
    assert max(ahead) < 76 + 65
    assert all(start - n < 2.1 for n, start, _ in spans if n > 76 + 125)


def test_a_new_connection_after_a_slow_link_sets_no_time_back_either() -> None:
    own = Own()
    clock = WallClock(own)
    end = slow(clock, own, 6.0, 90)[-1][2] + 1000.0
    assert end - own()[1] > 4.0, "dates are ahead"
    clock.restart()
    opened_s = own()[1]
    for n in range(200):
        start, until = second(clock, float(n), opened_s)
        assert start >= end - 1e-6
        end = until
    assert abs(end - opened_s - 200.0) < 0.1


def test_time_goes_back_by_what_our_clock_was_set_back_by_and_no_more() -> None:
    own = Own()
    clock = WallClock(own)
    ends = [slow(clock, own, 4.0, 80)[-1][2]]
    own.set_s -= 10.0
    backs = []
    for n in range(80, 100):
        start, end = second(clock, float(n), 1000.05 + own.set_s)
        own.steady_s = n + 1.0
        backs.append(round(ends[-1] - (start - 1000.0), 3))
        ends.append(end - 1000.0)
    assert 9.8 < sum(back for back in backs if back > 1e-3) <= 10.001, "the lag is no part of it"


def test_a_camera_whose_times_run_twice_as_fast_is_not_dated_far_into_the_future() -> None:
    own = Own()
    clock = WallClock(own)
    for n in range(600):
        for i in range(10):
            own.steady_s = (n + i / 10) / 2
            clock.observe(n + i / 10, own()[1])
        end = clock.span(float(n), n + 1.0)[1]
        assert end - own()[1] < 35.0


def test_after_a_set_back_a_new_connection_has_the_time_of_the_clock_as_it_is() -> None:
    clock = WallClock()
    second(clock, 0.0, 1000.0)
    clock.restart()
    assert second(clock, 0.0, 400.0) == (400.0, 401.0)


def test_a_new_connection_that_begins_a_little_early_does_not_overlap() -> None:
    clock = WallClock()
    last = second(clock, 0.0, 1000.0)[1]
    clock.restart()
    for n in range(20):
        start, end = second(clock, float(n), 999.5)
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
    assert presentation_times([None, 30, 10, 20], [None] * 4, 10) == [0, 30, 10, 20]
    assert presentation_times([None, None], [5, 15], 10) == [5, 15]
    assert presentation_times([None, None], [None, None], 10) == [0, 10]
    assert interval([0, 10, 20, 25, 40], 3) == 10
    assert interval([None], 3) == 3
