"""Reads for auditors: what they may search, grants, and receipts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.models import Grant, User
from apps.accounts.pages import access_of_request
from apps.accounts.permissions import Access, Action
from apps.alarms.models import Alarm
from apps.alarms.selectors import RANK, alarms
from apps.audit.models import AuditEntry
from apps.ledger.models import Root
from apps.ledger.selectors import act_data
from apps.tenancy.scope import mine_scope

__all__ = ["cases", "grants", "grants_running", "inquiry_scope", "reach", "receipt_data"]


def reach(request: HttpRequest) -> tuple[Access, list[int]]:
    """Return what somebody may reach and the mines whose every case they may search.

    Raises PermissionDenied for whoever may read no record and has no case.
    """
    access = access_of_request(request)
    mines = access.mines_for(Action.READ_AUDIT)
    if not mines and not access.cases:
        access.require(Action.READ_AUDIT, 0)
    return access, mines


@contextmanager
def inquiry_scope(request: HttpRequest) -> Iterator[None]:
    """See the mines of single cases as well, in which nothing but those cases may be looked for.

    Everything that reads inside must narrow to `cases`; no other page ever sees these mines.
    """
    access = access_of_request(request)
    with mine_scope(
        *access.roles,
        *access.cases,
        organisation_ids=access.organisation_ids,
        user_id=request.user.pk,
    ):
        yield


def cases(access: Access, mines: list[int]) -> QuerySet[Alarm]:
    """List the alarms that may be searched: of whole mines, and single ones."""
    single = Q(pk__in=[])
    for mine, numbers in access.cases.items():
        single |= Q(mine=mine, pk__in=list(numbers))
    return alarms().filter(Q(mine__in=mines) | single).annotate(severity_rank=RANK)


def grants() -> QuerySet[Grant]:
    """List the grants in scope, newest first."""
    return Grant.objects.select_related("mine", "user", "granted_by", "ended_by").order_by("-pk")


def grants_running(*, user: User) -> QuerySet[Grant]:
    """List what a person is let in by now, the first to end first."""
    now = timezone.now()
    rows = grants().filter(user=user, ended_at=None, since__lte=now, until__gt=now)
    return rows.order_by("until")


def receipt_data(entry: AuditEntry) -> dict[str, Any]:
    """Return what a receipt says: who took what, when, and its place in the mine's record."""
    link = getattr(entry, "link", None)
    root = None
    if link is not None:
        rows = Root.objects.filter(mine=entry.mine_id, number__gte=link.number)
        root = rows.select_related("key").order_by("number").first()
    return {
        "what": "davy receipt",
        "act": act_data(entry),
        "by": entry.actor.get_username() if entry.actor else "",
        "mine": entry.mine.name if entry.mine else "",
        "link": link and {"number": link.number, "digest": link.digest, "hash": link.hash},
        "signed_up_to": root and {"number": root.number, "at": root.at.isoformat()},
    }
