"""The page that lets one choose a camera asks again how each stands."""

import re

from django.test import Client
from django.utils import timezone

from apps.cameras.models import Analysis, StreamState
from apps.cameras.services import camera_create
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.cast import SCENE, Cast


def test_the_word_beside_a_picture_follows_when_a_rule_is_switched_off(hill: Cast):
    camera = hill.lamp_hill.camera
    now = timezone.now()
    StreamState.objects.create(
        mine_id=camera.mine_id, camera=camera, stream="main", state="recording", since=now
    )
    Analysis.objects.filter(camera=camera).update(analysed_until=now, visibility=1)
    browser = Client()
    browser.force_login(hill.operator)

    def told() -> list[list[str]]:
        part = rf'data-part="camera-{camera.pk}".*?<span class="state (\w+)">'
        pages = [browser.get(at).content.decode() for at in ("/watch/", "/watch/states/")]
        return [re.findall(part, page) for page in pages]

    assert told() == [["protecting"], ["protecting"]]
    scene_publish(
        camera=camera,
        document=SCENE | {"rules": [{**SCENE["rules"][0], "mode": "off"}]},
        actor=hill.admin,
        reason="works at the winch",
        disarm=True,
    )
    assert told() == [["idle"], ["idle"]]


def test_the_states_are_no_login_page_for_whoever_is_signed_out(hill: Cast):
    assert Client().get("/watch/states/").status_code == 401


def test_cameras_to_choose_from_stand_in_the_order_of_their_numbers_and_those_off_last(cast: Cast):
    here = cast.lamp_hill
    with mine_scope(here.mine.pk):
        for name, on in (("Drift 10", True), ("Drift 2", True), ("drift 1", True), ("A", False)):
            camera_create(area=here.area, name=name, main_url="rtsp://10.0.0.8/x", enabled=on)
    client = Client()
    client.force_login(cast.operator)
    page = client.get("/watch/")
    names = [camera.name for camera, _ in page.context["cameras"]]
    assert names == ["drift 1", "Drift 2", "Drift 10", "Winch house 1", "A"]
    assert "<img src" not in page.content.decode(), "only the script asks, for what is in view"
