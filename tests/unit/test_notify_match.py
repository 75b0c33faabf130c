"""Which route an occasion takes: proved against a clock that is walked minute by minute."""

from datetime import time

from hypothesis import given
from hypothesis import strategies as st

from apps.notify.match import Wish, in_hours, wants

MINUTES = 24 * 60
SEVERITIES = ("critical", "high", "medium", "low")
minutes = st.integers(0, MINUTES - 1)
few = st.frozensets(st.integers(0, 5), max_size=4)


def clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


def walked(since: int, until: int) -> set[int]:
    """Walk the clock from one minute to another; over midnight where the other is earlier."""
    there, at = set(), since
    while at != until:
        there.add(at)
        at = (at + 1) % MINUTES
    return there


@given(minutes, minutes, minutes)
def test_hours_hold_what_a_walk_from_their_begin_to_their_end_meets(since, until, at):
    expected = at in walked(since, until)
    assert in_hours(clock(at), clock(since), clock(until)) == expected


@given(minutes)
def test_without_hours_it_is_always_time(at):
    assert in_hours(clock(at), None, None)


@given(
    st.frozensets(st.sampled_from(SEVERITIES)), few, few, st.none() | st.tuples(minutes, minutes),
    st.sampled_from(SEVERITIES), few, minutes, st.integers(0, 5),
)  # fmt: skip
def test_a_route_wants_what_fits_all_that_it_says(
    severities, steps, areas, hours, severity, seen, at, step
):
    since, until = map(clock, hours) if hours else (None, None)
    wish = Wish(severities, steps, areas, since, until)
    refusals = [
        severity not in severities,
        step not in steps,
        len(areas) > 0 and areas.isdisjoint(seen),
        hours is not None and at not in walked(*hours),
    ]
    said = wants(wish, severity=severity, areas=seen, at=clock(at), step=step)
    assert said == (not any(refusals))


def test_a_night_shift_goes_over_midnight():
    night = (time(22), time(6))
    assert in_hours(time(22), *night) and in_hours(time(23, 59, 59), *night)
    assert in_hours(time(0), *night) and in_hours(time(5, 59, 59), *night)
    assert not in_hours(time(6), *night) and not in_hours(time(21, 59, 59), *night)
