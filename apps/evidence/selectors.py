"""Reads of clips."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from apps.evidence.models import Clip

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
    """Return by camera the spans whose chunks must not be deleted: of clips not made yet.

    A margin on both sides covers the key frame before the span and clocks that are adjusted.
    """
    margin = timedelta(seconds=30)
    spans: dict[int, list[tuple[datetime, datetime]]] = {}
    rows = Clip.objects.filter(state=Clip.State.PENDING)
    for camera, start, end in rows.values_list("camera_id", "wanted_from", "wanted_until"):
        spans.setdefault(camera, []).append((start - margin, end + margin))
    return spans
