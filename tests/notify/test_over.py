"""Who is told that an alarm is over, and who not."""

import json
from typing import Any

import time_machine
from django.utils import timezone

from apps.alarms.answers import alarm_acknowledge
from apps.alarms.models import Flood
from apps.notify.message import alarm_facts, message
from apps.notify.models import Route
from tests.cast import an_alarm
from tests.notify.desk import Desk
from tests.notify.receivers import Receiver


def test_who_was_never_told_is_not_told_that_it_is_over(desk: Desk, hook: Receiver):
    from apps.alarms.services import alarm_clear

    route = desk.route("feishu", address=hook.url, cleared=True)
    alarm = an_alarm(desk.cast.lamp_hill)
    alarm_clear(camera=desk.cast.lamp_hill.camera, rule="r1", situation="r1:1", at=alarm.raised_at)
    alarm_acknowledge(alarm=alarm, actor=desk.cast.operator)
    desk.ring(route)
    assert [one.state for one in desk.log()] == ["dropped", "dropped"]
    assert hook.requests == []


def raised_late(desk: Desk, hook: Receiver, clock: Any) -> Route:
    """Let the receiver be away while an alarm is told, and the alarm be over before it is back."""
    from apps.alarms.services import alarm_clear

    hook.answers = [(500, {}, b""), (200, {}, b'{"code": 0}')]
    route = desk.route("feishu", address=hook.url, cleared=True)
    alarm = an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    alarm_clear(camera=desk.cast.lamp_hill.camera, rule="r1", situation="r1:1", at=alarm.raised_at)
    clock.shift(1)
    desk.ring(route)
    return route


def test_who_is_told_late_is_told_also_that_it_is_over_and_afterwards(desk: Desk, hook: Receiver):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        route = raised_late(desk, hook, clock)
        assert [one.state for one in desk.log()] == ["waiting", "waiting"]
        for _ in range(3):
            clock.shift(6)
            desk.ring(route)
    raised, over = desk.log()
    assert (raised.kind, raised.state) == ("raised", "sent")
    assert (over.kind, over.state, over.attempts) == ("cleared", "sent", 1)
    assert desk.tries(raised)[-1].pk < desk.tries(over)[0].pk


def test_who_is_not_told_after_all_is_not_told_that_it_is_over(desk: Desk, hook: Receiver):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        route = raised_late(desk, hook, clock)
        alarm_acknowledge(alarm=desk.log()[0].alarm, actor=desk.cast.operator)
        for _ in range(3):
            clock.shift(6)
            desk.ring(route)
    assert [one.state for one in desk.log()] == ["dropped", "dropped"]
    assert len(hook.requests) == 1


def test_what_was_folded_in_a_flood_is_told_to_be_over_after_it(desk: Desk, hook: Receiver):
    from apps.alarms.services import alarm_clear

    hook.answers = [(200, {}, b'{"errcode": 0}')]
    route = desk.route("wecom", address=hook.url, severities=["low"], cleared=True)
    flood = Flood.objects.create(mine=desk.mine, since=timezone.now())
    alarm = an_alarm(desk.cast.lamp_hill, severity="low")
    flood.ended_at = timezone.now()
    flood.save()
    alarm_clear(camera=desk.cast.lamp_hill.camera, rule="r1", situation="r1:1", at=alarm.raised_at)
    desk.ring(route)
    assert [one.state for one in desk.log(kind="cleared")] == ["sent"]


def test_the_link_of_what_is_over_says_to_look_at_it(desk: Desk):
    alarm = an_alarm(desk.cast.lamp_hill)
    facts, now = alarm_facts(alarm), timezone.now()
    links = {
        language: message(
            kind="cleared", facts=facts, language=language, created_at=now, now=now
        ).link
        for language in ("en", "zh-hans")
    }
    assert links == {"en": "Look at it", "zh-hans": "查看"}


def test_a_program_knows_by_the_step_which_of_two_messages_is_of_what_happened_later(
    desk: Desk, hook: Receiver
):
    from apps.alarms.services import alarm_clear

    hook.answers = [(500, {}, b""), (200, {}, b"")]
    route = desk.route("webhook", address=hook.url, cleared=True)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        alarm = an_alarm(desk.cast.lamp_hill)
        desk.ring(route)
        clock.shift(-1)  # the server's clock is set back a little
        seen = {"rule": "r1", "situation": "r1:1", "at": alarm.raised_at}
        alarm_clear(camera=desk.cast.lamp_hill.camera, **seen)
        desk.ring(route)
        clock.shift(20)
        desk.ring(route)
    arrived = [json.loads(request.body) for request in hook.requests[1:]]
    assert [one["type"] for one in arrived] == ["alarm.cleared", "alarm.raised"]
    over, raised = arrived
    assert over["timestamp"] < raised["timestamp"]
    assert over["data"]["step"] > raised["data"]["step"]
    steps = alarm.transitions.order_by("pk").values_list("pk", flat=True)
    assert [raised["data"]["step"], over["data"]["step"]] == list(steps)
