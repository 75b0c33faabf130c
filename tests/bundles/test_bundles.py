"""Bundles: asked for, packed from the real store, proved offline, and false when touched."""

import hashlib
import json
import random
import shutil
import subprocess
import sys
import uuid
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Membership
from apps.alarms.answers import alarm_acknowledge
from apps.alarms.models import Alarm
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.bundles import contents, services
from apps.bundles.models import Bundle
from apps.bundles.selectors import bundles_due, bundles_old
from apps.bundles.services import bundle_ask, bundle_make
from apps.bundles.tasks import forget
from apps.evidence import storage
from apps.evidence.cuts import clip_cut
from apps.evidence.models import Clip
from apps.evidence.services import clip_make
from apps.evidence.storage import StorageError, get_file, put_bytes
from apps.ledger import verify
from apps.ledger.models import Root, SigningKey
from apps.ledger.services import key_rotate, ledger_seal
from apps.privacy.services import unblur_agree, unblur_ask
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm
from tests.film import record_chunks
from workers.media.ring import Ring


@pytest.fixture
def hill(cast: Cast, settings, tmp_path):
    settings.RING_DIR = tmp_path / "ring"
    settings.RING_MIN_FREE_BYTES = 0
    settings.VAR = tmp_path / "var"
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


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


@pytest.fixture
def taken(hill: Cast, tmp_path) -> Path:
    """A bundle of one alarm, with acts about something else before, between and after."""
    other = {"subject": "row", "mine_id": hill.lamp_hill.mine.pk, "part": "test"}
    record(action="other.before", **other)
    alarm = an_alarm_with_clip(hill, tmp_path)
    record(action="other.between", **other, detail={"secret": "nobody's business"})
    return packed(ask(hill, alarm), tmp_path)


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


def test_the_key_that_the_mine_gave_by_another_way_is_asked_for(taken: Path):
    public = SigningKey.objects.get().public
    assert run(taken, "--key", public)[0] == 0
    rc, said = run(taken, "--key", "ab" * 32)
    assert rc == 1 and "not by the one you gave" in said


def test_a_key_that_changed_between_two_acts_is_no_fault(hill: Cast, tmp_path):
    alarm = an_alarm_with_clip(hill, tmp_path)
    key_rotate(mine=hill.lamp_hill.mine)
    key_rotate(mine=hill.lamp_hill.mine)
    assert run(packed(ask(hill, alarm), tmp_path))[0] == 0


def opened(taken: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(taken) as archive:
        archive.extractall(folder)
    return folder


def faults(folder: Path) -> list[str]:
    return list(verify.bundle_faults(verify.Bundle(folder)))


def test_two_hundred_bundles_with_one_byte_changed_are_all_found_and_the_file_is_named(
    taken: Path, tmp_path
):
    rng = random.Random(20261126)
    folder = opened(taken, tmp_path / "open")
    assert faults(folder) == []
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for number in range(200):
        path = files[number % len(files)]
        content = bytearray(path.read_bytes())
        at = rng.randrange(len(content))
        before = content[at]
        content[at] ^= rng.randrange(1, 256)
        path.write_bytes(content)
        name = path.relative_to(folder).as_posix()
        told = faults(folder)
        assert any(name in fault for fault in told), (number, name, at, told)
        content[at] = before
        path.write_bytes(content)


@pytest.mark.parametrize("how", ["removed", "inserted", "changed"])
def test_a_forged_ledger_is_found_at_its_place_even_where_the_list_of_files_follows(
    taken: Path, tmp_path, how: str
):
    """Whoever had the mine's key could sign the list anew; the chain and its roots still tell."""
    folder = opened(taken, tmp_path / "open")
    path = folder / "ledger.jsonl"
    links = [json.loads(line) for line in path.read_text().splitlines()]
    place = len(links) // 2
    number = links[place]["number"]
    if how == "removed":
        del links[place]
    elif how == "inserted":
        links.insert(place, {**links[place], "record": None})
    else:
        links[place]["digest"] = "ab" * 32
        links[place]["record"] = None
    path.write_text("".join(json.dumps(link) + "\n" for link in links))
    bundle = verify.Bundle(folder)
    content = json.loads(bundle.read("bundle.json"))
    signer = json.loads(bundle.read("bundle.sig"))["key"]
    listed = {entry["path"]: entry for entry in content["files"]}
    told = list(verify._record_faults(bundle, content, listed, signer))
    assert any(f"link {number} " in fault for fault in told), told


def test_two_hundred_ledgers_with_one_row_touched_are_all_found(taken: Path, tmp_path):
    """At random: a row removed, doubled, moved, or one of its letters changed; the list follows."""
    rng = random.Random(20261127)
    folder = opened(taken, tmp_path / "open")
    path = folder / "ledger.jsonl"
    rows = path.read_text().splitlines()
    bundle = verify.Bundle(folder)
    content = json.loads(bundle.read("bundle.json"))
    signer = json.loads(bundle.read("bundle.sig"))["key"]
    listed = {entry["path"]: entry for entry in content["files"]}
    assert list(verify._record_faults(bundle, content, listed, signer)) == []
    for number in range(200):
        touched, at = list(rows), rng.randrange(len(rows))
        how = number % 4
        if how == 0:
            del touched[at]
        elif how == 1:
            touched.insert(at, rng.choice(rows))
        elif how == 2:
            other = (at + rng.randrange(1, len(rows))) % len(rows)
            touched[at], touched[other] = touched[other], touched[at]
        else:
            link = json.loads(touched[at])
            name = rng.choice(["digest", "hash", "previous"])
            place = rng.randrange(64)
            letter = "1" if link[name][place] == "0" else "0"
            link[name] = link[name][:place] + letter + link[name][place + 1 :]
            touched[at] = json.dumps(link)
        path.write_text("".join(row + "\n" for row in touched))
        assert any("ledger.jsonl" in fault for fault in faults(folder)), (number, how, at)
        if how or at:  # where the chain begins, the signed list of files alone tells
            told = list(verify._record_faults(verify.Bundle(folder), content, listed, signer))
            assert told, (number, how, at)


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
        shown.append(page.partition('<progress max="100" value="')[2].partition('"')[0])
        gives(key, path)

    monkeypatch.setattr(contents, "get_file", watched)
    packed(bundle, tmp_path)
    assert shown == ["0", "50"]


def test_what_is_missing_added_or_there_twice_is_named(taken: Path, tmp_path):
    folder = opened(taken, tmp_path / "open")
    (folder / "roots.json").rename(folder / "added.txt")
    assert faults(folder) == [
        "added.txt: does not belong to the bundle",
        "roots.json: is missing",
    ]
    with zipfile.ZipFile(taken, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("README.txt", b"another")
    rc, said = run(taken)
    assert rc == 1 and "README.txt: is there twice" in said


def test_a_damaged_or_absent_file_is_told_in_words(tmp_path, taken: Path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(taken.read_bytes()[: taken.stat().st_size // 2])
    assert verify.main([str(broken)]) == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    assert verify.main([str(empty)]) == 1
    assert verify.main([str(tmp_path / "nowhere")]) == 1


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
    for wrong, status in ((uuid.uuid4(), 404), ("nothing", 400)):
        answer = client.post("/bundles/new/", {"clips": str(wrong), "purpose": "inquiry 7"})
        assert answer.status_code == status


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
