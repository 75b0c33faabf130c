"""After PostgreSQL was away nobody who asks meets an error, nor waits for long."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from davy.env import env_database
from infra.command import ROOT
from infra.embedded import postgres
from infra.embedded.service import Service
from infra.state import state_folder

MOST = 4
# The pool's own waits would be 1, 2, 4 and then 8 s: it would be asked again after fifteen.
AWAY_S = 8


class Server:
    """A PostgreSQL of the test's own, that is stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.service = folder, postgres.start(folder)

    def start(self) -> Service:
        self.service = postgres.start(self.folder)
        return self.service


@pytest.fixture
def server(django_db_blocker: Any) -> Iterator[Server]:
    folder = state_folder(ROOT / "var" / f"test-restart-{os.getpid()}")
    server = Server(folder)
    with django_db_blocker.unblock():
        yield server
    server.service.stop()
    shutil.rmtree(folder)


@pytest.fixture
def databases(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionHandler]:
    """The settings' own way to the server, with a pool of a few."""
    monkeypatch.setenv("DAVY_DB_POOL", str(MOST))
    monkeypatch.setenv("DATABASE_URL", server.service.url)
    handler = ConnectionHandler({"default": {}, "own": env_database("DATABASE_URL", "")})
    handler["own"].settings_dict["OPTIONS"]["pool"]["timeout"] = 2
    yield handler
    handler["own"].close_pool()


def ask(databases: ConnectionHandler) -> tuple[int]:
    """Ask as one request does: take a connection, and give it back."""
    with closing(databases["own"]) as connection, connection.cursor() as cursor:
        return cursor.execute("SELECT 1").fetchone()


def ask_all_at_once(databases: ConnectionHandler) -> None:
    """Let as many ask together as the pool has room for, so that it is full afterwards."""
    together = threading.Barrier(MOST)

    def one() -> None:
        with closing(databases["own"]) as connection, connection.cursor():
            together.wait(20)

    threads = [threading.Thread(target=one) for _ in range(MOST)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert databases["own"].pool.get_stats()["pool_available"] == MOST


def test_a_restart_ends_every_connection_of_the_pool_and_nobody_meets_one(
    server: Server, databases: ConnectionHandler
):
    ask_all_at_once(databases)
    server.service.stop()
    server.start()
    assert [ask(databases) for _ in range(2 * MOST)] == [(1,)] * 2 * MOST


def test_once_it_is_back_it_is_asked_within_two_seconds_however_long_it_was_away(
    server: Server, databases: ConnectionHandler
):
    ask_all_at_once(databases)
    server.service.stop()
    stopped = time.monotonic()
    while time.monotonic() - stopped < AWAY_S:
        with pytest.raises(OperationalError):
            ask(databases)
    server.start()
    assert ask(databases) == (1,)


def test_a_server_whose_machine_is_gone_is_noticed_within_half_a_minute(
    databases: ConnectionHandler,
):
    """By what the system keeps to: no test can pull a cable."""
    with (
        closing(databases["own"]) as connection,
        connection.cursor(),
        socket.fromfd(connection.connection.fileno(), socket.AF_INET, 0) as line,
    ):
        idle, between, count, unanswered_ms = (
            line.getsockopt(socket.IPPROTO_TCP, option)
            for option in (
                socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT,
                socket.TCP_USER_TIMEOUT,
            )
        )  # fmt: skip
    assert idle + between * count <= 30 and 0 < unanswered_ms <= 30_000
