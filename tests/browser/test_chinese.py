"""A shift in Chinese, on a machine that need have no Chinese font of its own."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from tests.browser import api
from tests.browser.test_operator import in_queue, unanswered

pytestmark = [pytest.mark.browser, pytest.mark.live]

SignIn = Callable[..., Page]

# Notes on each element how many Chinese letters stand in it, and how many others may be drawn with
# a font of the machine: marks and arrows, and in code everything that is not Chinese.
COUNT = """() => {
  for (const node of document.querySelectorAll("body *")) {
    const letters = (node.textContent.match(/\\p{Script=Han}/gu) ?? []).length;
    if (!letters || node.children.length || !node.offsetParent) continue;
    const code = getComputedStyle(node).fontFamily.includes("monospace");
    const others = code ? /[^\\p{Script=Han}\\s]/gu : /[^\\p{Script=Han}\\s\\x20-\\x7e]/gu;
    node.dataset.han = `${letters} ${(node.textContent.match(others) ?? []).length}`;
  }
}"""
TOO_WIDE = """() => [...document.querySelectorAll("button, .button, .state, .severity, th, label")]
  .filter((node) => node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1)
  .filter((node) => !node.classList.contains("visually-hidden"))
  .map((node) => node.outerHTML.slice(0, 120))"""


def drawn(page: Page) -> tuple[int, list[str]]:
    """Return how many Chinese letters are shown, and what the browser drew without Davy's font.

    The browser itself says with which font it drew each element: a letter that no font has is a
    box out of another one.
    """
    page.evaluate(COUNT)
    session = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        session.send(f"{domain}.enable")
    root = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    found = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": "[data-han]"})
    letters, boxes = 0, []
    for node in found["nodeIds"]:
        try:
            attributes = session.send("DOM.getAttributes", {"nodeId": node})["attributes"]
            fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        except Error:
            continue  # a live page put another element in its place meanwhile
        wanted, others = map(int, attributes[attributes.index("data-han") + 1].split())
        theirs = sum(font["glyphCount"] for font in fonts if not font["isCustomFont"])
        letters += wanted
        if theirs > others:
            boxes.append(session.send("DOM.getOuterHTML", {"nodeId": node})["outerHTML"][:200])
    session.detach()
    return letters, boxes


def readable(page: Page, *, least: int) -> None:
    """Every Chinese letter is drawn with Davy's own font, and what holds it is wide enough."""

    letters, boxes = 0, ["the font itself"]

    def all_drawn() -> bool:
        nonlocal letters, boxes
        if page.evaluate("document.fonts.status") == "loaded":
            letters, boxes = drawn(page)
        return not boxes

    try:
        api.wait_for(page, all_drawn, seconds=30, what="letters instead of boxes")
    except AssertionError as error:
        error.add_note(f"drawn with another font: {boxes}")
        raise
    assert letters >= least
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    ), "the page is as wide as the window"


def switch(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    lang = {"中文": "zh-hans", "English": "en"}[name]
    expect(page.locator("html")).to_have_attribute("lang", lang, timeout=60_000)


@pytest.fixture
def shift(sign_in: SignIn) -> Any:
    """An operator's page in Chinese; afterwards they read English again."""
    page = sign_in("operator")
    page.goto("/alarms/")
    switch(page, "中文")
    yield page
    page.goto("/account/")
    if page.locator("html").get_attribute("lang") != "en":
        switch(page, "English")


def test_the_log_in_page_is_readable_in_chinese(sign_in: SignIn, stack: Any, tmp_path: Path):
    page = sign_in("operator")
    page.context.clear_cookies()
    page.goto("/login/?next=/alarms/")
    switch(page, "中文")
    assert page.url.endswith("/login/?next=/alarms/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    readable(page, least=10)
    page.screenshot(path=tmp_path / "login.png")


@pytest.mark.usefixtures("winches")
def test_an_alarm_is_read_and_acknowledged_in_chinese(shift: Page, tmp_path: Path):
    page = shift
    api.answer_everything(page)
    page.goto("/desk/")
    expect(page.locator("body")).to_have_attribute("data-line", "live", timeout=15_000)
    alarm = unanswered(page)
    row = in_queue(page, alarm["id"])
    expect(row).to_be_visible(timeout=5_000)
    expect(row).to_contain_text("未确认")
    expect(row).to_contain_text("人")
    row.click()
    detail = page.locator("#detail")
    expect(detail.get_by_role("button", name="确认")).to_be_visible()
    page.screenshot(path=tmp_path / "desk.png")
    readable(page, least=40)

    page.keyboard.press("a")
    expect(detail).to_contain_text(re.compile(r"于 .+ 确认"))
    assert api.get(page, f"/api/v1/alarms/{alarm['id']}/")["acknowledged_by"]
    expect(detail.locator(".steps")).to_contain_text("已确认")


@pytest.mark.parametrize(
    "address", ["/alarms/", "/clips/", "/account/", "/portal/", "/portal/cameras/{camera}/scene/"]
)
def test_pages_are_readable_in_chinese_and_fit(sign_in: SignIn, address: str, tmp_path: Path):
    page = sign_in("admin")
    camera = api.get(page, "/api/v1/cameras/")["results"][0]["id"]
    page.goto(address.format(camera=camera))
    switch(page, "中文")
    try:
        assert page.url.endswith(address.format(camera=camera))
        expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
        readable(page, least=20)
        page.screenshot(path=tmp_path / "page.png", full_page=True)
    finally:
        switch(page, "English")
