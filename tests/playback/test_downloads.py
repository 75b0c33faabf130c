"""Spans of the recording, taken along as they were recorded."""

import io
from datetime import timedelta

import av
import pytest
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.cameras.models import Chunk
from tests.cast import Cast
from tests.film import record_chunks
from tests.playback.asking import ask, minutes_ago, without_blur
from workers.media.ring import Ring

# Django reads an asynchronous answer to the end for a client that is not.
pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")


def test_a_span_downloads_with_the_right_length_and_is_noted(hill: Cast, ring: Ring, tmp_path):
    start = minutes_ago(5)
    record_chunks(ring, hill.lamp_hill.camera, start, 20)
    asked = {"since": start.timestamp() + 3, "until": start.timestamp() + 15}
    facts = ask(hill.auditor, hill, "span/", **asked).json()
    assert (facts["seconds"], facts["gaps"]) == (12, [])
    answer = without_blur(hill.auditor, hill, **asked)
    assert answer.status_code == 200
    assert answer["X-Gaps"] == "0"
    body = b"".join(answer)
    assert len(body) == int(answer["Content-Length"])
    with av.open(io.BytesIO(body)) as container:
        assert container.duration / 1e6 == pytest.approx(12, abs=0.1)
        assert sum(1 for _ in container.decode(video=0)) == 120
    entry = AuditEntry.objects.get(action="camera.download")
    assert entry.actor == hill.auditor
    assert entry.detail["sha256"] == answer["X-SHA256"]
    assert not list((tmp_path / "spans").iterdir()), "nothing of it is left on the server"


def test_a_span_with_a_gap_says_so_everywhere(hill: Cast, ring: Ring):
    start = minutes_ago(5)
    record_chunks(ring, hill.lamp_hill.camera, start, 20, leave_out=(5, 6, 7))
    asked = {"since": start.timestamp(), "until": start.timestamp() + 20}
    begin = start.timestamp()
    assert ask(hill.operator, hill, "span/", **asked).json()["gaps"] == [[begin + 5, begin + 8]]
    answer = without_blur(hill.operator, hill, **asked)
    assert answer["X-Gaps"] == "1"
    assert "-with-gaps.mp4" in answer["Content-Disposition"]
    with av.open(io.BytesIO(b"".join(answer))) as container:
        assert container.duration / 1e6 == pytest.approx(20, abs=0.1)
    assert AuditEntry.objects.get(action="camera.download").detail["gaps_s"]


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"since": 0, "until": 20 * 60}, "since", "Nothing is recorded"),
        ({"since": -10, "until": -20}, "until", "after"),
        ({"since": -300, "until": 2 * 3600}, "until", "60 minutes"),
        ({"since": "yesterday"}, "since", "Not a time"),
        ({"until": 10}, "since", "Required"),
    ],
)
def test_a_span_that_cannot_be_had_says_why_beside_the_field(
    hill: Cast, ring: Ring, asked, field, words
):
    now = timezone.now().timestamp()
    given = {k: now + v if isinstance(v, int) else v for k, v in asked.items()}
    answer = ask(hill.operator, hill, "span/", **given)
    assert answer.status_code == 400
    errors = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert words in errors[field]


def test_a_span_that_is_too_large_says_how_large(hill: Cast, ring: Ring):
    start = minutes_ago(5)
    record_chunks(ring, hill.lamp_hill.camera, start, 2)
    Chunk.objects.update(bytes=1_500_000_000)
    asked = {"since": start.timestamp(), "until": start.timestamp() + 2}
    answer = ask(hill.operator, hill, "span/download/", **asked)
    assert answer.status_code == 400
    assert "3.0 GB" in answer.json()["errors"][0]["message"]


def test_times_without_an_offset_are_the_mines_own(hill: Cast, ring: Ring):
    start = minutes_ago(5)
    record_chunks(ring, hill.lamp_hill.camera, start, 5)
    shanghai = start + timedelta(hours=8)
    asked = {
        "since": f"{shanghai:%Y-%m-%d %H:%M:%S}",
        "until": f"{start + timedelta(seconds=5):%Y-%m-%dT%H:%M:%S+00:00}",
    }
    assert ask(hill.operator, hill, "span/", **asked).json()["seconds"] == 5
