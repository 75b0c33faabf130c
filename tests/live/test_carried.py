"""A knock that the analysis finds is kept with its chunk, for the editor and for the masks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.cameras import analysis
from apps.cameras.models import Camera
from apps.rules.masks import masks_of
from apps.rules.models import MasksCarried
from apps.rules.selectors import scene_document, scene_in_force
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.live.watched import drain_all, fed, state_of
from tests.loops import Loop
from workers.laid import mask_name
from workers.media.ring import Ring

pytestmark = pytest.mark.live
DOOR = [[0.1, 0.2], [0.3, 0.2], [0.3, 0.6], [0.1, 0.6]]
LIES = [[0.12, 0.2], [0.32, 0.2], [0.32, 0.6], [0.12, 0.6]]


def test_what_was_taken_along_is_kept_from_the_chunk_that_told_of_it_until_it_is_not(
    ring: Ring, camera: Camera, winch: Loop, start, monkeypatch
):
    aside: dict[str, tuple[float, float]] = {}
    analyse = analysis.engine.analyse

    def knocked(*args, **more):
        result = analyse(*args, **more)
        result.where = replace(result.where, aside=dict(aside))
        return result

    monkeypatch.setattr(analysis.engine, "analyse", knocked)

    def masks():
        with mine_scope(camera.mine_id):
            return masks_of(camera_id=camera.pk)

    with mine_scope(camera.mine_id):
        document = scene_document(scene_in_force(camera=camera))
        scene_publish(camera=camera, document=document | {"masks": [DOOR]}, reason="a door")
    fed(ring, camera, winch.chunks[:1], start)
    drain_all(camera)
    assert state_of(camera).aside == {} and masks() == [DOOR]
    aside |= {"zone:danger": (0.02, 0.0), mask_name(DOOR): (0.02, 0.0)}
    fed(ring, camera, winch.chunks[1:3], start + timedelta(seconds=1), first=2)
    drain_all(camera)
    assert state_of(camera).aside == {"zone:danger": [0.02, 0.0], mask_name(DOOR): [0.02, 0.0]}
    assert masks() == [DOOR, LIES]
    aside.clear()
    fed(ring, camera, winch.chunks[3:4], start + timedelta(seconds=3), first=4)
    drain_all(camera)
    assert state_of(camera).aside == {} and masks() == [DOOR]
    with mine_scope(camera.mine_id):
        assert MasksCarried.objects.count() == 2


def test_a_mask_that_is_to_cover_only_now_covers_where_the_knock_took_it(
    ring: Ring, camera: Camera, winch: Loop, start, monkeypatch
):
    analyse = analysis.engine.analyse

    def knocked(*args, **more):
        result = analyse(*args, **more)
        result.where = replace(result.where, aside={mask_name(DOOR): (0.02, 0.0)})
        return result

    monkeypatch.setattr(analysis.engine, "analyse", knocked)
    for number, covers in enumerate((False, True)):
        with mine_scope(camera.mine_id):
            document = scene_document(scene_in_force(camera=camera))
            masks = [{"polygon": DOOR, "cover": covers}]
            scene_publish(camera=camera, document=document | {"masks": masks}, reason="a door")
        chunks = winch.chunks[number : number + 1]
        fed(ring, camera, chunks, start + timedelta(seconds=number), first=number + 1)
        drain_all(camera)
        with mine_scope(camera.mine_id):
            assert masks_of(camera_id=camera.pk) == ([DOOR, LIES] if covers else [])
