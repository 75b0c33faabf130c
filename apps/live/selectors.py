"""Reads of events after a cursor."""

from typing import Any

from django.db.models import Max

from apps.live.models import Event
from apps.sentences import said_event

__all__ = ["cursor_now", "event_data", "events_after"]


def cursor_now() -> int:
    """Return the newest event's id in scope: the cursor of a snapshot that is read after it."""
    return Event.objects.aggregate(newest=Max("pk"))["newest"] or 0


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
