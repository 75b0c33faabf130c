"""What machines and inputs said long ago: quickly stepped over, and in the end forgotten."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.recordings.keeping import retention_set
from apps.signals.models import Report, Signal
from apps.signals.selectors import events_late, reports_until, signals_until
from apps.signals.tasks import forget
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, Place
from tests.database import NAME

LONG = 20_000


def fill(place: Place, count: int) -> None:
    """Put a long past of a machine and of an input into the tables, and let them be counted."""
    with mine_scope(place.mine.pk), connection.cursor() as cursor:
        since = timezone.now()
        for columns, values in (
            (
                "signal (mine_id, machine_id, state",
                f"{place.mine.pk}, {place.machine.pk}, 'RUNNING'",
            ),
            ("report (mine_id, key, value", f"{place.mine.pk}, 'gate-1', 'OPEN'"),
            ("report (mine_id, key, value", f"{place.mine.pk}, 'gate-2', 'OPEN'"),
        ):
            cursor.execute(
                f"INSERT INTO signals_{columns}, at, received_at) SELECT {values},"
                " %s::timestamptz - n * interval '1 second', %s::timestamptz - n * interval"
                " '1 second' FROM generate_series(1, %s) n",
                [since, since, count],
            )
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=NAME) as owner:
        owner.execute("ANALYZE signals_signal, signals_report")


def most_rows(plan: dict[str, Any]) -> float:
    """Return how many rows the busiest step of a plan looked at."""
    here = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    return max([here * plan["Actual Loops"], *map(most_rows, plan.get("Plans", []))])


def rows_read(queries: list[str]) -> float:
    """Return how many rows the busiest step of some queries looks at."""
    most = 0.0
    with connection.cursor() as cursor:
        for sql in queries:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            most = max(most, most_rows(cursor.fetchone()[0][0]["Plan"]))
    return most


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("read", "keys"), [(signals_until, ["winch-1"]), (reports_until, ["gate-1", "gate-2"])]
)
def test_a_chunks_signals_are_read_without_their_past(
    cast: Cast, read: Callable[..., list[Any]], keys: list[str]
):
    for place in (cast.deep_vale, cast.lamp_hill):
        fill(place, LONG)
    mine, now = cast.lamp_hill.mine.pk, timezone.now()
    with mine_scope(mine), CaptureQueriesContext(connection) as asked:
        told = read(mine_id=mine, keys=keys, since=now, until=now + timedelta(seconds=1))
        assert len(told) == len(keys)
        assert rows_read([query["sql"] for query in asked.captured_queries]) < 10


@pytest.mark.django_db(transaction=True)
def test_events_that_came_late_are_found_without_the_hour_before(cast: Cast):
    fill(cast.lamp_hill, LONG)
    mine, now = cast.lamp_hill.mine.pk, timezone.now()
    with mine_scope(mine), CaptureQueriesContext(connection) as asked:
        late = events_late(mine_id=mine, keys=["gate-1", "gate-2"], since=now)
        assert 100 < len(late) <= 120  # of the last minute, as they may have been on their way
        assert rows_read([query["sql"] for query in asked.captured_queries]) <= 120


def told_at(place: Place, *days_ago: float) -> None:
    """Let a machine and an input say something so many days ago, each time something else."""
    now = timezone.now()
    with mine_scope(place.mine.pk):
        for number, days in enumerate(days_ago):
            at, mine = now - timedelta(days=days), place.mine
            state, value = ("RUNNING", "OPEN") if number % 2 else ("STOPPED", "CLOSED")
            Signal.objects.create(mine=mine, machine=place.machine, state=state, at=at)
            Report.objects.create(mine=mine, key="gate-1", value=value, at=at)
            Report.objects.create(mine=mine, key=f"gate-1-{number}", value=value, at=at)


def days_kept(place: Place) -> tuple[list[int], list[int]]:
    """List how many days old the kept words of the machine and of the input are."""
    now = timezone.now()
    with mine_scope(place.mine.pk):
        signals = Signal.objects.filter(machine=place.machine).order_by("at")
        reports = Report.objects.filter(key="gate-1").order_by("at")
        return [(now - one.at).days for one in signals], [(now - one.at).days for one in reports]


def test_what_was_said_over_three_months_ago_goes_but_for_the_last_word_before(cast: Cast):
    told_at(cast.lamp_hill, 300, 200, 100, 50, 0)
    told_at(cast.deep_vale, 300, 200)
    forget()
    assert days_kept(cast.lamp_hill) == ([100, 50, 0], [100, 50, 0])
    assert days_kept(cast.deep_vale) == ([200], [200])  # a machine that says nothing any more
    with system_scope("test"):
        assert Report.objects.filter(key__startswith="gate-1-").count() == 7  # one word each
    forget()
    assert days_kept(cast.lamp_hill) == ([100, 50, 0], [100, 50, 0])


def test_what_was_said_while_recordings_of_then_are_kept_stays(cast: Cast):
    told_at(cast.lamp_hill, 500, 300, 200, 0)
    told_at(cast.deep_vale, 500, 300, 200, 0)
    with mine_scope(cast.lamp_hill.mine.pk):
        retention_set(mine=cast.lamp_hill.mine, actor=cast.owner, days=365)
    forget()
    assert days_kept(cast.lamp_hill) == ([500, 300, 200, 0], [500, 300, 200, 0])
    assert days_kept(cast.deep_vale) == ([200, 0], [200, 0])


@pytest.mark.parametrize("order", [("STOPPED", "RUNNING"), ("RUNNING", "STOPPED")])
def test_of_words_of_one_time_the_one_that_was_received_last_comes_last(cast: Cast, order: Any):
    place, at = cast.lamp_hill, timezone.now() - timedelta(days=1)
    with mine_scope(place.mine.pk):
        for value in order:
            Report.objects.create(mine=place.mine, key=f"gate-{value}", value=value, at=at)
        keys = [f"gate-{value}" for value in sorted(order)]
        for since in (at, at + timedelta(seconds=1)):
            told = reports_until(
                mine_id=place.mine.pk, keys=keys, since=since, until=at + timedelta(seconds=9)
            )
            assert [value for _, _, value in told] == list(order)
