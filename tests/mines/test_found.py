"""A new installation gets its first organisation and owner by one command, and further mines."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests.cast import Cast

OWN = "lantern under nine sheep"

pytestmark = pytest.mark.django_db


def test_the_founder_signs_in_and_may_open_a_mine():
    said = StringIO()
    call_command("found", "Northern Coal", "anna", stdout=said)
    password = said.getvalue().rsplit(" ", 1)[1].strip()
    client = Client()
    assert client.post("/login/", {"username": "anna", "password": password}).status_code == 302
    own = {"old_password": password} | dict.fromkeys(("new_password1", "new_password2"), OWN)
    assert client.post("/account/password/", own).status_code == 302
    body = {"organisation": _only(), "name": "Lamp Hill", "timezone": "UTC"}
    assert client.post("/api/v1/mines/", body, "application/json").status_code == 201


def _only() -> int:
    from apps.mines.models import Organisation
    from apps.tenancy.scope import system_scope

    with system_scope("test"):
        return Organisation.objects.get().pk


def test_founding_twice_is_refused_in_words():
    call_command("found", "Northern Coal", "anna", stdout=StringIO())
    with pytest.raises(CommandError, match='There is "Northern Coal" already'):
        call_command("found", "Northern Coal", "berta", stdout=StringIO())


def test_a_further_mine_is_proposed_the_clock_of_the_one_before(cast: Cast):
    client = Client()
    client.force_login(cast.owner)
    form = client.get("/portal/mines/new/").context["form"]
    assert form["timezone"].value() == cast.lamp_hill.mine.timezone == "Asia/Shanghai"


@pytest.fixture
def founder() -> Client:
    """The owner of an organisation that has no mine."""
    from apps.accounts.models import User

    call_command("found", "Northern Coal", "anna", stdout=StringIO())
    anna = User.objects.get(username="anna")
    User.objects.filter(pk=anna.pk).update(password_given=False)
    client = Client()
    client.force_login(anna)
    return client


def test_the_first_mine_s_clock_is_asked_not_supposed(founder: Client):
    assert not founder.get("/portal/mines/new/").context["form"]["timezone"].value()
    answer = founder.post("/portal/mines/new/", {"organisation": _only(), "name": "Lamp Hill"})
    assert answer.status_code == 400 and "timezone" in answer.context["form"].errors


@pytest.mark.parametrize("page", ["/desk/", "/alarms/", "/clips/", "/watch/", "/portal/cameras/"])
def test_where_no_mine_is_yet_a_page_says_that_and_no_more(founder: Client, page: str):
    answer = founder.get(page)
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "There is no mine yet. Add the first one under" in text
    assert "Your role" not in text
