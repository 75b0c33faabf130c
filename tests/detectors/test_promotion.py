"""A mine's own model: refused in words, watched in shadow, promoted on figures, rolled back."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.alarms.models import Alarm
from apps.audit.models import AuditEntry
from apps.cameras.analysis import drain
from apps.cameras.models import Analysis, Camera
from apps.cameras.services import camera_update
from apps.detectors import loading, services
from apps.detectors.models import OwnModel, ShadowDay
from apps.detectors.selectors import own_model_for, shadow_figures
from apps.detectors.services import (
    model_promote,
    model_register,
    model_retire,
    model_roll_back,
    shadow_count,
)
from apps.evidence import storage
from apps.live.models import Event
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.graphs import a_graph
from tests.loops import Loop, feed, loop
from workers.media.ring import Ring
from workers.models.own import sha256_of
from workers.vision.boxes import Box
from workers.vision.shadow import Counts

CONTRACT = {"labels": ["person", "car"], "output": "boxes", "input_px": 320}


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


@pytest.fixture(autouse=True)
def fresh(settings, tmp_path):
    """No file and no failure of an earlier test."""
    settings.MODEL_DIR = tmp_path / "models"
    loading._load.cache_clear()
    loading._failed.clear()
    loading._seen.clear()


def row(cast: Cast, name: str = "own", *, camera: Camera | None = None, state: str = "shadow"):
    """Put a model on record without a file."""
    mine = cast.lamp_hill.mine
    return OwnModel.objects.create(
        mine=mine, camera=camera, name=name, kind="onnx", contract=CONTRACT, key=f"x/{name}",
        sha256="0" * 64, bytes=1, cpu_ms=9, state=state,
    )  # fmt: skip


def compared(model: OwnModel, camera: Camera, frames: int = 200, **more: int) -> None:
    counts = Counts(frames=frames, **{"both": 90, "ours_only": 6, "theirs_only": 4, **more})
    shadow_count(model=model, camera=camera, day=date(2026, 3, 4), counts=counts)


def test_a_file_goes_to_the_store_by_its_sum_and_stands_in_shadow(hill: Cast, tmp_path: Path):
    path = a_graph(tmp_path / "own.onnx")
    model = model_register(
        mine=hill.lamp_hill.mine, name="Own", path=path, contract=CONTRACT,
        sha256=sha256_of(path).upper(), actor=hill.admin,
    )  # fmt: skip
    assert (model.state, model.kind, model.sha256) == ("shadow", "onnx", sha256_of(path))
    assert storage.size_of(model.key) == path.stat().st_size
    assert model.sha256 in model.key
    entry = AuditEntry.objects.get(action="model.registered")
    assert (entry.actor, entry.detail["sha256"]) == (hill.admin, model.sha256)
    event = Event.objects.filter(kind="model.registered").get()
    assert event.payload == {"model": model.pk, "camera": None, "state": "shadow"}
    # And a worker gets the same bytes back, and boxes out of them.
    faults: list = []
    detector = loading._own(model, faults)
    assert faults == []
    assert detector.name.startswith(f"Own@{model.sha256[:12]} onnxruntime-")
    import numpy as np

    [[person, car]] = detector.detect([np.zeros((360, 640, 3), np.uint8)])
    assert (person.label, car.label) == ("person", "car")


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"sha256": "ab" * 32}, "file", "expected SHA-256 abab.*, found "),
        ({"contract": {**CONTRACT, "labels": ["car"]}}, "file", 'expected "person" among them'),
        ({"contract": {**CONTRACT, "labels": []}}, "contract", "expected a list of names"),
        ({"contract": {**CONTRACT, "width": 3}}, "contract", "width: there is no such value"),
        ({"contract": {"labels": ["person"]}}, "file", r"expected \(1, anchors, values\)"),
        ({"score": 1.5}, "score", "above 0 and below 1"),
        ({"name": ""}, "name", "blank"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    hill: Cast, tmp_path: Path, change, field, words
):
    import re

    given = {"name": "Own", "contract": CONTRACT, **change}
    with pytest.raises(ValidationError) as caught:
        model_register(mine=hill.lamp_hill.mine, path=a_graph(tmp_path / "own.onnx"), **given)
    assert re.search(words, " ".join(caught.value.message_dict[field]))
    assert not OwnModel.objects.exists()
    assert not Event.objects.filter(kind__startswith="model.").exists()


def test_another_mines_camera_is_no_place(cast: Cast, tmp_path: Path):
    with (
        mine_scope(cast.lamp_hill.mine.pk, cast.deep_vale.mine.pk),
        pytest.raises(ValidationError, match="no such camera"),
    ):
        model_register(
            mine=cast.lamp_hill.mine, camera=cast.deep_vale.camera, name="Own",
            path=a_graph(tmp_path / "own.onnx"), contract=CONTRACT,
        )  # fmt: skip


def test_two_cannot_stand_in_shadow_in_one_place(hill: Cast, tmp_path: Path):
    row(hill, "first")
    with pytest.raises(ValidationError, match="Another model stands there already"):
        model_register(
            mine=hill.lamp_hill.mine, name="second", path=a_graph(tmp_path / "own.onnx"),
            contract=CONTRACT,
        )  # fmt: skip


def test_a_model_is_promoted_on_figures_only(hill: Cast):
    model, camera = row(hill), hill.lamp_hill.camera
    compared(model, camera, frames=99)
    with pytest.raises(ValidationError, match="compared on 99 frames; at least 100"):
        model_promote(model=model, actor=hill.admin)
    compared(model, camera, frames=101, errors=3)
    with pytest.raises(ValidationError, match="It failed on 3 of 200 frames"):
        model_promote(model=model, actor=hill.admin)
    compared(model, camera, frames=200)
    assert model_promote(model=model, actor=hill.admin).state == "active"
    detail = AuditEntry.objects.get(action="model.promoted").detail
    assert detail["figures"]["frames"] == 400
    assert detail["figures"]["agreement"] == 90.0


def test_rolling_back_is_one_call(hill: Cast):
    camera = hill.lamp_hill.camera
    first = row(hill, "first")
    compared(first, camera)
    model_promote(model=first, actor=hill.admin)
    second = row(hill, "second")
    compared(second, camera)
    model_promote(model=second, actor=hill.admin)
    first.refresh_from_db()
    assert first.state == "retired"
    assert own_model_for(camera=camera, state="active") == second
    assert model_roll_back(model=second, actor=hill.admin) == first
    assert own_model_for(camera=camera, state="active") == first
    assert model_roll_back(model=first, actor=hill.admin) is None
    assert own_model_for(camera=camera, state="active") is None
    with pytest.raises(ValidationError, match="“first” is retired"):
        model_roll_back(model=first, actor=hill.admin)
    told = list(Event.objects.filter(kind="model.rolled_back").order_by("pk"))
    assert [event.payload["model"] for event in told] == [second.pk, first.pk]


def test_a_camera_s_own_model_goes_before_the_mine_s(hill: Cast):
    camera = hill.lamp_hill.camera
    everywhere, here = row(hill, "all", state="active"), None
    assert own_model_for(camera=camera, state="active") == everywhere
    here = row(hill, "here", camera=camera, state="active")
    assert own_model_for(camera=camera, state="active") == here
    model_retire(model=here, actor=hill.admin)
    assert own_model_for(camera=camera, state="active") == everywhere


def test_counts_of_a_day_add_up(hill: Cast):
    model, camera = row(hill), hill.lamp_hill.camera
    assert shadow_figures(model)["agreement"] is None
    for _ in range(2):
        compared(model, camera, frames=10, cpu_ms=50.0)
    [day] = ShadowDay.objects.filter(model=model)
    assert (day.frames, day.both, day.ours_only, day.theirs_only) == (20, 180, 12, 8)
    assert shadow_figures(model)["cpu_ms"] == 5.0


def test_the_api_takes_a_file_and_says_what_is_wrong_with_another(cast: Cast, tmp_path: Path):
    client = Client()
    client.force_login(cast.admin)
    given = {
        "mine": cast.lamp_hill.mine.pk, "name": "Own", "contract": json.dumps(CONTRACT),
        "file": SimpleUploadedFile("own.onnx", b"junk" * 100),
    }  # fmt: skip
    refused = client.post(reverse("api:models"), given)
    assert refused.status_code == 400
    [error] = refused.json()["errors"]
    assert error["field"] == "file"
    assert "expected an ONNX file, a safetensors file or a torch state" in error["message"]
    good = a_graph(tmp_path / "own.onnx").read_bytes()
    taken = client.post(
        reverse("api:models"), {**given, "file": SimpleUploadedFile("own.onnx", good)}
    )
    assert taken.status_code == 201, taken.content
    assert taken.json()["state"] == "shadow"
    assert taken.json()["figures"]["frames"] == 0
    early = client.post(reverse("api:model-promote", args=[taken.json()["id"]]))
    assert early.status_code == 400
    assert "at least 100 are needed" in early.json()["errors"][0]["message"]


def test_a_file_that_is_too_big_is_refused_before_it_is_looked_at(cast: Cast, monkeypatch):
    from apps.detectors import uploads

    monkeypatch.setattr(uploads, "MOST_BYTES", 3_000_000)
    monkeypatch.setattr(services, "examine", lambda *_: pytest.fail("looked at"))
    client = Client()
    client.force_login(cast.admin)
    given = {
        "name": "Own", "contract": json.dumps(CONTRACT), "score": "0.35",
        "file": SimpleUploadedFile("own.onnx", bytes(4_000_000)),
    }  # fmt: skip
    page = client.post(reverse("portal-models", args=[cast.lamp_hill.mine.pk]), given)
    assert page.status_code == 400
    assert "Expected at most 3 MB, found 4 MB" in page.content.decode()


def test_the_portal_shows_the_figures_and_promotes(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        model = row(cast)
        compared(model, cast.lamp_hill.camera)
    client = Client()
    client.force_login(cast.admin)
    page = client.get(reverse("portal-models", args=[cast.lamp_hill.mine.pk])).content.decode()
    assert "90.0 %" in page
    assert "200 frames" in page
    client.post(reverse("portal-model-act", args=[model.pk, "promote"]))
    page = client.get(reverse("portal-models", args=[cast.lamp_hill.mine.pk])).content.decode()
    assert "Roll back" in page
    assert client.post(reverse("portal-model-act", args=[model.pk, "steal"])).status_code == 404


class Everywhere:
    """A detector that sees one person in the same place, or fails."""

    def __init__(self, *boxes: Box, error: str = ""):
        self.name, self.input_px = "own@1 test-cpu", 416
        self.boxes, self.error, self.calls = list(boxes), error, 0

    def detect(self, pictures):
        self.calls += len(pictures)
        if self.error:
            raise RuntimeError(self.error)
        return [self.boxes for _ in pictures]


@pytest.fixture
def camera(cast: Cast, winch: Loop) -> Camera:
    with mine_scope(cast.lamp_hill.mine.pk):
        camera = camera_update(camera=cast.lamp_hill.camera, sub_url="rtsp://10.0.0.9/sub")
        scene_publish(camera=camera, document=winch.scene, reason="test")
    return camera


@pytest.fixture(scope="module")
def winch() -> Loop:
    return loop("winch-house")


def watch(ring: Ring, camera: Camera, winch: Loop) -> None:
    """Analyse the loop's seconds in which a person enters, two chunks at a time."""
    chunks = winch.chunks[:14]
    start = timezone.now() - timedelta(seconds=len(chunks))
    for first in range(0, len(chunks), 2):
        with mine_scope(camera.mine_id):
            feed(
                ring, camera, chunks[first : first + 2], start + timedelta(seconds=first),
                first=first + 1,
            )  # fmt: skip
        while drain(camera.pk):
            pass


@pytest.mark.live
def test_a_shadow_is_counted_and_changes_no_alarm(
    cast: Cast, camera: Camera, ring: Ring, winch: Loop, monkeypatch
):
    ours = Everywhere(Box("person", (0.5, 0.5, 0.6, 0.9), 0.9))
    blind = Everywhere(Box("person", (0.0, 0.0, 0.1, 0.1), 0.9))
    monkeypatch.setattr(loading, "default_detector", lambda: ours)
    monkeypatch.setattr(loading, "_load", lambda *_: blind)
    with mine_scope(camera.mine_id):
        model = row(cast)
    watch(ring, camera, winch)
    assert ours.calls > 20
    assert blind.calls == ours.calls // 5
    with mine_scope(camera.mine_id):
        [day] = ShadowDay.objects.filter(model=model, camera=camera)
        assert (day.frames, day.both) == (blind.calls, 0)
        assert (day.ours_only, day.theirs_only, day.errors) == (day.frames, day.frames, 0)
        values = [step.values for step in Alarm.objects.filter(camera=camera)]
        assert all(v.get("detector", ours.name) == ours.name for v in values)


@pytest.mark.live
def test_a_promoted_model_decides_and_ours_looks_where_it_fails(
    cast: Cast, camera: Camera, ring: Ring, winch: Loop, monkeypatch
):
    ours = Everywhere(Box("person", (0.5, 0.5, 0.6, 0.9), 0.9))
    theirs = Everywhere(error="the wrong shape")
    monkeypatch.setattr(loading, "default_detector", lambda: ours)
    monkeypatch.setattr(loading, "_load", lambda *_: theirs)
    with mine_scope(camera.mine_id):
        model = row(cast, state="active")
    watch(ring, camera, winch)
    # It failed once, was told once, and is left alone for a while; the camera never went blind.
    assert theirs.calls == 1
    assert ours.calls > 20
    with mine_scope(camera.mine_id):
        model.refresh_from_db()
        assert model.error == "the wrong shape"
        assert Event.objects.filter(kind="model.failed").count() == 1
        assert Analysis.objects.get(camera=camera).bad_chunks == 0


@pytest.mark.live
def test_a_model_whose_file_is_gone_leaves_the_default_and_says_so(
    cast: Cast, camera: Camera, ring: Ring, winch: Loop, monkeypatch
):
    ours = Everywhere(Box("person", (0.5, 0.5, 0.6, 0.9), 0.9))
    monkeypatch.setattr(loading, "default_detector", lambda: ours)
    with mine_scope(camera.mine_id):
        model = row(cast, state="active")
    watch(ring, camera, winch)
    assert ours.calls > 20
    with mine_scope(camera.mine_id):
        model.refresh_from_db()
        assert "The store did not give x/own" in model.error
        assert Event.objects.filter(kind="model.failed").count() == 1
