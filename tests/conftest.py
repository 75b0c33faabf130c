"""Fixtures for all tests: the real services, started once a session, before Django reads its env.

pytest-django would load the settings before any conftest is read if pyproject.toml named them, so
they are named here, after the services' addresses stand in the environment.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from infra.embedded import Services, start_services
from infra.state import Lock, read_secrets, state_folder
from infra.translate import catalogues, compile_all
from tests.database import django_db_setup  # noqa: F401
from tests.disk import small_disk  # noqa: F401
from tests.stack import stack  # noqa: F401

if TYPE_CHECKING:
    from tests.cast import Cast
    from workers.media.ring import Ring

ROOT = Path(__file__).resolve().parent.parent
_WITHOUT_SERVICES = ("tests/unit",)
# As in the Makefile: elsewhere `make test` would not find one.
_DEMO = ("tests/browser", "tests/chaos", "tests/demo")

_running: Services | None = None
_lock: Lock | None = None
_folder: Path | None = None


def _needs_services(config: pytest.Config) -> bool:
    if (
        config.getoption("collectonly", default=False)
        or os.environ.get("DAVY_TEST_SERVICES") == "0"
    ):
        return False
    asked = [Path(str(argument).split("::")[0]).resolve() for argument in config.args]
    free = [ROOT / folder for folder in _WITHOUT_SERVICES]
    return not all(any(path.is_relative_to(folder) for folder in free) for path in asked)


def _test_folder() -> Path:
    """Take `var/test`, or a folder of our own while another test run holds it."""
    global _lock
    var = state_folder(ROOT / "var")
    folder = state_folder(var / "test")
    _lock = Lock(folder / ".lock")
    if not _lock.take():
        folder = state_folder(var / f"test-{os.getpid()}")
    for leftover in ("valkey", "s3"):  # messages and objects of an earlier run; roles may stay
        shutil.rmtree(folder / leftover, ignore_errors=True)
    return folder


def _need_no_disk(folder: Path, url: str) -> None:
    """Let our own PostgreSQL not wait for the disk: no test's rows must outlive a power cut."""
    parts = urlsplit(url)
    password = read_secrets(folder)["superuser_password"]
    netloc = f"postgres:{password}@{parts.hostname}:{parts.port}"
    with psycopg.connect(
        urlunsplit(parts._replace(netloc=netloc, path="/postgres")), autocommit=True
    ) as server:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            server.execute(f"ALTER SYSTEM SET {name} = off")
        server.execute("SELECT pg_reload_conf()")


def pytest_configure(config: pytest.Config) -> None:
    """Start the services that the environment does not name, and let Django load its settings."""
    global _running, _folder
    if "PYTEST_XDIST_WORKER" not in os.environ:
        compile_all(catalogues())
    if config.getoption("numprocesses", default=None):
        # The workers start services of their own, then load the settings, and share the processors.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        return
    if _needs_services(config):
        _folder = _test_folder()
        _running = start_services(_folder, os.environ)
        os.environ.update(_running.env)
        if "postgres" in _running.services:
            _need_no_disk(_folder, _running.env["DATABASE_OWNER_URL"])
    if importlib.util.find_spec("davy") and importlib.util.find_spec("davy.settings"):
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "davy.settings")
        import django

        django.setup()
        from django.conf import settings

        # Pages are read here, not looked at: they must not need a built frontend.
        plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
        settings.STORAGES["staticfiles"] = {"BACKEND": plain}
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        # No test asks the network that this machine hangs in.
        settings.ONVIF_INTERFACES, settings.ONVIF_WAIT_S = ["lo"], 0.1
        # Argon2 is slow on purpose; here it would only cost minutes.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _needs_demo(item: pytest.Item) -> bool:
    return "stack" in getattr(item, "fixturenames", ())


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail what needs the demo and is where `make test` does not look for such a test."""
    if _needs_demo(item) and item.get_closest_marker("demo") is None:
        pytest.fail(
            f"it needs the whole demo: put it into one of {', '.join(_DEMO)}", pytrace=False
        )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the whole running demo and put it last, at the end what breaks its parts.

    What takes half a minute or more by itself is first: begun last, one process would be at it
    while the others have nothing left to do.
    """
    for item in items:
        if _needs_demo(item) and any(item.path.is_relative_to(ROOT / f) for f in _DEMO):
            item.add_marker("demo")

    def turn(item: pytest.Item) -> tuple[bool, ...]:
        def has(name: str) -> bool:
            return item.get_closest_marker(name) is not None

        return has("demo"), has("chaos"), not has("slow")

    items.sort(key=turn)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the services, last started first."""
    if _running:
        _running.stop()
    if _folder and _folder.name != "test":
        shutil.rmtree(_folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """Take back the language that a request leaves behind in its thread."""
    yield
    from django.conf import settings
    from django.utils import translation

    if settings.configured:
        translation.deactivate()


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """PostgreSQL, Valkey and the S3 server; `.env` holds the addresses as exported."""
    if _running is None:
        pytest.skip("no services: this run was asked for tests that need none")
    yield _running


@pytest.fixture
def cast(db: None) -> Cast:
    """The two mines and the people of `tests/cast.py`, inside the test's own transaction."""
    from apps.tenancy.scope import system_scope
    from tests.cast import build_cast

    with system_scope("the cast spans mines"):
        return build_cast()


@pytest.fixture
def ring(settings: Any, tmp_path: Path) -> Ring:
    """An empty ring of the test's own, for which its disk is never too full."""
    from workers.media.ring import Ring

    settings.RING_DIR, settings.RING_MIN_FREE_BYTES = tmp_path / "ring", 0
    return Ring(settings.RING_DIR, durable=False)
