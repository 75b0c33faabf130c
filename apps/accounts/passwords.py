"""Passwords: a person chooses their own, and gets a new one from who manages people.

A new password ends the person's other sessions: pages at their next request, live ones within a
heartbeat. Keys of programs are no passwords and stay.
"""

import secrets
from collections.abc import Collection

from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Grant, Membership, User
from apps.accounts.permissions import Action, roles_within
from apps.accounts.selectors import access_of
from apps.audit.services import record
from apps.mines.models import Mine
from apps.tenancy.scope import system_scope

__all__ = [
    "beyond_reach",
    "password_change",
    "password_made",
    "password_renew",
    "password_reset",
]


def password_made() -> str:
    """Return a password to hand over: 16 letters and digits that nobody guesses."""
    return secrets.token_urlsafe(12)


@transaction.atomic
def password_change(*, user: User, password: str, session_key: str = "") -> None:
    """Keep the password that a person chose, and end their sessions but this one."""
    _keep(user, password, given=False)
    _end_sessions(user, but=session_key)
    _tell("password.changed", user, actor=user)


@transaction.atomic
def password_renew(*, user: User, actor: User) -> str:
    """Give a person a new password in place of a forgotten one, and return it; it is not kept.

    A password opens all that its person may see, so whoever gives it must be allowed at least as
    much everywhere. Raises PermissionDenied otherwise.
    """
    _require_reach(actor, user)
    return _give(user, actor=actor)


@transaction.atomic
def password_reset(*, user: User) -> str:
    """Give anybody a new password on the server, whose keeper opens everything anyway."""
    return _give(user, part="server")


def _give(user: User, *, actor: User | None = None, part: str = "") -> str:
    password = password_made()
    _keep(user, password, given=True)
    _end_sessions(user)
    _tell("password.renewed", user, actor=actor, part=part)
    return password


def beyond_reach(*, actor: User, people: Collection[User]) -> set[int]:
    """Tell who of these may see or do anything, anywhere, that the actor may not: no password."""
    ids = [person.pk for person in people]
    own = access_of(actor.pk)
    with system_scope("a person's roles may be in mines that the actor does not know"):
        rows = Membership.objects.filter(user__in=ids)
        roles = list(rows.values_list("user", "organisation", "mine", "role"))
        running = Grant.objects.filter(user__in=ids, ended_at=None, until__gt=timezone.now())
        guests = set(running.values_list("user", "mine"))
    beyond = {person.pk for person in people if _of_the_server(person)}
    for user, organisation, mine, role in roles:
        known = own.organisation_roles if mine is None else own.roles
        here = known.get(organisation if mine is None else mine, "")
        if role not in roles_within(here):
            beyond.add(user)
    manages = set(own.mines_for(Action.MANAGE_PEOPLE))
    return beyond | {user for user, mine in guests if mine not in manages}


def _of_the_server(person: User) -> bool:
    return person.is_staff or person.is_superuser or not person.is_active


def _require_reach(actor: User, user: User) -> None:
    """Refuse a person who may see or do anything, anywhere, that the actor may not."""
    if _of_the_server(user):
        raise PermissionDenied(_("This person's password is changed on the server alone."))
    if beyond_reach(actor=actor, people=[user]):
        raise PermissionDenied(
            _(
                "This person may see or do more than you, here or in another mine: ask somebody"
                " who owns all of them."
            )
        )


def _keep(user: User, password: str, *, given: bool) -> None:
    user.set_password(password)
    user.password_given = given
    user.save(update_fields=["password", "password_given"])


def _end_sessions(user: User, *, but: str = "") -> None:
    """Delete the sessions of a person; sockets ask for theirs at each look."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).exclude(pk=but):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def _tell(action: str, user: User, *, actor: User | None, part: str = "") -> None:
    """Put it into the record of every mine in which the person has a role."""
    with system_scope("a password is the same in every mine"):
        mines = Mine.objects.filter(pk__in=access_of(user.pk).roles).values_list("pk", flat=True)
        for mine_id in list(mines) or [None]:
            record(
                action=action,
                subject=user,
                mine_id=mine_id,
                actor=actor,
                part=part,
                detail={"username": user.username},
            )
