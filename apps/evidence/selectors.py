"""Reads of clips."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.evidence.models import Clip, Hold

__all__ = ["clips", "clips_due", "clips_stored", "held_spans", "in_step"]


def clips() -> QuerySet[Clip]:
    """List the clips in scope, newest first."""
    rows = Clip.objects.select_related("mine", "camera__area", "alarm", "asked_by", "extends")
    return rows.order_by("-wanted_from")


def clips_stored() -> QuerySet[Clip]:
    """List the clips in scope whose video is in the store, newest first."""
    return clips().filter(state=Clip.State.READY).exclude(key="")


def in_step(clip: Clip) -> dict[str, Any] | None:
    """Return the clips that were cut together with one, and the span that all of them show.

    None where it is alone, or while fewer than two are ready.
    """
    if clip.together is None:
        return None
    rows = Clip.objects.filter(together=clip.together).select_related("camera__area")
    found = list(rows.order_by("pk"))
    ready = [one for one in found if one.state == Clip.State.READY and one.starts_at]
    since = max((one.starts_at for one in ready if one.starts_at), default=None)
    until = min((one.ends_at for one in ready if one.ends_at), default=None)
    if len(ready) < 2 or since is None or until is None or until <= since:
        return {"clips": found, "ready": [], "since": None, "until": None}
    return {"clips": found, "ready": ready, "since": since, "until": until}


def clips_due() -> list[tuple[int, int]]:
    """List (clip, mine) of the clips whose next attempt is due, those of alarms first."""
    return list(
        Clip.objects.filter(state=Clip.State.PENDING, next_attempt_at__lte=timezone.now())
        .order_by(F("asked_by").asc(nulls_first=True), "next_attempt_at")
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
