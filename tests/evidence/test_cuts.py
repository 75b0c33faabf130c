"""Videos that people cut: by hand, of several cameras in step, and longer than there were."""

import hashlib
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.cameras.models import Camera, Chunk
from apps.cameras.services import camera_create
from apps.evidence import storage
from apps.evidence.cuts import clip_cut, clip_extend
from apps.evidence.expiry import clip_remove, clips_expire
from apps.evidence.holds import hold_place, holds_on
from apps.evidence.models import Clip
from apps.evidence.selectors import in_step
from apps.evidence.services import clip_make
from apps.recordings.keeping import retention_set
from apps.recordings.trim import trim
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import SCENE, Cast, an_alarm
from tests.film import record_chunks
from tests.openapi import hold
from workers.media.ring import Ring


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


@pytest.fixture
def second(hill: Cast) -> Camera:
    return camera_create(area=hill.lamp_hill.area, name="Rope", main_url="rtsp://10.0.0.9/rope")


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def made(*clips: Clip) -> list[Clip]:
    for clip in clips:
        clip_make(clip_id=clip.pk, mine_id=clip.mine_id)
        clip.refresh_from_db()
        assert clip.state == Clip.State.READY, clip.error
    return list(clips)


def fetch(key: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return bytes(opener.open(storage.download_link(key), timeout=10).read())


def of_alarm(hill: Cast, ring: Ring) -> Clip:
    """An alarm's clip of 30 s, two minutes ago, with what is recorded 30 s around it."""
    alarm = an_alarm(hill.lamp_hill, at=ago(120))
    start = alarm.raised_at - timedelta(seconds=40)
    record_chunks(ring, hill.lamp_hill.camera, start, 100)
    return made(alarm.clips.get())[0]


def test_a_longer_clip_is_a_new_object_and_the_old_one_stays_untouched(hill: Cast, ring: Ring):
    old = of_alarm(hill, ring)
    before = (fetch(old.key), old.manifest, old.sha256)
    [longer] = made(
        *clip_extend(clip=old, before_s=15, after_s=20, actor=hill.operator, reason="who came")
    )
    assert longer.starts_at <= old.wanted_from - timedelta(seconds=15)
    assert longer.ends_at >= old.wanted_until + timedelta(seconds=19.9)
    assert (longer.alarm, longer.extends) == (old.alarm, old)
    assert longer.manifest["extends"] == {"clip": str(old.uid), "sha256": old.sha256}
    assert hashlib.sha256(fetch(longer.key)).hexdigest() == longer.sha256 != old.sha256
    shorter = {chunk["sequence"] for chunk in old.manifest["chunks"]}
    assert shorter < {chunk["sequence"] for chunk in longer.manifest["chunks"]}
    old.refresh_from_db()
    assert (fetch(old.key), old.manifest, old.sha256) == before
    told = AuditEntry.objects.get(action="clip.extended", subject=f"clip:{old.pk}")
    assert told.actor == hill.operator
    assert told.detail["clip"] == str(longer.uid)
    assert told.detail["sha256"] == old.sha256


def test_the_same_wish_twice_is_one(hill: Cast, ring: Ring):
    old = of_alarm(hill, ring)
    wishes = [
        clip_extend(clip=old, before_s=5, after_s=0, actor=hill.operator)[0] for _ in range(2)
    ]
    assert wishes[0] == wishes[1]
    assert AuditEntry.objects.filter(action="clip.extended").count() == 1


@pytest.mark.parametrize(
    ("before_s", "after_s", "field"),
    [(0, 0, "after_s"), (-1, 0, "before_s"), (0, 601, "after_s"), (400, 400, "after_s")],
)
def test_a_longer_clip_of_no_or_too_much_length_is_refused(
    hill: Cast, ring: Ring, before_s: float, after_s: float, field: str
):
    with pytest.raises(ValidationError) as refused:
        clip_extend(
            clip=of_alarm(hill, ring), before_s=before_s, after_s=after_s, actor=hill.operator
        )
    assert list(refused.value.message_dict) == [field]


def test_what_the_ring_no_longer_has_cannot_be_cut_longer(hill: Cast, ring: Ring):
    old = of_alarm(hill, ring)
    first = old.manifest["chunks"][0]["sequence"]
    Chunk.objects.filter(sequence__lt=first).delete()
    with pytest.raises(ValidationError, match="Nothing is recorded") as refused:
        clip_extend(clip=old, before_s=20, after_s=0, actor=hill.operator)
    assert list(refused.value.message_dict) == ["before_s"]
    Chunk.objects.filter(started_at__lt=old.wanted_from + timedelta(seconds=5)).delete()
    with pytest.raises(ValidationError, match="not kept any more"):
        clip_extend(clip=old, before_s=0, after_s=5, actor=hill.operator)


def test_a_span_of_two_cameras_is_cut_by_hand_and_plays_in_step(
    hill: Cast, ring: Ring, second: Camera
):
    camera = hill.lamp_hill.camera
    start = ago(60)
    record_chunks(ring, camera, start, 40)
    record_chunks(ring, second, start + timedelta(seconds=0.4), 40, first=100)
    since = start + timedelta(seconds=10)
    clips = clip_cut(
        cameras=[camera, second], since=since, until=since + timedelta(seconds=12),
        reason="rope jumped", actor=hill.operator,
    )  # fmt: skip
    made(*clips)
    assert {clip.camera for clip in clips} == {camera, second}
    assert len({clip.together for clip in clips}) == 1
    step = in_step(clips[0])
    assert [one.pk for one in step["ready"]] == [clip.pk for clip in clips]
    # Both show the whole span that was asked for, to a picture.
    assert step["since"] <= since
    assert step["until"] >= since + timedelta(seconds=11.9)
    for clip in clips:
        assert clip.manifest["reason"] == "rope jumped"
        assert clip.manifest["asked_by"] == "chen"
        assert clip.manifest["chunks"]
        assert clip.alarm is None
    assert AuditEntry.objects.filter(action="clip.cut", actor=hill.operator).count() == 2
    assert AuditEntry.objects.filter(action="clip.ready").count() == 2
    page = Client()
    page.force_login(hill.operator)
    shown = page.get(f"/clips/{clips[0].uid}/").content.decode()
    assert "rope jumped" in shown and shown.count("data-start=") == 2
    assert "rope jumped" in page.get("/clips/").content.decode()


def test_clips_that_were_cut_together_are_made_longer_together(
    hill: Cast, ring: Ring, second: Camera
):
    start = ago(60)
    for camera in (hill.lamp_hill.camera, second):
        record_chunks(ring, camera, start, 40)
    since = start + timedelta(seconds=10)
    clips = clip_cut(
        cameras=[hill.lamp_hill.camera, second], since=since,
        until=since + timedelta(seconds=5), reason="x", actor=hill.operator,
    )  # fmt: skip
    made(*clips)
    longer = made(*clip_extend(clip=clips[1], before_s=5, after_s=5, actor=hill.admin))
    assert {one.extends for one in longer} == set(clips)
    assert len({one.together for one in longer} | {clips[0].together}) == 2


def test_a_span_that_still_goes_on_is_cut_when_it_is_recorded(hill: Cast, ring: Ring):
    now = timezone.now()
    record_chunks(ring, hill.lamp_hill.camera, now - timedelta(seconds=20), 20)
    [clip] = clip_cut(
        cameras=[hill.lamp_hill.camera], since=now - timedelta(seconds=10),
        until=now + timedelta(seconds=60), reason="x", actor=hill.operator,
    )  # fmt: skip
    assert clip_make(clip_id=clip.pk, mine_id=clip.mine_id) is None
    with system_scope("test"):
        trim(ring, now=now + timedelta(days=40))
    assert Chunk.objects.count() == 20, "it waits for these"


NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"until": timedelta(0)}, "until"),
        ({"until": timedelta(minutes=11)}, "until"),
        ({"since": timedelta(days=365 * 100), "until": timedelta(days=365 * 100 + 1)}, "since"),
        ({"since": timedelta(hours=-1), "until": timedelta(minutes=-59)}, "cameras"),
        ({"cameras": []}, "cameras"),
    ],
)
def test_what_cannot_be_cut_is_refused_beside_the_field(
    hill: Cast, ring: Ring, changes: dict, field: str
):
    start = ago(30)
    record_chunks(ring, hill.lamp_hill.camera, start, 3)
    asked = {"cameras": [hill.lamp_hill.camera], "since": timedelta(0),
             "until": timedelta(seconds=2), "reason": "x"} | changes  # fmt: skip
    asked |= {name: start + asked[name] for name in ("since", "until")}
    with pytest.raises(ValidationError) as refused:
        clip_cut(actor=hill.operator, **asked)
    assert list(refused.value.message_dict) == [field]
    assert not Clip.objects.exists()


def test_cameras_of_two_mines_are_not_cut_together(cast: Cast):
    with system_scope("test"), pytest.raises(ValidationError, match="one mine"):
        clip_cut(
            cameras=[cast.lamp_hill.camera, cast.deep_vale.camera], since=ago(9), until=ago(3),
            reason="x", actor=cast.operator,
        )  # fmt: skip


def test_a_clip_without_alarm_needs_a_person_and_a_reason_in_the_database_itself(hill: Cast):
    row = {"mine": hill.lamp_hill.mine, "camera": hill.lamp_hill.camera, "wanted_from": NOW,
           "wanted_until": NOW, "next_attempt_at": NOW}  # fmt: skip
    for more in ({}, {"asked_by": hill.operator}, {"reason": "x"}):
        with pytest.raises(IntegrityError, match="clip_of_alarm_or_person"), transaction.atomic():
            Clip.objects.create(**row, **more)


def cut_by_hand(hill: Cast, ring: Ring) -> Clip:
    start = ago(60)
    record_chunks(ring, hill.lamp_hill.camera, start, 20)
    return made(
        *clip_cut(
            cameras=[hill.lamp_hill.camera], since=start + timedelta(seconds=2),
            until=start + timedelta(seconds=8), reason="x", actor=hill.operator,
        )
    )[0]  # fmt: skip


def test_a_clip_cut_by_hand_is_held_and_kept_like_others(hill: Cast, ring: Ring):
    clip = cut_by_hand(hill, ring)
    retention_set(mine=hill.lamp_hill.mine, actor=hill.owner, clip_years=1)
    an_alarm(hill.lamp_hill)  # whose hold is not this clip's
    hold_place(actor=hill.admin, reason="c", until=timezone.now() + timedelta(days=900), clip=clip)
    assert holds_on(clip=clip).count() == 1
    with pytest.raises(ValidationError, match="held"):
        clip_remove(clip=clip, actor=hill.owner, reason="x")
    clips_expire(now=timezone.now() + timedelta(days=600))
    clip.refresh_from_db()
    assert clip.state == Clip.State.READY
    with system_scope("test"):
        trim(ring, now=timezone.now() + timedelta(days=40))
    assert Chunk.objects.exists(), "the recording around it is held too"


def test_without_a_hold_it_goes_when_its_years_are_over(hill: Cast, ring: Ring):
    clip = cut_by_hand(hill, ring)
    retention_set(mine=hill.lamp_hill.mine, actor=hill.owner, clip_years=1)
    other = an_alarm(hill.lamp_hill)
    hold_place(
        actor=hill.admin, reason="c", until=timezone.now() + timedelta(days=900),
        clip=other.clips.get(),
    )  # fmt: skip
    assert clips_expire(now=timezone.now() + timedelta(days=600)) == 1
    clip.refresh_from_db()
    assert clip.state == Clip.State.EXPIRED


def test_a_long_span_is_copied_without_encoding(hill: Cast, ring: Ring, settings, monkeypatch):
    monkeypatch.setattr("apps.evidence.services.SHORT_S", 5)
    clip = cut_by_hand(hill, ring)
    assert clip.manifest["copied"] and clip.ends_at - clip.starts_at >= timedelta(seconds=5.9)


def test_a_witness_gives_the_alarm_a_clip_of_the_same_seconds(hill: Cast, second: Camera):
    place = {"values": {"place": "winch"}, "at": ago(30)}
    alarm = an_alarm(hill.lamp_hill, **place)
    same = an_alarm(
        hill.lamp_hill, **place, camera=second, rule="r9", situation="r9:1", severity="critical"
    )
    assert same == alarm
    first, other = alarm.clips.order_by("pk")
    assert (first.camera, other.camera) == (hill.lamp_hill.camera, second)
    assert (first.wanted_from, first.wanted_until) == (other.wanted_from, other.wanted_until)
    assert first.together == other.together is not None
    an_alarm(hill.lamp_hill, **place, camera=second, rule="r9", situation="r9:1")
    assert alarm.clips.count() == 2


def test_the_api_cuts_and_extends_for_those_who_may(hill: Cast, ring: Ring):
    start = ago(60)
    record_chunks(ring, hill.lamp_hill.camera, start, 30)
    span = {"since": (start + timedelta(seconds=9)).isoformat(),
            "until": (start + timedelta(seconds=15)).isoformat()}  # fmt: skip
    asked = {"cameras": [hill.lamp_hill.camera.pk], "reason": "rope", **span}
    client = Client()
    for who, status in (("auditor", 403), ("integrator", 403), ("operator", 201)):
        client.force_login(hill[who])
        answer = client.post("/api/v1/clips/", asked, "application/json")
        assert answer.status_code == status, who
    hold(answer, asked)
    [clip] = answer.json()
    assert (clip["asked_by"], clip["reason"], clip["alarm"]) == ("chen", "rope", None)
    made(Clip.objects.get(uid=clip["id"]))
    answer = client.post(
        f"/api/v1/clips/{clip['id']}/extend/", {"before_s": 3, "after_s": 2}, "application/json"
    )
    assert answer.status_code == 201
    hold(answer, {"before_s": 3, "after_s": 2})
    assert answer.json()[0]["extends"] == clip["id"]
    refused = client.post(
        "/api/v1/clips/", asked | {"until": asked["since"]}, "application/json"
    ).json()
    assert refused["errors"][0]["field"] == "until"


def test_the_page_keeps_what_was_typed_and_says_what_is_wrong(hill: Cast, ring: Ring):
    record_chunks(ring, hill.lamp_hill.camera, ago(60), 30)
    alarm = an_alarm(hill.lamp_hill, at=ago(45))
    client = Client()
    client.force_login(hill.operator)
    shown = client.get(f"/clips/new/?alarm={alarm.pk}").content.decode()
    assert f'value="{hill.lamp_hill.camera.pk}"' in shown and "checked" in shown
    local = timezone.now().astimezone(UTC) + timedelta(hours=8)  # the mine's clock
    typed = {"cameras": [hill.lamp_hill.camera.pk], "reason": "rope jumped",
             "since": f"{local - timedelta(seconds=50):%Y-%m-%dT%H:%M:%S}"}  # fmt: skip
    answer = client.post(f"/clips/new/?alarm={alarm.pk}", typed | {"until": typed["since"]})
    assert answer.status_code == 400
    assert "rope jumped" in answer.content.decode()
    assert "Must be after the beginning" in answer.content.decode()
    typed["until"] = f"{local - timedelta(seconds=40):%Y-%m-%dT%H:%M:%S}"
    answer = client.post(f"/clips/new/?alarm={alarm.pk}", typed)
    assert answer.status_code == 302
    clip = Clip.objects.get(asked_by=hill.operator)
    assert clip.alarm == alarm and answer.url == f"/clips/{clip.uid}/"
    assert SCENE["rules"][0]["id"] == clip.rule
