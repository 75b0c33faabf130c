"""The index of what is recorded: stretches, and gaps that say why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from apps.cameras.models import Chunk
from apps.cameras.services import stream_say
from apps.playback.selectors import timeline_data
from apps.recordings.index import index_missing
from apps.recordings.models import Cause, Gap, Stretch
from apps.recordings.reconcile import files_lost, files_missing
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast
from tests.recordings.recorded import put
from workers.media.ring import Ring

START = datetime(2026, 3, 4, 12, 10, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast.lamp_hill


def say(hill, state: str, at: float, reason: str = "", **more) -> None:
    with time_machine.travel(after(at), tick=False):
        stream_say(
            camera_id=hill.camera.pk, mine_id=hill.mine.pk, stream="main", state=state,
            reason=reason, **more,
        )  # fmt: skip


def gaps() -> list[tuple[float, float | None, str]]:
    return [
        (
            (gap.since - START).total_seconds(),
            gap.until and (gap.until - START).total_seconds(),
            gap.cause,
        )
        for gap in Gap.objects.order_by("since", "pk")
    ]


def test_chunks_that_follow_are_one_row_and_each_hour_begins_a_new_one(hill, ring: Ring):
    put(ring, hill.camera, after(49 * 60 + 50), 20, size=500)
    rows = Stretch.objects.order_by("since").values_list("chunks", "bytes")
    assert list(rows) == [(10, 5000), (10, 5000)]
    assert gaps() == []


def test_a_lost_stream_is_a_gap_from_its_last_picture_to_its_next(hill, ring: Ring):
    put(ring, hill.camera, START, 10)
    say(hill, "recording", 10)
    say(hill, "lost", 18, "no answer")
    assert gaps() == [(10, None, Cause.LOST)]
    say(hill, "frozen", 25)
    say(hill, "connecting", 30)
    put(ring, hill.camera, after(40), 1)
    assert gaps() == [(10, 40, Cause.LOST)]
    assert Gap.objects.get().reason == "no answer"


def test_switching_a_lost_camera_off_is_a_gap_of_its_own(hill, ring: Ring):
    put(ring, hill.camera, START, 10)
    say(hill, "lost", 18)
    say(hill, "off", 60)
    put(ring, hill.camera, after(100), 1)
    assert gaps() == [(10, 60, Cause.LOST), (60, 100, Cause.OFF)]


@pytest.mark.parametrize(
    ("state", "reason", "more", "cause"),
    [
        ("unusable", "disk full", {}, Cause.DISK),
        ("off", "the recorder was stopped", {"by_recorder": True}, Cause.RECORDER),
        ("off", "", {}, Cause.OFF),
        ("frozen", "", {}, Cause.FROZEN),
    ],
)
def test_each_state_says_its_cause(hill, ring: Ring, state, reason, more, cause):
    put(ring, hill.camera, START, 2)
    say(hill, state, 5, reason, **more)
    assert gaps() == [(2, None, cause)]


def test_a_killed_recorder_and_a_clock_that_was_set_leave_gaps_that_say_so(hill, ring: Ring):
    put(ring, hill.camera, START, 2)
    put(ring, hill.camera, after(10), 2, cause=Cause.RECORDER)
    put(ring, hill.camera, after(20), 2, cause=Cause.CLOCK)
    put(ring, hill.camera, after(30), 2)
    assert gaps() == [(2, 10, Cause.RECORDER), (12, 20, Cause.CLOCK), (22, 30, Cause.JUMP)]


def test_a_blink_of_the_stream_is_no_gap(hill, ring: Ring):
    put(ring, hill.camera, START, 2)
    say(hill, "lost", 2.1)
    put(ring, hill.camera, after(2), 2)
    say(hill, "recording", 2.2)
    assert gaps() == []
    assert Stretch.objects.get().chunks == 4


def test_a_clock_set_back_doubles_a_time_and_makes_no_gap(hill, ring: Ring):
    put(ring, hill.camera, START, 10)
    put(ring, hill.camera, after(5), 10, cause=Cause.CLOCK)
    assert gaps() == []
    data = timeline_data(
        camera=hill.camera, stream="main", since=START, until=after(15), now=after(15)
    )
    assert data["recorded"] == [[START.timestamp(), after(15).timestamp()]]
    assert sum(Stretch.objects.values_list("chunks", flat=True)) == 20


def test_a_stream_that_is_lost_after_the_clock_was_set_back_has_a_gap_that_ends(hill, ring: Ring):
    put(ring, hill.camera, after(49 * 60), 120)
    put(ring, hill.camera, after(48 * 60), 10, cause=Cause.CLOCK)
    say(hill, "lost", 48 * 60 + 18)
    assert gaps() == [(48 * 60 + 10, None, Cause.LOST)]
    put(ring, hill.camera, after(48 * 60 + 40), 30)
    say(hill, "recording", 48 * 60 + 41)
    assert gaps() == [(48 * 60 + 10, 48 * 60 + 40, Cause.LOST)]
    say(hill, "lost", 49 * 60 + 18)
    assert gaps()[1:] == [(49 * 60 + 18, None, Cause.LOST)], "not in the future"
    put(ring, hill.camera, after(49 * 60 + 40), 30)
    say(hill, "recording", 49 * 60 + 41)
    assert gaps()[1:] == [], "these seconds are recorded, before the clock was set back"


def test_chunks_that_are_found_late_fill_their_gap_and_leave_the_rest(hill, ring: Ring):
    put(ring, hill.camera, START, 10)
    put(ring, hill.camera, after(30), 5, cause=Cause.RECORDER)
    put(ring, hill.camera, after(15), 5, codec="")
    assert gaps() == [(10, 15, Cause.RECORDER), (20, 30, Cause.RECORDER)]


def test_an_index_is_made_of_chunks_that_are_older_than_it(hill, ring: Ring):
    put(ring, hill.camera, START, 10)
    put(ring, hill.camera, after(20), 3)
    before = list(Stretch.objects.values_list("since", "until", "chunks", "bytes"))
    Stretch.objects.all().delete()
    with system_scope("test"):
        assert index_missing() == 1
        assert index_missing() == 0
    assert list(Stretch.objects.values_list("since", "until", "chunks", "bytes")) == before


def test_a_file_that_is_gone_is_a_gap_that_says_so(hill, ring: Ring):
    rows = put(ring, hill.camera, START, 10)
    with system_scope("test"):
        assert files_missing({rows[4].path, rows[5].path}, known=10) == 2
    assert gaps() == [(4, 6, Cause.MISSING)]
    assert Chunk.objects.count() == 8
    assert [row.chunks for row in Stretch.objects.order_by("since")] == [4, 4]


def test_a_disk_that_is_not_mounted_is_not_taken_for_lost_files(hill, ring: Ring):
    rows = put(ring, hill.camera, START, 10)
    with system_scope("test"):
        assert files_missing({row.path for row in rows}, known=10) == 0
    assert Chunk.objects.count() == 10


def test_disk_and_rows_are_compared_a_stream_at_a_time(hill, ring: Ring):
    main = put(ring, hill.camera, START, 10)
    sub = put(ring, hill.camera, START, 10, stream="sub")
    ring.delete(main[4].path)
    main[7].delete()
    with system_scope("test"):
        steps = [step for step in files_lost(ring) if step]
    assert [[file.path for file in step] for step in steps] == [[main[7].path]]
    assert gaps() == [(4, 5, Cause.MISSING)]
    assert Chunk.objects.count() == len(main) + len(sub) - 2


def test_a_chunk_that_is_entered_while_disk_and_rows_are_compared_is_neither_lost_nor_gone(
    hill, ring: Ring, monkeypatch: pytest.MonkeyPatch
):
    put(ring, hill.camera, START, 10)
    names = ring.names

    def slowly(*stream: Any) -> set[str]:
        found = names(*stream)
        if stream == (hill.mine.pk, hill.camera.pk, "main"):
            put(ring, hill.camera, after(10), 2)
        return found

    monkeypatch.setattr(ring, "names", slowly)
    with system_scope("test"):
        assert not any(files_lost(ring))
    assert (gaps(), Chunk.objects.count()) == ([], 12)


def test_no_row_goes_where_most_files_of_all_streams_together_are_away(hill, ring: Ring):
    main = put(ring, hill.camera, START, 10)
    sub = put(ring, hill.camera, START, 4, stream="sub")
    for row in (*main[:4], *sub):
        ring.delete(row.path)
    with system_scope("test"):
        assert not any(files_lost(ring))
    assert Chunk.objects.count() == 14
