"""Runs manage.py with the demo's own services: `python -m infra.manage backup /mnt/backups`.

Beside a running demo it uses the services that run; else it starts them and stops them again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from infra.command import ROOT
from infra.embedded import application_env, running_env, start_services
from infra.embedded.service import ServiceError
from infra.state import Lock, state_folder

__all__ = ["main"]


def main(words: list[str]) -> int:
    """Run one command of manage.py; returns its exit status."""
    state_dir = state_folder(Path(os.environ.get("DAVY_VAR") or ROOT / "var"))
    lock = Lock(state_dir / "demo.lock")
    if not lock.take():
        if words[:1] == ["restore"]:
            print("The demo runs. Stop it first (`make stop`): a restore needs the database alone.")
            return 1
        return _run(words, running_env(state_dir) | application_env(state_dir, os.environ))
    try:
        services = start_services(state_dir, os.environ)
    except ServiceError as fault:
        print(fault, file=sys.stderr)
        return 1
    try:
        return _run(words, services.env)
    finally:
        services.stop()
        lock.release()


def _run(words: list[str], env: dict[str, str]) -> int:
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    return subprocess.run(command, env=os.environ | env).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
