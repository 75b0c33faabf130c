"""One HTTP request to a receiver: to the checked address, no redirect, bounded in time and size."""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from apps.notify.guard import Target, resolve

__all__ = ["CONNECT_S", "TOTAL_S", "Answer", "post"]

CONNECT_S = 5.0
TOTAL_S = 10.0
MOST_BYTES = 16_384


@dataclass(frozen=True)
class Answer:
    """What the receiver answered; `body` is cut at 16 kB, `headers` are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked, and asks there for the host by its name."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=CONNECT_S)
        self.target = target
        self.raw: socket.socket | None = None  # http.client lets go of its own
        self.default_port = 443 if target.scheme == "https" else 80

    def connect(self) -> None:
        """Open the connection, with TLS checked against the host's name."""
        self.sock = socket.create_connection((self.target.ip, self.target.port), CONNECT_S)
        self.sock.settimeout(TOTAL_S)
        if self.target.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(
                self.sock, server_hostname=self.target.host, do_handshake_on_connect=False
            )
        self.raw = self.sock

    def cut(self) -> None:
        """End the connection under whoever waits for it."""
        if self.raw is not None:
            with contextlib.suppress(OSError):
                # Not SSLSocket's own, which would take the TLS away and go on in the clear.
                socket.socket.shutdown(self.raw, socket.SHUT_RDWR)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a body and return the answer, whatever its status.

    Raises guard.Refused, or OSError (TimeoutError, ssl.SSLError, no such name, no connection) and
    http.client.HTTPException where there was no answer. A receiver that drips a byte a second is
    cut off like one that says nothing.
    """
    connection = _Pinned(resolve(url))
    late = threading.Event()

    def cut() -> None:
        late.set()
        connection.cut()

    watch = threading.Timer(TOTAL_S, cut)
    watch.daemon = True
    try:
        connection.connect()
        watch.start()
        if isinstance(connection.sock, ssl.SSLSocket):
            connection.sock.do_handshake()
        path = connection.target.path
        connection.request("POST", path, body, {"Connection": "close", **headers})
        response = connection.getresponse()
        answer = Answer(
            response.status,
            {name.lower(): value for name, value in response.headers.items()},
            response.read(MOST_BYTES),
        )
    except (OSError, http.client.HTTPException):
        if late.is_set():
            raise TimeoutError from None
        raise
    finally:
        watch.cancel()
        connection.close()
    if late.is_set():
        raise TimeoutError
    return answer
