"""A recorder that begins records first, and looks afterwards for what a crash left."""

import threading
from pathlib import Path

import pytest
from django.db import connections

from apps.cameras.models import Chunk
from apps.cameras.recording import Recording
from apps.cameras.services import camera_update
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.media.make import video, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
LEFT = 7


def test_cameras_are_recorded_while_the_ring_is_scanned_and_what_was_left_is_entered_first(
    cast: Cast, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings.RING_DIR, settings.VAR = tmp_path / "ring", tmp_path / "var"
    settings.RING_MIN_FREE_BYTES = 0
    settings.FILE_SOURCES = [str(tmp_path)]
    place = cast.lamp_hill
    film = video(tmp_path / "film.mp4", key_every=2)
    with mine_scope(place.mine.pk):
        camera_update(camera=place.camera, main_url=f"file:{film}", sub_url="", chunk_s=1.0)
    one = Recording(place.mine.pk)
    one.ring.write(
        mine=place.mine.pk, camera=place.camera.pk, stream="main", sequence=LEFT,
        start_s=1_772_000_000.0, end_s=1_772_000_001.0, data=film.read_bytes(),
    )  # fmt: skip
    scanned, recover = [], one._recover

    def slowly() -> None:
        """Scan a ring so large that a chunk is recorded meanwhile."""
        scanned.append(wait_until(lambda: bool(one.made), 20.0))
        recover()

    def run() -> None:
        one.run()
        connections.close_all()

    monkeypatch.setattr(one, "_recover", slowly)
    thread = threading.Thread(target=run)
    thread.start()

    def entered() -> list[int]:
        with mine_scope(place.mine.pk):
            return list(Chunk.objects.order_by("pk").values_list("sequence", flat=True))

    came = wait_until(lambda: len(entered()) >= 3, 20.0)
    one.stop()
    thread.join(20.0)
    assert scanned == [True], "a chunk was on disk before the scan"
    assert came and not thread.is_alive()
    assert entered()[0] == LEFT and entered() == sorted(set(entered()))
    assert {file.sequence for file in one.ring.scan()} == set(entered()), (
        "nothing is left at the end"
    )
