"""What the recorder makes of streams of every kind, with real servers and files."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import pytest

from tests.media.make import RtspServer, numbers, video, wait_until
from tests.media.watch import Watched, source
from workers.media.record import ChunkFile, Recorder, Source
from workers.media.ring import Ring

COPIED, REORDERED, HEVC, OLD, LONG, FILM = range(6)
VTEST = Path(__file__).parents[3] / "shared/data/video/vtest.avi"


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    one = Watched(tmp_path / "ring")
    yield one
    one.recorder.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtspServer]:
    folder = tmp_path_factory.mktemp("media")
    for name in ("a", "b", "c"):
        video(folder / f"{name}.mp4", sound=name == "a")
    video(folder / "hevc.mp4", codec="libx265")
    video(folder / "long.mp4", fps=5, key_every=30, seconds=6)
    running = RtspServer(folder).start()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def many(server: RtspServer) -> Iterator[Watched]:
    """One recorder with a stream of every kind, all at once as in a mine."""
    one = Watched(server.folder / "ring")
    folder = server.folder
    reordered = video(folder / "reordered.mp4", b_frames=2, seconds=3)
    old = video(folder / "old.avi", codec="mpeg4", key_every=250, seconds=3, width=1922)
    sources = [
        source(COPIED, server.url("a.mp4")),
        source(REORDERED, reordered),
        source(HEVC, server.url("hevc.mp4"), chunk_s=2.0),
        source(OLD, old),
        source(LONG, server.url("long.mp4")),
    ]
    if VTEST.exists():
        sources.append(source(FILM, VTEST))
    one.recorder.set_sources(sources)
    yield one
    one.recorder.stop()


def in_a_row(watched: Watched, chunks: list[ChunkFile], length: int) -> bool:
    """Return whether the chunks show every picture of a looping file once and in order."""
    shown = [number for chunk in chunks for number in numbers(watched.path(chunk))]
    return all(b == (a + 1) % length for a, b in pairwise(shown))


def starts_right(path: Path) -> bool:
    """Return whether a chunk begins at time 0 with a key picture."""
    with av.open(str(path)) as container:
        first = next(iter(container.demux(video=0)))
        return bool(first.is_keyframe) and first.pts == 0 and container.start_time == 0


def test_a_camera_is_recorded_by_copy_without_losing_or_doubling_a_picture(
    many: Watched,
) -> None:
    chunks = many.wait_chunks(COPIED, 6)
    assert in_a_row(many, chunks[1:], 30)
    for chunk in chunks:
        data = many.path(chunk).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (chunk.bytes, chunk.sha256)
        assert starts_right(many.path(chunk))
        assert (chunk.codec, chunk.width, chunk.height, chunk.copied) == ("h264", 320, 180, True)
        assert time.time() - 60 < chunk.start_s < time.time()
    for a, b in pairwise(chunks):
        assert b.sequence == a.sequence + 1
        assert round(b.start_s - a.start_s - a.duration_s, 3) == 0.0
        assert abs(b.duration_s - 1.0) < 0.25
    assert many.said(COPIED) == [("connecting", ""), ("recording", "h264 320x180, copied")]


def test_reordered_pictures_keep_their_order_and_time(many: Watched) -> None:
    chunks = many.wait_chunks(REORDERED, 5)
    assert in_a_row(many, chunks, 30)
    assert all(chunk.copied and starts_right(many.path(chunk)) for chunk in chunks)
    with av.open(str(many.path(chunks[0]))) as container:
        times = [round(frame.time, 3) for frame in container.decode(video=0)]
    assert times == [round(i / 10, 3) for i in range(10)]
    for a, b in pairwise(chunks):
        assert round(b.start_s - a.start_s - a.duration_s, 3) == 0.0


def test_hevc_is_copied_and_longer_chunks_hold_several_key_pictures(
    many: Watched,
) -> None:
    chunks = many.wait_chunks(HEVC, 3)
    assert {chunk.codec for chunk in chunks} == {"hevc"} and chunks[1].copied
    assert abs(chunks[1].duration_s - 2.0) < 0.3 and chunks[1].key_interval_s == 1.0
    assert in_a_row(many, chunks, 30)


def test_a_codec_that_cannot_be_cut_is_converted_and_that_is_said(
    many: Watched,
) -> None:
    chunks = many.wait_chunks(OLD, 5)
    assert in_a_row(many, chunks, 30)
    assert not any(chunk.copied for chunk in chunks)
    assert {(chunk.codec, chunk.width) for chunk in chunks} == {("h264", 1280)}
    assert all(starts_right(many.path(chunk)) for chunk in chunks)
    assert all(abs(chunk.duration_s - 1.0) < 0.2 for chunk in chunks[1:5])
    assert "converted to H.264 because the stream is mpeg4" in many.wait_state(OLD, "recording")


def test_key_pictures_too_far_apart_lead_to_conversion_without_losing_pictures(
    many: Watched,
) -> None:
    chunks = many.wait_chunks(LONG, 6)
    assert in_a_row(many, chunks, 30)
    assert numbers(many.path(chunks[0]))[0] == 0
    assert not any(chunk.copied for chunk in chunks)
    assert "key pictures come more than 4 s apart" in many.wait_state(LONG, "recording")


@pytest.mark.skipif(not VTEST.exists(), reason="shared/data is not here")
def test_a_real_film_in_an_old_codec_is_recorded(many: Watched) -> None:
    chunks = many.wait_chunks(FILM, 3)
    assert (chunks[1].width, chunks[1].height, chunks[1].fps) == (768, 576, 10.0)
    assert abs(chunks[1].duration_s - 1.0) < 0.05 and not chunks[1].copied


def test_streams_start_stop_and_change_without_disturbing_the_others(
    watched: Watched, server: RtspServer
) -> None:
    one, two = (source(i, server.url(f"{name}.mp4")) for i, name in ((1, "a"), (2, "b")))
    watched.recorder.set_sources([one, two])
    watched.wait_chunks(2, 2)
    moved = source(2, server.url("c.mp4"))
    sub = source(3, server.url("a.mp4"), stream="sub")
    watched.recorder.set_sources([one, moved, sub])
    before = len(watched.of(2))
    watched.wait_chunks(2, before + 2)
    watched.wait_chunks(3, 1)
    watched.recorder.set_sources([one])
    seen = watched.of(1)[-1].sequence
    watched.wait_chunks(1, seen + 2)
    assert watched.said(1) == [("connecting", ""), ("recording", "h264 320x180, copied")]
    assert in_a_row(watched, watched.of(1)[1:], 30)
    sequences = [chunk.sequence for chunk in watched.of(2)]
    assert sequences == list(range(1, len(sequences) + 1))
    ends = [(chunk.start_s, chunk.start_s + chunk.duration_s) for chunk in watched.of(2)]
    assert all(a[1] <= b[0] + 0.0005 for a, b in pairwise(ends))


def test_numbers_go_on_from_the_database_or_the_disk_whichever_is_ahead(
    watched: Watched, tmp_path: Path
) -> None:
    path = video(tmp_path / "a.mp4")
    watched.ring.write(
        mine=1, camera=1, stream="main", sequence=41, start_s=1.0, end_s=2.0, data=b"x"
    )
    known = Source(camera=2, mine=1, stream="main", url=str(path), last_sequence=70)
    watched.recorder.set_sources([source(1, path), known])
    assert watched.wait_chunks(1, 1)[0].sequence == 42
    assert watched.wait_chunks(2, 1)[0].sequence == 71


def test_stop_finishes_the_chunk_that_was_begun_and_takes_less_than_three_seconds(
    watched: Watched, server: RtspServer
) -> None:
    before = set(threading.enumerate())
    watched.recorder.set_sources([source(1, server.url("a.mp4"), chunk_s=2.0)])
    watched.wait_state(1, "recording")
    assert set(threading.enumerate()) - before
    begin = time.monotonic()
    watched.recorder.stop()
    assert time.monotonic() - begin < 3.0
    assert not set(threading.enumerate()) - before
    count = len(watched.of(1))
    assert [found.sequence for found in watched.ring.scan()].count(count) == 1
    watched.recorder.set_sources([source(2, server.url("a.mp4"))])
    assert watched.said(2) == []


def test_callbacks_that_raise_stop_nothing_and_are_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = video(tmp_path / "a.mp4")
    ring = Ring(tmp_path / "ring")

    def broken(*_: object) -> None:
        raise RuntimeError("the database is away")

    recorder = Recorder(ring, broken, broken)
    recorder.set_sources([source(1, path)])
    with caplog.at_level(logging.ERROR):
        wait_until(lambda: len(list(ring.scan())) >= 3)
        recorder.stop()
    assert caplog.text.count("on_chunk raised") == 1
    assert caplog.text.count("on_state raised") == 1


def test_cuts_of_many_cameras_do_not_fall_together(tmp_path: Path) -> None:
    phases = sorted(source(i, "x", stream=s).phase for i in range(30) for s in ("main", "sub"))
    assert max(b - a for a, b in pairwise([*phases, phases[0] + 1])) < 0.1


def test_a_source_that_makes_no_sense_is_told_once_and_disturbs_no_other(
    watched: Watched, server: RtspServer
) -> None:
    sources = [
        source(1, "rtsp://u:pw@h/", stream="third"),
        source(2, "rtsp://u:pw@h/", chunk_s=9.0),
        source(3, server.url("b.mp4")),
    ]
    watched.recorder.set_sources(sources)
    watched.recorder.set_sources(sources)
    watched.wait_state(3, "recording")
    assert watched.said(1) == [("unusable", "a stream is one of main, sub")]
    assert watched.said(2) == [("unusable", "a chunk lasts 1 to 4 s")]
    assert "pw" not in str(watched.states) + repr(sources)
