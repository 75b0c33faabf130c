"""An admin tries a draft rule on what its camera recorded, before putting it in force."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser import api

pytestmark = [pytest.mark.browser, pytest.mark.live]

ALARM_S = 180
REPLAY_S = 240


def a_recorded_alarm(page: Page) -> Any:
    """Return an alarm of the winch; what it was made of lies in the ring."""

    def found() -> Any:
        rows = api.get(page, "/api/v1/alarms/?page_size=50")["results"]
        winch = [
            row for row in rows if row["rule_type"] == "proximity_while_running" and row["stages"]
        ]
        return winch[-1] if winch else None  # the first: little lies before it

    return api.wait_for(page, found, seconds=ALARM_S, what="an alarm of the winch")


def the_box(page: Page, camera: int, rule: str) -> Any:
    page.goto(f"/portal/cameras/{camera}/scene/")
    page.locator("#tab-rules").click()
    rules = api.get(page, f"/api/v1/cameras/{camera}/scene/")["document"]["rules"]
    index = next(n for n, one in enumerate(rules) if one["id"] == rule)
    return page.locator(f"[data-rule='{index}'] .replay")


def local(moment: str, seconds: int) -> str:
    """Say a moment as the mine's clock shows it, some seconds later."""
    at = datetime.fromisoformat(moment).astimezone(ZoneInfo("Asia/Shanghai"))
    return f"{at + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}"


def test_a_draft_says_what_it_would_have_raised_and_shows_the_clip(
    sign_in: Callable[..., Page],
):
    page = sign_in("admin")
    alarm = a_recorded_alarm(page)
    stages = ["written_s", "picked_s", "judged_s", "committed_s", "rung_s"]
    took = [alarm["stages"][stage] for stage in stages]
    assert took == sorted(took) and 0 < alarm["stages"]["decoding_s"] < took[-1]
    box = the_box(page, alarm["camera"], alarm["rule"])
    box.locator("summary").click()
    box.get_by_label("Over").select_option("a span of my own")
    box.get_by_label("from").fill(local(alarm["raised_at"], -600))
    box.get_by_label("to", exact=True).fill(local(alarm["raised_at"], 3))
    box.get_by_role("button", name="Try it").click()

    # It goes on by itself: a page that was left finds it again.
    expect(box.get_by_role("status")).to_contain_text(re.compile("Waiting|Running|Would have"))
    box = the_box(page, alarm["camera"], alarm["rule"])
    status = box.get_by_role("status")
    expect(status).to_contain_text(
        re.compile(r"Would have raised \d+ alarm"), timeout=REPLAY_S * 1000
    )
    if not box.evaluate("box => box.open"):
        box.locator("summary").click()
    expect(status).to_contain_text("not recorded")
    expect(status.locator("li").first).to_contain_text("person")
    status.get_by_role("button", name=re.compile("^Play the clip")).first.click()
    video = status.locator("video").first
    page.wait_for_function(
        "() => document.querySelector('.replay video').readyState >= 2", timeout=20_000
    )
    assert video.evaluate("video => video.duration") > 5

    # A draft that cannot be is refused, beside the field that it is about.
    page.get_by_label("Time in the danger zone", exact=False).first.fill("900")
    box.get_by_role("button", name="Try it").click()
    expect(status).to_contain_text("Not tried: rules[")
    expect(page.locator(".field.wrong .fault").first).to_contain_text("60")
