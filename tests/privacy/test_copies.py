"""What leaves the house is a covered copy: people blurred, masks filled, the evidence untouched."""

import io
import json
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import av
import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.services import member_set
from apps.audit.models import AuditEntry
from apps.bundles.services import bundle_ask, bundle_make
from apps.evidence.expiry import clip_finish, clip_remove
from apps.evidence.locking import objects_of, place_of
from apps.evidence.models import Clip
from apps.evidence.storage import get_file, keys_under
from apps.live.models import Event
from apps.privacy import services
from apps.privacy.models import Copy, Unblur
from apps.privacy.selectors import copies_due
from apps.privacy.services import (
    NotMade,
    clip_given,
    copy_make,
    copy_waiting,
    unblur_agree,
    unblur_ask,
    unblur_refuse,
    unblur_take_back,
)
from apps.privacy.spans import span_agree, span_ask, span_open, span_unblur_ask
from apps.rules.services import scene_publish
from apps.tenancy.scope import system_scope
from tests.cast import SCENE, Cast

CORNER = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.9], [0.0, 0.9]]


def made(clip: Clip) -> Copy:
    [(pk, mine_id)] = copies_due()
    copy = copy_make(copy_id=pk, mine_id=mine_id)
    assert copy is not None
    return copy


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def in_store(key: str, to: Path) -> bytes:
    get_file(key, to)
    return to.read_bytes()


def test_a_download_is_a_blurred_copy_that_is_made_first(hill: Cast, clip: Clip, tmp_path):
    client, address = signed_in(hill.operator), reverse("clip-download", args=[clip.uid])
    waiting = client.get(address)
    assert waiting.status_code == 202 and b'http-equiv="refresh"' in waiting.content
    assert not AuditEntry.objects.filter(action="clip.download").exists()
    copy = made(clip)
    assert copies_due() == []
    link = client.get(address)["Location"]
    assert copy.key in link and f"davy-{clip.uid}-covered.mp4" in link
    took = AuditEntry.objects.get(action="clip.download").detail
    assert took["blurred"] and took["sha256"] == copy.sha256
    assert took["original_sha256"] == clip.sha256
    assert sha256(in_store(copy.key, tmp_path / "copy.mp4")).hexdigest() == copy.sha256
    original = in_store(clip.key, tmp_path / "clip.mp4")
    assert sha256(original).hexdigest() == clip.sha256, "evidence is never altered"
    with av.open(str(tmp_path / "copy.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 40


def test_who_waited_for_a_copy_is_told_that_its_download_has_begun(hill: Cast, clip: Clip):
    client, address = signed_in(hill.operator), reverse("clip-download", args=[clip.uid])
    waiting = client.get(address).content.decode()
    assert f'content="3; url={address}?waited=1"' in waiting
    made(clip)
    page = client.get(f"{address}?waited=1").content.decode()
    assert "The download has begun. If it did not:" in page and "being made" not in page
    assert f'content="0; url={address}"' in page and f'<a href="{address}">' in page
    assert not AuditEntry.objects.filter(action="clip.download").exists(), "nothing was taken yet"
    assert client.get(address).status_code == 302
    assert AuditEntry.objects.filter(action="clip.download").count() == 1


def test_a_mask_covers_the_video_in_every_player_and_every_copy(hill: Cast, clip: Clip, tmp_path):
    scene_publish(
        camera=hill.lamp_hill.camera, document=SCENE | {"masks": [CORNER]}, reason="window"
    )
    play = reverse("clip-play", args=[clip.uid])
    assert signed_in(hill.operator).get(play).status_code == 202, "rather nothing than uncovered"
    copy = made(clip)
    assert not copy.blurred and copy.masks == [CORNER]
    assert copy.key in signed_in(hill.operator).get(play)["Location"]
    in_store(copy.key, tmp_path / "copy.mp4")
    with av.open(str(tmp_path / "copy.mp4")) as container:
        for frame in container.decode(video=0):
            part = frame.to_ndarray(format="gray")[:150, :150]
            assert np.ptp(part) < 20 and part.mean() < 40


def test_who_asks_for_a_video_without_blur_needs_a_second_person(hill: Cast, clip: Clip):
    with pytest.raises(ValidationError, match="two people"):
        clip_given(clip=clip, taken=True, original=True)
    auditor, admin = signed_in(hill.auditor), signed_in(hill.admin)
    page = reverse("clip-original", args=[clip.uid])
    assert auditor.post(page, {"reason": " "}).status_code == 400
    assert auditor.post(page, {"reason": "the court's order 12"}).status_code == 302
    asked = Unblur.objects.get()
    assert auditor.post(reverse("unblur-agree", args=[asked.pk])).status_code == 403
    with pytest.raises(ValidationError, match="second person"):
        unblur_agree(unblur=asked, actor=hill.auditor)
    wanted = reverse("clip-download", args=[clip.uid]) + "?form=original"
    assert signed_in(hill.operator).get(wanted)["Location"] == page
    assert admin.post(reverse("unblur-agree", args=[asked.pk])).status_code == 302
    assert clip.key in signed_in(hill.operator).get(wanted)["Location"]
    acts = AuditEntry.objects.filter(action__startswith="unblur.").order_by("pk")
    assert [(act.action, act.actor.username) for act in acts] == [
        ("unblur.asked", "dora"),
        ("unblur.agreed", "ben"),
    ]
    assert acts[0].detail["reason"] == "the court's order 12"


def test_who_may_agree_finds_what_waits_and_who_asked_reads_who_that_is(hill: Cast, clip: Clip):
    auditor, admin, videos = signed_in(hill.auditor), signed_in(hill.admin), reverse("clips")
    page = reverse("clip-original", args=[clip.uid])
    assert page not in admin.get(videos).content.decode()
    auditor.post(page, {"reason": "the court's order 12"})
    said = auditor.get(page).content.decode()
    assert "must agree: anna, ben" in said
    assert 'name="reason"' not in said, "asked once is enough"
    assert page not in auditor.get(videos).content.decode(), "it is not theirs to agree"
    listed = admin.get(videos).content.decode()
    assert f'href="{page}"' in listed and "the court&#x27;s order 12" in listed
    assert 'name="reason"' in admin.get(page).content.decode(), "of their own they may ask, too"
    admin.post(reverse("unblur-agree", args=[Unblur.objects.get().pk]))
    assert page not in admin.get(videos).content.decode()
    assert "until" in auditor.get(page).content.decode()
    Unblur.objects.update(until=timezone.now())
    assert "over since" in auditor.get(page).content.decode()


def test_who_may_agree_finds_a_span_that_waits(hill: Cast, clip: Clip):
    ends = {"stream": "main", "since": clip.wanted_from, "until": clip.wanted_until}
    span = span_ask(camera=clip.camera, actor=hill.auditor, **ends)
    page, admin = reverse("span", args=[span.uid]), signed_in(hill.admin)
    assert page not in admin.get(reverse("clips")).content.decode()
    span = span_unblur_ask(span=span, reason="inquiry 7", actor=hill.auditor)
    assert "second person: anna, ben" in signed_in(hill.auditor).get(page).content.decode()
    assert f'href="{page}"' in admin.get(reverse("clips")).content.decode()
    span_agree(span=span, actor=hill.admin, word=span.word)
    assert page not in admin.get(reverse("clips")).content.decode()


def test_who_is_refused_a_video_without_blur_is_told_why(hill: Cast, clip: Clip):
    auditor = signed_in(hill.auditor)
    wanted = reverse("clip-download", args=[clip.uid]) + "?form=original"
    assert "needs the word of two people" in auditor.get(wanted, follow=True).content.decode()


def test_who_asked_takes_it_back_and_may_ask_again(hill: Cast, clip: Clip):
    auditor, admin, videos = signed_in(hill.auditor), signed_in(hill.admin), reverse("clips")
    page = reverse("clip-original", args=[clip.uid])
    auditor.post(page, {"reason": "court"})
    asked = Unblur.objects.get()
    back = reverse("unblur-take-back", args=[asked.pk])
    assert back in auditor.get(page).content.decode()
    assert back not in admin.get(page).content.decode()
    told = admin.post(back, follow=True).content.decode()
    assert "Only who asked for it can take it back." in told
    assert "<q>court</q>" in admin.get(videos).content.decode()
    told = auditor.post(back, follow=True).content.decode()
    assert "Taken back." in told and "taken back, " in told and "Ask for it" in told
    assert "<q>court</q>" not in admin.get(videos).content.decode()
    told = admin.post(reverse("unblur-agree", args=[asked.pk]), follow=True).content.decode()
    assert "It was taken back or refused meanwhile." in told
    act = AuditEntry.objects.get(action="unblur.taken_back")
    assert (act.actor, act.detail["reason"]) == (hill.auditor, "court")
    assert Event.objects.filter(kind="unblur.taken_back", payload={"clip": clip.pk}).exists()
    auditor.post(page, {"reason": "the court again"})
    unblur_agree(unblur=Unblur.objects.get(ended_by=None), actor=hill.admin)
    assert clip_given(clip=clip, taken=True, original=True).key == clip.key


def test_a_second_person_refuses_and_says_why(hill: Cast, clip: Clip):
    auditor, admin, videos = signed_in(hill.auditor), signed_in(hill.admin), reverse("clips")
    page = reverse("clip-original", args=[clip.uid])
    auditor.post(page, {"reason": "court"})
    asked = Unblur.objects.get()
    no = reverse("unblur-refuse", args=[asked.pk])
    assert no in admin.get(page).content.decode()
    assert auditor.post(no, {"reason": "x"}).status_code == 403
    with pytest.raises(ValidationError, match="take it back"):
        unblur_refuse(unblur=asked, reason="x", actor=hill.auditor)
    assert "Say why" in admin.post(no, {"reason": " "}, follow=True).content.decode()
    assert Unblur.objects.get().ended_by is None
    admin.post(no, {"reason": "the blurred one serves"})
    assert "<q>court</q>" not in admin.get(videos).content.decode()
    assert "refused by ben: the blurred one serves" in auditor.get(page).content.decode()
    act = AuditEntry.objects.get(action="unblur.refused")
    assert (act.actor, act.detail["why"]) == (hill.admin, "the blurred one serves")
    assert Event.objects.filter(kind="unblur.refused", payload={"clip": clip.pk}).exists()
    with pytest.raises(ValidationError, match="refused meanwhile"):
        unblur_agree(unblur=asked, actor=hill.owner)
    with pytest.raises(ValidationError, match="two people"):
        clip_given(clip=clip, taken=True, original=True)


def test_what_was_agreed_to_is_neither_taken_back_nor_refused(hill: Cast, clip: Clip):
    asked = unblur_ask(clip=clip, reason="x", actor=hill.auditor)
    unblur_agree(unblur=asked, actor=hill.admin)
    with pytest.raises(ValidationError, match="agreed to it meanwhile"):
        unblur_take_back(unblur=asked, actor=hill.auditor)
    with pytest.raises(ValidationError, match="agreed to it meanwhile"):
        unblur_refuse(unblur=asked, reason="late", actor=hill.owner)
    ended = {"ended_by": hill.auditor, "ended_at": timezone.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Unblur.objects.update(**ended)
    silent = unblur_ask(clip=clip, reason="y", actor=hill.admin)
    with pytest.raises(IntegrityError), transaction.atomic():
        Unblur.objects.filter(pk=silent.pk).update(**ended)


def test_the_database_refuses_one_person_s_word(hill: Cast, clip: Clip):
    asked = unblur_ask(clip=clip, reason="x", actor=hill.admin)
    with pytest.raises(IntegrityError), transaction.atomic():
        Unblur.objects.filter(pk=asked.pk).update(agreed_by=hill.admin)


def test_two_people_s_word_holds_for_seven_days(hill: Cast, clip: Clip):
    unblur_agree(unblur=unblur_ask(clip=clip, reason="x", actor=hill.auditor), actor=hill.admin)
    assert clip_given(clip=clip, taken=True, original=True).key == clip.key
    with system_scope("test"):
        Unblur.objects.update(until=timezone.now())
    with pytest.raises(ValidationError):
        clip_given(clip=clip, taken=True, original=True)


@pytest.mark.parametrize("who", ["auditor", "admin"])
def test_the_word_of_somebody_who_lost_the_role_holds_no_longer(hill: Cast, clip: Clip, who: str):
    mine, camera, person = hill.lamp_hill.mine, clip.camera, getattr(hill, who)
    unblur_agree(unblur=unblur_ask(clip=clip, reason="x", actor=hill.auditor), actor=hill.admin)
    ends = {"stream": "main", "since": clip.wanted_from, "until": clip.wanted_until}
    span = span_ask(camera=camera, actor=hill.auditor, **ends)
    span = span_unblur_ask(span=span, reason="x", actor=hill.auditor)
    span_agree(span=span, actor=hill.admin, word=span.word)
    assert clip_given(clip=clip, taken=True, original=True).key == clip.key
    assert span_open(camera=camera, **ends)
    owner, pages = signed_in(hill.owner), (f"/clips/{clip.uid}/original/", f"/spans/{span.uid}/")
    assert all("ben, until" in owner.get(page).content.decode() for page in pages)
    member_set(mine=mine, user=person, role="operator", actor=hill.owner)
    with pytest.raises(ValidationError, match="two people"):
        clip_given(clip=clip, taken=True, original=True)
    assert not span_open(camera=camera, **ends)
    assert all("ben, holds no more" in owner.get(page).content.decode() for page in pages)


def test_a_bundle_holds_the_blurred_copy_and_its_verifier_knows_it(
    hill: Cast, clip: Clip, tmp_path
):
    bundle = bundle_ask(
        mine=hill.lamp_hill.mine, alarms=[clip.alarm_id], purpose="inquiry", actor=hill.auditor
    )
    assert bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id) is not None
    bundle.refresh_from_db()
    taken = tmp_path / "b.zip"
    get_file(bundle.key, taken)
    folder = f"alarms/{clip.alarm_id}/clips/{clip.uid}"
    with zipfile.ZipFile(io.BytesIO(taken.read_bytes())) as archive:
        assert f"{folder}/clip.mp4" not in archive.namelist()
        told = json.loads(archive.read(f"{folder}/covered.json"))
        (tmp_path / "verify.py").write_bytes(archive.read("verify.py"))
    assert told["original_sha256"] == clip.sha256 and told["people_blurred"]
    proved = subprocess.run(
        [sys.executable, "-I", tmp_path / "verify.py", taken], capture_output=True, check=False
    )
    assert proved.returncode == 0, proved.stdout + proved.stderr


def test_a_clip_that_cannot_be_covered_is_not_given_away(hill: Cast, clip: Clip, tmp_path):
    from apps.evidence.storage import put_bytes

    put_bytes(clip.key, b"no video", content_type="video/mp4")
    Clip.objects.filter(pk=clip.pk).update(sha256=sha256(b"no video").hexdigest())
    clip.refresh_from_db()
    with pytest.raises(NotMade):
        clip_given(clip=clip, taken=True)
    [(pk, mine_id)] = copies_due()
    assert copy_make(copy_id=pk, mine_id=mine_id) is None
    refused = signed_in(hill.operator).get(reverse("clip-download", args=[clip.uid]))
    assert refused.status_code == 409
    assert AuditEntry.objects.filter(action="copy.failed").exists()


def test_a_copy_waits_for_the_store_as_long_as_there_is_a_clip(hill: Cast, clip: Clip, settings):
    client, address = signed_in(hill.operator), reverse("clip-download", args=[clip.uid])
    client.get(address)
    copy = Copy.objects.get()
    there, settings.S3_ENDPOINT_URL = settings.S3_ENDPOINT_URL, "http://127.0.0.1:9"

    def attempt() -> Copy:
        Copy.objects.update(next_attempt_at=timezone.now())
        assert copy_make(copy_id=copy.pk, mine_id=copy.mine_id) is None
        copy.refresh_from_db()
        return copy

    for _ in range(5):
        assert attempt().state == Copy.State.PENDING
    assert "It waits for" not in client.get(address).content.decode()
    for _ in range(5):
        assert attempt().state == Copy.State.PENDING
    wait_s = (copy.next_attempt_at - timezone.now()).total_seconds()
    assert 50 < wait_s <= 60 and copy.attempts == 10
    page = client.get(address)
    assert page.status_code == 202
    assert "It waits for: The store did not give" in " ".join(page.content.decode().split())
    settings.S3_ENDPOINT_URL = there
    Copy.objects.update(next_attempt_at=timezone.now())
    made(clip)
    assert client.get(address).status_code == 302


def test_a_copy_of_a_deleted_clip_is_given_up(hill: Cast, clip: Clip, settings):
    with pytest.raises(NotMade):
        clip_given(clip=clip, taken=True)
    Clip.objects.update(state=Clip.State.EXPIRED)
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    [(pk, mine_id)] = copies_due()
    assert copy_make(copy_id=pk, mine_id=mine_id) is None
    assert Copy.objects.get().state == Copy.State.FAILED


def test_the_api_says_why_there_is_no_copy_in_the_language_that_is_asked_for(
    hill: Cast, clip: Clip
):
    with pytest.raises(NotMade):
        clip_given(clip=clip, taken=True)
    why = "the store gave another video than it was given"
    Copy.objects.update(state=Copy.State.FAILED, error=why)
    client, address = signed_in(hill.operator), reverse("api:clip-download", args=[clip.uid])
    said = {
        language: client.get(address, headers={"Accept-Language": language})
        for language in ("en", "zh-hans")
    }
    assert {answer.status_code for answer in said.values()} == {409}
    words = {language: answer.json()["errors"][0]["message"] for language, answer in said.items()}
    assert words == {"en": why, "zh-hans": "存储返回的视频与存入的不同"}


def test_a_copy_that_is_made_while_its_video_is_deleted_does_not_stay(
    hill: Cast, clip: Clip, monkeypatch
):
    copy, really = copy_waiting(clip=clip, original=False), services.put_file

    def put_file(key: str, path: Path, **how) -> None:
        clip_remove(clip=clip, actor=hill.owner, reason="privacy request")
        assert clip_finish(clip_id=clip.pk, mine_id=clip.mine_id)
        really(key, path, **how)

    monkeypatch.setattr(services, "put_file", put_file)
    assert copy_make(copy_id=copy.pk, mine_id=clip.mine_id) is None
    assert keys_under(place_of(clip)) == []
    assert not Copy.objects.exists()


def test_whoever_makes_a_copy_too_late_takes_away_no_one_else_s(
    hill: Cast, clip: Clip, monkeypatch
):
    copy, really, woke = copy_waiting(clip=clip, original=False), services.put_file, []

    def put_file(key: str, path: Path, **how) -> None:
        if not woke:
            woke.append(key)
            Copy.objects.update(next_attempt_at=timezone.now())
            assert made(clip).state == Copy.State.READY
        really(key, path, **how)

    monkeypatch.setattr(services, "put_file", put_file)
    assert copy_make(copy_id=copy.pk, mine_id=clip.mine_id) is None
    copy.refresh_from_db()
    assert keys_under(place_of(clip)) == sorted([*objects_of(clip), copy.key])
