"""Who an admin or an owner lets into a mine, takes out of it, and what the pages say of them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts.models import Grant, Membership, Role, User
from apps.accounts.organisations import member_add, member_take_out
from apps.accounts.services import member_remove, member_set, user_create
from apps.audit.models import AuditEntry
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm
from tests.mines.test_portal import signed_in


def test_an_owner_gives_and_takes_a_role_in_all_mines(cast: Cast):
    organisation = cast.lamp_hill.mine.organisation
    user_create(username="gu", password="x")
    anna = signed_in(cast.owner)
    address = f"/portal/organisations/{organisation.pk}/"
    given = {"step": "add", "username": "gu", "role": "auditor"}
    assert anna.post(address, given).status_code == 302
    assert "gu" in anna.get(address).content.decode()
    with system_scope("test"):
        row = Membership.objects.get(user__username="gu", mine=None)
    anna.post(address, {"step": "remove", "member": row.pk})
    with system_scope("test"):
        assert not Membership.objects.filter(pk=row.pk).exists()
        acts = AuditEntry.objects.filter(actor=cast.owner, mine=cast.lamp_hill.mine)
        assert [act.action for act in acts.order_by("pk")] == ["member.set", "member.removed"]


def removed(cast: Cast, person: User) -> str:
    """Take a person's role in Lamp Hill away on its page; returns what the page says of it."""
    with system_scope("test"):
        member = Membership.objects.get(user=person, mine=cast.lamp_hill.mine)
    answer = signed_in(cast.owner).post(f"/portal/people/{member.pk}/remove/", follow=True)
    return answer.content.decode().split('<ul class="messages"')[1].split("</ul>")[0]


def test_who_has_a_role_in_all_mines_is_not_said_to_see_a_mine_no_longer(cast: Cast):
    organisation = cast.lamp_hill.mine.organisation
    member_add(organisation=organisation, username="chen", role=Role.AUDITOR, actor=cast.owner)
    said = removed(cast, cast.operator)
    assert "chen still sees this mine" in said and "(auditor)" in said
    assert "no longer sees" not in said
    assert signed_in(cast.operator).get("/alarms/").status_code == 200


@pytest.mark.parametrize("cases", [False, True])
@pytest.mark.parametrize("begins", [timedelta(0), timedelta(days=1)])
def test_whose_grant_holds_is_not_said_to_see_a_mine_no_longer(
    cast: Cast, cases: bool, begins: timedelta
):
    mine, now = cast.lamp_hill.mine, timezone.now()
    with mine_scope(mine.pk):
        alarm = an_alarm(cast.lamp_hill)
        member_remove(membership=Membership.objects.get(user=cast.auditor), actor=cast.owner)
        Grant.objects.create(
            mine=mine, user=cast.auditor, purpose="inquiry 7", cases=[alarm.pk] if cases else [],
            since=now + begins, until=datetime(2126, 3, 9, 4, tzinfo=UTC), granted_by=cast.owner,
        )  # fmt: skip
        member_set(mine=mine, user=cast.auditor, role=Role.OPERATOR, actor=cast.owner)
    said = removed(cast, cast.auditor)
    assert "dora may still look" in said and "until 2126-03-09 12:00" in said
    assert "no longer sees" not in said


def test_who_is_let_in_by_nothing_else_no_longer_sees_the_mine(cast: Cast):
    assert "chen no longer sees this mine." in removed(cast, cast.operator)


def test_nobody_takes_away_the_last_key_to_their_own_house(cast: Cast):
    organisation = cast.lamp_hill.mine.organisation
    with system_scope("test"):
        own = Membership.objects.get(user=cast.owner, mine=None)
    with pytest.raises(ValidationError, match="yourself"):
        member_take_out(organisation=organisation, member_id=str(own.pk), actor=cast.owner)
    with pytest.raises(ValidationError, match="own role"):
        member_add(organisation=organisation, username="anna", role=Role.AUDITOR, actor=cast.owner)


def test_a_new_person_is_not_called_as_another_in_other_capitals(cast: Cast):
    ben, mine = signed_in(cast.admin), cast.lamp_hill.mine
    address = f"/portal/mines/{mine.pk}/people/new/"
    given = {"who": "new", "username": "Chen", "name": "Chen Li", "role": "operator"}
    answer = ben.post(address, given)
    page = answer.content.decode()
    assert answer.status_code == 400 and "only the capitals differ" in page
    assert 'value="Chen"' in page and 'value="Chen Li"' in page
    assert not User.objects.filter(username="Chen").exists()
    assert ben.post(address, given | {"username": "Cheng"}).status_code == 302
    assert User.objects.filter(username="Cheng").exists()


def test_an_organisations_people_are_listed_by_the_clock_that_its_mines_share(cast: Cast):
    cast.admin.last_login = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    cast.admin.save()
    with mine_scope(cast.lamp_hill.mine.pk):
        organisation = cast.lamp_hill.mine.organisation
        member_add(organisation=organisation, username="ben", role=Role.AUDITOR, actor=cast.owner)
    page = signed_in(cast.owner).get(f"/portal/organisations/{organisation.pk}/")
    assert "2026-11-27 07:30:00" in page.content.decode()


def test_a_user_name_in_use_leads_to_somebody_who_has_an_account(cast: Cast):
    address = f"/portal/mines/{cast.lamp_hill.mine.pk}/people/new/"
    given = {"who": "new", "username": "sam", "role": "operator"}
    answer = signed_in(cast.admin).post(address, given)
    assert answer.status_code == 400
    (words,) = answer.context["form"].errors["username"]
    assert "choose “somebody who has a Davy account” above" in words
    assert signed_in(cast.admin).post(address, given | {"who": "known"}).status_code == 302


def test_whoever_has_no_role_is_offered_no_page_that_refuses_them(cast: Cast):
    def offered(person: User) -> dict[str, int]:
        client = signed_in(person)
        head = client.get("/account/").content.decode().partition('<nav class="nav"')[2]
        links = re.findall(r'href="(/[^"]*)"', head.partition("</nav>")[0])
        return {link: client.get(link).status_code for link in links}

    with system_scope("test"):
        nobody = user_create(username="gone", password="x")
    assert offered(nobody) == {}
    everywhere = offered(cast.operator)
    assert "/desk/" in everywhere and set(everywhere.values()) == {200}
