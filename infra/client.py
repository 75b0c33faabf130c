"""Davy as a client sees it: signs in like a browser, reads the API, listens, downloads."""

from __future__ import annotations

import hashlib
import http.cookiejar
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

__all__ = ["Client", "ClientError", "Heard"]


class ClientError(RuntimeError):
    """The server did not do what a client expects; the message says what."""


@dataclass(frozen=True)
class Heard:
    """An event and when it reached us, in Unix seconds."""

    event: dict[str, Any]
    at_s: float


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Leave it to the caller."""
        return


class Client:
    """One signed-in person. Not for several threads at once, except `events`."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self._jar)
        )

    def login(self, username: str, password: str) -> None:
        """Sign in on the login page; raises ClientError when that fails."""
        self.page("/login/")
        form = {
            "username": username,
            "password": password,
            "csrfmiddlewaretoken": self._cookie("csrftoken"),
        }
        self._send("/login/", urllib.parse.urlencode(form).encode())
        if not self._cookie("sessionid"):
            raise ClientError(f"{username} could not sign in")

    def page(self, path: str) -> str:
        """Return a page's text, following redirects."""
        return self._send(path).decode()

    def get(self, path: str) -> Any:
        """Return what the API answers."""
        return json.loads(self._send(path, accept="application/json"))

    def rows(self, path: str) -> list[dict[str, Any]]:
        """Return the first page of an API list."""
        answer = self.get(path)
        return list(answer["results"] if isinstance(answer, dict) else answer)

    def post(self, path: str, data: dict[str, Any]) -> Any:
        """Post JSON to the API and return its answer."""
        return self.send("POST", path, data)

    def send(self, method: str, path: str, data: dict[str, Any]) -> Any:
        """Send JSON to the API by any method and return its answer."""
        body = json.dumps(data).encode()
        kind = "application/json"
        return json.loads(self._send(path, body, accept=kind, kind=kind, method=method))

    def press(self, path: str) -> None:
        """Press a page's button that asks for nothing more."""
        self._send(path, b"")

    def download_clip(self, clip: str, to: Path) -> str:
        """Fetch a clip as a browser's player does: by the presigned link that it is sent to.

        The whole video as recorded, where no mask covers it; returns its SHA-256.
        """
        link = self._link(f"/clips/{clip}/play/")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        total = hashlib.sha256()
        # No cookie goes along: the signature in the link is all that opens it.
        with opener.open(link, timeout=30) as answer, to.open("wb") as file:
            while block := answer.read(1 << 20):
                total.update(block)
                file.write(block)
        return total.hexdigest()

    def events(self, cursor: int, *, timeout_s: float) -> Iterator[Heard | None]:
        """Listen from a cursor on. Yields None each second without news; ends after `timeout_s`."""
        scheme, _, rest = self.base_url.partition("://")
        address = f"{'wss' if scheme == 'https' else 'ws'}://{rest}/ws/events/?cursor={cursor}"
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)
        deadline = time.monotonic() + timeout_s
        try:
            with connect(
                address,
                additional_headers={"Cookie": cookies, "Origin": self.base_url},
                proxy=None,
            ) as socket:
                while time.monotonic() < deadline:
                    try:
                        text = socket.recv(timeout=1.0)
                    except TimeoutError:
                        yield None
                        continue
                    yield Heard(json.loads(text), time.time())
        except ConnectionClosed as fault:
            raise ClientError(f"the server closed the line: {fault}") from fault

    def _cookie(self, name: str) -> str:
        return next((one.value or "" for one in self._jar if one.name == name), "")

    def _link(self, path: str) -> str:
        """Return where a page sends its reader, without going there."""
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self._jar), _Stay()
        )
        try:
            with opener.open(self.base_url + path, timeout=15) as answer:
                raise ClientError(f"{path} answered {answer.status} instead of a link")
        except urllib.error.HTTPError as fault:
            link = fault.headers.get("Location", "")
            if fault.code not in (301, 302, 303) or not link:
                raise ClientError(f"{path} answered {fault.code}") from fault
            return str(link)

    def _send(
        self,
        path: str,
        body: bytes | None = None,
        *,
        accept: str = "text/html",
        kind: str = "application/x-www-form-urlencoded",
        method: str | None = None,
    ) -> bytes:
        request = urllib.request.Request(self.base_url + path, body, method=method)
        request.add_header("Accept", accept)
        if body is not None:
            request.add_header("Content-Type", kind)
            request.add_header("X-CSRFToken", self._cookie("csrftoken"))
            request.add_header("Referer", self.base_url + path)
            request.add_header("Origin", self.base_url)
        try:
            with self._opener.open(request, timeout=15) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as fault:
            said = fault.read(500).decode(errors="replace")
            raise ClientError(f"{path} answered {fault.code}: {said}") from fault
        except OSError as fault:
            raise ClientError(f"{path}: {fault}") from fault
