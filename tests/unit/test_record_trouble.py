"""What the recorder does when cameras, networks, files and disks fail."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from tests.disk import small_disk_of
from tests.media.make import RtspServer, free_port, numbers, picture, video, wait_until
from tests.media.watch import Watched, source
from workers.media.record import ChunkFile
from workers.media.ring import Found
from workers.media.source import Opened
from workers.media.stream import StreamThread


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RtspServer]:
    folder = tmp_path / "media"
    folder.mkdir()
    running = RtspServer(folder).start()
    yield running
    running.kill()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    one = Watched(tmp_path / "ring", read_timeout_s=1.0)
    yield one
    one.recorder.stop()


def apart(chunks: list[ChunkFile]) -> bool:
    """Return whether sequence and time only rise and no chunk overlaps the next."""
    return all(
        b.sequence == a.sequence + 1 and b.start_s >= a.start_s + a.duration_s - 0.0005
        for a, b in pairwise(chunks)
    )


def test_the_ring_is_listed_once_a_stream_however_often_its_camera_is_dialled(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, dialled = [], []
    after, open_ = watched.ring.after, watched.recorder.open

    def counted(*stream: Any) -> list[Found]:
        listed.append(stream)
        return after(*stream)

    def dial(url: str) -> Opened:
        dialled.append(url)
        return open_(url)

    monkeypatch.setattr(watched.ring, "after", counted)
    monkeypatch.setattr(watched.recorder, "open", dial)
    watched.recorder.set_sources([source(0, f"rtsp://127.0.0.1:{free_port()}/none")])
    wait_until(lambda: len(dialled) >= 3)
    assert len(listed) == 1


def test_after_kill_9_a_server_is_recorded_again_with_whatever_it_now_sends(
    watched: Watched, server: RtspServer
) -> None:
    same, other = 0, 5
    for name in ("same", "other"):
        video(server.folder / f"{name}.mp4")
    watched.recorder.set_sources(
        [source(same, server.url("same.mp4")), source(other, server.url("other.mp4"))]
    )
    watched.wait_chunks(same, 2)
    watched.wait_chunks(other, 1)
    server.kill()
    wait_until(lambda: "refused" in watched.said(same)[-1][1])
    assert watched.said(same)[-1][0] == "lost"
    video(server.folder / "other.mp4", codec="libx265", width=480, height=272)
    before = len(watched.of(same))
    server.start()
    assert watched.wait_state(same, "recording") == "h264 320x180, copied"
    watched.wait_chunks(same, before + 2)
    wait_until(lambda: ("recording", "hevc 480x272, copied") in watched.said(other))
    assert apart(watched.of(same)) and apart(watched.of(other))
    assert {(c.codec, c.width) for c in watched.of(other)} == {("h264", 320), ("hevc", 480)}
    assert [state for state, _ in watched.said(same)][:2] == ["connecting", "recording"]
    assert len(watched.said(same)) <= 5, "each state is told once, not at every attempt"


def test_a_frozen_camera_is_called_frozen_and_recorded_again_when_it_wakes(
    watched: Watched, server: RtspServer
) -> None:
    video(server.folder / "a.mp4")
    watched.recorder.set_sources([source(0, server.url("a.mp4"))])
    watched.wait_chunks(0, 1)
    server.signal(signal.SIGSTOP)
    begin = time.monotonic()
    try:
        assert "no picture for" in watched.wait_state(0, "frozen")
        assert time.monotonic() - begin < 6.0
        kept = sum(len(numbers(watched.path(chunk))) for chunk in watched.of(0))
        assert kept >= 10, "what came before the freeze is kept"
    finally:
        server.signal(signal.SIGCONT)
    watched.wait_state(0, "recording")
    assert apart(watched.of(0))


def test_a_stream_that_ends_is_connected_to_again(watched: Watched, server: RtspServer) -> None:
    video(server.folder / "a.mp4", seconds=2)
    watched.recorder.set_sources([source(0, server.url("a.mp4", loop=False))])
    wait_until(lambda: ("lost", "the stream ended") in watched.said(0))
    before = len(watched.of(0))
    assert before >= 1
    assert apart(watched.wait_chunks(0, before + 1))


def test_after_a_connection_that_held_the_next_is_made_at_once(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = StreamThread(watched.recorder, source(0, "rtsp://10.0.0.9/live"))
    watched.recorder.doors.enter((0, "main"), thread.source.url)
    held_s, waits, before = [6.0, 6.0, 1.0, 1.0, 6.0], [], []

    def attempt() -> None:
        before.append(len(waits))
        thread._good_since = time.monotonic() - held_s.pop(0)
        if not held_s:
            thread.end()

    monkeypatch.setattr(thread, "_attempt", attempt)
    monkeypatch.setattr(thread._ending, "wait", waits.append)
    thread.run()
    at_once, waited = before[1:3], before[3:]
    assert at_once == [before[0]] * 2
    assert waited == [before[0] + 1, before[0] + 2] and waits[-1] > waits[-2] > 0.3


def test_a_size_that_changes_in_mid_stream_ends_the_chunk_and_is_said(
    watched: Watched, tmp_path: Path
) -> None:
    both = tmp_path / "both.ts"
    with both.open("wb") as out:
        for name, width in (("one.ts", 320), ("two.ts", 480)):
            part = video(tmp_path / name, width=width, height=width * 9 // 16 // 2 * 2, seconds=2)
            out.write(part.read_bytes())
    watched.recorder.set_sources([source(0, both)])
    wait_until(lambda: any("changed" in reason for _, reason in watched.said(0)))
    watched.wait_chunks(0, 4)
    for chunk in watched.of(0):
        with av.open(str(watched.path(chunk))) as container:
            assert {frame.width for frame in container.decode(video=0)} == {chunk.width}


def test_a_file_that_is_replaced_by_another_size_is_taken_up_at_its_next_round(
    watched: Watched, tmp_path: Path
) -> None:
    path = video(tmp_path / "a.mp4", seconds=2)
    watched.recorder.set_sources([source(0, path)])
    watched.wait_chunks(0, 1)
    video(tmp_path / "b.mp4", seconds=2, width=480, height=272).replace(path)
    wait_until(lambda: ("recording", "h264 480x272, copied") in watched.said(0))
    assert apart(watched.of(0))


def test_what_cannot_be_used_is_said_once_and_tried_again(
    watched: Watched, server: RtspServer, tmp_path: Path
) -> None:
    secret = server.url("none.mp4", user="minerva:s3cretpw@")
    refused = f"rtsp://minerva:s3cretpw@127.0.0.1:{free_port()}/a"
    (tmp_path / "text.mp4").write_text("no video\n" * 200)
    watched.recorder.set_sources(
        [
            source(0, secret),
            source(2, refused),
            source(3, tmp_path / "later.mp4"),
            source(4, tmp_path / "text.mp4"),
            source(5, "http://127.0.0.1/a.mp4"),
        ]
    )
    assert "not found" in watched.wait_state(0, "unusable")
    assert "refused" in watched.wait_state(2, "lost")
    assert "not there" in watched.wait_state(3, "unusable")
    assert "cannot be read as video" in watched.wait_state(4, "unusable")
    assert "not read" in watched.wait_state(5, "unusable")
    video(tmp_path / "later.mp4")
    watched.wait_state(3, "recording")
    assert all(len(watched.said(camera)) == 2 for camera in (0, 2, 4, 5))
    assert "s3cretpw" not in str(watched.states) and "minerva" not in str(watched.states)


def test_pictures_that_cannot_be_decoded_are_reported_where_they_must_be(
    watched: Watched, tmp_path: Path
) -> None:
    path = video(tmp_path / "m.avi", codec="mpeg4", key_every=100, seconds=10, fps=50)
    data = bytearray(path.read_bytes())
    start = data.find(b"movi") + 4
    position = start
    while (position := data.find(b"00dc", position + 4)) > 0 and position < data.find(b"idx1"):
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        data[position + 8 : position + 8 + size] = b"\xff" * size
    path.write_bytes(data)
    watched.recorder.set_sources([source(0, path)])
    assert "decode" in watched.wait_state(0, "unusable")


small_disk = small_disk_of("256k")


def test_a_full_disk_is_said_and_recording_goes_on_when_there_is_room(
    small_disk: Path, tmp_path: Path
) -> None:
    path = video(tmp_path / "a.mp4")
    watched = Watched(small_disk)
    filler = small_disk / "filler"
    try:
        watched.recorder.set_sources([source(0, path)])
        watched.wait_chunks(0, 1)
        with filler.open("wb", buffering=0) as out, pytest.raises(OSError):
            while True:
                out.write(b"x" * 512)
        assert watched.wait_state(0, "unusable") == "disk full"
        before = len(watched.of(0))
        filler.unlink()
        watched.wait_state(0, "recording")
        assert apart(watched.wait_chunks(0, before + 2))
    finally:
        watched.recorder.stop()


def test_the_numbered_picture_is_what_the_tests_think_it_is(tmp_path: Path) -> None:
    assert picture(5).shape == (180, 320, 3)
    assert numbers(video(tmp_path / "a.mp4", first=500, seconds=2)) == list(range(500, 520))
