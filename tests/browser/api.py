"""What the browser tests ask the API for, with the page's own session."""

import re
import time
from typing import Any

from playwright.sync_api import Page


def get(page: Page, address: str) -> Any:
    """Return the JSON of an address."""
    response = page.request.get(address)
    assert response.ok, f"{address}: {response.status} {response.text()[:300]}"
    return response.json()


def send(page: Page, method: str, address: str, body: Any) -> Any:
    """Send JSON with the session's CSRF token."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    response = page.request.fetch(
        address,
        method=method,
        data=body,
        headers={"X-CSRFToken": cookies["csrftoken"], "Referer": page.url},
    )
    assert response.ok, f"{address}: {response.status} {response.text()[:300]}"
    return response.json()


def scene_of(page: Page) -> Any:
    """Return the scene in force of the camera whose editor is open."""
    found = re.search(r"/cameras/(\d+)/scene/", page.url)
    assert found
    return get(page, f"/api/v1/cameras/{found[1]}/scene/")["document"]


def acknowledge(page: Page, alarm: int) -> Any:
    """Answer an alarm."""
    return send(page, "POST", f"/api/v1/alarms/{alarm}/acknowledge/", {})


def answer_everything(page: Page) -> None:
    """Answer what is open, so that the next entry into a zone is a new alarm."""
    for alarm in get(page, "/api/v1/desk/")["alarms"]:
        if alarm["state"] != "acknowledged":
            acknowledge(page, alarm["id"])


def wait_for(page: Page, find: Any, *, seconds: float, what: str) -> Any:
    """Ask until `find` returns something, or fail saying what was waited for."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = find()
        if found:
            return found
        page.wait_for_timeout(300)
    raise AssertionError(f"{what} did not come within {seconds:.0f} s")
