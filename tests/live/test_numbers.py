"""Chunks are numbered by stream: no change of streams, and no empty ring, stops the analysis."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.cameras.models import Camera, Chunk, StreamState
from apps.cameras.recording import Recording
from apps.cameras.services import camera_update, stream_say
from apps.recordings.trim import trim
from apps.tenancy.scope import mine_scope, system_scope
from tests.live.watched import alarms, drain_all, fed, state_of
from tests.loops import Loop
from workers.media.ring import Ring

pytestmark = pytest.mark.live
FAR = 5_000_001


def changed(camera: Camera, **data) -> None:
    with mine_scope(camera.mine_id):
        camera_update(camera=camera, **data)


def states(camera: Camera, stream: str) -> list[str]:
    with mine_scope(camera.mine_id):
        rows = Chunk.objects.filter(camera=camera, stream=stream).order_by("sequence")
        return list(rows.values_list("state", flat=True))


def test_a_camera_that_gets_a_sub_stream_is_analysed_on_and_its_open_alarm_goes_on(
    ring: Ring, camera: Camera, winch: Loop, start
):
    changed(camera, sub_url="")
    fed(ring, camera, winch.chunks[7:11], start, stream="main", first=FAR)
    drain_all(camera)
    [open_] = [alarm for alarm in alarms(camera) if alarm.level == "danger"]
    assert open_.cleared_at is None
    changed(camera, sub_url="rtsp://10.0.0.9/sub")
    fed(ring, camera, winch.chunks[11:], start + timedelta(seconds=4), stream="sub")
    drain_all(camera)
    assert set(states(camera, "sub")) == {"done"}
    assert (state_of(camera).stream, state_of(camera).bad_chunks) == ("sub", 0)
    [same] = [alarm for alarm in alarms(camera) if alarm.level == "danger"]
    assert same.pk == open_.pk and same.cleared_at is not None


def test_what_is_left_of_the_former_stream_is_analysed_first(
    ring: Ring, camera: Camera, winch: Loop, start
):
    changed(camera, sub_url="")
    fed(ring, camera, winch.chunks[:1], start, stream="main", first=FAR)
    drain_all(camera)
    fed(ring, camera, winch.chunks[1:3], start + timedelta(seconds=1), stream="main", first=FAR + 1)
    changed(camera, sub_url="rtsp://10.0.0.9/sub")
    fed(ring, camera, winch.chunks[3:5], start + timedelta(seconds=3), stream="sub")
    drain_all(camera)
    assert states(camera, "main") == ["done"] * 3
    assert states(camera, "sub") == ["done"] * 2
    assert (state_of(camera).stream, state_of(camera).sequence) == ("sub", 2)


def test_a_camera_that_loses_its_sub_stream_is_analysed_on(
    ring: Ring, camera: Camera, winch: Loop, start
):
    fed(ring, camera, winch.chunks[:2], start, stream="sub", first=FAR)
    drain_all(camera)
    changed(camera, sub_url="")
    fed(ring, camera, winch.chunks[2:4], start + timedelta(seconds=2), stream="main")
    drain_all(camera)
    assert states(camera, "main") == ["done"] * 2


def test_numbers_go_on_where_nothing_is_left_of_the_recording(
    ring: Ring, camera: Camera, winch: Loop, settings
):
    """The cable is cut, what was recorded grows too old, and the server is updated meanwhile."""
    changed(camera, main_url="rtsp://10.0.0.9/main", sub_url="rtsp://10.0.0.9/sub")
    before = timezone.now() - timedelta(hours=2)
    with mine_scope(camera.mine_id):
        for stream in ("main", "sub"):
            stream_say(camera_id=camera.pk, mine_id=camera.mine_id, stream=stream, state="lost")
    for stream in ("main", "sub"):
        fed(ring, camera, winch.chunks[:3], before, stream=stream, first=FAR)
    with system_scope("test"):
        assert trim(ring) == 6
    assert last_known(camera) == {"main": FAR + 2, "sub": FAR + 2}


def test_numbers_go_on_where_only_the_analysis_knows_them(
    ring: Ring, camera: Camera, winch: Loop, start
):
    """Their chunks went before the last number of a stream was kept."""
    changed(camera, main_url="rtsp://10.0.0.9/main", sub_url="rtsp://10.0.0.9/sub")
    fed(ring, camera, winch.chunks[:2], start, stream="sub", first=FAR)
    drain_all(camera)
    with mine_scope(camera.mine_id):
        StreamState.objects.update(last_sequence=0)
        Chunk.objects.all().delete()
    assert last_known(camera) == {"main": 0, "sub": FAR + 1}


def last_known(camera: Camera) -> dict[str, int]:
    """Return by stream the number that a recorder which begins now goes on from."""
    found = Recording(camera.mine_id)._sources()
    return {one.stream: one.last_sequence for one in found if one.camera == camera.pk}
