"""After a knock an admin takes what is drawn along, in the editor, and saves it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.cameras.models import Analysis
from apps.rules.selectors import scene_document, scene_in_force
from apps.tenancy.scope import mine_scope
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_what_lies_elsewhere_since_a_knock_is_drawn_there_by_one_press_and_saved(
    world: Cast, enter: Callable[..., Page]
):
    camera = world.lamp_hill.camera
    with mine_scope(camera.mine_id):
        scene = scene_in_force(camera=camera)
        before = scene_document(scene)["zones"][0]
        Analysis.objects.update_or_create(
            camera=camera,
            defaults={
                "mine_id": camera.mine_id, "scene_version": scene.version,
                "aside": {f"zone:{before['id']}": [0.01, 0.02]},
            },
        )  # fmt: skip
    page = enter("ben", f"/portal/cameras/{camera.pk}/scene/")
    told = page.locator(".knocked")
    expect(told).to_contain_text("The camera was knocked since this was drawn")
    expect(told).to_contain_text(before.get("name") or before["id"])
    page.get_by_role("button", name="Draw it where it lies now").click()
    expect(told.locator("p")).to_have_count(0)
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    expect(page.locator("#reason")).to_have_value(re.compile("knocked"))
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Not saved yet")).to_be_hidden()
    page.get_by_role("button", name="Redo").click()
    page.get_by_role("button", name="Save and put in force").click()
    expect(page.locator(".save [role=status]")).to_have_text("Version 2 is in force.")
    with mine_scope(camera.mine_id):
        now = scene_document(scene_in_force(camera=camera))["zones"][0]
    assert now["polygon"] == [
        [round(x + 0.01, 4), round(y + 0.02, 4)] for x, y in before["polygon"]
    ]
    page.reload()
    expect(page.get_by_role("button", name="Save and put in force")).to_be_visible()
    expect(told.locator("p")).to_have_count(0)
