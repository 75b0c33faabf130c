"""Bundles as they are asked for, packed and proved by their receiver."""

import hashlib
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from apps.alarms.answers import alarm_acknowledge
from apps.alarms.models import Alarm
from apps.bundles.models import Bundle
from apps.bundles.services import bundle_ask, bundle_make
from apps.evidence.services import clip_make
from apps.evidence.storage import get_file
from apps.privacy.services import unblur_agree, unblur_ask
from tests.cast import Cast, an_alarm
from tests.film import record_chunks
from workers.media.ring import Ring


def an_alarm_with_clip(hill: Cast, tmp_path: Path) -> Alarm:
    """An alarm that was answered, with its clip in the store and a gap of four seconds in it."""
    at = timezone.now() - timedelta(seconds=40)
    jpeg = (Path(__file__).parent.parent.parent / "docs" / "mine.jpg").read_bytes()
    alarm = an_alarm(hill.lamp_hill, at=at, jpeg=jpeg)
    ring = Ring(tmp_path / "ring", durable=False)
    camera = hill.lamp_hill.camera
    record_chunks(ring, camera, at - timedelta(seconds=12), 10)
    record_chunks(ring, camera, at + timedelta(seconds=2), 20, first=11)
    clip_make(clip_id=alarm.clips.get().pk, mine_id=alarm.mine_id)
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    asked = unblur_ask(clip=alarm.clips.get(), reason="the court's order", actor=hill.auditor)
    unblur_agree(unblur=asked, actor=hill.admin)
    return alarm


def ask(hill: Cast, *alarms: Alarm) -> Bundle:
    return bundle_ask(
        mine=hill.lamp_hill.mine,
        alarms=[alarm.pk for alarm in alarms],
        purpose="inquiry 7",
        actor=hill.auditor,
    )


def packed(bundle: Bundle, tmp_path: Path) -> Path:
    """Pack a bundle and take it out of the store."""
    assert bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id) is not None
    bundle.refresh_from_db()
    assert bundle.state == Bundle.State.READY
    out = tmp_path / "taken.zip"
    get_file(bundle.key, out)
    assert hashlib.sha256(out.read_bytes()).hexdigest() == bundle.sha256
    return out


def run(bundle: Path, *more: str) -> tuple[int, str]:
    """Prove a bundle as its receiver does: with the verifier in it and bare Python."""
    script = bundle.parent / "alone" / "verify.py"
    script.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(bundle) as archive:
        script.write_bytes(archive.read("verify.py"))
    done = subprocess.run(
        [sys.executable, "-I", script, bundle, *more], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr
