"""Faults of the camera itself reach people: one alarm a fault, and BLIND at once."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.alarms.models import Alarm
from apps.audit.models import AuditEntry
from apps.cameras import health
from apps.cameras.analysis import _apply
from apps.cameras.health import watch
from apps.cameras.models import Analysis, Camera, StreamState
from apps.cameras.selectors import camera_health, cameras
from apps.cameras.services import (
    camera_create,
    camera_update,
    stream_facts,
    view_accept,
)
from apps.cameras.standing import cameras_standing
from apps.live.models import Event
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope, system_scope
from tests.cameras.said import alarms, analysed, say
from tests.cast import SCENE, Cast
from tests.recordings.recorded import put
from workers.engine import Finding
from workers.media.record import ChunkFile
from workers.media.ring import Ring


@pytest.fixture
def camera(cast: Cast) -> Camera:
    """Lamp Hill's camera, which has a rule."""
    return cast.lamp_hill.camera


def finding(state: str, fault: str = "blocked", about: str = "") -> Finding:
    values = {"since_t": 1.0, **({"about": about} if about else {})}
    t = timezone.now().timestamp()
    situation = f"camera:{fault}:{about}@1"
    return Finding("camera", "camera_health", state, situation, fault, "high", t, [], "why", values)


def test_a_lost_camera_over_an_armed_zone_is_an_alarm_after_five_seconds(camera: Camera):
    say(camera, "lost", 3)
    watch()
    assert alarms(camera) == []
    say(camera, "lost", 6)
    watch()
    watch()
    (alarm,) = alarms(camera)
    assert (alarm.rule, alarm.level, alarm.severity) == ("camera.lost", "lost", "high")
    assert "gone" in alarm.why


@pytest.mark.parametrize(("ago_s", "around_s"), [(20, 20), (4, 4), (3600, 0)])
def test_the_video_of_a_lost_camera_is_of_what_it_showed_last(
    camera: Camera, tmp_path: Path, ago_s: int, around_s: int
):
    """Around the alarm itself nothing is recorded; what was shown an hour before is of no loss."""
    now = timezone.now()
    with mine_scope(camera.mine_id):
        put(Ring(tmp_path), camera, now - timedelta(seconds=ago_s + 10), 10)
    with time_machine.travel(now, tick=False):
        say(camera, "lost", 6)
        watch()
    with mine_scope(camera.mine_id):
        [clip] = alarms(camera)[0].clips.all()
    middle = (now - timedelta(seconds=around_s)).timestamp()
    assert clip.wanted_from.timestamp() == pytest.approx(middle - 5, abs=0.01)
    assert clip.wanted_until.timestamp() == pytest.approx(middle + 5, abs=0.01)


def test_of_many_that_are_lost_those_that_protect_somebody_are_told_first(camera: Camera):
    with system_scope("test"):
        bare, armed = (
            camera_create(area=camera.area, name=name, main_url="rtsp://10.0.0.9/y")
            for name in ("Yard", "Zone")
        )
        scene_publish(camera=armed, document=SCENE, reason="test")
    for lost in (bare, armed):
        say(lost, "lost", 300)
    watch()
    assert alarms(armed)[0].pk < alarms(bare)[0].pk


def test_a_camera_that_cannot_be_looked_at_hides_no_other(camera: Camera, monkeypatch):
    with system_scope("test"):
        other = camera_create(area=camera.area, name="Yard", main_url="rtsp://10.0.0.9/y")
    for lost in (camera, other):
        say(lost, "lost", 300)
    raised = health.alarm_raise

    def failing(*, camera: Camera, **given: Any) -> Alarm:
        if camera.pk != other.pk:
            raise ZeroDivisionError("nobody thought of this")
        return raised(camera=camera, **given)

    monkeypatch.setattr(health, "alarm_raise", failing)
    with pytest.raises(ExceptionGroup) as seen:
        watch()
    assert seen.group_contains(ZeroDivisionError)
    assert (len(alarms(camera)), len(alarms(other))) == (0, 1)


@pytest.mark.parametrize("never", [False, True])
def test_pictures_that_nobody_analyses_are_an_alarm_after_a_minute(camera: Camera, never: bool):
    say(camera, "recording", 50)
    analysed(camera, None if never else 55)
    watch()
    assert alarms(camera) == []
    say(camera, "recording", 61 if never else 300)
    analysed(camera, None if never else 61)
    watch()
    watch()
    (alarm,) = alarms(camera)
    assert (alarm.rule, alarm.level, alarm.severity) == ("camera.unwatched", "unwatched", "high")
    assert alarm.why == "its pictures come, and none was analysed for 61 s"
    analysed(camera, 20)
    watch()
    assert alarms(camera)[0].cleared_at is None, "it is still behind"
    analysed(camera, 2)
    watch()
    assert alarms(camera)[0].cleared_at is not None


def test_an_analysis_that_died_is_told_also_after_the_clock_was_set_back(camera: Camera):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        say(camera, "recording", 300)
        analysed(camera, -3588)
        assert because(camera) == "stale", "the future is no view of the present"
        with system_scope("test"):
            assert cameras_standing().get(pk=camera.pk).standing == "blind"
        watch()
        assert because(camera) == "stale"
        assert alarms(camera) == [], "it may go on in a moment"
        clock.shift(50)
        watch()
        assert [alarm.rule for alarm in alarms(camera)] == ["camera.unwatched"]
        analysed(camera, 1)
        watch()
        assert because(camera) == ""
        assert alarms(camera)[0].cleared_at is not None


def test_a_lost_camera_is_told_also_after_the_clock_was_set_back(camera: Camera):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        say(camera, "lost", -3600)
        watch()
        assert alarms(camera) == []
        clock.shift(6)
        watch()
        assert [alarm.rule for alarm in alarms(camera)] == ["camera.lost"]


def test_whoever_died_with_a_camera_gives_it_back_also_after_the_clock_was_set_back(
    camera: Camera,
):
    in_an_hour = timezone.now() + timedelta(hours=1)
    with mine_scope(camera.mine_id):
        held = Analysis.objects.filter(camera=camera)
        held.update(lease_token="dead", lease_until=in_an_hour)
        watch()
        assert held.get().lease_until <= timezone.now()
        soon = timezone.now() + timedelta(seconds=10)
        held.update(lease_token="alive", lease_until=soon)
        watch()
        assert held.get().lease_until == soon


def test_the_last_picture_of_a_stream_is_not_in_the_future(camera: Camera):
    now = timezone.now()
    with mine_scope(camera.mine_id):
        for sequence, at in ((1, now + timedelta(hours=1)), (2, now - timedelta(seconds=1))):
            stream_facts(chunk=a_file(camera, sequence, at))
        assert StreamState.objects.get(camera=camera).last_chunk_at <= now
        stream_facts(chunk=a_file(camera, 3, now + timedelta(hours=1)))
    watch()
    with mine_scope(camera.mine_id):
        assert StreamState.objects.get(camera=camera).last_chunk_at <= timezone.now()


def a_file(camera: Camera, sequence: int, at: datetime) -> ChunkFile:
    return ChunkFile(
        camera=camera.pk, mine=camera.mine_id, stream="main", sequence=sequence,
        start_s=at.timestamp(), duration_s=1.0, path="", bytes=1, sha256="", codec="h264",
        width=320, height=180, fps=10.0, copied=True, key_interval_s=1.0,
    )  # fmt: skip


def because(camera: Camera) -> str:
    with mine_scope(camera.mine_id):
        return camera_health(cameras().get(pk=camera.pk))["because"]


def test_a_lost_camera_is_not_said_to_be_unwatched_as_well(camera: Camera):
    say(camera, "lost", 90)
    analysed(camera, 90)
    watch()
    assert [alarm.rule for alarm in alarms(camera)] == ["camera.lost"]


def test_a_camera_that_the_recorder_left_and_does_not_come_back_to_is_an_alarm(camera: Camera):
    """Seen for a minute: what was stopped for a night and begins now is in nobody's way."""
    at = timezone.now()
    with time_machine.travel(at, tick=False) as clock:
        say(camera, "off", 8 * 3600)
        analysed(camera, 8 * 3600)
        watch()
        clock.shift(59)
        watch()
        assert alarms(camera) == []
        clock.shift(2)
        watch()
        watch()
        (alarm,) = alarms(camera)
        assert (alarm.rule, alarm.severity) == ("camera.unwatched", "high")
        assert alarm.why == "the recorder left it 28861 s ago and did not begin again"
        say(camera, "recording", 5)
        analysed(camera, 1)
        watch()
        assert alarms(camera)[0].cleared_at is not None
        say(camera, "off", 8 * 3600)
        analysed(camera, 8 * 3600)
        watch()
        assert len(alarms(camera)) == 1, "a minute again"


def test_a_lost_camera_without_a_rule_has_ten_seconds_and_is_less_severe(camera: Camera):
    with mine_scope(camera.mine_id):
        bare = {**SCENE, "rules": []}
        scene_publish(camera=camera, document=bare, reason="test", disarm=True)
    say(camera, "lost", 7)
    watch()
    assert alarms(camera) == []
    say(camera, "lost", 11)
    watch()
    assert [alarm.severity for alarm in alarms(camera)] == ["medium"]


def test_a_camera_that_records_again_ends_its_alarm(camera: Camera):
    say(camera, "lost", 20)
    watch()
    say(camera, "recording", 0)
    watch()
    (alarm,) = alarms(camera)
    assert alarm.cleared_at is not None
    assert alarm.state == Alarm.State.RETURNED


def test_nobody_is_called_to_a_camera_that_was_switched_off(camera: Camera):
    say(camera, "lost", 20)
    watch()
    with mine_scope(camera.mine_id):
        camera_update(camera=camera, enabled=False)
    watch()
    [alarm] = alarms(camera)
    assert alarm.cleared_at is not None
    assert alarm.unwatched == "the camera was switched off"
    say(camera, "off", 60)
    watch()
    assert len(alarms(camera)) == 1


def test_a_clock_that_drifts_by_more_than_two_seconds_is_told(camera: Camera):
    say(camera, "recording", 60)
    analysed(camera, 1)
    with mine_scope(camera.mine_id):
        StreamState.objects.filter(camera=camera).update(drift_s=-2.4)
    watch()
    (alarm,) = alarms(camera)
    assert alarm.level == "clock_drift"
    assert "2.4 s fast" in alarm.why


def test_two_faults_at_once_are_two_alarms_and_each_machine_has_its_own(camera: Camera):
    with mine_scope(camera.mine_id):
        for fault, about in (
            ("blocked", ""),
            ("machine_disagreement", "winch-1"),
            ("machine_disagreement", "winch-2"),
            ("blocked", ""),
        ):
            _apply(camera, None, finding("raised", fault, about), b"")
        _apply(camera, None, finding("cleared"), b"")
    found = {alarm.rule: alarm.cleared_at is None for alarm in alarms(camera)}
    assert found == {
        "camera.blocked": False,
        "camera.machine_disagreement.winch-1": True,
        "camera.machine_disagreement.winch-2": True,
    }


def test_a_fault_of_the_picture_makes_the_camera_blind_and_one_of_a_machine_does_not(
    camera: Camera,
):
    say(camera, "recording", 60)
    with mine_scope(camera.mine_id):
        Analysis.objects.filter(camera=camera).update(analysed_until=timezone.now(), visibility=1.0)

    def seen_as(*faults: str) -> str:
        rows = [{"fault": fault, "about": "", "since": 1.0} for fault in faults]
        with system_scope("test"):
            Analysis.objects.filter(camera=camera).update(faults=rows)
            return camera_health(Camera.objects.get(pk=camera.pk))["because"]

    assert seen_as() == seen_as("machine_disagreement") == ""
    assert seen_as("hazy", "blocked") == "blocked"


def test_a_view_that_a_person_accepted_is_noted_and_waits_for_the_next_chunk(
    camera: Camera, cast: Cast
):
    with mine_scope(camera.mine_id):
        view_accept(camera=camera, actor=cast.admin)
        assert Analysis.objects.get(camera=camera).view_accepted_at
        assert AuditEntry.objects.filter(action="camera.view_accepted").count() == 1
        assert Event.objects.order_by("pk").last().kind == "camera.view_accepted"
