"""An admin puts cameras on a plan; an operator sees there what alarms, without a socket."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from apps.plans.models import Placement
from apps.tenancy.scope import system_scope
from tests.browser import api
from tests.cast import Cast, an_alarm
from tests.plans.test_plan_pictures import drawn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]


def where(camera: int) -> Placement:
    with system_scope("test"):
        return Placement.objects.get(camera=camera)


@pytest.fixture
def patient() -> Iterator[None]:
    """Wait a minute for what comes; the tests after this one wait as long as ever."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.mark.usefixtures("patient")
def test_a_plan_is_drawn_placed_on_and_glows(world: Cast, enter: Enter):
    mine, camera = world.lamp_hill.mine.pk, world.lamp_hill.camera.pk
    ben = enter("ben", f"/portal/mines/{mine}/plans/")
    ben.set_default_timeout(60_000)

    # A file that is too large is refused before a byte of it is sent.
    ben.evaluate("document.querySelector('[name=file]').dataset.mostBytes = '10'")
    picture = {"name": "plan.png", "mimeType": "image/png", "buffer": drawn(width=600, height=400)}
    ben.get_by_label("Picture").set_input_files(picture)
    ben.get_by_role("button", name="Save the plan").click()
    expect(ben.get_by_text("larger than 25 MB")).to_be_visible()
    ben.evaluate("document.querySelector('[name=file]').dataset.mostBytes = '25000000'")
    ben.get_by_role("button", name="Save the plan").click()

    # By a number, by keys, and by the mouse.
    ben.get_by_role("button", name="Put on the plan: Winch house 1").click()
    mark = ben.locator(f".plan-mark[data-camera='{camera}']")
    expect(mark).to_be_focused()
    ben.get_by_label("Bearing").fill("90")
    mark.press("]")
    mark.press("Shift+ArrowLeft")
    expect(ben.get_by_label("From the left")).to_have_value("48")
    expect(ben.locator("#plan-saved")).to_have_text("Saved")
    found = where(camera)
    assert (round(found.x, 3), found.y, found.bearing_deg) == (0.48, 0.5, 95)
    box = ben.locator("#plan-stage").bounding_box()
    start = mark.locator(".plan-sign").bounding_box()
    assert box and start
    ben.mouse.move(start["x"] + 5, start["y"] + 5)
    ben.mouse.down()
    ben.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.25, steps=3)
    ben.mouse.up()
    expect(ben.get_by_label("From the left")).to_have_value("80")
    expect(ben.locator("#plan-saved")).to_have_text("Saved")

    # Whoever leaves at once after the last change loses nothing.
    mark.press("Shift+ArrowLeft")
    ben.reload()

    def is_kept() -> bool:
        return round(where(camera).x, 2) == 0.78

    api.wait_for(ben, is_kept, seconds=5, what="the camera's new place")

    # Neither an end of what is enlarged nor a form that closes loses whoever has no mouse.
    larger = ben.locator("#plan-larger")
    for _ in range(4):
        larger.press("Enter")
    expect(larger).to_be_focused()
    listed = ben.locator(f"[data-row='{camera}']")
    listed.press("Enter")
    expect(mark).to_be_focused()
    ben.locator("#plan-off").press("Enter")
    expect(listed).to_be_focused()
    ben.keyboard.press("Enter")
    expect(mark).to_be_focused()
    expect(ben.locator("#plan-saved")).to_have_text("Saved")

    chen = enter("chen", ben.url.split("#")[0])
    shown = chen.locator(f".plan-mark[data-camera='{camera}']")
    expect(shown).to_contain_text("BLIND")
    with system_scope("test"):
        alarm = an_alarm(world.lamp_hill)
    expect(shown).to_have_class(re.compile("alarm critical asks"))
    expect(shown).to_contain_text("critical")
    expect(chen.locator(".cone.critical.asks")).to_have_count(1)
    # Beside the plan its name is a link like any other, not in the ground's own colour.
    link = chen.locator(".crumbs a").first.evaluate("link => getComputedStyle(link).color")
    expect(chen.locator(f"[data-row='{camera}']")).to_have_css("color", link)
    shown.click()
    expect(chen).to_have_url(re.compile(f"/alarms/{alarm.pk}/"))
