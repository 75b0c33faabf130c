"""Lamp Hill with a route that is called at once, and a second camera at its slope.

Read before Django has its settings: what needs them is imported within.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cast import Cast, Place


@pytest.fixture
def hill(cast: Cast) -> Iterator[Cast]:
    """Lamp Hill, with a route that is called at once for critical alarms."""
    from apps.notify.services import route_create
    from apps.tenancy.scope import mine_scope

    with mine_scope(cast.lamp_hill.mine.pk):
        route_create(mine=cast.lamp_hill.mine, channel="email", actor=cast.admin, name="mail",
                     address="boss@example.org", severities=["critical"], steps=[0])  # fmt: skip
        yield cast


@pytest.fixture
def other(hill: Cast) -> Place:
    """Another camera that looks at the same slope."""
    from apps.cameras.services import camera_create
    from apps.tenancy.scope import system_scope
    from tests.cast import Place

    here = hill.lamp_hill
    with system_scope("test"):
        camera = camera_create(area=here.area, name="Winch house 2", main_url="rtsp://10.0.0.9/b")
    return Place(here.mine, here.area, here.machine, camera)
