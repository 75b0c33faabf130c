"""What the list of a person's own keys shows, filters and exports."""

from typing import Any

from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import ApiToken
from apps.lists.choices import mine_choices
from apps.lists.filters import Choice, Search
from apps.lists.listing import Column, Listing

__all__ = ["TOKENS", "tokens_standing"]

STANDING = {"open": _("in use"), "over": _("expired"), "revoked": _("revoked")}


def tokens_standing(*, user_id: int, mine_ids: list[int]) -> QuerySet[ApiToken]:
    """List a person's keys to these mines, with whether each opens anything: `standing`."""
    standing = Case(
        When(revoked_at__isnull=False, then=Value("revoked")),
        When(expires_at__lte=Now(), then=Value("over")),
        default=Value("open"),
    )
    rows = ApiToken.objects.filter(user=user_id, mine__in=mine_ids).select_related("mine")
    return rows.annotate(standing=standing)


def _standing(row: Any) -> Any:
    return STANDING[row.standing]


TOKENS = Listing(
    name="keys",
    title=_("Keys for programs"),
    columns=(
        Column(key="name", label=_("What uses it"), text=lambda row: row.name, order=("name",)),
        Column(key="mine", label=_("Mine"), text=lambda row: row.mine.name, order=("mine__name",)),
        Column(
            key="made",
            label=_("Made"),
            text=lambda row: row.created_at,
            order=("created_at",),
        ),
        Column(
            key="used",
            label=_("Last used"),
            text=lambda row: row.last_used_at,
            order=("last_used_at",),
        ),
        Column(key="ends", label=_("Ends"), text=lambda row: row.expires_at, order=("expires_at",)),
        Column(key="state", label=_("State"), text=_standing, order=("standing",)),
        Column(key="revoked", label=_("Revoked"), text=lambda row: row.revoked_at, shown=False),
        Column(key="revoke", label=_("Revoke"), text=lambda row: "", exported=False),
    ),
    filters=(
        Search(label=_("What uses it"), fields=("name",)),
        Choice(key="mine", label=_("Mine"), fields=("mine",), choices=mine_choices),
        Choice(
            key="state",
            label=_("State"),
            fields=("standing",),
            choices=lambda mine_ids: STANDING.items(),
        ),
    ),
    order="-made",
    below=True,
)
