"""What time brings to two mines at once never makes the writers of one wait for the other's."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread

import pytest
from django.db import connection
from django.utils import timezone

from apps.alarms.escalation import escalations_due
from apps.alarms.floods import floods_due
from apps.alarms.silences import silence_ask, silences_due
from apps.cameras.models import Camera
from apps.cameras.recording import Recording
from apps.cameras.services import stream_say
from apps.evidence.holds import hold_place, holds_due
from apps.live.models import Event
from apps.live.services import emit, take_turn
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, Place, an_alarm


def an_alarm_to_pass_on(cast: Cast, place: Place) -> None:
    an_alarm(place)


def a_silence(cast: Cast, place: Place) -> None:
    silence_ask(
        camera=place.camera, rule="r2", kind="shelved", length=timedelta(minutes=5),
        reason="repair", actor=cast.owner,
    )  # fmt: skip


def a_flood(cast: Cast, place: Place) -> None:
    for number in range(11):
        an_alarm(place, rule=f"f{number}", situation=f"f{number}", severity="low")


def a_hold(cast: Cast, place: Place) -> None:
    until = timezone.now() + timedelta(minutes=5)
    hold_place(actor=cast.owner, alarm=an_alarm(place), reason="case 7", until=until)


def a_stream(cast: Cast, place: Place) -> None:
    camera = place.camera
    stream_say(camera_id=camera.pk, mine_id=camera.mine_id, stream="main", state="recording")


def recorder_stops(*, now: datetime) -> int:
    recording = Recording()
    with system_scope("test"):
        recording.mines = dict(Camera.objects.values_list("pk", "mine_id"))
    recording.stop()
    recording.run()
    return 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("due_in", "look", "said"),
    [
        (an_alarm_to_pass_on, escalations_due, "alarm.told"),
        (a_silence, silences_due, "silence.ended"),
        (a_flood, floods_due, "flood.ended"),
        (a_hold, holds_due, "hold.ended"),
        (a_stream, recorder_stops, "camera.state"),
    ],
)
def test_whoever_writes_in_one_mine_waits_for_no_other_that_waits_for_it(
    cast: Cast, due_in: Callable[[Cast, Place], None], look: Callable[..., int], said: str
):
    first, second = cast.lamp_hill, cast.deep_vale
    for place in (first, second):
        with mine_scope(place.mine.pk):
            due_in(cast, place)
    later = timezone.now() + timedelta(minutes=20)
    done: list[int] = []
    with system_scope("test"):
        before = len(_told(said))
    beat = Thread(target=_run, args=(look, later, done))
    with mine_scope(second.mine.pk):
        take_turn(mine_id=second.mine.pk)
        beat.start()
        _wait_until_somebody_waits(beat)
        emit(mine_id=second.mine.pk, kind="test.raised", payload={})
    beat.join(10)
    assert done and done[0] >= 2
    with system_scope("test"):
        assert set(_told(said)[before:]) == {first.mine.pk, second.mine.pk}


def _told(said: str) -> list[int]:
    rows = Event.objects.filter(kind=said).order_by("pk")
    return list(rows.values_list("mine_id", flat=True))


def _run(look: Callable[..., int], now: datetime, done: list[int]) -> None:
    try:
        done.append(look(now=now))
    finally:
        connection.close()


def _wait_until_somebody_waits(thread: Thread) -> None:
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return
            assert thread.is_alive() and time.monotonic() < deadline, "nobody came to wait"
