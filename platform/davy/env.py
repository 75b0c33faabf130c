"""Reads settings from the environment and refuses what it does not understand."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

__all__ = ["env", "env_bool", "env_database", "env_float", "env_list", "env_secret"]


def env(name: str, default: str = "") -> str:
    """Return a variable, or the default when it is unset or empty."""
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


def env_float(name: str, default: float) -> float:
    """Return a number."""
    raw = env(name)
    try:
        return float(raw) if raw else default
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r}: not a number") from None


def env_list(name: str, separator: str = ",") -> list[str]:
    """Return the non-empty parts of a separated list."""
    return [part.strip() for part in env(name).split(separator) if part.strip()]


def env_secret(name: str) -> str:
    """Return a secret from NAME, or from the file that NAME_FILE points to."""
    path = env(f"{name}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    return env(name)


def env_database(name: str, default: str) -> dict[str, Any]:
    """Turn `postgresql://user:password@host:port/name` into Django's settings, with a pool.

    A socket folder goes in the query: `postgresql://user@/name?host=/run/postgresql`.
    """
    url = urlsplit(env_secret(name) or default)
    if url.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{name}: Davy needs PostgreSQL, got {url.scheme or 'nothing'}")
    query = dict(parse_qsl(url.query))
    most = int(env_float("DAVY_DB_POOL", 8))  # 0: no pool, for a command that only looks
    options: dict[str, Any] = {"connect_timeout": 5}
    if most:
        options["pool"] = {"min_size": 1, "max_size": most, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": query.get("host") or url.hostname or "",
        "PORT": query.get("port") or str(url.port or ""),
        # The pool keeps connections; Django itself must not.
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }
