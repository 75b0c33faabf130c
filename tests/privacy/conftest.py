"""Lamp Hill with a ready clip in the store.

Read before Django has its settings: what needs them is imported within.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from apps.evidence.models import Clip
    from tests.cast import Cast


@pytest.fixture
def hill(cast: Cast, settings: Any, tmp_path: Path) -> Iterator[Cast]:
    """The cast, in the scope of Lamp Hill, with a ring of the test's own."""
    from apps.tenancy.scope import mine_scope

    settings.RING_DIR, settings.VAR = tmp_path / "ring", tmp_path / "var"
    settings.RING_MIN_FREE_BYTES = 0
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


@pytest.fixture
def clip(hill: Cast, settings: Any) -> Clip:
    """A ready clip of four seconds in the store."""
    from django.utils import timezone

    from apps.evidence.services import clip_make
    from tests.cast import an_alarm
    from tests.film import record_chunks
    from workers.media.ring import Ring

    at = timezone.now() - timedelta(seconds=40)
    alarm = an_alarm(hill.lamp_hill, at=at, severity="high")
    record_chunks(Ring(settings.RING_DIR, durable=False), hill.lamp_hill.camera, at, 4)
    found = alarm.clips.get()
    clip_make(clip_id=found.pk, mine_id=found.mine_id)
    found.refresh_from_db()
    assert found.state == found.State.READY
    return found
