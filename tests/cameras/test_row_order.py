"""Who analyses and who clicks at the same moment: neither waits for the other for ever."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.cameras import waiting
from apps.cameras.models import Analysis, Chunk, Worth
from apps.cameras.services import view_accept
from apps.cameras.waiting import next_chunk, set_aside
from apps.detectors import services
from apps.detectors.models import OwnModel
from apps.detectors.services import model_failed, model_retire
from apps.live.services import emit
from apps.recordings.trim import trim
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, build_cast
from tests.recordings.recorded import put
from workers.media.ring import Ring

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hill() -> Cast:
    """The cast, committed, so that another connection sees it."""
    with system_scope("test"):
        return build_cast()


def clicked(verb: Callable[[], object], mine_id: int) -> Thread:
    """Let a person act in a connection of their own, until they wait for something."""

    def click() -> None:
        try:
            with mine_scope(mine_id):
                verb()
        finally:
            connection.close()

    person = Thread(target=click)
    person.start()
    deadline = time.monotonic() + 10
    while not _somebody_waits():
        assert time.monotonic() < deadline and person.is_alive()
    return person


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_view_is_accepted_while_a_chunk_is_written(hill: Cast, monkeypatch):
    camera, people = hill.lamp_hill.camera, []
    with mine_scope(camera.mine_id):
        Analysis.objects.filter(camera=camera).update(lease_token="held")
        chunk = Chunk.objects.create(
            mine_id=camera.mine_id, camera=camera, stream="main", sequence=1, duration_s=1,
            started_at=timezone.now(), path="x", bytes=1, sha256="0" * 64, state="new",
        )  # fmt: skip

    def emit_later(**event):
        people.append(clicked(lambda: view_accept(camera=camera, actor=hill.admin), camera.mine_id))
        return emit(**event)

    monkeypatch.setattr(waiting, "emit", emit_later)
    assert set_aside(camera, chunk, "held", "broken")
    people[0].join(10)
    with mine_scope(camera.mine_id):
        assert Analysis.objects.get(camera=camera).view_accepted_at
        assert AuditEntry.objects.filter(action="camera.view_accepted").exists()


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_model_is_retired_while_a_chunk_is_written_for_which_it_failed(hill: Cast, monkeypatch):
    mine, really, people = hill.lamp_hill.mine, services.record, []
    with mine_scope(mine.pk):
        model = OwnModel.objects.create(
            mine=mine, name="own", kind="onnx", contract={}, key="x", sha256="0" * 64, bytes=1,
            cpu_ms=9, state="shadow",
        )  # fmt: skip

    def record_later(**entry):
        monkeypatch.setattr(services, "record", really)
        people.append(clicked(lambda: model_retire(model=model, actor=hill.admin), mine.pk))
        return really(**entry)

    monkeypatch.setattr(services, "record", record_later)
    with mine_scope(mine.pk):
        model_failed(model=model, reason="it broke")
    people[0].join(10)
    with mine_scope(mine.pk):
        model.refresh_from_db()
        assert (model.state, model.error) == ("retired", "it broke")


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_ring_is_trimmed_while_chunks_are_given_up(
    hill: Cast, ring: Ring, monkeypatch, settings
):
    """The pass wants the old chunk, given up and not committed, and has the next one's row."""
    settings.RING_AGE_S = 600
    camera, passes = hill.lamp_hill.camera, []

    def trimmed() -> None:
        try:
            with system_scope("test"):
                trim(ring)
        finally:
            connection.close()

    def emit_later(**event):
        clock.shift(2)
        passes.append(Thread(target=trimmed))
        passes[0].start()
        deadline = time.monotonic() + 10
        while passes[0].is_alive() and not _somebody_waits():
            assert time.monotonic() < deadline
        return emit(**event)

    monkeypatch.setattr(waiting, "emit", emit_later)
    now = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
    with time_machine.travel(now, tick=False) as clock:
        with mine_scope(camera.mine_id):
            [old] = put(ring, camera, now - timedelta(seconds=700))
            Chunk.objects.filter(pk=old.pk).update(worth=Worth.ALARM)
            [young] = put(ring, camera, now - timedelta(seconds=119))
            Analysis.objects.filter(camera=camera).update(lease_token="held", analysed_until=now)
        found = next_chunk(camera, "held")
        passes[0].join(10)
        assert found is not None and found[1] == young
        with system_scope("test"):
            assert trim(ring) == 1, "what somebody wrote is left for the next pass"
            assert list(Chunk.objects.all()) == [young]
