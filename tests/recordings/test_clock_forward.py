"""A clock that is set forward makes no recording old at once: it may be set right again."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.cameras.models import Chunk
from apps.cameras.recording import Recording
from apps.live import clock as clocks
from apps.live.clock import clock_look
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.recordings.recorded import put
from workers.media.ring import Ring

AGE_S = 1800.0


@pytest.fixture
def hill(cast: Cast) -> Iterator[Cast]:
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """This machine's clock, which goes on; what passes beside it (monotonic) nobody sets."""
    with time_machine.travel(timezone.now()) as clock:
        clock_look()
        yield clock


def house_kept(one: Recording) -> int:
    """Look at the clock, then let go what is old, as the recorder does; return what is left."""
    one.clock.look()
    one._keep_house(whole=True)
    return Chunk.objects.count()


def recorder(hill: Cast, ring: Ring, settings) -> Recording:
    settings.RING_AGE_S = AGE_S
    one = Recording(hill.lamp_hill.mine.pk)
    for minutes in (50, 10):
        put(one.ring, hill.lamp_hill.camera, timezone.now() - timedelta(minutes=minutes), 5)
    assert house_kept(one) == 5, "what is older than half an hour goes"
    return one


def test_a_clock_set_a_year_ahead_and_back_costs_no_recording(
    hill: Cast, ring: Ring, settings, clock: time_machine.Traveller
):
    one = recorder(hill, ring, settings)
    clock.shift(timedelta(days=365))
    assert [house_kept(one), house_kept(one)] == [5, 5]
    clock.shift(timedelta(days=-365))
    assert house_kept(one) == 5


def test_a_recorder_that_is_started_anew_under_such_a_clock_deletes_nothing(
    hill: Cast, ring: Ring, settings, clock: time_machine.Traveller
):
    recorder(hill, ring, settings).ring.give_back()
    clock.shift(timedelta(days=365))
    assert house_kept(Recording(hill.lamp_hill.mine.pk)) == 5


def test_a_clock_that_stays_ahead_is_believed_in_the_end(
    hill: Cast, ring: Ring, settings, clock: time_machine.Traveller, monkeypatch
):
    one = recorder(hill, ring, settings)
    clock.shift(timedelta(hours=1))
    assert house_kept(one) == 5
    monkeypatch.setattr(clocks, "BELIEVED_AFTER", timedelta(minutes=9))
    clock_look()
    monkeypatch.setattr(clocks, "STEP", timedelta(minutes=20))
    clock.shift(timedelta(minutes=10))
    clock_look()
    assert house_kept(one) == 0
