"""The services a mine needs, on one machine, out of wheels.

Each module has `start(state_dir) -> Service`; an address in the environment replaces a part:
DATABASE_URL with DATABASE_OWNER_URL, REDIS_URL, S3_ENDPOINT_URL with its keys.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from infra.embedded import postgres, s3, valkey
from infra.embedded.service import Part, Service, ServiceError, start_part
from infra.state import load_json, read_secrets, state_folder

__all__ = ["Services", "application_env", "parts", "running_env", "start_services"]

_PARTS = {
    "DATABASE_URL": (postgres.prepare, ("DATABASE_OWNER_URL",)),
    "REDIS_URL": (valkey.prepare, ()),
    "S3_ENDPOINT_URL": (s3.prepare, ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")),
}


def parts(state_dir: Path, environ: Mapping[str, str]) -> list[Part]:
    """Prepare every part that the environment does not replace."""
    prepared = []
    for name, (prepare, companions) in _PARTS.items():
        if not environ.get(name):
            prepared.append(prepare(state_dir))
        elif missing := [other for other in companions if not environ.get(other)]:
            raise ServiceError(f"{name} is set, but {', '.join(missing)} is not")
    return prepared


def running_env(state_dir: Path) -> dict[str, str]:
    """Return how to reach the parts of this folder that somebody else runs; starts nothing."""
    known, ports = read_secrets(state_dir), load_json(state_dir / "ports.json")
    found = {}
    for name, module in (("postgres", postgres), ("valkey", valkey), ("s3", s3)):
        found |= module.addresses(known, ports.get(name, 0))
    return {name: os.environ.get(name) or value for name, value in found.items()}


def application_env(state_dir: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the keys that the application needs beside the services' addresses."""
    known = read_secrets(state_dir)
    env = {
        "DAVY_VAR": str(state_dir),
        "DAVY_SECRET_KEY": known["django_secret_key"],
        "DAVY_FIELD_KEY": known["field_key"],
    }
    env = {name: environ.get(name) or value for name, value in env.items()}
    if any(environ.get(name) for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")):
        # The S3 client would ask the proxy for 127.0.0.1.
        for name in ("no_proxy", "NO_PROXY"):
            env[name] = ",".join(filter(None, [environ.get(name), "127.0.0.1,localhost"]))
    return env


class Services:
    """The running services of one state folder, and the environment that reaches them."""

    def __init__(self, services: list[Service], env: dict[str, str]) -> None:
        self.services = {service.process.command.name: service for service in services}
        self.env = env

    def stop(self) -> None:
        """Stop what was started, last first."""
        for service in reversed(self.services.values()):
            service.stop()


def start_services(state_dir: Path, environ: Mapping[str, str]) -> Services:
    """Start what the environment does not replace, and wait until everything answers."""
    state_dir = state_folder(state_dir)
    started: list[Service] = []
    env = application_env(state_dir, environ)
    try:
        for part in parts(state_dir, environ):
            started.append(start_part(part, state_dir))
            env |= part.env
    except BaseException:
        for service in reversed(started):
            service.stop()
        raise
    return Services(started, env)
