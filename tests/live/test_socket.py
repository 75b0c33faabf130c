"""The socket: what was missed comes first, then what is new, in order and once."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from apps.accounts.models import Membership
from apps.live import consumers
from apps.live.pulse import pulse
from apps.live.services import emit
from apps.tenancy.scope import mine_scope, system_scope
from davy.asgi import application
from davy.origins import OwnPages
from tests.cast import Cast, build_cast
from tests.sockets import Socket

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def prepare() -> tuple[Cast, str]:
    with system_scope("test"):
        cast = build_cast()
    client = Client()
    client.force_login(cast.operator)
    return cast, client.cookies["sessionid"].value


@sync_to_async
def happen(cast: Cast, *names: str) -> list[int]:
    ids = []
    for name in names:
        with mine_scope(cast.lamp_hill.mine.pk):
            ids.append(emit(mine_id=cast.lamp_hill.mine.pk, kind=name, payload={}).pk)
    return ids


async def connect(session: str, cursor: int | None = None) -> Socket:
    path = "/ws/events/" if cursor is None else f"/ws/events/?cursor={cursor}"
    socket = Socket(application, path, session)
    assert (await socket.open())["type"] == "websocket.accept"
    return socket


async def test_a_page_that_comes_back_gets_what_it_missed_then_what_is_new():
    cast, session = await prepare()
    ids = await happen(cast, "one", "two", "three")
    socket = await connect(session, cursor=ids[0])
    assert [(await socket.hear())["kind"] for _ in range(2)] == ["two", "three"]
    await socket.beat()
    await happen(cast, "four")
    assert (await socket.hear())["kind"] == "four"
    assert await socket.receive_nothing(timeout=0.2)
    await socket.close()


async def test_a_first_visit_hears_only_what_is_new():
    cast, session = await prepare()
    await happen(cast, "old")
    socket = await connect(session)
    await happen(cast, "new")
    assert (await socket.hear())["kind"] == "new"
    await socket.close()


async def test_a_page_that_is_ahead_of_a_restored_backup_is_told_to_begin_anew():
    cast, session = await prepare()
    (last,) = await happen(cast, "last")
    socket = await connect(session, cursor=last + 1)
    message = await socket.receive_output(timeout=5)
    assert (message["type"], message["code"]) == ("websocket.close", consumers.CLOSE_AHEAD)
    socket = await connect(session, cursor=last)
    await happen(cast, "new")
    assert (await socket.hear())["kind"] == "new"
    await socket.close()


async def test_a_lost_bell_costs_a_heartbeat_and_no_event(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(consumers, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr("apps.live.services._ring", lambda mine_id, event_id: None)
    cast, session = await prepare()
    socket = await connect(session)
    await happen(cast, "unrung")
    assert (await socket.hear())["kind"] == "unrung"
    await socket.close()


async def test_a_page_hears_at_once_that_its_line_lives_and_what_time_it_is(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(consumers, "HEARTBEAT_S", 60)
    monkeypatch.setattr("apps.live.consumers.time.time", lambda: 1_772_625_600.5)
    _cast, session = await prepare()
    socket = await connect(session)
    assert (await socket.beat())["now"] == 1_772_625_600.5
    await socket.close()


async def test_a_heartbeat_names_what_the_server_does_no_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(consumers, "HEARTBEAT_S", 0.2)
    keys = [f"pulse.{work}" for work in ("watch", "time", "notify")]
    await sync_to_async(cache.delete_many)(keys)
    _cast, session = await prepare()
    socket = await connect(session)
    assert (await socket.beat())["late"] == ["watch", "time", "notify"], "nobody saw them at work"
    for work in ("watch", "notify"):
        await sync_to_async(pulse)(work)
    heard = [(await socket.beat())["late"] for _ in range(3)]
    assert heard[-1] == ["time"]
    await socket.close()


async def test_a_person_who_is_removed_hears_nothing_more():
    cast, session = await prepare()
    socket = await connect(session)

    @sync_to_async
    def remove() -> None:
        with system_scope("test"):
            Membership.objects.filter(user=cast.operator).delete()

    await socket.beat()
    await remove()
    await happen(cast, "secret")
    assert await socket.receive_nothing(timeout=0.5)
    await socket.close()


TRUSTED = ["https://localhost:8443", "https://*.a.example"]


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:9000", "http://localhost", "https://localhost", "null", ""]
)
async def test_a_page_of_another_address_hears_nothing_by_the_session_of_ours(
    settings, origin: str
):
    settings.CSRF_TRUSTED_ORIGINS = TRUSTED
    _cast, session = await prepare()
    socket = Socket(application, "/ws/events/", session, origin)
    assert (await socket.open())["type"] == "websocket.close"


@pytest.mark.parametrize("origin", ["http://127.0.0.1", "https://localhost:8443"])
async def test_a_page_that_forms_are_taken_from_hears_what_happens(settings, origin: str):
    settings.CSRF_TRUSTED_ORIGINS = TRUSTED
    cast, session = await prepare()
    socket = Socket(application, "/ws/events/", session, origin)
    assert (await socket.open())["type"] == "websocket.accept"
    await happen(cast, "new")
    assert (await socket.hear())["kind"] == "new"
    await socket.close()


@pytest.mark.parametrize(
    ("origin", "answer"),
    [
        ("https://b.a.example", "websocket.accept"),
        ("https://A.example", "websocket.accept"),
        ("http://b.a.example", "websocket.close"),
        ("https://b.a.example.org", "websocket.close"),
    ],
)
async def test_trusted_addresses_may_be_all_of_a_domain(settings, origin: str, answer: str):
    settings.CSRF_TRUSTED_ORIGINS = TRUSTED

    async def accept(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    assert (await Socket(OwnPages(accept), "/", "", origin).open())["type"] == answer


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 40])
async def test_a_cursor_that_is_no_number_is_taken_as_none(cursor: str):
    cast, session = await prepare()
    socket = Socket(application, f"/ws/events/?cursor={cursor}", session)
    await socket.open()
    await happen(cast, "new")
    assert (await socket.hear())["kind"] == "new"
    await socket.close()


async def test_a_person_who_signs_out_is_hung_up_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(consumers, "HEARTBEAT_S", 0.1)
    cast, session = await prepare()
    socket = await connect(session)

    @sync_to_async
    def sign_out() -> None:
        Session.objects.filter(pk=session).delete()

    await sign_out()
    said = await socket.receive_output(timeout=5)
    while said["type"] == "websocket.send":
        said = await socket.receive_output(timeout=5)
    assert (said["type"], said["code"]) == ("websocket.close", consumers.CLOSE_NOT_SIGNED_IN)


async def test_whoever_has_a_given_password_hears_nothing_before_they_chose_one():
    cast, session = await prepare()

    @sync_to_async
    def given() -> None:
        type(cast.operator).objects.filter(pk=cast.operator.pk).update(password_given=True)

    await given()
    socket = Socket(application, "/ws/events/", session)
    assert (await socket.open())["type"] == "websocket.accept"
    said = await socket.receive_output(timeout=5)
    assert (said["type"], said["code"]) == ("websocket.close", consumers.CLOSE_NOT_SIGNED_IN)


async def test_a_reason_comes_in_the_readers_language():
    cast, session = await prepare()

    @sync_to_async
    def read_chinese() -> None:
        cast.operator.language = "zh-hans"
        cast.operator.save()

    @sync_to_async
    def somebody_enters() -> None:
        values = {"phrases": [["1 person in %(zone)s", {"zone": "drum"}]]}
        with mine_scope(cast.lamp_hill.mine.pk):
            payload = {"why": "1 person in drum", "values": values}
            emit(mine_id=cast.lamp_hill.mine.pk, kind="alarm.raised", payload=payload)

    await read_chinese()
    socket = await connect(session)
    await somebody_enters()
    heard = await socket.hear()
    assert (heard["kind"], heard["payload"]["why"]) == ("alarm.raised", "drum 内有 1 人")
    await socket.close()
