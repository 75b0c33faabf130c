"""Reads of covered copies and of the word of two people."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.permissions import Action
from apps.accounts.selectors import accesses_of, people_of
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
    "who_may_agree",
    "words_awaited",
]

# A covered span leaves the store after so long; acts about it stay.
KEEP = timedelta(days=30)
# What nobody agreed to for so long is shown to second persons no more; its own page still has it.
AWAITED = timedelta(days=30)


def copies_due() -> list[tuple[int, int]]:
    """List (copy, mine) of the copies whose next attempt is due."""
    return list(
        Copy.objects.filter(state=Copy.State.PENDING, next_attempt_at__lte=timezone.now())
        .order_by("next_attempt_at")
        .values_list("pk", "mine_id")[:20]
    )


def spans() -> QuerySet[Span]:
    """List the spans in scope, newest first."""
    people = ("unblur_by", "agreed_by", "ended_by")
    return Span.objects.select_related("mine", "camera__mine", *people).order_by("-pk")


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
    people = ("asked_by", "agreed_by", "ended_by")
    return Unblur.objects.select_related("mine", "clip", *people).order_by("-pk")


def unblur_holds(*, clip: Clip) -> bool:
    """Tell whether two people's word for the clip without blur holds now."""
    rows = Unblur.objects.filter(clip=clip, until__gt=timezone.now())
    words = rows.values_list("asked_by", "agreed_by")
    return any(
        word_stands(mine_id=clip.mine_id, asked_by=asked_by, agreed_by=agreed_by)
        for asked_by, agreed_by in words
    )


def words_awaited(*, user_id: int, mine_ids: list[int]) -> list[Unblur | Span]:
    """List what others ask for without blur in these mines and nobody answered, oldest first.

    Once somebody agreed to a clip, the rest of what was asked for it is not urgent any more.
    """
    since, now = timezone.now() - AWAITED, timezone.now()
    agreed = Unblur.objects.filter(until__gt=now).values("clip")
    asked = (
        unblurs()
        .select_related("clip__camera__area", "clip__alarm")
        .filter(mine__in=mine_ids, asked_at__gt=since, clip__state=Clip.State.READY)
        .filter(agreed_by=None, ended_by=None)
        .exclude(asked_by=user_id)
        .exclude(clip__in=agreed)
    )
    spanned = (
        spans()
        .select_related("camera__area")
        .filter(mine__in=mine_ids, unblur_by__isnull=False, asked_at__gt=since)
        .filter(agreed_by=None, ended_by=None)
        .exclude(unblur_by=user_id)
    )
    return sorted([*asked, *spanned], key=lambda one: one.asked_at)


def who_may_agree(*, mine_id: int, but: int | None) -> list[str]:
    """List the names of those whose word may be the second one; never that of who asks."""
    people = {int(str(one["id"])): str(one["name"]) for one in people_of(mine_id=mine_id)}
    access = accesses_of(set(people))
    return [
        name
        for pk, name in people.items()
        if pk != but and access[pk].can(Action.MANAGE_PEOPLE, mine_id)
    ]
