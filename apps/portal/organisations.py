"""The page of an organisation: its name, its mines, and who has a role in all of them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.models import Role, User
from apps.accounts.organisations import member_add, member_take_out, members_everywhere
from apps.accounts.pages import access_of_request, attempt, page
from apps.accounts.passwords import beyond_reach, password_renew
from apps.accounts.permissions import Action
from apps.lists.filters import Search
from apps.lists.listing import Column, Listing
from apps.lists.pages import answer_list
from apps.mines.models import Organisation
from apps.mines.selectors import mines
from apps.mines.services import organisation_update
from apps.portal.lists import PERSON, of_codes
from apps.portal.passwords import password_hand_over

__all__ = ["organisation"]

MEMBERS = Listing(
    name="everywhere",
    title=gettext_lazy("People with a role in all mines"),
    columns=(
        *PERSON,
        Column(
            key="role",
            label=gettext_lazy("Role"),
            text=lambda row: row.get_role_display(),
            order=("role",),
        ),
        Column(
            key="seen",
            label=gettext_lazy("Signed in last"),
            text=lambda row: row.user.last_login,
            order=("user__last_login",),
        ),
        Column(key="remove", label=gettext_lazy("Remove"), text=lambda row: "", exported=False),
    ),
    filters=(
        Search(
            label=gettext_lazy("Name"),
            fields=("user__username", "user__first_name", "user__last_name"),
        ),
        of_codes("role", gettext_lazy("Role"), "role", Role.choices),
    ),
    order="username",
    mine="mine_ids",
    below=True,
)


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
@never_cache
@page
def organisation(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show an organisation, rename it, and say who has a role in all of its mines."""
    access = access_of_request(request)
    if pk not in access.organisation_ids:
        raise Http404
    if pk not in access.organisations_for(Action.CREATE_MINE):
        raise PermissionDenied(_("Only an owner of the organisation may open this page."))
    row = Organisation.objects.get(pk=pk)
    step = request.POST.get("step", "")
    if step == "password":
        return _password_given(request, row)
    name = NameForm(request.POST if step == "name" else None, initial={"name": row.name})
    member = MemberForm(request.POST if step == "add" else None)
    if _done(request, row, step, name, member):
        return redirect("portal-organisation", pk=pk)
    of_it = list(mines().filter(organisation=row))
    mine_ids = [mine.pk for mine in of_it]
    members: list[Any] = members_everywhere(organisation=row)
    beyond = beyond_reach(actor=request.user, people=[one.user for one in members])
    for one in members:
        one.may_renew = one.user_id not in beyond
        one.mine_ids = mine_ids  # each of them reads in its record who took this list
    context: dict[str, Any] = {
        "organisation": row,
        "name_form": name,
        "member_form": member,
        "mines": of_it,
        "section": "organisation",
    }
    return answer_list(
        request, MEMBERS, members, mine_ids=mine_ids, template="portal/organisation.html",
        context=context, status=400 if request.method == "POST" else 200,
    )  # fmt: skip


def _password_given(request: HttpRequest, row: Organisation) -> HttpResponseBase:
    """Make a new password for somebody with a role in all mines, and show it once."""
    asked = request.POST.get("member", "")
    people = {str(one.pk): one.user for one in members_everywhere(organisation=row)}
    person = people.get(asked)
    if person is None:
        messages.error(request, _("This person has no role in all mines any more."))
        return redirect("portal-organisation", pk=row.pk)
    if person == request.user:
        return redirect("account")
    password = password_renew(user=person, actor=request.user)
    return password_hand_over(request, person=person, password=password, place=row, renewed=True)


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
