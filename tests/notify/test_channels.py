"""What goes over each channel, as its receiver sees it."""

import base64
import hashlib
import hmac
import html
import json
import re
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.alarms.models import Snapshot
from apps.audit.models import AuditEntry
from apps.cameras.secrets import unlock
from apps.mines.models import Mine
from apps.notify.channels.dingtalk import signed
from apps.notify.channels.feishu import sign as feishu_sign
from apps.notify.channels.webhook import make_secret, sign
from apps.notify.services import route_secret_anew, route_test
from infra.receiver import handler
from tests.cast import NOON, an_alarm
from tests.notify.desk import Desk
from tests.notify.receivers import Receiver, Server

JPEG = b"\xff\xd8\xff\xe0picture\xff\xd9"
AT = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def verify(secret: str, headers: dict[str, str], body: bytes, now: float) -> dict[str, Any]:
    """The receiver of docs/notifications.md, word for word."""
    try:
        number, at, given = (headers[f"webhook-{one}"] for one in ("id", "timestamp", "signature"))
    except KeyError:
        raise ValueError("not signed") from None
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{number}.{at}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    if not any(hmac.compare_digest(f"v1,{expected}", one) for one in given.split()):
        raise ValueError("wrong signature")
    if abs(now - int(at)) > 300:
        raise ValueError("too old")
    return json.loads(body)


def test_a_webhook_is_signed_so_that_nobody_else_can_say_it(desk: Desk, hook: Receiver):
    route = desk.route("webhook", address=hook.url)
    with time_machine.travel(AT, tick=False):
        alarm = an_alarm(desk.cast.lamp_hill)
        desk.ring(route)
    (sent,) = hook.requests
    secret = unlock(route.secret_box)
    told = verify(secret, sent.headers, sent.body, AT.timestamp())
    assert told["type"] == "alarm.raised" and told["data"]["alarm"] == alarm.pk
    assert told["data"]["severity"] == "critical" and told["timestamp"] == AT.isoformat()
    with pytest.raises(ValueError, match="signature"):
        verify(secret, sent.headers, sent.body.replace(b"critical", b"low"), AT.timestamp())
    with pytest.raises(ValueError, match="signature"):
        verify("whsec_" + "A" * 44, sent.headers, sent.body, AT.timestamp())
    later = sent.headers | {"webhook-timestamp": str(int(AT.timestamp()) + 1)}
    with pytest.raises(ValueError, match="signature"):
        verify(secret, later, sent.body, AT.timestamp())
    with pytest.raises(ValueError, match="not signed"):
        verify(secret, {}, sent.body, AT.timestamp())
    with pytest.raises(ValueError, match="old"):
        verify(secret, sent.headers, sent.body, AT.timestamp() + 301)


def test_the_signature_is_that_of_standard_webhooks():
    # Made by the package standardwebhooks 1.1.0.
    secret = "whsec_ZGF2eS1sYW1wLWFuZC1jYW5hcnktMTgxNS1kYXZ5ISE="
    body = b'{"type":"alarm.raised","data":{"alarm":12}}'
    uid = "0b7e3c1a-6d1f-4c58-9a56-2f6f0f5b8f10"
    assert sign(secret, uid, 1772625600, body) == "v1,CrHTtb2udONzaLNKLEmxYbADJigVsoSlSzsY9K6Ow4w="


def test_wecom_gets_markdown_and_its_word_counts_not_its_status(desk: Desk, hook: Receiver):
    hook.answers = [
        (200, {}, b'{"errcode": 45009, "errmsg": "api freq out of limit"}'),
        (200, {}, b'{"errcode": 93000, "errmsg": "invalid webhook url"}'),
        (200, {}, b"<html>"),
        (200, {}, b'{"errcode": 0, "errmsg": "ok"}'),
    ]
    route = desk.route("wecom", address=f"{hook.url}?key=of-the-group", language="zh-hans")
    with time_machine.travel(AT, tick=False) as clock:
        an_alarm(desk.cast.lamp_hill)
        for _ in range(4):
            desk.ring(route)
            clock.shift(70)
    (one,) = desk.log()
    assert [try_.said for try_ in desk.tries(one)] == [
        "The robot takes no more now (45009).",
        "The robot refused (93000): invalid webhook url",
        "The robot's answer cannot be read.",
        "The robot took it.",
    ]
    assert hook.requests[0].path == "/hook?key=of-the-group"
    said = json.loads(hook.requests[0].body)
    assert said["msgtype"] == "markdown"
    text = said["markdown"]["content"]
    assert "Lamp Hill" in text and f"/alarms/{one.alarm_id}/" in text
    assert any("一" <= letter <= "鿿" for letter in text), "in the route's language"


def test_dingtalk_is_signed_in_its_address(desk: Desk, hook: Receiver):
    hook.answers = [(200, {}, b'{"errcode": 0}')]
    route = desk.route("dingtalk", address=f"{hook.url}?access_token=t", secret="SECdavy")
    with time_machine.travel(AT, tick=False):
        an_alarm(desk.cast.lamp_hill)
        desk.ring(route)
    (sent,) = hook.requests
    query = parse_qs(urlsplit(sent.path).query)
    assert query["access_token"] == ["t"] and query["timestamp"] == ["1772625600000"]
    # printf '1772625600000\nSECdavy' | openssl dgst -sha256 -hmac SECdavy -binary | base64
    assert query["sign"] == ["xKr8TWUN9ihxlkWoRrNYLBNm0tvhgsCEzjX8gj+j1x8="]
    assert set(json.loads(sent.body)["markdown"]) == {"title", "text"}
    assert signed("https://x/?a=1", "", 1) == "https://x/?a=1"


def test_feishu_is_signed_in_its_message(desk: Desk, hook: Receiver):
    hook.answers = [(200, {}, b'{"code": 0, "msg": "success"}')]
    route = desk.route("feishu", address=hook.url, secret="lamp", language="en")
    with time_machine.travel(AT, tick=False):
        an_alarm(desk.cast.lamp_hill)
        desk.ring(route)
    (sent,) = hook.requests
    told = json.loads(sent.body)
    assert told["timestamp"] == "1772625600"
    # By openssl, with "1772625600\nlamp" as the key and nothing to hash.
    assert (
        told["sign"]
        == "PBynT+r2SKdNLTC/CAL9Y2Z5LQLg9bkthaHatgsog6Y="
        == feishu_sign("lamp", 1772625600)
    )
    post = told["content"]["post"]["en_us"]
    assert post["title"].startswith("critical: ")
    assert desk.log()[0].said == "The robot took it."


def test_what_people_named_cannot_become_a_link(desk: Desk, hook: Receiver):
    hook.answers = [(200, {}, b'{"errcode": 0}')]
    route = desk.route("wecom", address=hook.url)
    camera = desk.cast.lamp_hill.camera
    camera.name = "[free](http://evil.example)"
    camera.save()
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    text = json.loads(hook.requests[0].body)["markdown"]["content"]
    assert "[free](" not in text and "\\[free\\]" in text


def test_a_reason_of_many_pages_keeps_the_link_to_the_answer_in_the_message(
    desk: Desk, hook: Receiver
):
    hook.answers = [(200, {}, b'{"errcode": 0}')]
    route = desk.route("wecom", address=hook.url, language="zh-hans")
    alarm = an_alarm(desk.cast.lamp_hill, why="井口有人未撤离" * 1000, values={})
    desk.ring(route)
    text = json.loads(hook.requests[0].body)["markdown"]["content"]
    assert len(text.encode()) < 4096
    assert text.endswith(f"/alarms/{alarm.pk}/)")


@pytest.mark.parametrize(("hour_utc", "offset"), [(0, "UTC+2"), (1, "UTC+1")])
def test_a_mail_of_an_hour_that_comes_twice_says_which_one_it_was(
    desk: Desk, post_office: Server, hour_utc: int, offset: str
):
    Mine.objects.filter(pk=desk.mine.pk).update(timezone="Europe/Warsaw")
    desk.cast.lamp_hill.camera.mine.refresh_from_db()
    route = desk.route("email", address="li@example.com", language="en")
    an_alarm(desk.cast.lamp_hill, at=datetime(2026, 10, 25, hour_utc, 30, tzinfo=UTC))
    desk.ring(route)
    (mail,) = post_office.mails
    plain = mail.get_body(("plain",)).get_content()
    assert f"2026-10-25 02:30:00 {offset} (Europe/Warsaw)" in plain


@pytest.mark.parametrize("picture", ["attach", "link", "none"])
def test_a_mail_is_plain_and_html_with_the_picture_as_the_route_says(
    desk: Desk, post_office: Server, picture: str
):
    route = desk.route("email", address="li@example.com", picture=picture, language="en")
    an_alarm(desk.cast.lamp_hill, jpeg=JPEG)
    assert Snapshot.objects.exists()
    desk.ring(route)
    (mail,) = post_office.mails
    plain = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert mail["To"] == "li@example.com" and "critical" in mail["Subject"]
    for text in (plain, html):
        assert "1 person in danger" in text and "2026-03-04 20:00:00 (Asia/Shanghai)" in text
        assert f"/alarms/{desk.log()[0].alarm_id}/" in text
    attached = [part.get_content() for part in mail.iter_attachments()]
    assert attached == ([JPEG] if picture == "attach" else [])
    assert mail["Message-ID"].startswith(f"<{desk.log()[0].uid}@")


def test_a_mail_speaks_the_routes_language(desk: Desk, post_office: Server):
    route = desk.route("email", address="li@example.com", language="zh-hans")
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    (mail,) = post_office.mails
    body = mail.get_body(("plain",)).get_content()
    for text in (mail["Subject"], body, mail.get_body(("html",)).get_content()):
        assert any("一" <= letter <= "鿿" for letter in text)
    assert "Where" not in body and 'lang="zh-hans"' in mail.get_body(("html",)).get_content()


def test_a_mail_server_that_is_busy_is_tried_again_and_an_unknown_name_is_not(
    desk: Desk, post_office: Server
):
    post_office.refuse = ["451 try later", "550 no such person"]
    route = desk.route("email", address="li@example.com\nnobody@example.com")
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    first, second = desk.log()
    assert (first.state, first.said) == ("waiting", "The mail server refused: 451 try later")
    assert (second.state, second.said) == ("failed", "The mail server refused: 550 no such person")
    assert post_office.mails == []


def test_a_name_with_a_line_break_makes_no_header(desk: Desk, post_office: Server):
    camera = desk.cast.lamp_hill.camera
    type(camera).objects.filter(pk=camera.pk).update(name="x\r\nBcc: evil@example.com")
    route = desk.route("email", address="li@example.com")
    camera.refresh_from_db()
    an_alarm(desk.cast.lamp_hill, at=NOON)
    desk.ring(route)
    (mail,) = post_office.mails
    assert mail["Bcc"] is None and post_office.to == [["li@example.com"]]


def test_a_secret_made_anew_signs_what_is_sent_from_then_on(desk: Desk, hook: Receiver):
    route, admin = (
        desk.route("webhook", address=hook.url),
        Client(headers={"Accept-Language": "en"}),
    )
    old = unlock(route.secret_box)
    admin.force_login(desk.cast.admin)
    assert (
        "Make a new secret" in admin.get(reverse("notify-change", args=[route.pk])).content.decode()
    )
    page = admin.post(reverse("notify-secret", args=[route.pk]))
    assert page["Cache-Control"].count("no-store")
    [new] = re.findall(r'id="secret">(whsec_[^<]+)<', page.content.decode())
    route.refresh_from_db()
    route_test(route=route, actor=desk.cast.admin)
    [sent] = hook.requests
    now = float(sent.headers["webhook-timestamp"])
    assert verify(html.unescape(new), sent.headers, sent.body, now)["type"] == "test"
    with pytest.raises(ValueError, match="wrong signature"):
        verify(old, sent.headers, sent.body, now)
    [act] = AuditEntry.objects.filter(action="notify.route_changed")
    assert (act.actor, act.detail) == (desk.cast.admin, {"fields": ["secret"]})


def test_no_secret_is_made_for_a_channel_whose_secret_is_anothers(desk: Desk, hook: Receiver):
    route = desk.route("feishu", address=hook.url, secret="lamp")
    with pytest.raises(ValidationError, match="no secret that could be made"):
        route_secret_anew(route=route, actor=desk.cast.admin)
    route.refresh_from_db()
    assert unlock(route.secret_box) == "lamp"


def test_an_address_of_the_wrong_kind_is_said_in_words(desk: Desk, hook: Receiver):
    route = desk.route("webhook", address=hook.url.replace("http:", "https:"))
    [told] = route_test(route=route, actor=desk.cast.admin)
    assert told.said.startswith("The receiver does not speak https") and "SSL" not in told.said


def test_the_demos_receiver_believes_what_was_signed_and_nothing_else(
    desk: Desk, inside: None, capfd: pytest.CaptureFixture[str]
):
    secret = make_secret()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(secret))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        true = desk.route("webhook", name="true", address=url, secret=secret)
        false = desk.route("webhook", name="false", address=url)
        an_alarm(desk.cast.lamp_hill)
        desk.ring(true)
        desk.ring(false)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    said = {one.route.name: one.said for one in desk.log()}
    assert said == {
        "true": "The receiver took it (204).", "false": "The receiver answered 401.",
    }  # fmt: skip
    out = capfd.readouterr().out
    assert "alarm.raised: critical" in out and "refused: wrong signature" in out
