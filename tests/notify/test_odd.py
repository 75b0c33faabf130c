"""What nobody thought of ends no worker: it stands in the log, and the desks hear of it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.notify.channels import webhook
from apps.notify.guard import Refused, check
from apps.notify.models import Delivery
from apps.notify.services import route_test
from apps.notify.standing import calls_standing
from tests.cast import an_alarm
from tests.notify.desk import Desk
from tests.notify.receivers import Receiver


@pytest.mark.parametrize("channel", ["webhook", "dingtalk"])
def test_letters_outside_ascii_in_an_address_are_sent_as_a_browser_would(
    desk: Desk, hook: Receiver, channel: str
):
    hook.answers = [(200, {}, b'{"errcode": 0}')]
    route = desk.route(channel, address=hook.url + "/\u544a\u8b66?k=\u00e9&a=%2F")
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    [message] = desk.log()
    assert message.state == Delivery.State.SENT
    assert hook.requests[0].path.startswith("/hook/%E5%91%8A%E8%AD%A6?k=%C3%A9&a=%2F")
    [tested] = route_test(route=route, actor=desk.cast.admin)
    assert tested.state == Delivery.State.SENT


def test_half_a_letter_in_an_address_is_refused_when_it_is_saved():
    with pytest.raises(Refused):
        check("https://8.8.8.8/\ud800")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b'{"errcode": 1, "errmsg": "a\\u0000b"}', "The robot refused (1): a b"),
        (b'{"errcode": 1, "errmsg": "a\\ud800"}', "The robot refused (1): a "),
        (b'{"errcode": Infinity}', "The robot's answer cannot be read."),
        (b'{"errcode": 1e999}', "The robot's answer cannot be read."),
        (b"[" * 16_000, "The robot's answer cannot be read."),
    ],
)
def test_an_odd_answer_of_a_robot_is_a_reason_in_the_log(
    desk: Desk, hook: Receiver, answer: bytes, said: str
):
    hook.answers = [(200, {}, answer)]
    route = desk.route("dingtalk", address=hook.url)
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    [message] = desk.log()
    assert [(one.ok, one.said) for one in desk.tries(message)] == [(False, said)]
    assert message.said == said
    [tested] = route_test(route=route, actor=desk.cast.admin)
    assert (tested.state, tested.said) == (Delivery.State.FAILED, said)


def test_a_fault_of_our_own_is_given_up_soon_and_stands_on_the_desks(
    desk: Desk, hook: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(_parcel: object) -> None:
        raise RuntimeError("https://secret.example/")

    route = desk.route("webhook", address=hook.url)
    an_alarm(desk.cast.lamp_hill)
    with monkeypatch.context() as patch:
        patch.setattr(webhook, "send", broken)
        for _try in range(3):
            with time_machine.travel(desk.log()[0].next_at + timedelta(seconds=1), tick=False):
                desk.ring(route)
        [tested] = route_test(route=route, actor=desk.cast.admin)
    [message, _test] = desk.log()
    assert (message.state, message.attempts) == (Delivery.State.FAILED, 3)
    [down] = calls_standing(mine_ids=[desk.mine.pk])["down"]
    assert down["reason"] == tested.said == "The message could not be sent (RuntimeError)."
    assert "RuntimeError" in caplog.text and "secret" not in caplog.text


def test_what_came_of_no_try_is_given_up_with_a_reason(desk: Desk, hook: Receiver):
    route = desk.route("webhook", address=hook.url)
    an_alarm(desk.cast.lamp_hill)
    now = timezone.now()
    # As after workers that died while they sent.
    Delivery.objects.update(attempts=2, give_up_at=now, next_at=now)
    desk.ring(route)
    [message] = desk.log()
    assert message.state == Delivery.State.FAILED and message.said
