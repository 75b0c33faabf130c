"""Lamp Hill's camera over the winch.

Read before Django has its settings: what needs them is imported within.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from apps.cameras.models import Camera
    from tests.cast import Cast
    from tests.loops import Loop


@pytest.fixture(scope="module")
def winch() -> Loop:
    from tests.loops import loop

    return loop("winch-house")


@pytest.fixture
def camera(cast: Cast, winch: Loop) -> Camera:
    """Lamp Hill's camera over the winch, with the demo's scene and a sub-stream."""
    from apps.cameras.services import camera_update
    from apps.rules.services import scene_publish
    from apps.tenancy.scope import mine_scope

    with mine_scope(cast.lamp_hill.mine.pk):
        camera = camera_update(camera=cast.lamp_hill.camera, sub_url="rtsp://10.0.0.9/sub")
        scene_publish(camera=camera, document=winch.scene, reason="test")
    return camera


@pytest.fixture
def start(winch: Loop) -> datetime:
    """The loop's first second, such that its last one is now."""
    from django.utils import timezone

    return timezone.now() - timedelta(seconds=len(winch.chunks))
