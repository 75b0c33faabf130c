"""The whole demo mine, running: for the browser and for breaking its parts."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.client import Client
from infra.stack import Stack
from infra.state import read_logins, state_folder

ROOT = Path(__file__).resolve().parent.parent
RESTING = ("Incline 3 lower landing", "Winch house 2")
OWN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "S3_", "DAVY_")


@dataclass
class Demo:
    """The running demo. `logins` maps a role to (user name, password)."""

    stack: Stack
    url: str
    logins: dict[str, tuple[str, str]]

    def client(self, role: str) -> Client:
        """Sign in as a role."""
        client = Client(self.url)
        client.login(*self.logins[role])
        return client

    def wait(self, what: Callable[[], Any], seconds: float, words: str) -> Any:
        """Poll until something is true, keeping the demo's processes alive as its owner does."""
        deadline = time.monotonic() + seconds
        while True:
            self.stack.supervisor.check()
            found = what()
            if found:
                return found
            assert time.monotonic() < deadline, f"not within {seconds:g} s: {words}"
            time.sleep(0.3)


def _rest(demo: Demo) -> None:
    """Switch off Stonebrook's cameras: no test looks at them, and a slow processor follows four."""
    owner = demo.client("owner")
    for camera in owner.rows("/api/v1/cameras/"):
        if camera["name"] in RESTING:
            owner.send("PATCH", f"/api/v1/cameras/{camera['id']}/", {"enabled": False})


def too_slow(demo: Demo) -> bool:
    """Tell whether this machine leaves pictures out, which is no fault of what is tested."""
    rows = demo.client("owner").rows("/api/v1/cameras/")
    return any(row["health"]["because"] == "overloaded" for row in rows)


@pytest.fixture(scope="session")
def stack() -> Iterator[Demo]:
    """Start the demo in a folder of its own, with services of its own."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(OWN)}
    environ |= {k: v for k, v in os.environ.items() if k == "DAVY_MODELS"}
    folder = state_folder(ROOT / "var" / "test-stack")
    shutil.rmtree(folder)
    demo = Stack(folder, environ, lambda line: None)
    try:
        demo.start()
        logins = {
            row["role"]: (row["username"], row["password"])
            for row in reversed(read_logins(demo.logins_file))
        }
        running = Demo(demo, demo.base_url, logins)
        _rest(running)
        yield running
    finally:
        demo.stop()
