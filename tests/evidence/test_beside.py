"""What lies beside a clip: its manifest, the boxes of what was found, the picture raw, marked."""

import hashlib
import json
import zlib
from datetime import timedelta
from io import StringIO

import cv2
import numpy as np
import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.backup.index import named_objects
from apps.cameras.models import Chunk
from apps.evidence import storage
from apps.evidence.boxes import boxes_data, boxes_kept
from apps.evidence.expiry import clip_finish, clip_remove
from apps.evidence.holds import hold_place
from apps.evidence.locking import objects_of, place_of
from apps.evidence.models import Clip, Sighting
from apps.evidence.services import clip_make
from apps.evidence.sightings import sightings_forget, sightings_keep
from apps.ledger.verify import digest
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import SCENE, Cast, an_alarm
from tests.film import record_chunks
from workers.media.ring import Ring
from workers.report import Finding


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


GREY = np.full((360, 640, 3), 90, np.uint8)
JPEG = cv2.imencode(".jpg", GREY)[1].tobytes()
BOX = [0.5, 0.4, 0.6, 0.8]


def finding(at, *, mode: str = "armed") -> Finding:
    return Finding(
        "r1", "proximity_while_running", "raised", "r1:1", "danger", "critical", at.timestamp(),
        [BOX], "1 person", {}, mode,
    )  # fmt: skip


@pytest.fixture
def clip(hill: Cast, ring: Ring) -> Clip:
    """The clip of an alarm with a picture, over findings in its third and twelfth second."""
    alarm = an_alarm(hill.lamp_hill, at=timezone.now() - timedelta(seconds=40), jpeg=JPEG)
    start = alarm.raised_at - timedelta(seconds=10)
    record_chunks(ring, hill.lamp_hill.camera, start, 31)
    sightings_keep(
        camera=hill.lamp_hill.camera,
        findings=[
            *(finding(start + timedelta(seconds=s)) for s in (-30, 3, 12, 90)),
            finding(start + timedelta(seconds=5), mode="shadow"),
        ],
        scene_version=1,
        model="yolox@1",
    )
    clip = alarm.clips.get()
    clip_make(clip_id=clip.pk, mine_id=clip.mine_id)
    clip.refresh_from_db()
    assert clip.state == Clip.State.READY, clip.error
    return clip


def stored(clip: Clip, name: str) -> bytes:
    return bytes(storage.open_object(f"{clip.key.rpartition('/')[0]}/{name}")[1].read())


def test_the_side_file_tells_what_was_found_in_the_clips_own_clock(clip: Clip):
    body = stored(clip, "findings.json")
    told = json.loads(body)
    assert [one["t_s"] for one in told["findings"]] == [pytest.approx(s, abs=0.01) for s in (3, 12)]
    assert {one["rule"] for one in told["findings"]} == {"r1"}
    assert told["findings"][0]["boxes"] == [BOX]
    assert clip.manifest["findings"]["count"] == 2
    assert clip.manifest["files"]["findings.json"]["sha256"] == hashlib.sha256(body).hexdigest()


def test_the_boxes_of_each_analysed_picture_lie_beside_the_clip(hill: Cast, ring: Ring):
    alarm = an_alarm(hill.lamp_hill, at=timezone.now() - timedelta(seconds=40))
    start = alarm.raised_at - timedelta(seconds=10)
    rows = record_chunks(ring, hill.lamp_hill.camera, start, 31)
    for second, row in enumerate(rows):
        seen_s = row.started_at.timestamp() + 0.2
        walks = {"label": "person", "xyxy": [0.01 * second, 0.4, 0.1, 0.8], "score": 0.8}
        boxes = [
            walks | {"track": 7 if 2 <= second < 5 else None},
            {"label": "chair", "xyxy": [0, 0, 1, 1], "score": 0.9, "track": None},
        ]
        kept = boxes_kept([{"t": seen_s, "boxes": boxes}], start_s=seen_s - 0.2)
        Chunk.objects.filter(pk=row.pk).update(boxes=kept)
    clip = alarm.clips.get()
    clip_make(clip_id=clip.pk, mine_id=clip.mine_id)
    clip.refresh_from_db()
    told = json.loads(stored(clip, "boxes.json"))
    assert [one["t_s"] for one in told["pictures"]] == [
        pytest.approx(second + 0.2, abs=0.01) for second in (2, 3, 4)
    ]
    assert told["pictures"][1]["boxes"] == [
        {"track": 7, "label": "person", "box": [0.03, 0.4, 0.1, 0.8], "score": 0.8}
    ]
    facts = clip.manifest["files"]["boxes.json"]
    assert facts["sha256"] == hashlib.sha256(stored(clip, "boxes.json")).hexdigest()


@pytest.fixture
def walked(hill: Cast, ring: Ring) -> Clip:
    """A clip in whose third second somebody walks on the left, and somebody else on the right."""
    alarm = an_alarm(hill.lamp_hill, at=timezone.now() - timedelta(seconds=40))
    start = alarm.raised_at - timedelta(seconds=10)
    row = record_chunks(ring, hill.lamp_hill.camera, start, 31)[2]
    person = {"label": "person", "score": 0.81}
    boxes = [
        person | {"track": 7, "xyxy": [0.1, 0.4, 0.3, 0.8]},
        person | {"track": 8, "xyxy": [0.7, 0.4, 0.9, 0.8]},
    ]
    seen_s = row.started_at.timestamp() + 0.2
    row.boxes = boxes_kept([{"t": seen_s, "boxes": boxes}], start_s=seen_s - 0.2)
    row.save(update_fields=["boxes"])
    clip = alarm.clips.get()
    clip_make(clip_id=clip.pk, mine_id=clip.mine_id)
    clip.refresh_from_db()
    return clip


def asked(user: User, address: str, language: str = "en") -> HttpResponse:
    client = Client(headers={"Accept-Language": language})
    client.force_login(user)
    return client.get(address)


def test_all_that_lies_beside_a_clip_is_held_backed_up_and_deleted(hill: Cast, walked: Clip):
    names = ["clip.mp4", *walked.manifest["files"], "manifest.json"]
    assert "boxes.json" in names
    folder = walked.key.rpartition("/")[0]
    keys = sorted(f"{folder}/{name}" for name in names)
    assert storage.keys_under(place_of(walked)) == sorted(objects_of(walked)) == keys
    with system_scope("test"):
        promised = {one.key for one in named_objects() if not one.may_lack}
    assert promised >= set(keys)
    clip_remove(clip=walked, actor=hill.owner, reason="privacy request")
    assert clip_finish(clip_id=walked.pk, mine_id=walked.mine_id)
    assert storage.keys_under(place_of(walked)) == []


def test_what_earlier_releases_left_of_deleted_videos_is_swept(hill: Cast, walked: Clip):
    other = an_alarm(hill.lamp_hill, rule="r2", situation="r2:1", at=timezone.now()).clips.get()
    for clip in (walked, other):
        left = f"{place_of(clip)}/boxes.json"
        storage.put_bytes(left, b"{}", content_type="application/json")
        Clip.objects.filter(pk=clip.pk).update(state=Clip.State.EXPIRED)
    until = timezone.now() + timedelta(days=9)
    hold_place(actor=hill.admin, alarm=other.alarm, reason="the court", until=until)
    told = StringIO()
    call_command("store", "sweep", stdout=told)
    assert "5 objects" in told.getvalue(), "its four and the one that was forgotten"
    assert storage.keys_under(place_of(walked)) == []
    assert storage.keys_under(place_of(other)), "what is held stays"


def test_a_player_gets_the_boxes_if_its_viewer_may_watch_and_a_stranger_does_not(
    hill: Cast, walked: Clip
):
    address = f"/clips/{walked.uid}/boxes/"
    page = asked(hill.operator, f"/clips/{walked.uid}/").content.decode()
    assert f'data-boxes="{address}"' in page and "data-boxes-switch" in page
    assert (
        f'data-boxes="{address}"'
        in asked(hill.operator, f"/alarms/{walked.alarm_id}/").content.decode()
    )
    told = asked(hill.operator, address).json()
    left, right = ["person", 0.81, 0.1, 0.4, 0.3, 0.8], ["person", 0.81, 0.7, 0.4, 0.9, 0.8]
    assert told["pictures"] == [[pytest.approx(2.2, abs=0.01), [left, right]]]
    assert told["none"] == ""
    assert not AuditEntry.objects.filter(action="clip.file").exists(), "nothing is taken along"
    assert asked(hill.stranger, address).status_code == 404
    assert Client().get(address).status_code == 401
    case = f"/audit/cases/{walked.alarm_id}/clips/{walked.uid}/boxes/"
    assert asked(hill.auditor, case).json()["pictures"] == told["pictures"]
    assert asked(hill.stranger, case).status_code == 404


def test_boxes_of_what_a_mask_hides_are_not_given_to_players(hill: Cast, walked: Clip):
    mask = [[0.6, 0.3], [1.0, 0.3], [1.0, 1.0], [0.6, 1.0]]
    document = SCENE | {"masks": [mask]}
    scene_publish(camera=hill.lamp_hill.camera, document=document, reason="a locker room")
    told = asked(hill.operator, f"/clips/{walked.uid}/boxes/").json()
    assert [box[2] for _at, boxes in told["pictures"] for box in boxes] == [0.1]
    # Nor is the file: a copy, which says what it is one of.
    given = asked(hill.operator, f"/clips/{walked.uid}/files/boxes.json")
    assert f"{walked.uid}-boxes-covered.json" in given["Content-Disposition"]
    copy = json.loads(given.content)
    assert [one["track"] for picture in copy["pictures"] for one in picture["boxes"]] == [7]
    assert copy["covered"]["boxes_left_out"] == 1
    facts = walked.manifest["files"]["boxes.json"]
    assert copy["covered"]["original_sha256"] == facts["sha256"]
    act = AuditEntry.objects.get(action="clip.file")
    assert act.detail["file"] == "boxes-covered.json"


def test_a_clip_without_boxes_says_so_in_the_readers_language(hill: Cast, clip: Clip):
    told = asked(hill.operator, f"/clips/{clip.uid}/boxes/").json()
    assert told["pictures"] == [] and "nobody was followed" in told["none"]
    told = asked(hill.operator, f"/clips/{clip.uid}/boxes/", "zh-hans").json()
    assert told["none"].startswith("没有标框") and told["labels"]["person"] == "人员"


def test_boxes_that_were_kept_without_a_score_are_still_told(hill: Cast, walked: Clip):
    old = zlib.compress(json.dumps([[200, [[7, "person", 100, 400, 300, 800]]]]).encode())
    since = walked.starts_at
    Chunk.objects.filter(boxes__isnull=False).update(boxes=old)
    told = boxes_data(
        camera_id=walked.camera_id, since=since, until=walked.ends_at, clip=str(walked.uid)
    )
    assert told["pictures"][0]["boxes"] == [
        {"track": 7, "label": "person", "box": [0.1, 0.4, 0.3, 0.8]}
    ]


def test_the_manifest_names_all_that_the_clip_stands_on(hill: Cast, clip: Clip):
    told = clip.manifest
    assert json.loads(stored(clip, "manifest.json")) == told
    assert told["cameras"][0]["id"] == hill.lamp_hill.camera.pk
    assert told["rule_as_set"] == SCENE["rules"][0]
    assert (told["scene_version"], told["models"]) == (1, ["yolox@1"])
    assert told["scene_digest"]
    assert (told["timezone"], told["utc_offset"]) == ("Asia/Shanghai", "+0800")
    assert "camera_clock_drift_s" in told
    assert all(len(chunk["sha256"]) == 64 for chunk in told["chunks"])
    act = AuditEntry.objects.get(action="clip.ready", subject=f"clip:{clip.pk}")
    assert act.detail["manifest"] == digest(told), "the record binds it, and all that it names"


def test_the_raw_picture_is_never_altered_and_the_marked_one_is_a_copy(clip: Clip):
    assert stored(clip, "snapshot.jpg") == JPEG
    drawn = cv2.imdecode(np.frombuffer(stored(clip, "snapshot-marked.jpg"), np.uint8), 1)
    assert drawn.shape == GREY.shape
    edge = drawn[int(0.6 * 360), int(0.5 * 640)].astype(int)
    assert edge[2] > edge[0] + 60, "the box's left edge is red"
    assert drawn[:12, :40].mean() < 70, "the time stands in the corner"
    assert abs(drawn[180, 600].astype(int) - 90).max() < 8, "the rest is as it was"


def test_files_are_taken_from_the_clips_page_and_noted(hill: Cast, clip: Clip):
    client = Client()
    client.force_login(hill.operator)
    page = client.get(f"/clips/{clip.uid}/").content.decode()
    for name in ("manifest.json", "findings.json", "snapshot.jpg", "snapshot-marked.jpg"):
        assert f"/clips/{clip.uid}/files/{name}" in page
        answer = client.get(f"/clips/{clip.uid}/files/{name}")
        assert answer.status_code == 200, name
        act = AuditEntry.objects.filter(action="clip.file").latest("pk")
        assert act.detail["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert client.get(f"/clips/{clip.uid}/files/clip.mp4").status_code == 404


def test_a_side_file_that_was_changed_in_the_store_is_not_given(hill: Cast, clip: Clip):
    name = f"{clip.key.rpartition('/')[0]}/findings.json"
    storage.put_bytes(name, b"{}", content_type="application/json")
    client = Client()
    client.force_login(hill.operator)
    assert client.get(f"/clips/{clip.uid}/files/findings.json").status_code == 503


def test_findings_go_when_no_recording_may_be_left(hill: Cast, settings):
    settings.RING_AGE_S = 3600
    old, new = (timezone.now() - timedelta(days=days) for days in (400, 0))
    sightings_keep(
        camera=hill.lamp_hill.camera, findings=[finding(old), finding(new)], scene_version=1,
        model="",
    )  # fmt: skip
    with system_scope("test"):
        assert sightings_forget() == 1
    assert Sighting.objects.get().at == new


def test_what_davy_found_of_itself_names_no_rule_by_a_code(hill: Cast):
    fault = an_alarm(
        hill.lamp_hill, rule="camera.unwatched", rule_type="camera_health", level="unwatched"
    )
    danger = an_alarm(hill.lamp_hill)
    dora = Client(headers={"Accept-Language": "en"})
    dora.force_login(hill.auditor)
    for alarm, words in ((fault, "Camera&#x27;s pictures are not analysed"), (danger, "r1")):
        of_it = (f"/alarms/{alarm.pk}/", f"/audit/cases/{alarm.pk}/")
        for address in (*of_it, f"/clips/{alarm.clips.get().uid}/"):
            page = dora.get(address).content.decode()
            assert f"<dt>Rule</dt><dd>{words}" in page, address
