"""The time line of an alarm as PDF: what it tells, in both languages, and that it can be kept."""

import hashlib
import json
import os
import zipfile
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pypdfium2.raw as raw
import pytest
from django.template.defaultfilters import filesizeformat
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.alarms.answers import alarm_acknowledge
from apps.alarms.models import Alarm
from apps.alarms.services import alarm_clear
from apps.audit.models import AuditEntry
from apps.bundles.models import Sheet
from apps.bundles.paper import Occasion, acts_of, paper_data
from apps.bundles.selectors import KEEP, sheets_due
from apps.bundles.services import bundle_ask, bundle_make
from apps.bundles.sheets import sheet_ask, sheet_make
from apps.bundles.tasks import forget
from apps.bundles.typeset import shown, typeset
from apps.evidence.services import clip_make
from apps.evidence.storage import StorageError, get_file
from apps.ledger import verify
from apps.rules.services import scene_publish
from tests.cast import NOON, SCENE, Cast, an_alarm
from tests.film import record_chunks
from workers.media.ring import Ring

JPEG = (Path(__file__).parent.parent.parent / "docs" / "mine.jpg").read_bytes()
NOTE = "Łukasz 去看了 <b>#let</b> *$* 李堃 \N{GRINNING FACE}"


def text_of(pdf: bytes) -> str:
    """Return what a reader can select in a PDF, its lines joined."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    return " ".join(" ".join(pages).split())


def drawings_of(pdf: bytes) -> list[tuple[str, tuple[float, ...]]]:
    """Return what is drawn on a PDF's first page, pictures and lines, with where, in points."""
    kinds = {raw.FPDF_PAGEOBJ_IMAGE: "image", raw.FPDF_PAGEOBJ_PATH: "path"}
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [
            (kinds[one.type], one.get_bounds())
            for one in document[0].get_objects(max_depth=1)
            if one.type in kinds
        ]
    finally:
        document.close()


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
        filesizeformat(clip.bytes).replace("\xa0", " "),  # as on its page
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


def test_what_was_recorded_with_masks_filled_says_so_on_paper_and_in_the_bundle(
    hill: Cast, tmp_path, capsys
):
    document = SCENE | {"masks": [[[0.0, 0.6], [0.5, 0.6], [0.5, 1.0], [0.0, 1.0]]]}
    version = scene_publish(camera=hill.lamp_hill.camera, document=document, reason="x").version
    at = timezone.now() - timedelta(seconds=40)
    alarm = an_alarm(hill.lamp_hill, at=at, severity="high")
    ring = Ring(tmp_path / "ring", durable=False)
    record_chunks(ring, hill.lamp_hill.camera, at, 1)
    later = at + timedelta(seconds=1)
    record_chunks(ring, hill.lamp_hill.camera, later, 2, first=2, masked_by=version)
    clip = clip_make(clip_id=alarm.clips.get().pk, mine_id=alarm.mine_id)
    bundle = bundle_ask(
        mine=hill.lamp_hill.mine, alarms=[alarm.pk], purpose="inquiry 7", actor=hill.auditor
    )
    bundle = bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id)
    get_file(bundle.key, tmp_path / "taken.zip")
    with zipfile.ZipFile(tmp_path / "taken.zip") as archive:
        content = json.loads(archive.read("bundle.json"))
        readme = archive.read("README.txt").decode()
        english, chinese = (
            text_of(archive.read(f"alarms/{alarm.pk}/timeline-{one}.pdf")) for one in ("en", "zh")
        )
    assert content["recorded_masked"] == [
        {
            "clip": str(clip.uid),
            "camera": clip.camera_id,
            "chunks": 2,
            "of_chunks": 3,
            "scene_versions": [version],
        }
    ]
    assert "recorded_masked" in readme and "填充遮罩" in readme
    assert verify.main([str(tmp_path / "taken.zip")]) == 0
    assert f"2 of 3 chunks were recorded with masks filled (scene version {version})" in (
        capsys.readouterr().out
    )
    words = f"filled when it was recorded, in 2 chunks, by version {version} of the zones"
    assert f"Masks: {words}" in english
    assert words not in chinese and "录像时已填充" in chinese


def taken_as(person, sheet: Sheet):
    client = Client()
    client.force_login(person)
    return client.get(reverse("sheet-download", args=[sheet.uid]))


def test_an_alarm_s_page_gives_its_time_line_with_a_receipt(hill: Cast, tmp_path):
    alarm = an_alarm(hill.lamp_hill, jpeg=JPEG)
    client = Client()
    client.force_login(hill.auditor)
    address = reverse("sheet-ask", args=[alarm.pk])
    assert address in client.get(reverse("alarm", args=[alarm.pk])).content.decode()
    page = client.post(address, {"language": "zh-hans"})["Location"]
    assert client.post(address, {"language": "zh-hans"})["Location"] == page  # twice is as once
    assert b'http-equiv="refresh"' in client.get(page).content
    assert client.get(f"{page}download/").status_code == 404
    [due] = sheets_due()
    sheet = sheet_make(sheet_id=due[0], mine_id=due[1])
    assert sheet is not None and sheets_due() == []
    assert sheet_make(sheet_id=due[0], mine_id=due[1]) is None
    shown_page = client.get(page).content.decode()
    assert sheet.sha256 in shown_page and 'data-zone="Asia/Shanghai"' in shown_page
    answer = client.get(f"{page}download/")
    pdf = b"".join(answer.streaming_content)
    assert f"davy-alarm-{alarm.pk}-timeline-zh.pdf" in answer["Content-Disposition"]
    assert hashlib.sha256(pdf).hexdigest() == sheet.sha256
    told = text_of(pdf)
    original = hashlib.sha256(JPEG).hexdigest()
    assert "时间线" in told and hill.auditor.username in told and original in told.replace(" ", "")
    assert "verify.py" not in told, "what proves it does not lie beside it"
    acts = AuditEntry.objects.filter(action__startswith="sheet.").order_by("pk")
    assert [(a.action, a.subject, a.detail["sha256"]) for a in acts] == [
        ("sheet.made", f"alarm:{alarm.pk}", sheet.sha256),
        ("sheet.download", f"alarm:{alarm.pk}", sheet.sha256),
    ]
    assert sheet.sha256[:16] in client.get(reverse("receipts")).content.decode()
    assert sheet.sha256 in client.get(reverse("receipt", args=[acts[1].pk])).content.decode()
    assert taken_as(hill.owner, sheet)["Location"].startswith("http")
    assert taken_as(hill.operator, sheet).status_code == 403


def test_a_paper_s_page_says_in_chinese_when_it_was_asked_for_and_no_span_of_time(hill: Cast):
    asked = sheet_ask(alarm=an_alarm(hill.lamp_hill), language="en", actor=hill.owner)
    client = Client(headers={"Accept-Language": "zh-hans"})
    client.force_login(hill.owner)
    page = client.get(reverse("sheet", args=[asked.uid])).content.decode()
    assert "<dt>申请时间</dt>" in page and "要求时段" not in page


def test_a_sheet_waits_for_the_store_and_is_forgotten_after_a_month(hill: Cast, tmp_path, settings):
    asked = sheet_ask(alarm=an_alarm(hill.lamp_hill), language="en", actor=hill.owner)
    about = {"sheet_id": asked.pk, "mine_id": asked.mine_id}
    there = settings.S3_ENDPOINT_URL
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    for _ in range(8):
        assert sheet_make(**about) is None
        Sheet.objects.update(next_attempt_at=timezone.now())
    asked.refresh_from_db()
    assert asked.state == Sheet.State.PENDING and asked.attempts == 8 and asked.error
    settings.S3_ENDPOINT_URL = there
    made = sheet_make(**about)
    get_file(made.key, tmp_path / "sheet.pdf")
    assert "No picture was kept." in text_of((tmp_path / "sheet.pdf").read_bytes())
    Sheet.objects.update(asked_at=timezone.now() - KEEP - timedelta(seconds=1))
    forget()
    assert not Sheet.objects.exists()
    with pytest.raises(StorageError):
        get_file(made.key, tmp_path / "sheet.pdf")


def test_the_same_facts_give_the_same_bytes_and_letters_lie_in_the_file(hill: Cast, tmp_path):
    alarm = an_alarm(hill.lamp_hill, jpeg=JPEG)
    with_picture = {"picture": JPEG, "picture_at": NOON}
    first = paper(alarm, tmp_path, "zh-hans", **with_picture)
    assert first == paper(alarm, tmp_path, "zh-hans", **with_picture)
    assert first != paper(alarm, tmp_path, "en", **with_picture)
    assert b"pdfaid" in first and b"FontFile2" in first  # an archive's PDF, with its letters


def test_a_paper_says_that_nobody_watches_any_more_and_not_that_it_is_over(hill: Cast, tmp_path):
    an_alarm(hill.lamp_hill)
    alarm = alarm_clear(
        camera=hill.lamp_hill.camera, rule="r1", situation="r1:1", at=NOON,
        unwatched="the rule was switched off",
    )  # fmt: skip
    said = text_of(paper(alarm, tmp_path))
    assert "No longer watched: the rule was switched off" in said
    assert "no longer watched, not answered" in said
    assert "Over" not in said
    assert "不再监视：规则已停用" in text_of(paper(alarm, tmp_path, "zh-hans"))


def test_page_and_paper_call_the_machine_as_the_reason_does(hill: Cast, tmp_path):
    values = {"zone": "danger", "machine": "winch-1", "machine_state": "RUNNING"}
    phrases = [
        ["1 person in %(zone)s", {"zone": "滚筒区"}],
        ["%(machine)s %(state)s (%(source)s)", {
            "machine": "一号绞车", "state": "RUNNING", "source": "signal",
        }],
    ]  # fmt: skip
    alarm = an_alarm(hill.lamp_hill, values={**values, "phrases": phrases})
    told = text_of(paper(alarm, tmp_path, "zh-hans"))
    assert "滚筒区 内有 1 人" in told and "一号绞车: 运行" in told and "winch-1" not in told
    client = Client()
    client.force_login(hill.operator)
    page = client.get(reverse("alarm", args=[alarm.pk])).content.decode()
    assert "<dd>一号绞车: <strong>" in page


def test_the_picture_on_paper_shows_the_zone_and_the_boxes_as_the_pages_do(hill: Cast, tmp_path):
    alarm = an_alarm(hill.lamp_hill, jpeg=JPEG)
    shown = {"picture": JPEG, "picture_at": NOON}
    alarm.picture = {}
    bare = drawings_of(paper(alarm, tmp_path, **shown))
    alarm.picture = {
        "zone": [[0.25, 0.5], [0.75, 0.5], [0.75, 1.0]],
        "boxes": [[0.5, 0.25, 0.625, 0.75, 0.8]],
    }
    pdf = paper(alarm, tmp_path, **shown)
    (picture,) = [box for kind, box in drawings_of(pdf) if kind == "image"]
    left, bottom, right, top = picture
    over = [
        [round((x - left) / (right - left), 2) for x in (box[0], box[2])]
        + [round((top - y) / (top - bottom), 2) for y in (box[3], box[1])]
        for kind, box in drawings_of(pdf)
        if kind == "path" and box[0] > left + 1 and box[3] < top - 1 and box[1] > bottom - 9
    ]
    # Each with half of its line around it.
    for wanted in ([0.25, 0.75, 0.5, 1.0], [0.5, 0.63, 0.25, 0.75]):
        near = [all(abs(a - b) < 0.03 for a, b in zip(one, wanted, strict=True)) for one in over]
        assert sum(near) >= 2, (wanted, over)  # a line, and a dark one beneath it
    assert len(drawings_of(pdf)) > len(bare)
    assert "Drawn over it: the zone, and what was found (boxes)." in text_of(pdf)


def test_a_paper_says_how_long_after_the_alarm_its_picture_was_taken(hill: Cast, tmp_path):
    alarm = an_alarm(hill.lamp_hill, at=NOON, jpeg=JPEG)
    assert "The moment of the alarm" in text_of(
        paper(alarm, tmp_path, picture=JPEG, picture_at=NOON)
    )
    later = {"picture": JPEG, "picture_at": NOON + timedelta(seconds=12.3)}
    told = text_of(paper(alarm, tmp_path, **later))
    assert "12.3 s after the alarm was raised" in told and "The moment of the alarm" not in told


def test_no_letter_of_a_paper_stands_in_the_margin(hill: Cast, tmp_path):
    # No line may break before a digit: this name has nowhere to.
    uid = "08246955-6e09-4035-9d8f-5cf5f65e6583"
    at = NOON.isoformat()
    gaps = [{"clip": uid, "from": at, "until": at, "reason": "nothing was recorded"}]
    pdf = paper(an_alarm(hill.lamp_hill), tmp_path, gaps=gaps, bundle=uid, purpose="inquiry 7")
    assert uid in text_of(pdf).replace(" ", "")
    document = pypdfium2.PdfDocument(pdf)
    margin_pt = 18 / 25.4 * 72
    for page in document:
        text = page.get_textpage()
        ends = [text.get_charbox(index)[2] for index in range(text.count_chars())]
        assert max(ends) < page.get_width() - margin_pt + 1
    document.close()


def test_a_row_of_a_paper_is_not_torn_by_the_end_of_a_page(hill: Cast, tmp_path):
    alarm = an_alarm(hill.lamp_hill)
    gap = {"until": NOON.isoformat(), "reason": "nothing was recorded " * 3}
    gaps = [
        gap | {"from": (NOON - timedelta(minutes=n)).isoformat(), "clip": f"{n:08d}-{n:027d}"}
        for n in range(60)
    ]
    document = pypdfium2.PdfDocument(paper(alarm, tmp_path, gaps=gaps))
    pages = [page.get_textpage().get_text_range() for page in document]
    document.close()
    whole = [" ".join(page.split()).count("nothing was recorded") for page in pages]
    assert sum(whole) == 180 and all(count % 3 == 0 for count in whole)


def test_steps_are_told_in_the_order_in_which_they_happened(hill: Cast, tmp_path):
    alarm = an_alarm(hill.lamp_hill)
    alarm_acknowledge(alarm=alarm, actor=hill.operator, note="on the way")
    over = NOON + timedelta(seconds=5)  # its analysis came late
    alarm_clear(camera=alarm.camera, rule=alarm.rule, situation=alarm.situation, at=over)
    client = Client()
    client.force_login(hill.auditor)
    pages = [client.get(reverse(name, args=[alarm.pk])) for name in ("alarm", "case")]
    told = [text_of(paper(alarm, tmp_path)), *(page.content.decode() for page in pages)]
    for text in told:
        text = text[text.index("What happened") :]
        assert text.index("Raised") < text.index("Over") < text.index("Acknowledged"), text


def test_a_damaged_picture_and_hundreds_of_steps_are_no_hindrance(hill: Cast, tmp_path):
    alarm = an_alarm(hill.lamp_hill)
    steps = [alarm.transitions.get() for _ in range(300)]
    for step in steps:
        step.pk, step.note = None, NOTE * 8
    alarm.transitions.model.objects.bulk_create(steps)
    pdf = paper(alarm, tmp_path, picture=b"\xff\xd8 no picture", picture_at=NOON)
    assert "The picture that was kept cannot be read." in text_of(pdf)
    alarm.picture = {"at": NOON.isoformat()}
    assert "The picture was deleted with its video." in text_of(paper(alarm, tmp_path))
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) > 10
    document.close()


def test_what_our_letters_lack_is_told_by_its_number():
    assert shown("李堃 Ünal – “a” Łódź 5 °C ≤ ×") == "李堃 Ünal – “a” Łódź 5 °C ≤ ×"
    assert shown("a\u202eb \N{GRINNING FACE}\x00") == "a[U+202E]b [U+1F600][U+0000]"
