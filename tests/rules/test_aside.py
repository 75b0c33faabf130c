"""A camera that was knocked a little: where its masks and all else that is drawn lie now."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.cameras.models import Analysis, Camera
from apps.recordings.masking import masking_set, masks_to_fill
from apps.rules.aside import lies_now
from apps.rules.masks import masks_carry, masks_now, masks_of
from apps.rules.models import MasksCarried, Scene
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, SCENE, Cast
from workers.laid import mask_name

DOOR = [[0.1, 0.2], [0.3, 0.2], [0.3, 0.6], [0.1, 0.6]]
SHOWN = [[0.6, 0.2], [0.8, 0.2], [0.8, 0.6], [0.6, 0.6]]
BY = [0.02, 0.03]
LIES = [[0.12, 0.23], [0.32, 0.23], [0.32, 0.63], [0.12, 0.63]]


@pytest.fixture
def camera(cast: Cast) -> Any:
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast.lamp_hill.camera


def draw(camera: Camera, after_s: float = -3600, **more: Any) -> Scene:
    masks = {"masks": [DOOR, {"polygon": SHOWN, "cover": False}]}
    return publish(camera, SCENE | masks | more, after_s)


def publish(camera: Camera, document: dict[str, Any], after_s: float) -> Scene:
    scene = scene_publish(camera=camera, document=document, reason="x")
    scene.created_at = NOON + timedelta(seconds=after_s)
    scene.save()
    return scene


def knocked(camera: Camera, scene: Scene, after_s: float = 0, by: Any = BY) -> None:
    aside = {mask_name(one): by for one in (DOOR, SHOWN)} if by else {}
    since = NOON + timedelta(seconds=after_s)
    masks_carry(camera=camera, scene=scene, aside=aside, since=since)


def test_a_mask_covers_where_it_was_drawn_and_where_it_lies_and_no_other_does(camera: Camera):
    scene = draw(camera)
    assert masks_of(camera_id=camera.pk) == [DOOR]
    knocked(camera, scene)
    assert masks_of(camera_id=camera.pk) == [DOOR, LIES]
    assert masks_now(camera_ids=[camera.pk]) == {camera.pk: [DOOR, LIES]}


def test_an_old_picture_is_covered_where_the_mask_lay_then(camera: Camera):
    scene = draw(camera)
    knocked(camera, scene)
    knocked(camera, scene, 600, by=None)
    assert masks_of(camera_id=camera.pk) == [DOOR]

    def covered(after_s: float, lasts_s: float | None = None) -> bool:
        at = NOON + timedelta(seconds=after_s)
        until = None if lasts_s is None else at + timedelta(seconds=lasts_s)
        found = masks_of(camera_id=camera.pk, at=at, until=until)
        assert DOOR in found
        return LIES in found

    assert covered(300) and covered(300, 10) and covered(-200, 2000)
    # The knock came before it was known.
    assert covered(-20) and covered(-60, 40)
    assert not covered(-60) and not covered(-60, 20) and not covered(700) and not covered(700, 10)


def covered_at(camera: Camera, *after_s: float) -> list[list[Any]]:
    times = (NOON + timedelta(seconds=one) for one in after_s)
    return [masks_of(camera_id=camera.pk, at=at) for at in times]


def test_what_was_recorded_before_a_mask_was_removed_keeps_it_where_it_lay(camera: Camera):
    """The last chunks before it waited, and are judged by the version without it."""
    knocked(camera, draw(camera))
    knocked(camera, publish(camera, SCENE, after_s=600), after_s=540)
    assert covered_at(camera, 500, 580, 700) == [[DOOR, LIES], [DOOR, LIES], []]


def test_a_knock_counts_after_the_clock_was_set_back_as_well(camera: Camera):
    scene = draw(camera)
    knocked(camera, scene, 3600)
    farther = [[round(x + 0.04, 5), y] for x, y in DOOR]
    knocked(camera, scene, 60, by=[0.04, 0])
    assert masks_of(camera_id=camera.pk) == [DOOR, farther]
    assert all(farther in found for found in covered_at(camera, 61, 3000, 3700))


def test_what_is_said_twice_is_one_row_and_a_mask_that_is_gone_covers_nothing(camera: Camera):
    scene = draw(camera)
    knocked(camera, scene)
    knocked(camera, scene, 5)
    assert MasksCarried.objects.count() == 1
    scene_publish(camera=camera, document=SCENE, reason="the door was bricked up")
    assert masks_of(camera_id=camera.pk) == []


def test_a_camera_without_masks_costs_no_question_more(
    camera: Camera, django_assert_num_queries: Any
):
    with django_assert_num_queries(2):
        masks_of(camera_id=camera.pk, at=NOON)


def test_the_recorder_fills_them_in_both_places(camera: Camera, cast: Cast):
    scene = draw(camera)
    masking_set(mine=camera.mine, actor=cast.admin, filled=True, reason="locker room")
    knocked(camera, scene)
    filled = masks_to_fill(cameras=[camera])[camera.pk]
    assert filled.polygons is not None
    assert [[list(point) for point in one] for one in filled.polygons] == [DOOR, LIES]


def aside(camera: Camera, names: dict[str, Any], version: int) -> None:
    Analysis.objects.update_or_create(
        camera=camera,
        defaults={"mine_id": camera.mine_id, "aside": names, "scene_version": version},
    )


EVERYTHING = {
    "machines": [{"id": "winch-1", "kind": "winch", "source": "video", "roi": SHOWN}],
    "lines": [{"id": "gate", "points": [[0.1, 0.98], [0.5, 0.5]]}],
    "gauges": [
        {"id": "sump", "points": [{"xy": [0.5, 0.2], "m": 2}, {"xy": [0.5, 0.99], "m": 0}]},
        {"id": "well", "points": [{"xy": [0.5, 0.2], "m": 2}, {"xy": [0.5, 0.8], "m": 0}]},
        {"id": "floor", "zone": "danger"},
    ],
    "ground": {
        "image": [[0.2, 0.4], [0.8, 0.4], [0.9, 0.9], [0.1, 0.9]],
        "metres": [[0, 8], [4, 8], [4, 0], [0, 0]],
    },
}
WATCHED = ("machine:winch-1", "line:gate", "gauge:sump", "gauge:well", "gauge:floor", "ground:")
NAMES = dict.fromkeys((*WATCHED, mask_name(DOOR)), BY)


def test_the_editor_is_told_where_all_that_was_drawn_lies_and_nothing_beyond_the_picture(
    camera: Camera,
):
    scene = draw(camera, **EVERYTHING)
    aside(camera, NAMES, scene.version)
    found = {
        (one["kind"], one["index"]): one["points"] for one in lies_now(camera=camera, scene=scene)
    }
    assert found == {
        ("machines", 0): [[0.62, 0.23], [0.82, 0.23], [0.82, 0.63], [0.62, 0.63]],
        ("lines", 0): [[0.12, 1.0], [0.52, 0.53]],
        ("gauges", 1): [[0.52, 0.23], [0.52, 0.83]],
        ("masks", 0): LIES,
        ("ground", 0): [[0.22, 0.43], [0.82, 0.43], [0.92, 0.93], [0.12, 0.93]],
    }


def test_the_editor_is_told_nothing_of_a_version_that_is_not_judged_by_yet(camera: Camera):
    scene = draw(camera, **EVERYTHING)
    aside(camera, NAMES, scene.version)
    assert not lies_now(camera=camera, scene=draw(camera))
    aside(camera, {}, scene.version)
    assert not lies_now(camera=camera, scene=scene)
    assert not lies_now(camera=camera, scene=None)


def test_who_accepts_the_view_is_told_what_then_lies_where_it_was_drawn(camera: Camera, cast: Cast):
    client = Client()
    client.force_login(cast.owner)
    scene = draw(camera)
    address = f"/portal/cameras/{camera.pk}/"
    aside(camera, {}, scene.version)
    Analysis.objects.update(analysed_until=NOON)
    warning = "counts again where it was drawn"
    assert warning not in client.get(address).content.decode()
    aside(camera, NAMES, scene.version)
    assert warning in client.get(address).content.decode()
