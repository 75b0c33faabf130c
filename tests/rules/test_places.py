"""A slope that several cameras watch is clear only when all of them see it empty, now."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.cameras.models import Analysis, Camera
from apps.cameras.services import camera_create
from apps.rules.selectors import scene_in_force
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.cast import SCENE, Cast
from workers.state import RuleState, State

TYPE = "slope_mutual_exclusion"


def slope(place: str = "slope 2", **more: Any) -> dict[str, Any]:
    rule = {
        "id": "s1", "type": TYPE, "zone": "danger", "machine": "winch-1", "place": place,
    } | more  # fmt: skip
    return {**SCENE, "rules": [rule]}


def says(camera: Camera, clear: bool | None, *, age_s: float = 1, **more: Any) -> None:
    state = State(rules={"s1": RuleState(TYPE, memory={} if clear is None else {"clear": clear})})
    Analysis.objects.update_or_create(
        camera=camera,
        defaults={
            "mine_id": camera.mine_id, "state": state.dump(), "visibility": 1.0,
            "analysed_until": timezone.now() - timedelta(seconds=age_s),
            "scene_version": scene_in_force(camera=camera).version,
        } | more,
    )  # fmt: skip


@pytest.fixture
def cameras(cast: Cast):
    """Two cameras of one slope, both of which see it empty."""
    hill = cast.lamp_hill
    with mine_scope(hill.mine.pk):
        second = camera_create(area=hill.area, name="Slope 2b", main_url="rtsp://10.0.0.9/b")
        for camera in (hill.camera, second):
            scene_publish(camera=camera, document=slope(), disarm=True, reason="test")
            says(camera, True)
    return hill.camera, second


def told(cast: Cast, role: str = "operator") -> list[dict[str, Any]]:
    client = Client()
    client.force_login(cast[role])
    return client.get("/api/v1/places/").json()["results"]


def test_it_is_clear_when_all_of_its_cameras_say_so(cast: Cast, cameras):
    [place] = told(cast)
    assert (place["place"], place["clear"], len(place["cameras"])) == ("slope 2", True, 2)
    assert told(cast, "stranger") == []


@pytest.mark.parametrize(
    ("word", "because"),
    [
        ({"clear": False}, "people"),
        ({"clear": None}, "people"),
        ({"clear": True, "age_s": 30}, "stale"),
        ({"clear": True, "faults": [{"fault": "blocked"}]}, "blind"),
        ({"clear": True, "visibility": 0.2}, "blind"),
        ({"clear": True, "state": b""}, "people"),
    ],
)
@pytest.mark.parametrize("which", [0, 1])
def test_one_camera_that_sees_people_or_nothing_holds_it(cast, cameras, which, word, because):
    with mine_scope(cast.lamp_hill.mine.pk):
        says(cameras[which], **word)
    [place] = told(cast)
    assert not place["clear"]
    assert sorted(one["because"] for one in place["cameras"]) == ["", because]


def test_a_camera_or_rule_that_is_switched_off_holds_it(cast: Cast, cameras):
    with mine_scope(cast.lamp_hill.mine.pk):
        scene_publish(camera=cameras[1], document=slope(mode="off"), disarm=True, reason="test")
    [place] = told(cast)
    assert [one["because"] for one in place["cameras"] if one["because"]] == ["off"]


def test_a_camera_of_another_place_says_nothing_of_it(cast: Cast, cameras):
    with mine_scope(cast.lamp_hill.mine.pk):
        scene_publish(camera=cameras[1], document=slope("slope 3"), disarm=True, reason="test")
        says(cameras[1], False)
    assert [(one["place"], one["clear"]) for one in told(cast)] == [
        ("slope 2", True), ("slope 3", False),
    ]  # fmt: skip


def test_what_a_camera_saw_before_its_rule_was_off_says_nothing_of_it(cast: Cast, cameras):
    camera = cameras[1]
    with mine_scope(cast.lamp_hill.mine.pk):
        scene_publish(camera=camera, document=slope(mode="off"), disarm=True, reason="test")
        scene_publish(camera=camera, document=slope(), disarm=True, reason="test")
    [place] = told(cast)
    assert [one["because"] for one in place["cameras"] if one["because"]] == ["people"]
    with mine_scope(cast.lamp_hill.mine.pk):
        says(camera, True)
    assert told(cast)[0]["clear"], "once a picture was judged by the scene in force"
