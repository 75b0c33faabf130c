"""Reads of covered copies and of the word of two people."""

from django.db.models import QuerySet
from django.utils import timezone

from apps.evidence.models import Clip
from apps.privacy.models import Copy, Unblur

__all__ = ["copies_due", "unblur_holds", "unblurs"]


def copies_due() -> list[tuple[int, int]]:
    """List (copy, mine) of the copies whose next attempt is due."""
    return list(
        Copy.objects.filter(state=Copy.State.PENDING, next_attempt_at__lte=timezone.now())
        .order_by("next_attempt_at")
        .values_list("pk", "mine_id")[:20]
    )


def unblurs() -> QuerySet[Unblur]:
    """List what was asked for, newest first."""
    return Unblur.objects.select_related("mine", "clip", "asked_by", "agreed_by").order_by("-pk")


def unblur_holds(*, clip: Clip) -> bool:
    """Tell whether two people's word for the clip without blur holds now."""
    rows = Unblur.objects.filter(clip=clip, agreed_by__isnull=False, until__gt=timezone.now())
    return rows.exists()
