"""A session or a role that ends under an open page: nothing typed is lost, and the page says so."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from apps.accounts.models import Membership
from apps.accounts.services import member_remove
from apps.mines.models import Area
from apps.tenancy.scope import mine_scope
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]


def test_a_form_sent_after_the_session_ended_asks_for_the_password_and_is_then_saved(
    world: Cast, enter: Enter
):
    mine = world.lamp_hill.mine
    page = enter("ben", f"/portal/mines/{mine.pk}/areas/new/")
    page.get_by_label("Name").fill("Incline 9")
    Session.objects.all().delete()
    page.get_by_label("Name").press("Enter")
    ended = page.get_by_role("dialog", name="Your session has ended")
    expect(ended).to_contain_text("What you have filled in is still here.")
    ended.get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("Name")).to_have_value("Incline 9")
    page.get_by_label("Name").press("Enter")
    ended.get_by_label("Password of ben").fill(PASSWORD)
    ended.get_by_role("button", name="Sign in again").click()
    expect(page.get_by_text("Incline 9").first).to_be_visible(timeout=15_000)
    with mine_scope(mine.pk):
        assert Area.objects.filter(name="Incline 9").count() == 1


def test_the_desk_of_somebody_whose_role_was_taken_away_says_so(world: Cast, enter: Enter):
    page = enter("chen")
    calm = page.locator("#detail .calm")
    expect(calm).not_to_contain_text("You have no role")
    with mine_scope(world.lamp_hill.mine.pk):
        membership = Membership.objects.get(user=world.operator)
        member_remove(membership=membership, actor=world.owner)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(calm).to_contain_text("You have no role in any mine", timeout=30_000)
    expect(calm).to_contain_text("calls nobody")


def test_what_the_desk_says_after_a_new_password_is_covered_by_no_bar(world: Cast, enter: Enter):
    page = enter("chen", "/account/password/?next=/desk/")
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("three-lamps-and-a-canary")
    page.get_by_label("New password once more").fill("three-lamps-and-a-canary")
    page.get_by_label("New password once more").press("Enter")
    said, bar = page.get_by_text("The password was changed."), page.locator("#desk-hearing")
    expect(said).to_be_visible()
    expect(bar).to_be_visible()
    above, below = said.bounding_box(), bar.bounding_box()
    assert above and below
    assert above["y"] + above["height"] <= below["y"], "its last line stays whole"
