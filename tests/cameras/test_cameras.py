"""Cameras: their passwords, their chunks, and what is said of them."""

import logging
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.cameras.models import Analysis, Camera, Chunk, StreamState
from apps.cameras.secrets import stream_url
from apps.cameras.selectors import camera_health, cameras_waiting
from apps.cameras.services import camera_create, camera_update, chunk_index, stream_say
from apps.live.models import Event
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast
from workers.media.record import ChunkFile

SECRET = "p@ss/w:rd?ü"


def a_chunk(cast: Cast, sequence: int = 1, stream: str = "main", **changes) -> ChunkFile:
    camera = cast.lamp_hill.camera
    facts = {
        "camera": camera.pk,
        "mine": camera.mine_id,
        "stream": stream,
        "sequence": sequence,
        "start_s": timezone.now().timestamp(),
        "duration_s": 1.0,
        "path": f"{camera.mine_id}/{camera.pk}/{stream}/{sequence}.mp4",
        "bytes": 1000,
        "sha256": f"{sequence:064d}",
        "codec": "h264",
        "width": 640,
        "height": 360,
        "fps": 10.0,
        "copied": True,
        "key_interval_s": 1.0,
    }
    return ChunkFile(**(facts | changes))


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


@pytest.fixture
def with_password(hill: Cast) -> Camera:
    return camera_create(
        area=hill.lamp_hill.area,
        name="Locked",
        main_url="rtsp://viewer:p%40ss%2Fw%3Ard%3F%C3%BC@10.0.0.7:554/main",
        actor=hill.admin,
    )


def test_a_password_inside_an_address_is_moved_out_and_encrypted(with_password: Camera):
    assert with_password.main_url == "rtsp://10.0.0.7:554/main"
    assert with_password.username == "viewer"
    assert SECRET not in with_password.password_box
    assert stream_url(with_password, "main") == (
        "rtsp://viewer:p%40ss%2Fw%3Ard%3F%C3%BC@10.0.0.7:554/main"
    )


def test_the_password_is_in_no_answer_no_event_and_no_audit_entry(
    with_password: Camera, hill: Cast, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    client = Client()
    client.force_login(hill.admin)
    said = client.get(f"/api/v1/cameras/{with_password.pk}/").content.decode()
    said += "".join(map(str, Event.objects.values_list("payload", flat=True)))
    said += "".join(map(str, AuditEntry.objects.values_list("detail", flat=True)))
    said += caplog.text
    for secret in (SECRET, "p%40ss", with_password.password_box):
        assert secret not in said


def test_an_empty_password_keeps_the_old_one(with_password: Camera):
    changed = camera_update(camera=with_password, name="Other", password="")
    assert stream_url(changed, "main") == stream_url(with_password, "main")


def test_a_stored_password_does_not_follow_the_camera_to_another_host(with_password: Camera):
    with pytest.raises(ValidationError) as refused:
        camera_update(camera=with_password, main_url="rtsp://10.0.0.66/main")
    assert list(refused.value.message_dict) == ["password"]
    moved = camera_update(
        camera=with_password, main_url="rtsp://10.0.0.66/main", password="another"
    )
    assert stream_url(moved, "main") == "rtsp://viewer:another@10.0.0.66/main"


def test_the_record_names_what_of_a_camera_was_changed_and_nothing_else(hill: Cast):
    camera = hill.lamp_hill.camera
    as_it_is = {
        "area": camera.area, "name": camera.name, "main_url": camera.main_url, "sub_url": "",
        "username": camera.username, "password": "", "enabled": True, "keeps": camera.keeps,
        "chunk_s": camera.chunk_s,
    }  # fmt: skip
    for changes in ({}, {"name": "Rope side"}, {"username": "davy", "password": SECRET}, {}):
        as_it_is |= changes
        camera_update(camera=camera, actor=hill.admin, **as_it_is)
    acts = AuditEntry.objects.filter(action="camera.changed").order_by("pk")
    named = [act.detail["fields"] for act in acts]
    assert named == [[], ["name"], ["password", "username"], []]


def test_a_password_whose_key_is_lost_is_replaced(hill: Cast):
    camera = hill.lamp_hill.camera
    Camera.objects.filter(pk=camera.pk).update(username="davy", password_box="of a lost key")
    changed = camera_update(camera=camera, actor=hill.admin, password=SECRET)
    assert "p%40ss" in stream_url(changed, "main")
    assert AuditEntry.objects.get(action="camera.changed").detail["fields"] == ["password"]


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "/etc/passwd", "file:///etc/passwd", "x"])
def test_an_address_that_is_no_stream_is_refused_in_words(hill: Cast, url: str):
    with pytest.raises(ValidationError) as refused:
        camera_create(area=hill.lamp_hill.area, name="Odd", main_url=url)
    assert list(refused.value.message_dict) == ["main_url"]


def test_a_file_may_be_played_from_an_allowed_folder_only(hill: Cast, settings, tmp_path):
    settings.FILE_SOURCES = [str(tmp_path)]
    camera = camera_create(area=hill.lamp_hill.area, name="Film", main_url=f"{tmp_path}/a.avi")
    assert camera.main_url == f"file:{tmp_path}/a.avi"
    with pytest.raises(ValidationError):
        camera_create(area=hill.lamp_hill.area, name="Out", main_url=f"{tmp_path}/../../etc/passwd")


def test_two_chunks_with_one_number_keep_the_first_and_name_the_second(hill: Cast):
    first = chunk_index(chunk=a_chunk(hill))
    assert chunk_index(chunk=a_chunk(hill, sha256="f" * 64)) is None
    assert Chunk.objects.get().sha256 == first.sha256
    state = StreamState.objects.get()
    assert state.duplicate_chunks == 1
    assert "two chunks numbered 1" in state.reason


def test_the_same_chunk_entered_twice_is_one(hill: Cast):
    chunk = a_chunk(hill)
    assert chunk_index(chunk=chunk).pk == chunk_index(chunk=chunk).pk
    assert not StreamState.objects.filter(duplicate_chunks__gt=0).exists()


def test_only_the_analysed_stream_waits_for_analysis(hill: Cast):
    camera_update(camera=hill.lamp_hill.camera, sub_url="rtsp://10.0.0.9/sub")
    assert chunk_index(chunk=a_chunk(hill, stream="main")).state == Chunk.State.KEPT
    assert chunk_index(chunk=a_chunk(hill, stream="sub")).state == Chunk.State.NEW


def test_a_stream_says_each_state_once(hill: Cast):
    camera = hill.lamp_hill.camera
    for _ in range(3):
        stream_say(
            camera_id=camera.pk, mine_id=camera.mine_id, stream="main", state="lost",
            reason="connection refused",
        )  # fmt: skip
    assert Event.objects.filter(kind="camera.state").count() == 1


def test_a_camera_is_blind_until_it_is_recorded_analysed_and_sees(hill: Cast):
    camera = hill.lamp_hill.camera

    def because() -> str:
        return camera_health(Camera.objects.get(pk=camera.pk))["because"]

    def say(state: str) -> None:
        stream_say(camera_id=camera.pk, mine_id=camera.mine_id, stream="main", state=state)

    assert because() == "starting"
    say("lost")
    assert because() == "lost"
    say("recording")
    assert because() == "stale"
    rows = Analysis.objects.filter(camera=camera)
    rows.update(analysed_until=timezone.now(), visibility=0.05)
    assert because() == "unseen"
    rows.update(faults=[{"fault": "dark", "about": "", "since": 0.0}])
    assert because() == "dark"
    rows.update(faults=[])
    rows.update(visibility=0.9)
    assert camera_health(Camera.objects.get(pk=camera.pk))["state"] == "protecting"
    rows.update(analysed_until=timezone.now() - timedelta(seconds=11))
    assert because() == "stale"


def test_the_sweep_finds_waiting_chunks_that_nobody_holds(hill: Cast):
    chunk_index(chunk=a_chunk(hill))
    camera = hill.lamp_hill.camera
    with system_scope("test"):
        assert cameras_waiting() == [camera.pk]
        lease = Analysis.objects.filter(camera=camera)
        lease.update(lease_until=timezone.now() + timedelta(seconds=5))
        assert cameras_waiting() == []
        lease.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert cameras_waiting() == [camera.pk]
