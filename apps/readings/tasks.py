"""Housekeeping of readings."""

from celery import shared_task

from apps.readings.services import readings_forget
from apps.tenancy.scope import system_scope


@shared_task
def forget() -> None:
    """Delete old readings of every mine; run twice or late, it deletes what is left."""
    with system_scope("housekeeping of readings"):
        readings_forget()
