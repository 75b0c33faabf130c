"""Where a message may go: public https addresses, and private ones that the settings name.

Fails closed: an address is refused unless every one that its name stands for is allowed. It is
asked when a route is saved and again at each delivery, and the connection goes to the very
address that was checked, so a name that changes its mind in between changes nothing.
"""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from django.conf import settings

from apps.network import Address, unwrapped
from workers.words import sentence

__all__ = ["Refused", "Target", "check", "resolve"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
SENT_AS_IS = "%/:=&?~#+!$,;'@()*[]"
# What Python takes for public and is not: a cloud's metadata and other addresses of the provider's
# own (RFC 6890), and IPv6 that leads to IPv4 or to the site itself: compatible (RFC 4291),
# translated (RFC 2765), the local translator's (RFC 8215), site-local (RFC 3879).
INSIDE = [
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "fec0::/10")
]


class Refused(Exception):
    """This address must not be called; the sentence says why, in English."""


@dataclass(frozen=True)
class Target:
    """A checked address: `ip` is where to connect, `host` whom to ask for there."""

    url: str
    scheme: str
    host: str
    port: int
    path: str  # with its query
    ip: str


def check(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path of an address, or raise Refused; asks no name server."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
        # As a browser does: what a page shows of an address is not always what is sent.
        path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), SENT_AS_IS)
    except (ValueError, UnicodeError):
        raise Refused(sentence("This is not an address.")) from None
    if parts.scheme not in ("https", "http") or not host or any(c <= " " for c in url):
        raise Refused(sentence("Give an address that begins with https://."))
    if parts.username or parts.password:
        raise Refused(sentence("An address must not carry a user name or password."))
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path


def resolve(url: str) -> Target:
    """Return where to connect for an address; raises Refused, or OSError when nobody knows it."""
    scheme, host, port, path = check(url)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(entry[4][0].split("%")[0]) for entry in found]
    if not addresses:
        raise OSError("no address")
    for address in addresses:
        _allow(address, scheme)
    return Target(url, scheme, host, port, path, str(addresses[0]))


def _allow(address: Address, scheme: str) -> None:
    inner = unwrapped(address)
    if _within(map(ipaddress.ip_network, settings.NOTIFY_PRIVATE), address, inner):
        return
    special = inner.is_multicast or _within(INSIDE, address, inner)
    if special or not inner.is_global or not address.is_global:
        raise Refused(
            sentence("The address is in a private network that DAVY_NOTIFY_PRIVATE does not name.")
        )
    if scheme != "https":
        raise Refused(sentence("Outside of networks in DAVY_NOTIFY_PRIVATE only https is allowed."))


def _within(networks: Iterable[Network], *addresses: Address) -> bool:
    return any(
        one in network
        for network in networks
        for one in addresses
        if one.version == network.version
    )
