"""Many sockets, one look: what a bell asks for fifty desks is asked of the database once."""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import override

from apps.accounts.selectors import accesses_of
from apps.live.selectors import cursor_now, events_after
from apps.tenancy.scope import mine_scope

__all__ = ["Found", "Reader", "look"]


@dataclass(frozen=True)
class Reader:
    """Who looks: a person's session, its language, and the last event that it has."""

    user_id: int
    session_key: str
    language: str
    cursor: int | None


@dataclass(frozen=True)
class Found:
    """What a reader may see and has not seen; each event as the JSON text that is sent."""

    mine_ids: frozenset[int]
    cursor: int
    events: list[str]


class _Looks:
    """Gathers the looks that are asked for while another is at work, and does them as one."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Reader, asyncio.Future[Found | None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def ask(self, reader: Reader) -> Found | None:
        answer: asyncio.Future[Found | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((reader, answer))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer())
        return await answer

    async def _answer(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, []
            try:
                found = await database_sync_to_async(_read)({reader for reader, _ in asked})
            except Exception as error:  # each who asked decides what that means
                for _, answer in asked:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for reader, answer in asked:
                if not answer.done():
                    answer.set_result(found.get(reader))


_of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, _Looks] = WeakKeyDictionary()


async def look(reader: Reader) -> Found | None:
    """Return what is new for a reader; None once the session is over.

    Session and access are asked anew every time, together with those of all who look at that
    moment, so a person who is removed hears nothing more.
    """
    loop = asyncio.get_running_loop()
    if loop not in _of_loop:
        _of_loop[loop] = _Looks()
    return await _of_loop[loop].ask(reader)


def _read(readers: set[Reader]) -> dict[Reader, Found]:
    """Read for all of them; those who may see the same and have the same are told the same."""
    keys = {reader.session_key for reader in readers}
    alive = set(
        Session.objects.filter(pk__in=keys, expire_date__gt=timezone.now()).values_list(
            "pk", flat=True
        )
    )
    readers = {reader for reader in readers if reader.session_key in alive}
    accesses = accesses_of({reader.user_id for reader in readers})
    alike: dict[tuple[frozenset[int], str, int | None], list[Reader]] = defaultdict(list)
    for reader in readers:
        mine_ids = frozenset(accesses[reader.user_id].roles)
        alike[mine_ids, reader.language, reader.cursor].append(reader)
    found = {}
    for (mine_ids, language, cursor), group in alike.items():
        with mine_scope(*mine_ids), override(language):
            events = [] if cursor is None else events_after(cursor=cursor)
            last = events[-1]["id"] if events else cursor if cursor is not None else cursor_now()
        told = Found(mine_ids, last, [json.dumps(event) for event in events])
        found.update(dict.fromkeys(group, told))
    return found
