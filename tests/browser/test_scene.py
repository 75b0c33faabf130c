"""An admin draws the floor, checks it, and is told in words what is wrong with it.

The pages come from Django's own test server.
"""

import json
import re
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Dialog, Page, expect

from tests.browser import api
from tests.cast import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]


@pytest.fixture
def page(editor: Page) -> Page:
    """The owner's page, in the editor by hand."""
    editor.get_by_role("button", name="Draw by hand").click()
    return editor


def drag(page: Page, what: str, dx: float, dy: float) -> None:
    """Drag a handle by so many pixels."""
    box = page.locator(f"[data-focus={what}] .dot").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2)
    page.mouse.move(x + dx, y + dy)
    page.mouse.up()


def test_the_floor_is_drawn_checked_with_a_ruler_and_saved(page: Page):
    live = page.get_by_role("button", name="Live", exact=True)
    live.click()
    expect(page.locator(".live-told")).to_contain_text("Nothing of this camera has been analysed")
    live.click()
    page.get_by_role("button", name="Draw the floor").click()
    expect(page.locator(".canvas .floor-line").first).to_be_visible()
    page.get_by_label("From 1 to 2, m").fill("3")
    page.get_by_label("From 2 to 3, m").fill("8")
    page.get_by_label("From 2 to 3, m").press("Tab")

    # A ruler along the near side reads what was typed; one off says so in words.
    page.get_by_role("button", name="From here to here").click()
    reads = page.locator(".ruler-reading")
    expect(reads).to_contain_text(re.compile(r"says: \d+\.\d\d m"))
    page.get_by_label("From here to here it really is, m").fill("9")
    page.get_by_label("From here to here it really is, m").press("Tab")
    expect(reads.locator(".fault")).to_contain_text("too little")
    before = reads.inner_text()
    page.locator("[data-focus=ruler-1]").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-focus=ruler-1]")).to_be_focused()
    expect(reads).not_to_have_text(before)
    page.get_by_role("button", name="A person's height").click()
    page.get_by_label("This person is so tall, m").fill("1.78")
    page.get_by_label("This person is so tall, m").press("Tab")
    expect(reads).to_contain_text("m")

    # A far corner dragged past the other cannot be a floor; undo takes the drag back at once.
    drag(page, "point-2", -250, 0)
    expect(page.locator(".card .fault").first).to_contain_text("crosses itself")
    page.get_by_role("button", name="Save and put in force").click()
    expect(page.locator(".save [role=status]")).to_contain_text("cannot be put in force")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("crosses itself")).to_have_count(0)

    # Zones beside it: a dragged corner snaps to the floor's own.
    page.get_by_role("button", name="Add a zone").click()
    corner = page.locator("[data-focus=point-0] .dot").bounding_box()
    zoom = page.locator(".canvas svg").bounding_box()
    assert corner and zoom
    target = zoom["x"] + 0.4 * zoom["width"], zoom["y"] + 0.55 * zoom["height"]
    x, y = corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2
    drag(page, "point-0", target[0] - x + 5, target[1] - y - 4)
    page.get_by_label("Reason for the change").fill("floor measured")
    page.get_by_label("Reason for the change").press("Enter")
    expect(page.locator("#versions")).to_contain_text("floor measured", timeout=30_000)
    made = api.scene_of(page)
    assert made["ground"]["metres"] == [[0, 0], [3, 0], [3, 8], [0, 8]]
    assert made["zones"][0]["polygon"][0] == [0.4, 0.55]


def test_whoever_draws_by_keyboard_alone_never_loses_their_place(page: Page):
    focused = page.locator(":focus")
    tab = page.get_by_role("tab", name="Zones", exact=True)
    expect(tab).to_be_focused()  # "Draw by hand" is gone
    add = page.get_by_role("button", name="Add a zone")
    add.press("Enter")
    expect(page.locator("polygon.shape")).to_have_count(1)
    expect(add).to_be_focused()

    # What is wrong leads to the points; the one taken last has no button any more.
    page.get_by_role("button", name="Remove point 4").press("Enter")
    expect(page.locator("table.points tbody tr")).to_have_count(3)
    expect(tab).to_be_focused()
    page.get_by_role("button", name="Remove point 3").press("Enter")
    page.get_by_label("Reason for the change").press("Enter")
    page.locator("[data-refused='zones[0].polygon']").press("Enter")
    expect(focused).to_contain_text("needs at least three points")

    # An end of what can be undone is no end of the way.
    undo = page.get_by_role("button", name="Undo", exact=True)
    for _step in range(3):
        undo.press("Enter")
    expect(page.locator("polygon.shape")).to_have_count(0)
    expect(undo).to_have_attribute("aria-disabled", "true")
    expect(undo).to_be_focused()
    page.get_by_role("button", name="Redo", exact=True).press("Enter")
    page.locator("[data-key=shape-zones-0]").press("Enter")
    page.get_by_role("button", name="Remove this zone").press("Enter")
    expect(page.locator("polygon.shape")).to_have_count(0)
    expect(tab).to_be_focused()
    undo.press("Enter")
    expect(page.locator("polygon.shape")).to_have_count(1)
    save = page.get_by_role("button", name="Save and put in force")
    save.press("Enter")
    expect(page.locator(".save [role=status]")).to_have_text("Version 1 is in force.")
    expect(save).to_be_focused()


def test_the_pressed_corner_is_moved_and_each_drag_is_a_step_of_its_own(page: Page):
    # The corners of the mask lie so near that each one's reach covers the next one's dot.
    corners = [[0.5, 0.5], [0.52, 0.5], [0.52, 0.53], [0.5, 0.53]]
    drawn = {"version": 1, "masks": [{"id": "counter", "polygon": corners}]}
    page.get_by_role("tab", name="Document").click()
    page.get_by_role("textbox", name="Document").fill(json.dumps(drawn))
    page.get_by_role("button", name="Use this document").click()
    shape = page.locator("polygon.shape")

    def points() -> list[str]:
        return (shape.get_attribute("points") or "").split()

    def press() -> float:
        box = page.locator("[data-focus=point-1] .dot").bounding_box()
        assert box
        y = box["y"] + box["height"] / 2
        page.mouse.move(min(box["x"] + box["width"] / 2, border - 2), y)
        page.mouse.down()
        return y

    before = points()
    shape.press("Enter")
    picture = page.locator(".canvas svg").bounding_box()
    assert picture
    border = picture["x"] + picture["width"]
    y = press()
    page.mouse.move(border - 40, y)
    page.mouse.move(border - 3, y)  # snaps to the border
    page.mouse.up()
    once = points()
    moved = [one != two for one, two in zip(before, once, strict=True)]
    assert moved == [False, True, False, False]

    # A drag whose first movement changes nothing: the corner snaps back to where it lay.
    y = press()
    for x in (border - 5, border - 60, border - 120):
        page.mouse.move(x, y)
    page.mouse.up()
    assert points() != once
    page.get_by_role("button", name="Undo").click()
    assert points() == once
    page.get_by_role("button", name="Undo").click()
    assert points() == before


def test_who_saves_second_sees_what_changed_and_puts_both_together(page: Page):
    page.get_by_role("button", name="Add a zone").click()
    page.get_by_label("Name", exact=True).fill("mine")
    page.get_by_label("Name", exact=True).press("Tab")
    found = re.search(r"/cameras/(\d+)/scene/", page.url)
    assert found
    address = f"/api/v1/cameras/{found[1]}/scene/"
    theirs = {"id": "theirs", "polygon": [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3]]}
    document = {"version": 1, "zones": [theirs]}
    api.send(page, "PUT", address, {"document": document, "reason": "from the other desk"})

    page.get_by_label("Reason for the change").fill("from this one")
    page.get_by_label("Reason for the change").press("Enter")
    choice = page.locator(".conflict")
    expect(choice).to_contain_text("from the other desk")
    expect(choice).to_contain_text("new: zone theirs")
    assert [zone["id"] for zone in api.scene_of(page)["zones"]] == ["theirs"]  # nothing overwritten
    choice.get_by_role("button", name="Put my changes into theirs").click()
    expect(page.locator(".shape-label", has_text="theirs")).to_have_count(1)
    page.get_by_label("Reason for the change").press("Enter")
    expect(page.locator("#versions")).to_contain_text("from this one", timeout=30_000)
    assert [zone["id"] for zone in api.scene_of(page)["zones"]] == ["theirs", "mine"]

    # Back to the first version: it stands in the editor, and is saved like any other change.
    first = page.locator("#versions tr[data-version='1']")
    page.locator("#versions tr[data-version='2']").get_by_text("What changed").click()
    expect(page.locator("#versions tr[data-version='2'] .diffs")).to_contain_text("new: zone mine")
    first.get_by_text("Back to this").click()
    expect(page.get_by_label("Reason for the change")).to_have_value("Back to version 1")
    page.get_by_label("Reason for the change").press("Enter")
    expect(page.locator("#versions tr[data-version='3']")).to_be_visible()
    assert [zone["id"] for zone in api.scene_of(page)["zones"]] == ["theirs"]


def test_a_session_that_ends_asks_for_the_password_over_what_is_drawn_and_saves_it(page: Page):
    page.get_by_role("button", name="Add a zone").click()
    page.get_by_label("Reason for the change").fill("a new fence")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save and put in force").click()
    ended = page.get_by_role("dialog", name="Your session has ended")
    expect(ended).to_contain_text("What you have drawn is still here.")
    ended.get_by_label("Password of anna").fill(PASSWORD)
    ended.get_by_role("button", name="Sign in again").click()
    expect(page.locator("#versions")).to_contain_text("a new fence", timeout=30_000)
    assert [zone["id"] for zone in api.scene_of(page)["zones"]] == ["danger"]


def test_what_a_template_put_in_is_saved_untouched_only_after_a_yes_and_the_version_is_said(
    page: Page,
):
    asked: list[str] = []
    answers = iter([False, True])

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if next(answers):
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", answer)
    page.get_by_role("tab", name="Templates").click()
    page.get_by_role("button", name="Winch", exact=True).click()
    page.get_by_role("button", name="Put it into the scene").click()
    save = page.get_by_role("button", name="Save and put in force")
    save.click()
    expect(save).to_be_enabled()
    assert len(asked) == 1 and "These shapes lie where the template put them" in asked[0]
    assert "danger" in asked[0]
    assert api.scene_of(page).get("zones", []) == []
    save.click()
    expect(page.locator(".save [role=status]")).to_have_text("Version 1 is in force.")
    assert len(asked) == 2 and api.scene_of(page)["zones"]
