"""Messages are sent also after this machine's clock was set back: nothing waits for that future."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.notify import tasks
from apps.notify.channels import TRAITS
from apps.notify.delivery import LEASE_S
from apps.notify.models import Route
from tests.cast import an_alarm
from tests.notify.desk import Desk
from tests.notify.receivers import Receiver

RIGHT = timezone.now()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that is an hour ahead; `set_back` puts it right."""
    with time_machine.travel(RIGHT + timedelta(hours=1), tick=False) as clock:
        yield clock


@pytest.fixture
def rung(monkeypatch) -> list[int]:
    """The routes that the sweep rang for."""
    rung: list[int] = []
    monkeypatch.setattr(tasks.deliver, "delay", lambda route, mine: rung.append(route))
    return rung


def test_a_message_that_failed_once_is_tried_again(
    desk: Desk, hook: Receiver, clock: time_machine.Traveller, rung: list[int]
):
    hook.answers = [(503, {}, b""), (503, {}, b""), (200, {}, b"")]
    route = desk.route("webhook", address=hook.url)
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    clock.move_to(RIGHT)
    rung.clear()
    tasks.sweep()
    assert rung == [route.pk]
    desk.ring(route)
    tasks.sweep()
    assert rung == [route.pk], "the next try is at its distance, as ever"
    clock.shift(20)
    tasks.sweep()
    desk.ring(route)
    (one,) = desk.log()
    assert (one.state, one.attempts) == ("sent", 3)


def test_a_message_that_nobody_tried_yet_is_sent_once(
    desk: Desk, hook: Receiver, clock: time_machine.Traveller, rung: list[int]
):
    route = desk.route("webhook", address=hook.url)
    an_alarm(desk.cast.lamp_hill)
    clock.move_to(RIGHT)
    rung.clear()
    tasks.sweep()
    assert rung == [route.pk]
    desk.ring(route)
    tasks.sweep()
    assert rung == [route.pk] and len(hook.requests) == 1


def test_whoever_died_while_sending_gives_the_route_back(
    desk: Desk, hook: Receiver, clock: time_machine.Traveller, rung: list[int]
):
    route = desk.route("webhook", address=hook.url)
    an_alarm(desk.cast.lamp_hill)
    held = Route.objects.filter(pk=route.pk)
    held.update(lease_token="dead", lease_until=timezone.now() + timedelta(seconds=LEASE_S))
    clock.move_to(RIGHT)
    tasks.sweep()
    assert rung[-1:] == [route.pk]
    held.update(lease_token="lives", lease_until=timezone.now() + timedelta(seconds=LEASE_S))
    rung.clear()
    tasks.sweep()
    assert rung == [], "a lease of the present holds"


def test_what_was_sent_in_that_future_takes_no_turn_from_what_is_to_be_sent_now(
    desk: Desk, hook: Receiver, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
):
    few = replace(TRAITS["webhook"], most_a_minute=1)
    monkeypatch.setitem(TRAITS, "webhook", few)
    route = desk.route("webhook", address=hook.url, severities=["critical", "medium"])
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    clock.move_to(RIGHT)
    an_alarm(desk.cast.lamp_hill, rule="r2", situation="r2:1", severity="medium")
    desk.ring(route)
    assert len(hook.requests) == 2
