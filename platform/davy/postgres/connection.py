"""A connection that does not wait for ever for a server that says nothing any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

__all__ = ["Connection"]


class Connection(psycopg.Connection[Any]):
    """One that is given up, and closed, after `patience_s` without an answer to what it asked.

    A server that hangs (its disk, its machine's memory) still takes what is sent, so no timeout of
    the network sees it, and its own statement_timeout hangs with it.
    """

    # None: as long as it takes. A worker has nobody who waits for it, and goes on when the server
    # does; who serves people sets this for its whole process (`davy.asgi`).
    patience_s: float | None = None

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Have this patience for now."""
        self.patience_s = seconds
        try:
            yield
        finally:
            del self.patience_s

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server; raises OperationalError where it says nothing for too long."""
        if timeout is not None:  # psycopg's own, which knows what to do then
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience_s)
        except _WaitTimeout:
            # What it may say later would be taken for the next statement's answer.
            self.close()
            words = f"PostgreSQL has said nothing for {self.patience_s:g} s"
            raise psycopg.OperationalError(words) from None
