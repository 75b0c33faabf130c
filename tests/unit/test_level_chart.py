"""The drawing of a level: gaps stay gaps, and the scale is round."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

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
