"""Who asks, where proxies stand in front: as the nearest of them tells, never as the asker does.

A proxy adds the address that it was asked from to the end of X-Forwarded-For; what stands before
that is whatever it was handed. Failed sign-ins are counted by the address, and the record names it.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import Any

__all__ = ["Forwarded"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Forwarded:
    """An ASGI application behind so many proxies; with none, whoever connects is who asks."""

    def __init__(self, app: App, proxies: int) -> None:
        self.app = app
        self.proxies = proxies

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Put the address that the outermost proxy was asked from in the place of the nearest's."""
        if self.proxies and scope["type"] in ("http", "websocket"):
            told = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
            address = _asker(b",".join(told).decode("latin-1"), self.proxies)
            if address:
                scope = {**scope, "client": (address, 0)}
        await self.app(scope, receive, send)


def _asker(told: str, proxies: int) -> str:
    """Return the entry that the outermost of the proxies wrote; "" where there is no such address.

    It may carry a port: 203.0.113.7:5060 or [2001:db8::7]:5060.
    """
    entries = told.split(",")
    if len(entries) < proxies:
        return ""
    host = entries[-proxies].strip()
    host = host[1:].partition("]")[0] if host.startswith("[") else host
    try:
        return str(ip_address(host.partition(":")[0] if host.count(":") == 1 else host))
    except ValueError:
        return ""
