"""A span of the recording that is taken along is covered, or goes by the word of two people."""

import io
from datetime import timedelta
from hashlib import sha256

import av
import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.evidence.models import Clip
from apps.privacy.models import Span
from apps.privacy.selectors import spans_due
from apps.privacy.spans import span_agree, span_make
from apps.rules.services import scene_publish
from tests.cast import SCENE, Cast

CORNER = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.9], [0.0, 0.9]]


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_span_that_is_taken_along_has_people_blurred_and_masks_filled(
    hill: Cast, clip: Clip, tmp_path
):
    camera, since = hill.lamp_hill.camera, clip.wanted_from + timedelta(seconds=5)
    scene_publish(camera=camera, document=SCENE | {"masks": [CORNER]}, reason="window")
    client, asked = signed_in(hill.auditor), {"since": since.timestamp(), "stream": "main"}
    asked["until"] = asked["since"] + 3
    page = client.get(reverse("span-ask", args=[camera.pk]), asked)["Location"]
    assert b'http-equiv="refresh"' in client.get(page).content
    by_api = reverse("api:camera-span-download", args=[camera.pk])
    assert client.get(by_api, asked).status_code == 202
    [(pk, mine_id)] = spans_due()  # the page and the API mean the same
    span = span_make(span_id=pk, mine_id=mine_id)
    assert span is not None and spans_due() == []
    assert span_make(span_id=pk, mine_id=mine_id) is None
    body = b"".join(client.get(f"{page}download/").streaming_content)
    answer = client.get(by_api, asked)
    assert b"".join(answer.streaming_content) == body
    assert sha256(body).hexdigest() == span.sha256 == answer["X-SHA256"]
    with av.open(io.BytesIO(body)) as container:
        for frame in container.decode(video=0):
            assert np.ptp(frame.to_ndarray(format="gray")[:150, :150]) < 20
    made_act = AuditEntry.objects.get(action="copy.made").detail
    assert made_act["blurred"] and made_act["original_sha256"] == span.original_sha256
    took = AuditEntry.objects.filter(action="camera.download")
    assert [act.detail["sha256"] for act in took] == [span.sha256] * 2
    scene_publish(camera=camera, document=SCENE | {"masks": [CORNER[::-1]]}, reason="more")
    assert client.get(f"{page}download/").status_code == 404, "it lacks a mask by now"


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_a_span_goes_without_blur_by_the_word_of_two_people(hill: Cast, clip: Clip):
    camera = hill.lamp_hill.camera
    since = clip.wanted_from.timestamp() + 5
    asked = {"since": since, "until": since + 3, "form": "original"}
    by_api = reverse("api:camera-span-download", args=[camera.pk])
    operator, auditor = signed_in(hill.operator), signed_in(hill.auditor)
    refused = operator.get(by_api, asked)
    assert refused.status_code == 400 and "two people" in refused.content.decode()
    page = operator.get(reverse("span-ask", args=[camera.pk]), asked)["Location"]
    assert operator.post(page, {"reason": "court"}).status_code == 403
    assert auditor.post(page, {"reason": " "}).status_code == 400
    assert auditor.post(page, {"reason": "court"}).status_code == 302
    span = Span.objects.get()
    assert auditor.post(f"{page}agree/").status_code == 403
    with pytest.raises(ValidationError, match="second person"):
        span_agree(span=span, actor=hill.auditor, word=span.word)
    with pytest.raises(IntegrityError), transaction.atomic():
        Span.objects.update(agreed_by=hill.auditor)
    assert operator.get(by_api, asked).status_code == 400
    assert signed_in(hill.admin).post(f"{page}agree/", {"word": span.word}).status_code == 302
    shown = auditor.get(page).content.decode()
    assert "form=original" in shown and 'data-zone="Asia/Shanghai"' in shown
    answer = operator.get(by_api, asked)
    assert sha256(b"".join(answer)).hexdigest() == answer["X-SHA256"]
    assert AuditEntry.objects.get(action="camera.download").detail["blurred"] is False
    longer = operator.get(by_api, asked | {"until": since + 4})
    assert longer.status_code == 400, "another span needs another word"
    Span.objects.update(agreed_until=timezone.now())
    assert operator.get(by_api, asked).status_code == 400


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_a_second_person_agrees_to_the_reason_that_was_read_and_to_no_later_one(
    hill: Cast, clip: Clip
):
    since = clip.wanted_from.timestamp() + 5
    ends = {"since": since, "until": since + 3}
    owner, auditor = signed_in(hill.owner), signed_in(hill.auditor)
    page = owner.get(reverse("span-ask", args=[hill.lamp_hill.camera.pk]), ends)["Location"]
    owner.post(page, {"reason": "court"})
    assert "Ask for it" not in owner.get(page).content.decode(), "who asked waits"
    first = Span.objects.get().word
    # An auditor may not agree to the owner's; asked for by the auditor it can go on.
    assert "Ask for it" in auditor.get(page).content.decode()
    auditor.post(page, {"reason": "the union asks"})
    refused = owner.post(f"{page}agree/", {"word": first}, follow=True).content.decode()
    assert "asked for anew meanwhile" in refused and "the union asks" in refused
    span = Span.objects.get()
    assert span.agreed_by is None
    assert f'value="{span.word}"' in refused and "Ask for it" not in refused
    owner.post(f"{page}agree/", {"word": span.word})
    assert Span.objects.get().agreed_by == hill.owner


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_a_span_without_blur_is_taken_back_or_refused_and_asked_for_anew(hill: Cast, clip: Clip):
    since = clip.wanted_from.timestamp() + 5
    ends = {"since": since, "until": since + 3}
    auditor, admin, videos = signed_in(hill.auditor), signed_in(hill.admin), reverse("clips")
    page = auditor.get(reverse("span-ask", args=[hill.lamp_hill.camera.pk]), ends)["Location"]
    auditor.post(page, {"reason": "court"})
    word = Span.objects.get().word
    assert "take-back" in auditor.get(page).content.decode()
    told = admin.post(f"{page}take-back/", follow=True).content.decode()
    assert "Only who asked for it can take it back." in told
    assert "<q>court</q>" in admin.get(videos).content.decode()
    told = auditor.post(f"{page}take-back/", follow=True).content.decode()
    assert "taken back, " in told and "Ask for it" in told
    assert "<q>court</q>" not in admin.get(videos).content.decode()
    told = admin.post(f"{page}agree/", {"word": word}, follow=True).content.decode()
    assert "It was taken back or refused meanwhile." in told
    auditor.post(page, {"reason": "the union asks"})
    no = {"word": word, "reason": "the blurred one serves"}
    told = admin.post(f"{page}refuse/", no, follow=True).content.decode()
    assert "asked for anew meanwhile" in told, "the reason that was read is another"
    assert (
        "Say why"
        in admin.post(
            f"{page}refuse/", {"word": Span.objects.get().word}, follow=True
        ).content.decode()
    )
    admin.post(f"{page}refuse/", no | {"word": Span.objects.get().word})
    assert "refused by ben: the blurred one serves" in auditor.get(page).content.decode()
    acts = AuditEntry.objects.filter(action__startswith="unblur.").order_by("pk")
    assert [act.action for act in acts] == [
        "unblur.asked", "unblur.taken_back", "unblur.asked", "unblur.refused",
    ]  # fmt: skip
    assert acts[3].detail["why"] == "the blurred one serves"
    auditor.post(page, {"reason": "the court's order"})
    admin.post(f"{page}agree/", {"word": Span.objects.get().word})
    span = Span.objects.get()
    assert (span.agreed_by, span.ended_by, span.refusal) == (hill.admin, None, "")


def test_a_span_longer_than_two_minutes_is_not_covered(hill: Cast, clip: Clip):
    since = clip.wanted_from.timestamp()
    asked = {"since": since - 100, "until": since + 30}
    client, camera = signed_in(hill.auditor), hill.lamp_hill.camera
    refused = client.get(reverse("api:camera-span-download", args=[camera.pk]), asked)
    assert refused.status_code == 400 and "two minutes" in refused.content.decode()
    page = client.get(reverse("span-ask", args=[camera.pk]), asked)["Location"]
    shown = client.get(page).content.decode()
    assert "at most two minutes" in shown and "Ask for it" in shown
    assert spans_due() == []
