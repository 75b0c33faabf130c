"""An admin sets up a camera, by keyboard where it matters."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import api

pytestmark = [pytest.mark.browser, pytest.mark.live]

SignIn = Callable[..., Page]
NAME = "Browser test camera"


@pytest.fixture
def page(sign_in: SignIn) -> Iterator[Page]:
    """The admin's page; a camera that was added is switched off at the end."""
    page = sign_in("admin")
    yield page
    for camera in api.get(page, "/api/v1/cameras/?page_size=200")["results"]:
        if camera["name"].startswith(NAME) and camera["enabled"]:
            api.send(page, "PATCH", f"/api/v1/cameras/{camera['id']}/", {"enabled": False})


def a_camera(page: Page) -> Any:
    """Return a camera of the demo mine."""
    rows = api.get(page, "/api/v1/cameras/?page_size=200")["results"]
    return next(row for row in rows if row["main_url"].startswith("rtsp://"))


def test_a_camera_is_tried_added_and_given_a_zone(page: Page):
    demo = a_camera(page)
    count = len(api.get(page, "/api/v1/cameras/?page_size=200")["results"])
    name = f"{NAME} {count + 1}"
    page.goto(f"/portal/mines/{demo['mine']}/cameras/new/")
    page.get_by_label("Place").select_option(index=1)
    page.get_by_label("Name", exact=True).fill(name)

    address = page.get_by_label(re.compile("Address of the main stream"))
    address.fill("rtsp://127.0.0.1:9/nothing")
    page.get_by_role("button", name="Test the main stream").click()
    expect(page.locator("#probe .notice.bad")).to_be_visible(timeout=15_000)
    address.fill(demo["main_url"])
    page.get_by_role("button", name="Test the main stream").click()
    picture = page.locator("#probe img")
    expect(picture).to_be_visible(timeout=15_000)
    assert picture.evaluate("image => image.naturalWidth") > 300
    expect(page.locator("#probe")).to_contain_text("pictures a second")

    page.get_by_role("button", name="Add the camera").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_role("link", name="Draw its zones").click()
    draw_by_keyboard(page)


def draw_by_keyboard(page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())  # its other shapes lie as drawn
    page.get_by_role("button", name="Winch", exact=True).press("Enter")
    page.get_by_role("button", name="Put it into the scene").press("Enter")
    point = page.locator("[data-focus=point-0]")
    point.focus()
    before = point.get_attribute("aria-label")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowDown")
    expect(point).to_be_focused()
    assert point.get_attribute("aria-label") != before
    page.keyboard.press("Insert")
    expect(page.locator(".handle")).to_have_count(5)
    page.keyboard.press("Delete")
    expect(page.locator(".handle")).to_have_count(4)

    # A crossing is shown where it is, and cannot be put in force.
    page.get_by_label("Point 2 x").fill("0.2")
    page.keyboard.press("Tab")
    page.keyboard.type("0.7")
    page.keyboard.press("Tab")
    expect(page.locator(".canvas .crossing").first).to_be_visible()
    save = page.get_by_role("button", name="Save and put in force")
    save.press("Enter")
    expect(page.locator(".save [role=status]")).to_contain_text("cannot be put in force")
    page.locator("#tab-shapes").focus()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator(".canvas .crossing")).to_have_count(0)

    # The server's refusal stands beside the field that it is about.
    page.locator("#tab-shapes").press("ArrowRight")
    dwell = page.get_by_label("Time in the danger zone", exact=False).first
    dwell.fill("900")
    page.get_by_label("Reason for the change").fill("first zones")
    page.keyboard.press("Enter")
    expect(page.locator(".field.wrong .fault")).to_contain_text("60")
    dwell.fill("0.5")
    page.get_by_label("Reason for the change").press("Enter")
    expect(page.locator("#versions")).to_contain_text("first zones")


def test_a_procedure_is_put_into_a_scene_that_has_its_machine_and_can_be_taken_back(page: Page):
    rows = api.get(page, "/api/v1/cameras/?page_size=200")["results"]
    scenes = {
        row["id"]: api.get(page, f"/api/v1/cameras/{row['id']}/scene/")["document"] for row in rows
    }
    camera, scene = next(
        (pk, one)
        for pk, one in scenes.items()
        if any(machine["kind"] == "winch" for machine in one["machines"])
    )
    winch = next(machine["id"] for machine in scene["machines"] if machine["kind"] == "winch")
    page.goto(f"/portal/cameras/{camera}/scene/")
    page.get_by_role("tab", name="Templates").click()
    page.get_by_role("button", name="Start of a winch").press("Enter")
    expect(page.get_by_label("machine: winch-1")).to_have_value(winch)

    # What cannot be is said beside its field, and nothing is put in.
    warning = page.get_by_label("Warning before the start")
    warning.fill("0")
    page.locator("form.card").first.evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Put it into the scene").click()
    expect(page.locator(".field.wrong .fault")).to_contain_text("1")
    warning.fill("8")
    page.get_by_role("button", name="Put it into the scene").click()

    page.get_by_role("tab", name="Document").click()
    document = page.locator("textarea.json")
    expect(document).to_have_value(re.compile('"procedure_sequence"'))
    made = json.loads(document.input_value())
    assert [m["id"] for m in made["machines"]] == [m["id"] for m in scene["machines"]]
    rule = made["rules"][-1]
    assert rule["params"]["steps"][-1]["needs"] == {"machine": winch, "running": True}
    assert rule["params"]["steps"][-1]["min_gap_s"] == 8
    assert rule["clauses"][0]["clause"] == "403"
    page.get_by_role("button", name="Undo").click()
    expect(document).not_to_have_value(re.compile('"procedure_sequence"'))


def test_a_line_an_input_and_steps_are_drawn_and_filled_in_by_keyboard_and_saved(page: Page):
    demo = a_camera(page)
    name = f"{NAME} for lines {page.evaluate('Date.now()')}"
    body = {"area": demo["area"], "name": name, "main_url": demo["main_url"]}
    camera = api.send(page, "POST", "/api/v1/cameras/", body)
    page.goto(f"/portal/cameras/{camera['id']}/scene/")
    page.get_by_role("button", name="Draw by hand").press("Enter")
    page.get_by_role("button", name="Add a line").press("Enter")
    expect(page.locator(".canvas .line-along")).to_have_count(1)
    page.locator("[data-focus=point-1]").focus()
    page.keyboard.press("Shift+ArrowDown")
    page.locator("[data-key=turn-line]").press("Enter")
    expect(page.get_by_label("Point 1 y")).to_have_value("0.63")
    page.get_by_label("Name", exact=True).fill("gate-line")
    page.get_by_label("Name", exact=True).press("Tab")
    expect(page.locator(".shape-label", has_text="line gate-line")).to_have_count(1)

    page.get_by_role("tab", name="Inputs").click()
    page.get_by_role("button", name="Add an input").press("Enter")
    states = page.get_by_label("States")
    states.fill("ON")
    states.press("Tab")
    expect(page.locator(".field.wrong .fault")).to_contain_text("two states")
    states.fill("OFF, ON")
    states.press("Tab")
    expect(page.locator(".field.wrong")).to_have_count(0)
    page.get_by_role("button", name="Add a shift").press("Enter")
    page.get_by_label("Sunday").press("Space")

    # A rule across the line: its arrow shows the way that is forbidden.
    page.get_by_role("tab", name="Rules").click()
    page.get_by_role("button", name="Add a rule").press("Enter")
    page.get_by_label("What must not happen").select_option("line_crossing")
    page.get_by_text("More settings").click()
    page.get_by_label("Line", exact=True).select_option("gate-line")
    expect(page.locator(".canvas .line-across")).to_have_count(2)
    page.get_by_label("Direction").select_option("to_left")
    expect(page.locator(".canvas .line-across")).to_have_count(1)

    page.get_by_role("button", name="Add a rule").press("Enter")
    steps = page.locator("[data-rule='1']")
    steps.get_by_label("What must not happen").select_option("procedure_sequence")
    for number in (1, 2):
        steps.get_by_role("button", name="Add a step").press("Enter")
        expect(steps.locator("fieldset.rows details")).to_have_count(number)
    steps.get_by_text("2. step-2").click()
    needs = steps.get_by_role("group", name="says")
    needs.get_by_label("OFF").press("Space")
    needs.get_by_label("ON", exact=True).press("Space")
    steps.get_by_role("textbox", name="Who does it").fill("signalman")
    steps.get_by_role("spinbutton", name="So for at least, s").fill("3")

    page.get_by_label("Reason for the change").fill("a gate")
    page.get_by_label("Reason for the change").press("Enter")
    expect(page.locator("#versions")).to_contain_text("a gate", timeout=30_000)  # a new page
    made = api.get(page, f"/api/v1/cameras/{camera['id']}/scene/")["document"]
    assert made["lines"] == [{"id": "gate-line", "points": [[0.7, 0.63], [0.3, 0.6]]}]
    assert made["inputs"][0]["states"] == ["OFF", "ON"]
    assert made["shifts"][0]["days"] == ["mon", "tue", "wed", "thu", "fri", "sat"]
    assert made["rules"][0]["params"] == {"line": "gate-line", "direction": "to_left"}
    assert [s["needs"] for s in made["rules"][1]["params"]["steps"]] == [
        {"input": "input", "is": ["ON"]},
        {"input": "input", "is": ["OFF"]},
    ]
    last = made["rules"][1]["params"]["steps"][1]
    assert (last["actor"], last["hold_s"]) == ("signalman", 3)


def the_danger_zone(page: Page) -> None:
    """Open the zone editor of a camera that works and has a danger zone, its corners listed."""
    rows = api.get(page, "/api/v1/cameras/?page_size=200")["results"]
    drawn = next(
        row["id"]
        for row in rows
        if row["enabled"]
        and any(
            zone["id"] == "danger"
            for zone in api.get(page, f"/api/v1/cameras/{row['id']}/scene/")["document"]["zones"]
        )
    )
    page.goto(f"/portal/cameras/{drawn}/scene/")
    page.locator("button[data-key^=shape-zones]", has_text="danger zone").click()
    expect(page.get_by_label("Point 2 x")).to_be_visible()


def test_two_numbers_changed_before_the_form_is_drawn_anew_are_both_kept(page: Page):
    the_danger_zone(page)
    page.evaluate(
        """() => {
          for (const [axis, value] of [["x", "0.23"], ["y", "0.71"]]) {
            const cell = document.querySelector(`[aria-label='Point 2 ${axis}']`);
            cell.value = value;
            cell.dispatchEvent(new Event("change"));
          }
        }"""
    )
    label = re.compile("23.0 % from the left, 71.0 % from the top")
    expect(page.locator("[data-focus=point-1]")).to_have_attribute("aria-label", label)


def test_what_is_typed_while_something_else_changes_is_kept(page: Page):
    the_danger_zone(page)
    x = page.get_by_label("Point 2 x")
    x.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("0.")
    # Another change draws the form anew, but not under the hands of whoever types in it.
    page.evaluate(
        """() => document.querySelector("[data-focus=point-0]").dispatchEvent(
             new KeyboardEvent("keydown", {key: "ArrowLeft", bubbles: true}))"""
    )
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    page.keyboard.type("21")
    expect(x).to_have_value("0.21")
    page.keyboard.press("Tab")
    label = re.compile("21.0 % from the left")
    expect(page.locator("[data-focus=point-1]")).to_have_attribute("aria-label", label)
    # One step back is one change back: a field that is only left tells of none.
    expect(page.get_by_label("Point 2 y")).to_be_focused()
    page.keyboard.press("Tab")
    page.locator("#tab-shapes").press("Control+z")
    expect(page.locator("[data-focus=point-1]")).not_to_have_attribute("aria-label", label)


def test_a_half_filled_form_keeps_what_was_typed_but_not_the_password(page: Page):
    mine = a_camera(page)["mine"]
    page.goto(f"/portal/mines/{mine}/cameras/new/")
    page.get_by_label("Name", exact=True).fill("Half")
    page.get_by_label(re.compile("Address of the main stream")).fill("ftp://somewhere")
    page.get_by_label(re.compile("Password")).fill("geheim")
    page.get_by_role("button", name="Add the camera").click()
    expect(page.get_by_role("alert").first).to_contain_text("Not saved yet")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Half")
    expect(page.get_by_label(re.compile("Password"))).to_have_value("")
    assert "geheim" not in page.content()


def test_a_new_person_signs_in_with_a_password_seen_once_and_chooses_another(
    page: Page, sign_in: SignIn, stack: Any
):
    mine = a_camera(page)["mine"]
    username = f"newcomer-{page.evaluate('Date.now()')}"
    page.goto(f"/portal/mines/{mine}/people/new/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Role").select_option("auditor")
    page.get_by_role("button", name="Add", exact=True).click()
    password = page.locator("#secret").inner_text()
    stack.logins["newcomer"] = (username, password)
    theirs = sign_in("newcomer")
    expect(theirs.get_by_text("Somebody else made your password")).to_be_visible()
    theirs.get_by_label("Present password").fill(password)
    for field in ("New password", "New password once more"):
        theirs.get_by_label(field, exact=True).fill("lantern under nine sheep")
    theirs.get_by_role("button", name="Change the password").click()
    expect(theirs.get_by_text("The password was changed.")).to_be_visible()
    theirs.goto("/")
    expect(theirs.get_by_role("heading", name="Alarm desk")).to_be_attached()
    assert theirs.goto("/portal/").status == 403


def test_an_auditor_sees_an_alarm_and_cannot_answer_it(sign_in: SignIn):
    page = sign_in("auditor")
    rows = api.wait_for(
        page, lambda: api.get(page, "/api/v1/alarms/")["results"], seconds=180, what="an alarm"
    )
    page.goto(f"/alarms/{rows[-1]['id']}/")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    response = page.goto("/alarms/999999999/")
    assert response is not None and response.status == 404


def test_zones_are_drawn_on_live_video_as_on_the_still_picture(page: Page):
    the_danger_zone(page)
    switch = page.get_by_role("button", name="Live video")
    switch.click()
    video = page.locator(".canvas-video video")
    expect(video).to_be_visible(timeout=60_000)
    first = video.evaluate("video => video.currentTime")
    page.wait_for_function(
        "first => document.querySelector('.canvas-video video').currentTime > first + 0.5",
        arg=first, timeout=60_000,
    )  # fmt: skip
    page.get_by_label("Point 2 x").fill("0.25")
    page.get_by_label("Point 2 x").press("Tab")
    expect(page.locator("[data-focus=point-1]")).to_have_attribute(
        "aria-label", re.compile("25.0 %")
    )
    expect(video).to_be_visible()
    switch.click()
    expect(video).to_have_count(0)
    expect(page.locator(".canvas image")).to_have_attribute("visibility", "visible")
