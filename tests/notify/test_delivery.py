"""What happens to a message: twice, late, never, killed in the middle, and when nobody is there."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from apps.alarms.answers import alarm_acknowledge
from apps.alarms.models import Flood
from apps.audit.models import AuditEntry
from apps.live.clock import clock_look
from apps.live.models import Event
from apps.notify import delivery as sending
from apps.notify import post as posting
from apps.notify.delivery import LEASE_S, drain
from apps.notify.models import Delivery, Route
from apps.notify.selectors import routes_waiting
from apps.notify.services import route_create, route_remove, route_update
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm, build_cast
from tests.database import ROOT
from tests.notify.desk import Desk
from tests.notify.receivers import Receiver, Server, receiver, unused_port


def waiting() -> list[int]:
    """List the routes for which the sweep would ring."""
    with system_scope("test"):
        return [route for route, _mine in routes_waiting(now=timezone.now())]


def test_an_alarm_reaches_a_webhook_once_however_often_the_bell_rings(desk: Desk, hook: Receiver):
    route = desk.route("webhook", address=hook.url)
    an_alarm(desk.cast.lamp_hill)
    assert waiting() == [route.pk]
    desk.ring(route)
    desk.ring(route)
    (one,) = desk.log()
    assert (one.state, one.said) == ("sent", "The receiver took it (200).")
    assert len(hook.requests) == 1 and waiting() == []


def test_the_bell_rings_after_the_commit(
    desk: Desk, inside: None, django_capture_on_commit_callbacks, monkeypatch: pytest.MonkeyPatch
):
    from apps.notify import tasks

    rung: list[tuple[int, int]] = []
    monkeypatch.setattr(tasks.deliver, "delay", lambda *key: rung.append(key))
    route = desk.route("webhook", address="http://127.0.0.1:9/")
    with django_capture_on_commit_callbacks(execute=True):
        an_alarm(desk.cast.lamp_hill)
        assert rung == []
    assert rung == [(route.pk, desk.mine.pk)]


def test_a_second_worker_is_turned_away_while_the_first_sends(desk: Desk, hook: Receiver):
    route = desk.route("webhook", address=hook.url)
    an_alarm(desk.cast.lamp_hill)
    until = timezone.now() + timedelta(seconds=LEASE_S)
    Route.objects.filter(pk=route.pk).update(lease_token="other", lease_until=until)
    assert desk.ring(route) is False
    assert hook.requests == [] and waiting() == []


def test_a_receiver_that_fails_is_tried_again_at_growing_distances(desk: Desk, hook: Receiver):
    hook.answers = [(500, {}, b""), (503, {"Retry-After": "120"}, b""), (204, {}, b"")]
    route = desk.route("webhook", address=hook.url)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        an_alarm(desk.cast.lamp_hill)
        desk.ring(route)
        (one,) = desk.log()
        wait = (one.next_at - timezone.now()).total_seconds()
        assert 4 <= wait <= 6, "the first wait is five seconds, more or less"
        desk.ring(route)
        assert len(hook.requests) == 1, "not before its time"
        clock.shift(10)
        desk.ring(route)
        (one,) = desk.log()
        assert one.next_at - timezone.now() == timedelta(seconds=120), "the receiver said when"
        clock.shift(120)
        desk.ring(route)
    (one,) = desk.log()
    assert one.state == "sent"
    said = [(try_.ok, try_.said) for try_ in desk.tries(one)]
    assert said == [
        (False, "The receiver answered 500."),
        (False, "The receiver answered 503."),
        (True, "The receiver took it (204)."),
    ]
    assert len({sent.headers["webhook-id"] for sent in hook.requests}) == 1


def test_a_dead_receiver_is_given_up_after_its_time_in_the_log_and_as_an_event(
    desk: Desk, inside: None
):
    route = desk.route("wecom", address=f"http://127.0.0.1:{unused_port()}/")
    began = timezone.now()
    with time_machine.travel(began, tick=False) as clock:
        an_alarm(desk.cast.lamp_hill)
        for _ in range(100):
            desk.ring(route)
            (one,) = desk.log()
            if one.state != "waiting":
                break
            clock.move_to(one.next_at)
        took = timezone.now() - began
    assert one.state == "failed" and one.attempts > 5
    assert timedelta(hours=3) < took <= timedelta(hours=4), "four hours are stated"
    assert one.said == "The receiver refuses the connection: no program listens there."
    told = Event.objects.get(kind="notify.given_up").payload
    assert (told["alarm"], told["name"], told["reason"]) == (one.alarm_id, "wecom", one.said)
    assert AuditEntry.objects.get(action="notify.given_up").part == "notify"
    assert waiting() == []


def test_a_clock_that_jumps_forward_gives_no_message_up(desk: Desk, hook: Receiver):
    hook.answers = [(503, {}, b""), (503, {}, b""), (204, {}, b"")]
    route = desk.route("webhook", address=hook.url)
    began = timezone.now()
    with time_machine.travel(began, tick=False) as clock:
        clock_look()
        an_alarm(desk.cast.lamp_hill)
        desk.ring(route)
        clock.shift(timedelta(days=2))
        desk.ring(route)
        (one,) = desk.log()
        assert (one.state, one.attempts) == ("waiting", 2), "tried for seconds, not a day"
        clock_look()
        clock.move_to(one.next_at)
        desk.ring(route)
    (one,) = desk.log()
    assert (one.state, one.attempts) == ("sent", 3)


def test_a_dead_receiver_is_given_up_in_its_time_although_the_clock_jumped_before(
    desk: Desk, hook: Receiver
):
    hook.answers = [(503, {}, b"")]
    route = desk.route("webhook", address=hook.url)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        clock_look()
        clock.shift(timedelta(days=2))
        clock_look()
        an_alarm(desk.cast.lamp_hill)
        Delivery.objects.update(give_up_at=timezone.now() + timedelta(minutes=3))
        for _ in range(8):
            desk.ring(route)
            clock.shift(30)
            clock_look()
    (one,) = desk.log()
    assert one.state == "failed", "it is asked for after the jump, and minutes are minutes"


def test_a_receiver_that_is_gone_for_good_is_given_up_at_once(desk: Desk, hook: Receiver):
    hook.answers = [(410, {}, b"")]
    route = desk.route("webhook", address=hook.url)
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    assert [one.state for one in desk.log()] == ["failed"]


@pytest.mark.parametrize("drip_s", [0, 0.05])
def test_a_slow_receiver_is_cut_off(
    desk: Desk, hook: Receiver, monkeypatch: pytest.MonkeyPatch, drip_s: float
):
    monkeypatch.setattr(posting, "TOTAL_S", 0.3)
    if drip_s:
        hook.answers, hook.slow_s = [(200, {}, b"x" * 200)], drip_s
    else:
        import threading

        hook.hold = threading.Event()
    route = desk.route("webhook", address=hook.url)
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    (one,) = desk.log()
    assert (one.state, one.said) == ("waiting", "The receiver did not answer within 10 s.")


def test_a_redirection_is_not_followed(desk: Desk, hook: Receiver):
    with receiver() as elsewhere:
        hook.answers = [(302, {"Location": elsewhere.url}, b"")]
        route = desk.route("webhook", address=hook.url)
        an_alarm(desk.cast.lamp_hill)
        desk.ring(route)
        assert elsewhere.requests == []
    assert "not followed" in desk.log()[0].said


def test_an_address_that_turns_private_after_it_was_saved_is_not_called(
    desk: Desk, hook: Receiver, settings: Any
):
    route = desk.route("webhook", address=hook.url)
    settings.NOTIFY_PRIVATE = []
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    (one,) = desk.log()
    assert hook.requests == [] and one.state == "failed"
    assert "private network" in one.said


def test_what_was_answered_before_it_got_out_is_not_sent_to_people(desk: Desk, hook: Receiver):
    people = desk.route("feishu", address=hook.url)
    programs = desk.route("webhook", address=hook.url)
    alarm = an_alarm(desk.cast.lamp_hill)
    alarm_acknowledge(alarm=alarm, actor=desk.cast.operator)
    desk.ring(people)
    desk.ring(programs)
    states = {one.route.channel: (one.state, one.said) for one in desk.log()}
    assert states["feishu"] == ("dropped", "The alarm was answered before this could be sent.")
    assert states["webhook"][0] == "sent", "a program hears all"


def test_a_route_that_is_switched_off_or_removed_sends_nothing_more(desk: Desk, hook: Receiver):
    off, gone = desk.route("webhook", address=hook.url), desk.route("wecom", address=hook.url)
    an_alarm(desk.cast.lamp_hill)
    route_update(route=off, actor=desk.cast.admin, enabled=False)
    route_remove(route=gone, actor=desk.cast.admin)
    desk.ring(off)
    desk.ring(gone)
    assert [one.state for one in desk.log()] == ["dropped", "dropped"] and hook.requests == []
    gone.refresh_from_db()
    assert gone.address_box == "", "its address is forgotten"


def test_the_most_severe_goes_first_and_lesser_ones_wait_at_the_limit(
    desk: Desk, hook: Receiver, monkeypatch: pytest.MonkeyPatch
):
    from dataclasses import replace

    traits = replace(sending.TRAITS["wecom"], most_a_minute=2)
    monkeypatch.setitem(sending.TRAITS, "wecom", traits)
    hook.answers = [(200, {}, b'{"errcode": 0}')]
    route = desk.route("wecom", address=hook.url, severities=["critical", "high", "medium", "low"])
    began = timezone.now()
    with time_machine.travel(began, tick=False) as clock:
        for number, severity in enumerate(["low", "medium", "high", "critical", "critical"]):
            rule = f"r{number}"
            an_alarm(desk.cast.lamp_hill, rule=rule, situation=rule, severity=severity)
        desk.ring(route)
        sent = {one.severity for one in desk.log(state="sent")}
        assert (len(hook.requests), sent) == (3, {"critical", "high"})
        assert waiting() == [route.pk], "the sweep comes back for the others"
        clock.shift(61)
        desk.ring(route)
    assert len(hook.requests) == 5


def test_a_flood_is_told_in_one_message(desk: Desk, hook: Receiver):
    hook.answers = [(200, {}, b'{"errcode": 0}')]
    route = desk.route("wecom", address=hook.url, severities=["low"], language="en")
    since = timezone.now()
    with time_machine.travel(since, tick=False) as clock:
        Flood.objects.create(mine=desk.mine, since=since)
        for number in range(12):
            rule = f"r{number}"
            an_alarm(desk.cast.lamp_hill, rule=rule, situation=rule, severity="low")
        desk.ring(route)
        assert hook.requests == []
        clock.shift(310)
        desk.ring(route)
    (sent,) = hook.requests
    text = json.loads(sent.body)["markdown"]["content"]
    assert "12 lesser alarms in a flood" in text and "2 more, on the desk" in text


def test_a_late_message_says_how_late_it_is(desk: Desk, post_office: Server):
    route = desk.route("email", address="li@example.com")
    began = timezone.now()
    with time_machine.travel(began, tick=False) as clock:
        an_alarm(desk.cast.lamp_hill)
        clock.shift(600)
        desk.ring(route)
    (mail,) = post_office.mails
    text = mail.get_body(("plain",)).get_content()
    assert "10 minutes late" in text


CHILD = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "davy.settings"
import django
django.setup()
from apps.notify.delivery import drain
drain(route_id=int(sys.argv[1]), mine_id=int(sys.argv[2]))
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_sends_is_followed_by_another_with_the_same_id(hook: Receiver):
    import threading

    with system_scope("test"):
        cast: Cast = build_cast()
    mine = cast.lamp_hill.mine
    hook.hold = threading.Event()
    with mine_scope(mine.pk):
        route, _secret = route_create(mine=mine, channel="webhook", name="w", address=hook.url)
        an_alarm(cast.lamp_hill)
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST']}"
    if database["HOST"].startswith("/"):
        url = f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}"
        url += f"?host={database['HOST']}&port={database['PORT']}"
    else:
        url += f":{database['PORT']}/{database['NAME']}"
    env = {
        **os.environ, "DATABASE_URL": url, "DAVY_DB_POOL": "0",
        "DAVY_NOTIFY_PRIVATE": "127.0.0.0/8", "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
    }  # fmt: skip
    worker = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(route.pk), str(mine.pk)], env=env, cwd=ROOT
    )
    try:
        assert hook.arrived.wait(60), "the worker never sent"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    hook.hold.set()
    assert drain(route_id=route.pk, mine_id=mine.pk) is False, "the dead one's lease still holds"
    with time_machine.travel(timezone.now() + timedelta(seconds=LEASE_S + 1), tick=False):
        assert waiting() == [route.pk]
        drain(route_id=route.pk, mine_id=mine.pk)
    with mine_scope(mine.pk):
        one = Delivery.objects.get()
        assert (one.state, one.attempts) == ("sent", 2)
        assert [try_.ok for try_ in one.tries.order_by("number")] == [None, True]
    first, second = hook.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(one.uid)
