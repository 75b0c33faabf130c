"""Clips: cut from the ring into the real store, hashed, linked, logged, and never lost."""

import hashlib
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path

import av
import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.alarms.models import Alarm
from apps.audit.models import AuditEntry
from apps.cameras.models import Chunk, StreamState
from apps.cameras.services import stream_say
from apps.evidence import services, storage, tasks
from apps.evidence.locking import place_of
from apps.evidence.models import Clip, ClipAccess
from apps.evidence.services import clip_make
from apps.live.models import Event
from apps.privacy.services import unblur_agree, unblur_ask
from apps.recordings.trim import trim
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm
from tests.film import record_chunks
from workers.media.errors import MediaError
from workers.media.ring import Ring


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def recorded_alarm(hill: Cast, ring: Ring, ago_s: float = 40, **recorded) -> Alarm:
    """An alarm 40 s ago, with the 35 s around it recorded: its clip is due now."""
    at = timezone.now() - timedelta(seconds=ago_s)
    alarm = an_alarm(hill.lamp_hill, at=at)
    start = at - timedelta(seconds=12)
    record_chunks(ring, hill.lamp_hill.camera, start, 35, **recorded)
    return alarm


def make(alarm: Alarm) -> Clip:
    clip = alarm.clips.get()
    clip_make(clip_id=clip.pk, mine_id=alarm.mine_id)
    clip.refresh_from_db()
    return clip


def fetch(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(url, timeout=10).read()


def test_a_clip_spans_ten_before_to_twenty_after_and_plays(hill: Cast, ring: Ring, tmp_path):
    alarm = recorded_alarm(hill, ring)
    clip = make(alarm)
    assert clip.state == Clip.State.READY
    assert clip.starts_at <= alarm.raised_at - timedelta(seconds=10)
    # Times in a clip are whole ticks of its clock.
    assert clip.ends_at >= alarm.raised_at + timedelta(seconds=19.99)
    body = fetch(storage.download_link(clip.key))
    assert (hashlib.sha256(body).hexdigest(), len(body)) == (clip.sha256, clip.bytes)
    (tmp_path / "clip.mp4").write_bytes(body)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert 300 <= sum(1 for _ in container.decode(video=0)) <= 330
    assert Event.objects.filter(kind="clip.ready").count() == 1
    assert clip.manifest["copied"] is True
    sequences = [chunk["sequence"] for chunk in clip.manifest["chunks"]]
    assert sequences == list(range(sequences[0], sequences[0] + 31))


def test_making_it_twice_makes_it_once(hill: Cast, ring: Ring):
    clip = make(recorded_alarm(hill, ring))
    assert clip_make(clip_id=clip.pk, mine_id=clip.mine_id) is None
    assert AuditEntry.objects.filter(action="clip.ready").count() == 1


def test_a_clip_waits_for_its_own_seconds_where_they_are_there_from_before_a_set_back(
    hill: Cast, ring: Ring
):
    alarm = an_alarm(hill.lamp_hill, at=timezone.now() - timedelta(seconds=21))
    start = alarm.raised_at - timedelta(seconds=10)
    record_chunks(ring, hill.lamp_hill.camera, start, 60)
    record_chunks(ring, hill.lamp_hill.camera, start, 15, first=61)
    clip = make(alarm)
    assert (clip.state, clip.attempts) == (Clip.State.PENDING, 0)
    record_chunks(ring, hill.lamp_hill.camera, start + timedelta(seconds=15), 16, first=76)
    clip = make_again(alarm)
    assert clip.state == Clip.State.READY
    numbers = {chunk["sequence"] for chunk in clip.manifest["chunks"]}
    assert set(range(62, 90)) < numbers


def test_a_clip_waits_for_its_last_second(hill: Cast, ring: Ring):
    alarm = an_alarm(hill.lamp_hill, at=timezone.now() - timedelta(seconds=21))
    record_chunks(ring, hill.lamp_hill.camera, alarm.raised_at - timedelta(seconds=10), 15)
    clip = make(alarm)
    assert (clip.state, clip.attempts) == (Clip.State.PENDING, 0)


def test_a_recorder_that_is_behind_is_waited_for(hill: Cast, ring: Ring):
    # A whole second, so that no chunk reaches over the span's edge by the ring's rounding.
    at = timezone.now().replace(microsecond=0) - timedelta(seconds=50)
    alarm, camera = an_alarm(hill.lamp_hill, at=at), hill.lamp_hill.camera
    said = {"since": at, "mine_id": camera.mine_id}
    StreamState.objects.create(camera=camera, stream="main", state="recording", **said)
    record_chunks(ring, camera, at - timedelta(seconds=12), 20)
    assert make(alarm).state == Clip.State.PENDING, "the database was away, its rows come late"
    # The first chunk after the span says that no more of it comes.
    record_chunks(ring, camera, at + timedelta(seconds=8), 10, first=21)
    record_chunks(ring, camera, at + timedelta(seconds=21), 1, first=34)
    Clip.objects.update(next_attempt_at=timezone.now())
    clip = make(alarm)
    assert (clip.state, len(clip.manifest["chunks"])) == (Clip.State.READY, 28)


def recording(hill: Cast, since: datetime) -> None:
    camera = hill.lamp_hill.camera
    said = {"since": since, "mine_id": camera.mine_id, "state": "recording"}
    StreamState.objects.create(camera=camera, stream="main", **said)


def test_what_was_recorded_while_the_database_was_away_is_in_the_clip(hill: Cast, ring: Ring):
    # Two seconds after the alarm the database went for three minutes; the recorder went on.
    at = timezone.now().replace(microsecond=0) - timedelta(seconds=182)
    alarm, camera = an_alarm(hill.lamp_hill, at=at), hill.lamp_hill.camera
    recording(hill, at)
    record_chunks(ring, camera, at - timedelta(seconds=12), 14)
    assert make(alarm).state == Clip.State.PENDING, "whoever cuts is quicker than the recorder"
    for first in (15, 25):  # its queue, ten seconds of it at a time
        assert make_again(alarm).state == Clip.State.PENDING
        start = at + timedelta(seconds=first - 13)
        record_chunks(ring, camera, start, 10, first=first)
    clip = make_again(alarm)
    assert (clip.state, clip.manifest["gaps_s"]) == (Clip.State.READY, [])


def test_a_recorder_that_died_is_waited_for_as_long_as_the_database_was_away(
    hill: Cast, ring: Ring
):
    now = timezone.now()
    alarm = an_alarm(hill.lamp_hill, at=now - timedelta(seconds=320))
    recording(hill, alarm.raised_at)
    record_chunks(ring, hill.lamp_hill.camera, alarm.raised_at - timedelta(seconds=12), 14)
    assert make(alarm).state == Clip.State.PENDING
    with time_machine.travel(now + timedelta(seconds=290), tick=False):
        assert make_again(alarm).state == Clip.State.PENDING
    with time_machine.travel(now + timedelta(seconds=310), tick=False):
        clip = make_again(alarm)
    assert clip.state == Clip.State.READY and clip.manifest["gaps_s"]


def test_a_stream_that_stands_still_is_not_waited_for(hill: Cast, ring: Ring):
    at = timezone.now() - timedelta(seconds=50)
    alarm, camera = an_alarm(hill.lamp_hill, at=at), hill.lamp_hill.camera
    said = {"since": at, "mine_id": camera.mine_id}
    StreamState.objects.create(camera=camera, stream="main", state="lost", **said)
    record_chunks(ring, camera, at - timedelta(seconds=12), 20)
    assert make(alarm).state == Clip.State.READY


def test_a_store_that_is_away_postpones_the_clip_and_its_chunks_wait(
    hill: Cast, ring: Ring, settings
):
    alarm = recorded_alarm(hill, ring)
    there = settings.S3_ENDPOINT_URL
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    clip = make(alarm)
    assert clip.state == Clip.State.PENDING
    assert "store" in clip.error
    settings.RING_AGE_S = settings.RING_BYTES = 0
    with system_scope("test"):
        trim(ring)
    assert Chunk.objects.count() == 35, "held for the clip"
    settings.S3_ENDPOINT_URL = there
    Clip.objects.filter(pk=clip.pk).update(next_attempt_at=timezone.now())
    assert make(alarm).state == Clip.State.READY
    with system_scope("test"):
        trim(ring)
    assert Chunk.objects.count() == 0, "free to go"
    assert not list(ring.root.rglob("*.mp4"))


def make_again(alarm: Alarm) -> Clip:
    Clip.objects.filter(alarm=alarm).update(next_attempt_at=timezone.now())
    return make(alarm)


def test_a_full_disk_postpones_a_clip_however_late_it_is(
    hill: Cast, ring: Ring, settings, small_disk: Path
):
    alarm = recorded_alarm(hill, ring, ago_s=300)
    there, settings.VAR = settings.VAR, small_disk
    clip = make(alarm)
    assert (clip.state, clip.error) == (Clip.State.PENDING, "disk full")
    settings.VAR = there
    assert make_again(alarm).state == Clip.State.READY


@pytest.mark.parametrize("mountpoint", [True, False])
def test_a_ring_that_is_away_loses_no_clip(hill: Cast, ring: Ring, mountpoint: bool):
    alarm = recorded_alarm(hill, ring, ago_s=300)
    record_chunks(ring, hill.lamp_hill.camera, timezone.now() - timedelta(seconds=9), 3, first=90)
    away = ring.root.with_name("unmounted")
    ring.root.rename(away)
    if mountpoint:
        ring.root.mkdir()
    assert make(alarm).state == Clip.State.PENDING
    if mountpoint:
        ring.root.rmdir()
    away.rename(ring.root)
    assert make_again(alarm).state == Clip.State.READY


def test_chunks_whose_files_are_gone_from_a_ring_that_is_there_are_given_up(hill: Cast, ring: Ring):
    record_chunks(ring, hill.lamp_hill.camera, timezone.now() - timedelta(seconds=900), 5)
    alarm = recorded_alarm(hill, ring, ago_s=300, first=50)
    for chunk in Chunk.objects.filter(sequence__gte=50):
        ring.delete(chunk.path)
    clip = make(alarm)
    assert clip.state == Clip.State.FAILED and "missing" in clip.error


def stored_keys(clip: Clip) -> list[str]:
    return [key.rpartition("/")[2] for key in storage.keys_under(place_of(clip))]


BESIDE = ["clip.mp4", "findings.json", "manifest.json"]


def test_a_maker_that_wakes_late_overwrites_no_evidence(hill: Cast, ring: Ring, monkeypatch):
    alarm = recorded_alarm(hill, ring, leave_out=(20, 21))
    clip, really, woke = alarm.clips.get(), services.put_file, []

    def put_file(key: str, path: Path, **how) -> None:
        if not woke:  # the first maker hangs in its upload until its claim is over
            woke.append(key)
            start = alarm.raised_at - timedelta(seconds=12)
            late = {"leave_out": tuple(range(20))}
            record_chunks(ring, hill.lamp_hill.camera, start, 22, **late)
            assert make_again(alarm).state == Clip.State.READY
        really(key, path, **how)

    monkeypatch.setattr(services, "put_file", put_file)
    assert clip_make(clip_id=clip.pk, mine_id=clip.mine_id) is None
    clip.refresh_from_db()
    body = fetch(storage.download_link(clip.key))
    assert (hashlib.sha256(body).hexdigest(), clip.manifest["gaps_s"]) == (clip.sha256, [])
    assert stored_keys(clip) == BESIDE, "who came late took away what it wrote"
    assert AuditEntry.objects.filter(action="clip.ready").count() == 1


def test_a_maker_that_fails_late_fails_no_clip_that_another_makes(
    hill: Cast, ring: Ring, monkeypatch
):
    alarm = recorded_alarm(hill, ring, ago_s=300)
    clip, really, woke = alarm.clips.get(), services.cut_clip, []

    def cut(*args):
        if not woke:
            woke.append(True)
            monkeypatch.setattr(services, "put_file", lambda *args, **how: fails_late())
            assert make_again(alarm).state == Clip.State.PENDING
            raise MediaError("the recording was not there when it looked")
        return really(*args)

    def fails_late():
        raise storage.StorageError("the store is away")

    monkeypatch.setattr(services, "cut_clip", cut)
    clip_make(clip_id=clip.pk, mine_id=clip.mine_id)
    clip.refresh_from_db()
    assert (clip.state, clip.error) == (Clip.State.PENDING, "the store is away")


def test_what_an_attempt_left_in_the_store_goes_with_the_next(hill: Cast, ring: Ring, monkeypatch):
    alarm = recorded_alarm(hill, ring)

    def away(*args, **how):
        raise storage.StorageError("the store is away")

    with monkeypatch.context() as broken:
        broken.setattr(services, "put_bytes", away)
        clip = make(alarm)
    assert (clip.state, stored_keys(clip)) == (Clip.State.PENDING, ["clip.mp4"])
    clip = make_again(alarm)
    assert (clip.state, stored_keys(clip)) == (Clip.State.READY, BESIDE)


def test_a_gap_and_a_truncated_chunk_are_named_in_the_manifest(hill: Cast, ring: Ring):
    alarm = recorded_alarm(hill, ring, leave_out=(15, 16))
    broken = Chunk.objects.order_by("sequence")[5]
    path = ring.path(broken.path)
    path.write_bytes(path.read_bytes()[:300])
    clip = make(alarm)
    assert clip.state == Clip.State.READY
    assert clip.manifest["gaps_s"]
    assert any(str(broken.sequence) in line for line in clip.manifest["skipped"])


def test_with_nothing_recorded_it_says_so_in_the_end(hill: Cast, ring: Ring):
    alarm = an_alarm(hill.lamp_hill, at=timezone.now() - timedelta(minutes=5))
    clip = make(alarm)
    assert clip.state == Clip.State.FAILED
    assert clip.error
    assert Event.objects.filter(kind="clip.failed").count() == 1


def test_the_ring_gives_up_the_oldest_first(hill: Cast, ring: Ring, settings):
    start = timezone.now() - timedelta(minutes=10)
    rows = record_chunks(ring, hill.lamp_hill.camera, start, 10)
    settings.RING_BYTES = sum(row.bytes for row in rows) - 1
    with system_scope("test"):
        assert trim(ring) == 1
    assert Chunk.objects.order_by("sequence").first().sequence == 2


def test_each_download_is_logged_before_the_link_is_given(hill: Cast, ring: Ring):
    clip = make(recorded_alarm(hill, ring))
    client = Client()
    client.force_login(hill.operator)
    asked = unblur_ask(clip=clip, reason="inquiry 7", actor=hill.auditor)
    unblur_agree(unblur=asked, actor=hill.admin)
    answer = client.get(f"/api/v1/clips/{clip.uid}/download/?form=original").json()
    assert hashlib.sha256(fetch(answer["url"])).hexdigest() == clip.sha256
    assert answer["expires_in_s"] <= 300
    access = ClipAccess.objects.get()
    assert (access.user, access.kind) == (hill.operator, ClipAccess.Kind.DOWNLOAD)


def test_a_video_without_a_key_in_the_store_is_not_there_for_anybody(hill: Cast, ring: Ring):
    clip = make(recorded_alarm(hill, ring))
    Clip.objects.filter(pk=clip.pk).update(key="")
    client = Client(raise_request_exception=False)
    client.force_login(hill.operator)
    pages = (f"/clips/{clip.uid}/{what}" for what in ("play/", "boxes/", "download/"))
    asked = [*pages, f"/api/v1/clips/{clip.uid}/download/"]
    assert {address: client.get(address).status_code for address in asked} == dict.fromkeys(
        asked, 404
    )
    assert not ClipAccess.objects.exists()


def test_a_link_that_was_changed_or_has_no_signature_is_refused(hill: Cast, ring: Ring):
    clip = make(recorded_alarm(hill, ring))
    link = storage.download_link(clip.key)
    for bad in (link[:-4] + "0000", link.partition("?")[0]):
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetch(bad)
        assert refused.value.code in (401, 403)


def test_a_store_that_takes_long_is_asked_for_one_turn_and_the_next_bell_goes_on(
    hill: Cast, ring: Ring, monkeypatch, settings
):
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    monkeypatch.setattr(tasks, "TURN_S", 0)
    first = recorded_alarm(hill, ring)
    an_alarm(hill.lamp_hill, at=first.raised_at, rule="r2", situation="r2:1")
    tried = Clip.objects.values_list("attempts", flat=True)
    tasks.cut_due()
    assert sorted(tried.all()) == [0, 1]
    tasks.cut_due()
    assert sorted(tried.all()) == [1, 1]


@pytest.mark.parametrize("recording", [True, False])
def test_a_clip_from_before_the_clock_was_set_back_is_made_of_what_was_there(
    hill: Cast, ring: Ring, recording: bool
):
    right = timezone.now().replace(microsecond=0)
    with time_machine.travel(right + timedelta(hours=1), tick=False) as clock:
        alarm, camera = an_alarm(hill.lamp_hill, at=timezone.now()), hill.lamp_hill.camera
        if recording:
            stream_say(
                camera_id=camera.pk, mine_id=camera.mine_id, stream="main", state="recording"
            )
        record_chunks(ring, camera, timezone.now() - timedelta(seconds=12), 12)
        clock.move_to(right)
        record_chunks(ring, camera, right, 20, first=13)
        clock.shift(5)
        tasks.cut_due()
        assert alarm.clips.get().state == Clip.State.PENDING, "what was recorded may come late"
        clock.shift(16)
        tasks.cut_due()
        clip = alarm.clips.get()
    assert clip.state == Clip.State.READY
    assert {chunk["sequence"] for chunk in clip.manifest["chunks"]} == set(range(3, 13))
