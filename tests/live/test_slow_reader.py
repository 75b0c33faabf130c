"""Whoever reads an answer slowly holds no connection to the database meanwhile."""

import asyncio
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from django.test import AsyncRequestFactory, Client

from apps.accounts.permissions import Action
from apps.inquiry import guard as guards
from apps.inquiry.guard import Guard, guarded
from tests.cast import Cast

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def in_use() -> int:
    stats = connection.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


async def held_while_read(path: str, *, query: str = "", session: str = "") -> int:
    """Ask for a page, take nothing of it for a while, and tell what it holds until it is read."""
    begun, read = asyncio.Event(), asyncio.Event()
    others = in_use()
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in asked:
            return message
        await read.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            begun.set()
            await read.wait()

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", f"sessionid={session}".encode())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
    }  # fmt: skip
    answering = asyncio.create_task(ASGIHandler()(scope, receive, send))
    await asyncio.wait_for(begun.wait(), 20)
    held = in_use() - others
    read.set()
    await answering
    return held


def test_a_page_that_is_read_slowly_holds_no_connection():
    connection.close()  # the test's own
    asked = connection.pool.get_stats().get("requests_num", 0)
    assert asyncio.run(held_while_read("/login/")) == 0
    assert connection.pool.get_stats()["requests_num"] > asked, "the page asks the database"


def test_a_list_that_is_saved_over_a_weak_link_holds_no_connection(cast: Cast):
    client = Client()
    client.force_login(cast.admin)
    session = client.cookies["sessionid"].value
    connection.close()
    asked = held_while_read("/portal/machines/", query="export=csv", session=session)
    assert asyncio.run(asked) == 0


def test_a_video_that_is_looked_after_holds_no_connection_between_two_looks(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(guards, "EVERY_S", 0.0)
    request = AsyncRequestFactory().get("/")
    request.user = cast.auditor
    mine_id = cast.lamp_hill.mine.pk
    guard = Guard(request, mine_id=mine_id, action=Action.READ_AUDIT, subject="a video", detail={})

    async def held_after_a_block() -> int:
        others = in_use()
        blocks = guarded(request, iter([b"one", b"two"]), guard, close=lambda: None)
        assert await anext(blocks) == b"one"
        held = in_use() - others
        await blocks.aclose()
        return held

    connection.close()
    assert asyncio.run(held_after_a_block()) == 0
