"""A mine chooses that what its masks hide is not even recorded."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.cameras.backlog import as_chunk
from apps.cameras.models import Camera, Chunk
from apps.cameras.recording import Recording
from apps.cameras.services import camera_update
from apps.evidence.models import Clip
from apps.evidence.services import clip_make
from apps.playback import media
from apps.privacy.services import NotMade, clip_given
from apps.recordings.masking import masking_by_camera, masking_set, masks_to_fill
from apps.recordings.models import Cause, Gap, Masking
from apps.rules.masks import hidden_parts, masks_of
from apps.rules.models import Scene
from apps.rules.services import scene_publish
from tests.cast import SCENE, Cast, an_alarm
from tests.film import record_chunks
from tests.media.make import video, wait_until
from workers.media.mask import Masks
from workers.media.ring import Ring
from workers.media.transcode import Encoder

CORNER = [[0.0, 0.6], [0.5, 0.6], [0.5, 1.0], [0.0, 1.0]]
OTHER = [[0.5, 0.6], [1.0, 0.6], [1.0, 1.0], [0.5, 1.0]]


@pytest.fixture
def hill(hill: Cast, settings, tmp_path) -> Cast:
    settings.FILE_SOURCES = [str(tmp_path)]
    return hill


def chosen(hill: Cast, filled: bool | None = True, camera: Camera | None = None) -> None:
    mine = hill.lamp_hill.mine
    masking_set(mine=mine, camera=camera, actor=hill.admin, filled=filled, reason="locker room")


def masked(hill: Cast, *masks: Any) -> int:
    camera = hill.lamp_hill.camera
    scene = scene_publish(camera=camera, document=SCENE | {"masks": list(masks)}, reason="x")
    return int(scene.version)


def send(user, address: str, **body: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.patch(f"/api/v1/{address}", json.dumps(body), "application/json")


# The word


def test_a_mine_says_it_with_a_reason_and_the_act_stands_in_the_record(hill: Cast):
    address = f"mines/{hill.lamp_hill.mine.pk}/masking/"
    for body in ({"filled": True}, {"filled": True, "reason": " "}):
        refused = send(hill.admin, address, **body)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["field"] == "reason"
    assert not Masking.objects.exists(), "off by default"
    assert send(hill.operator, address, filled=True, reason="x").status_code == 403
    said = send(hill.admin, address, filled=True, reason="locker room").json()
    assert said == {"filled": True, "said_by": "mine", "own": True, "reason": "locker room"}
    send(hill.owner, address, filled=True, reason=" locker room ")
    act = AuditEntry.objects.get(action="masking.changed")
    assert (act.actor.username, act.subject) == ("ben", f"mine:{hill.lamp_hill.mine.pk}")
    assert act.detail == {"before": None, "after": True, "reason": "locker room"}


def test_the_reason_alone_can_be_changed_and_that_is_an_act_of_its_own(hill: Cast):
    client, mine = Client(), hill.lamp_hill.mine
    client.force_login(hill.owner)
    address = f"/portal/mines/{mine.pk}/masking/"
    chosen(hill)
    better = "the works council's agreement of March"
    assert client.post(address, {"filled": "yes", "reason": better}).status_code == 302
    assert Masking.objects.get().reason == better
    assert "works council&#x27;s agreement of March" in client.get(address).content.decode()
    act = AuditEntry.objects.filter(action="masking.changed").latest("pk")
    assert act.actor == hill.owner
    assert act.detail == {"before": True, "after": True, "reason": better}
    assert masking_by_camera([hill.lamp_hill.camera])[hill.lamp_hill.camera.pk].filled


def test_a_cameras_word_goes_before_its_mines(hill: Cast):
    camera = hill.lamp_hill.camera
    address = f"cameras/{camera.pk}/masking/"
    chosen(hill)
    assert masking_by_camera([camera])[camera.pk].filled
    said = send(hill.admin, address, filled=False, reason="the court asks").json()
    assert said == {
        "filled": False, "said_by": "camera", "own": False, "reason": "the court asks"
    }  # fmt: skip
    said = send(hill.admin, address, filled=None, reason="the case is closed").json()
    assert said == {"filled": True, "said_by": "mine", "own": None, "reason": ""}
    with pytest.raises(ValidationError):
        masking_set(mine=camera.mine, actor=hill.admin, filled=False, reason="  ")


def test_the_page_tells_the_price_keeps_what_was_typed_and_names_what_goes_blind(hill: Cast):
    client, mine = Client(), hill.lamp_hill.mine
    client.force_login(hill.admin)
    masked(hill, CORNER, [[0.0, 0.0], [1.0, 0.0], [1.0, 0.9], [0.0, 0.9]])
    address = f"/portal/mines/{mine.pk}/masking/"
    assert address in client.get("/portal/retention/").content.decode()
    refused = client.post(address, {"filled": "yes", "reason": ""})
    assert refused.status_code == 400 and list(refused.context["form"].errors) == ["reason"]
    assert '<option value="yes" selected>' in refused.content.decode()
    assert client.post(address, {"filled": "yes", "reason": "locker room"}).status_code == 302
    page = client.get(address).content.decode()
    assert "Gone for good" in page and "blind: the analysis sees nothing of it" in page
    own = f"/portal/cameras/{hill.lamp_hill.camera.pk}/masking/"
    assert "as the mine says" in client.get(own).content.decode()
    assert client.post(own, {"filled": "no", "reason": "a court"}).status_code == 302
    assert not masks_to_fill(cameras=[hill.lamp_hill.camera])


def test_what_lies_mostly_beneath_a_mask_is_named_and_nothing_else():
    scene = {
        "masks": [CORNER, {"polygon": OTHER, "cover": False}],
        "zones": [{"id": "in", "polygon": CORNER}, {"id": "shown", "polygon": OTHER}],
        "machines": [{"id": "half", "roi": [[0, 0.2], [0.5, 0.2], [0.5, 0.9], [0, 0.9]]}],
        "gauges": [
            {"id": "sump", "points": [{"xy": [0.1, 0.9], "m": 0}, {"xy": [0.1, 0.7], "m": 1}]},
            {"id": "floor", "zone": "shown"},
        ],
        "lines": [{"id": "gate", "points": [[0.1, 0.1], [0.9, 0.1]]}],
    }
    assert hidden_parts(scene) == ["in", "sump"]
    assert hidden_parts({}) == []


# The recorder


def test_the_recorder_is_given_the_masks_only_where_they_were_chosen(hill: Cast):
    camera = hill.lamp_hill.camera
    first = masked(hill, CORNER, {"id": "clock", "polygon": OTHER, "cover": False})
    assert masks_to_fill(cameras=[camera]) == {}
    chosen(hill)
    corner = tuple((x, y) for x, y in CORNER)
    assert masks_to_fill(cameras=[camera]) == {camera.pk: Masks(first, (corner,))}
    masked(hill)
    assert masks_to_fill(cameras=[camera]) == {}, "without masks there is nothing to fill"
    Scene.objects.create(
        mine=camera.mine, camera=camera, version=9, document={"masks": [{"id": "no polygon"}]}
    )
    assert masks_to_fill(cameras=[camera]) == {camera.pk: Masks(9, None)}, "not known: no picture"


@pytest.fixture
def recording(hill: Cast, tmp_path):
    """A recorder of Lamp Hill over a film; its rows are entered by `enter`."""
    film = video(tmp_path / "film.mp4", key_every=2)
    camera_update(camera=hill.lamp_hill.camera, main_url=f"file:{film}", sub_url="", chunk_s=1.0)
    one = Recording(hill.lamp_hill.mine.pk)
    yield one
    one.recorder.stop()


def enter(one: Recording, what: Any, deadline_s: float = 10.0) -> Any:
    """Look and enter what comes until `what` is there."""
    one.recorder.set_sources(one._sources())

    def there() -> Any:
        if len(one.waiting):
            one._write_next()
        return what()

    return wait_until(there, deadline_s)


def shown(path: Path) -> np.ndarray:
    """Return the luma of every picture beneath the corner's mask."""
    with av.open(str(path)) as container:
        return np.array(
            [
                frame.to_ndarray(format="yuv420p")[
                    round(frame.height * 0.6) + 2 : frame.height - 2
                ][:, 2 : frame.width // 2 - 2]
                for frame in container.decode(video=0)
            ]
        ).astype(int)


def test_the_choice_takes_hold_in_mid_run_and_each_row_says_what_was_filled(
    hill: Cast, recording: Recording, settings
):
    version, rows = masked(hill, CORNER), Chunk.objects.order_by("sequence")
    enter(recording, lambda: rows.filter(masked_by=None).count() >= 1)
    chosen(hill)
    enter(recording, lambda: rows.filter(masked_by=version).count() >= 2)
    for row in rows:
        path = settings.RING_DIR / row.path
        assert (np.abs(shown(path) - 37).max() <= 3) == (row.masked_by == version)
    assert not Gap.objects.exists(), "going over loses nothing"
    [found] = [f for f in recording.ring.scan() if f.sequence == rows.last().sequence]
    again = as_chunk(recording.ring, found)
    assert again is not None and again.masked_by == version, "also after a crash, from the file"


def test_an_encoder_that_breaks_is_a_gap_with_a_cause_and_no_raw_picture(
    hill: Cast, recording: Recording, monkeypatch, settings
):
    version, broken = masked(hill, CORNER), []
    chosen(hill)
    encode = Encoder.encode

    def breaks(self: Encoder, *args: Any, **kwargs: Any) -> list[Any]:
        if broken:
            raise av.error.ExternalError(1, "x264 is out of order")
        return encode(self, *args, **kwargs)

    monkeypatch.setattr(Encoder, "encode", breaks)
    enter(recording, lambda: Chunk.objects.exists())
    broken.append(True)
    gap = enter(recording, lambda: Gap.objects.filter(until=None).first())
    assert (gap.cause, gap.get_cause_display()) == (Cause.MASKS, "masks could not be filled")
    assert "nothing is recorded without them" in gap.reason
    broken.clear()
    enter(recording, lambda: Gap.objects.filter(pk=gap.pk, until__isnull=False).exists())
    assert set(Chunk.objects.values_list("masked_by", flat=True)) == {version}
    files = list(settings.RING_DIR.rglob("*.mp4"))
    assert files and all(np.abs(shown(path) - 37).max() <= 3 for path in files)


# What is made of it


def recorded(hill: Cast, version: int | None, seconds: int = 4) -> Clip:
    from django.conf import settings

    at = timezone.now() - timedelta(seconds=40)
    alarm = an_alarm(hill.lamp_hill, at=at, severity="high")
    ring = Ring(settings.RING_DIR, durable=False)
    record_chunks(ring, hill.lamp_hill.camera, at, seconds, masked_by=version)
    clip = alarm.clips.get()
    clip_make(clip_id=clip.pk, mine_id=clip.mine_id)
    clip.refresh_from_db()
    return clip


def test_a_clip_of_masked_chunks_says_so_and_needs_no_copy_until_a_mask_is_added(hill: Cast):
    version = masked(hill, CORNER)
    clip = recorded(hill, version)
    assert clip.manifest["recorded_masked"] == {
        "chunks": 4,
        "scene_versions": [version],
        "masks": {str(version): [CORNER]},
    }
    assert {chunk["masked_by"] for chunk in clip.manifest["chunks"]} == {version}
    assert clip_given(clip=clip, taken=False).key == clip.key
    client = Client()
    client.force_login(hill.operator)
    assert "filled when it was recorded" in client.get(f"/clips/{clip.uid}/").content.decode()
    masked(hill, CORNER, OTHER)
    with pytest.raises(NotMade):
        clip_given(clip=clip, taken=False)
    assert clip.copies.get().masks == [OTHER], "the rest was filled already"


def test_a_clip_of_which_a_part_was_recorded_in_full_is_covered(hill: Cast):
    version = masked(hill, CORNER)
    clip = recorded(hill, version)
    del clip.manifest["chunks"][0]["masked_by"]
    with pytest.raises(NotMade):
        clip_given(clip=clip, taken=False)
    assert clip.copies.get().masks == [CORNER]


def test_the_player_encodes_a_masked_chunk_again_only_for_a_mask_that_came_later(
    hill: Cast, settings, monkeypatch
):
    version, camera = masked(hill, CORNER), hill.lamp_hill.camera
    [chunk] = record_chunks(
        Ring(settings.RING_DIR, durable=False), camera, timezone.now(), 1, masked_by=version
    )
    asked: list[Any] = []

    def covers(data: bytes, masks: Any) -> bytes:
        asked.append(masks)
        return data

    monkeypatch.setattr(media, "cover_chunk", covers)
    assert media.segment_of(chunk, masks_of(camera_id=camera.pk)) is not None
    assert asked == []
    masked(hill, CORNER, OTHER)
    assert media.segment_of(chunk, masks_of(camera_id=camera.pk)) is not None
    assert asked == [[OTHER]]
    chunk.masked_by = 77  # a version that is not there
    media.segment_of(chunk, masks_of(camera_id=camera.pk))
    assert asked[-1] == [CORNER, OTHER]
