"""An operator's shift, in a real browser on real parts."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser import api
from tests.stack import Demo, too_slow

pytestmark = [pytest.mark.browser, pytest.mark.live]

# The demo's winch scene brings a person into the zone at least once a loop, `winches` four times as
# often. What needs no new alarm comes before them: they are work for the analysis.
ALARM_S = 180
CLIP_S = 90
SignIn = Callable[..., Page]


def unanswered(page: Page) -> Any:
    """Wait for an alarm about somebody in a zone that asks for an answer and return it.

    On a busy machine a camera may have been lost for a while: such an alarm has no boxes.
    """

    def find() -> Any:
        rows = api.get(page, "/api/v1/desk/")["alarms"]
        open_rows = (row for row in rows if row["state"] in ("unacknowledged", "returned"))
        return next((row for row in open_rows if row["rule_type"] != "camera_health"), None)

    return api.wait_for(page, find, seconds=ALARM_S, what="an alarm")


def in_queue(page: Page, alarm: int) -> Any:
    return page.locator(f'#queue li[data-alarm="{alarm}"] button')


def test_tiles_tell_the_age_of_their_picture_and_go_blind_with_it(sign_in: SignIn, stack: Demo):
    page = sign_in("operator")
    page.goto("/desk/")
    tile = page.locator(".tile.protecting").first
    # On a full machine every camera may be behind for a while, and says so.
    try:
        expect(tile).to_be_visible(timeout=1000 * ALARM_S)
    except AssertionError:
        if too_slow(stack):
            pytest.skip("this machine is too slow for any camera, and every tile says so: BLIND")
        raise
    expect(tile.locator(".tile-age")).to_contain_text(re.compile(r"\d+(\.\d)? s"))
    camera = tile.get_attribute("data-camera")
    page.route(re.compile("/tile.jpg"), lambda route: route.abort())
    same = page.locator(f'.tile[data-camera="{camera}"]')
    expect(same).to_have_class(re.compile("blind"), timeout=20_000)
    expect(same).to_contain_text("BLIND")


def test_the_clip_plays_and_seeks(sign_in: SignIn):
    page = sign_in("operator")

    def ready() -> Any:
        rows = api.get(page, "/api/v1/clips/?page_size=50")["results"]
        return next((clip for clip in rows if clip["state"] == "ready"), None)

    clip = api.wait_for(page, ready, seconds=ALARM_S + CLIP_S, what="a clip")
    page.goto(f"/clips/{clip['id']}/")
    expect(page.locator("#main")).to_contain_text(clip["sha256"])
    video = page.locator("video")
    page.wait_for_function("document.querySelector('video').readyState >= 1", timeout=20_000)
    assert video.evaluate("video => video.videoWidth") == clip["width"]
    length_s = video.evaluate("video => video.duration")
    assert length_s > 5
    assert video.evaluate(
        """(video) => new Promise((done) => {
            video.addEventListener("seeked", () => done(video.currentTime), {once: true});
            video.currentTime = video.duration / 2;
        })"""
    ) == pytest.approx(length_s / 2, abs=0.6)
    video.evaluate("video => { video.muted = true; return video.play(); }")
    page.wait_for_function(
        "half => document.querySelector('video').currentTime > half + 0.5", arg=length_s / 2
    )
    page.reload()
    expect(page.get_by_role("table")).to_contain_text("played")

    # A copy with people blurred is made first; the page follows it.
    with page.expect_download(timeout=180_000) as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"davy-{clip['id']}-covered.mp4"


@pytest.mark.usefixtures("winches")
def test_an_alarm_arrives_and_is_answered_by_a_key(sign_in: SignIn):
    page = sign_in("operator")
    api.answer_everything(page)
    page.goto("/desk/")
    expect(page.locator("body")).to_have_attribute("data-line", "live", timeout=15_000)

    alarm = unanswered(page)
    row = in_queue(page, alarm["id"])
    expect(row).to_be_visible(timeout=5_000)
    expect(row).to_contain_text(alarm["area"])
    row.click()
    detail = page.locator("#detail")
    expect(detail).to_contain_text(alarm["camera_name"])
    picture = detail.locator(".picture-frame img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 300
    expect(detail.locator(".overlay .box").first).to_be_attached()

    page.keyboard.press("a")
    expect(detail).to_contain_text("Answered by")
    # Not how it stands: who comes again in this very second is asked about anew.
    steps = api.get(page, f"/api/v1/alarms/{alarm['id']}/")["transitions"]
    assert [step["actor"] for step in steps if step["cause"] == "acknowledged"]


@pytest.mark.usefixtures("winches")
def test_a_broken_line_says_since_when_and_catches_up(sign_in: SignIn):
    page, other = sign_in("operator"), sign_in("admin")
    alarm = unanswered(page)
    broken = False
    lines: list[WebSocketRoute] = []

    def line(socket: WebSocketRoute) -> None:
        if broken:
            socket.close()
            return
        socket.connect_to_server()
        lines.append(socket)

    def ask(route: Route) -> None:
        if broken:
            route.abort()
        else:
            route.continue_()

    page.route_web_socket(re.compile("/ws/events/"), line)
    page.route(re.compile("/api/v1/(events|desk|cameras|alarms)/"), ask)
    page.goto("/desk/")
    expect(page.locator("body")).to_have_attribute("data-line", "live", timeout=15_000)
    in_queue(page, alarm["id"]).click()

    broken = True
    for socket in lines:
        socket.close()
    banner = page.locator("#desk-banner")
    expect(banner).to_contain_text(re.compile(r"lost since \d\d:\d\d:\d\d"))
    api.acknowledge(other, alarm["id"])
    expect(page.locator("#detail")).not_to_contain_text("Answered by")

    broken = False
    expect(page.locator("#detail")).to_contain_text("Answered by", timeout=45_000)
    expect(banner).not_to_contain_text("lost since")


@pytest.mark.usefixtures("winches")
def test_the_desk_works_by_polling_where_sockets_are_blocked(sign_in: SignIn):
    page, other = sign_in("operator"), sign_in("admin")
    page.route_web_socket(re.compile("/ws/events/"), lambda socket: socket.close())
    alarm = unanswered(page)
    page.goto("/desk/")
    expect(page.locator("#desk-banner")).to_contain_text("polling", timeout=20_000)
    in_queue(page, alarm["id"]).click()
    api.acknowledge(other, alarm["id"])
    expect(page.locator("#detail")).to_contain_text("Answered by", timeout=10_000)


@pytest.mark.usefixtures("winches")
def test_j_and_k_walk_the_queue(sign_in: SignIn):
    page = sign_in("operator")
    unanswered(page)
    page.goto("/desk/")
    chosen = page.locator('#queue .item[aria-current="true"]')
    expect(chosen).to_have_count(1)
    # By its number: another alarm may come and stand above it meanwhile.
    first = page.locator('#queue li:has([aria-current="true"])').get_attribute("data-alarm")
    page.keyboard.press("j")
    expect(chosen).to_have_count(1)
    expect(chosen).to_be_focused()
    page.keyboard.press("k")
    expect(in_queue(page, int(first or 0))).to_be_focused()
