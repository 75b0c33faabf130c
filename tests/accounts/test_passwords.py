"""A person's own password, and a new one for whoever forgot theirs."""

import re
from io import StringIO

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from apps.accounts.models import Membership, Role, User
from apps.accounts.services import member_set, organisation_member_set
from apps.audit.models import AuditEntry
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import NOON, PASSWORD, Cast, an_alarm

OWN = "lantern under nine sheep"


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()
    yield
    cache.clear()


def sign_in(name: str, password: str) -> Client | None:
    client = Client()
    answer = client.post("/login/", {"username": name, "password": password})
    return client if answer.status_code == 302 else None


def change(
    client: Client, *, old: str = PASSWORD, new: str = OWN, again: str | None = None, then: str = ""
):
    given = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post(f"/account/password/?next={then}" if then else "/account/password/", given)


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def member(cast: Cast, person: User) -> Membership:
    with system_scope("test"):
        return Membership.objects.get(user=person, mine=cast.lamp_hill.mine)


def renew(cast: Cast, actor: User, person: User):
    client = Client()
    client.force_login(actor)
    return client.post(f"/portal/people/{member(cast, person).pk}/password/", follow=True)


def acts(action: str) -> list[tuple[int | None, int | None]]:
    with system_scope("test"):
        return list(AuditEntry.objects.filter(action=action).values_list("mine", "actor"))


def test_whoever_knows_their_password_chooses_another(cast: Cast):
    here, elsewhere = sign_in("chen", PASSWORD), sign_in("chen", PASSWORD)
    there = elsewhere.session.session_key
    assert change(here).status_code == 302
    assert is_in(here)
    # What a socket asks for at each of its looks.
    assert not Session.objects.filter(pk=there).exists()
    assert not is_in(elsewhere), "somebody else may sit there"
    assert sign_in("chen", PASSWORD) is None and sign_in("chen", OWN)
    assert acts("password.changed") == [(cast.lamp_hill.mine.pk, cast.operator.pk)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"old": "wrong"}, "old password was entered incorrectly"),
        ({"new": "short"}, "at least 10 characters"),
        ({"new": "password123"}, "too common"),
        ({"again": "lantern under ten sheep"}, "match"),
    ],
)
def test_what_will_not_do_is_said_and_nothing_changes(cast: Cast, given: dict, words: str):
    chen = sign_in("chen", PASSWORD)
    answer = change(chen, **given)
    assert answer.status_code == 400 and words in answer.content.decode()
    assert is_in(chen) and sign_in("chen", PASSWORD)


def test_the_present_password_cannot_be_guessed_at_an_open_desk(cast: Cast):
    chen = sign_in("chen", PASSWORD)
    for n in range(10):
        change(chen, old=f"guess {n}")
    assert "Too many failed attempts" in change(chen).content.decode()


def test_a_forgotten_password_is_replaced_and_the_person_asked_for_their_own(cast: Cast):
    signed_in = sign_in("chen", PASSWORD)
    answer = renew(cast, cast.admin, cast.operator)
    given = answer.context["password"]
    assert answer.status_code == 200 and given in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert not is_in(signed_in) and sign_in("chen", PASSWORD) is None
    chen = Client()
    answer = chen.post("/login/", {"username": "chen", "password": given}, follow=True)
    assert answer.redirect_chain[-1][0] == "/account/password/?next=/"
    assert "Somebody else made your password" in answer.content.decode()
    assert change(chen, old=given).status_code == 302
    assert "Somebody else made" not in chen.get("/account/password/").content.decode()
    again = Client().post("/login/", {"username": "chen", "password": OWN})
    assert again["Location"] == "/"
    assert acts("password.renewed") == [(cast.lamp_hill.mine.pk, cast.admin.pk)]


def given_to(cast: Cast, person: User) -> str:
    """Return the password that the admin gives a person now."""
    password: str = renew(cast, cast.admin, person).context["password"]
    return password


def test_a_new_person_is_asked_for_their_own_password(cast: Cast):
    ben = Client()
    ben.force_login(cast.admin)
    address = f"/portal/mines/{cast.lamp_hill.mine.pk}/people/new/"
    page = ben.post(address, {"who": "new", "username": "gu", "role": "operator"}, follow=True)
    gu = sign_in("gu", page.context["password"])
    assert gu.get("/desk/")["Location"] == "/account/password/?next=/desk/"


def test_who_followed_an_alarm_s_link_chooses_a_password_and_goes_on_to_the_alarm(cast: Cast):
    given = given_to(cast, cast.operator)
    chen, alarms = Client(), "/alarms/?state=open"
    signed_in = chen.post(
        f"/login/?next={alarms}", {"username": "chen", "password": given}, follow=True
    )
    assert signed_in.redirect_chain[-1][0] == "/account/password/?next=/alarms/%3Fstate%3Dopen"
    answer = change(chen, old=given, then="/alarms/%3Fstate%3Dopen")
    assert answer["Location"] == alarms
    assert chen.get(alarms).status_code == 200
    away = change(chen, old=OWN, new=f"{OWN} more", then="https://example.com/")
    assert away["Location"] == "/account/", "a foreign address is no place to go on to"


def test_with_a_given_password_nothing_else_is_opened_or_done(cast: Cast):
    given = given_to(cast, cast.operator)
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill)
    chen = sign_in("chen", given)
    for address in ("/", "/desk/", "/account/", f"/alarms/{alarm.pk}/"):
        assert chen.get(address)["Location"].startswith("/account/password/?next=/"), address
    posted = chen.post(f"/alarms/{alarm.pk}/acknowledge/", {"note": "seen"})
    assert posted["Location"] == "/account/password/?next=/"
    refused = chen.post(f"/api/v1/alarms/{alarm.pk}/acknowledge/", {})
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["code"] == "password_given"
    picture = chen.get(f"/alarms/{alarm.pk}/snapshot.jpg", headers={"Accept": "image/*"})
    assert picture.status_code == 403
    with mine_scope(cast.lamp_hill.mine.pk):
        assert type(alarm).objects.get(pk=alarm.pk).acknowledged_at is None
    assert chen.post("/account/language/", {"language": "en"}).status_code == 302
    assert chen.post("/logout/")["Location"] == "/login/"


def test_a_program_s_key_goes_on_while_its_person_has_a_given_password(cast: Cast):
    given_to(cast, cast.integrator)
    key = {"Authorization": f"Token {cast.token}"}
    assert Client().get("/api/v1/alarms/", headers=key).status_code == 200


def test_the_desk_s_question_says_what_to_do_with_a_given_password(cast: Cast):
    given = given_to(cast, cast.operator)
    desk = Client(headers={"Accept": "application/json"})
    answer = desk.post("/login/", {"username": "chen", "password": given})
    assert answer.status_code == 400
    assert "Load this page again" in answer.json()["errors"][0]["message"]
    assert "sessionid" not in desk.cookies
    change(sign_in("chen", given), old=given)
    assert desk.post("/login/", {"username": "chen", "password": OWN}).json() == {"me": "chen"}


def test_loading_the_page_with_a_new_password_again_makes_no_other_one(cast: Cast):
    ben = Client()
    ben.force_login(cast.admin)
    made = ben.post(f"/portal/people/{member(cast, cast.operator).pk}/password/")
    assert (made.status_code, made["Location"]) == (302, "/portal/people/password/")
    first = ben.get(made["Location"])
    given = first.context["password"]
    assert given in first.content.decode() and "no-store" in first["Cache-Control"]
    again = ben.get(made["Location"]).content.decode()
    assert given not in again and "The password is shown once and is not kept" in again
    assert sign_in("chen", given), "what was told over the phone still opens"
    assert len(acts("password.renewed")) == 1


def test_a_password_waits_for_its_page_sealed_and_not_for_long(cast: Cast):
    ben = Client()
    with time_machine.travel(NOON) as clock:
        ben.force_login(cast.admin)
        ben.post(f"/portal/people/{member(cast, cast.operator).pk}/password/")
        clock.shift(601)
        page = ben.get("/portal/people/password/")
    assert page.context["password"] == ""


def test_nobody_gets_into_another_mine_by_a_password_they_gave(cast: Cast):
    with system_scope("test"):
        member_set(mine=cast.deep_vale.mine, user=cast.operator, role=Role.AUDITOR)
    answer = renew(cast, cast.admin, cast.operator)
    assert answer.status_code == 403 and "in another mine" in answer.content.decode()
    assert sign_in("chen", PASSWORD)
    assert acts("password.renewed") == []


def test_an_admin_gives_no_password_to_an_owner_or_to_the_server_s_own_people(cast: Cast):
    with system_scope("test"):
        member_set(mine=cast.lamp_hill.mine, user=cast.auditor, role=Role.OWNER)
    assert renew(cast, cast.admin, cast.auditor).status_code == 403
    User.objects.filter(pk=cast.operator.pk).update(is_superuser=True)
    assert renew(cast, cast.admin, cast.operator).status_code == 403
    assert renew(cast, cast.operator, cast.operator).status_code == 403


def test_a_role_in_all_mines_is_above_one_in_a_single_mine(cast: Cast):
    with system_scope("test"):
        organisation_member_set(
            organisation=cast.lamp_hill.mine.organisation, user=cast.operator, role=Role.OPERATOR
        )
    assert renew(cast, cast.admin, cast.operator).status_code == 403


def test_no_page_offers_a_password_or_a_role_to_who_is_refused_it(cast: Cast):
    mine, vale = cast.lamp_hill.mine, cast.deep_vale.mine
    with system_scope("test"):
        member_set(mine=vale, user=cast.operator, role=Role.OPERATOR)
        everywhere = organisation_member_set(
            organisation=mine.organisation, user=cast.integrator, role=Role.OWNER
        )
        member_set(mine=vale, user=cast.integrator, role=Role.OPERATOR)
    chen, dora, emil = (member(cast, p).pk for p in (cast.operator, cast.auditor, cast.integrator))
    client = Client()
    client.force_login(cast.admin)
    page = client.get(f"/portal/mines/{mine.pk}/").content.decode()
    offered = set(re.findall(r"/portal/people/(\d+)/(role|password|remove)/", page))
    assert offered == {
        (str(dora), "role"), (str(dora), "password"), (str(dora), "remove"),
        (str(chen), "role"), (str(chen), "remove"),
    }  # fmt: skip
    assert "Only somebody who owns all mines of this person gives a new password." in page
    assert client.post(f"/portal/people/{chen}/password/").status_code == 403
    assert client.post(f"/portal/people/{emil}/remove/").status_code == 403
    client.force_login(cast.owner)
    page = client.get(f"/portal/organisations/{mine.organisation_id}/").content.decode()
    assert f'name="member" value="{everywhere.pk}"' in page  # the role may be taken away
    assert 'name="step" value="password"' not in page


def test_an_owner_of_all_mines_gives_one_on_the_organisation_s_page(cast: Cast):
    organisation = cast.lamp_hill.mine.organisation
    with system_scope("test"):
        row = organisation_member_set(
            organisation=organisation, user=cast.auditor, role=Role.AUDITOR
        )
    name = cast.auditor.username
    client = Client()
    client.force_login(cast.owner)
    address = f"/portal/organisations/{organisation.pk}/"
    answer = client.post(address, {"step": "password", "member": row.pk}, follow=True)
    assert answer.redirect_chain == [("/portal/people/password/", 302)]
    assert sign_in(name, answer.context["password"])
    assert client.post(address, {"step": "password", "member": "0"}).status_code == 302


def on_the_server(name: str) -> str:
    """Run `manage.py password` and return the password that it prints."""
    out = StringIO()
    call_command("password", name, stdout=out)
    return out.getvalue().strip().rpartition(" ")[2]


def test_on_the_server_anybody_gets_a_new_password_and_the_record_tells_it(cast: Cast):
    before = sign_in("anna", PASSWORD)
    password = on_the_server("anna")
    assert not is_in(before) and sign_in("anna", PASSWORD) is None
    assert sign_in("anna", password) is not None
    cast.owner.refresh_from_db()
    assert cast.owner.password_given, "it is not her own until she chose it"
    assert acts("password.renewed") == [(cast.lamp_hill.mine.pk, None)]
    with system_scope("test"):
        assert AuditEntry.objects.get(action="password.renewed").part == "server"


def test_on_the_server_nobody_is_said_to_be_nobody(cast: Cast):
    with pytest.raises(CommandError, match="Nobody has the user name 'gu'"):
        on_the_server("gu")
    User.objects.filter(username="chen").update(is_active=False)
    with pytest.raises(CommandError, match="may not sign in any more"):
        on_the_server("chen")
