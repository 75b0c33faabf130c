"""Housekeeping of the index."""

from datetime import timedelta
from functools import partial

from celery import shared_task

from apps.apart import apart
from apps.evidence.sightings import sightings_forget
from apps.live.clock import now_for_age
from apps.mines.models import Mine
from apps.recordings.models import Gap
from apps.recordings.sealing import chunks_seal, seals_forget
from apps.tenancy.scope import mine_scope, system_scope

# Gaps outlive the recording: what was not recorded a year ago is asked for as well.
GAPS_KEPT = timedelta(days=400)


@shared_task
def forget() -> None:
    """Delete old gaps and findings; run twice or late, it deletes what is left."""
    with system_scope("gaps and findings of every mine"):
        sightings_forget()
        seals_forget()
        Gap.objects.filter(until__lt=now_for_age() - GAPS_KEPT).delete()


@shared_task
def seal() -> None:
    """Bind what each mine recorded into its record; run twice or late, it goes on."""
    with system_scope("the recordings of every mine are bound in turn"):
        mines = list(Mine.objects.order_by("pk").values_list("pk", flat=True))
    apart(partial(_seal, pk) for pk in mines)


def _seal(mine_id: int) -> None:
    with mine_scope(mine_id):
        chunks_seal(mine_id=mine_id)
