"""The desk on screens of other sizes: enlarged to twice its size, and on the wall of the room."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.cameras.services import camera_create
from apps.tenancy.scope import mine_scope
from tests.browser.desk import raised, row
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]
# Desks of 1366 × 768 and 1920 × 1080, as a page at 200 % sees them.
ENLARGED = [(683, 384), (960, 540)]
# How much of the queue is on the screen when the page has just come.
SEEN = """() => {
  const queue = document.querySelector("#queue").getBoundingClientRect();
  return Math.min(queue.bottom, innerHeight) - queue.top;
}"""


@pytest.mark.parametrize(("width", "height"), ENLARGED)
def test_the_first_alarm_and_the_chosen_one_are_in_sight_on_an_enlarged_desk(
    world: Cast, enter: Enter, width: int, height: int
):
    alarms = [
        raised(world, rule=f"r{n}", situation=f"r{n}:1", severity="critical") for n in range(25)
    ]
    page = enter("chen", viewport={"width": width, "height": height})
    # The worst: a flood, a server whose own work stands still, and a sound that nobody has heard.
    for warning in ("#desk-late", "#desk-flood", "#desk-hearing"):
        expect(page.locator(warning)).to_be_visible(timeout=20_000)
    assert page.evaluate(SEEN) >= 100
    for alarm in (alarms[24], alarms[0]):
        row(page, alarm).locator(".item").click()
        expect(page.get_by_role("button", name="Acknowledge").first).to_be_in_viewport()


def test_a_screen_for_the_whole_room_shows_many_blind_cameras_at_once(world: Cast, enter: Enter):
    here = world.lamp_hill
    with mine_scope(here.mine.pk):
        for n in range(23):
            camera_create(area=here.area, name=f"Drift {n}", main_url="rtsp://10.0.0.8/x")
    page = enter("chen", viewport={"width": 3840, "height": 2160})
    tiles = page.locator(".tile.blind")
    expect(tiles).to_have_count(24)
    expect(tiles.nth(14)).to_be_in_viewport(ratio=1)


def test_a_queued_alarm_without_a_picture_is_named_in_one_line(world: Cast, enter: Enter):
    alarm = raised(world)
    title = row(enter("chen"), alarm).locator(".item-title")
    expect(title).to_be_visible()
    assert (
        title.evaluate(
            "it => it.getBoundingClientRect().height / parseFloat(getComputedStyle(it).lineHeight)"
        )
        < 1.5
    )
