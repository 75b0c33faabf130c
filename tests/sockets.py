"""A WebSocket client for the ASGI application, in the test's own process."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

__all__ = ["Socket"]


class Socket(ApplicationCommunicator):
    """Speaks to the application as a browser would, with a session cookie."""

    def __init__(
        self, application: Any, path: str, session: str = "", origin: str = "http://127.0.0.1"
    ) -> None:
        path, _, query = path.partition("?")
        headers = [(b"origin", origin.encode()), (b"host", b"127.0.0.1")]
        if session:
            headers.append((b"cookie", f"sessionid={session}".encode()))
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "subprotocols": [],
        }
        super().__init__(application, scope)

    async def open(self) -> dict[str, Any]:
        """Connect; returns the application's answer."""
        await self.send_input({"type": "websocket.connect"})
        return dict(await self.receive_output(timeout=5))

    async def hear(self, timeout: float = 5) -> dict[str, Any]:
        """Return the next event; heartbeats are passed over."""
        while (message := await self.next(timeout))["kind"] == "heartbeat":
            pass
        return message

    async def beat(self, timeout: float = 5) -> dict[str, Any]:
        """Return the next message, which must be a heartbeat."""
        message = await self.next(timeout)
        assert message["kind"] == "heartbeat", message
        return message

    async def next(self, timeout: float = 5) -> dict[str, Any]:
        """Return the next message."""
        message = await self.receive_output(timeout=timeout)
        assert message["type"] == "websocket.send", message
        return dict(json.loads(message["text"]))

    async def close(self) -> None:
        """Hang up."""
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(timeout=5)
