"""A recorder that begins records first, and looks afterwards for what a crash left."""

import errno
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import OperationalError, connections

from apps.cameras.backlog import as_chunk
from apps.cameras.models import Chunk, StreamState
from apps.cameras.recording import Recording
from apps.tenancy.scope import mine_scope
from tests.cast import Cast, Place
from tests.media.make import wait_until
from workers.media.ring import Found

pytestmark = pytest.mark.django_db(transaction=True)
LEFT = 7


@pytest.fixture
def one(filmed: Place, film: Path) -> Recording:
    """A recorder of that mine, and in its ring a file without a row."""
    recording = Recording(filmed.mine.pk)
    left(recording, filmed, filmed.mine.pk, LEFT, film)
    return recording


def left(one: Recording, place: Place, mine_id: int, sequence: int, film: Path) -> Path:
    """Leave a file of a camera in the ring, a minute old and without a row."""
    start_s = time.time() - 60.0 + sequence
    written = one.ring.write(
        mine=mine_id, camera=place.camera.pk, stream="main", sequence=sequence,
        start_s=start_s, end_s=start_s + 1.0,
        data=film.read_bytes(),
    )  # fmt: skip
    return one.ring.path(written.path)


def test_a_second_recorder_waits_and_says_of_no_camera_that_it_is_off(
    one: Recording, cast: Cast, caplog
):
    camera, recording_now = cast.lamp_hill.camera, StreamState.State.RECORDING

    def recorded() -> bool:
        with mine_scope(one.mine_id):
            rows = StreamState.objects.filter(camera=camera, stream="main")
            return rows.filter(state=recording_now).exists()

    def chunks() -> int:
        with mine_scope(one.mine_id):
            return Chunk.objects.count()

    with recording(one):
        wait_until(recorded, 30.0)
        second = Recording(one.mine_id)
        with recording(second):
            wait_until(lambda: "this one waits" in caplog.text, 30.0)
            assert not Recording(None).ring.take(), "nor does one of every mine begin"
        assert recorded(), "the one that only waited has nothing to say"
        before = chunks()
        wait_until(lambda: chunks() > before, 30.0)
    third = Recording(one.mine_id)
    assert third.ring.take(one.mine_id), "the ring is given back"
    third.ring.give_back()


@contextmanager
def recording(one: Recording) -> Iterator[None]:
    """Let it record meanwhile."""

    def run() -> None:
        one.run()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        one.stop()
        thread.join(20.0)
    assert not thread.is_alive()


def entered(place: Place) -> list[int]:
    with mine_scope(place.mine.pk):
        return list(Chunk.objects.order_by("pk").values_list("sequence", flat=True))


def test_rows_are_entered_while_the_ring_is_not_compared_yet_and_what_is_young_of_the_rest_first(
    cast: Cast, one: Recording, monkeypatch: pytest.MonkeyPatch
):
    """The ring is so large that nothing of it is compared as long as this lasts."""
    monkeypatch.setattr(one, "_compare", lambda: None)
    with recording(one):
        came = wait_until(lambda: len(entered(cast.lamp_hill)) >= 3, 20.0)
    found = entered(cast.lamp_hill)
    assert came and found[0] == LEFT and found == sorted(set(found))
    assert {file.sequence for file in one.ring.scan()} == set(found), "nothing is left at the end"


def test_what_has_no_row_below_the_last_one_is_entered_late(cast: Cast, one: Recording, film: Path):
    place, late = cast.lamp_hill, LEFT - 2
    one.mines, one.analysed = {place.camera.pk: place.mine.pk}, {place.camera.pk: "main"}
    assert [one._write_row(file) for file in one.ring.scan()] == [True]
    left(one, place, place.mine.pk, late, film)
    with recording(one):
        assert wait_until(lambda: late in entered(place) and len(entered(place)) >= 4, 30.0)


def test_what_was_recorded_since_is_entered_in_its_turn_and_not_by_the_comparison(
    cast: Cast, one: Recording, film: Path
):
    place = cast.lamp_hill
    left(one, place, place.mine.pk, LEFT + 1, film)
    one.begun[place.camera.pk, "main"] = LEFT
    while one.compared is not None:
        one._compare()
    file, late = one.waiting.take() or (None, True)
    assert isinstance(file, Found) and file.sequence == LEFT and not late and not len(one.waiting)


def test_a_file_that_cannot_be_read_or_is_of_another_mine_keeps_nobody_s_rows_waiting(
    cast: Cast, one: Recording, film: Path, monkeypatch: pytest.MonkeyPatch
):
    place = cast.lamp_hill
    broken = left(one, place, place.mine.pk, LEFT - 1, film)
    left(one, place, cast.deep_vale.mine.pk, LEFT - 2, film)
    left(one, place, place.mine.pk + 100, LEFT - 3, film)
    read_bytes = Path.read_bytes

    def worn(path: Path) -> bytes:
        if path == broken:
            raise OSError(errno.EIO, "Input/output error")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", worn)
    with recording(one):
        came = wait_until(lambda: len(entered(place)) >= 3, 20.0)
    assert came and min(entered(place)) == LEFT
    assert broken.exists()


def test_a_row_that_the_database_refuses_is_left_and_one_that_it_cannot_take_is_tried_again(
    cast: Cast, one: Recording, film: Path, monkeypatch: pytest.MonkeyPatch
):
    place = cast.lamp_hill
    one.mines, one.analysed = {place.camera.pk: place.mine.pk}, {place.camera.pk: "main"}
    [found] = [as_chunk(one.ring, file) for file in one.ring.scan()]
    assert found is not None
    assert one._write_row(replace(found, mine=place.mine.pk + 100)), "there is no such mine"
    with monkeypatch.context() as away:
        away.setattr("apps.cameras.recording.chunk_index", unreachable)
        assert not one._write_row(found)
    assert one._write_row(found)
    assert entered(place) == [LEFT]


def unreachable(**chunk: object) -> None:
    raise OperationalError("the server closed the connection unexpectedly")
