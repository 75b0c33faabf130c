"""Bundles: asked for, packed from the real store, and what lies in them."""

import hashlib
import json
import uuid
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Membership, Role
from apps.accounts.services import member_set
from apps.audit.models import AuditEntry
from apps.bundles import contents, services
from apps.bundles.models import Bundle
from apps.bundles.selectors import bundles_due, bundles_old
from apps.bundles.services import bundle_ask, bundle_make
from apps.bundles.tasks import forget
from apps.cameras.models import Chunk
from apps.evidence import storage
from apps.evidence.boxes import boxes_kept
from apps.evidence.cuts import clip_cut
from apps.evidence.models import Clip
from apps.evidence.services import clip_make
from apps.evidence.storage import StorageError, get_file, put_bytes
from apps.ledger import verify
from apps.ledger.models import Root, SigningKey
from apps.ledger.services import ledger_seal
from apps.privacy.models import Copy, Unblur
from apps.privacy.services import copy_waiting, unblur_agree, unblur_ask
from apps.rules.services import scene_publish
from apps.tenancy.scope import system_scope
from tests.bundles.packing import an_alarm_with_clip, ask, packed, run
from tests.cast import SCENE, Cast, an_alarm
from tests.film import record_chunks
from tests.ledger.chaining import chaining
from workers.media.ring import Ring


def test_a_bundle_holds_everything_about_its_alarm_and_proves_itself(taken: Path, hill: Cast):
    rc, said = run(taken)
    assert rc == 0, said
    assert "inquiry 7" in said and "nothing was recorded" in said
    with zipfile.ZipFile(taken) as archive:
        names = archive.namelist()
        alarm = json.loads(next(archive.read(n) for n in names if n.endswith("alarm.json")))
        content = json.loads(archive.read("bundle.json"))
        ledger = archive.read("ledger.jsonl").decode()
    assert [step["cause"] for step in alarm["steps"]] == ["raised", "acknowledged"]
    assert alarm["steps"][1]["actor"] == hill.operator.username
    assert {name.rpartition("/")[2] for name in names} == {
        *("README.txt", "verify.py", "alarm.json", "snapshot.jpg", "clip.mp4", "manifest.json"),
        *("snapshot-marked.jpg", "findings.json", "chunks.json"),
        *(
            "timeline-en.pdf",
            "timeline-zh.pdf",
            "ledger.jsonl",
            "roots.json",
            "bundle.json",
            "bundle.sig",
        ),
    }
    assert content["asked_by"] == hill.auditor.username
    [gap] = content["known_gaps"]
    assert gap["reason"] == "nothing was recorded"
    # What is about something else is there by its digest alone.
    assert "nobody's business" not in ledger and "alarm.raised" in ledger


def test_boxes_of_what_a_mask_hides_are_left_out_and_the_copy_proves_what_it_is_one_of(
    hill: Cast, tmp_path
):
    camera, at = hill.lamp_hill.camera, timezone.now() - timedelta(seconds=40)
    alarm = an_alarm(hill.lamp_hill, at=at)
    row = record_chunks(Ring(tmp_path / "ring", durable=False), camera, at, 10)[2]
    person = {"label": "person", "score": 0.8}
    boxes = [
        person | {"track": 7, "xyxy": [0.1, 0.4, 0.3, 0.8]},
        person | {"track": 8, "xyxy": [0.7, 0.4, 0.9, 0.8]},
    ]
    Chunk.objects.filter(pk=row.pk).update(
        boxes=boxes_kept([{"t": 0.2, "boxes": boxes}], start_s=0)
    )
    clip = clip_make(clip_id=alarm.clips.get().pk, mine_id=alarm.mine_id)
    mask = [[0.6, 0.3], [1.0, 0.3], [1.0, 1.0], [0.6, 1.0]]
    scene_publish(camera=camera, document=SCENE | {"masks": [mask]}, reason="a locker room")
    out = packed(ask(hill, alarm), tmp_path)
    rc, said = run(out)
    assert rc == 0, said
    folder = f"alarms/{alarm.pk}/clips/{clip.uid}"
    with zipfile.ZipFile(out) as archive:
        assert f"{folder}/boxes.json" not in archive.namelist()
        copy = json.loads(archive.read(f"{folder}/boxes-covered.json"))
        files = {name: archive.read(name) for name in archive.namelist()}
    assert [one["track"] for picture in copy["pictures"] for one in picture["boxes"]] == [7]
    assert copy["covered"]["original_sha256"] == clip.manifest["files"]["boxes.json"]["sha256"]
    # The verifier asks which file it is a copy of, even where the list of files is forged with it.
    copy["covered"]["original_sha256"] = "0" * 64
    files[f"{folder}/boxes-covered.json"] = json.dumps(copy).encode()
    listed = {name: {"sha256": hashlib.sha256(body).hexdigest()} for name, body in files.items()}
    (tmp_path / "forged" / folder).mkdir(parents=True)
    for name in ("boxes-covered.json", "manifest.json"):
        (tmp_path / "forged" / folder / name).write_bytes(files[f"{folder}/{name}"])
    bundle = verify.Bundle(tmp_path / "forged")
    told = list(verify._manifest_faults(bundle, f"{folder}/manifest.json", listed, []))
    assert told == [
        f"{folder}/boxes-covered.json: is a copy of another file than the manifest names"
    ]


def test_the_page_tells_while_it_is_packed_how_much_is_in(hill: Cast, tmp_path, monkeypatch):
    alarm = an_alarm_with_clip(hill, tmp_path)
    clip = alarm.clips.get()
    twin = Clip(**{f.attname: getattr(clip, f.attname) for f in Clip._meta.concrete_fields})
    twin.pk, twin.uid = None, uuid.uuid4()
    twin.wanted_from += timedelta(seconds=1)
    twin.save()
    unblur_agree(
        unblur=unblur_ask(clip=twin, reason="the court's order", actor=hill.auditor),
        actor=hill.admin,
    )
    bundle = ask(hill, alarm)
    client = Client()
    client.force_login(hill.auditor)
    shown: list[str] = []
    gives = contents.get_file

    def watched(key: str, path: Path) -> None:
        page = client.get(f"/bundles/{bundle.uid}/").content.decode()
        assert "people are blurred" not in page  # by two people's word
        shown.append(page.partition('<progress max="100" value="')[2].partition('"')[0])
        gives(key, path)

    monkeypatch.setattr(contents, "get_file", watched)
    packed(bundle, tmp_path)
    assert shown == ["0", "50"]


def test_the_page_tells_while_people_are_blurred_how_far_that_is(hill: Cast, tmp_path):
    alarm = an_alarm_with_clip(hill, tmp_path)
    clip = alarm.clips.get()
    Unblur.objects.update(until=timezone.now())
    bundle = ask(hill, alarm)
    client = Client()
    client.force_login(hill.auditor)
    said = "First people are blurred in its videos: 0 of 1 done."
    assert said in client.get(f"/bundles/{bundle.uid}/").content.decode()
    copy = copy_waiting(clip=clip, original=False)
    assert copy is not None
    Copy.objects.filter(pk=copy.pk).update(state=Copy.State.READY)
    assert "people are blurred" not in client.get(f"/bundles/{bundle.uid}/").content.decode()


def test_the_list_of_bundles_stands_among_the_auditors_other_pages(hill: Cast):
    client = Client()
    client.force_login(hill.auditor)
    page = client.get("/bundles/").content.decode()
    sections = page.partition('<nav class="sections"')[2].partition("</nav>")[0]
    assert '<a href="/bundles/" aria-current="page">' in sections and "/audit/" in sections
    main = page.partition('<nav class="nav"')[2].partition("</nav>")[0]
    assert '<a href="/audit/" aria-current="page">' in main


def test_asking_is_refused_without_purpose_and_for_alarms_of_another_mine(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    with system_scope("test"):
        foreign = an_alarm(hill.deep_vale)
    mine = hill.lamp_hill.mine
    for alarms, purpose, field in (
        ([alarm.pk], "  ", "purpose"),
        ([], "x", "alarms"),
        ([foreign.pk], "x", "alarms"),
        (list(range(501)), "x", "alarms"),
    ):
        with pytest.raises(ValidationError) as refused:
            bundle_ask(mine=mine, alarms=alarms, purpose=purpose, actor=hill.auditor)
        assert set(refused.value.message_dict) == {field}
    assert not Bundle.objects.exists()


def test_a_video_that_was_cut_by_hand_goes_by_itself_with_its_files(hill: Cast, tmp_path):
    start = timezone.now() - timedelta(seconds=60)
    record_chunks(Ring(tmp_path / "ring", durable=False), hill.lamp_hill.camera, start, 20)
    [cut] = clip_cut(
        cameras=[hill.lamp_hill.camera],
        since=start + timedelta(seconds=2),
        until=start + timedelta(seconds=12),
        reason="who carried what",
        actor=hill.operator,
    )
    clip_make(clip_id=cut.pk, mine_id=cut.mine_id)
    client = Client()
    client.force_login(hill.auditor)
    page = client.get(f"/bundles/new/?clips={cut.uid}").content.decode()
    assert f"/clips/{cut.uid}/" in page
    answer = client.post("/bundles/new/", {"clips": str(cut.uid), "purpose": "inquiry 7"})
    bundle = Bundle.objects.get()
    assert answer["Location"] == f"/bundles/{bundle.uid}/"
    out = packed(bundle, tmp_path)
    rc, said = run(out)
    assert rc == 0 and str(cut.uid) in said, said
    folder = f"clips/{cut.uid}/"
    with zipfile.ZipFile(out) as archive:
        names = {n.removeprefix(folder) for n in archive.namelist() if n.startswith(folder)}
        manifest = json.loads(archive.read(f"{folder}manifest.json"))
        ledger = archive.read("ledger.jsonl").decode()
    assert names >= {
        *("clip-covered.mp4", "covered.json", "manifest.json", "chunks.json", "findings.json")
    }
    assert (manifest["reason"], manifest["alarm"]) == ("who carried what", None)
    assert "clip.ready" in ledger and "clip.cut" in ledger
    for wrong, said in ((uuid.uuid4(), "no such video here"), ("nothing", "no such video in")):
        answer = client.post("/bundles/new/", {"clips": str(wrong), "purpose": "inquiry 7"})
        assert answer.status_code == 400 and said in answer.content.decode()


def test_an_alarm_that_is_not_there_is_said_beside_its_box_and_nothing_typed_is_lost(hill: Cast):
    with system_scope("test"):
        foreign = an_alarm(hill.deep_vale)
        clip = foreign.clips.get()
    client = Client()
    client.force_login(hill.auditor)
    pages = []
    for number in (10**9, foreign.pk):
        given = {"alarms": f"{number}, {10**9 + 1}", "purpose": "inquiry 7"}
        answer = client.post("/bundles/new/", given)
        page = answer.content.decode()
        assert answer.status_code == 400
        assert f"There is no alarm {number} here." in page
        assert f'value="{given["alarms"]}"' in page and 'value="inquiry 7"' in page
        errors = {name: list(said) for name, said in answer.context["form"].errors.items()}
        pages.append(str(errors).replace(str(number), "N"))
    assert pages[0] == pages[1], "one of another mine is as one that there never was"
    answer = client.post("/bundles/new/", {"clips": str(clip.uid), "purpose": "inquiry 7"})
    assert answer.status_code == 400 and "no such video here" in answer.content.decode()
    assert not Bundle.objects.exists()


def test_whoever_may_pack_elsewhere_is_not_offered_it_here(hill: Cast):
    with system_scope("test"):
        clip = an_alarm(hill.deep_vale).clips.get()
        Clip.objects.filter(pk=clip.pk).update(state=Clip.State.READY, key="x", sha256="0" * 64)
        member_set(mine=hill.deep_vale.mine, user=hill.auditor, role=Role.OPERATOR)
    client = Client()
    client.force_login(hill.auditor)
    page = client.get(f"/clips/{clip.uid}/").content.decode()
    assert f"/clips/{clip.uid}/download/" in page
    assert "/bundles/new/" not in page and "/original/" not in page


def test_packing_twice_packs_once_and_the_record_tells_of_it(hill: Cast, tmp_path):
    bundle = ask(hill, an_alarm(hill.lamp_hill))
    packed(bundle, tmp_path)
    assert bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id) is None
    acts = AuditEntry.objects.filter(subject=f"bundle:{bundle.pk}").order_by("pk")
    assert [act.action for act in acts] == ["bundle.asked", "bundle.ready"]


def test_a_clip_that_is_not_made_yet_is_a_known_gap(hill: Cast, tmp_path):
    out = packed(ask(hill, an_alarm(hill.lamp_hill)), tmp_path)
    rc, said = run(out)
    assert rc == 0 and "was not made yet" in said


def attempts(bundle: Bundle, times: int) -> Bundle:
    for _ in range(times):
        Bundle.objects.update(next_attempt_at=timezone.now())
        bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id)
    bundle.refresh_from_db()
    return bundle


def test_a_bundle_waits_until_the_store_is_back(hill: Cast, tmp_path, settings):
    there = settings.S3_ENDPOINT_URL
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    bundle = attempts(ask(hill, an_alarm(hill.lamp_hill)), services.MOST_ATTEMPTS + 2)
    assert bundle.state == Bundle.State.PENDING and "does not answer" in bundle.error
    assert bundle.attempts == services.MOST_ATTEMPTS + 2
    assert bundles_due() == [], "not due at once"
    assert not Root.objects.exists(), "nothing is signed for a file that cannot be stored"
    settings.S3_ENDPOINT_URL = there
    Bundle.objects.update(next_attempt_at=timezone.now())
    assert run(packed(bundle, tmp_path))[0] == 0


def test_a_video_that_the_store_has_not_any_more_ends_the_wait(hill: Cast, tmp_path):
    alarm = an_alarm_with_clip(hill, tmp_path)
    storage.remove(alarm.clips.get().key)
    bundle = attempts(ask(hill, alarm), services.MOST_ATTEMPTS)
    assert bundle.state == Bundle.State.FAILED and "did not give" in bundle.error
    assert bundles_due() == []


def test_a_clip_that_the_store_changed_is_never_packed(hill: Cast, tmp_path):
    alarm = an_alarm_with_clip(hill, tmp_path)
    clip = alarm.clips.get()
    put_bytes(clip.key, b"something else", content_type="video/mp4")
    bundle = ask(hill, alarm)
    bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id)
    bundle.refresh_from_db()
    assert bundle.state == Bundle.State.FAILED
    assert "another form" in bundle.error


def test_a_packer_who_wakes_late_changes_nothing(hill: Cast, tmp_path, monkeypatch):
    bundle = ask(hill, an_alarm(hill.lamp_hill))
    late = services._pack_and_store

    def overtaken(held: Bundle, folder: Path) -> Bundle | None:
        monkeypatch.setattr(services, "_pack_and_store", late)
        Bundle.objects.filter(pk=held.pk).update(next_attempt_at=timezone.now())
        assert bundle_make(bundle_id=held.pk, mine_id=held.mine_id) is not None
        return late(held, folder)

    monkeypatch.setattr(services, "_pack_and_store", overtaken)
    assert bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id) is None
    bundle.refresh_from_db()
    out = tmp_path / "first.zip"
    get_file(bundle.key, out)
    assert hashlib.sha256(out.read_bytes()).hexdigest() == bundle.sha256


def test_after_thirty_days_the_store_forgets_it_and_the_record_does_not(hill: Cast, tmp_path):
    bundle = ask(hill, an_alarm(hill.lamp_hill))
    packed(bundle, tmp_path)
    key = bundle.key
    assert bundles_old() == []
    Bundle.objects.update(asked_at=timezone.now() - timedelta(days=31))
    forget()
    bundle.refresh_from_db()
    assert (bundle.key, bundle.error) == ("", "removed after 30 days")
    with pytest.raises(StorageError):
        storage.size_of(key)
    assert AuditEntry.objects.filter(action="bundle.removed").count() == 1


def test_what_was_chained_before_the_bundle_was_asked_for_is_in_its_chain(hill: Cast, tmp_path):
    alarm = an_alarm(hill.lamp_hill)
    ledger_seal(mine_id=hill.lamp_hill.mine.pk)
    out = packed(ask(hill, alarm), tmp_path)
    with zipfile.ZipFile(out) as archive:
        links = [json.loads(line) for line in archive.read("ledger.jsonl").splitlines()]
        root = json.loads(archive.read("bundle.json"))["root"]
    assert links[0]["record"]["action"] == "alarm.raised"
    assert links[-1]["number"] == root
    assert [link["number"] for link in links] == list(range(links[0]["number"], root + 1))


def test_a_bundle_that_is_packed_while_the_record_is_chained_waits_for_it(hill: Cast, tmp_path):
    alarm = an_alarm_with_clip(hill, tmp_path)
    bundle = ask(hill, alarm)
    with chaining(hill.lamp_hill.mine.pk):  # as the beat does every two seconds
        out = packed(bundle, tmp_path)
    assert run(out)[0] == 0


def test_an_auditor_asks_on_a_page_follows_it_and_takes_it_away(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    client = Client()
    client.force_login(hill.auditor)
    assert f"/bundles/new/?alarms={alarm.pk}" in client.get(f"/alarms/{alarm.pk}/").content.decode()
    refused = client.post("/bundles/new/", {"alarms": "12, x", "purpose": "inquiry 7"})
    assert refused.status_code == 400
    text = refused.content.decode()
    assert "x is not the number of an alarm." in text and "inquiry 7" in text
    answer = client.post("/bundles/new/", {"alarms": str(alarm.pk), "purpose": "inquiry 7"})
    page = client.get(answer["Location"]).content.decode()
    assert "It is being packed" in page and 'http-equiv="refresh"' in page
    bundle = Bundle.objects.get()
    bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id)
    page = client.get(answer["Location"]).content.decode()
    assert SigningKey.objects.get().public in page and 'http-equiv="refresh"' not in page
    bundle.refresh_from_db()
    taken = b"".join(client.get(f"/bundles/{bundle.uid}/download/").streaming_content)
    assert hashlib.sha256(taken).hexdigest() == bundle.sha256
    act = AuditEntry.objects.filter(action="bundle.download").get()
    assert (act.actor, act.detail["bundle"]) == (hill.auditor, str(bundle.uid))
    assert "inquiry 7" in client.get("/bundles/").content.decode()


def test_whose_role_ends_gets_no_further_link(hill: Cast):
    bundle = ask(hill, an_alarm(hill.lamp_hill))
    bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id)
    client = Client()
    client.force_login(hill.admin)
    address = f"/api/v1/bundles/{bundle.uid}/download/"
    assert client.get(address).status_code == 200
    Membership.objects.filter(mine=hill.lamp_hill.mine, user=hill.admin).delete()
    assert client.get(address).status_code == 404
    assert AuditEntry.objects.filter(action="bundle.download").count() == 1
