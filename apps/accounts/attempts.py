"""Counts failed sign-ins, so that passwords cannot be guessed at leisure."""

import hashlib
import logging

from django.core.cache import cache
from django.http import HttpRequest

__all__ = ["forget_failures", "note_failure", "too_many"]

log = logging.getLogger(__name__)
MOST = 10
WITHIN_S = 300


def _key(request: HttpRequest, username: str) -> str:
    """Name a person and an address, so that a stranger cannot lock everybody out of an account."""
    what = f"{request.META.get('REMOTE_ADDR', '')} {username.lower()}"
    return f"sign-in.{hashlib.sha256(what.encode()).hexdigest()}"


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
