"""An admin who draws by keyboard takes shapes away and gets them back, and keeps their place.

The pages come from Django's own test server.
"""

import json

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(editor: Page) -> Page:
    return editor


def test_delete_takes_the_shape_that_has_the_focus_away_and_undo_chooses_it_again(page: Page):
    page.get_by_role("button", name="Draw by hand").click()
    for kind in ("zone", "zone", "machine"):
        page.get_by_role("button", name=f"Add a {kind}").press("Enter")
    shapes = page.locator("polygon.shape")
    expect(shapes).to_have_count(3)

    page.locator("[data-focus=zones-0]").press("Delete")
    expect(shapes).to_have_count(2)
    expect(page.locator("[data-focus=zones-0]")).to_be_focused()  # the one that stood behind it
    page.keyboard.press("Control+z")
    expect(shapes).to_have_count(3)
    expect(page.locator("[data-key=shape-zones-0]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Control+Shift+z")
    expect(shapes).to_have_count(2)

    # What is drawn of a machine goes; the machine and its rules stay.
    page.locator("[data-focus=machines-0]").press("Delete")
    expect(shapes).to_have_count(1)
    expect(page.locator("[data-key=shape-machines-0]")).to_contain_text("no region")
    page.keyboard.press("Delete")
    expect(shapes).to_have_count(0)
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_focused()


def test_a_shape_that_is_redone_is_chosen_as_when_it_was_made(page: Page):
    page.get_by_role("button", name="Draw by hand").click()
    page.get_by_role("button", name="Add a zone").press("Enter")
    page.get_by_role("button", name="Undo", exact=True).press("Enter")
    expect(page.locator("polygon.shape")).to_have_count(0)
    page.get_by_role("button", name="Redo", exact=True).press("Enter")
    expect(page.locator("polygon.shape.chosen")).to_have_count(1)
    expect(page.locator("[data-path='zones[0].id']")).to_have_value("danger")


def test_whoever_puts_a_template_in_stands_at_what_it_put_in(page: Page):
    page.get_by_role("button", name="Winch", exact=True).press("Enter")
    page.get_by_role("button", name="Put it into the scene").press("Enter")
    expect(page.locator("polygon.shape")).not_to_have_count(0)
    expect(page.get_by_role("tab", name="Zones", exact=True)).to_be_focused()


def test_a_zone_of_a_template_is_called_otherwise_where_its_name_is_shown(page: Page):
    page.get_by_role("button", name="Winch", exact=True).press("Enter")
    page.get_by_role("button", name="Put it into the scene").press("Enter")
    page.locator("[data-key=shape-zones-0]").click()
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_value("Winch: drum")  # as alarms say it
    name.fill("West winch: drum")
    name.press("Tab")
    expect(page.locator("[data-key=shape-zones-0]")).to_contain_text("West winch: drum")
    expect(page.locator(".canvas .shape-label", has_text="West winch: drum")).to_have_count(1)
    page.get_by_role("tab", name="Document").click()
    [zone, *_] = json.loads(page.locator("textarea.json").input_value())["zones"]
    assert zone["name"] == "West winch: drum"
