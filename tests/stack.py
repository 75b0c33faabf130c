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
        yield Demo(demo, demo.base_url, logins)
    finally:
        demo.stop()
