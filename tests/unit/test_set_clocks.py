"""Clocks that are set: an hour that comes twice, one that never does, days of 23 and 25 hours."""

import zoneinfo
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.utils.datastructures import MultiValueDict
from hypothesis import given
from hypothesis import strategies as st

from apps.clocks import Moment, Unclear, clock_words, offset_words, read_clock, twice
from apps.lists.export import cell
from apps.lists.filters import _midnight
from apps.notify.match import in_hours
from workers.when import Span, parse_schedule

WARSAW, LORD_HOWE = "Europe/Warsaw", "Australia/Lord_Howe"
SANTIAGO, ST_JOHNS, KOLKATA = "America/Santiago", "America/St_Johns", "Asia/Kolkata"
ZONES = (WARSAW, LORD_HOWE, SANTIAGO, ST_JOHNS, KOLKATA, "America/Havana", "Asia/Beirut")

TWICE = [
    (WARSAW, "2026-10-25T02:30", "2026-10-25T00:30Z", "2026-10-25T01:30Z"),
    (ST_JOHNS, "2026-11-01T01:30", "2026-11-01T04:00Z", "2026-11-01T05:00Z"),
    (SANTIAGO, "2026-04-04T23:30", "2026-04-05T02:30Z", "2026-04-05T03:30Z"),
    (LORD_HOWE, "2026-04-05T01:45", "2026-04-04T14:45Z", "2026-04-04T15:15Z"),
]
NEVER = [
    (WARSAW, "2026-03-29T02:30"),
    (ST_JOHNS, "2026-03-08T02:30"),
    (SANTIAGO, "2026-09-06T00:30"),
    (LORD_HOWE, "2026-10-04T02:15"),
]
iso = datetime.fromisoformat


@pytest.mark.parametrize(("zone", "text", "first", "second"), TWICE)
def test_a_time_that_the_clock_shows_twice_is_refused_until_its_offset_is_written(
    zone: str, text: str, first: str, second: str
):
    with pytest.raises(Unclear, match="twice") as refused:
        read_clock(iso(text), zone)
    for moment in (first, second):
        offset = iso(moment).astimezone(ZoneInfo(zone)).isoformat()[-6:]
        assert offset in str(refused.value)
        assert read_clock(iso(f"{text}{offset}"), zone) == iso(moment)


@pytest.mark.parametrize(("zone", "text"), NEVER)
def test_a_time_that_the_clock_never_shows_is_refused_and_not_moved_to_another_hour(
    zone: str, text: str
):
    with pytest.raises(Unclear, match="never"):
        read_clock(iso(text), zone)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
def test_what_a_clock_shows_once_is_read_as_it_was_said(zone: str, at: datetime):
    there = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    if twice(there, zone) is None:
        assert read_clock(there, zone) == at
        assert clock_words(at, zone) == f"{there:%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(("zone", "text", "first", "second"), TWICE)
def test_what_is_said_of_an_hour_that_comes_twice_tells_which_one_it_was(
    zone: str, text: str, first: str, second: str
):
    said = [clock_words(iso(one), zone) for one in (first, second)]
    assert said[0] != said[1]
    assert all(words.startswith(f"{text.replace('T', ' ')}:00 UTC") for words in said)
    assert len({cell(iso(one), zone) for one in (first, second)}) == 2


def test_an_offset_is_said_as_the_pages_do():
    at = iso("2026-01-01T00:00Z")
    said = [offset_words(at.astimezone(ZoneInfo(zone))) for zone in (*ZONES[:5], "UTC")]
    assert said == ["UTC+1", "UTC+11", "UTC-3", "UTC-3:30", "UTC+5:30", "UTC"]


def test_two_times_are_as_far_apart_as_passes_between_them_not_as_the_clocks_hands_are():
    first, last = iso("2026-10-25T02:50+02:00"), iso("2026-10-25T02:10+01:00")
    assert read_clock(last, WARSAW) - read_clock(first, WARSAW) == timedelta(minutes=20)
    before, after = (read_clock(iso(f"2026-10-25T{text}"), WARSAW) for text in ("01:00", "04:00"))
    assert after - before == timedelta(hours=4)


class Ask(forms.Form):
    """A page that asks for a moment."""

    at = Moment(zone=WARSAW)


def asked(**given: str) -> Ask:
    return Ask(MultiValueDict({name: [value] for name, value in given.items()}))


def test_a_page_asks_which_of_two_hours_is_meant_and_takes_the_answer():
    unsaid = asked(at="2026-10-25T02:30")
    assert "say which one" in unsaid.errors["at"][0]
    page = str(unsaid["at"])
    assert 'value="2026-10-25T02:30"' in page
    assert "02:30:00 UTC+2" in page and "02:30:00 UTC+1" in page
    said = asked(at="2026-10-25T02:30", at_offset="+01:00")
    assert said.is_valid() and said.cleaned_data["at"] == iso("2026-10-25T01:30Z")
    assert '<option value="+01:00" selected>' in str(said["at"])


def test_an_answer_about_another_time_counts_no_more():
    summer = asked(at="2026-07-01T12:00", at_offset="+01:00")
    assert summer.is_valid() and summer.cleaned_data["at"] == iso("2026-07-01T10:00Z")
    assert "<select" not in str(summer["at"])
    assert not asked(at="2026-10-25T02:30", at_offset="+05:00").is_valid()


def test_a_page_that_is_filled_in_with_a_moment_of_a_doubled_hour_means_that_one():
    for moment in ("2026-10-25T00:30:15Z", "2026-10-25T01:30:15Z"):
        field = Moment(zone=WARSAW)
        shown = field.show(iso(moment))
        page = field.widget.render("at", shown)
        assert 'value="2026-10-25T02:30:15"' in page and page.count(" selected") == 1
        assert field.clean(shown) == iso(moment)


def test_a_page_refuses_what_never_comes_and_what_is_no_time_in_words():
    assert "never" in asked(at="2026-03-29T02:30").errors["at"][0]
    assert "Not a time" in asked(at="soon").errors["at"][0]
    assert "Not a time" in asked(at="0001-01-01T00:00").errors["at"][0]


def spans(begin: str, end: str) -> tuple[Span, ...]:
    return parse_schedule([{"from": begin, "to": end}], "when", {})


def hours(zone: str, begin: str, end: str, since: str, until: str) -> float:
    """Return how many hours of a stretch of time a schedule holds."""
    at, found = iso(since), 0
    while at < iso(until):
        there = at.astimezone(ZoneInfo(zone))
        within = any(span.holds(there) for span in spans(begin, end))
        # A route of notifications has the same hours as a rule.
        told = in_hours(there.time(), time.fromisoformat(begin), time.fromisoformat(end))
        assert within == told, there
        found += within
        at += timedelta(minutes=5)
    return found / 12


WEEK = {
    "back": (WARSAW, "2026-10-24T12:00+02:00", "2026-10-25T12:00+01:00"),
    "forward": (WARSAW, "2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00"),
    "half back": (LORD_HOWE, "2026-04-04T12:00+11:00", "2026-04-05T12:00+10:30"),
    "at midnight": (SANTIAGO, "2026-04-04T12:00-03:00", "2026-04-05T12:00-04:00"),
    "none": (KOLKATA, "2026-03-28T12:00+05:30", "2026-03-29T12:00+05:30"),
}


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        # The night shift works as long as it lasts, by its clock.
        ("22:00", "06:00", {"back": 9, "forward": 7, "half back": 8.5, "at midnight": 9}),
        # An hour that comes twice is watched twice; one that never comes has nothing to watch.
        ("02:00", "03:00", {"back": 2, "forward": 0, "at midnight": 1}),
        # What begins in the hour that is left out begins when the clock goes on.
        ("02:30", "06:00", {"back": 4, "forward": 3, "at midnight": 3.5}),
        ("23:00", "23:30", {"back": 0.5, "at midnight": 1}),
    ],
)
def test_a_schedule_follows_the_hands_of_the_mines_clock(
    begin: str, end: str, expected: dict[str, float]
):
    found = {name: hours(zone, begin, end, *ends) for name, (zone, *ends) in WEEK.items()}
    assert found | expected == found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2026, 2028])
def test_days_of_a_filter_follow_each_other_without_a_gap_and_are_as_long_as_they_are(
    zone: str, year: int
):
    day, lengths = datetime(year, 1, 1), []
    while day.year == year:
        begin, end = (_midnight(f"{day:%Y-%m-%d}", zone, days=days) for days in (0, 1))
        assert end == _midnight(f"{day + timedelta(days=1):%Y-%m-%d}", zone)
        last = (begin.astimezone(UTC) - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
        first = begin.astimezone(UTC).astimezone(ZoneInfo(zone))
        assert last.date() < first.date() == day.date()
        lengths.append((end.astimezone(UTC) - begin.astimezone(UTC)) / timedelta(hours=1))
        day += timedelta(days=1)
    assert sum(lengths) == 24 * len(lengths)
    assert set(lengths) <= ({24} if zone == KOLKATA else {23, 23.5, 24, 24.5, 25})


def test_a_mines_zone_is_known_also_where_the_system_has_no_such_name():
    zoneinfo.reset_tzpath(to=())
    try:
        for name in (*ZONES, "US/Mountain"):
            assert ZoneInfo.no_cache(name).key == name
        assert zoneinfo.available_timezones() >= set(ZONES)
    finally:
        zoneinfo.reset_tzpath()
