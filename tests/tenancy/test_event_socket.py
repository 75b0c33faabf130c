"""Walks every socket × role × own or other mine."""

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from apps.live.services import emit
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, build_cast
from tests.sockets import Socket
from tests.tenancy.routes import ROLES


def test_every_socket_is_walked():
    from apps.live.routing import websocket_urlpatterns

    assert [str(p.pattern) for p in websocket_urlpatterns] == ["ws/events/"]


@pytest.mark.parametrize("role", [*ROLES, "stranger", None])
@pytest.mark.django_db(transaction=True)
async def test_the_socket_tells_each_person_of_their_own_mine_only(role: str | None):
    from davy.asgi import application

    @sync_to_async
    def prepare() -> tuple[Cast, str]:
        with system_scope("test"):
            cast = build_cast()
        client = Client()
        if role:
            client.force_login(cast[role])
        cookie = client.cookies.get("sessionid")
        return cast, cookie.value if cookie else ""

    @sync_to_async
    def happen(cast: Cast) -> None:
        for place in (cast.lamp_hill, cast.deep_vale):
            with mine_scope(place.mine.pk):
                emit(mine_id=place.mine.pk, kind="test", payload={"mine": place.mine.name})

    cast, session = await prepare()
    socket = Socket(application, "/ws/events/", session)
    assert (await socket.open())["type"] == "websocket.accept"
    if role is None:
        closing = await socket.receive_output()
        assert (closing["type"], closing["code"]) == ("websocket.close", 4401)
        return
    await socket.beat()
    await happen(cast)
    heard = await socket.hear()
    assert heard["payload"] == {"mine": "Deep Vale" if role == "stranger" else "Lamp Hill"}
    assert await socket.receive_nothing(timeout=0.3)
    await socket.close()
