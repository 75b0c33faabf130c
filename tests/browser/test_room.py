"""Every page fits the room: both themes, every screen, no barrier, nothing that flashes.

The pages come from the table of routes, so a new one is looked at without being named here.
axe-core (MPL-2.0) is read from frontend/node_modules for these tests alone and is no part of the
product.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.accounts.services import language_set
from apps.tenancy.scope import mine_scope
from tests.browser.conftest import leaves
from tests.cast import Cast, an_alarm
from tests.tenancy.page_routes import PAGES
from tests.tenancy.test_routes import things_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]
ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The smallest desk, at which a page is opened; a page of 1280 pixels enlarged to four times its
# size, which is narrower than a phone; a wall-sized screen.
DESK = (1366, 768)
SCREENS = [DESK, (320, 640), (3840, 2160)]
NOT_PAGES = {
    *("healthz", "login", "home", "handovers", "notify-worker"),
    *("alarms-asking", "watch-states", "portal-camera-state", "portal-camera-procedures"),
}

BARRIERS = """async ([only]) => {
  const found = await axe.run(document, {runOnly: only, resultTypes: ["violations"]});
  return found.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)}`));
}"""
WIDTH = """() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide <= 0) return "";
  const edge = document.documentElement.clientWidth + 1;
  const out = [...document.querySelectorAll("body *")]
    .filter((node) => node.getBoundingClientRect().right > edge);
  return `${wide} px too wide: ${out.slice(-1)[0]?.outerHTML.slice(0, 120)}`;
}"""
# What is told of a thing must not stand in a sliver beside its names.
SQUEEZED = """() => [...document.querySelectorAll(".facts")]
  .filter((list) => getComputedStyle(list).display === "grid" && list.clientWidth)
  .flatMap((list) => {
    const told = list.querySelector("dd");
    const share = told ? told.getBoundingClientRect().width / list.clientWidth : 1;
    const said = `${Math.round(100 * share)} % are left to ${told?.textContent.trim()}`;
    return share < 0.4 ? [said] : [];
  })"""
# axe takes a column without a name for a small matter; who hears the table does not.
NAMELESS = """() => [...document.querySelectorAll("table th")]
  .filter((head) => !head.textContent.trim())
  .map((head) => `a head without words: ${head.closest("tr").textContent.trim().slice(0, 120)}`)"""
# Each turn of an animation may be one flash; less than a third of a second is more than three.
FLASHES = """() => document.getAnimations().map((one) => one.effect.getComputedTiming())
  .filter((time) => time.iterations > 1 && time.duration < 334).length"""
RULED_FLASHES = """() => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
  .flatMap((rule) => rule.cssRules?.length ? [rule, ...rule.cssRules] : [rule])
  .filter((rule) => rule.style?.animationName && rule.style.animationName !== "none")
  .map((rule) => [rule.selectorText, rule.style.animationDuration])"""


def pages(things: dict[str, Any]) -> list[str]:
    """List the addresses of the pages that an owner may open, one of each kind."""
    names: dict[str, str] = {}
    for route in PAGES:
        seen = route.method == "get" and route.statuses["owner"] == 200
        if seen and route.name not in NOT_PAGES:
            names.setdefault(route.name, reverse(route.name, kwargs=route.arguments(things)))
    player = f"{reverse('watch')}?camera={things['camera']}"
    # What does not end in a slash is a file to take along.
    return [*(address for address in names.values() if address.endswith("/")), player]


def barriers(page: Page, *only: str) -> list[str]:
    """Return axe's serious and critical findings."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    return list(page.evaluate(BARRIERS, [list(only or LEVELS)]))


def theme(page: Page, name: str) -> None:
    """Show a theme without loading the page anew."""
    page.evaluate("name => { document.documentElement.dataset.theme = name; }", name)


def calm(page: Page) -> None:
    """Wait until the page stands: everything loaded, and nothing on its way to another colour."""
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready")
    page.emulate_media(reduced_motion="reduce")


@pytest.fixture
def busy(world: Cast) -> dict[str, Any]:
    """A mine with one of everything, and an alarm of each severity."""
    things = things_of(world.lamp_hill)
    with mine_scope(world.lamp_hill.mine.pk):
        for n, severity in enumerate(("high", "medium", "low")):
            an_alarm(world.lamp_hill, rule=f"s{n}", situation=f"s{n}:1", severity=severity)
    return things


def test_every_page_is_without_barriers_in_both_themes_and_fits_every_screen(
    busy: dict[str, Any], enter: Enter
):
    page = enter("anna")
    faults: list[str] = []
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    looked = 0
    for address in pages(busy):
        answer = page.goto(address)
        assert answer is not None and answer.ok, address
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        looked += 1
        calm(page)
        theme(page, "dark")
        found = [f"dark {one}" for one in barriers(page)]
        theme(page, "light")
        found += [f"light {one}" for one in barriers(page, "color-contrast")]
        found += page.evaluate(NAMELESS)
        if page.evaluate(FLASHES):
            found.append("flashes more than three times a second")
        for width, height in SCREENS:
            if (width, height) != DESK:
                page.set_viewport_size({"width": width, "height": height})
            if wide := page.evaluate(WIDTH):
                found.append(f"{width}x{height}: {wide}")
            found += [f"{width}x{height}: {one}" for one in page.evaluate(SQUEEZED)]
        page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
        faults += [f"{address} {one}" for one in found]
    faults += [f"asks elsewhere: {url}" for url in asked if leaves(url, page.url)]
    assert not faults, "\n".join(faults)
    assert looked > 15
    ruled = page.evaluate(RULED_FLASHES)
    assert ruled and all(float(time.rstrip("ms")) >= 0.334 for _name, time in ruled)


def test_the_main_pages_and_a_question_are_without_barriers_in_chinese(
    busy: dict[str, Any], world: Cast, enter: Enter
):
    language_set(user=world.operator, language="zh-hans")
    page = enter("chen")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    faults: list[str] = []
    for address in ("/desk/", "/alarms/", reverse("alarm", args=[busy["alarm"]])):
        page.goto(address)
        calm(page)
        if address == "/desk/":
            page.keyboard.press("c")
            expect(page.get_by_role("dialog")).to_be_visible()
        for name in ("dark", "light"):
            theme(page, name)
            faults += [f"{address} {name} {one}" for one in barriers(page)]
    page.context.clear_cookies()
    page.goto("/login/")
    faults += barriers(page)
    assert not faults, "\n".join(faults)


def test_the_theme_that_was_chosen_is_in_the_next_page_before_anything_is_painted(enter: Enter):
    page = enter("chen", "/alarms/", color_scheme="light")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Theme of the system").click()
    dark = page.evaluate(ground)
    assert dark != light
    # A page writes a cookie without waiting until it is kept, and a request of another process may
    # overtake it (seen once); to read it back in the page waits for it.
    assert "davy_theme=dark" in page.evaluate("document.cookie")
    assert 'data-theme="dark"' in page.request.get("/clips/").text()
    page.goto("/clips/")
    assert page.evaluate(ground) == dark
    page.get_by_role("button", name="Dark theme").click()
    page.get_by_role("button", name="Light theme").click()
    expect(page.get_by_role("button", name="Theme of the system")).to_be_visible()
    assert "davy_theme" not in page.evaluate("document.cookie")
    assert "data-theme" not in page.request.get("/clips/").text().split(">")[1]


def test_the_browser_itself_refuses_to_ask_another_host(enter: Enter):
    page = enter("chen", "/alarms/")
    policy = page.request.get("/alarms/").headers["content-security-policy"]
    assert "default-src 'self'" in policy and "*" not in policy and "unsafe" not in policy
    refused = page.evaluate(
        """async () => {
          const seen = [];
          const note = (event) => seen.push(event.blockedURI);
          document.addEventListener("securitypolicyviolation", note);
          await fetch("http://203.0.113.7/fetch").catch(() => 0);
          const image = new Image();
          image.src = "http://203.0.113.7/image";
          const script = document.createElement("script");
          script.src = "http://203.0.113.7/script";
          document.head.append(script);
          await new Promise((done) => setTimeout(done, 300));
          return seen.map((uri) => uri.split("/").pop()).sort();
        }"""
    )
    assert refused == ["fetch", "image", "script"]


# By how much two boxes stand apart, one beneath the other, in pixels.
APART = (
    """nodes => nodes[1].getBoundingClientRect().top - nodes[0].getBoundingClientRect().bottom"""
)


@pytest.mark.parametrize(
    ("address", "first", "second"),
    [
        ("/handover/{mine}/", ".sign h2", ".sign .notice"),
        ("/audit/settings/", ".in-force .sub", ".in-force .rows-box"),
    ],
    ids=["who may not sign", "the rules of a moment"],
)
def test_what_stands_beneath_a_line_does_not_touch_it(
    world: Cast, enter: Enter, address: str, first: str, second: str
):
    page = enter("dora", address.format(mine=world.lamp_hill.mine.pk))
    both = page.locator(f"{first}, {second}")
    expect(both.first).to_be_visible()
    assert both.evaluate_all(APART) >= 8
