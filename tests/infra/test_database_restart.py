"""After PostgreSQL was away nobody meets an error; while it hangs nobody waits for long."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, ProgrammingError
from django.db.utils import ConnectionHandler
from django.utils.log import configure_logging

from davy.env import env_database
from davy.outage import over
from davy.postgres.connection import Connection
from infra.command import ROOT
from infra.embedded import postgres
from infra.embedded.service import Service
from infra.state import state_folder

MOST = 4
# The pool's own waits would be 1, 2, 4 and then 8 s: it would be asked again after fifteen.
AWAY_S = 8
# Five for a connection that is silent, and what a loaded machine needs.
ANSWERED_S = 9.0


class Server:
    """A PostgreSQL of the test's own, that is stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.service = folder, postgres.start(folder)

    def start(self) -> Service:
        self.service = postgres.start(self.folder)
        return self.service

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Let it hang with all its processes, each of which is a group of its own."""
        pid = str(self.service.pid)
        told = subprocess.run(["ps", "-o", "pid=", "--ppid", pid], capture_output=True, text=True)
        all_of_it = [int(number) for number in (pid, *told.stdout.split())]
        for number in all_of_it:
            os.kill(number, signal.SIGSTOP)
        try:
            yield
        finally:
            for number in all_of_it:
                os.kill(number, signal.SIGCONT)


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


def refused(asks: Callable[[], object]) -> Exception:
    """Return the error that this ends with; fails where it still waits after seconds."""
    errors: list[Exception] = []

    def one() -> None:
        try:
            asks()
        except OperationalError as error:
            errors.append(error)

    thread = threading.Thread(target=one)
    thread.start()
    thread.join(ANSWERED_S)
    assert errors, "nobody was told anything"
    return errors[0]


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


def test_a_server_that_hangs_costs_whoever_asks_seconds_and_is_asked_again_by_itself(
    server: Server, databases: ConnectionHandler
):
    ask_all_at_once(databases)
    with server.hung():
        for _ in range(2):
            refused(lambda: ask(databases))
    assert ask(databases) == (1,)


def test_a_statement_in_which_the_server_hangs_is_given_up_and_never_happened(
    server: Server, databases: ConnectionHandler, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Connection, "patience_s", 1.0)
    with psycopg.connect(server.service.env["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("CREATE TABLE said (word text)")
        owner.execute("GRANT SELECT, INSERT ON said TO davy_app")
    with closing(databases["own"]) as connection, connection.cursor() as cursor:
        connection.set_autocommit(False)
        cursor.execute("INSERT INTO said VALUES ('before')")
        with server.hung():
            error = refused(lambda: cursor.execute("INSERT INTO said VALUES ('meanwhile')"))
        assert "said nothing for 1 s" in str(error)
    with closing(databases["own"]) as connection, connection.cursor() as cursor:
        assert cursor.execute("SELECT count(*) FROM said").fetchone() == (0,)


def test_a_worker_waits_until_the_server_goes_on_and_goes_on_where_it_was(
    server: Server, databases: ConnectionHandler
):
    with closing(databases["own"]) as connection, connection.cursor() as cursor:
        with server.hung():
            answer = threading.Thread(target=cursor.execute, args=["SELECT 1"])
            answer.start()
            answer.join(2)
            assert answer.is_alive()
        answer.join(20)
        assert cursor.fetchone() == (1,)


def test_who_serves_people_gives_a_silent_server_up_before_a_proxy_gives_up_davy():
    """Nginx waits a minute for an answer."""
    told = "import davy.asgi; from davy.postgres.connection import *; print(Connection.patience_s)"
    key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    env = os.environ | {"DAVY_SECRET_KEY": "a-key-of-the-test", "DAVY_FIELD_KEY": key}
    found = subprocess.run([sys.executable, "-c", told], env=env, capture_output=True, text=True)
    assert 0 < float(found.stdout) <= 30, found.stderr


def test_an_outage_is_one_line_of_the_log_and_one_at_its_end(
    server: Server, databases: ConnectionHandler, caplog: pytest.LogCaptureFixture
):
    # Once more, as davy.asgi does; that takes pytest's own handler away.
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    logging.getLogger().addHandler(caplog.handler)
    ask_all_at_once(databases)
    server.service.stop()
    # What a pool of an earlier test still tried may have begun an outage of its own.
    over()
    caplog.clear()
    for _ in range(3):
        with pytest.raises(OperationalError) as failed:
            ask(databases)
        log = logging.getLogger("django.request")
        log.error("Service Unavailable: %s", "/", exc_info=failed.value)
    [line] = caplog.records
    assert "error connecting" in line.getMessage() or "Service Unavailable" in line.getMessage()
    assert line.exc_info is None, "no traceback"
    with pytest.raises(ProgrammingError) as wrong, closing(databases["own"]) as connection:
        server.start()
        connection.cursor().execute("SELECT nothing FROM nowhere")
    last = caplog.records[-1].getMessage()
    assert last.startswith("PostgreSQL answers after") and len(caplog.records) == 2
    assert int(last.split(";")[1].split()[0]) >= 2, "it says how many it left out"
    logging.getLogger("django.request").error("Error: %s", "/", exc_info=wrong.value)
    assert caplog.records[-1].exc_info, "what is no outage is logged as ever"


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
