"""A main stream that is not recorded while the camera is seen by its other one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.cameras.health import watch
from apps.cameras.models import Camera, StreamState
from apps.cameras.selectors import camera_health
from apps.cameras.services import camera_update
from apps.tenancy.scope import mine_scope
from tests.cameras.said import alarms, analysed, say
from tests.cast import Cast


@pytest.fixture
def double(cast: Cast) -> Camera:
    """Lamp Hill's camera with a sub-stream, which is analysed."""
    camera = cast.lamp_hill.camera
    with mine_scope(camera.mine_id):
        return camera_update(camera=camera, sub_url="rtsp://10.0.0.9/sub")


def recorded(camera: Camera, stream: str, ago_s: float) -> None:
    at = timezone.now() - timedelta(seconds=ago_s)
    with mine_scope(camera.mine_id):
        StreamState.objects.filter(camera=camera, stream=stream).update(last_chunk_at=at)


def test_a_main_stream_that_is_missing_while_the_other_comes_is_an_alarm_after_three_minutes(
    double: Camera,
):
    say(double, "recording", 3600, stream="sub")
    say(double, "unusable", 20)
    analysed(double, 1)
    recorded(double, "sub", 0)
    recorded(double, "main", 170)
    watch()
    assert alarms(double) == []
    # However often its state changed meanwhile.
    say(double, "lost", 1)
    recorded(double, "main", 200)
    watch()
    watch()
    (alarm,) = alarms(double)
    assert (alarm.rule, alarm.level, alarm.severity) == (
        "camera.unrecorded",
        "unrecorded",
        "medium",
    )
    assert alarm.why == "its main stream is not recorded for 3 min: gone"
    with mine_scope(double.mine_id):
        health = camera_health(Camera.objects.get(pk=double.pk))
    assert [row["fault"] for row in health["faults"]] == ["unrecorded"]
    assert health["state"] == "protecting", "it is seen, and analysed"
    say(double, "recording", 0)
    watch()
    assert alarms(double)[0].cleared_at is None, "no chunk of it came yet"
    recorded(double, "main", 1)
    watch()
    assert alarms(double)[0].cleared_at is not None


def test_a_main_stream_s_alarm_ends_where_the_main_stream_alone_is_left(double: Camera):
    say(double, "recording", 3600, stream="sub")
    analysed(double, 1)
    watch()
    assert [alarm.rule for alarm in alarms(double)] == ["camera.unrecorded"], "it never began"
    with mine_scope(double.mine_id):
        camera_update(camera=double, sub_url="")
    say(double, "recording", 5)
    watch()
    assert alarms(double)[0].cleared_at is not None


def test_a_camera_that_is_lost_altogether_is_told_as_that_alone(double: Camera):
    for stream in ("main", "sub"):
        say(double, "lost", 600, stream=stream)
        recorded(double, stream, 600)
    watch()
    assert [alarm.rule for alarm in alarms(double)] == ["camera.lost"]


def test_a_camera_whose_rows_are_late_is_not_told_to_lack_its_main_stream(double: Camera):
    for stream in ("main", "sub"):
        say(double, "recording", 3600, stream=stream)
        recorded(double, stream, 400)
    analysed(double, 1)
    watch()
    assert alarms(double) == []
