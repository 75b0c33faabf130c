"""Levels over time: kept once, rolled up alike in whatever order chunks come, gaps left open."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.alarms.handover import handover_page
from apps.cameras.models import Camera
from apps.readings.models import Reading, Rollup
from apps.readings.selectors import readings_newest
from apps.readings.services import readings_forget, readings_keep
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast

NAME = "sump-a.level_m"


@pytest.fixture
def camera(cast: Cast) -> Camera:
    return cast.lamp_hill.camera


@pytest.fixture
def hour() -> datetime:
    """The beginning of the last whole hour."""
    return timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)


def keep(camera: Camera, start: datetime, *values: float | None, every_s: float = 10) -> None:
    """Keep values that begin at a time."""
    with mine_scope(camera.mine_id):
        readings_keep(
            camera=camera,
            values=[
                (
                    NAME,
                    start + timedelta(seconds=i * every_s),
                    value,
                    None if value is None else 0.9,
                )
                for i, value in enumerate(values)
            ],
        )


def rollups(camera: Camera, step: str) -> list[tuple[float | None, ...]]:
    with mine_scope(camera.mine_id):
        rows = Rollup.objects.filter(camera=camera, step=step).order_by("at")
        return [(r.minimum, r.mean, r.maximum, r.count, r.lost) for r in rows]


def test_a_minute_and_an_hour_say_the_least_the_mean_the_most_and_how_many(camera, hour):
    keep(camera, hour, 1.0, 2.0, None, 3.0)
    keep(camera, hour + timedelta(minutes=1), 4.0)
    assert rollups(camera, "minute") == [(1.0, 2.0, 3.0, 3, 1), (4.0, 4.0, 4.0, 1, 0)]
    assert rollups(camera, "hour") == [(1.0, 3.0, 4.0, 4, 1)]


def test_a_chunk_analysed_twice_or_late_gives_the_same_rollups(camera, hour):
    late = hour + timedelta(seconds=20)
    keep(camera, late, 3.0, 4.0)
    keep(camera, hour, 1.0, 2.0)
    keep(camera, hour, 1.0, 2.0)
    keep(camera, late, 3.0, 4.0)
    assert rollups(camera, "minute") == [(1.0, 2.5, 4.0, 4, 0)]
    assert rollups(camera, "hour") == [(1.0, 2.5, 4.0, 4, 0)]


def test_a_minute_in_which_nothing_could_be_read_has_no_value(camera, hour):
    keep(camera, hour, None, None)
    assert rollups(camera, "minute") == [(None, None, None, 0, 2)]


def test_only_measured_series_are_kept(camera, hour):
    with mine_scope(camera.mine_id):
        assert readings_keep(camera=camera, values=[("visibility", hour, 0.8, 1.0)]) == 0
        assert not Reading.objects.exists()


def test_an_old_reading_cannot_spoil_a_minute_that_can_no_longer_be_made_anew(camera):
    keep(camera, timezone.now() - timedelta(days=8), 1.0)
    assert rollups(camera, "minute") == []


def test_raw_readings_go_after_a_week_minutes_after_three_months_hours_after_two_years(
    camera, hour
):
    keep(camera, hour, 1.0)
    with system_scope("test"):
        for days in (8, 100, 800):
            at = hour - timedelta(days=days)
            Reading.objects.create(mine_id=camera.mine_id, camera=camera, name=NAME, at=at)
            for step in ("minute", "hour"):
                Rollup.objects.create(
                    mine_id=camera.mine_id, camera=camera, name=NAME, step=step, at=at
                )
        readings_forget()
        assert Reading.objects.count() == 1
        assert Rollup.objects.filter(step="minute").count() == 2
        assert Rollup.objects.filter(step="hour").count() == 3


def test_a_value_is_stale_after_five_minutes_and_at_once_when_it_is_none(camera):
    now = timezone.now()

    def stale() -> bool:
        with mine_scope(camera.mine_id):
            return readings_newest(camera_ids=[camera.pk])[0]["stale"]

    keep(camera, now - timedelta(minutes=6), 1.0)
    assert stale()
    keep(camera, now - timedelta(minutes=4), 1.0)
    assert not stale()
    keep(camera, now - timedelta(minutes=3), None)
    assert stale()


def test_no_level_of_before_the_clock_was_set_back_is_shown_as_the_one_of_now(camera):
    right = timezone.now()
    with (
        time_machine.travel(right + timedelta(hours=1), tick=False) as clock,
        mine_scope(camera.mine_id),
    ):

        def newest() -> tuple[float | None, bool]:
            [row] = readings_newest(camera_ids=[camera.pk])
            return row["value"], row["stale"]

        # The last hour by the wrong clock; some of it is yet to come by the right one.
        keep(camera, right, *[3.0] * 60, every_s=60)
        clock.move_to(right)
        assert newest()[1], "nothing was read since"
        clock.shift(60)
        keep(camera, right + timedelta(seconds=50), 1.2)
        assert newest() == (1.2, False)
        clock.shift(60)
        keep(camera, right + timedelta(seconds=110), None)
        assert newest() == (None, True)
        clock.shift(60)
        keep(camera, right + timedelta(seconds=175), 1.3)
        [water] = handover_page(mine=camera.mine, now=timezone.now())["water"]
        assert water["level_m"] == 1.3


def test_the_api_gives_a_series_by_step_and_leaves_gaps_open(cast, camera, hour):
    keep(camera, hour, 1.0, 2.0)
    keep(camera, hour + timedelta(minutes=3), 4.0, None)
    client = Client()
    client.force_login(cast.operator)
    asked = {
        "camera": camera.pk,
        "name": NAME,
        "from": hour.isoformat(),
        "to": (hour + timedelta(hours=1)).isoformat(),
    }

    def points(**more: str) -> list[dict]:
        answer = client.get("/api/v1/readings/", {**asked, **more})
        assert answer.status_code == 200, answer.content
        return answer.json()["points"]

    assert [point["value"] for point in points(step="raw")] == [1.0, 2.0, 4.0, None]
    assert [(p["at"][14:16], p["mean"], p["count"], p["lost"]) for p in points()] == [
        ("00", 1.5, 2, 0),
        ("03", 4.0, 1, 1),
    ]
    assert [point["max"] for point in points(step="hour")] == [4.0]
    newest = client.get("/api/v1/readings/").json()["results"]
    assert [(row["camera"], row["name"], row["stale"]) for row in newest] == [
        (camera.pk, NAME, True)
    ]


@pytest.mark.parametrize("step", ["raw", "minute"])
def test_there_is_more_only_where_a_later_point_is_left_out(cast, camera, hour, step, monkeypatch):
    monkeypatch.setattr("apps.readings.selectors.MOST_POINTS", 3)
    client = Client()
    client.force_login(cast.operator)
    asked = {"camera": camera.pk, "name": NAME, "from": hour.isoformat(), "step": step}

    def answer() -> tuple[int, bool]:
        told = client.get("/api/v1/readings/", asked).json()
        return len(told["points"]), told["more"]

    keep(camera, hour, 1.0, 2.0, 3.0, every_s=60)
    assert answer() == (3, False)
    keep(camera, hour + timedelta(minutes=3), 4.0)
    assert answer() == (3, True)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"step": "day"}, 400),
        ({"from": "yesterday"}, 400),
        ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, 400),
        ({"camera": "x"}, 400),
        ({"camera": "99999999"}, 404),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_words(cast, camera, more, status):
    client = Client()
    client.force_login(cast.operator)
    answer = client.get("/api/v1/readings/", {"camera": camera.pk, "name": NAME, **more})
    assert answer.status_code == status
    assert answer.json()["errors"]


def test_another_mines_levels_are_not_to_be_had(cast, camera, hour):
    keep(camera, hour, 1.0)
    client = Client()
    client.force_login(cast.stranger)
    assert client.get("/api/v1/readings/").json() == {"results": []}
    answer = client.get("/api/v1/readings/", {"camera": camera.pk, "name": NAME})
    assert answer.status_code == 404
