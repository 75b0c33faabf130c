"""What the state folder (`var/`) remembers between starts: secrets, ports, locks."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

__all__ = [
    "Lock",
    "free_port",
    "load_json",
    "read_logins",
    "read_secrets",
    "save_json",
    "state_folder",
]

# Below Linux's default range for outgoing connections (32768-60999), so that no client socket
# can take a remembered port while the demo is down.
_PORTS = range(20000, 32000)
# Ports that this process gave out, each held by a socket that does not listen.
_held: dict[int, socket.socket] = {}


def state_folder(path: Path) -> Path:
    """Make the state folder, closed to other users of the machine."""
    path = path.resolve()
    if not path.exists():
        path.mkdir(parents=True)
        path.chmod(0o700)
    return path


def load_json(path: Path) -> dict[str, Any]:
    """Read a small JSON object; an absent or half-written file is an empty one."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def save_json(path: Path, value: dict[str, Any], *, mode: int = 0o600) -> None:
    """Write a JSON object so that a reader sees the old one or the new one, never a half."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(fd, "w") as file:
        json.dump(value, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_secrets(state_dir: Path) -> dict[str, str]:
    """Return the installation's random secrets, making what is missing (`secrets.json`, 0600)."""
    path = state_dir / "secrets.json"
    known = load_json(path)
    fresh = {
        "superuser_password": secrets.token_urlsafe(24),
        "owner_password": secrets.token_urlsafe(24),
        "app_password": secrets.token_urlsafe(24),
        "valkey_password": secrets.token_urlsafe(24),
        "s3_access_key": "DAVY" + secrets.token_hex(8).upper(),
        "s3_secret_key": secrets.token_urlsafe(32),
        "django_secret_key": secrets.token_urlsafe(48),
        "field_key": Fernet.generate_key().decode(),
    }
    merged = fresh | known
    if merged != known:
        save_json(path, merged)
    return merged


def read_logins(path: Path) -> list[dict[str, str]]:
    """Return the logins that `seed` wrote: [{role, username, password, mine}]."""
    value = json.loads(path.read_text())
    return list(value["logins"] if isinstance(value, dict) else value)


def _hold(port: int, *, ours: bool) -> bool:
    """Take a port until this process ends; a server that reuses addresses can listen on it.

    ours: it was this part's before. One whose last connections are in TIME_WAIT is free then, as
    for the servers; a new one must be held by nobody, such as by another process that chose it for
    a server which does not listen yet.
    """
    holder = socket.socket()
    try:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(ours))
        holder.bind(("127.0.0.1", port))
    except OSError:
        holder.close()
        return False
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _held[port] = holder  # in the place of one that it held before
    return True


def free_port(state_dir: Path, name: str) -> int:
    """Return the port `name` had last time when it is free, else a new one, and remember it."""
    path = state_dir / "ports.json"
    with Lock(state_dir / ".ports.lock").held():
        ports = load_json(path)
        old = ports.get(name)
        if isinstance(old, int) and _hold(old, ours=True):
            return old
        taken = set(ports.values())
        for _ in range(200):
            port = secrets.choice(_PORTS)
            if port not in taken and _hold(port, ours=False):
                save_json(path, ports | {name: port})
                return port
    raise RuntimeError(f"no free port found on 127.0.0.1 for {name}")


class Lock:
    """A lock file that the kernel releases when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def take(self, *, wait: bool = False) -> bool:
        """Take the lock and write our pid into the file; False when somebody else holds it."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(fd)
            return False
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd
        return True

    def holder(self) -> int | None:
        """Return the pid written by whoever took the lock last."""
        try:
            return int(self.path.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def release(self) -> None:
        """Let go; harmless when it was never taken."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def held(self) -> _Held:
        """Use as `with lock.held():`, waiting for the lock."""
        return _Held(self)


class _Held:
    def __init__(self, lock: Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        self._lock.take(wait=True)

    def __exit__(self, *_: object) -> None:
        self._lock.release()
