"""The tests' own PostgreSQL database: migrated by the owner, used as the application's role."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

ROOT = Path(__file__).resolve().parent.parent
NAME = "test_davy"


def _named(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


@pytest.fixture(scope="session")
def django_db_setup(services: object, django_db_blocker: object) -> Iterator[None]:
    """Make the database afresh, in place of pytest-django's own (which would own what it tests)."""
    from django.db import connection

    owner = os.environ["DATABASE_OWNER_URL"]
    with psycopg.connect(owner, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {NAME}")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": _named(owner, NAME)},
        check=True,
    )
    with psycopg.connect(_named(owner, NAME), autocommit=True) as server:
        # Only here: tests that commit are cleaned up by TRUNCATE.
        server.execute("GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO davy_app")
    connection.close_pool()
    connection.settings_dict["NAME"] = NAME
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.close()
        connection.close_pool()
