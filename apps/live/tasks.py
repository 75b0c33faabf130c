"""Housekeeping of events."""

from celery import shared_task

from apps.live.services import events_forget
from apps.tenancy.scope import system_scope


@shared_task
def forget() -> None:
    """Delete old events of every mine."""
    with system_scope("housekeeping of events"):
        events_forget()
