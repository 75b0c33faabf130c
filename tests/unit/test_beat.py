"""The beat rings by the time that passes: not by the wall clock, and not by a file."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from celery import Celery

from davy import beat

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


class Passing:
    """The time that passes, and what was rung for: (seconds since the start, name)."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.rung: list[tuple[float, str]] = []

    def pass_by(self, ringing: beat.Beat, seconds: float) -> list[tuple[float, str]]:
        """Look as often as the beat asks to; return what was rung for."""
        began, until = len(self.rung), self.now_s + seconds
        while True:
            wait_s = ringing.tick()
            assert 0 < wait_s <= 5
            if self.now_s + wait_s > until:
                self.now_s = until
                return self.rung[began:]
            self.now_s += wait_s


@pytest.fixture
def passing(monkeypatch) -> Passing:
    passing = Passing()
    monkeypatch.setattr(beat.time, "monotonic", lambda: passing.now_s)
    monkeypatch.setattr(beat.Beat, "producer", None)
    monkeypatch.setattr(
        beat.Beat,
        "apply_entry",
        lambda self, entry, producer: passing.rung.append((passing.now_s - 1000, entry.name)),
    )
    return passing


def a_beat(**every_s: float) -> beat.Beat:
    app = Celery("test", set_as_current=False)
    app.conf.beat_schedule = {
        name: {"task": f"test.{name}", "schedule": seconds} for name, seconds in every_s.items()
    }
    return beat.Beat(app)


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_a_clock_that_is_set_changes_nothing(passing: Passing, hours: int):
    with time_machine.travel(NOON, tick=False) as clock:
        one = a_beat(often=2.0, seldom=15.0)
        passing.pass_by(one, 21)
        clock.move_to(NOON + timedelta(hours=hours))
        rung = passing.pass_by(one, 20)
    assert [at for at, name in rung if name == "often"] == list(range(22, 42, 2))
    assert [at for at, name in rung if name == "seldom"] == [30]


def test_one_that_begins_anew_rings_at_once_also_for_what_is_hourly(passing: Passing):
    assert (60, "hourly") in passing.pass_by(a_beat(often=2.0, hourly=3600.0), 60)
    names = [name for _at, name in passing.pass_by(a_beat(often=2.0, hourly=3600.0), 60)]
    assert (names.count("often"), names.count("hourly")) == (30, 1)


def test_what_was_missed_is_rung_for_once(passing: Passing):
    one = a_beat(often=2.0)
    passing.pass_by(one, 4)
    passing.now_s += 100
    assert passing.pass_by(one, 3) == [(104, "often"), (106, "often")]
