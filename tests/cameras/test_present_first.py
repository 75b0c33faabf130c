"""After an outage of the database the recorder enters the present before the past."""

from datetime import timedelta

import pytest
import time_machine

from apps.cameras.models import Analysis, Chunk, StreamState
from apps.cameras.recording import Recording
from apps.cameras.waiting import next_chunk
from apps.evidence.cuts import clip_cut
from apps.recordings.models import Stretch
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
)
from tests.cast import Cast
from workers.media.ring import Ring


@pytest.fixture
def clock():
    with time_machine.travel(AWAY_AT, tick=False) as clock:
        yield clock


@pytest.fixture
def one(cast: Cast, ring: Ring, clock) -> Recording:
    return recorded_until_then(cast, ring)


def test_the_present_is_entered_and_analysed_first_and_nothing_of_the_past_is_lost(
    one: Recording, cast: Cast, clock
):
    camera = cast.lamp_hill.camera
    came(one, cast, 0, 600)
    clock.move_to(BACK_AT)
    enter(one)
    young, now = 54, 65
    assert entered(cast)[5:] == [young], "older ones nobody would analyse"
    assert gaps(cast) == [("behind", 0, 480)]
    with mine_scope(camera.mine_id):
        found = next_chunk(camera, "held")
    assert found is not None and found[1].sequence == young
    enter(one, 11 + 5)
    came(one, cast, 600, 10)  # while the past is entered
    enter(one)
    assert entered(cast)[5:] == [*range(young, now + 1), *range(6, 11), now + 1]
    enter_all(one)
    assert sorted(entered(cast)) == list(range(1, now + 2))
    assert gaps(cast) == NO_GAP
    with mine_scope(camera.mine_id):
        spans = list(Stretch.objects.order_by("since").values_list("since", "until", "chunks"))
        state = StreamState.objects.get(camera=camera)
    assert [since for since, _until, _n in spans[1:]] == [until for _s, until, _n in spans[:-1]]
    assert sum(chunks for _s, _u, chunks in spans) == now + 1
    assert state.last_chunk_at == BACK_AT, "the newest one's, not that of what was put off"


def test_what_was_put_off_is_given_up_and_not_analysed_out_of_its_turn(
    one: Recording, cast: Cast, clock
):
    camera = cast.lamp_hill.camera
    came(one, cast, 0, 600)
    clock.move_to(BACK_AT)
    enter_all(one)
    with mine_scope(camera.mine_id):
        found = next_chunk(camera, "held")
        given_up = Chunk.objects.filter(state=Chunk.State.BAD).order_by("sequence")
        numbers = list(given_up.values_list("sequence", flat=True))
        row = Analysis.objects.get(camera=camera)
    assert found is not None and found[1].sequence == 54
    assert numbers == list(range(6, 54))
    assert row.last_error == "48 chunks waited too long to be analysed"


def test_what_the_camera_did_not_send_meanwhile_is_a_gap_in_the_end(
    one: Recording, cast: Cast, clock
):
    came(one, cast, 0, 100)
    came(one, cast, 200, 270)
    came(one, cast, 480, 120)
    clock.move_to(BACK_AT)
    enter_all(one)
    assert gaps(cast) == [("jump", 100, 200), ("jump", 470, 480)]


def test_a_stream_that_was_lost_meanwhile_was_lost_and_is_not_said_to_be_lost_now(
    one: Recording, cast: Cast, clock
):
    came(one, cast, 0, 100)
    one._said(cast.lamp_hill.camera.pk, "main", "lost", "the camera closed the stream")
    came(one, cast, 200, 300)
    one._said(cast.lamp_hill.camera.pk, "main", "recording", "")
    came(one, cast, 500, 100)
    clock.move_to(BACK_AT)
    enter_all(one)
    assert gaps(cast) == [("lost", 100, 200)]
    with mine_scope(cast.lamp_hill.mine.pk):
        assert StreamState.objects.get(camera=cast.lamp_hill.camera).state == "recording"


def test_a_video_of_what_is_not_entered_yet_waits_for_it(one: Recording, cast: Cast, clock):
    camera = cast.lamp_hill.camera
    came(one, cast, 0, 600)
    clock.move_to(BACK_AT)
    enter(one, 12 + 46)
    with mine_scope(camera.mine_id):
        [clip] = clip_cut(
            cameras=[camera],
            since=AWAY_AT + timedelta(seconds=470),
            until=AWAY_AT + timedelta(seconds=490),
            reason="a stone fell",
            actor=cast.admin,
        )
    made_in_the_end(one, clip, clock)
    assert {53, 54} < set(entered(cast))
