"""The tests' own PostgreSQL database: migrated by the owner, used as the application's role."""

import fcntl
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
# What the migrations leave in these is the same for every test, and none writes there.
KEPT = {"auth_permission", "django_content_type"}


def _named(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _migrate(url: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
    )


def _fill(url: str, shared: Path) -> None:
    """Migrate the empty database; where another process of this run did so, load what it made.

    Each of them has a PostgreSQL of its own, and to migrate takes many times as long as to load.
    """
    from apps.backup.postgres import connection_env, program

    migrated, env = shared / "migrated.sql", connection_env(url)
    with (shared / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not migrated.exists():
            _migrate(url)
            half = shared / "migrated.half"
            dump = [program("pg_dump"), "--enable-row-security", f"--file={half}"]
            subprocess.run(dump, env=env, check=True)
            half.rename(migrated)
            return
    load = [
        program("psql"),
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        "--single-transaction",
    ]
    subprocess.run([*load, "--output", os.devnull, f"--file={migrated}"], env=env, check=True)


@pytest.fixture(scope="session")
def django_db_setup(
    services: object, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Make the database afresh, in place of pytest-django's own (which would own what it tests)."""
    from django.db import connection
    from django.test import TransactionTestCase

    owner = os.environ["DATABASE_OWNER_URL"]
    with psycopg.connect(owner, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {NAME}")
    if "PYTEST_XDIST_WORKER" in os.environ:
        _fill(_named(owner, NAME), tmp_path_factory.getbasetemp().parent)
    else:
        _migrate(_named(owner, NAME))
    with psycopg.connect(_named(owner, NAME), autocommit=True) as server:
        # Only here: tests that commit are cleaned up by TRUNCATE.
        server.execute("GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO davy_app")
    connection.close_pool()
    connection.settings_dict["NAME"] = NAME
    # pytest-django's tests that commit are of this class.
    flush, TransactionTestCase._fixture_teardown = TransactionTestCase._fixture_teardown, _empty
    yield
    TransactionTestCase._fixture_teardown = flush
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.close()
        connection.close_pool()


def _empty(_case: object) -> None:
    """Empty every table that a test may have filled.

    Django's own way empties those of KEPT too and fills them again, which takes three times as
    long as all the rest.
    """
    from django.core.management.color import no_style
    from django.db import connection

    named = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = sorted(set(named) - KEPT)
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))
