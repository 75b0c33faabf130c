"""Whoever reads an answer slowly holds no connection to the database meanwhile."""

import asyncio
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.db import connection

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def in_use() -> int:
    stats = connection.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


async def held_while_read(path: str) -> int:
    """Ask for a page, take nothing of it for a while, and tell what it holds until it is read."""
    begun, read = asyncio.Event(), asyncio.Event()
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
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }  # fmt: skip
    answering = asyncio.create_task(ASGIHandler()(scope, receive, send))
    await asyncio.wait_for(begun.wait(), 20)
    held = in_use()
    read.set()
    await answering
    return held


def test_a_page_that_is_read_slowly_holds_no_connection():
    connection.close()  # the test's own
    asked = connection.pool.get_stats().get("requests_num", 0)
    assert asyncio.run(held_while_read("/login/")) == 0
    assert connection.pool.get_stats()["requests_num"] > asked, "the page asks the database"
