"""Who was where, as a player draws it over what was recorded."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.cameras.models import Analysis, Chunk
from apps.evidence.boxes import boxes_kept
from apps.rules.services import scene_publish
from tests.cast import SCENE, Cast
from tests.film import record_chunks
from tests.playback.asking import actions, ask, minutes_ago
from workers.media.ring import Ring

LEFT, RIGHT = [0.1, 0.4, 0.3, 0.8], [0.7, 0.4, 0.9, 0.8]


@pytest.fixture
def start(hill: Cast, ring: Ring) -> datetime:
    """Ten seconds of recording, in whose third somebody is on the left, and somebody else right."""
    begun = minutes_ago(5)
    row = record_chunks(ring, hill.lamp_hill.camera, begun, 10)[2]
    person = {"label": "person", "score": 0.8}
    boxes = [person | {"track": n, "xyxy": box} for n, box in enumerate((LEFT, RIGHT), 7)]
    kept = boxes_kept([{"t": 0.25, "boxes": boxes}], start_s=0)
    Chunk.objects.filter(pk=row.pk).update(boxes=kept)
    return begun


def asked(hill: Cast, start: datetime, since_s: float, until_s: float, who=None):
    ends = {"since": start.timestamp() + since_s, "until": start.timestamp() + until_s}
    return ask(who or hill.operator, hill, "boxes/", **ends)


def test_boxes_come_with_the_second_in_which_they_were_seen_and_the_look_is_noted(
    hill: Cast, start: datetime
):
    Analysis.objects.update_or_create(
        camera=hill.lamp_hill.camera,
        defaults={"mine": hill.lamp_hill.mine, "analysed_until": start + timedelta(seconds=6)},
    )
    told = asked(hill, start, 0, 10).json()
    [[at, boxes]] = told["pictures"]
    assert at == pytest.approx(start.timestamp() + 2.25, abs=0.01)
    assert boxes == [["person", 0.8, *LEFT], ["person", 0.8, *RIGHT]]
    assert told["until"] == start.timestamp() + 6
    assert actions()[-1] == "camera.playback"
    assert asked(hill, start, 3, 10).json()["pictures"] == []


def test_what_a_mask_of_today_hides_has_no_box(hill: Cast, start: datetime):
    mask = [[0.6, 0.3], [1.0, 0.3], [1.0, 1.0], [0.6, 1.0]]
    document = SCENE | {"masks": [mask]}
    scene_publish(camera=hill.lamp_hill.camera, document=document, reason="a locker room")
    [[_at, boxes]] = asked(hill, start, 0, 10).json()["pictures"]
    assert boxes == [["person", 0.8, *LEFT]]


def test_a_span_that_makes_no_sense_is_refused_in_words(hill: Cast, start: datetime):
    for since_s, until_s, words in ((5, 5, "after the beginning"), (0, 121, "two minutes")):
        answer = asked(hill, start, since_s, until_s)
        assert answer.status_code == 400 and words in answer.content.decode()
    only = ask(hill.operator, hill, "boxes/", since=datetime.now(UTC).timestamp())
    assert [one["field"] for one in only.json()["errors"]] == ["until"]
    assert asked(hill, start, 0, 10, hill.stranger).status_code == 404
