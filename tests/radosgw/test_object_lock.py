"""Evidence on a store that locks: Ceph's radosgw, run for real (`make drill-radosgw`).

Skipped where it is not asked for, or Debian's packages are not installed.
"""

import hashlib
import os
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.evidence import storage
from apps.evidence.expiry import clip_finish, clip_remove, clips_expire
from apps.evidence.holds import hold_place, hold_release
from apps.evidence.locking import holds_tell_store, objects_of
from apps.evidence.models import Clip
from apps.evidence.services import clip_make
from apps.tenancy.scope import mine_scope
from infra.radosgw import Radosgw, why_not
from tests.cast import Cast, an_alarm
from tests.film import record_chunks
from workers.media.ring import Ring

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.environ.get("DAVY_RADOSGW") != "1", reason="run by make drill-radosgw"),
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "it can run"),
]
ROOT = Path(__file__).resolve().parents[2]
LOCKED, PLAIN = "davy-locked", "davy-plain"


@pytest.fixture(scope="module")
def gateway():
    gateway = Radosgw(ROOT / "var" / "radosgw")
    yield gateway
    gateway.stop()


@pytest.fixture(scope="module")
def client(gateway):
    client = boto3.client(
        "s3",
        endpoint_url=gateway.url,
        aws_access_key_id=gateway.env["S3_ACCESS_KEY_ID"],
        aws_secret_access_key=gateway.env["S3_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True)
    client.create_bucket(Bucket=PLAIN)
    return client


@pytest.fixture(params=["compliance", "governance"])
def mode(request) -> str:
    return request.param


@pytest.fixture
def store(settings, gateway, client, monkeypatch):
    """Davy's own door, onto the bucket that locks."""
    for name, value in gateway.env.items():
        setattr(settings, name, value)
    settings.S3_PUBLIC_URL = gateway.url
    settings.S3_BUCKET, settings.OBJECT_LOCK, settings.OBJECT_LOCK_DAYS = LOCKED, "compliance", 1
    monkeypatch.setattr(storage, "_known", {})
    storage._client.cache_clear()
    yield client
    storage._client.cache_clear()


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def a_clip(hill: Cast, settings, tmp_path: Path) -> Clip:
    """A video, cut from a ring and stored as always."""
    settings.RING_DIR, settings.RING_MIN_FREE_BYTES = tmp_path / "ring", 0
    at = timezone.now() - timedelta(seconds=40)
    alarm = an_alarm(hill.lamp_hill, at=at)
    ring = Ring(settings.RING_DIR, durable=False)
    record_chunks(ring, hill.lamp_hill.camera, at - timedelta(seconds=12), 35)
    clip = alarm.clips.get()
    clip_make(clip_id=clip.pk, mine_id=clip.mine_id)
    clip.refresh_from_db()
    assert clip.state == Clip.State.READY, clip.error
    return clip


def refused(call, **how) -> str:
    with pytest.raises(ClientError) as error:
        call(**how)
    return error.value.response["Error"]["Code"]


def test_a_video_is_locked_and_given_back_whole(store, hill, settings, tmp_path, mode):
    settings.OBJECT_LOCK = mode
    clip = a_clip(hill, settings, tmp_path)
    assert clip.locked_until > timezone.now() + timedelta(hours=23)
    storage.get_file(clip.key, tmp_path / "back")
    body = (tmp_path / "back").read_bytes()
    assert (hashlib.sha256(body).hexdigest(), len(body)) == (clip.sha256, clip.bytes)
    for key in objects_of(clip):
        if not key.endswith(".jpg"):
            kept = store.get_object_retention(Bucket=LOCKED, Key=key)["Retention"]
            assert kept["Mode"] == mode.upper()
            assert abs(kept["RetainUntilDate"] - clip.locked_until) < timedelta(seconds=2)
    version = store.head_object(Bucket=LOCKED, Key=clip.key)["VersionId"]
    one = {"Bucket": LOCKED, "Key": clip.key, "VersionId": version}
    assert refused(store.delete_object, **one) == "AccessDenied"
    with pytest.raises(storage.StorageError):
        storage.remove(clip.key)
    with pytest.raises(ValidationError, match="locked until"):
        clip_remove(clip=clip, actor=hill.owner, reason="tidy up")
    if mode == "compliance":
        code = refused(store.delete_object, BypassGovernanceRetention=True, **one)
        assert code == "AccessDenied"
    else:
        store.delete_object(BypassGovernanceRetention=True, **one)


def test_a_hold_is_a_legal_hold_until_it_ends(store, hill, settings, tmp_path):
    settings.OBJECT_LOCK_DAYS = 3 / 86400
    clip = a_clip(hill, settings, tmp_path)
    hold = hold_place(
        actor=hill.admin, clip=clip, reason="case 7", until=timezone.now() + timedelta(9)
    )
    assert (holds_tell_store(), holds_tell_store()) == (1, 0)
    said = store.get_object_legal_hold(Bucket=LOCKED, Key=clip.key)["LegalHold"]
    assert said == {"Status": "ON"}
    time.sleep(max(0.0, (clip.locked_until - timezone.now()).total_seconds() + 1))
    with pytest.raises(storage.StorageError):
        storage.remove(clip.key)
    hold_release(hold=hold, actor=hill.owner, reason="closed")
    clip.refresh_from_db()
    assert clip.held_in_store
    assert holds_tell_store() == 1
    clip.refresh_from_db()
    clip_remove(clip=clip, actor=hill.owner, reason="closed")
    assert clip_finish(clip_id=clip.pk, mine_id=clip.mine_id)
    left = store.list_object_versions(Bucket=LOCKED, Prefix=clip.key.rpartition("/")[0])
    assert not left.get("Versions") and not left.get("DeleteMarkers"), "all versions are gone"


def test_retention_waits_for_the_lock_and_then_deletes(store, hill, settings, tmp_path):
    settings.CLIP_YEARS = 1
    clip = a_clip(hill, settings, tmp_path)
    later = timezone.now() + timedelta(days=366)
    Clip.objects.filter(pk=clip.pk).update(locked_until=later + timedelta(days=1))
    assert clips_expire(now=later) == 0
    Clip.objects.filter(pk=clip.pk).update(locked_until=timezone.now())
    assert clips_expire(now=later) == 1
    clip.refresh_from_db()
    # The store keeps its own word, whatever the row says; the next pass asks again.
    assert clip.state == Clip.State.EXPIRING
    assert storage.size_of(clip.key) == clip.bytes


def test_a_bucket_without_object_lock_is_said_plainly(store, hill, settings, tmp_path):
    told = StringIO()
    call_command("store", "check", stdout=told)
    assert "object lock: yes" in told.getvalue() and "(compliance)" in told.getvalue()
    settings.S3_BUCKET = PLAIN
    with pytest.raises(CommandError, match="has no object lock"):
        call_command("store", "check", stdout=StringIO())
    assert a_clip(hill, settings, tmp_path).locked_until is None, "stored without, not lost"


def test_a_large_object_in_parts_comes_back_whole(store, tmp_path):
    big = tmp_path / "big"
    big.write_bytes(os.urandom(1 << 20) * 20)
    store.upload_file(str(big), PLAIN, "big")  # above 8 MB boto3 sends parts
    store.download_file(PLAIN, "big", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == big.read_bytes()


def test_an_older_version_stays_until_it_is_deleted_itself(store):
    for body in (b"one", b"two"):
        store.put_object(Bucket=LOCKED, Key="versions", Body=body)
    store.delete_object(Bucket=LOCKED, Key="versions")
    rows = store.list_object_versions(Bucket=LOCKED, Prefix="versions")
    assert len(rows["Versions"]) == 2 and len(rows["DeleteMarkers"]) == 1
    storage.remove("versions")
    rows = store.list_object_versions(Bucket=LOCKED, Prefix="versions")
    assert "Versions" not in rows and "DeleteMarkers" not in rows


def test_a_lifecycle_rule_lets_old_things_go(store):
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Days": 1}}
    store.put_bucket_lifecycle_configuration(Bucket=PLAIN, LifecycleConfiguration={"Rules": [rule]})
    store.put_object(Bucket=PLAIN, Key="old/1", Body=b"x")
    store.put_object(Bucket=PLAIN, Key="new/1", Body=b"x")
    deadline = time.monotonic() + 90  # a day of the gateway lasts five seconds
    while "Contents" in store.list_objects_v2(Bucket=PLAIN, Prefix="old/"):
        assert time.monotonic() < deadline, "nothing expired"
        time.sleep(1)
    assert "Contents" in store.list_objects_v2(Bucket=PLAIN, Prefix="new/")
