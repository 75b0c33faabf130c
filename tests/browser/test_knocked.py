"""After a knock an admin takes what is drawn along, in the editor, and saves it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.cameras.models import Analysis, Camera
from apps.rules.selectors import scene_document, scene_in_force
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def knock(camera: Camera) -> dict[str, Any]:
    """Let the analysis have found that the first zone was taken along; return the zone."""
    with mine_scope(camera.mine_id):
        scene = scene_in_force(camera=camera)
        zone: dict[str, Any] = scene_document(scene)["zones"][0]
        Analysis.objects.update_or_create(
            camera=camera,
            defaults={
                "mine_id": camera.mine_id, "scene_version": scene.version,
                "aside": {f"zone:{zone['id']}": [0.01, 0.02]},
            },
        )  # fmt: skip
    return zone


def test_what_lies_elsewhere_since_a_knock_is_drawn_there_by_one_press_and_saved(
    world: Cast, enter: Callable[..., Page]
):
    camera = world.lamp_hill.camera
    before = knock(camera)
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


def test_what_was_drawn_anew_and_saved_is_not_taken_along_any_more(
    world: Cast, enter: Callable[..., Page]
):
    camera = world.lamp_hill.camera
    knock(camera)
    page = enter("ben", f"/portal/cameras/{camera.pk}/scene/")
    page.get_by_role("tab", name="Document").click()
    text = page.get_by_role("textbox", name="Document")
    document = json.loads(text.input_value())
    own = [[x / 2, y / 2] for x, y in document["zones"][0]["polygon"]]
    document["zones"][0]["polygon"] = own
    text.fill(json.dumps(document))
    page.get_by_role("button", name="Use this document").click()
    page.get_by_role("button", name="Save and put in force").click()
    expect(page.locator(".save [role=status]")).to_have_text("Version 2 is in force.")
    page.get_by_role("button", name="Draw it where it lies now").click()
    page.get_by_role("tab", name="Document").click()
    assert json.loads(text.input_value())["zones"][0]["polygon"] == own
    expect(page.get_by_text("Not saved yet")).to_be_hidden()


def test_who_takes_a_floor_along_whose_water_is_watched_is_told_that_it_must_be_dry(
    world: Cast, enter: Callable[..., Page]
):
    camera = world.lamp_hill.camera
    zone = knock(camera)
    page = enter("ben", f"/portal/cameras/{camera.pk}/scene/")
    told, warning = page.locator(".knocked"), "water is watched must be dry now"
    expect(told.get_by_role("button")).to_be_visible()
    expect(told).not_to_contain_text(warning)
    with mine_scope(camera.mine_id):
        document = scene_document(scene_in_force(camera=camera))
        gauges = [{"id": "floor", "zone": zone["id"]}]
        scene_publish(camera=camera, document=document | {"gauges": gauges}, reason="water")
    knock(camera)
    page.reload()
    expect(told).to_contain_text(warning)
