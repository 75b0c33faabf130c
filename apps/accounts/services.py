"""Writes about people."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import ApiToken, Membership, Role, User
from apps.accounts.permissions import require_within
from apps.accounts.selectors import access_of, roles_towards, token_digest
from apps.audit.services import record
from apps.mines.models import Mine, Organisation
from apps.tenancy.scope import mine_scope

__all__ = [
    "language_set",
    "member_remove",
    "member_set",
    "organisation_member_set",
    "token_create",
    "token_revoke",
    "token_used",
    "tokens_end",
    "user_create",
]


@transaction.atomic
def user_create(
    *, username: str, password: str, name: str = "", password_given: bool = False
) -> User:
    """Create a person who may sign in; they see nothing until they are given a role.

    `password_given` says that somebody else made the password: the person is asked for their own.
    Raises ValidationError for a user name that is taken, also in other capitals: the record names
    people by it.
    """
    like = User.objects.filter(username__iexact=username).exclude(username=username).first()
    if like is not None:
        words = _("There is a person “%(name)s” already; only the capitals differ.")
        raise ValidationError({"username": words % {"name": like.username}})
    user = User(username=username, first_name=name, password_given=password_given)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    return user


def language_set(*, user: User, language: str) -> None:
    """Keep the language that a person reads; it changes nothing for anybody else."""
    user.language = language
    user.save(update_fields=["language"])


@transaction.atomic
def member_set(*, mine: Mine, user: User, role: str, actor: User | None = None) -> Membership:
    """Give a person a role in one mine, in place of the one they had there.

    Raises PermissionDenied where that role, or one that the person has, is above the actor's.
    """
    _require_rank(mine_id=mine.pk, user=user, actor=actor, gives=(Role(role),))
    tokens_end(user=user, mine_ids=[mine.pk], actor=actor)
    before = Membership.objects.filter(user=user, mine=mine).values_list("role", flat=True).first()
    membership, _created = Membership.objects.update_or_create(
        user=user, mine=mine, organisation_id=mine.organisation_id, defaults={"role": Role(role)}
    )
    record(
        action="member.set",
        subject=user,
        mine_id=mine.pk,
        actor=actor,
        detail={"before": before or "", "role": role, "username": user.username},
    )
    return membership


@transaction.atomic
def member_remove(*, membership: Membership, actor: User) -> None:
    """Take a person's role in a mine away; open pages lose the mine within a heartbeat.

    Raises PermissionDenied where the person has a role above the actor's.
    """
    assert membership.mine_id is not None  # a role in all mines is taken away in organisations.py
    _require_rank(mine_id=membership.mine_id, user=membership.user, actor=actor)
    record(
        action="member.removed",
        subject=membership.user,
        mine_id=membership.mine_id,
        actor=actor,
        detail={"role": membership.role, "username": membership.user.username},
    )
    membership.delete()
    tokens_end(user=membership.user, mine_ids=[membership.mine_id], actor=actor)


def _require_rank(
    *, mine_id: int, user: User, actor: User | None, gives: tuple[Role, ...] = ()
) -> None:
    """Refuse to touch who ranks above the actor, or to give such a role; commands have no actor."""
    if actor is not None:
        own = access_of(actor.pk).roles.get(mine_id, "")
        require_within(own, *gives, *roles_towards(mine_id=mine_id, user=user))


@transaction.atomic
def organisation_member_set(*, organisation: Organisation, user: User, role: str) -> Membership:
    """Give a person a role in every mine of an organisation; needs a system scope."""
    membership, _created = Membership.objects.update_or_create(
        user=user, organisation=organisation, mine=None, defaults={"role": Role(role)}
    )
    record(
        action="member.set", subject=user, detail={"role": role, "organisation": str(organisation)}
    )
    return membership


@transaction.atomic
def token_create(
    *, mine: Mine, user: User, name: str, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Create a token and return it with the text to hand over, which is never seen again."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(30)
    token = ApiToken(
        mine=mine,
        user=user,
        name=name,
        key_id=key_id,
        digest=token_digest(secret),
        expires_at=expires_at,
    )
    token.full_clean()
    token.save()
    record(
        action="token.created", subject=token, mine_id=mine.pk, actor=user, detail={"name": name}
    )
    return token, f"davy_{key_id}_{secret}"


@transaction.atomic
def token_revoke(*, token: ApiToken, actor: User | None) -> None:
    """End a token at once."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    record(action="token.revoked", subject=token, mine_id=token.mine_id, actor=actor)


def tokens_end(*, user: User, mine_ids: Iterable[int], actor: User | None) -> None:
    """End a person's keys to mines in which they have no role any more, and no grant that runs.

    For good: if they come back, it may be as somebody who may do more. So it is called before
    anything is given as well: a grant that ran out ended no key.
    """
    gone = set(mine_ids) - set(access_of(user.pk).roles)
    for token in ApiToken.objects.filter(user=user, mine__in=gone, revoked_at=None):
        token_revoke(token=token, actor=actor)


def token_used(*, token: ApiToken) -> None:
    """Note that a token was used, at most once a minute."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
        with mine_scope(token.mine_id):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
