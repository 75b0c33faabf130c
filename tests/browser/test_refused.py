"""A form that was refused: one stands at what is wrong, and hears why."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]


def test_whoever_is_refused_stands_at_the_first_wrong_field_and_hears_why(
    world: Cast, enter: Enter
):
    page = enter("anna", reverse("account-password"))
    page.get_by_label("Present password").fill("none of it")
    page.get_by_label("Present password").press("Enter")
    field = page.get_by_label("Present password")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    described = field.evaluate("it => it.getAttribute('aria-describedby')")
    wrong = page.locator(", ".join(f"#{name}" for name in described.split()))
    expect(wrong.last).to_contain_text("incorrect")


def test_a_group_of_choices_is_heard_with_what_is_wrong_with_it(world: Cast, enter: Enter):
    page = enter("anna", reverse("clip-new"))
    page.get_by_role("button", name="Cut it").click()
    group = page.get_by_role("group", name="Cameras")
    expect(group).to_have_accessible_description(re.compile("This field is required."))
    expect(group.get_by_role("checkbox").first).to_have_attribute("aria-invalid", "true")


def test_whoever_may_not_sign_in_stands_at_the_reason(world: Cast, enter: Enter):
    page = enter("anna")
    page.context.clear_cookies()
    page.goto("/login/")
    page.get_by_label("User name").fill("anna")
    page.get_by_label("Password").fill("not hers")
    page.keyboard.press("Enter")
    reason = page.locator(".sign-in .errorlist")
    expect(reason).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("User name")).to_be_focused()


def test_whoever_tests_a_camera_stays_on_the_button_and_hears_the_outcome(
    world: Cast, enter: Enter
):
    page = enter("anna", reverse("portal-camera-change", args=[world.lamp_hill.camera.pk]))
    asked: list[Route] = []
    page.route("**/test/", lambda route: asked.append(route))
    button = page.get_by_role("button", name="Test the main stream")
    with page.expect_request("**/test/"):
        button.press("Enter")
    expect(button).to_have_attribute("aria-disabled", "true")
    button.press("Enter")  # it is on its way
    [only] = asked
    only.fulfill(json={"ok": False, "reason": "Nobody answers there."})
    expect(page.locator("[aria-live]").get_by_text("Nobody answers there.")).to_be_visible()
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-disabled", "false")


def test_a_field_of_the_zone_editor_is_heard_with_its_help(editor: Page):
    editor.get_by_role("button", name="Draw by hand").click()
    editor.get_by_role("button", name="Add a machine").click()
    field = editor.locator("#editor-panel .field:has(.help)").first
    words = field.locator(".help").text_content()
    assert words
    expect(field.locator("input, select")).to_have_accessible_description(words)
