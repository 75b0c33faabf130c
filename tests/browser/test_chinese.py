"""A shift in Chinese, on a machine that may have no Chinese font of its own."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import api
from tests.browser.test_operator import in_queue, unanswered

pytestmark = [pytest.mark.browser, pytest.mark.live]

SignIn = Callable[..., Page]

# Draws every Chinese character of the page as the page does, and counts how many look alike. A
# character that no font has is drawn as the same box as every other one.
LOOK_ALIKE = """async () => {
  await document.fonts.ready;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 40;
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.font = `32px ${getComputedStyle(document.body).fontFamily}`;
  pen.textBaseline = "top";
  const seen = new Map();
  const letters = new Set(document.body.innerText.match(/\\p{Script=Han}/gu) ?? []);
  for (const letter of letters) {
    pen.clearRect(0, 0, 40, 40);
    pen.fillText(letter, 2, 2);
    const drawn = pen.getImageData(0, 0, 40, 40).data.join();
    seen.set(drawn, (seen.get(drawn) ?? "") + letter);
  }
  return {letters: letters.size, alike: [...seen.values()].filter((same) => same.length > 1)};
}"""
OWN_FACE = """() => [...document.fonts].filter(
  (face) => face.family.includes("Noto Sans SC") && face.status === "loaded").length"""


def has_chinese_font() -> bool:
    tool = shutil.which("fc-list")
    return bool(tool and subprocess.run([tool, ":lang=zh"], capture_output=True).stdout.strip())


def readable(page: Page, *, least: int) -> None:
    """Every Chinese character looks different from every other, and fits its button."""
    page.wait_for_load_state("networkidle") if "/desk/" not in page.url else None
    page.wait_for_timeout(1000)
    found = page.evaluate(LOOK_ALIKE)
    assert found["letters"] >= least, found
    assert found["alike"] == []
    if not has_chinese_font():
        assert page.evaluate(OWN_FACE) > 0, "the letters came from Davy's own font"
    wide = page.evaluate(
        """() => [...document.querySelectorAll("button, .state, .severity, th")]
          .filter((node) => node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0)
          .map((node) => node.outerHTML.slice(0, 120))"""
    )
    assert wide == []
    assert page.evaluate(
        "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    ), "the page is as wide as the window"


def switch(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state("domcontentloaded")


@pytest.fixture
def shift(sign_in: SignIn) -> Any:
    """An operator's page in Chinese; afterwards they read English again."""
    page = sign_in("operator")
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
    readable(page, least=40)
    page.screenshot(path=tmp_path / "desk.png")

    page.keyboard.press("a")
    expect(detail).to_contain_text("确认")
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
