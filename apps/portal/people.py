"""Who may do what in a mine."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.models import Membership, Role, User
from apps.accounts.pages import access_of_request, attempt, find, page
from apps.accounts.passwords import password_made, password_renew
from apps.accounts.permissions import Action
from apps.accounts.selectors import access_of
from apps.accounts.services import member_remove, member_set
from apps.clocks import clock_words
from apps.inquiry.selectors import grants
from apps.mines.models import Mine
from apps.portal.forms import PersonForm, RoleForm
from apps.portal.mines import mine_to
from apps.portal.passwords import password_hand_over
from apps.portal.stale import seen, still_so

__all__ = ["password_give", "person_add", "person_remove", "role_change"]


@require_http_methods(["GET", "POST"])
@page
def person_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Give somebody a role; a new person's password is made here and shown once."""
    mine = mine_to(request, pk, Action.MANAGE_PEOPLE)
    form = PersonForm(request.POST or None, roles=access_of_request(request).may_give(pk))
    if form.is_valid():
        password = password_made()
        user = attempt(form, lambda: _add(form, mine, password, request.user))
        if user is not None and form.is_new:
            return password_hand_over(request, person=user, password=password, place=mine)
        if user is not None:
            messages.success(request, _("%s was added.") % user.get_username())
            return redirect("portal-mine", pk=mine.pk)
    context = {"mine": mine, "form": form}
    status = 400 if request.method == "POST" else 200
    return render(request, "portal/person_form.html", context, status=status)


def _add(form: PersonForm, mine: Mine, password: str, actor: User) -> User | None:
    user = form.person(password=password)
    if user is None:
        return None
    if Membership.objects.filter(mine=mine, user=user).exists():
        form.add_error("username", _("This person has a role here; change it in the list."))
        return None
    member_set(mine=mine, user=user, role=form.cleaned_data["role"], actor=actor)
    return user


def _member(request: HttpRequest, pk: int) -> Membership:
    rows = Membership.objects.select_related("mine", "user")
    member: Membership = find(request, rows, Action.MANAGE_PEOPLE, pk=pk)
    return member


@require_POST
@page
def role_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a member another role."""
    member = _member(request, pk)
    form = seen(RoleForm(request.POST, initial={"role": member.role}))
    if member.user_id == request.user.pk:
        messages.error(request, _("You cannot change your own role."))
    elif form.is_valid() and not still_so(form):
        words = _(
            "Somebody changed the role of %(name)s after you opened the page, so nothing was saved."
            " Now it is: %(role)s"
        ) % {"name": member.user.username, "role": member.get_role_display()}
        messages.error(request, words)
    elif form.is_valid():
        role = form.cleaned_data["role"]
        member_set(mine=member.mine, user=member.user, role=role, actor=request.user)
        messages.success(request, _("The role of %s was changed.") % member.user.username)
    else:
        messages.error(request, _("There is no such role."))
    return redirect("portal-mine", pk=member.mine_id)


@require_POST
@page
def person_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a member's role away."""
    member = _member(request, pk)
    if member.user_id == request.user.pk:
        messages.error(request, _("You cannot remove yourself."))
    else:
        member_remove(membership=member, actor=request.user)
        if left := _left(member):
            messages.warning(request, left)
        else:
            messages.success(request, _("%s no longer sees this mine.") % member.user.username)
    return redirect("portal-mine", pk=member.mine_id)


def _left(member: Membership) -> str:
    """Say by what a person still sees the mine whose role was taken away; nothing if by nothing."""
    name = {"name": member.user.username}
    role = access_of(member.user_id).organisation_roles.get(member.organisation_id)
    if role is not None:
        name["role"] = Role(role).label
        words = _(
            "%(name)s still sees this mine: by a role in all mines of the organisation (%(role)s)."
            " Only the role in this mine alone was taken away."
        )
        return words % name
    given = grants().filter(mine=member.mine_id, user=member.user_id, ended_at=None)
    grant = given.filter(until__gt=timezone.now()).order_by("-until").first()
    if grant is None:
        return ""
    name["until"] = clock_words(grant.until, member.mine.timezone, "%Y-%m-%d %H:%M")
    words = _(
        "%(name)s may still look at this mine or at cases of it: a grant holds until %(until)s."
        " End it under “Access for auditors”."
    )
    return words % name


@require_POST
@page
def password_give(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a new password for a member who forgot theirs, and show it once."""
    member = _member(request, pk)
    if member.user_id == request.user.pk:
        return redirect("account")
    password = password_renew(user=member.user, actor=request.user)
    return password_hand_over(
        request, person=member.user, password=password, place=member.mine, renewed=True
    )
