"""Refuses a request whose body is too large, before it is read.

Django reads a body whole, onto the disk where it is large, before any view can look at it. Here
the length that the request tells is looked at first, and one that tells none, or lies, is cut off.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

__all__ = ["BodyLimit"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

MB = 1_000_000
# What a form adds to its file.
ROOM = MB
# By the end of the address; a mine's own network is the largest thing that is taken anywhere.
MOST = {"/models/": 200 * MB, "/plans/": 25 * MB, "/cameras/import/": 2 * MB}
ELSEWHERE = 10 * MB
WORDS = "This is larger than {most} MB and was refused. 文件大于 {most} MB，已拒绝。"


class BodyLimit:
    """An ASGI application in front of another one."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer 413 for a body that is told to be too large; hang up on one that grows so."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        most = next((n for end, n in MOST.items() if scope["path"].endswith(end)), ELSEWHERE)
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if not told.isdigit() or int(told) > most + ROOM:
            return await _refuse(scope["path"], send, WORDS.format(most=most // MB))
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return message if seen <= most + ROOM else {"type": "http.disconnect"}

        return await self.app(scope, counted, send)


async def _refuse(path: str, send: Send, words: str) -> None:
    """Answer 413, an address of the API in the form of all its errors."""
    body, kind = words, "text/plain; charset=utf-8"
    if path.startswith("/api/"):
        told = {"errors": [{"code": "too_large", "message": words}]}
        body, kind = json.dumps(told, ensure_ascii=False), "application/json"
    headers = [(b"content-type", kind.encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
