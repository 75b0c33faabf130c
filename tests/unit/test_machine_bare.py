"""Ropes and belts whose movement shows now and then: only where it would is stillness proof."""

import cv2
import pytest
from machine_kit import SIZE, Belt, Part, Rope, film, first, states, watch

from workers.vision.machine import VideoReader

RUNS_S = 10.0


class Worn(Rope):
    """A rope that is marked for `marked_px` and clean for long after; it does not tremble."""

    def __init__(self, marked_px):
        super().__init__()
        self.dirt[-marked_px - 3000 : -marked_px] = 130

    def draw(self, place, on):
        """Draw it after it went `place` pixels."""
        return super().draw(place, False)


class Bracketed(Belt):
    """A belt behind brackets that stand; the coal on it ends after `loaded_px`."""

    def __init__(self, loaded_px, coal=1.0):
        super().__init__()
        self.loaded_px = loaded_px
        self.top[:] = 62 + coal * (self.top - self.top.mean())
        self.bare = Belt(load="empty")

    def draw(self, place, on):
        """Draw it after it went `place` pixels."""
        belt = super() if place < self.loaded_px else self.bare
        picture = belt.draw(place, on)
        for x in range(30, SIZE[0], 45):
            cv2.rectangle(picture, (x, 60), (x + 7, 150), (120, 120, 120), -1)
        return picture


def test_a_rope_that_runs_clean_after_a_marked_part_is_not_called_stopped():
    rope = Worn(marked_px=400)
    seen = watch(rope, film(rope, [Part(40, True)]))
    assert states(seen, 2.0, 8.0) == {"RUNNING"}
    assert "STOPPED" not in states(seen, 0)


def test_a_belt_that_runs_bare_behind_brackets_is_not_called_stopped():
    belt = Bracketed(loaded_px=600)
    seen = watch(belt, film(belt, [Part(30, True)]))
    assert states(seen, 2.0, RUNS_S) == {"RUNNING"}
    assert "STOPPED" not in states(seen, RUNS_S)
    assert seen[-1][2] == "UNKNOWN"


@pytest.mark.parametrize("coal", [1.0, 0.5])
def test_a_loaded_belt_behind_brackets_is_still_seen_to_stop(coal):
    belt = Bracketed(loaded_px=1e9, coal=coal)
    seen = watch(belt, film(belt, [Part(RUNS_S, True), Part(8)]))
    assert states(seen, 2.0, RUNS_S) == {"RUNNING"}
    assert first(seen, "STOPPED", RUNS_S) - RUNS_S <= 4.0


def test_a_belt_behind_brackets_that_was_never_seen_to_run_and_is_bare_is_not_called_stopped():
    belt = Bracketed(loaded_px=0)
    seen = watch(belt, film(belt, [Part(12, True)]))
    assert states(seen, 0) == {"UNKNOWN"}


def test_which_cells_of_a_belt_move_is_stored():
    belt, one, two = Bracketed(loaded_px=600), VideoReader(), VideoReader()
    for shot in film(belt, [Part(15, True)]):
        watch(belt, [shot], one)
        two = VideoReader.load(two.dump())
        watch(belt, [shot], two)
    assert one.dump() == two.dump()
    assert one.motion.stirs is not None


class Creeping(Belt):
    """A coal belt that creeps at a part of its speed after it ran `runs_px`."""

    def __init__(self, runs_px, part):
        super().__init__()
        self.runs_px, self.part = runs_px, part

    def draw(self, place, on):
        """Draw it after it went `place` pixels, or crept them."""
        crept = self.part * max(0.0, place - self.runs_px)
        return super().draw(min(place, self.runs_px) + crept, on)


@pytest.mark.parametrize("creeps_px_s", [8.0, 6.0])
def test_a_belt_that_creeps_after_it_ran_is_not_called_stopped(creeps_px_s):
    belt = Creeping(runs_px=600, part=creeps_px_s / 60)
    seen = watch(belt, film(belt, [Part(40, True)]))
    assert states(seen, 2.0, 10.0) == {"RUNNING"}
    assert "STOPPED" not in states(seen, 16.0)


@pytest.mark.parametrize("x", [0.45, 0.2])
def test_a_slow_belt_that_somebody_stands_before_is_not_called_stopped(x):
    belt = Belt(speed=15.0)
    seen = watch(belt, film(belt, [Part(5), Part(2, True), Part(15, True, (x, x + 0.01))]))
    assert "STOPPED" not in states(seen, 7.0)
    assert states(seen, 6.6, 9.0) == {"RUNNING"}


@pytest.mark.parametrize("lamp", [False, True])
def test_a_belt_that_stands_does_so_with_somebody_before_it(lamp):
    belt = Belt()
    seen = watch(
        belt, film(belt, [Part(5, True), Part(6), Part(15, False, (0.45, 0.46), lamp=lamp)])
    )
    assert states(seen, 11.0) == {"STOPPED"}
