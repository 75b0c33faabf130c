"""Stops what is on its way to somebody whose right to it ends meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from channels.db import database_sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.permissions import Access, Action
from apps.accounts.selectors import access_of, find_token
from apps.audit.services import record
from apps.tenancy.scope import mine_scope

__all__ = ["Ended", "Guard", "guarded"]

# How often the right is looked at while bytes flow.
EVERY_S = 1.0


class Ended(ConnectionAbortedError):
    """The right to a download ended while it ran; what arrived is less than was announced."""


class Guard:
    """Looks whether a person may still have what is being sent, and notes when not."""

    def __init__(
        self,
        request: HttpRequest,
        *,
        mine_id: int,
        action: Action,
        alarm: int | None = None,
        subject: str,
        detail: dict[str, Any],
    ) -> None:
        self.user: User = request.user  # type: ignore[assignment]
        self.presented = request.headers.get("Authorization", "").partition(" ")[2].strip()
        self.mine_id, self.action, self.alarm = mine_id, action, alarm
        self.subject, self.detail = subject, detail
        self.sent = 0
        self.looked_at = time.monotonic()

    def look(self) -> None:
        """Look, at most once a second; raises Ended and notes it when the right is gone."""
        now = time.monotonic()
        if now - self.looked_at < EVERY_S:
            return
        self.looked_at = now
        if self.may():
            return
        with mine_scope(self.mine_id):
            record(
                action="download.stopped",
                subject=self.subject,
                mine_id=self.mine_id,
                actor=self.user,
                detail={**self.detail, "sent_bytes": self.sent},
            )
        raise Ended("The right to this download ended while it ran.")

    def may(self) -> bool:
        """Tell whether the person may have it now."""
        if self.presented and find_token(self.presented) is None:
            return False
        access: Access = access_of(self.user.pk)
        if self.alarm is not None and self.alarm in access.cases.get(self.mine_id, {}):
            return True
        return access.can(self.action, self.mine_id)


def guarded(
    request: HttpRequest, blocks: Iterator[bytes], guard: Guard, *, close: Callable[[], Any]
) -> Iterator[bytes] | AsyncIterator[bytes]:
    """Pass blocks on for as long as the guard lets them, and close what they come from."""
    later = isinstance(request, ASGIRequest)
    return _later(blocks, guard, close) if later else _now(blocks, guard, close)


def _now(blocks: Iterator[bytes], guard: Guard, close: Callable[[], Any]) -> Iterator[bytes]:
    try:
        for block in blocks:
            guard.look()
            guard.sent += len(block)
            yield block
    finally:
        close()


async def _later(
    blocks: Iterator[bytes], guard: Guard, close: Callable[[], Any]
) -> AsyncIterator[bytes]:
    # Gives its connection back after each look: bytes may flow for as long as the reader likes.
    look = database_sync_to_async(guard.look)
    try:
        while block := await asyncio.to_thread(next, blocks, b""):
            await look()
            guard.sent += len(block)
            yield block
    finally:
        await asyncio.to_thread(close)
