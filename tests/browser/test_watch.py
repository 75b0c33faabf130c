"""Live and recorded, in a real browser: what is shown is the second that the page says."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.sync_api import Page, expect

from infra.glass import SHOWN, seen_before_s
from infra.latency import loop_of
from tests.browser import api

pytestmark = [pytest.mark.browser, pytest.mark.live]

LOOPS = Path(__file__).resolve().parents[2] / "workers" / "simulate" / "loops"
SLOW_S = 90
SignIn = Callable[..., Page]


def camera(page: Page, name: str) -> tuple[int, dict[str, Any]]:
    """Return a camera's id and the truth about the loop that it plays."""
    rows = api.get(page, "/api/v1/cameras/")["results"]
    row = next(row for row in rows if row["name"] == name)
    truth = json.loads((LOOPS / loop_of(row["main_url"]) / "truth.json").read_text())
    return row["id"], truth


def shown(page: Page) -> Any:
    return page.locator("video").first.evaluate(SHOWN)


def at(page: Page) -> float:
    return float(page.locator("video").first.evaluate("video => video.currentTime"))


@pytest.fixture
def drift(sign_in: SignIn) -> Iterator[int]:
    """A camera that is off, and on again at the end whatever happens."""
    admin = sign_in("admin")
    drift, _ = camera(admin, "Old drift")
    api.send(admin, "PATCH", f"/api/v1/cameras/{drift}/", {"enabled": False})
    yield drift
    api.send(admin, "PATCH", f"/api/v1/cameras/{drift}/", {"enabled": True})


def test_live_pictures_a_moment_of_the_past_a_gap_and_a_span_to_take_along(
    sign_in: SignIn, drift: int
):
    admin = sign_in("admin")
    winch, truth = camera(admin, "Winch house 1")

    # A stack that has just begun has no past to look at.
    def has_past() -> bool:
        now = time.time()
        asked = f"/api/v1/cameras/{winch}/timeline/?since={now - 300:.0f}&until={now:.0f}"
        begins = api.get(admin, asked)["recorded_from"]
        return begins is not None and now - begins > 45

    api.wait_for(admin, has_past, seconds=SLOW_S, what="45 s of recording")
    page = sign_in("operator")
    page.goto("/watch/")
    page.get_by_role("link", name=re.compile("Winch house 1")).click()
    cell = page.locator(".watch-cell").first
    expect(cell).to_have_attribute("data-shows", "picture", timeout=SLOW_S * 1000)

    # Glass to glass: the number in the picture tells when the camera saw it.
    def fresh() -> bool:
        age_s = seen_before_s(shown(page), truth)
        return age_s is not None and age_s < 4

    api.wait_for(page, fresh, seconds=SLOW_S, what="a live picture of at most 4 s")
    first = at(page)
    api.wait_for(page, lambda: at(page) > first + 1, seconds=SLOW_S, what="the next seconds")

    # Without the server there is no picture that looks like now.
    page.context.set_offline(True)
    expect(cell).to_have_attribute("data-shows", "blind", timeout=30_000)
    expect(cell.locator(".watch-cover")).to_contain_text("BLIND")
    expect(cell.locator(".watch-cover")).to_contain_text("No connection to the server")
    page.context.set_offline(False)
    expect(cell).to_have_attribute("data-shows", "picture", timeout=SLOW_S * 1000)

    # A click on the timeline shows the second that was pointed at.
    page.locator("[data-zoom='600']").click()
    row = page.locator(".watch-row").first
    expect(row.locator("rect.recorded").first).to_be_attached(timeout=SLOW_S * 1000)
    box = row.bounding_box()
    assert box is not None
    until = box["x"] + box["width"] / 1.02  # now; the window ends 2 % later
    page.mouse.move(until - box["width"] * 0.03, box["y"] + box["height"] / 2)
    expect(page.locator(".watch-tip img")).to_be_visible(timeout=SLOW_S * 1000)
    page.mouse.click(until - box["width"] * 0.025, box["y"] + box["height"] / 2)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(cell).to_have_attribute("data-shows", "picture", timeout=SLOW_S * 1000)
    api.wait_for(
        page,
        lambda: not page.locator("video").first.evaluate("video => video.seeking"),
        seconds=SLOW_S,
        what="the picture of the moment",
    )
    moment_s = float(row.get_attribute("aria-valuenow") or 0)
    off_s = seen_before_s(shown(page), truth, moment_s)
    assert off_s is not None
    length_s = truth["frames"] / truth["fps"]
    assert min(off_s, length_s - off_s) < 1.6, "the picture is of another second"
    before = at(page)
    page.keyboard.press(".")
    api.wait_for(page, lambda: at(page) > before, seconds=SLOW_S, what="the next picture")
    assert at(page) - before < 0.25, "one picture, not a second"

    # A span, taken along with its people blurred: a worker makes the copy.
    page.locator("[data-here='span-until']").click()
    end = page.locator("#span-until").input_value()
    page.locator("[data-step='-10']").click()
    page.locator("[data-here='span-since']").click()
    assert page.locator("#span-since").input_value() < end
    page.get_by_role("button", name="What is recorded?").click()
    expect(page.locator("#span-facts")).to_contain_text("as recorded", timeout=SLOW_S * 1000)
    page.locator("#span-download").click()
    ready = page.get_by_role("link", name="Download", exact=True)
    expect(ready).to_be_visible(timeout=SLOW_S * 1000)
    with page.expect_download(timeout=SLOW_S * 1000) as download:
        ready.click()
    with av.open(str(download.value.path())) as container:
        assert container.duration / 1e6 == pytest.approx(10, abs=1.5)
        assert next(container.decode(video=0)).width > 600

    # The camera that was off for a while has a gap on its timeline, with its cause.
    api.send(admin, "PATCH", f"/api/v1/cameras/{drift}/", {"enabled": True})
    page.goto(f"/watch/?camera={drift}")
    expect(page.locator(".watch-row rect.gap").first).to_be_attached(timeout=SLOW_S * 1000)
    expect(page.locator("#watch-events")).to_contain_text("No recording")
    expect(page.locator(".watch-cell")).to_have_attribute(
        "data-shows", "picture", timeout=SLOW_S * 1000
    )

    # Side by side they show the same second.
    east, _ = camera(admin, "Roadway 7 east")
    asked = f"camera={winch}&camera={east}&at={moment_s - 8:.0f}"
    page.goto(f"/watch/?{asked}")
    expect(page.locator(".watch-cell[data-shows=picture]")).to_have_count(2, timeout=SLOW_S * 1000)

    def in_step() -> bool:
        one, other = page.locator("video").evaluate_all(
            "all => all.map((video) => video.paused ? -1 : video.currentTime)"
        )
        return one > 0 and abs(one - other) < 0.2

    api.wait_for(page, in_step, seconds=SLOW_S, what="two cameras in step")

    # Who was seen then is drawn over it for whoever wants that, and nothing is for who does not.
    def people() -> list[float]:
        now = time.time()
        asked = f"/api/v1/cameras/{winch}/boxes/?since={now - 100:.0f}&until={now:.0f}"
        return [at for at, _ in api.get(page, asked)["pictures"]]

    seen = api.wait_for(page, people, seconds=SLOW_S, what="people at the winch")
    page.goto(f"/watch/?camera={winch}&at={seen[len(seen) // 2]:.2f}")
    expect(page.locator(".watch-cell[data-shows=picture]")).to_have_count(1, timeout=SLOW_S * 1000)
    assert page.locator(".boxes rect").count() == 0
    page.get_by_role("button", name="Boxes").click()
    expect(page.locator(".boxes text").first).to_contain_text("person", timeout=SLOW_S * 1000)
