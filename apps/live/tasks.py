"""Housekeeping of events, the clock, and whether workers are there."""

from celery import shared_task

from apps.live.clock import clock_look
from apps.live.pulse import pulse
from apps.live.services import events_forget
from apps.tenancy.scope import system_scope


@shared_task
def answer(queue: str) -> None:
    """Say that a worker of this queue is there; the beat asks every ten seconds."""
    pulse(queue)


@shared_task
def look() -> None:
    """Look at the clock, by which the age of everything is told."""
    clock_look()


@shared_task
def forget() -> None:
    """Delete old events of every mine."""
    with system_scope("housekeeping of events"):
        events_forget()
