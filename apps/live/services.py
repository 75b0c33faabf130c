"""Tells everybody who may see a mine that something in it changed."""

import logging
from datetime import timedelta
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection, transaction

from apps.live.clock import now_for_age
from apps.live.models import Event

__all__ = ["emit", "events_forget", "group_of", "take_turn"]

log = logging.getLogger(__name__)
KEEP = timedelta(days=2)
# First key of PostgreSQL's two-key advisory locks, so that no other use of them collides.
EVENT_LOCK = 7301
ALL_MINES = 0  # no mine has this id


def group_of(mine_id: int) -> str:
    """Return the name of the channel group of a mine."""
    return f"mine.{mine_id}"


def take_turn(*, mine_id: int) -> None:
    """Wait for the mine's other writers of events, and keep the turn until the transaction ends.

    A verb that will emit and that locks rows takes its turn first: two that lock rows before it
    could wait for each other for ever. So could two that take the turns of several mines: what time
    brings to every mine is a transaction for each thing (`mine_scope`), never one for all. One row
    comes before the turn, a camera's Analysis: whoever analyses holds it for each chunk and has
    something to emit for few. Nobody may hold the turn and then wait for that row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [EVENT_LOCK, mine_id])


def emit(*, mine_id: int, kind: str, payload: dict[str, Any]) -> Event:
    """Append an event inside the transaction of the change, and ring the bell after it.

    From here to their commit writers of all mines take turns, so ids become visible in rising
    order and a reader's cursor, who may see several mines, never steps over a late commit.
    """
    take_turn(mine_id=mine_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [EVENT_LOCK, ALL_MINES])
    event = Event.objects.create(mine_id=mine_id, kind=kind, payload=payload)
    transaction.on_commit(lambda: _ring(mine_id, event.pk), robust=True)
    return event


def _ring(mine_id: int, event_id: int) -> None:
    """Wake the open sockets of a mine; when the bell is broken they look by themselves."""
    try:
        layer = get_channel_layer()
        async_to_sync(layer.group_send)(group_of(mine_id), {"type": "ring", "event": event_id})
    except Exception as error:  # the row is the truth, the bell is a hint
        log.warning("could not ring for mine %s: %s", mine_id, error)


def events_forget() -> int:
    """Delete events older than two days; a page away for longer takes a fresh snapshot."""
    deleted, _ = Event.objects.filter(at__lt=now_for_age() - KEEP).delete()
    return deleted
