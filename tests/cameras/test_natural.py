"""Cameras and places stand in the order in which people count."""

import pytest

from apps.cameras.selectors import cameras
from apps.cameras.services import camera_create
from apps.mines.models import Area
from apps.mines.selectors import areas
from apps.tenancy.scope import mine_scope
from tests.cast import Cast

NAMES = ["Belt 2", "Belt 10", "Belt 10 b", "Belt 012", "Belt 123456789012", "绞车 3", "绞车 21"]


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def test_the_tenth_camera_stands_after_the_second(hill: Cast):
    for name in reversed(NAMES):
        camera_create(area=hill.lamp_hill.area, name=name, main_url="rtsp://10.0.0.7/main")
    names = [camera.name for camera in cameras()]
    assert [name for name in names if name in NAMES] == NAMES


def test_so_does_the_tenth_place(hill: Cast):
    mine = hill.lamp_hill.mine
    for number in (10, 9, 1):
        Area.objects.create(mine=mine, name=f"Level {number}")
    found = [area.name for area in areas(mine=mine) if area.name.startswith("Level")]
    assert found == ["Level 1", "Level 9", "Level 10"]
