"""The backend's one change: of the pool's connections only those that live are given out."""

import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

from davy.outage import over

__all__ = ["DatabaseWrapper"]

# A server that is well answers in time where nothing is asked of it.
_ANSWERS_S = 5.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, which passes over connections that ended while nobody used them.

    A restart of PostgreSQL ends all of them at once. Django's CONN_HEALTH_CHECKS waits longer after
    each that it finds dead: with a pool of eight the first who asks gets an error after 10 s.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection of the pool that answers; dead ones go back and are replaced.

        Raises OperationalError where one is silent: the server hangs, and the others are as silent.
        """
        connection = super().get_new_connection(conn_params)
        for _ in range(self.pool.max_size if self.pool else 0):
            began = time.monotonic()
            try:
                with connection.within(_ANSWERS_S):
                    ConnectionPool.check_connection(connection)
                over()
                break
            except psycopg.Error:
                self.pool.putconn(connection)
                if time.monotonic() - began >= _ANSWERS_S:
                    raise
            connection = super().get_new_connection(conn_params)
        return connection
