"""A recorder killed while the database is away: what it left comes after the present as well."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from apps.cameras.models import Chunk
from apps.cameras.recording import Recording
from apps.cameras.waiting import next_chunk
from apps.evidence.cuts import clip_cut
from apps.evidence.models import Clip
from apps.evidence.services import clip_make
from apps.recordings.models import Gap
from apps.tenancy.scope import mine_scope
from tests.cameras.outage import (
    AWAY_AT,
    BACK_AT,
    NO_GAP,
    came,
    enter,
    enter_all,
    entered,
    gaps,
    made_in_the_end,
    recorded_until_then,
    recorder,
)
from tests.cast import Cast
from workers.media.record import Source
from workers.media.ring import Ring

KILLED_S, BACK_S = 300, 600  # after the outage began; the next one begins once it is over
LEFT = list(range(6, 36))
FIRST = 66  # number of the next recorder's first chunk


@pytest.fixture
def clock():
    with time_machine.travel(AWAY_AT, tick=False) as clock:
        yield clock


@pytest.fixture
def before(cast: Cast, ring: Ring, clock) -> Recording:
    return recorded_until_then(cast, ring)


def begin(cast: Cast, ring: Ring, *, last: int = 5) -> Recording:
    """Let a recorder begin, as its camera's thread does: connecting first, then what was left."""
    camera = cast.lamp_hill.camera
    one = recorder(cast, ring)
    one._said(camera.pk, "main", "connecting", "")
    source = Source(
        camera=camera.pk, mine=camera.mine_id, stream="main", url="rtsp://camera", chunk_s=1.0,
        last_sequence=last,
    )  # fmt: skip
    one._begins(source, ring.after(camera.mine_id, camera.pk, "main", last))
    return one


def compare(one: Recording) -> None:
    while one.compared is not None:
        one._compare()


def recording(one: Recording, cast: Cast) -> None:
    came(one, cast, BACK_S, 10)
    one._said(cast.lamp_hill.camera.pk, "main", "recording", "")


def test_the_present_is_entered_and_analysed_before_what_a_killed_recorder_left(
    before: Recording, cast: Cast, ring: Ring, clock
):
    camera = cast.lamp_hill.camera
    came(before, cast, 0, KILLED_S)
    clock.move_to(BACK_AT)
    one = begin(cast, ring)
    recording(one, cast)
    enter(one, 3)
    assert entered(cast)[5:] == [FIRST], "older ones nobody would analyse"
    assert gaps(cast) == [("behind", 0, KILLED_S), ("recorder", KILLED_S, BACK_S)]
    with mine_scope(camera.mine_id):
        found = next_chunk(camera, "held")
    assert found is not None and found[1].sequence == FIRST
    enter_all(one)
    assert entered(cast)[5:] == [FIRST, *LEFT], "and nothing of the past is lost"
    assert gaps(cast) == [("recorder", KILLED_S, BACK_S)]


def test_what_the_camera_did_not_send_before_the_recorder_was_killed_is_its_own(
    before: Recording, cast: Cast, ring: Ring, clock
):
    came(before, cast, 0, 100)
    came(before, cast, 200, 100)
    clock.move_to(BACK_AT)
    one = begin(cast, ring)
    recording(one, cast)
    enter(one, 2)
    waits = [("behind", 0, 100), ("jump", 100, 200), ("behind", 200, 300), ("recorder", 300, 600)]
    assert gaps(cast) == waits
    enter_all(one)
    assert gaps(cast) == [("jump", 100, 200), ("recorder", 300, 600)]


def test_a_camera_that_is_away_when_the_next_recorder_begins_is_lost_from_then_on(
    before: Recording, cast: Cast, ring: Ring, clock
):
    camera = cast.lamp_hill.camera
    came(before, cast, 0, KILLED_S)
    clock.move_to(BACK_AT)
    one = begin(cast, ring)
    one._said(camera.pk, "main", "lost", "the camera does not answer")
    clock.shift(20)
    enter_all(one)
    assert gaps(cast)[0] == ("recorder", KILLED_S, BACK_S + 20)
    with mine_scope(camera.mine_id):
        lasting = Gap.objects.get(until=None)
    assert lasting.cause == "lost", "what was left in the ring takes nothing from the present"


def test_what_a_stopped_recorder_had_put_off_comes_after_the_present_of_the_next(
    before: Recording, cast: Cast, ring: Ring, clock
):
    came(before, cast, 0, BACK_S)
    clock.move_to(BACK_AT)
    enter(before, 12 + 8)
    one = begin(cast, ring, last=65)
    compare(one)
    recording(one, cast)
    enter(one, 3)
    assert entered(cast)[-1] == FIRST
    assert gaps(cast) == [("behind", 80, 480)]
    enter_all(one)
    assert sorted(entered(cast)) == list(range(1, FIRST + 1)) and gaps(cast) == NO_GAP


def test_a_video_waits_for_what_a_killed_recorder_left(
    before: Recording, cast: Cast, ring: Ring, clock
):
    camera = cast.lamp_hill.camera
    came(before, cast, 0, KILLED_S)
    with mine_scope(camera.mine_id):
        [clip] = clip_cut(
            cameras=[camera],
            since=AWAY_AT - timedelta(seconds=10),
            until=AWAY_AT + timedelta(seconds=10),
            reason="a stone fell",
            actor=cast.admin,
        )
    clock.move_to(BACK_AT)
    one = begin(cast, ring)
    recording(one, cast)
    made_in_the_end(one, clip, clock)
    assert LEFT[0] in entered(cast)


def test_a_video_asked_for_long_after_waits_as_well(
    before: Recording, cast: Cast, ring: Ring, clock
):
    camera, hours = cast.lamp_hill.camera, timedelta(hours=3)
    came(before, cast, 0, KILLED_S)
    clock.move_to(BACK_AT + hours)
    one = begin(cast, ring)
    came(one, cast, BACK_S + int(hours.total_seconds()), 10)
    enter(one, 2)
    with mine_scope(camera.mine_id):
        [clip] = clip_cut(
            cameras=[camera],
            since=AWAY_AT + timedelta(seconds=10),
            until=AWAY_AT + timedelta(seconds=20),
            reason="a stone fell",
            actor=cast.admin,
        )
    clip_make(clip_id=clip.pk, mine_id=camera.mine_id)
    with mine_scope(camera.mine_id):
        clip.refresh_from_db()
    assert (clip.state, clip.attempts, clip.error) == (Clip.State.PENDING, 0, "")


def test_what_cannot_be_read_is_missing_in_the_end_and_a_video_waits_no_longer(
    before: Recording, cast: Cast, ring: Ring, clock, monkeypatch: pytest.MonkeyPatch
):
    came(before, cast, 0, KILLED_S)
    clock.move_to(BACK_AT)
    one = begin(cast, ring)
    compare(one)
    recording(one, cast)
    with mine_scope(cast.lamp_hill.mine.pk):
        assert not Chunk.objects.filter(sequence=LEFT[-1]).exists()
    read_bytes = Path.read_bytes

    def worn(path: Path) -> bytes:
        if path.name.startswith(f"{LEFT[-1]}_"):
            raise OSError("Input/output error")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", worn)
    enter_all(one)
    assert gaps(cast) == [("missing", 290, 300), ("recorder", KILLED_S, BACK_S)]
