"""Nobody gives, changes or takes away a role above their own."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from apps.accounts.models import Membership, Role, User
from apps.accounts.organisations import member_add, member_take_out
from apps.accounts.permissions import Action, roles_within
from apps.accounts.selectors import access_of
from apps.accounts.services import (
    member_remove,
    member_set,
    organisation_member_set,
    user_create,
)
from apps.audit.models import AuditEntry
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def role_of(person: User, cast: Cast) -> str | None:
    return access_of(person.pk).roles.get(cast.lamp_hill.mine.pk)


@pytest.fixture
def gu(cast: Cast) -> Membership:
    """Gu, who owns Lamp Hill alone."""
    with system_scope("test"):
        user = user_create(username="gu", password="x")
        return member_set(mine=cast.lamp_hill.mine, user=user, role=Role.OWNER)


def test_a_role_is_above_another_when_it_allows_what_that_one_does_not():
    assert roles_within(Role.OWNER) == list(Role)
    assert roles_within(Role.ADMIN) == [role for role in Role if role != Role.OWNER]
    assert roles_within("") == []


def test_an_admin_makes_nobody_an_owner(cast: Cast):
    mine, ben = cast.lamp_hill.mine, signed_in(cast.admin)
    address = f"/portal/mines/{mine.pk}/people/new/"
    assert "owner" not in dict(ben.get(address).context["form"].fields["role"].choices)
    for given in ({"who": "new", "username": "gu"}, {"who": "known", "username": "sam"}):
        assert ben.post(address, given | {"role": "owner"}).status_code == 400
    assert not User.objects.filter(username="gu").exists()
    assert role_of(cast.stranger, cast) is None
    with system_scope("test"):
        chen = Membership.objects.get(user=cast.operator)
    answer = ben.post(f"/portal/people/{chen.pk}/role/", {"role": "owner"})
    assert answer.status_code == 403 and "above their own" in answer.content.decode()
    assert role_of(cast.operator, cast) == Role.OPERATOR


def test_the_services_refuse_it_whoever_asks_them(cast: Cast):
    mine = cast.lamp_hill.mine
    for actor in (cast.admin, cast.operator, cast.stranger):
        with mine_scope(mine.pk), pytest.raises(PermissionDenied):
            member_set(mine=mine, user=actor, role=Role.OWNER, actor=actor)
    with mine_scope(mine.pk), pytest.raises(PermissionDenied):
        member_set(mine=mine, user=cast.auditor, role=Role.ADMIN, actor=cast.operator)


def test_an_admin_neither_changes_nor_removes_an_owner(cast: Cast, gu: Membership):
    ben = signed_in(cast.admin)
    page = ben.get(f"/portal/mines/{cast.lamp_hill.mine.pk}/").content.decode()
    assert f"/portal/people/{gu.pk}/" not in page and 'value="owner"' not in page
    assert ben.post(f"/portal/people/{gu.pk}/role/", {"role": "operator"}).status_code == 403
    assert ben.post(f"/portal/people/{gu.pk}/remove/").status_code == 403
    assert role_of(gu.user, cast) == Role.OWNER


def test_an_admin_gives_and_takes_all_other_roles_as_before(cast: Cast):
    ben = signed_in(cast.admin)
    with system_scope("test"):
        chen = Membership.objects.get(user=cast.operator)
    for role in (Role.ADMIN, Role.AUDITOR):
        assert ben.post(f"/portal/people/{chen.pk}/role/", {"role": role}).status_code == 302
        assert role_of(cast.operator, cast) == role
    assert ben.post(f"/portal/people/{chen.pk}/remove/").status_code == 302
    assert role_of(cast.operator, cast) is None


def test_an_admin_does_not_give_a_lower_role_to_who_owns_all_mines(cast: Cast):
    mine, ben = cast.lamp_hill.mine, signed_in(cast.admin)
    given = {"who": "known", "username": "anna", "role": "auditor"}
    assert ben.post(f"/portal/mines/{mine.pk}/people/new/", given).status_code == 403
    assert role_of(cast.owner, cast) == Role.OWNER


def test_an_admin_does_not_bring_an_owner_back_by_taking_a_lower_role_away(cast: Cast):
    mine = cast.lamp_hill.mine
    with mine_scope(mine.pk):
        row = member_set(mine=mine, user=cast.owner, role=Role.AUDITOR)
        with pytest.raises(PermissionDenied):
            member_remove(membership=row, actor=cast.admin)
    assert role_of(cast.owner, cast) == Role.AUDITOR


def test_an_owner_makes_and_removes_an_owner_as_before(cast: Cast, gu: Membership):
    anna, mine = signed_in(cast.owner), cast.lamp_hill.mine
    given = {"who": "new", "username": "hua", "role": "owner"}
    assert anna.post(f"/portal/mines/{mine.pk}/people/new/", given).status_code == 302
    assert access_of(User.objects.get(username="hua").pk).can(Action.REMOVE, mine.pk)
    assert f"/portal/people/{gu.pk}/role/" in anna.get(f"/portal/mines/{mine.pk}/").content.decode()
    assert anna.post(f"/portal/people/{gu.pk}/remove/").status_code == 302
    assert role_of(gu.user, cast) is None


def test_who_administers_all_mines_makes_and_removes_no_owner_of_them(cast: Cast):
    organisation = cast.lamp_hill.mine.organisation
    with system_scope("test"):
        user = user_create(username="gu", password="x")
        organisation_member_set(organisation=organisation, user=user, role=Role.ADMIN)
        annas = Membership.objects.get(user=cast.owner, mine=None)
    for actor in (user, cast.admin):
        with pytest.raises(PermissionDenied):
            member_add(organisation=organisation, username="chen", role=Role.OWNER, actor=actor)
        with pytest.raises(PermissionDenied):
            member_add(organisation=organisation, username="anna", role=Role.AUDITOR, actor=actor)
        with pytest.raises(PermissionDenied):
            member_take_out(organisation=organisation, member_id=str(annas.pk), actor=actor)
    assert role_of(cast.owner, cast) == Role.OWNER


def test_the_record_tells_which_role_somebody_had_before(cast: Cast):
    mine = cast.lamp_hill.mine
    with mine_scope(mine.pk):
        for role in (Role.AUDITOR, Role.ADMIN):
            member_set(mine=mine, user=cast.operator, role=role, actor=cast.owner)
    for role in (Role.AUDITOR, Role.OWNER):
        member_add(organisation=mine.organisation, username="dora", role=role, actor=cast.owner)
    with system_scope("test"):
        acts = AuditEntry.objects.filter(action="member.set", mine=mine, actor=cast.owner)
        told = [(act.detail["before"], act.detail["role"]) for act in acts.order_by("pk")]
    assert told == [("operator", "auditor"), ("auditor", "admin"), ("", "auditor"),
                    ("auditor", "owner")]  # fmt: skip
