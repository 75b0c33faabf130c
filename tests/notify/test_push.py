"""Browser push: what a browser can open and nobody else, and what happens to one that is gone."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Membership
from apps.alarms.escalation import escalations_due
from apps.audit.models import AuditEntry
from apps.notify.models import Subscription
from apps.notify.services import device_add, device_remove, route_test
from apps.notify.webpush import decode, encode, encrypt, make_key, private_key, public_point
from apps.tenancy.scope import system_scope
from tests.cast import PASSWORD, an_alarm
from tests.notify.desk import Desk
from tests.notify.receivers import Receiver


class Browser:
    """A browser: its keys, and how it opens a message (RFC 8291, read from the receiver's side)."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"sixteen bytes ok"

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    def open(self, body: bytes) -> Any:
        salt, length, rest = body[:16], body[20], body[21:]
        sender, sealed = rest[:length], rest[length:]
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        )

        def one(key: bytes, text: bytes) -> bytes:
            return hmac.digest(key, text, hashlib.sha256)

        secret = one(one(self.auth, shared), b"WebPush: info\0" + self.point + sender + b"\x01")
        seed = one(salt, secret)
        key = one(seed, b"Content-Encoding: aes128gcm\0\x01")[:16]
        nonce = one(seed, b"Content-Encoding: nonce\0\x01")[:12]
        text = AESGCM(key).decrypt(nonce, sealed, None)
        assert text.endswith(b"\x02")
        return json.loads(text[:-1])


@pytest.fixture
def push(settings: Any) -> str:
    """Switch push on."""
    settings.PUSH, settings.VAPID_KEY = True, make_key()
    settings.VAPID_SUBJECT = "mailto:admin@example.com"
    return settings.VAPID_KEY


def allow(desk: Desk, hook: Receiver, browser: Browser, person: str = "operator") -> Subscription:
    """Let a person's browser take messages."""
    return device_add(
        mine=desk.mine, user=desk.cast[person], endpoint=f"{hook.url}/{person}",
        key=encode(browser.point), auth=encode(browser.auth), device="Chromium",
    )  # fmt: skip


def test_the_worked_example_of_rfc_8291():
    sealed = encrypt(
        b"When I grow up, I want to be a watermelon",
        receiver=decode(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        auth=decode("BTBZMqHH6r4Tts7J_aSIgg"),
        sender=private_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=decode("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert encode(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
        "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
        "lcy4a-fN"
    )


def test_a_browser_opens_what_was_sent_and_knows_who_sent_it(desk: Desk, hook: Receiver, push: str):
    hook.answers = [(201, {}, b"")]
    browser = Browser()
    allow(desk, hook, browser)
    route = desk.route("push", language="en")
    alarm = an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    (sent,) = hook.requests
    told = browser.open(sent.body)
    assert told["url"].endswith(f"/alarms/{alarm.pk}/") and told["severity"] == "critical"
    assert "1 person in danger" in told["body"] and b"danger" not in sent.body
    assert sent.headers["content-encoding"] == "aes128gcm"
    assert (sent.headers["urgency"], sent.headers["ttl"]) == ("high", "1800")
    with pytest.raises(Exception):  # noqa: B017 - whatever another browser's key raises
        Browser().open(sent.body)
    claims = _vapid(sent.headers["authorization"], push)
    assert claims["aud"] == f"http://127.0.0.1:{hook.port}"
    assert claims["sub"] == "mailto:admin@example.com"


def _vapid(header: str, key: str) -> dict[str, Any]:
    """Check the token as a push service does; returns its claims."""
    scheme, _, rest = header.partition(" ")
    token, point = (part.strip().partition("=")[2] for part in rest.split(","))
    assert scheme == "vapid" and decode(point) == public_point(private_key(key))
    signed, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    both = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(point))
    public.verify(both, signed.encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(decode(signed.split(".")[1]))


def test_a_browser_that_is_gone_is_forgotten(desk: Desk, hook: Receiver, push: str):
    hook.answers = [(410, {}, b"")]
    allow(desk, hook, Browser())
    route = desk.route("push")
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    assert not Subscription.objects.exists()
    assert [one.state for one in desk.log()] == ["failed"]


def test_only_the_people_of_the_route_are_told(desk: Desk, hook: Receiver, push: str):
    hook.answers = [(201, {}, b"")]
    allow(desk, hook, Browser(), "operator")
    allow(desk, hook, Browser(), "admin")
    route = desk.route("push", people=[desk.cast.admin.pk])
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)
    assert [sent.path for sent in hook.requests] == ["/hook/admin"]


def test_who_lost_their_role_hears_nothing_more(desk: Desk, hook: Receiver, push: str):
    allow(desk, hook, Browser())
    route = desk.route("push")
    an_alarm(desk.cast.lamp_hill)
    with system_scope("test"):
        Membership.objects.filter(user=desk.cast.operator).delete()
    desk.ring(route)
    assert hook.requests == [] and [one.state for one in desk.log()] == ["failed"]


def test_a_step_that_only_browsers_of_people_without_a_role_take_calls_nobody(
    desk: Desk, hook: Receiver, push: str
):
    allow(desk, hook, Browser())
    route = desk.route("push")
    with system_scope("test"):
        Membership.objects.filter(user=desk.cast.operator).delete()
    alarm = an_alarm(desk.cast.lamp_hill)
    escalations_due(now=alarm.asked_at + timedelta(seconds=60))
    assert list(alarm.transitions.values_list("cause", flat=True)) == ["raised", "told", "uncalled"]
    assert desk.log() == []
    with pytest.raises(ValidationError, match="Nobody has switched on"):
        route_test(route=route, actor=desk.cast.admin)


def test_push_is_off_unless_the_settings_say_otherwise(desk: Desk, hook: Receiver, settings: Any):
    assert settings.PUSH is False
    with pytest.raises(ValidationError, match="off"):
        desk.route("push")
    with pytest.raises(ValidationError, match="off"):
        allow(desk, hook, Browser())


def test_a_browser_of_an_address_inside_the_house_is_refused(
    desk: Desk, hook: Receiver, push: str, settings: Any
):
    settings.NOTIFY_PRIVATE = []
    with pytest.raises(ValidationError) as refused:
        allow(desk, hook, Browser())
    assert "endpoint" in refused.value.message_dict


@pytest.mark.parametrize(("key", "auth"), [("AAAA", "BTBZMqHH6r4Tts7J_aSIgg"), ("!", "!")])
def test_keys_that_are_none_are_refused(desk: Desk, hook: Receiver, push: str, key: str, auth: str):
    with pytest.raises(ValidationError) as refused:
        device_add(
            mine=desk.mine, user=desk.cast.operator, endpoint=hook.url, key=key, auth=auth,
            device="x",
        )  # fmt: skip
    assert "key" in refused.value.message_dict


def test_the_page_knows_a_browser_only_while_it_tells_its_reader(
    desk: Desk, hook: Receiver, push: str
):
    device = allow(desk, hook, Browser())

    def known(person: str) -> list[str]:
        reader = Client()
        reader.force_login(desk.cast[person])
        page = reader.get(reverse("notify-devices")).content.decode()
        config = page.split('<script id="push-config" type="application/json">')[1]
        told: list[str] = json.loads(config.split("</script>")[0])["known"]
        return told

    assert known("operator") == [hashlib.sha256(f"{hook.url}/operator".encode()).hexdigest()]
    assert known("admin") == []
    device_remove(subscription=device, actor=desk.cast.operator)
    assert known("operator") == []


def test_a_test_without_any_browser_says_so(desk: Desk, push: str):
    route = desk.route("push")
    with pytest.raises(ValidationError, match="Nobody"):
        route_test(route=route, actor=desk.cast.admin)


def test_the_worker_is_served_to_everybody_for_the_whole_site(db: None, client: Client):
    answer = client.get(reverse("notify-worker"))
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/"
    assert b"showNotification" in answer.content and b"http" not in answer.content


def test_who_signs_out_of_a_shared_browser_is_told_nothing_more_in_it(
    desk: Desk, hook: Receiver, push: str, client: Client
):
    ours = allow(desk, hook, Browser())
    other = allow(desk, hook, Browser(), "admin")
    client.force_login(desk.cast.operator)
    client.post(reverse("logout"), {"push_endpoint": f"{hook.url}/operator"})
    assert list(Subscription.objects.all()) == [other]
    entry = AuditEntry.objects.get(action="notify.device_removed")
    assert (entry.actor, entry.subject) == (desk.cast.operator, f"subscription:{ours.pk}")


def test_who_signs_in_after_a_session_ended_does_not_get_the_former_ones_messages(
    desk: Desk, hook: Receiver, push: str, client: Client
):
    ours = allow(desk, hook, Browser())
    endpoint = {"push_endpoint": f"{hook.url}/operator", "password": PASSWORD}
    client.post(reverse("login"), endpoint | {"username": "chen"})
    assert list(Subscription.objects.all()) == [ours], "it is the same person's"
    Client().post(reverse("login"), endpoint | {"username": "dora"})
    assert not Subscription.objects.exists()
