"""Housekeeping of the index."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from apps.recordings.models import Gap
from apps.tenancy.scope import system_scope

# Gaps outlive the recording: what was not recorded a year ago is asked for as well.
GAPS_KEPT = timedelta(days=400)


@shared_task
def forget() -> None:
    """Delete gaps that ended more than 400 days ago; run twice or late, it deletes what is left."""
    with system_scope("gaps of every mine"):
        Gap.objects.filter(until__lt=timezone.now() - GAPS_KEPT).delete()
