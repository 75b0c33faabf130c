"""A mine of many cameras: no page asks for so many pictures that its questions must wait."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.cameras.services import camera_create
from apps.tenancy.scope import mine_scope

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_of_many_cameras_only_pictures_in_view_are_asked_for_and_none_that_is_off(
    world: Any, enter: Callable[..., Page]
):
    here = world.lamp_hill
    with mine_scope(here.mine.pk):
        made = [
            camera_create(
                area=here.area, name=f"Drift {n}", main_url="rtsp://10.0.0.8/x", enabled=n < 60
            )
            for n in range(70)
        ]
    page = enter("chen", "/account/")
    asked: list[str] = []

    def note(url: str) -> None:
        found = re.search(r"(\d+)/tile\.jpg", url)
        asked.extend(found.groups() if found else ())

    page.on("request", lambda request: note(request.url))
    page.goto("/watch/")
    first, far, off = (str(made[n].pk) for n in (0, 59, 69))
    cards = page.locator(".watch-choice > li")
    expect(cards.first).to_contain_text("Drift 0")
    expect(cards.first.locator(".missing-picture")).to_be_visible()
    assert first in asked and far not in asked and len(set(asked)) < 30
    # Listened for first: it is asked for as soon as it comes into view.
    with page.expect_request(f"**/{far}/tile.jpg"):
        page.get_by_label("Place or camera").fill("drift 59")
    expect(cards.locator("visible=true")).to_have_count(1)
    page.get_by_label("Place or camera").fill("drift 69")
    expect(cards.locator("visible=true").locator(".missing-picture")).to_have_text("off")
    with page.expect_response("**/watch/states/"):  # five seconds on, pictures were due again
        pass
    assert off not in asked
