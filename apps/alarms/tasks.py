"""What time brings to alarms."""

from celery import shared_task
from django.utils import timezone

from apps.alarms.escalation import escalations_due
from apps.alarms.floods import floods_due
from apps.alarms.silences import silences_due
from apps.tenancy.scope import system_scope

__all__ = ["keep_time"]


@shared_task
def keep_time() -> None:
    """End silences and floods and pass alarms on; the beat calls this every two seconds.

    The rows' own times are the truth, so late, twice and never are each defined, in the verbs.
    """
    now = timezone.now()
    with system_scope("silences end in every mine"):
        silences_due(now=now)
    with system_scope("alarms are passed on in every mine"):
        escalations_due(now=now)
    with system_scope("floods end in every mine"):
        floods_due(now=now)
