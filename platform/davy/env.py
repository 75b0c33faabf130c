"""Reads settings from the environment and refuses what it does not understand."""

import math
import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg_pool import ConnectionPool

from davy.postgres.connection import Connection

__all__ = [
    "env", "env_address", "env_bool", "env_broker", "env_database", "env_float", "env_list",
    "env_secret", "unknown",
]  # fmt: skip

# Read elsewhere: by workers, by what starts Davy, and by its tests.
_ELSEWHERE = (
    "DAVY_APP_PASSWORD", "DAVY_CHROMIUM", "DAVY_DETECTOR_BACKEND", "DAVY_DEVICE",
    "DAVY_KEEP_PAPERS", "DAVY_MODELS", "DAVY_OWNER_PASSWORD", "DAVY_POSTGRES_BIN",
    "DAVY_RADOSGW", "DAVY_RTSP_URL", "DAVY_STORE_AWAY_S", "DAVY_TEST_SERVICES", "DAVY_VALKEY",
)  # fmt: skip
_known = set(_ELSEWHERE)


def env(name: str, default: str = "") -> str:
    """Return a variable, or the default when it is unset or empty."""
    _known.add(name)
    return os.environ.get(name) or default


def env_bool(name: str, default: bool) -> bool:
    """Return a yes/no variable; anything but 1, true, 0 or false is refused."""
    raw = env(name).lower()
    if not raw:
        return default
    if raw in ("1", "true"):
        return True
    if raw in ("0", "false"):
        return False
    raise ImproperlyConfigured(f"{name}={raw!r}: say 1, true, 0 or false")


def env_float(name: str, default: float, *, least: float = 0.0) -> float:
    """Return a number that is not below `least`: what is kept for -1 days is deleted at once."""
    raw = env(name)
    try:
        number = float(raw) if raw else default
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r}: not a number") from None
    if not math.isfinite(number) or number < least:
        raise ImproperlyConfigured(f"{name}={raw!r}: give a number, at least {least:,.0f}")
    return number


def env_address(name: str, default: str = "") -> str:
    """Return an address that begins with http:// or https://, without a slash at its end."""
    raw = env(name, default)
    if not raw:
        return ""
    scheme, mark, rest = raw.partition("://")
    if scheme.lower() not in ("http", "https") or not mark or not rest.strip("/"):
        raise ImproperlyConfigured(f"{name}={raw!r}: begin it with http:// or https:// and a host")
    return f"{scheme.lower()}://{rest.rstrip('/')}"


def env_broker(name: str, default: str) -> str:
    """Return Valkey's address without the number of a database: Davy takes 0, 1 and 2."""
    url = _service(name, env(name, default), ("redis", "rediss"), "Valkey (redis://host:6379)")
    if url.path.strip("/") or url.query:
        raise ImproperlyConfigured(f"{name}: end it with the port; Davy takes databases 0, 1 and 2")
    return url.geturl().rstrip("/")


def _service(name: str, raw: str, schemes: tuple[str, ...], wanted: str) -> SplitResult:
    """Split an address that may hold a password, which is in no word of a refusal."""
    try:
        url = urlsplit(raw)
        whole = url.scheme not in schemes or (url.port or 0) >= 0
    except ValueError:
        whole = False
    # What follows # is no part of an address: a password that has one ends there.
    if not whole or (url.scheme in schemes and url.fragment):
        raise ImproperlyConfigured(
            f"{name} cannot be read: in a password write / as %2F, # as %23, ? as %3F, @ as %40, "
            "% as %25; a port is a number"
        )
    if url.scheme not in schemes:
        raise ImproperlyConfigured(f"{name}: Davy needs {wanted}, got {url.scheme or 'nothing'}")
    return url


def env_list(name: str, separator: str = ",") -> list[str]:
    """Return the non-empty parts of a separated list."""
    return [part.strip() for part in env(name).split(separator) if part.strip()]


def env_secret(name: str) -> str:
    """Return a secret from NAME, or from the file that NAME_FILE points to."""
    _known.add(name)
    path = env(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "no text in UTF-8"
            raise ImproperlyConfigured(f"{name}_FILE={path!r} cannot be read: {why}") from None
    return env(name)


# A server whose machine or link is gone says nothing any more: it is noticed within half a minute,
# where the system would wait for a quarter of an hour or for ever.
_NOTICED = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def env_database(name: str, default: str) -> dict[str, Any]:
    """Turn `postgresql://user:password@host:port/name` into Django's settings, with a pool.

    A socket folder goes in the query: `postgresql://user@/name?host=/run/postgresql`.
    """
    given = env_secret(name) or default
    url = _service(name, given, ("postgres", "postgresql"), "PostgreSQL")
    query = dict(parse_qsl(url.query))
    most = int(env_float("DAVY_DB_POOL", 8))  # 0: no pool, for a command that only looks
    options: dict[str, Any] = {"connect_timeout": 5, **_NOTICED}
    if most:
        options["pool"] = {
            "min_size": 1,
            "max_size": most,
            "timeout": 10,
            "connection_class": Connection,
            # The pool's own waits double: back after ten minutes, the database would not be asked
            # for minutes more. What gives up at once begins anew, about once a second.
            "reconnect_timeout": 1,
            "reconnect_failed": ConnectionPool.check,
        }
    return {
        "ENGINE": "davy.postgres",
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": query.get("host") or url.hostname or "",
        "PORT": query.get("port") or str(url.port or ""),
        # The pool keeps connections; Django itself must not.
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }


def unknown() -> Iterator[str]:
    """Tell of each DAVY_ variable that nothing reads: misspelt, its default holds instead."""
    for name in sorted(os.environ):
        if name.startswith("DAVY_") and name not in _known and os.environ[name]:
            near = get_close_matches(name, _known, n=1, cutoff=0.8)
            yield f"{name} is no setting of Davy{f': did you mean {near[0]}?' if near else ''}"
