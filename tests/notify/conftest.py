"""Lamp Hill with receivers: what a route needs to be tried for real."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.notify.receivers import Receiver, Server, mail_server, receiver

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.notify.desk import Desk


@pytest.fixture
def hill(cast: Cast) -> Iterator[Cast]:
    """The cast, with Lamp Hill in scope."""
    from apps.tenancy.scope import mine_scope

    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


@pytest.fixture
def inside(settings: Any) -> None:
    """Let receivers stand on this machine."""
    settings.NOTIFY_PRIVATE = ["127.0.0.0/8"]


@pytest.fixture
def hook(inside: None) -> Iterator[Receiver]:
    """A receiver over HTTP."""
    with receiver() as told:
        yield told


@pytest.fixture
def post_office(settings: Any) -> Iterator[Server]:
    """A mail server."""
    with mail_server() as told:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", told.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_SET = True
        yield told


@pytest.fixture
def desk(hill: Cast) -> Desk:
    """Lamp Hill's routes and their bells."""
    from tests.notify.desk import Desk

    return Desk(hill)
