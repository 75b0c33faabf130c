"""Reads of bundles."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.bundles.models import Bundle, Sheet
from apps.evidence.models import Clip
from apps.ledger.models import SigningKey
from apps.live.clock import now_for_age
from apps.privacy.models import Copy
from apps.privacy.selectors import unblur_holds

__all__ = [
    "KEEP",
    "bundles",
    "bundles_due",
    "bundles_old",
    "clips_in",
    "covering_of",
    "key_of",
    "percent_of",
    "sheets",
    "sheets_due",
    "sheets_old",
]

# A bundle is a copy: it can be packed again from what is kept. The store has it for so long.
KEEP = timedelta(days=30)


def bundles() -> QuerySet[Bundle]:
    """List the bundles in scope, newest first."""
    return Bundle.objects.select_related("mine", "asked_by").order_by("-pk")


def clips_in(bundle: Bundle) -> QuerySet[Clip]:
    """List the videos that belong into a bundle: of its alarms, and those by themselves."""
    mine = Clip.objects.filter(mine=bundle.mine_id)
    return mine.filter(Q(alarm__in=bundle.alarms) | Q(uid__in=bundle.clips)).order_by("pk")


def bundles_due() -> list[tuple[int, int]]:
    """List (bundle, mine) of those that nobody is packing; needs a system scope."""
    due = Bundle.objects.filter(state=Bundle.State.PENDING, next_attempt_at__lte=timezone.now())
    return list(due.order_by("next_attempt_at").values_list("pk", "mine_id"))


def bundles_old() -> list[tuple[int, int]]:
    """List (bundle, mine) of those whose time is over; needs a system scope."""
    old = Bundle.objects.filter(asked_at__lt=now_for_age() - KEEP).exclude(key="")
    return list(old.values_list("pk", "mine_id"))


def sheets() -> QuerySet[Sheet]:
    """List the sheets in scope, newest first."""
    return Sheet.objects.select_related("mine", "alarm", "asked_by").order_by("-pk")


def sheets_due() -> list[tuple[int, int]]:
    """List (sheet, mine) of those that nobody is making; needs a system scope."""
    due = Sheet.objects.filter(state=Sheet.State.PENDING, next_attempt_at__lte=timezone.now())
    return list(due.order_by("next_attempt_at").values_list("pk", "mine_id")[:20])


def sheets_old() -> list[tuple[int, int]]:
    """List (sheet, mine) of those whose time is over; needs a system scope."""
    old = Sheet.objects.filter(asked_at__lt=now_for_age() - KEEP)
    return list(old.values_list("pk", "mine_id"))


def key_of(bundle: Bundle) -> str:
    """Return the public key in force when the bundle was packed, in hex; "" before."""
    if bundle.ready_at is None:
        return ""
    keys = SigningKey.objects.filter(mine=bundle.mine_id, made_at__lte=bundle.ready_at)
    return keys.order_by("-pk").values_list("public", flat=True).first() or ""


def percent_of(bundle: Bundle) -> int | None:
    """Return how much of a bundle's video is packed, by bytes; None where there is none."""
    if not bundle.total_bytes:
        return None
    return min(100, 100 * bundle.done_bytes // bundle.total_bytes)


def covering_of(bundle: Bundle) -> tuple[int, int] | None:
    """Return in how many of its videos people are blurred by now, of how many; None once they are.

    It comes before the packing and takes longer than that.
    """
    if bundle.state != Bundle.State.PENDING or bundle.done_bytes:
        return None
    ready = clips_in(bundle).filter(state=Clip.State.READY)
    alone = [clip.pk for clip in ready.filter(unblurs__isnull=False) if unblur_holds(clip=clip)]
    covered = ready.exclude(pk__in=alone)
    made = Copy.objects.filter(clip__in=covered.order_by(), blurred=True, state=Copy.State.READY)
    done, all_of_it = made.values("clip").distinct().order_by().count(), covered.count()
    return (done, all_of_it) if done < all_of_it else None
