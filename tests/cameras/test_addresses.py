"""What may stand as a camera's address, and what of it is kept."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError

from apps.cameras.models import Camera
from apps.cameras.probing import try_source
from apps.cameras.secrets import stream_url
from apps.cameras.services import camera_create
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.media.make import video


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


@pytest.mark.parametrize("way_out", ["%2e%2e/ring/theirs.mp4", "link.mp4"])
def test_a_file_is_judged_by_the_very_path_that_is_opened(
    hill: Cast, settings, tmp_path: Path, way_out: str
):
    (tmp_path / "ring").mkdir()
    (tmp_path / "videos").mkdir()
    theirs = video(tmp_path / "ring" / "theirs.mp4", seconds=1)
    (tmp_path / "videos" / "link.mp4").symlink_to(theirs)
    settings.FILE_SOURCES = [str(tmp_path / "videos")]
    sly = f"file://{tmp_path}/videos/{way_out}"
    tried = try_source(url=sly)
    assert not tried["ok"] and "DAVY_FILE_SOURCES" in tried["reason"]
    with pytest.raises(ValidationError):
        camera_create(area=hill.lamp_hill.area, name="Sly", main_url=sly)
    old = Camera(mine_id=hill.lamp_hill.mine.pk, main_url=sly)
    with pytest.raises(ImproperlyConfigured):
        stream_url(old, "main")


def test_a_file_whose_name_needs_signs_is_stored_by_its_path(hill: Cast, settings, tmp_path: Path):
    settings.FILE_SOURCES = [str(tmp_path)]
    camera = camera_create(
        area=hill.lamp_hill.area, name="Film", main_url=f"file://{tmp_path}/a%20%252e.avi"
    )
    assert camera.main_url == f"file:{tmp_path}/a %2e.avi"
    assert stream_url(camera, "main") == camera.main_url
