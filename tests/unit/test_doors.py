"""Streams of one device try a password that it refused seldom, and none that is right is held."""

from itertools import pairwise

import pytest

from workers.media.doors import FIRST_S, WAIT_S, Doors

URL = "rtsp://davy:secret@10.0.0.9:554/Streaming/Channels/101"
MAIN, SUB, NEXT = (1, "main"), (1, "sub"), (2, "main")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def doors(clock: Clock) -> Doors:
    return Doors(clock)


def tries(doors: Doors, clock: Clock, streams, seconds, *, may=()) -> list[tuple[float, tuple]]:
    """Let streams ask whenever they may, each second; return when which did. `may`: are let in."""
    made, begun = [], clock.now
    while clock.now - begun < seconds:
        for stream in streams:
            if stream not in [one for _, one in made if one in may] and not doors.held_s(
                stream, URL
            ):
                made.append((clock.now - begun, stream))
                (doors.enter if stream in may else doors.refuse)(stream, URL)
        clock.now += 1
    return made


def test_a_wrong_password_is_tried_four_times_in_a_quarter_of_an_hour_by_all_streams_together(
    doors: Doors, clock: Clock
):
    made = tries(doors, clock, [MAIN, SUB, NEXT], 905)
    assert len(made) == 4
    waits = [b - a for (a, _), (b, _) in pairwise(made)]
    assert all(least <= s <= least + 11 for s, least in zip(waits, (60, 120, 240), strict=True))
    assert {stream for _, stream in made[:3]} == {MAIN, SUB, NEXT}, "each may have its own rights"


def test_one_without_rights_holds_no_other_for_more_than_a_minute(doors: Doors, clock: Clock):
    made = tries(doors, clock, [MAIN, SUB, NEXT], 600, may=(SUB, NEXT))
    assert [stream for s, stream in made if s <= 60] == [MAIN, SUB, NEXT]
    own = [s for s, stream in made if stream == MAIN]
    assert own == [0, 61, 181, 421], "it lets the others go first"


def test_who_was_let_in_before_is_not_held_because_another_is_refused(doors: Doors):
    doors.enter(MAIN, URL)
    doors.refuse(SUB, URL)
    assert doors.held_s(MAIN, URL) == 0
    assert doors.held_s(SUB, URL) == doors.wait_s(SUB, URL) == WAIT_S[0]


def test_when_one_who_was_let_in_is_refused_the_password_was_changed_for_all(doors: Doors):
    for stream in (MAIN, SUB):
        doors.enter(stream, URL)
    doors.refuse(MAIN, URL)
    assert doors.held_s(SUB, URL) == WAIT_S[0]


def test_at_the_beginning_the_others_wait_for_what_the_first_is_told(doors: Doors, clock: Clock):
    assert doors.held_s(MAIN, URL) == 0
    assert doors.held_s(SUB, URL) > 0 and doors.wait_s(SUB, URL) == 0
    doors.enter(MAIN, URL)
    assert doors.held_s(SUB, URL) == 0


@pytest.mark.parametrize("answered", [True, False])
def test_a_device_that_does_not_answer_holds_nobody_for_long(
    doors: Doors, clock: Clock, answered: bool
):
    assert doors.held_s(MAIN, URL) == 0
    if answered:
        doors.miss(URL)
    else:
        clock.now += FIRST_S
    assert [doors.held_s(one, URL) for one in (SUB, NEXT, MAIN)] == [0, 0, 0]


def test_another_password_another_name_and_another_device_are_tried_at_once(doors: Doors):
    doors.refuse(MAIN, URL)
    for other in (
        "davy:other@10.0.0.9:554",
        "chen:secret@10.0.0.9:554",
        "davy:secret@10.0.0.8:554",
    ):
        assert doors.held_s(MAIN, f"rtsp://{other}/Streaming/Channels/101") == 0, other


def test_who_was_let_in_after_all_waits_as_long_as_the_first_time(doors: Doors, clock: Clock):
    """Some refuse everybody while they start."""
    for _ in range(3):
        doors.refuse(MAIN, URL)
    assert doors.held_s(MAIN, URL) >= 240
    doors.enter(MAIN, URL)
    doors.refuse(MAIN, URL)
    assert doors.wait_s(MAIN, URL) == WAIT_S[0]
