"""A clock that is set forward makes nothing old at once: it may be set right again."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.evidence.expiry import clips_expire
from apps.evidence.holds import hold_place, holds_due
from apps.evidence.models import Clip, Hold, Sighting
from apps.evidence.sightings import sightings_forget
from apps.live import clock as clocks
from apps.live.clock import age_of, clock_look, now_for_age
from apps.live.models import Event
from apps.live.services import events_forget
from apps.notify import tasks as messages
from apps.notify.models import Delivery, Kind
from apps.notify.services import route_create
from apps.playback.models import Motion
from apps.playback.services import motion_forget
from apps.readings.models import Reading
from apps.readings.services import readings_forget
from apps.recordings.keeping import retention_set
from apps.signals.models import Signal
from apps.signals.past import signals_forget
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FAR = timedelta(days=1000)


@pytest.fixture
def hill(cast: Cast) -> Iterator[Cast]:
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


@pytest.fixture
def clock(db: None) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        clock_look()
        yield clock


def an_hour_ago(hill: Cast) -> None:
    """Let one of everything be there that goes when it is old, and a hold that ends tomorrow."""
    place, then = hill.lamp_hill, timezone.now() - HOUR
    mine_id, camera = place.mine.pk, place.camera
    retention_set(mine=place.mine, actor=hill.owner, clip_years=1.0)
    free, held = (an_alarm(place, rule=rule, at=then).clips.get() for rule in ("r1", "r2"))
    Clip.objects.update(state=Clip.State.READY, key="k", bytes=1, wanted_until=then)
    until = timezone.now() + DAY
    hold_place(actor=hill.admin, clip=held, reason="case 7", until=until)
    Sighting.objects.create(
        mine_id=mine_id, camera=camera, at=then, rule="r1", rule_type="x", level="danger",
        state="raised", scene_version=1,
    )  # fmt: skip
    Motion.objects.create(mine_id=mine_id, camera=camera, since=then, until=then)
    Reading.objects.create(mine_id=mine_id, camera=camera, name="a.level_m", at=then, value=1.0)
    for minutes in (0, 1):
        at = then + timedelta(minutes=minutes)
        Signal.objects.create(mine_id=mine_id, machine=place.machine, state="STOPPED", at=at)
    route, _secret = route_create(
        mine=place.mine, channel="email", name="Mail", address="chen@example.com", actor=hill.admin
    )
    Delivery.objects.create(
        mine_id=mine_id, route=route, kind=Kind.TEST, occasion="x", severity="low", next_at=then,
        give_up_at=then, created_at=then, ended_at=then, state=Delivery.State.SENT,
    )  # fmt: skip


def left(hill: Cast) -> dict[str, int]:
    """Delete what is old, as the beat's tasks do, and count what there is then."""
    holds_due()
    clips_expire()
    signals_forget(mine_id=hill.lamp_hill.mine.pk)
    messages.forget()
    with system_scope("housekeeping"):
        for forget in (readings_forget, events_forget, sightings_forget, motion_forget):
            forget()
    return {
        "videos": Clip.objects.filter(state=Clip.State.READY).count(),
        "holds": Hold.objects.filter(ended_at=None).count(),
        **{
            model.__name__: model.objects.count()
            for model in (Sighting, Motion, Reading, Signal, Delivery)
        },
        "events": Event.objects.exists(),
    }


def work(clock: time_machine.Traveller, span: timedelta) -> None:
    """Let Davy be at work for so long; that is, look at the clock again and again."""
    for _look in range(round(span / clocks.STEP)):
        clock.shift(clocks.STEP)
        clock_look()


def test_a_clock_set_years_ahead_and_back_costs_no_proof(hill: Cast, clock: time_machine.Traveller):
    an_hour_ago(hill)
    all_of_it = left(hill)
    clock.shift(FAR)
    assert left(hill) == all_of_it, "before anybody looked at the clock"
    work(clock, 9 * clocks.STEP)
    assert left(hill) == all_of_it
    clock.shift(-FAR)
    clock_look()
    assert left(hill) == all_of_it
    assert now_for_age() == timezone.now(), "and all is as before"


def test_a_clock_that_runs_on_for_a_day_is_believed(hill: Cast, clock: time_machine.Traveller):
    an_hour_ago(hill)
    clock.shift(FAR)
    clock_look()
    work(clock, clocks.BELIEVED_AFTER - clocks.STEP)
    assert now_for_age() == timezone.now() - FAR
    work(clock, clocks.STEP)
    assert now_for_age() == timezone.now()
    assert left(hill) == {
        "videos": 0, "holds": 0, "Sighting": 0, "Motion": 0, "Reading": 0, "Signal": 1,
        "Delivery": 0, "events": True,
    }  # fmt: skip


def test_a_mine_that_is_switched_off_each_night_still_forgets(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clocks, "BELIEVED_AFTER", 15 * clocks.STEP)
    for _day in range(4):
        clock.shift(12 * HOUR)
        clock_look()
        work(clock, 10 * clocks.STEP)
    assert now_for_age() == timezone.now()


def test_the_health_page_says_that_the_clock_jumped(cast: Cast, clock: time_machine.Traveller):
    def said() -> str:
        client = Client()
        client.force_login(cast.admin)
        return client.get("/portal/health/").content.decode()

    assert "runs on without a jump" in said()
    clock.shift(2 * DAY)
    clock_look()
    assert "went forward by 2\xa0days at once" in said()
    assert "from 24 hours of work on" in said()


def test_only_what_was_there_before_the_step_is_younger_than_the_clock_says(hill: Cast):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        clock_look()
        before = timezone.now()
        clock.shift(5)
        clock.shift(HOUR)
        after = timezone.now()
        assert age_of(before) < HOUR / 60, "also before anybody looked"
        clock.shift(5)
        assert age_of(after) == timedelta(seconds=5)
        for _ in range(10):
            clock_look()
            clock.shift(30)
        assert age_of(after) == timedelta(seconds=305)
        assert timedelta(seconds=290) <= age_of(before) <= timedelta(seconds=310)
