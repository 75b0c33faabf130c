"""Roles in every mine of an organisation, as an owner gives and takes them.

Such a role is in no mine's scope, so each verb opens a system scope; the caller has checked that
the actor owns the organisation, and a role above the actor's there is refused once more. Every
mine's record tells it.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.accounts.models import Membership, Role, User
from apps.accounts.permissions import require_within
from apps.accounts.selectors import access_of
from apps.accounts.services import tokens_end
from apps.audit.services import record
from apps.mines.models import Mine, Organisation
from apps.tenancy.scope import system_scope

__all__ = ["member_add", "member_take_out", "members_everywhere"]


def members_everywhere(*, organisation: Organisation) -> list[Membership]:
    """List who has a role in all mines of an organisation."""
    with system_scope("roles in a whole organisation are in no mine's scope"):
        rows = Membership.objects.filter(organisation=organisation, mine=None)
        return list(rows.select_related("user").order_by("user__username"))


def member_add(*, organisation: Organisation, username: str, role: str, actor: User) -> Membership:
    """Give somebody who has an account a role in all mines, in place of the one they had.

    Raises PermissionDenied where the new role or the one they had is above the actor's.
    """
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise ValidationError({"username": _("Nobody has this user name.")})
    if user.pk == actor.pk:
        raise ValidationError({"username": _("You cannot change your own role.")})
    with system_scope("an owner gives a role in a whole organisation"):
        rows = Membership.objects.filter(user=user, organisation=organisation, mine=None)
        before = list(rows.values_list("role", flat=True))
        _require_rank(organisation, actor, Role(role), *before)
        mines = Mine.objects.filter(organisation=organisation).values_list("pk", flat=True)
        tokens_end(user=user, mine_ids=mines, actor=actor)
        membership, _made = Membership.objects.update_or_create(
            user=user, organisation=organisation, mine=None, defaults={"role": Role(role)}
        )
        detail = {"before": before[0] if before else "", "role": role}
        _tell("member.set", organisation, user, actor, detail)
    return membership


def member_take_out(*, organisation: Organisation, member_id: str, actor: User) -> User:
    """Take a role in all mines away; nobody takes away their own, so an owner stays."""
    with system_scope("an owner takes a role in a whole organisation away"):
        rows = Membership.objects.filter(organisation=organisation, mine=None)
        known = member_id.isdecimal() and len(member_id) < 19
        row = rows.filter(pk=int(member_id) if known else 0).select_related("user").first()
        if row is None:
            raise ValidationError(_("This person has no role in all mines any more."))
        if row.user_id == actor.pk:
            raise ValidationError(_("You cannot remove yourself."))
        _require_rank(organisation, actor, row.role)
        _tell("member.removed", organisation, row.user, actor, {"role": row.role})
        row.delete()
        mines = Mine.objects.filter(organisation=organisation).values_list("pk", flat=True)
        tokens_end(user=row.user, mine_ids=mines, actor=actor)
    return row.user


def _require_rank(organisation: Organisation, actor: User, *roles: str) -> None:
    """Refuse a role above the one that the actor has in all mines."""
    require_within(access_of(actor.pk).organisation_roles.get(organisation.pk, ""), *roles)


def _tell(
    action: str, organisation: Organisation, user: User, actor: User, detail: dict[str, Any]
) -> None:
    for mine_id in Mine.objects.filter(organisation=organisation).values_list("pk", flat=True):
        record(
            action=action,
            subject=user,
            mine_id=mine_id,
            actor=actor,
            detail={**detail, "username": user.username, "organisation": organisation.name},
        )
