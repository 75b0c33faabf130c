"""The drawing of a level: gaps stay gaps, and the scale is round."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.readings.chart import draw

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def minutes(first: int, last: int, level: float = 1.0):
    """Return the minutes from so many ago to so many ago, all of one level."""
    return [
        {"at": NOW - timedelta(minutes=m), "min": level - 0.01, "mean": level, "max": level + 0.01}
        for m in range(first, last, -1)
    ]


def test_ten_minutes_without_a_reading_break_the_line():
    drawn = draw(minutes(60, 40) + minutes(30, 0), now=NOW, zone=ZONE)
    assert len(drawn["parts"]) == 2
    assert len(draw(minutes(60, 0), now=NOW, zone=ZONE)["parts"]) == 1


def test_minutes_that_could_not_be_read_are_a_gap_and_not_a_zero():
    lost = [{**m, "min": None, "mean": None, "max": None} for m in minutes(40, 30)]
    drawn = draw(minutes(60, 40) + lost + minutes(30, 0), now=NOW, zone=ZONE)
    assert len(drawn["parts"]) == 2
    assert float(drawn["levels"][0]["text"]) > 0.5


def test_the_scale_is_round_and_holds_everything():
    drawn = draw(minutes(60, 30, 0.37) + minutes(30, 0, 1.93), now=NOW, zone=ZONE)
    texts = [tick["text"] for tick in drawn["levels"]]
    assert texts == ["0.0", "0.5", "1.0", "1.5", "2.0"]
    assert [tick["text"] for tick in drawn["hours"]][:2] == ["00:00", "04:00"]


def test_a_single_reading_is_drawn_and_none_draws_nothing():
    assert len(draw(minutes(1, 0), now=NOW, zone=ZONE)["parts"]) == 1
    assert draw([], now=NOW, zone=ZONE)["parts"] == []


def axis(zone: str, now: str) -> list[tuple[str, float]]:
    """Return the hours of a level's drawing, each with the share of the day that is over there."""
    at = datetime.fromisoformat(now)
    point: dict[str, Any] = {"at": at - timedelta(minutes=2), "min": 1.0, "mean": 1.0, "max": 1.0}
    drawn = draw([point], now=at, zone=ZoneInfo(zone))
    width = drawn["right"] - drawn["left"]
    return [(one["text"], (one["x"] - drawn["left"]) / width) for one in drawn["hours"]]


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        ("Europe/Warsaw", "2026-10-25T12:30Z", "16:00 20:00 00:00 04:00 08:00 12:00"),
        ("Europe/Warsaw", "2026-03-29T12:30Z", "16:00 20:00 00:00 04:00 08:00 12:00"),
        ("Australia/Lord_Howe", "2026-04-05T02:00Z", "16:00 20:00 00:00 04:00 08:00 12:00"),
        ("Asia/Kolkata", "2026-03-04T12:00Z", "20:00 00:00 04:00 08:00 12:00 16:00"),
        # Midnight is left out, and comes twice.
        ("America/Santiago", "2026-09-06T12:00Z", "12:00 16:00 20:00 04:00 08:00"),
        ("America/Havana", "2026-11-01T16:00Z", "16:00 20:00 00:00 00:00 04:00 08:00"),
    ],
)
def test_each_hour_on_a_levels_axis_stands_where_it_was(zone: str, now: str, expected: str):
    found = axis(zone, now)
    assert " ".join(text for text, _ in found) == expected
    for text, share in found:
        at = datetime.fromisoformat(now) - timedelta(days=1) * (1 - share)
        there = (at + timedelta(minutes=2)).astimezone(ZoneInfo(zone))
        assert f"{there:%H}:00" == text
