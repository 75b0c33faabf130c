"""Reads about people."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Collection, Mapping

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.accounts.models import ApiToken, Grant, Membership, Role, User
from apps.accounts.permissions import Access
from apps.mines.models import Mine
from apps.tenancy.scope import system_scope

__all__ = [
    "access_of",
    "accesses_of",
    "find_token",
    "members_of",
    "people_of",
    "roles_towards",
    "roles_towards_each",
    "token_digest",
]


def access_of(user_id: int) -> Access:
    """Return what a person may reach: by a role in a mine, in its organisation, or by a grant.

    A grant adds nothing where there is a role, and holds only while it runs.
    """
    return accesses_of({user_id})[user_id]


def accesses_of(user_ids: Collection[int]) -> dict[int, Access]:
    """Return what each of these people may reach, in as many queries as for one."""
    now = timezone.now()
    memberships: dict[int, list[tuple[int, int | None, str]]] = defaultdict(list)
    grants: dict[int, list[tuple[int, int, int, list[int]]]] = defaultdict(list)
    mines: dict[int, list[int]] = defaultdict(list)
    with system_scope("memberships decide the scope, so they are read before it"):
        for user, *membership in Membership.objects.filter(
            user_id__in=user_ids, user__is_active=True
        ).values_list("user_id", "organisation_id", "mine_id", "role"):
            memberships[user].append(tuple(membership))
        whole = {org for rows in memberships.values() for org, mine, _ in rows if mine is None}
        for mine, organisation in Mine.objects.filter(organisation_id__in=whole).values_list(
            "pk", "organisation"
        ):
            mines[organisation].append(mine)
        for user, *grant in Grant.objects.filter(
            user_id__in=user_ids, user__is_active=True, ended_at=None, since__lte=now, until__gt=now
        ).values_list("user_id", "pk", "mine_id", "mine__organisation_id", "cases"):
            grants[user].append(tuple(grant))
    return {user: _access(memberships[user], grants[user], mines) for user in user_ids}


def _access(
    memberships: list[tuple[int, int | None, str]],
    grants: list[tuple[int, int, int, list[int]]],
    mines: Mapping[int, list[int]],
) -> Access:
    """Put together a person's memberships, grants and the mines of whole organisations."""
    organisation_roles = {org: role for org, mine, role in memberships if mine is None}
    roles = {mine: role for org, role in organisation_roles.items() for mine in mines[org]}
    roles |= {mine: role for _, mine, role in memberships if mine is not None}
    seen = {org for org, _, _ in memberships}
    guest_of = {mine: pk for pk, mine, _, cases in grants if not cases and mine not in roles}
    cases: dict[int, dict[int, int]] = {}
    for pk, mine, organisation, alarms in grants:
        if not alarms and mine in guest_of:
            roles[mine] = Role.AUDITOR
            seen.add(organisation)
        elif mine not in roles and mine not in guest_of:
            cases.setdefault(mine, {}).update(dict.fromkeys(alarms, pk))
    return Access(roles, organisation_roles, frozenset(seen), guest_of, cases)


def token_digest(secret: str) -> str:
    """Return the keyed digest under which a token's secret is kept."""
    return hmac.new(settings.SECRET_KEY.encode(), secret.encode(), hashlib.sha256).hexdigest()


def find_token(presented: str) -> ApiToken | None:
    """Return the living token that `davy_<id>_<secret>` names, or None."""
    prefix, _, rest = presented.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != "davy" or not secret:
        return None
    with system_scope("a token is looked up before its mine is known"):
        token = (
            ApiToken.objects.select_related("user")
            .filter(key_id=key_id, revoked_at=None, user__is_active=True)
            .first()
        )
    if token is None or not hmac.compare_digest(token.digest, token_digest(secret)):
        return None
    if token.expires_at and token.expires_at <= timezone.now():
        return None
    return token


def members_of(*, mine: Mine) -> QuerySet[Membership]:
    """List who has a role in exactly this mine."""
    return Membership.objects.filter(mine=mine).select_related("user").order_by("user__username")


def roles_towards(*, mine_id: int, user: User) -> list[str]:
    """List the roles that a person has in a mine and in its whole organisation.

    Both count, though one of them is in force: taking that away brings the other back.
    """
    return roles_towards_each(mine_id=mine_id, user_ids=[user.pk])[user.pk]


def roles_towards_each(*, mine_id: int, user_ids: Collection[int]) -> dict[int, list[str]]:
    """List the same of each of these people, in one query."""
    found: dict[int, list[str]] = {user: [] for user in user_ids}
    with system_scope("roles in a whole organisation are in no mine's scope"):
        everywhere = Q(mine=None, organisation__mines=mine_id)
        rows = Membership.objects.filter(Q(mine=mine_id) | everywhere, user__in=user_ids)
        for user, role in rows.values_list("user", "role"):
            found[user].append(role)
    return found


def people_of(*, mine_id: int) -> list[dict[str, object]]:
    """List who works in a mine, by a role there or in its whole organisation: id and name.

    The caller has checked that the reader may see the mine.
    """
    with system_scope("roles in a whole organisation are in no mine's scope"):
        mine = Mine.objects.get(pk=mine_id)
        everywhere = Q(mine=None, organisation=mine.organisation_id)
        rows = Membership.objects.filter(Q(mine=mine_id) | everywhere, user__is_active=True)
        names = dict(rows.order_by("user__username").values_list("user", "user__username"))
    return [{"id": user, "name": name} for user, name in names.items()]
