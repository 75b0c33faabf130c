"""Somebody else who chains a mine's record."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection

from apps.ledger.services import LOCK

WAIT_S = 20.0


@contextmanager
def chaining(mine_id: int) -> Iterator[threading.Event]:
    """Hold the lock of a mine's chain until somebody waits for it; the event says that one did."""
    s = connection.settings_dict
    where = {"host": s["HOST"], "port": s["PORT"], "user": s["USER"], "password": s["PASSWORD"]}
    waited, over = threading.Event(), threading.Event()
    with psycopg.connect(dbname=s["NAME"], autocommit=True, **where) as beat:
        beat.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK, mine_id])

        def let_go() -> None:
            end = time.monotonic() + WAIT_S
            sql = "SELECT 1 FROM pg_locks WHERE classid = %s AND objid = %s AND NOT granted"
            while time.monotonic() < end and not over.wait(0.02):
                if beat.execute(sql, [LOCK, mine_id]).fetchone():
                    waited.set()
                    break
            beat.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, mine_id])

        thread = threading.Thread(target=let_go)
        thread.start()
        try:
            yield waited
        finally:
            over.set()
            thread.join()
