"""Glass to glass and the time of a seek, in a real browser at the running demo."""

import json
import os
import shutil
import statistics
import sys
import time
from typing import Any

from infra.command import ROOT
from infra.glass import SHOWN, seen_before_s
from infra.latency import loop_of
from infra.stack import Stack
from infra.state import read_logins, state_folder

SAMPLES = 40
SEEKS = 20
WARM_S = 75
FLAGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
# Clicks on the timeline and waits until a picture of that moment is shown; returns milliseconds.
SEEK = """async (share) => {
    const row = document.querySelector(".watch-row"), box = row.getBoundingClientRect();
    const cell = document.querySelector(".watch-cell"), video = cell.querySelector("video");
    const begun = performance.now();
    const clientX = box.left + box.width * share;
    row.dispatchEvent(new MouseEvent("click", {bubbles: true, clientX}));
    await new Promise((done) => {
        const there = () => !video.seeking && video.readyState >= 2;
        const look = () =>
            cell.dataset.shows === "picture" && there() ? done() : setTimeout(look, 5);
        setTimeout(look, 0);
    });
    return performance.now() - begun;
}"""


def main() -> None:
    """Run the demo on a folder of its own, measure, print one JSON line."""
    folder = state_folder(ROOT / "var" / "bench")
    shutil.rmtree(folder)
    stack = Stack(folder, os.environ, lambda line: print(line, file=sys.stderr, flush=True))
    try:
        stack.start()
        print(json.dumps(_measure(stack)), flush=True)
    finally:
        stack.stop()


def _measure(stack: Stack) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    login = next(row for row in read_logins(stack.logins_file) if row["role"] == "owner")
    time.sleep(WARM_S)  # something to seek in
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = browser.new_page(base_url=stack.base_url)
        page.set_default_timeout(60_000)
        page.goto("/login/")
        page.locator("input[name=username]").fill(login["username"])
        page.locator("input[name=password]").fill(login["password"])
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        rows = page.request.get("/api/v1/cameras/").json()["results"]
        camera = next(row for row in rows if row["name"] == "Winch house 1")
        loop = ROOT / "workers" / "simulate" / "loops" / loop_of(camera["main_url"])
        truth = json.loads((loop / "truth.json").read_text())
        page.goto(f"/watch/?camera={camera['id']}")
        ages = _ages(page, truth)
        page.locator("[data-zoom='600']").click()
        page.wait_for_timeout(3000)
        # The last minute of the ten that the timeline shows, all of it recorded by now.
        seeks = [page.evaluate(SEEK, 0.885 + 0.09 * (n * 7 % SEEKS) / SEEKS) for n in range(SEEKS)]
        browser.close()
    return {
        "bench": "watch",
        "glass_to_glass_s": _figures(ages),
        "seek_ms": _figures(seeks),
        "load": os.getloadavg()[0],
    }


def _ages(page: Any, truth: dict[str, Any]) -> list[float]:
    page.locator(".watch-cell[data-shows=picture]").wait_for()
    page.wait_for_timeout(5000)
    ages: list[float] = []
    while len(ages) < SAMPLES:
        age_s = seen_before_s(page.locator("video").first.evaluate(SHOWN), truth)
        if age_s is not None:
            ages.append(age_s)
        page.wait_for_timeout(370)
    return ages


def _figures(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 3),
        "p95": round(ordered[int(len(ordered) * 0.95)], 3),
        "worst": round(ordered[-1], 3),
    }
