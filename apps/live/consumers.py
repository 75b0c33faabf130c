"""The socket that carries events to open pages."""

import asyncio
import contextlib
import time
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings

from apps.live.looks import Reader, look
from apps.live.pulse import late
from apps.live.selectors import cursor_last
from apps.live.services import group_of

__all__ = ["EventConsumer"]

HEARTBEAT_S = 5.0
CLOSE_NOT_SIGNED_IN = 4401
# The page has events that the database has not, since a backup was restored: it must begin anew.
CLOSE_AHEAD = 4409


class EventConsumer(AsyncJsonWebsocketConsumer):
    """Sends every event of the person's mines after the cursor, in order, once each.

    The channel layer only wakes it; what is sent is read from the database after the cursor. It
    also looks at each heartbeat, so a lost bell costs seconds and never an event. Who may see
    which mine is asked anew at every look: a person who is removed hears nothing more, and one
    who signed out is hung up on.
    """

    async def connect(self) -> None:
        """Accept a signed-in person; `?cursor=N` says what the page has already."""
        user = self.scope["user"]
        self.user_id: int | None = getattr(user, "pk", None)
        # Whoever has a given password hears nothing before they chose one. A new one ends all
        # sessions, so no line that is open has to be asked again.
        if self.user_id is None or user.password_given:
            await self.accept()
            await self.close(CLOSE_NOT_SIGNED_IN)
            return
        raw = parse_qs(self.scope["query_string"].decode()).get("cursor", [""])[0]
        self.cursor = int(raw) if raw.isdecimal() and len(raw) < 19 else None
        if self.cursor is not None and self.cursor > await database_sync_to_async(cursor_last)():
            await self.accept()
            await self.close(CLOSE_AHEAD)
            return
        self.groups_joined: set[str] = set()
        self.looking = asyncio.Lock()
        if self.cursor is None:  # hears everything from its acceptance on
            await self.look()
        await self.accept()
        await self.look()
        self.beat = asyncio.create_task(self._heartbeat())

    async def disconnect(self, code: int) -> None:
        """Stop the heartbeat and leave the groups."""
        beat = getattr(self, "beat", None)
        if beat is not None:
            beat.cancel()
        for group in getattr(self, "groups_joined", ()):
            with contextlib.suppress(Exception):  # the layer may be away; its groups expire
                await self.channel_layer.group_discard(group, self.channel_name)

    async def ring(self, message: dict[str, Any]) -> None:
        """Answer the bell, unless an earlier look has sent what it rings for."""
        if self.cursor is None or message["event"] > self.cursor:
            await self.look()

    async def look(self) -> bool:
        """Send what is new; one look at a time, so order holds. False once the person is gone."""
        async with self.looking:
            joined = True
            # What was committed while a group was being joined rang before we could hear it.
            while joined:
                found = await look(self._reader())
                if found is None:
                    await self.close(CLOSE_NOT_SIGNED_IN)
                    return False
                joined = await self._follow({group_of(mine_id) for mine_id in found.mine_ids})
                for event in found.events:
                    await self.send(event)
                self.cursor = found.cursor
        return True

    def _reader(self) -> Reader:
        language = self.scope["user"].language or settings.LANGUAGE_CODE
        key = self.scope["session"].session_key
        return Reader(self.user_id or 0, key or "", language, self.cursor)

    async def _follow(self, groups: set[str]) -> bool:
        """Listen to exactly these groups; True when one was joined."""
        new = groups - self.groups_joined
        for group in new:
            await self.channel_layer.group_add(group, self.channel_name)
        for group in self.groups_joined - groups:
            await self.channel_layer.group_discard(group, self.channel_name)
        self.groups_joined = groups
        return bool(new)

    async def _heartbeat(self) -> None:
        """Tell the page that the line lives and what time it is, and look for unrung events.

        `now` is in Unix seconds: the clock of the page's computer may be set while it is open.
        `late` names the server's own work that does not go on: the line alone would hide that.
        The first is told at once: until a page hears something, it has no line.
        """
        while True:
            try:
                beat = {"kind": "heartbeat", "cursor": self.cursor, "now": time.time()}
                await self.send_json(beat | {"late": await database_sync_to_async(late)()})
                await asyncio.sleep(HEARTBEAT_S)
                if not await self.look():
                    return
            except asyncio.CancelledError:
                raise
            except Exception:
                # Database or broker away: closing makes the page say so and come back.
                await self.close(1011)
                return
