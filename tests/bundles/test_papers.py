"""The time line of an alarm as PDF: what it tells, in both languages, and that it can be kept."""

import hashlib
import json
import os
import zipfile
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from django.utils import timezone

from apps.alarms.answers import alarm_acknowledge
from apps.alarms.models import Alarm
from apps.bundles.paper import Occasion, acts_of, paper_data
from apps.bundles.services import bundle_ask, bundle_make
from apps.bundles.typeset import shown, typeset
from apps.evidence.services import clip_make
from apps.evidence.storage import get_file
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm
from tests.film import record_chunks
from workers.media.ring import Ring

JPEG = (Path(__file__).parent.parent.parent / "docs" / "mine.jpg").read_bytes()
NOTE = "Łukasz 去看了 <b>#let</b> *$* 李堃 \N{GRINNING FACE}"


@pytest.fixture
def hill(cast: Cast, settings, tmp_path):
    settings.RING_DIR = tmp_path / "ring"
    settings.RING_MIN_FREE_BYTES = 0
    settings.VAR = tmp_path / "var"
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def text_of(pdf: bytes) -> str:
    """Return what a reader can select in a PDF, its lines joined."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    return " ".join(" ".join(pages).split())


def paper(alarm: Alarm, tmp_path: Path, language: str = "en", **about) -> bytes:
    occasion = Occasion(**{"made_at": NOON, "made_for": "dora"} | about)
    data = paper_data(alarm, occasion, language=language, acts=acts_of(alarm))
    return typeset(data, picture=occasion.picture, at=NOON, workshop=tmp_path)


def test_a_bundle_tells_each_alarm_on_paper_in_both_languages(hill: Cast, tmp_path):
    at = timezone.now() - timedelta(seconds=40)
    alarm = an_alarm(hill.lamp_hill, at=at, jpeg=JPEG)
    ring = Ring(tmp_path / "ring", durable=False)
    record_chunks(ring, hill.lamp_hill.camera, at - timedelta(seconds=12), 10)
    record_chunks(ring, hill.lamp_hill.camera, at + timedelta(seconds=2), 20, first=11)
    clip = clip_make(clip_id=alarm.clips.get().pk, mine_id=alarm.mine_id)
    alarm_acknowledge(alarm=alarm, actor=hill.operator, desk="desk 2", note=NOTE)
    bundle = bundle_ask(
        mine=hill.lamp_hill.mine, alarms=[alarm.pk], purpose="inquiry 7", actor=hill.auditor
    )
    bundle = bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id)
    get_file(bundle.key, tmp_path / "taken.zip")
    with zipfile.ZipFile(tmp_path / "taken.zip") as archive:
        folder = f"alarms/{alarm.pk}"
        english, chinese = (archive.read(f"{folder}/timeline-{one}.pdf") for one in ("en", "zh"))
        picture = archive.read(f"{folder}/snapshot-covered.jpg")
        content = json.loads(archive.read("bundle.json"))
        links = [json.loads(line) for line in archive.read("ledger.jsonl").splitlines()]
    listed = {one["path"]: one for one in content["files"]}
    told = text_of(english)
    if keep := os.environ.get("DAVY_KEEP_PAPERS"):  # to look at
        for name, pdf in (("en", english), ("zh", chinese)):
            Path(keep, f"timeline-{name}.pdf").write_bytes(pdf)
    for words in (
        "Time line of alarm",
        "Person at a running machine",
        "1 person in danger, winch-1 RUNNING (signal)",
        "r1 · Person at a running machine",
        "scene version 1",
        f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} UTC",
        f"{at.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}",
        "+08:00",
        "Acknowledged",
        hill.operator.username,
        "desk 2",
        "Łukasz 去看了 <b>#let</b> *$* 李堃 [U+1F600]",
        "people are blurred",
        "nothing was recorded",
        "inquiry 7",
        str(bundle.uid),
        f"link {content['root']}",
    ):
        assert words in told, words
    solid = told.replace(" ", "")
    for digest in (
        clip.sha256,
        hashlib.sha256(JPEG).hexdigest(),
        hashlib.sha256(picture).hexdigest(),
        listed[f"{folder}/clips/{clip.uid}/clip-covered.mp4"]["sha256"],
        *(link["hash"] for link in links if link["record"] and "alarm" in link["record"]["action"]),
    ):
        assert digest in solid, digest
    assert "时间线" in text_of(chinese) and hill.operator.username in text_of(chinese)
    assert listed[f"{folder}/timeline-en.pdf"]["sha256"] == hashlib.sha256(english).hexdigest()


def test_the_same_facts_give_the_same_bytes_and_letters_lie_in_the_file(hill: Cast, tmp_path):
    alarm = an_alarm(hill.lamp_hill, jpeg=JPEG)
    with_picture = {"picture": JPEG, "picture_at": NOON}
    first = paper(alarm, tmp_path, "zh-hans", **with_picture)
    assert first == paper(alarm, tmp_path, "zh-hans", **with_picture)
    assert first != paper(alarm, tmp_path, "en", **with_picture)
    assert b"pdfaid" in first and b"FontFile2" in first  # an archive's PDF, with its letters


def test_a_damaged_picture_and_hundreds_of_steps_are_no_hindrance(hill: Cast, tmp_path):
    alarm = an_alarm(hill.lamp_hill)
    steps = [alarm.transitions.get() for _ in range(300)]
    for step in steps:
        step.pk, step.note = None, NOTE * 8
    alarm.transitions.model.objects.bulk_create(steps)
    pdf = paper(alarm, tmp_path, picture=b"\xff\xd8 no picture", picture_at=NOON)
    assert "The picture that was kept cannot be read." in text_of(pdf)
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) > 10
    document.close()


def test_what_our_letters_lack_is_told_by_its_number():
    assert shown("李堃 Ünal – “a” Łódź 5 °C ≤ ×") == "李堃 Ünal – “a” Łódź 5 °C ≤ ×"
    assert shown("a\u202eb \N{GRINNING FACE}\x00") == "a[U+202E]b [U+1F600][U+0000]"
