"""A disk that does not let go of what is deleted: its rows stay, and no other recording waits."""

import errno
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from apps.cameras.models import Camera, Chunk, Worth
from apps.cameras.services import camera_create, camera_update
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.recordings.recorded import minutes_ago, put, seen, swept
from workers.media.ring import Ring


@pytest.fixture
def hill(cast: Cast, settings) -> Iterator[Cast]:
    settings.RING_AGE_S = 30 * 86400
    at = datetime(2026, 3, 4, 4, 30, tzinfo=UTC)
    with time_machine.travel(at), mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def rows_left(camera: Camera) -> set[int]:
    return set(Chunk.objects.filter(camera=camera).values_list("pk", flat=True))


@pytest.fixture
def worn(monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """Files that the disk does not let go."""
    files: set[Path] = set()
    unlink = Path.unlink

    def refusing(path: Path, missing_ok: bool = False) -> None:
        if path in files:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refusing)
    return files


def test_a_file_that_cannot_be_deleted_keeps_its_row_and_stops_no_other(
    hill: Cast, ring: Ring, worn: set[Path], settings
):
    camera = hill.lamp_hill.camera
    old = put(ring, camera, minutes_ago(180), 30)
    new = put(ring, camera, minutes_ago(1), 5)
    seen(camera, timezone.now())
    worn.add(ring.path(old[0].path))
    settings.RING_AGE_S = 3600
    assert swept(ring) == 29
    assert rows_left(camera) == {old[0].pk, *(row.pk for row in new)}
    worn.clear()
    assert swept(ring) == 1


def test_a_folder_of_which_nothing_can_be_deleted_stops_no_other_camera(
    hill: Cast, ring: Ring, worn: set[Path], settings
):
    camera, place = hill.lamp_hill.camera, hill.lamp_hill
    other = camera_create(area=place.area, name="Other", main_url="rtsp://10.0.0.8/main")
    stuck = put(ring, camera, minutes_ago(200), 60)
    free = put(ring, other, minutes_ago(180), 10)
    worn |= {ring.path(row.path) for row in stuck}
    settings.RING_BYTES = sum(row.bytes for row in [*stuck, *free]) - 5000
    assert swept(ring) >= 5
    settings.RING_AGE_S = 3600
    swept(ring)
    assert rows_left(camera) == {row.pk for row in stuck}
    assert rows_left(other) == set()


def test_what_no_policy_keeps_and_is_stuck_lets_the_next_be_judged(
    hill: Cast, ring: Ring, worn: set[Path]
):
    camera = camera_update(camera=hill.lamp_hill.camera, keeps="alarms")
    rows = put(ring, camera, minutes_ago(10), 3)
    seen(camera, timezone.now())
    worn.add(ring.path(rows[0].path))
    assert swept(ring) == 2
    assert Chunk.objects.get().worth == Worth.NOTHING
