"""Counts failed sign-ins, so that passwords cannot be guessed at leisure."""

import hashlib
import logging
from ipaddress import IPv6Address, ip_address, ip_network

from django.core.cache import cache
from django.http import HttpRequest

from apps.network import unwrapped

__all__ = ["forget_failures", "note_failure", "too_many"]

log = logging.getLogger(__name__)
MOST = 10
WITHIN_S = 300


def _key(request: HttpRequest, username: str) -> str:
    """Name a person and an address, so that a stranger cannot lock everybody out of an account."""
    what = f"{_place(request.META.get('REMOTE_ADDR', ''))} {username.lower()}"
    return f"sign-in.{hashlib.sha256(what.encode()).hexdigest()}"


def _place(address: str) -> str:
    """Return what counts as one address: of IPv6 a whole network of 64 bits, which one machine has.

    Else a guesser would take another of its 2**64 addresses for each guess.
    """
    try:
        found = unwrapped(ip_address(address.partition("%")[0]))
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False) if isinstance(found, IPv6Address) else found)


def too_many(request: HttpRequest, username: str) -> bool:
    """Tell whether this address has failed too often for this name in the last five minutes.

    A cache that is away lets people in: operators must reach the desk.
    """
    try:
        return int(cache.get(_key(request, username), 0)) >= MOST
    except Exception as error:
        log.warning("failed sign-ins are not counted: %s", error)
        return False


def note_failure(request: HttpRequest, username: str) -> None:
    """Count one failure."""
    try:
        key = _key(request, username)
        cache.add(key, 0, WITHIN_S)
        cache.incr(key)
    except Exception as error:
        log.warning("a failed sign-in was not counted: %s", error)


def forget_failures(request: HttpRequest, username: str) -> None:
    """Start anew after a success."""
    try:
        cache.delete(_key(request, username))
    except Exception as error:
        log.warning("failed sign-ins were not forgotten: %s", error)
