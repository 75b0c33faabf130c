"""What a restart of the database leaves in a process's pool is handed to nobody."""

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client

from tests.cast import Cast


def restart() -> None:
    """Break every connection of ours, as a restart or a failover does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
    connections.close_all()  # back into the pool
    given = connection.get_connection_params()
    with psycopg.connect(
        host=given["host"], port=given["port"], user=given["user"],
        password=given["password"], dbname=given["dbname"], autocommit=True,
    ) as other:  # fmt: skip
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user"
            " AND pid <> pg_backend_pid()"
        )


@pytest.mark.django_db(transaction=True)
def test_the_first_request_after_the_database_restarted_is_answered(cast: Cast):
    assert settings.DATABASES["default"]["OPTIONS"]["pool"], "or there is nothing to hand out"
    client = Client(raise_request_exception=False)
    client.force_login(cast.admin)
    assert client.get("/api/v1/alarms/").status_code == 200
    restart()
    assert client.get("/api/v1/alarms/").status_code == 200
