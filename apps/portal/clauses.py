"""The page on which a mine says whose clauses its alarms carry."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.accounts.pages import attempt, page
from apps.accounts.permissions import Action
from apps.mines.packs import packs
from apps.mines.services import mine_set_pack
from apps.portal.mines import mine_to

__all__ = ["clauses"]


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
def clauses(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and set a mine's clause pack."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    there = packs()
    choices = [("", _("none"))]
    choices += [(one.id, f"{one.jurisdiction}: {one.edition} ({one.id})") for one in there.values()]
    form = ClausesForm(request.POST or None, choices=choices, initial={"pack": mine.pack})
    if form.is_valid():
        pack = form.cleaned_data["pack"]
        if attempt(form, lambda: mine_set_pack(mine=mine, pack=pack, actor=request.user)):
            messages.success(request, _("The clauses were saved."))
            return redirect("portal-mine", pk=pk)
    context = {
        "mine": mine, "form": form, "packs": there.values(), "missing": mine.pack not in there,
    }  # fmt: skip
    status = 400 if request.method == "POST" else 200
    return render(request, "portal/clauses.html", context, status=status)
