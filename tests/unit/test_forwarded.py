"""Whose address a request has, where proxies stand in front."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from davy.forwarded import Forwarded


def heard(proxies: int, *told: str, kind: str = "http") -> str:
    """Return the address that the application hears of a request from the proxy at 10.0.0.1."""
    found: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        found.append(scope["client"][0])

    headers = [(b"host", b"davy"), *((b"x-forwarded-for", one.encode()) for one in told)]
    scope = {"type": kind, "client": ("10.0.0.1", 4000), "headers": headers}
    async_to_sync(Forwarded(application, proxies))(scope, None, None)  # type: ignore[arg-type]
    return found[0]


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_proxy_is_believed_about_whom_it_was_asked_by(kind: str):
    assert heard(1, "192.168.7.20", kind=kind) == "192.168.7.20"


def test_what_the_asker_wrote_before_that_is_not_believed():
    assert heard(1, "127.0.0.1, 192.168.7.20") == "192.168.7.20"
    assert heard(1, "127.0.0.1", "192.168.7.20") == "192.168.7.20"


def test_of_two_proxies_the_outer_one_knows_who_asked():
    assert heard(2, "127.0.0.1, 192.168.7.20, 10.0.0.2") == "192.168.7.20"


def test_without_a_proxy_nobody_is_believed():
    assert heard(0, "192.168.7.20") == "10.0.0.1"


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("192.168.7.20:5060", "192.168.7.20"),
        ("[2001:db8::7]:5060", "2001:db8::7"),
        ("2001:DB8:0::7", "2001:db8::7"),
    ],
)
def test_an_address_is_read_in_each_way_that_proxies_write_it(told: str, address: str):
    assert heard(1, told) == address


@pytest.mark.parametrize("told", ["", "unknown", "_hidden", "1.2.3.4.5", "a:b", "[]"])
def test_what_is_no_address_leaves_that_of_the_proxy(told: str):
    assert heard(1, told) == "10.0.0.1"


def test_who_came_past_the_outer_proxy_has_the_address_of_the_inner():
    assert heard(2, "192.168.7.20") == "10.0.0.1"
