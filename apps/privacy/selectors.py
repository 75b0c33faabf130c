"""Reads of covered copies and of the word of two people."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from apps.evidence.models import Clip
from apps.live.clock import now_for_age
from apps.privacy.consent import word_stands
from apps.privacy.models import Copy, Span, Unblur

__all__ = [
    "KEEP",
    "copies_due",
    "spans",
    "spans_due",
    "spans_old",
    "unblur_holds",
    "unblurs",
]

# A covered span leaves the store after so long; acts about it stay.
KEEP = timedelta(days=30)


def copies_due() -> list[tuple[int, int]]:
    """List (copy, mine) of the copies whose next attempt is due."""
    return list(
        Copy.objects.filter(state=Copy.State.PENDING, next_attempt_at__lte=timezone.now())
        .order_by("next_attempt_at")
        .values_list("pk", "mine_id")[:20]
    )


def spans() -> QuerySet[Span]:
    """List the spans in scope, newest first."""
    rows = Span.objects.select_related("mine", "camera__mine", "unblur_by", "agreed_by")
    return rows.order_by("-pk")


def spans_due() -> list[tuple[int, int]]:
    """List (span, mine) of the spans whose next attempt is due; needs a system scope."""
    due = Span.objects.filter(state=Span.State.PENDING, next_attempt_at__lte=timezone.now())
    return list(due.order_by("next_attempt_at").values_list("pk", "mine_id")[:20])


def spans_old() -> list[tuple[int, int]]:
    """List (span, mine) of those whose time is over; needs a system scope."""
    old = Span.objects.filter(asked_at__lt=now_for_age() - KEEP)
    return list(old.values_list("pk", "mine_id"))


def unblurs() -> QuerySet[Unblur]:
    """List what was asked for, newest first."""
    return Unblur.objects.select_related("mine", "clip", "asked_by", "agreed_by").order_by("-pk")


def unblur_holds(*, clip: Clip) -> bool:
    """Tell whether two people's word for the clip without blur holds now."""
    rows = Unblur.objects.filter(clip=clip, until__gt=timezone.now())
    words = rows.values_list("asked_by", "agreed_by")
    return any(
        word_stands(mine_id=clip.mine_id, asked_by=asked_by, agreed_by=agreed_by)
        for asked_by, agreed_by in words
    )
