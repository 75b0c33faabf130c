"""What time brings to alarms."""

from celery import shared_task
from django.utils import timezone

from apps.alarms.silences import silences_due
from apps.tenancy.scope import system_scope

__all__ = ["keep_time"]


@shared_task
def keep_time() -> None:
    """End the silences whose time is over; the beat calls this every two seconds.

    The rows' own times are the truth: late, twice or never, nothing is silenced longer than it
    says (`selectors.silence_in_force`).
    """
    with system_scope("time passes in every mine"):
        silences_due(now=timezone.now())
