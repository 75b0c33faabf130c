"""The page on which a mine says whose clauses its alarms carry, with every clause that there is."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods

from apps.accounts.pages import attempt, page
from apps.accounts.permissions import Action
from apps.alarms.words import RULE_TYPES, say
from apps.lists.filters import Among, Choice, Search
from apps.lists.listing import Column, Listing
from apps.lists.pages import answer_list
from apps.mines.packs import packs
from apps.mines.services import mine_set_pack
from apps.portal.mines import mine_to
from apps.portal.stale import seen, still_so
from apps.sentences import clause_title, own
from workers.packs import Pack

__all__ = ["clauses"]


@dataclass(frozen=True)
class Row:
    """A clause of a pack, in the reader's language; at: its place in the law."""

    mine_id: int
    pack: str
    at: int
    title: str
    text: str
    edition: str
    types: tuple[str, ...]
    since: date | None
    summary: bool

    @property
    def hazards(self) -> str:
        """Say which hazards it is about."""
        return pgettext("between reasons", ", ").join(say(RULE_TYPES, kind) for kind in self.types)


CLAUSES = Listing(
    name="clauses",
    title=gettext_lazy("Clauses"),
    columns=(
        Column(
            key="clause",
            label=gettext_lazy("Clause"),
            text=lambda row: row.title,
            order=("pack", "at"),
        ),
        Column(key="text", label=gettext_lazy("What it asks for"), text=lambda row: row.text),
        Column(
            key="summary",
            label=gettext_lazy("summarised by Davy, not the wording"),
            text=lambda row: row.summary,
            shown=False,
        ),
        Column(
            key="hazards",
            label=gettext_lazy("Hazards"),
            text=lambda row: row.hazards,
            order=("hazards",),
        ),
        Column(key="pack", label=gettext_lazy("Pack"), text=lambda row: row.pack, order=("pack",)),
        Column(
            key="edition", label=gettext_lazy("Edition"), text=lambda row: row.edition, shown=False
        ),
        Column(
            key="since",
            label=gettext_lazy("In force since"),
            text=lambda row: row.since,
            shown=False,
        ),
    ),
    filters=(
        Choice(
            key="pack",
            label=gettext_lazy("Pack"),
            fields=("pack",),
            choices=lambda mine_ids: [(one.id, own(one.title)) for one in packs().values()],
        ),
        Among(
            key="type",
            label=gettext_lazy("Hazard"),
            fields=("types",),
            choices=lambda mine_ids: sorted(RULE_TYPES.items()),
        ),
        Search(label=gettext_lazy("Clause, or what it asks for"), fields=("title", "text")),
    ),
    order="clause",
    below=True,
)


class ClausesForm(forms.Form):
    """One choice: none, or a pack."""

    pack = forms.ChoiceField(
        label=gettext_lazy("Clauses"),
        required=False,
        help_text=gettext_lazy(
            "Alarms that are raised from now on carry them; others keep theirs."
        ),
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pack"].choices = choices


@require_http_methods(["GET", "POST"])
@page
def clauses(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show and set a mine's clause pack, and list the clauses of all packs."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    there = packs()
    choices = [("", _("none"))]
    choices += [
        (one.id, f"{own(one.jurisdiction)}: {own(one.edition)} ({one.id})")
        for one in there.values()
    ]
    form = seen(ClausesForm(request.POST or None, choices=choices, initial={"pack": mine.pack}))
    if form.is_valid() and still_so(form):
        pack = form.cleaned_data["pack"]
        if attempt(form, lambda: mine_set_pack(mine=mine, pack=pack, actor=request.user)):
            messages.success(request, _("The clauses were saved."))
            return redirect("portal-mine", pk=pk)
    context = {
        "mine": mine,
        "form": form,
        "packs": [
            {"id": one.id, "title": own(one.title), "note": own(one.note)} for one in there.values()
        ],
        "missing": mine.pack not in there,
    }
    rows = [row for one in there.values() for row in _rows(one, pk)]
    return answer_list(
        request, CLAUSES, rows, mine_ids=[pk], template="portal/clauses.html", context=context,
        status=400 if request.method == "POST" else 200,
    )  # fmt: skip


def _rows(pack: Pack, mine_id: int) -> list[Row]:
    law = own(pack.jurisdiction)
    return [
        Row(
            mine_id, pack.id, at,
            clause_title({"jurisdiction": law, "clause": own(one.clause)}), own(one.text),
            own(pack.edition), one.types, one.since, pack.summary,
        )
        for at, one in enumerate(pack.clauses)
    ]  # fmt: skip
