"""Reads of events after a cursor."""

from typing import Any

from django.db import connection
from django.db.models import Max

from apps.live.models import Event
from apps.sentences import said_event

__all__ = ["cursor_last", "cursor_now", "event_data", "events_after"]


def cursor_now() -> int:
    """Return the newest event's id in scope: the cursor of a snapshot that is read after it."""
    return Event.objects.aggregate(newest=Max("pk"))["newest"] or 0


def cursor_last() -> int:
    """Return the last id that any event was given, of all mines and of those forgotten since.

    Nobody was ever told a cursor beyond it, unless the database was restored meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass)",
            [Event._meta.db_table],
        )
        (last,) = cursor.fetchone()
    return last or 0


def events_after(*, cursor: int, limit: int = 500) -> list[dict[str, Any]]:
    """List the events in scope after a cursor, oldest first."""
    return [
        event_data(event) for event in Event.objects.filter(pk__gt=cursor).order_by("pk")[:limit]
    ]


def event_data(event: Event) -> dict[str, Any]:
    """Return an event as sockets and the API send it, in the reader's language."""
    return said_event(
        {
            "id": event.pk,
            "mine": event.mine_id,
            "kind": event.kind,
            "at": event.at.isoformat(),
            "payload": event.payload,
        }
    )
