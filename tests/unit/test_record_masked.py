"""A recording with its masks filled: what they hide is on no disk, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from tests.media.make import RtspServer, numbers, video, wait_until
from tests.media.watch import Watched, source
from workers.media import mask
from workers.media.mask import BEHIND, FAILED, UNKNOWN, Backlog, Masks, told_by
from workers.media.record import ChunkFile
from workers.media.transcode import Encoder

LIVE, REORDERED, HEVC, OLD, COPIED = range(5)
# Below the numbers, where the square moves.
LEFT = Masks(3, (((0.0, 0.6), (0.5, 0.6), (0.5, 1.0), (0.0, 1.0)),))
RIGHT = Masks(4, (((0.5, 0.6), (1.0, 0.6), (1.0, 1.0), (0.5, 1.0)),))


@pytest.fixture(scope="module", autouse=True)
def patient() -> Iterator[None]:
    """A machine that does much else falls behind; only one test is about that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mask, "BEHIND_S", 60.0)
        yield


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtspServer]:
    folder = tmp_path_factory.mktemp("masked")
    video(folder / "a.mp4", sound=True)
    video(folder / "hevc.mp4", codec="libx265")
    video(folder / "keys.mp4", key_every=2)
    running = RtspServer(folder).start()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def many(server: RtspServer) -> Iterator[Watched]:
    """A stream of every kind, all masked but one."""
    one, folder = Watched(server.folder / "ring"), server.folder
    masked = [
        source(LIVE, server.url("a.mp4")),
        source(REORDERED, video(folder / "reordered.mp4", b_frames=2)),
        source(HEVC, server.url("hevc.mp4"), chunk_s=2.0),
        source(OLD, video(folder / "old.avi", codec="mpeg4", key_every=250)),
    ]
    one.recorder.set_sources(
        [*(replace(each, masks=LEFT) for each in masked), source(COPIED, server.url("a.mp4"))]
    )
    yield one
    one.recorder.stop()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    one = Watched(tmp_path / "ring")
    yield one
    one.recorder.stop()


def hidden(path: Path, masks: Masks) -> list[bool]:
    """Tell for each picture of a file whether nothing but the mask is to be seen beneath it."""
    assert masks.polygons is not None
    [polygon] = masks.polygons
    told = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            luma = frame.to_ndarray(format="yuv420p")[: frame.height]
            (x0, y0), (x1, y1) = polygon[0], polygon[2]
            rows = slice(round(y0 * frame.height) + 2, round(y1 * frame.height) - 2)
            part = luma[rows, round(x0 * frame.width) + 2 : round(x1 * frame.width) - 2]
            told.append(bool(abs(part.astype(int) - 37).max() <= 3))
    return told


def times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [round(frame.time, 3) for frame in container.decode(video=0)]


def on_disk(watched: Watched) -> list[Path]:
    return sorted(watched.ring.root.rglob("*.mp4"))


def in_a_row(watched: Watched, chunks: list[ChunkFile]) -> bool:
    shown = [number for chunk in chunks for number in numbers(watched.path(chunk))]
    return all(b == (a + 1) % 30 for a, b in pairwise(shown))


@pytest.mark.parametrize("camera", [LIVE, REORDERED, HEVC, OLD])
def test_no_picture_on_disk_shows_what_a_mask_hides_and_none_is_missing(
    many: Watched, camera: int
) -> None:
    chunks = many.wait_chunks(camera, 3)
    for chunk in chunks:
        assert (chunk.masked_by, chunk.codec, chunk.copied) == (3, "h264", False)
        assert all(hidden(many.path(chunk), LEFT))
        assert not all(hidden(many.path(chunk), RIGHT)), "the rest is there as it was"
    assert in_a_row(many, chunks)


def test_masked_chunks_are_cut_where_copied_ones_are_and_their_pictures_keep_their_times(
    many: Watched,
) -> None:
    copied, masked = many.wait_chunks(COPIED, 3), many.wait_chunks(LIVE, 3)
    assert {chunk.masked_by for chunk in copied} == {None}
    for chunk in [*copied[:3], *masked[:3]]:
        path = many.path(chunk)
        assert times(path) == [round(n / 10, 3) for n in range(10)]
        assert numbers(path)[0] % 10 == 0, "where the camera's own key pictures are"
        with av.open(str(path)) as container:
            keys = [p.is_keyframe for p in container.demux(video=0) if p.size]
        assert keys == [True] + [False] * 9
    for a, b in pairwise(masked):
        assert b.sequence == a.sequence + 1
        assert round(b.start_s - a.start_s - a.duration_s, 3) == 0.0
    reordered = many.wait_chunks(REORDERED, 3)
    assert all(times(many.path(c)) == [n / 10 for n in range(10)] for c in reordered[:3])
    assert all(abs(c.duration_s - 2.0) < 0.1 for c in many.wait_chunks(HEVC, 3)[1:3])


def test_a_masked_chunk_says_so_by_itself_and_the_stream_says_so_too(many: Watched) -> None:
    [masked, *_], [copied, *_] = many.wait_chunks(LIVE, 1), many.wait_chunks(COPIED, 1)
    assert told_by(many.path(masked).read_bytes()) == 3
    assert told_by(many.path(copied).read_bytes()) is None and told_by(b"no video") is None
    assert many.said(LIVE) == [
        ("connecting", ""),
        ("recording", "h264 320x180, encoded anew with its masks filled"),
    ]


def test_before_the_masks_are_known_nothing_is_recorded(
    watched: Watched, server: RtspServer
) -> None:
    late = replace(source(0, server.folder / "keys.mp4"), masks=Masks(3, None))
    watched.recorder.set_sources([late])
    assert watched.wait_state(0, "unusable") == UNKNOWN
    assert not [path for path in watched.ring.root.rglob("*") if path.is_file()]
    watched.recorder.set_sources([replace(late, masks=LEFT)])
    chunks = watched.wait_chunks(0, 2)
    assert all(all(hidden(watched.path(chunk), LEFT)) for chunk in chunks)
    watched.recorder.set_sources([late])
    assert watched.wait_state(0, "unusable") == UNKNOWN, "known no more, recorded no more"
    assert all(all(hidden(path, LEFT)) for path in on_disk(watched))


def test_masks_come_change_and_go_with_the_next_chunk_and_no_picture_is_lost(
    watched: Watched, server: RtspServer
) -> None:
    plain = source(0, server.url("keys.mp4"))
    for masks in (None, LEFT, RIGHT, None):
        wanted = masks.version if masks is not None else None
        watched.recorder.set_sources([replace(plain, masks=masks)])
        wait_until(lambda wanted=wanted: (c := watched.of(0)) and c[-1].masked_by == wanted)
    chunks = watched.of(0)
    assert in_a_row(watched, chunks)
    for chunk in chunks:
        path = watched.path(chunk)
        assert all(hidden(path, LEFT)) == (chunk.masked_by == 3)
        assert all(hidden(path, RIGHT)) == (chunk.masked_by == 4)
        assert chunk.copied == (chunk.masked_by is None)
    for a, b in pairwise(chunks):
        assert round(b.start_s - a.start_s - a.duration_s, 3) == 0.0
    assert {state for state, _ in watched.said(0)} == {"connecting", "recording"}


def test_an_encoder_that_breaks_leaves_nothing_unmasked_and_is_said_and_tried_again(
    watched: Watched, server: RtspServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode, broken = Encoder.encode, False

    def breaks(self: Encoder, frame: Any, pts: int, *, key: bool) -> list[Any]:
        if broken:
            raise av.error.ExternalError(1, "x264 is out of order")
        return encode(self, frame, pts, key=key)

    monkeypatch.setattr(Encoder, "encode", breaks)
    watched.recorder.set_sources([replace(source(0, server.folder / "keys.mp4"), masks=LEFT)])
    watched.wait_chunks(0, 1)
    broken = True
    assert watched.wait_state(0, "unusable") == FAILED
    before = len(watched.of(0))
    broken = False
    watched.wait_state(0, "recording")
    watched.wait_chunks(0, before + 1)
    assert all(all(hidden(path, LEFT)) for path in on_disk(watched))


def test_who_falls_behind_the_camera_records_a_gap_and_not_the_raw_picture(
    watched: Watched, server: RtspServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mask, "BEHIND_S", -1.0)
    watched.recorder.set_sources([replace(source(0, server.folder / "keys.mp4"), masks=LEFT)])
    assert watched.wait_state(0, "unusable") == BEHIND
    monkeypatch.undo()
    watched.wait_state(0, "recording")
    assert all(all(hidden(path, LEFT)) for path in on_disk(watched))


def test_work_is_behind_by_what_it_takes_beyond_what_the_pictures_last() -> None:
    backlog = Backlog()
    for n in range(10):
        backlog.came(n * 0.1)
        assert backlog.worked(0.09)
    assert backlog.behind_s == pytest.approx(0.09), "in time: the last picture alone"
    for n in (12, 11, 10, 13):  # in the order of decoding
        backlog.came(n * 0.1)
        backlog.worked(0.6)
    assert backlog.behind_s == pytest.approx(4 * 0.6 - 0.1)
    backlog.came(0.0)  # the camera begins anew
    assert not backlog.worked(60.0)
