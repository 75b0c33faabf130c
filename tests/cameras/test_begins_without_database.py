"""A recorder that begins while the database is away records what it was told to record last."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.db import OperationalError, connections

from apps.cameras.models import Camera, Chunk
from apps.cameras.recording import Recording
from apps.cameras.services import camera_create, camera_update
from apps.recordings.masking import masking_set
from apps.recordings.models import Cause, Gap
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.cameras.test_recording_begins import entered, left, recording
from tests.cast import SCENE, Cast, Place
from tests.media.make import wait_until
from workers.media.record import Source
from workers.media.ring import Found

pytestmark = pytest.mark.django_db(transaction=True)
DAY_S = 86_400.0


@pytest.fixture
def back() -> Iterator[Callable[[], None]]:
    """Let the recorder find no database until this is called."""

    def unreachable(one: Recording) -> list[Source]:
        raise OperationalError("connection refused")

    with pytest.MonkeyPatch.context() as away:
        away.setattr(Recording, "_cameras", unreachable)
        yield away.undo


def recorded_before(filmed: Place) -> int:
    """Record some chunks and stop; returns how many are entered."""
    with recording(Recording(filmed.mine.pk)):
        assert wait_until(lambda: len(entered(filmed)) >= 2, 30.0)
    return len(entered(filmed))


def files(one: Recording) -> list[Found]:
    return sorted(one.ring.scan(), key=lambda file: file.sequence)


def test_what_comes_before_the_database_does_is_recorded_and_entered_once_it_is_there(
    filmed: Place, film: Path, request: pytest.FixtureRequest
):
    before = recorded_before(filmed)
    back = request.getfixturevalue("back")
    one = Recording(filmed.mine.pk)
    # The crash left a chunk that the database never heard of.
    path = left(one, filmed, filmed.mine.pk, max(entered(filmed)) + 1, film)
    with recording(one):
        assert wait_until(lambda: len(files(one)) >= before + 3, 30.0)
        assert len(entered(filmed)) == before, "nobody could enter it yet"
        back()
        there = [file.path for file in files(one)]
        assert wait_until(
            lambda: {file.sequence for file in files(one)} <= set(entered(filmed)), 30
        )
    with mine_scope(filmed.mine.pk):
        rows = set(Chunk.objects.values_list("path", flat=True))
        gap = Gap.objects.filter(stream="main").first()
    assert set(there) <= rows and str(path.relative_to(one.ring.root)) in rows
    assert len(entered(filmed)) == len(set(entered(filmed))), "no number was given twice"
    assert gap is not None and gap.cause == Cause.RECORDER, "between the two nobody recorded"


def test_a_start_without_the_database_waits_for_no_pool_before_it_records(
    filmed: Place, monkeypatch: pytest.MonkeyPatch
):
    """The pool says only after ten seconds that it has no connection."""
    recorded_before(filmed)
    one = Recording(filmed.mine.pk)
    recorded: list[list[Source]] = []
    monkeypatch.setattr(one.recorder, "set_sources", recorded.append)
    asked, by_then = threading.Event(), []

    def sources() -> list[Source]:
        by_then.append([source.camera for told in recorded for source in told])
        asked.set()
        raise OperationalError("couldn't get a connection after 10.00 sec")

    monkeypatch.setattr(one, "_sources", sources)
    with socket.socket() as nobody, monkeypatch.context() as away:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        away.setitem(connections.settings["default"], "HOST", "127.0.0.1")
        away.setitem(connections.settings["default"], "PORT", str(nobody.getsockname()[1]))
        thread = threading.Thread(target=one.run)
        thread.start()
        assert asked.wait(30)
        one.stop()
        thread.join(30)
    assert by_then[0] == [filmed.camera.pk] and len(recorded) == 1


def test_the_first_start_and_one_more_than_a_day_later_record_nothing_without_the_database(
    filmed: Place, caplog
):
    one = Recording(filmed.mine.pk)
    assert one.kept.read() == []
    recorded_before(filmed)
    assert [source.camera for source in one.kept.read()] == [filmed.camera.pk]
    then = time.time() - DAY_S - 60
    os.utime(one.ring.root / f".sources-{filmed.mine.pk}", (then, then))
    assert one.kept.read() == []
    assert "24 h old" in caplog.text


def test_the_addresses_lie_sealed_and_another_key_records_nothing(filmed: Place, settings, caplog):
    with mine_scope(filmed.mine.pk):
        camera_update(
            camera=filmed.camera, main_url="rtsp://10.0.0.9/main", username="davy", password="d4vy"
        )
    one = Recording(filmed.mine.pk)
    told(one)
    path = one.ring.root / f".sources-{filmed.mine.pk}"
    assert path.stat().st_mode & 0o777 == 0o600
    assert (
        not {"10.0.0.9", "d4vy"} & set(path.read_text().split()) and "rtsp" not in path.read_text()
    )
    assert [source.url for source in one.kept.read()] == ["rtsp://davy:d4vy@10.0.0.9/main"]
    settings.FIELD_KEY = Fernet.generate_key().decode()
    assert one.kept.read() == []
    assert "another DAVY_FIELD_KEY" in caplog.text


def told(one: Recording) -> None:
    one.kept.told(one._sources())
    one.kept.write({})


def test_a_camera_whose_masks_are_filled_waits_until_the_database_tells_of_them(
    cast: Cast, filmed: Place
):
    with mine_scope(filmed.mine.pk):
        masked = camera_create(area=filmed.area, name="Bath", main_url="rtsp://10.0.0.9/bath")
        hides = [[0.0, 0.6], [0.5, 0.6], [0.5, 1.0], [0.0, 1.0]]
        scene_publish(camera=masked, document=SCENE | {"masks": [hides]}, reason="lockers")
    one = Recording(filmed.mine.pk)
    told(one)
    assert {source.camera for source in one.kept.read()} == {filmed.camera.pk, masked.pk}
    with mine_scope(filmed.mine.pk):
        masking_set(
            mine=filmed.mine, camera=masked, actor=cast.admin, filled=True, reason="locker room"
        )
    told(one)
    assert {source.camera for source in one.kept.read()} == {filmed.camera.pk}


def test_who_was_switched_off_is_not_recorded_at_such_a_start(filmed: Place):
    one = Recording(filmed.mine.pk)
    told(one)
    assert [source.camera for source in one.kept.read()] == [filmed.camera.pk]
    with mine_scope(filmed.mine.pk):
        Camera.objects.filter(pk=filmed.camera.pk).update(enabled=False)
    told(one)
    assert one.kept.read() == []


def test_no_number_is_given_twice_though_the_newest_files_are_gone(filmed: Place):
    """What shows no movement may be deleted while older files are kept."""
    recorded_before(filmed)
    one = Recording(filmed.mine.pk)
    for file in files(one):
        one.ring.delete(file.path)
    [source] = one.kept.read()
    assert source.last_sequence > max(entered(filmed))


def test_a_database_that_fails_after_the_first_answer_changes_nothing_of_what_is_recorded(
    filmed: Place, monkeypatch: pytest.MonkeyPatch
):
    recorded_before(filmed)
    one = Recording(filmed.mine.pk)

    def fails() -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr("apps.cameras.recording.index_missing", fails)
    began: list[str] = []
    monkeypatch.setattr(one, "_begin_as_before", lambda: began.append("as before"))
    before = len(files(one))
    with recording(one):
        assert wait_until(lambda: len(files(one)) > before + 1, 30.0)
    assert not began, "it was told what to record"
