"""A mask of the scene covers every still picture that leaves the server."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.alarms.models import Alarm, Snapshot
from apps.bundles.services import bundle_ask, bundle_make
from apps.cameras.models import Camera
from apps.evidence.models import Clip
from apps.evidence.storage import get_file
from apps.privacy.services import copy_waiting
from apps.rules.masks import masks_of
from apps.rules.models import Scene
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import SCENE, Cast, an_alarm
from tests.film import record_chunks
from workers.media.ring import Ring

CORNER = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5], [0.0, 0.5]]
JPEG = (Path(__file__).parent.parent.parent / "docs" / "mine.jpg").read_bytes()


def masked(camera: Camera, *masks: Any) -> None:
    with system_scope("test"):
        scene_publish(camera=camera, document=SCENE | {"masks": list(masks)}, reason="a window")


def hidden(jpeg: bytes) -> bool:
    """Whether the upper left quarter shows nothing but the mask."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    height, width = picture.shape[:2]
    part = picture[: int(height * 0.46), : int(width * 0.46)]
    return bool(part.std() < 4 and 15 < part.mean() < 35)


@pytest.fixture
def owner(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.owner)
    return client


@pytest.fixture
def alarm(cast: Cast, settings, tmp_path) -> Alarm:
    settings.RING_DIR, settings.VAR = tmp_path / "ring", tmp_path / "var"
    settings.RING_MIN_FREE_BYTES = 0
    camera = cast.lamp_hill.camera
    with system_scope("test"):
        at = timezone.now() - timedelta(seconds=20)
        record_chunks(Ring(settings.RING_DIR, durable=False), camera, at, 15)
        alarm = an_alarm(cast.lamp_hill, at=at, jpeg=JPEG)
    cache.set(f"tile.{camera.pk}", (at.timestamp(), JPEG), 60)
    return alarm


STILLS: dict[str, Callable[[Alarm], str]] = {
    "tile": lambda alarm: reverse("camera-tile", args=[alarm.camera_id]),
    "frame": lambda alarm: reverse("camera-frame", args=[alarm.camera_id]),
    "snapshot": lambda alarm: reverse("alarm-snapshot", args=[alarm.pk]),
    "case": lambda alarm: reverse("case-picture", args=[alarm.pk]),
    "preview": lambda alarm: (
        reverse("api:camera-preview", args=[alarm.camera_id])
        + f"?at={alarm.raised_at.timestamp() + 3}"
    ),
}


@pytest.mark.parametrize("name", STILLS)
def test_a_mask_covers_the_picture_also_one_that_is_older_than_it(alarm, owner, name: str):
    address = STILLS[name](alarm)
    assert not hidden(owner.get(address).content)
    masked(alarm.camera, CORNER)
    assert hidden(owner.get(address).content)


def test_a_mask_that_says_so_covers_nothing(alarm, owner):
    masked(alarm.camera, {"id": "clock", "polygon": CORNER, "cover": False})
    assert not hidden(owner.get(STILLS["snapshot"](alarm)).content)


def test_a_picture_keeps_the_masks_of_its_own_time(alarm, cast: Cast, owner):
    masked(alarm.camera, CORNER)
    with system_scope("test"):
        Snapshot.objects.filter(alarm=alarm).update(at=timezone.now())
    masked(alarm.camera)
    assert hidden(owner.get(STILLS["snapshot"](alarm)).content)
    with mine_scope(cast.lamp_hill.mine.pk):
        assert masks_of(camera_id=alarm.camera_id) == []


def test_a_video_keeps_every_mask_that_was_there_within_it(alarm, cast: Cast, owner):
    camera, now = alarm.camera, timezone.now()
    masked(camera, CORNER)
    masked(camera)
    with mine_scope(cast.lamp_hill.mine.pk):
        versions = Scene.objects.filter(camera=camera).order_by("-version")
        for scene, minutes in zip(versions, (30, 60, 540), strict=False):
            at = now - timedelta(minutes=minutes)
            Scene.objects.filter(pk=scene.pk).update(created_at=at)

        def of(since: float, until: float) -> list:
            return masks_of(
                camera_id=camera.pk,
                at=now - timedelta(minutes=since),
                until=now - timedelta(minutes=until),
            )

        assert of(61, 52) == of(55, 50) == of(55, 10) == of(500, 10) == [CORNER]
        assert of(70, 61) == of(29, 10) == []
        assert of(29.9, 10) == [CORNER], "the key picture before it may be older than the change"


def test_a_copy_covers_a_mask_that_came_within_its_clip(alarm, cast: Cast, owner):
    at = alarm.raised_at + timedelta(seconds=5)
    masked(alarm.camera, CORNER)
    masked(alarm.camera)
    with mine_scope(cast.lamp_hill.mine.pk):
        newest = Scene.objects.filter(camera=alarm.camera).order_by("-version")
        Scene.objects.filter(pk=newest[1].pk).update(created_at=at)
        start = alarm.raised_at
        clip = alarm.clips.get()
        Clip.objects.filter(pk=clip.pk).update(wanted_from=start, wanted_until=at)
        clip.refresh_from_db()
        assert copy_waiting(clip=clip, original=True) is None
        clip.wanted_until = at + timedelta(seconds=5)
        assert copy_waiting(clip=clip, original=True).masks == [CORNER]


def test_a_picture_that_cannot_be_covered_is_not_shown(alarm, owner):
    with system_scope("test"):
        Snapshot.objects.filter(alarm=alarm).update(jpeg=b"damaged")
    masked(alarm.camera, CORNER)
    assert owner.get(STILLS["snapshot"](alarm)).status_code == 404


def test_a_bundle_holds_the_covered_picture_and_names_the_original(alarm, cast: Cast, tmp_path):
    masked(alarm.camera, CORNER)
    with mine_scope(cast.lamp_hill.mine.pk):
        bundle = bundle_ask(
            mine=cast.lamp_hill.mine, alarms=[alarm.pk], purpose="inquiry", actor=cast.owner
        )
        bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id)
        bundle.refresh_from_db()
        assert bytes(Snapshot.objects.get(alarm=alarm).jpeg) == JPEG, "evidence is never altered"
    get_file(bundle.key, tmp_path / "b.zip")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "b.zip").read_bytes())) as archive:
        folder = f"alarms/{alarm.pk}"
        assert hidden(archive.read(f"{folder}/snapshot-covered.jpg"))
        told = json.loads(archive.read(f"{folder}/snapshot.json"))
        assert f"{folder}/snapshot.jpg" not in archive.namelist()
    assert told["original_sha256"] == sha256(JPEG).hexdigest()
    assert told["people_blurred"] and told["masks"] == [CORNER]


def test_the_player_is_given_the_masks_to_draw(alarm, owner):
    masked(alarm.camera, CORNER)
    page = owner.get(f"/watch/?camera={alarm.camera_id}")
    assert page.context["config"]["cameras"][0]["masks"] == [CORNER]
