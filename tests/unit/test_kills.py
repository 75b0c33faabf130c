"""The drill that kills parts sees a clip that is wrong by a single frame."""

import pytest

from infra.truth import compare, unexplained

FPS, LENGTH, START = 10.0, 400, 1_000_000.0


def marks(first: int = 0, frames: int = 100, late_s: float = 0.4):
    """A clip whose frames are all right: each follows the one before, and is of its moment."""
    number = round((START - late_s) * FPS) + first
    return [(n / FPS, (number + n) % LENGTH) for n in range(frames)]


def faults(found, gaps=()) -> list[str]:
    return compare(
        found, starts_at=START, phase_s=0.0, fps=FPS, length=LENGTH, gaps=list(gaps)
    )  # fmt: skip


def test_a_clip_as_it_was_filmed_has_no_fault():
    assert faults(marks()) == []


@pytest.mark.parametrize("late_s", [3.0, -1.0, 20.0])
def test_a_clip_of_another_moment_is_wrong(late_s):
    assert faults(marks(late_s=late_s))


def test_one_frame_too_few_or_too_many_is_wrong():
    whole = marks()
    assert faults(whole[:50] + whole[51:])
    assert faults(whole[:50] + [(4.95, whole[49][1])] + whole[50:])
    assert faults(whole[:50] + [whole[51], whole[50]] + whole[52:])


def test_a_named_gap_explains_a_jump_as_long_as_the_time_and_no_other():
    whole = marks()
    cut = whole[:30] + whole[60:]
    assert faults(cut)
    assert faults(cut, [(START + 2.9, START + 6.0)]) == []
    assert faults(cut, [(START + 8.0, START + 9.0)])
    early = whole[:30] + [(place - 2.9, number) for place, number in whole[60:]]
    assert faults(early, [(START + 2.9, START + 6.0)])


def test_a_frame_whose_number_cannot_be_read_is_wrong():
    whole = marks()
    assert faults(whole[:9] + [(0.9, None)] + whole[10:])


# Chunks of a second; the recorder was killed at 10.4, and recorded again from 16 on.
SECONDS = [(float(n), n + 1.0) for n in range(10)] + [(float(n), n + 1.0) for n in range(16, 30)]


def why(start: float, end: float, kills=(10.4,), recorded=SECONDS) -> str:
    return unexplained(start, end, kills=kills, recorded=recorded)


def test_the_gap_that_a_kill_of_the_recorder_begins_is_explained():
    assert why(10.0, 16.0) == ""
    assert why(13.0, 16.0) == "", "a clip that shows only its end"
    assert why(10.0, 12.0) == "", "and one that shows only its beginning"
    assert why(10.0, 16.0, kills=(10.4, 13.0)) == "", "killed again while it started"


def test_a_second_gap_soon_after_a_kill_is_not():
    lost = [span for span in SECONDS if span[0] != 20.0]
    assert "nobody killed" in why(20.0, 21.0, recorded=lost)
    assert "nobody killed" in why(10.0, 16.0, kills=(8.0,))
    assert "nobody killed" in why(10.0, 16.0, kills=())


def test_what_is_on_disk_must_be_in_the_clip_whatever_was_killed():
    assert "not in the clip" in why(10.0, 17.0)
    assert "not in the clip" in why(9.0, 16.0)


def test_a_recorder_that_stays_away_is_a_fault():
    late = [*SECONDS[:10], (40.0, 41.0)]
    assert "came back 30 s" in why(10.0, 40.0, recorded=late)
    assert "nothing on disk" in why(10.0, 16.0, recorded=SECONDS[:10])
