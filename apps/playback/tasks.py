"""Housekeeping of what moved."""

from celery import shared_task

from apps.playback.services import motion_forget
from apps.tenancy.scope import system_scope


@shared_task
def forget() -> None:
    """Delete old movements of every mine; run twice or late, it deletes what is left."""
    with system_scope("housekeeping of movements"):
        motion_forget()
