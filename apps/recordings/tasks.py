"""Housekeeping of the index."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from apps.evidence.sightings import sightings_forget
from apps.recordings.models import Gap
from apps.tenancy.scope import system_scope

# Gaps outlive the recording: what was not recorded a year ago is asked for as well.
GAPS_KEPT = timedelta(days=400)


@shared_task
def forget() -> None:
    """Delete old gaps and findings; run twice or late, it deletes what is left."""
    with system_scope("gaps and findings of every mine"):
        sightings_forget()
        Gap.objects.filter(until__lt=timezone.now() - GAPS_KEPT).delete()
