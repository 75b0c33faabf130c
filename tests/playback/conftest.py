"""A ring, and a mine whose looks are not noted yet.

Read before Django has its settings: what needs them is imported within.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cast import Cast
    from workers.media.ring import Ring


@pytest.fixture
def ring(ring: Ring, settings, tmp_path) -> Ring:
    settings.VAR = tmp_path
    return ring


@pytest.fixture
def hill(cast: Cast) -> Iterator[Cast]:
    from django.core.cache import cache

    from apps.tenancy.scope import mine_scope

    cache.clear()
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast
