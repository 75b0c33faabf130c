"""What was changed on the disk or in the store since it was recorded proves nothing."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.bundles.models import Bundle
from apps.bundles.services import bundle_make
from apps.cameras.models import Chunk
from apps.evidence.checks import clips_check
from apps.evidence.models import Clip
from apps.evidence.services import clip_make
from apps.evidence.storage import get_file, put_bytes
from apps.playback.services import parts_of
from apps.privacy.models import Copy
from apps.privacy.services import NotMade, clip_given, copy_make, unblur_agree, unblur_ask
from apps.tenancy.scope import mine_scope
from tests.bundles.packing import ask
from tests.cast import Cast, an_alarm
from tests.film import chunk_bytes, record_chunks
from workers.media.join import join_span
from workers.media.ring import Ring


@pytest.fixture
def hill(cast: Cast, settings, tmp_path):
    settings.RING_DIR, settings.VAR = tmp_path / "ring", tmp_path / "var"
    settings.RING_MIN_FREE_BYTES = 0
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


@pytest.fixture
def clip(hill: Cast, settings) -> Clip:
    """A ready clip of an alarm, in the store."""
    at = timezone.now() - timedelta(seconds=40)
    alarm = an_alarm(hill.lamp_hill, at=at, severity="high")
    record_chunks(Ring(settings.RING_DIR, durable=False), hill.lamp_hill.camera, at, 4)
    made = clip_make(clip_id=alarm.clips.get().pk, mine_id=alarm.mine_id)
    assert made is not None and made.state == Clip.State.READY
    return made


def doctored(clip: Clip, tmp_path: Path) -> bytes:
    """Put another film of the same size under a video's key; return the video as it was."""
    get_file(clip.key, tmp_path / "genuine.mp4")
    genuine = (tmp_path / "genuine.mp4").read_bytes()
    other = chunk_bytes(7)
    assert len(other) < len(genuine)
    put_bytes(clip.key, other.ljust(len(genuine), b"\0"), content_type="video/mp4")
    return genuine


def test_a_copy_is_never_made_of_another_video_than_was_recorded(hill: Cast, clip: Clip, tmp_path):
    genuine = doctored(clip, tmp_path)
    with pytest.raises(NotMade):
        clip_given(clip=clip, taken=True)
    copy = Copy.objects.get()
    assert copy_make(copy_id=copy.pk, mine_id=copy.mine_id) is None
    copy.refresh_from_db()
    assert copy.state == Copy.State.FAILED and "another video" in copy.error
    assert not AuditEntry.objects.filter(action="copy.made").exists()
    act = AuditEntry.objects.get(action="clip.changed").detail
    assert act["sha256"] == clip.sha256 == sha256(genuine).hexdigest() != act["given_sha256"]
    person = Client()
    person.force_login(hill.admin)
    assert "or another in its place" in person.get(f"/clips/{clip.uid}/").content.decode()

    later = timezone.now() + timedelta(days=2)
    assert clips_check(now=later) == 1, "of the right size, and not the video"
    put_bytes(clip.key, genuine, content_type="video/mp4")
    assert clips_check(now=later + timedelta(days=2)) == 0
    assert AuditEntry.objects.filter(action="clip.found").count() == 1
    with pytest.raises(NotMade):
        clip_given(clip=clip, taken=True)
    copy = Copy.objects.get()
    assert copy_make(copy_id=copy.pk, mine_id=copy.mine_id) is not None


@pytest.mark.parametrize("blurred", [True, False])
def test_no_bundle_is_packed_of_a_video_that_was_changed(
    hill: Cast, clip: Clip, tmp_path, blurred: bool
):
    doctored(clip, tmp_path)
    if not blurred:
        asked = unblur_ask(clip=clip, reason="the court's order", actor=hill.auditor)
        unblur_agree(unblur=asked, actor=hill.admin)
    assert clip.alarm is not None
    bundle = ask(hill, clip.alarm)
    for _ in range(2):
        bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id)
        Bundle.objects.update(next_attempt_at=timezone.now())
    bundle.refresh_from_db()
    assert bundle.state == Bundle.State.FAILED and str(clip.uid) in bundle.error
    assert AuditEntry.objects.filter(action="clip.changed").count() == 1
    clip.refresh_from_db()
    assert clip.missing_since is not None


def change(ring: Path, chunks: list[Chunk]) -> None:
    """Put another scene, that plays as well, into the files of some chunks."""
    for chunk in chunks:
        (ring / chunk.path).write_bytes(chunk_bytes(chunk.sequence, fps=12))


def test_a_video_leaves_out_and_names_the_chunks_whose_files_were_changed(hill: Cast, settings):
    at = timezone.now() - timedelta(seconds=40)
    alarm = an_alarm(hill.lamp_hill, at=at, severity="high")
    ring = Ring(settings.RING_DIR, durable=False)
    rows = record_chunks(ring, hill.lamp_hill.camera, at - timedelta(seconds=8), 16)
    change(settings.RING_DIR, rows[6:9])
    clip = clip_make(clip_id=alarm.clips.get().pk, mine_id=alarm.mine_id)
    assert clip is not None and clip.state == Clip.State.READY
    told = [f"{Path(row.path).name}: is not what was recorded" for row in rows[6:9]]
    assert [line.split(": its")[0] for line in clip.manifest["skipped"]] == told
    shown = [chunk["sequence"] for chunk in clip.manifest["chunks"]]
    changed = [row.sequence for row in rows[6:9]]
    assert shown and not set(shown) & set(changed), "it is made of the others alone"
    [(since, until)] = clip.manifest["gaps_s"]
    assert (since, until) == pytest.approx((at.timestamp() - 2, at.timestamp() + 1), abs=0.01)


def test_there_is_no_video_of_nothing_but_changed_chunks(hill: Cast, settings):
    at = timezone.now() - timedelta(minutes=5)
    alarm = an_alarm(hill.lamp_hill, at=at, severity="high")
    ring = Ring(settings.RING_DIR, durable=False)
    record_chunks(ring, hill.lamp_hill.camera, at - timedelta(minutes=1), 4)
    rows = record_chunks(ring, hill.lamp_hill.camera, at - timedelta(seconds=8), 16, first=5)
    change(settings.RING_DIR, rows)
    clip = clip_make(clip_id=alarm.clips.get().pk, mine_id=alarm.mine_id)
    assert clip is not None and clip.state == Clip.State.FAILED
    assert "is not what was recorded" in clip.error


def test_a_span_of_the_recording_has_a_gap_where_a_file_was_changed(hill: Cast, settings, tmp_path):
    at = timezone.now() - timedelta(minutes=5)
    ring = Ring(settings.RING_DIR, durable=False)
    rows = record_chunks(ring, hill.lamp_hill.camera, at, 4)
    change(settings.RING_DIR, rows[1:2])
    ends = at.timestamp(), at.timestamp() + 4
    cut = join_span(parts_of(rows), *ends, tmp_path / "span.mp4")
    assert cut.gaps == [pytest.approx((ends[0] + 1, ends[0] + 2), abs=0.01)]
    assert "is not what was recorded" in cut.skipped[0]
    assert cut.unused == [rows[1].sequence]
