"""What the recorder's tests share: a mine whose camera is a film, and a ring of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.media.make import video

if TYPE_CHECKING:
    from tests.cast import Cast, Place


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return video(tmp_path / "film.mp4", key_every=2)


@pytest.fixture
def filmed(cast: Cast, settings: Any, tmp_path: Path, film: Path) -> Place:
    """Lamp Hill, whose camera is a film, and an empty ring."""
    from apps.cameras.services import camera_update
    from apps.tenancy.scope import mine_scope

    settings.RING_DIR, settings.VAR = tmp_path / "ring", tmp_path / "var"
    settings.RING_MIN_FREE_BYTES = 0
    settings.FILE_SOURCES = [str(tmp_path)]
    place = cast.lamp_hill
    with mine_scope(place.mine.pk):
        camera_update(camera=place.camera, main_url=f"file:{film}", sub_url="", chunk_s=1.0)
    return place
