"""What the database breaks is tried again, and never held against the pictures."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DataError, Error, OperationalError, connection

from apps.cameras import analysis, waiting
from apps.cameras.analysis import drain
from apps.cameras.models import Camera, Chunk
from apps.tenancy.scope import mine_scope
from tests.live.watched import drain_all, fed, state_of
from tests.loops import Loop
from workers.media.ring import Ring

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

CUT = "SELECT pg_terminate_backend(pg_backend_pid())"
PASSING = {
    "deadlock": "40P01", "serialization": "40001", "timeout": "57014", "shutdown": "57P01",
    "disk": "53100", "connections": "53300", "lock": "55P03", "standby": "25006",
}  # fmt: skip


def refusing(state: str) -> str:
    """Return what lets PostgreSQL itself refuse with this SQLSTATE."""
    return f"DO $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{state}'; END $$"


def breaking(sql: str) -> Callable[..., None]:
    """Return a write of readings that breaks in this way."""

    def breaks(**given: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return breaks


def fail(camera: Camera, times: int, error: type[Error] = Error) -> None:
    for _ in range(times):
        with pytest.raises(error):
            drain(camera.pk)


def chunks(camera: Camera) -> list[tuple[str, int]]:
    with mine_scope(camera.mine_id):
        return list(Chunk.objects.order_by("sequence").values_list("state", "attempts"))


@pytest.mark.parametrize(
    "sql", [CUT, *map(refusing, PASSING.values())], ids=["connection", *PASSING]
)
def test_pictures_are_analysed_however_often_the_database_broke_their_write(
    ring: Ring, camera: Camera, winch: Loop, start, monkeypatch, sql: str
):
    fed(ring, camera, winch.chunks[:2], start)
    with monkeypatch.context() as broken:
        broken.setattr(analysis, "readings_keep", breaking(sql))
        fail(camera, 4)
    assert chunks(camera) == [("new", 0), ("new", 0)]
    assert drain_all(camera) == 2
    assert chunks(camera) == [("done", 1), ("done", 1)]
    assert (state_of(camera).bad_chunks, state_of(camera).last_error) == (0, "")


def test_a_try_is_taken_back_once_the_database_is_there_again(
    ring: Ring, camera: Camera, winch: Loop, start, monkeypatch
):
    def away(reason: str) -> None:
        raise OperationalError("the connection is refused")

    fed(ring, camera, winch.chunks[:1], start)
    with monkeypatch.context() as broken:
        broken.setattr(analysis, "readings_keep", breaking(CUT))
        broken.setattr(waiting, "system_scope", away)
        fail(camera, 1)
        assert chunks(camera) == [("new", 1)]
    assert drain_all(camera) == 1
    assert chunks(camera) == [("done", 1)]


def test_a_chunk_whose_writing_is_refused_for_what_it_holds_is_set_aside_after_three_tries(
    ring: Ring, camera: Camera, winch: Loop, start, monkeypatch
):
    fed(ring, camera, winch.chunks[:1], start)
    monkeypatch.setattr(analysis, "readings_keep", breaking("SELECT 'NaN'::float::int"))
    fail(camera, 3, DataError)
    drain_all(camera)
    assert [state for state, _ in chunks(camera)] == ["bad"]
    assert "failed three times" in state_of(camera).last_error


def test_a_chunk_that_the_database_never_takes_ends_all_the_same(
    ring: Ring, camera: Camera, winch: Loop, start, monkeypatch
):
    fed(ring, camera, winch.chunks[:1], start)
    monkeypatch.setattr(analysis, "readings_keep", breaking(refusing(PASSING["timeout"])))
    fail(camera, 4)
    with mine_scope(camera.mine_id):
        Chunk.objects.update(started_at=start - 2 * timedelta(minutes=2))
    assert drain_all(camera) == 0
    assert [state for state, _ in chunks(camera)] == ["bad"]
    assert "waited too long" in state_of(camera).last_error
