"""Where messages may go: nothing inside the house unless the settings name it."""

import socket
from typing import Any

import pytest

from apps.notify import guard
from apps.notify.guard import Refused, resolve

PRIVATE = [
    "127.0.0.1", "localhost", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.100.100.200", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "[::1]", "[::]",
    "[fe80::1]", "[fd00:ec2::254]", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "2130706433", "0x7f000001", "127.1",
    "192.0.0.192", "[fec0::1]", "[64:ff9b:1::7f00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]",
    "[::8.8.8.8]", "[::ffff:192.0.0.192]", "[64:ff9b::c000:c0]",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_what_is_inside_is_refused(host: str):
    with pytest.raises(Refused):
        resolve(f"https://{host}/x")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://8.8.8.8/", "file:///etc/passwd", "https://", "//8.8.8.8/", "8.8.8.8", "",
        "https://user:word@8.8.8.8/", "https://8.8.8.8:99999/", "https://8.8.8.8/a b",
        "https://8.8.8.8/\r\nHost: x", "https://[::1", "http://8.8.8.8/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_receiver_is_refused(url: str):
    with pytest.raises(Refused):
        resolve(url)


def test_a_public_address_is_taken_by_https():
    target = resolve("https://8.8.8.8:8443/hook?a=1")
    assert (target.ip, target.port, target.path) == ("8.8.8.8", 8443, "/hook?a=1")
    assert resolve("https://[2001:4860:4860::8888]/").ip == "2001:4860:4860::8888"


def test_a_network_that_the_settings_name_is_taken_and_no_other(settings: Any):
    settings.NOTIFY_PRIVATE = ["10.20.0.0/16"]
    assert resolve("http://10.20.3.4/").ip == "10.20.3.4"
    for url in ("https://10.21.0.1/", "https://127.0.0.1/", "https://169.254.169.254/"):
        with pytest.raises(Refused):
            resolve(url)


def test_one_bad_address_of_a_name_is_enough(monkeypatch: pytest.MonkeyPatch):
    def two(host: str, port: int, **_kind: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))
            for ip in ("8.8.8.8", "127.0.0.1")
        ]

    monkeypatch.setattr(guard.socket, "getaddrinfo", two)
    with pytest.raises(Refused):
        resolve("https://two-faces.example/")
