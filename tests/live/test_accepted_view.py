"""A person accepts what a camera shows; which chunk is then taken as its usual view."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.cameras import analysis
from apps.cameras.models import Camera
from apps.cameras.services import view_accept
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.live.watched import drain_all, fed, state_of
from tests.loops import Loop
from workers.media.ring import Ring

pytestmark = pytest.mark.live


def accepted(camera: Camera, cast: Cast, at: datetime) -> None:
    with time_machine.travel(at, tick=False), mine_scope(camera.mine_id):
        view_accept(camera=camera, actor=cast.admin)


def test_a_view_is_accepted_with_the_first_chunk_that_was_recorded_after_the_click(
    ring: Ring, camera: Camera, cast: Cast, winch: Loop, start, monkeypatch
):
    """What waited meanwhile may show the view before the move, which nobody accepted."""
    taken: list[bool] = []
    analyse = analysis.engine.analyse

    def seen(scene, state, chunk, **more):
        taken.append(chunk.accept_view)
        return analyse(scene, state, chunk, **more)

    monkeypatch.setattr(analysis.engine, "analyse", seen)
    fed(ring, camera, winch.chunks[:4], start)
    accepted(camera, cast, start + timedelta(seconds=1.5))
    drain_all(camera)
    assert taken == [False, False, True, False]
    assert state_of(camera).view_accepted_at is None


def test_a_view_that_was_accepted_before_the_clock_was_set_back_is_taken_at_once(
    ring: Ring, camera: Camera, cast: Cast, winch: Loop, start
):
    fed(ring, camera, winch.chunks[:1], start)
    accepted(camera, cast, timezone.now() + timedelta(hours=1))
    drain_all(camera)
    assert state_of(camera).view_accepted_at is None
