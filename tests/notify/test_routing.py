"""Whom an alarm calls: at once, at each step, in its hours and places; once, and not after all."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.alarms.answers import alarm_acknowledge
from apps.alarms.escalation import escalations_due
from apps.alarms.models import Alarm, Flood
from apps.alarms.services import alarm_clear
from apps.alarms.silences import silence_ask
from apps.live.models import Event
from apps.mines.services import area_create
from apps.notify import routing
from apps.notify.models import Delivery
from apps.notify.routing import route_step
from tests.cast import NOON, an_alarm
from tests.notify.desk import Desk

ALL = ["critical", "high", "medium", "low"]


def climb(after_s: float) -> None:
    """Let the beat come so long from now."""
    escalations_due(now=timezone.now() + timedelta(seconds=after_s))


def told(desk: Desk) -> list[tuple[str, str, int]]:
    """List what was written: route, kind, and the rung."""
    return [(one.route.name, one.kind, one.facts["rung"]) for one in desk.log()]


def test_an_alarm_calls_at_once_and_each_step_calls_its_own_route(desk: Desk, inside: None):
    desk.route("webhook", name="all", address="http://127.0.0.1:9/", steps=[0, 1, 2])
    desk.route("wecom", name="leader", address="http://127.0.0.1:9/", steps=[1])
    desk.route("wecom", name="director", address="http://127.0.0.1:9/", steps=[3])
    an_alarm(desk.cast.lamp_hill)
    assert told(desk) == [("all", "raised", 0)]
    climb(30)
    assert told(desk)[1:] == [("all", "told", 1), ("leader", "told", 1)]
    assert {one.facts["whom"] for one in desk.log(kind="told")} == {"shift_leader"}
    climb(300)
    assert told(desk)[3:] == [("all", "told", 2), ("director", "told", 3)]


def test_an_answer_stops_further_steps(desk: Desk, inside: None):
    desk.route("webhook", address="http://127.0.0.1:9/", steps=[0, 1, 2, 3])
    alarm = an_alarm(desk.cast.lamp_hill)
    climb(30)
    alarm_acknowledge(alarm=alarm, actor=desk.cast.operator)
    climb(3600)
    assert told(desk) == [("webhook", "raised", 0), ("webhook", "told", 1)]


def test_a_step_that_comes_twice_is_one_message(desk: Desk, inside: None):
    desk.route("webhook", address="http://127.0.0.1:9/")
    alarm = an_alarm(desk.cast.lamp_hill)
    route_step(alarm=alarm, step=alarm.transitions.get())
    an_alarm(desk.cast.lamp_hill)
    assert len(desk.log()) == 1


def test_what_becomes_worse_calls_again(desk: Desk, inside: None):
    desk.route("webhook", address="http://127.0.0.1:9/", severities=["critical"])
    an_alarm(desk.cast.lamp_hill, severity="high", level="warning")
    assert told(desk) == []
    an_alarm(desk.cast.lamp_hill)
    assert told(desk) == [("webhook", "worse", 0)]


def test_a_lesser_alarm_that_comes_back_critical_calls_at_once(desk: Desk, inside: None):
    desk.route("webhook", name="all", address="http://127.0.0.1:9/", severities=ALL)
    desk.route("wecom", name="critical", address="http://127.0.0.1:9/", severities=["critical"])
    an_alarm(desk.cast.lamp_hill, severity="high", level="warning")
    over = NOON + timedelta(seconds=5)
    alarm_clear(camera=desk.cast.lamp_hill.camera, rule="r1", situation="r1:1", at=over)
    again = NOON + timedelta(seconds=60)
    alarm = an_alarm(desk.cast.lamp_hill, situation="r1:2", at=again)
    assert (alarm.severity, alarm.state, alarm.count) == ("critical", "unacknowledged", 2)
    assert told(desk) == [("all", "raised", 0), ("all", "worse", 0), ("critical", "worse", 0)]


def test_who_was_told_hears_that_it_is_over_where_the_route_says_so(desk: Desk, inside: None):
    desk.route("webhook", name="both", address="http://127.0.0.1:9/", cleared=True)
    desk.route("wecom", name="first", address="http://127.0.0.1:9/")
    desk.route(
        "wecom", name="others", address="http://127.0.0.1:9/", cleared=True, severities=["low"]
    )
    an_alarm(desk.cast.lamp_hill)
    at = NOON + timedelta(seconds=9)
    alarm_clear(camera=desk.cast.lamp_hill.camera, rule="r1", situation="r1:1", at=at)
    assert told(desk)[2:] == [("both", "cleared", 0)]


def test_a_shelved_alarm_calls_nobody(desk: Desk, inside: None):
    desk.route("webhook", address="http://127.0.0.1:9/", severities=ALL, cleared=True)
    place = desk.cast.lamp_hill
    silence_ask(
        camera=place.camera, rule="r2", kind="shelved", length=timedelta(hours=1),
        reason="repair", actor=desk.cast.operator,
    )  # fmt: skip
    an_alarm(place, rule="r2", situation="r2:1", severity="high")
    alarm_clear(camera=place.camera, rule="r2", situation="r2:1", at=NOON)
    assert told(desk) == []


@pytest.mark.parametrize(
    ("hour_utc", "expected"),
    [(13, 0), (14, 1), (15, 1), (16, 1), (21, 1), (22, 0), (23, 0)],
)
def test_a_night_shift_is_told_at_night_by_the_mines_clock(
    desk: Desk, inside: None, hour_utc: int, expected: int
):
    # Shanghai: 22:00 is 14:00 UTC, and 06:00 is 22:00 UTC of the day before.
    desk.route("webhook", address="http://127.0.0.1:9/", since=time(22), until=time(6))
    with time_machine.travel(datetime(2026, 3, 4, hour_utc, 30, tzinfo=UTC), tick=False):
        an_alarm(desk.cast.lamp_hill)
    # 13:30 is 21:30 there: not yet. 21:30 is 05:30 there: still.
    assert len(desk.log()) == expected


def test_a_route_of_other_places_is_not_told(desk: Desk, inside: None):
    mine, here = desk.mine, desk.cast.lamp_hill.area
    sump = area_create(mine=mine, name="Sump A")
    desk.route("webhook", name="there", address="http://127.0.0.1:9/", areas=[sump.pk])
    desk.route("wecom", name="here", address="http://127.0.0.1:9/", areas=[here.pk, sump.pk])
    an_alarm(desk.cast.lamp_hill)
    assert told(desk) == [("here", "raised", 0)]


def test_a_route_that_is_not_in_use_is_not_told(desk: Desk, inside: None):
    desk.route("webhook", address="http://127.0.0.1:9/", enabled=False)
    an_alarm(desk.cast.lamp_hill)
    assert told(desk) == []


def test_each_mail_address_gets_a_message_of_its_own(desk: Desk):
    desk.route("email", address="li@example.com, wang@example.com; li@example.com")
    an_alarm(desk.cast.lamp_hill)
    assert [one.target for one in desk.log()] == ["li@example.com", "wang@example.com"]


def test_in_a_flood_lesser_alarms_fold_into_one_message_and_severe_ones_never(
    desk: Desk, inside: None
):
    route = desk.route("wecom", address="http://127.0.0.1:9/", severities=ALL)
    programs = desk.route("webhook", address="http://127.0.0.1:9/", severities=ALL)
    place = desk.cast.lamp_hill
    since = timezone.now()
    with time_machine.travel(since, tick=False):
        Flood.objects.create(mine=desk.mine, since=since)
        for number, severity in enumerate(["low", "medium", "low", "high", "critical"]):
            an_alarm(place, rule=f"r{number}", situation=f"r{number}:1", severity=severity)
    folded = desk.log(route=route, state="folded")
    (summary,) = desk.log(route=route, kind="folded")
    assert [one.severity for one in folded] == ["low", "medium", "low"]
    assert {one.into_id for one in folded} == {summary.pk}
    assert summary.next_at == since + timedelta(seconds=routing.FOLD_S + routing.FOLD_SLACK_S)
    single = desk.log(route=route, state="waiting", kind="raised")
    assert [one.severity for one in single] == ["high", "critical"]
    assert len(desk.log(route=programs, state="waiting", kind="raised")) == 5
    with time_machine.travel(since + timedelta(seconds=routing.FOLD_S), tick=False):
        an_alarm(place, rule="r9", situation="r9:1", severity="low")
    assert len(desk.log(route=route, kind="folded")) == 2, "the next span has its own"


def test_an_alarm_stands_though_the_routes_are_broken(
    desk: Desk, inside: None, monkeypatch: pytest.MonkeyPatch
):
    desk.route("webhook", address="http://127.0.0.1:9/")

    def broken(*_: object, **__: object) -> None:
        Delivery.objects.create(mine_id=desk.mine.pk)  # the database refuses it

    monkeypatch.setattr(routing, "alarm_facts", broken)
    alarm = an_alarm(desk.cast.lamp_hill)
    assert Alarm.objects.filter(pk=alarm.pk).exists() and desk.log() == []
    assert Event.objects.get(kind="notify.broken").payload["alarm"] == alarm.pk


def test_a_mine_without_routes_asks_the_database_one_question(
    desk: Desk, django_assert_num_queries
):
    alarm = an_alarm(desk.cast.lamp_hill)
    step = alarm.transitions.get()
    with django_assert_num_queries(3):  # and a savepoint's two
        route_step(alarm=alarm, step=step)
