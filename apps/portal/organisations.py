"""The page of an organisation: its name, its mines, and who has a role in all of them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.accounts.models import Role, User
from apps.accounts.organisations import member_add, member_take_out, members_everywhere
from apps.accounts.pages import access_of_request, attempt, page
from apps.accounts.permissions import Action
from apps.mines.models import Organisation
from apps.mines.selectors import mines
from apps.mines.services import organisation_update

__all__ = ["organisation"]


class NameForm(forms.Form):
    """What the organisation is called."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("The company that runs the mines; people of its mines see it."),
    )


class MemberForm(forms.Form):
    """Somebody who gets a role in all mines."""

    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        help_text=gettext_lazy("Of somebody who has an account. New people are added in a mine."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role in all mines"),
        choices=Role.choices,
        initial=Role.AUDITOR,
        help_text=gettext_lazy(
            "Also in mines that are opened later; a role in one mine goes first."
        ),
    )


@require_http_methods(["GET", "POST"])
@page
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an organisation, rename it, and say who has a role in all of its mines."""
    access = access_of_request(request)
    if pk not in access.organisation_ids:
        raise Http404
    if pk not in access.organisations_for(Action.CREATE_MINE):
        raise PermissionDenied(_("Only an owner of the organisation may open this page."))
    row = Organisation.objects.get(pk=pk)
    step = request.POST.get("step", "")
    name = NameForm(request.POST if step == "name" else None, initial={"name": row.name})
    member = MemberForm(request.POST if step == "add" else None)
    if _done(request, row, step, name, member):
        return redirect("portal-organisation", pk=pk)
    context: dict[str, Any] = {
        "organisation": row,
        "name_form": name,
        "member_form": member,
        "mines": mines().filter(organisation=row),
        "members": members_everywhere(organisation=row),
        "section": "organisation",
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "portal/organisation.html", context, status=status)


def _done(
    request: HttpRequest, row: Organisation, step: str, name: NameForm, member: MemberForm
) -> bool:
    """Take one step; False where the page comes back with what is wrong."""
    actor: User = request.user
    if step == "name" and name.is_valid():
        new = name.cleaned_data["name"]
        done = attempt(name, lambda: organisation_update(organisation=row, name=new, actor=actor))
    elif step == "add" and member.is_valid():
        given = member.cleaned_data
        done = attempt(member, lambda: member_add(organisation=row, actor=actor, **given))
    elif step == "remove":
        try:
            done = member_take_out(
                organisation=row, member_id=request.POST.get("member", ""), actor=actor
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return True
    else:
        return False
    if done is not None:
        messages.success(request, _("Saved."))
    return done is not None
