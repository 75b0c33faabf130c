"""Reads of clips."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.evidence.models import Clip, Hold

__all__ = ["clips", "clips_due", "held_spans"]


def clips() -> QuerySet[Clip]:
    """List the clips in scope, newest first."""
    return Clip.objects.select_related("mine", "camera__area", "alarm").order_by("-wanted_from")


def clips_due() -> list[tuple[int, int]]:
    """List (clip, mine) of the clips whose next attempt is due."""
    return list(
        Clip.objects.filter(state=Clip.State.PENDING, next_attempt_at__lte=timezone.now())
        .order_by("next_attempt_at")
        .values_list("pk", "mine_id")[:50]
    )


def held_spans() -> dict[int, list[tuple[datetime, datetime]]]:
    """Return by camera the spans whose chunks must not be deleted: of clips not made yet, or held.

    A margin on both sides covers the key frame before the span and clocks that are adjusted.
    A hold counts until it is ended, also a little after its time.
    """
    margin = timedelta(seconds=30)
    spans: dict[int, list[tuple[datetime, datetime]]] = {}
    open_ = Hold.objects.filter(ended_at=None)
    rows = Clip.objects.filter(
        Q(state=Clip.State.PENDING)
        | Q(pk__in=open_.filter(clip__isnull=False).values("clip"))
        | Q(alarm__in=open_.filter(alarm__isnull=False).values("alarm"))
    )
    for camera, start, end in rows.values_list("camera_id", "wanted_from", "wanted_until"):
        spans.setdefault(camera, []).append((start - margin, end + margin))
    return spans
