"""The page that says who did what."""

import json

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from apps.accounts.pages import page, require_somewhere
from apps.accounts.permissions import Action
from apps.audit.models import AuditEntry
from apps.audit.words import DOWNLOADS, GROUPS, act_choices, act_words, part_words
from apps.lists.choices import mine_choices
from apps.lists.filters import Choice, Search, Since, Until
from apps.lists.listing import Column, Listing
from apps.lists.pages import answer_list

__all__ = ["audit"]

AUDIT = Listing(
    name="audit",
    title=_("Who did what"),
    columns=(
        Column(key="at", label=_("When"), text=lambda row: row.at, order=("pk",)),
        Column(
            key="who",
            label=_("Who"),
            text=lambda row: row.actor.username if row.actor else part_words(row.part),
            order=("actor__username", "part"),
        ),
        Column(
            key="act", label=_("Act"), text=lambda row: act_words(row.action), order=("action",)
        ),
        Column(key="code", label=_("Code"), text=lambda row: row.action, shown=False),
        Column(key="about", label=_("About"), text=lambda row: row.subject),
        Column(
            key="link",
            label=_("Link"),
            text=lambda row: row.link.number if hasattr(row, "link") else None,
        ),
        Column(key="mine", label=_("Mine"), text=lambda row: row.mine.name, order=("mine__name",)),
        Column(
            key="detail",
            label=_("Details"),
            text=lambda row: json.dumps(row.detail, ensure_ascii=False),
        ),
    ),
    filters=(
        Choice(key="mine", label=_("Mine"), fields=("mine",), choices=mine_choices),
        Choice(
            key="act",
            label=_("Act"),
            fields=("action",),
            choices=act_choices,
            groups={code: acts for code, (_words, acts) in GROUPS.items()},
        ),
        Search(label=_("What it is about"), fields=("subject",)),
        Search(key="who", label=_("Who"), fields=("actor__username", "part")),
        Since(label=_("From"), fields=("at",)),
        Until(label=_("Until"), fields=("at",)),
    ),
    order="-at",
)


@require_GET
@page
def audit(request: HttpRequest) -> HttpResponseBase:
    """List who did what in the mines whose record the person may read."""
    mine_ids = require_somewhere(request, Action.READ_AUDIT)
    rows = AuditEntry.objects.filter(mine__in=mine_ids).select_related("actor", "mine", "link")
    context = {"section": "audit", "downloads": DOWNLOADS}
    return answer_list(
        request, AUDIT, rows, mine_ids=mine_ids, template="audit/audit.html", context=context
    )
