"""Whose pages may open a socket: Davy's own, as for forms."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.utils.http import is_same_domain

__all__ = ["OwnPages"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class OwnPages:
    """Refuses a socket that a page of another port of the same host opens.

    A browser sends the session along to each port of a host, so another program's page there would
    hear what the person may. Channels looks at the host alone; forms are taken by these same rules.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let it in where the page has the address that is asked, or one of the trusted ones."""
        headers = {name: value.decode("latin-1").lower() for name, value in scope["headers"]}
        origin = headers.get(b"origin", "")
        own = origin.partition("://")[2] == headers.get(b"host")
        if own or any(_is(origin, one) for one in settings.CSRF_TRUSTED_ORIGINS):
            return await self.app(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)


def _is(origin: str, trusted: str) -> bool:
    """Tell whether an origin is a trusted one, such as https://a.example or https://*.example."""
    scheme, _mark, host = trusted.lower().partition("://")
    its_scheme, _mark, its_host = origin.partition("://")
    return scheme == its_scheme and is_same_domain(its_host, host.removeprefix("*"))
