"""A mine with a ring and a workshop of its own, and a bundle that was taken away.

Read before Django has its settings: what needs them is imported within.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cast import Cast


@pytest.fixture
def hill(cast: Cast, settings, tmp_path) -> Iterator[Cast]:
    from apps.tenancy.scope import mine_scope

    settings.RING_DIR = tmp_path / "ring"
    settings.RING_MIN_FREE_BYTES = 0
    settings.VAR = tmp_path / "var"
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


@pytest.fixture
def taken(hill: Cast, tmp_path) -> Path:
    """A bundle of one alarm, with acts about something else before, between and after."""
    from apps.audit.services import record
    from tests.bundles.packing import an_alarm_with_clip, ask, packed

    other = {"subject": "row", "mine_id": hill.lamp_hill.mine.pk, "part": "test"}
    record(action="other.before", **other)
    alarm = an_alarm_with_clip(hill, tmp_path)
    record(action="other.between", **other, detail={"secret": "nobody's business"})
    return packed(ask(hill, alarm), tmp_path)
