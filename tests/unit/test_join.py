"""A span of the recording as one MP4, by stream copy, and chunks as browsers take them."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest

from tests.media.make import number_in, numbers, video
from tests.unit.test_cut import T0, chunks, plays_from_its_start, seconds
from workers.media.cut import ChunkPart
from workers.media.errors import MediaError
from workers.media.join import Changed, join_span
from workers.media.mux import TICKS
from workers.media.segment import split


@pytest.fixture
def ten(tmp_path: Path) -> list[ChunkPart]:
    """Ten chunks of one second, pictures 0 to 99."""
    return chunks(tmp_path, video(tmp_path / "film.mp4", seconds=10))


def test_a_span_has_its_pictures_from_the_key_picture_before(ten: list[ChunkPart], tmp_path: Path):
    out = tmp_path / "span.mp4"
    cut = join_span(ten[::-1], T0 + 2.45, T0 + 7.25, out)
    assert numbers(out) == list(range(20, 73))
    assert seconds(out) == pytest.approx([n / 10 for n in range(53)], abs=0.002)
    assert (cut.copied, cut.codec, cut.gaps, cut.skipped) == (True, "h264", [], [])
    assert cut.start_s == pytest.approx(T0 + 2, abs=0.002)
    assert cut.duration_s == pytest.approx(5.25, abs=0.02)
    assert plays_from_its_start(out)
    assert out.stat().st_size == cut.bytes


def test_a_gap_is_named_and_the_clock_goes_on_over_it(ten: list[ChunkPart], tmp_path: Path):
    out = tmp_path / "span.mp4"
    cut = join_span([*ten[:4], *ten[7:]], T0 + 1, T0 + 12, out)
    assert cut.gaps == [
        (pytest.approx(T0 + 4, abs=0.01), pytest.approx(T0 + 7, abs=0.01)),
        (pytest.approx(T0 + 10, abs=0.01), pytest.approx(T0 + 12, abs=0.01)),
    ]
    shown = dict(zip(numbers(out), seconds(out), strict=True))
    assert shown[39] == pytest.approx(2.9, abs=0.01)
    assert shown[70] == pytest.approx(6.0, abs=0.01), "a second there is a second here"
    with av.open(str(out)) as container:
        assert container.duration / 1e6 == pytest.approx(9.0, abs=0.05)


def test_reordered_pictures_keep_their_times(tmp_path: Path):
    film = video(tmp_path / "b.mp4", seconds=6, b_frames=2)
    out = tmp_path / "span.mp4"
    join_span(chunks(tmp_path, film), T0 + 1, T0 + 4, out)
    assert numbers(out) == list(range(10, 40))
    assert seconds(out) == pytest.approx([n / 10 for n in range(30)], abs=0.002)


def test_hevc_stays_hevc(tmp_path: Path):
    film = video(tmp_path / "h.mp4", seconds=4, codec="libx265")
    out = tmp_path / "span.mp4"
    cut = join_span(chunks(tmp_path, film), T0, T0 + 4, out)
    assert (cut.codec, cut.copied) == ("hevc", True)
    assert len(numbers(out)) == 40


def test_a_picture_of_another_size_ends_the_span_by_its_time(ten: list[ChunkPart], tmp_path: Path):
    (tmp_path / "more").mkdir()
    small = video(tmp_path / "small.mp4", seconds=3, width=160, height=90)
    more = chunks(tmp_path / "more", small, start_s=T0 + 10)
    with pytest.raises(Changed) as caught:
        join_span([*ten, *more], T0 + 8, T0 + 12, tmp_path / "span.mp4")
    assert caught.value.at_s == pytest.approx(T0 + 10, abs=0.01)
    assert not list(tmp_path.glob("*span*"))


def test_a_damaged_chunk_is_named_and_the_others_are_there(ten: list[ChunkPart], tmp_path: Path):
    ten[3].path.write_bytes(b"no video")
    cut = join_span(ten, T0 + 2, T0 + 6, tmp_path / "span.mp4")
    assert [line.split(":")[0] for line in cut.skipped] == ["4.mp4"]
    assert len(cut.gaps) == 1
    with pytest.raises(MediaError, match="no recording"):
        join_span(ten, T0 + 50, T0 + 60, tmp_path / "span.mp4")


def test_hevc_is_named_whole_and_by_the_name_that_apples_players_take(tmp_path: Path):
    film = video(tmp_path / "hevc.mp4", seconds=1, codec="libx265")
    (chunk,) = chunks(tmp_path, film)
    assert b"hev1" in chunk.path.read_bytes()
    part = split(chunk.path.read_bytes(), chunk.start_s)
    assert part.codec == "hvc1.1.6.L60.90"
    assert b"hvc1" in part.header and b"hev1" not in part.header
    out = tmp_path / "span.mp4"
    assert join_span([chunk], chunk.start_s, chunk.start_s + 1, out).codec == "hevc"
    assert b"hvc1" in out.read_bytes() and b"hev1" not in out.read_bytes()
    assert numbers(out) == list(range(10))


def test_one_header_and_the_pictures_of_many_chunks_play_and_tell_unix_time(ten: list[ChunkPart]):
    parts = [split(chunk.path.read_bytes(), chunk.start_s) for chunk in ten]
    assert len({part.header for part in parts}) == 1
    assert parts[0].codec.startswith("avc1.")
    whole = parts[3].header + b"".join(part.media for part in parts[3:6])
    with av.open(io.BytesIO(whole), format="mp4") as container:
        stream = container.streams.video[0]
        frames = [(number_in(f), f.pts * stream.time_base) for f in container.decode(video=0)]
    assert [number for number, _ in frames] == list(range(30, 60))
    assert [float(at) for _, at in frames] == pytest.approx(
        [T0 + n / 10 for n in range(30, 60)], abs=2 / TICKS + 0.001
    )


@pytest.mark.parametrize("spoil", [lambda d: d[:500], lambda d: b"x" * 99, lambda d: b""])
def test_a_chunk_that_is_damaged_is_refused_in_words(ten: list[ChunkPart], spoil):
    with pytest.raises(MediaError):
        split(spoil(ten[0].path.read_bytes()), T0)
