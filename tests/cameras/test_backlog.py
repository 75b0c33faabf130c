"""What waits for analysis: worked off after an outage, left out and said on a slow machine."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from apps.alarms.models import Alarm
from apps.cameras.health import watch
from apps.cameras.models import Analysis, Camera, Chunk
from apps.cameras.selectors import camera_health, cameras
from apps.cameras.services import stream_say
from apps.cameras.standing import cameras_standing
from apps.cameras.waiting import next_chunk
from apps.live.models import Event
from apps.rules.places import _holds
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast
from tests.recordings.recorded import put
from workers.media.ring import Ring

START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def camera(cast: Cast) -> Camera:
    """Lamp Hill's camera, held by whoever analyses it, and recorded."""
    camera = cast.lamp_hill.camera
    with mine_scope(camera.mine_id):
        Analysis.objects.filter(camera=camera).update(lease_token="held")
        stream_say(camera_id=camera.pk, mine_id=camera.mine_id, stream="main", state="recording")
    return camera


def record(ring: Ring, camera: Camera, clock, seconds: int) -> None:
    """Let the camera bring a chunk a second."""
    with mine_scope(camera.mine_id):
        there = Chunk.objects.filter(camera=camera).count()
        put(ring, camera, START + timedelta(seconds=there), seconds)
    clock.shift(seconds)


def analyse(camera: Camera, count: int = 1) -> list[int]:
    """Take so many of the waiting chunks; returns their numbers."""
    taken = []
    for _ in range(count):
        found = next_chunk(camera, "held")
        assert found is not None
        _analysis, chunk, _waiting = found
        taken.append(chunk.sequence)
        with mine_scope(camera.mine_id):
            Chunk.objects.filter(pk=chunk.pk).update(state=Chunk.State.DONE)
            Analysis.objects.filter(camera=camera).update(
                stream="main",
                sequence=chunk.sequence,
                analysed_until=chunk.started_at + timedelta(seconds=1),
            )
    return taken


def states(camera: Camera) -> dict[str, int]:
    with mine_scope(camera.mine_id):
        found = list(Chunk.objects.filter(camera=camera).values_list("state", flat=True))
    return {state: found.count(state) for state in sorted(set(found))}


def because(camera: Camera) -> str:
    with mine_scope(camera.mine_id):
        return camera_health(cameras().get(pk=camera.pk))["because"]


def test_a_machine_that_is_too_slow_leaves_out_one_piece_and_looks_at_the_present(
    ring: Ring, camera: Camera, clock
):
    record(ring, camera, clock, 6)
    assert analyse(camera) == [1]
    record(ring, camera, clock, 20)
    assert analyse(camera) == [25], "of those that wait the newest two are kept"
    assert states(camera) == {"bad": 23, "done": 2, "new": 1}
    with mine_scope(camera.mine_id):
        row = Analysis.objects.get(camera=camera)
        told = Event.objects.filter(kind="camera.chunk_bad")
        assert [event.payload["chunks"] for event in told] == [23]
    assert row.bad_chunks == 23
    assert row.last_error == "23 chunks left out: this machine is too slow to analyse them all"


def test_a_machine_that_was_away_works_off_what_waits(ring: Ring, camera: Camera, clock):
    record(ring, camera, clock, 60)
    done = analyse(camera, 10)
    while waits(camera):
        record(ring, camera, clock, 5)
        done += analyse(camera, min(10, waits(camera)))
    assert done == list(range(1, len(done) + 1))
    assert states(camera) == {"done": len(done)}
    assert because(camera) == ""


def waits(camera: Camera) -> int:
    return states(camera).get("new", 0)


def test_a_camera_of_which_pictures_were_left_out_is_blind_for_a_minute(
    ring: Ring, camera: Camera, clock
):
    record(ring, camera, clock, 6)
    analyse(camera)
    record(ring, camera, clock, 20)
    analyse(camera, 2)
    assert because(camera) == "overloaded"
    with system_scope("test"):
        assert cameras_standing().get(pk=camera.pk).standing == "blind"
        assert _holds(Camera.objects.get(pk=camera.pk), None, {"id": "x"}) == "stale"
    for _ in range(61):
        record(ring, camera, clock, 1)
        analyse(camera)
    assert because(camera) == ""
    with system_scope("test"):
        assert cameras_standing().get(pk=camera.pk).standing == "protecting"


def test_the_health_page_counts_the_cameras_of_which_pictures_are_left_out(
    ring: Ring, camera: Camera, cast: Cast, clock
):
    client = Client()
    client.force_login(cast.admin)
    record(ring, camera, clock, 6)
    analyse(camera)
    with mine_scope(camera.mine_id):
        Analysis.objects.filter(camera=camera).update(lag_s=3.0)
    said = "of 1 cameras only a part is analysed: this machine is too slow"
    assert said not in client.get("/portal/health/").content.decode()
    record(ring, camera, clock, 20)
    analyse(camera)
    assert said in client.get("/portal/health/").content.decode()


def test_a_machine_that_stays_too_slow_is_an_alarm_until_it_keeps_up(
    ring: Ring, camera: Camera, clock
):
    def alarms() -> list[tuple[str, str, bool]]:
        watch()
        with mine_scope(camera.mine_id):
            rows = Alarm.objects.filter(rule="camera.unwatched")
            return [(one.severity, one.why, one.cleared_at is None) for one in rows]

    record(ring, camera, clock, 6)
    analyse(camera)
    for _ in range(4):
        assert alarms() == []
        record(ring, camera, clock, 20)
        analyse(camera)
    why = "for 60 s analysed in part: this machine is too slow"
    assert alarms() == [("high", why, True)]
    analyse(camera)
    for _ in range(61):
        record(ring, camera, clock, 1)
        analyse(camera)
    assert alarms() == [("high", why, False)]


def test_who_lost_the_camera_leaves_nothing_out(ring: Ring, camera: Camera, clock):
    record(ring, camera, clock, 6)
    analyse(camera)
    record(ring, camera, clock, 20)
    assert next_chunk(camera, "another") is None
    clock.shift(timedelta(minutes=5))
    assert next_chunk(camera, "another") is None
    assert states(camera) == {"done": 1, "new": 25}
