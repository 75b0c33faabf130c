"""Clips cut from chunks, checked picture by picture."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.media.make import numbers, video
from workers.media.chunker import Chunker, Facts, Piece
from workers.media.clock import WallClock
from workers.media.cut import ChunkPart, Cut, cut_clip
from workers.media.errors import DiskFull, MediaError
from workers.media.source import open_stream, packets

T0 = 1_790_000_000.0


def chunks(
    folder: Path, film: Path, *, start_s: float = T0, chunk_s: float = 1.0, first: int = 1
) -> list[ChunkPart]:
    """Cut a film into chunks just as the recorder does, the first beginning at `start_s`."""
    made: list[Piece] = []
    opened = open_stream(str(film))
    facts = Facts(opened.video, opened.codec, opened.width, opened.height, opened.fps, True)
    chunker = Chunker(facts, WallClock(), made.append, chunk_s=chunk_s, first_s=chunk_s)
    for packet in packets(opened):
        chunker.push(packet, start_s + float((packet.pts or 0) * packet.time_base))
    chunker.close()
    opened.container.close()
    parts = []
    for number, piece in enumerate(made, first):
        path = folder / f"{number}.mp4"
        path.write_bytes(piece.data)
        parts.append(
            ChunkPart(path, round(piece.start_s, 3), round(piece.end_s - piece.start_s, 3))
        )
    return parts


@pytest.fixture
def ten(tmp_path: Path) -> list[ChunkPart]:
    """Ten chunks of one second, pictures 0 to 99."""
    return chunks(tmp_path, video(tmp_path / "film.mp4", seconds=10))


def seconds(path: Path) -> list[float]:
    """Return when each picture of a file is shown."""
    with av.open(str(path)) as container:
        return [round(float(frame.time or 0), 3) for frame in container.decode(video=0)]


def plays_from_its_start(path: Path) -> bool:
    """Return whether the header comes first, so that a browser can seek before all is there."""
    data = path.read_bytes()
    return 0 < data.find(b"moov") < data.find(b"mdat")


def test_a_clip_has_exactly_the_pictures_of_its_span_from_the_key_picture_before(
    ten: list[ChunkPart], tmp_path: Path
) -> None:
    out = tmp_path / "clip.mp4"
    cut = cut_clip(ten, T0 + 2.45, T0 + 7.25, out)
    assert numbers(out) == list(range(20, 73))
    assert seconds(out)[:3] == [0.0, 0.1, 0.2]
    assert (cut.start_s, round(cut.end_s, 3)) == (T0 + 2.0, T0 + 7.25)
    assert cut.duration_s == 5.25 and cut.copied
    assert (cut.codec, cut.width, cut.height) == ("h264", 320, 180)
    assert cut.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert cut.bytes == out.stat().st_size
    assert cut.gaps == [] and cut.skipped == []
    assert plays_from_its_start(out)
    assert list(tmp_path.glob(".*.part")) == []


def test_the_order_in_which_chunks_are_given_does_not_matter(
    ten: list[ChunkPart], tmp_path: Path
) -> None:
    cut_clip(ten[::-1], T0 + 3, T0 + 5, tmp_path / "clip.mp4")
    assert numbers(tmp_path / "clip.mp4") == list(range(30, 50))


def test_reordered_pictures_stay_in_order(tmp_path: Path) -> None:
    film = video(tmp_path / "film.mp4", seconds=6, b_frames=2)
    cut = cut_clip(chunks(tmp_path, film), T0 + 1.3, T0 + 5.0, tmp_path / "clip.mp4")
    assert cut.copied and numbers(tmp_path / "clip.mp4") == list(range(10, 50))
    assert seconds(tmp_path / "clip.mp4") == [round(i / 10, 3) for i in range(40)]


def test_a_span_beyond_the_recording_is_cut_short_and_the_gaps_are_named(
    ten: list[ChunkPart], tmp_path: Path
) -> None:
    cut = cut_clip(ten, T0 - 4, T0 + 13, tmp_path / "clip.mp4")
    assert numbers(tmp_path / "clip.mp4") == list(range(100))
    assert cut.gaps == [(T0 - 4, T0), (T0 + 10, T0 + 13)]


def test_a_gap_keeps_its_length_in_the_clip(ten: list[ChunkPart], tmp_path: Path) -> None:
    ten[4].path.unlink()
    cut = cut_clip([*ten[:4], *ten[4:]], T0 + 2, T0 + 8, tmp_path / "clip.mp4")
    assert cut.gaps == [(T0 + 4, T0 + 5)]
    assert cut.skipped == ["5.mp4: missing"]
    assert numbers(tmp_path / "clip.mp4") == [*range(20, 40), *range(50, 80)]
    assert seconds(tmp_path / "clip.mp4")[19:21] == [1.9, 3.0]
    assert cut.duration_s == 6.0


def test_a_damaged_chunk_is_skipped_and_named(ten: list[ChunkPart], tmp_path: Path) -> None:
    whole = ten[3].path.read_bytes()
    ten[3].path.write_bytes(whole[: len(whole) * 6 // 10])
    ten[5].path.write_bytes(b"")
    noise = bytearray(ten[7].path.read_bytes())
    start = noise.find(b"mdat") + 4
    noise[start:] = b"\xff" * (len(noise) - start)
    ten[7].path.write_bytes(noise)
    ten[8].path.write_bytes(b"this was never a film" * 100)
    cut = cut_clip(ten, T0 + 2, T0 + 10, tmp_path / "clip.mp4")
    assert [line.split(":")[0] for line in cut.skipped] == ["4.mp4", "6.mp4", "8.mp4", "9.mp4"]
    shown = numbers(tmp_path / "clip.mp4")
    assert shown[:10] == list(range(20, 30)) and shown[-10:] == list(range(90, 100))
    assert set(range(40, 50)) | set(range(60, 70)) < set(shown)
    assert not set(shown) & {*range(50, 60), *range(70, 90)}
    assert cut.copied and len(cut.gaps) == 3


def test_no_usable_chunk_is_an_error_that_names_the_reasons(
    ten: list[ChunkPart], tmp_path: Path
) -> None:
    ten[0].path.unlink()
    with pytest.raises(MediaError, match="1.mp4: missing"):
        cut_clip(ten[:1], T0, T0 + 1, tmp_path / "clip.mp4")
    with pytest.raises(MediaError, match="no recording"):
        cut_clip(ten, T0 + 100, T0 + 110, tmp_path / "clip.mp4")
    with pytest.raises(MediaError, match="end does not lie after"):
        cut_clip(ten, T0 + 5, T0 + 5, tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()


def encoded(cut: Cut, out: Path) -> bool:
    with av.open(str(out)) as container:
        codec = container.streams.video[0].codec_context.name
    return codec == "h264" and cut.codec == "h264" and not cut.copied


def test_a_size_that_changes_is_encoded_in_the_size_that_most_of_the_span_has(
    ten: list[ChunkPart], tmp_path: Path
) -> None:
    film = video(tmp_path / "big.mp4", seconds=3, width=640, height=360, first=100)
    more = chunks(tmp_path, film, start_s=T0 + 10, first=20)
    out = tmp_path / "clip.mp4"
    cut = cut_clip([*ten, *more], T0 + 6, T0 + 12, out)
    assert encoded(cut, out) and (cut.width, cut.height) == (320, 180)
    assert numbers(out) == list(range(60, 120))
    assert cut.gaps == [] and plays_from_its_start(out)


def test_hevc_is_encoded_as_h264_so_that_a_browser_plays_it(tmp_path: Path) -> None:
    film = video(tmp_path / "film.mp4", codec="libx265", seconds=5)
    cut = cut_clip(chunks(tmp_path, film), T0 + 1, T0 + 4, tmp_path / "clip.mp4")
    assert encoded(cut, tmp_path / "clip.mp4")
    assert numbers(tmp_path / "clip.mp4") == list(range(10, 40))


def test_a_clip_that_is_encoded_keeps_the_shape_of_pixels_that_are_not_square(
    tmp_path: Path,
) -> None:
    wide = {"x265-params": "keyint=10:bframes=0:log-level=none:sar=16\\:11"}
    film = video(
        tmp_path / "film.mp4", codec="libx265", seconds=2, width=352, height=288, options=wide
    )
    out = tmp_path / "clip.mp4"
    cut_clip(chunks(tmp_path, film), T0, T0 + 2, out)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (352, 288)
        assert stream.sample_aspect_ratio == Fraction(16, 11)


def test_the_same_settings_described_in_another_way_are_still_copied(
    ten: list[ChunkPart], tmp_path: Path
) -> None:
    film = video(tmp_path / "again.mp4", seconds=3, first=100)
    more = chunks(tmp_path, film, start_s=T0 + 12, first=20)
    cut = cut_clip([*ten, *more], T0 + 8, T0 + 14, tmp_path / "clip.mp4")
    assert cut.copied and cut.gaps == [(T0 + 10, T0 + 12)]
    assert numbers(tmp_path / "clip.mp4") == [*range(80, 100), *range(100, 120)]


def test_other_settings_at_the_same_size_still_give_right_pictures(
    ten: list[ChunkPart], tmp_path: Path
) -> None:
    film = video(
        tmp_path / "other.mp4", seconds=3, first=100, options={"profile": "high", "preset": "slow"}
    )
    more = chunks(tmp_path, film, start_s=T0 + 10, first=20)
    cut_clip([*ten, *more], T0 + 8, T0 + 12, tmp_path / "clip.mp4")
    assert numbers(tmp_path / "clip.mp4") == list(range(80, 120))


def test_chunks_that_overlap_by_a_hair_give_rising_times(
    ten: list[ChunkPart], tmp_path: Path
) -> None:
    hair = [ChunkPart(c.path, c.start_s - 0.15 * i, c.duration_s) for i, c in enumerate(ten[:4])]
    cut_clip(hair, T0, T0 + 4, tmp_path / "clip.mp4")
    times = seconds(tmp_path / "clip.mp4")
    assert times == sorted(times) and len(times) == 40


def test_a_clip_that_does_not_fit_on_the_disk_leaves_nothing_behind(
    ten: list[ChunkPart], small_disk: Path
) -> None:
    with pytest.raises(DiskFull):
        cut_clip(ten, T0, T0 + 10, small_disk / "clip.mp4")
    assert list(small_disk.iterdir()) == []
