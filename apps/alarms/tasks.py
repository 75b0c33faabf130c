"""What time brings to alarms."""

from functools import partial

from celery import shared_task
from django.utils import timezone

from apps.alarms.escalation import escalations_due
from apps.alarms.floods import floods_due
from apps.alarms.silences import silences_due
from apps.apart import apart
from apps.live.pulse import pulse

__all__ = ["keep_time"]


@shared_task
def keep_time() -> None:
    """End silences and floods and pass alarms on; the beat calls this every two seconds.

    The rows' own times are the truth, so late, twice and never are each defined, in the verbs.
    """
    now = timezone.now()
    apart(partial(due, now=now) for due in (silences_due, escalations_due, floods_due))
    pulse("time")
