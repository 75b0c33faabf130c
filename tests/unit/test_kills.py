"""The drill that kills parts sees a clip that is wrong by a single frame."""

import pytest

from infra.kills import compare

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
