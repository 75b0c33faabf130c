"""The folder of recorded chunks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.disk import small_disk_of
from workers.media.errors import DiskFull, MediaError
from workers.media.ring import Found, Ring, Written


def put(ring: Ring, sequence: int = 1, data: bytes = b"x" * 100, camera: int = 7) -> Written:
    return ring.write(
        mine=3,
        camera=camera,
        stream="main",
        sequence=sequence,
        start_s=1000.0 + sequence,
        end_s=1001.0 + sequence,
        data=data,
    )


def test_a_written_chunk_is_found_with_all_that_its_name_says(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    written = put(ring, 12)
    assert written.path == "3/7/main/12_1012000_1000.mp4"
    assert ring.path(written.path).read_bytes() == b"x" * 100
    assert list(ring.scan()) == [
        Found(3, 7, "main", 12, start_s=1012.0, duration_s=1.0, path=written.path, bytes=100)
    ]
    assert ring.usage_bytes() == 100
    assert ring.free_bytes() > 0
    assert ring.after(3, 7, "main", 11) == list(ring.scan())
    assert ring.after(3, 7, "main", 12) == ring.after(3, 8, "main", 0) == []
    assert ring.names(3, 7, "main") == {"12_1012000_1000.mp4"}


def test_chunks_that_touch_still_touch_after_rounding_to_milliseconds(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    first = ring.write(
        mine=1, camera=1, stream="sub", sequence=1, start_s=10.0004, end_s=11.0006, data=b"a"
    )
    second = ring.write(
        mine=1, camera=1, stream="sub", sequence=2, start_s=11.0006, end_s=12.0, data=b"b"
    )
    assert round(first.start_s + first.duration_s, 3) == second.start_s


def test_strangers_are_neither_listed_nor_deleted(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    put(ring)
    folder = tmp_path / "3/7/main"
    for name in ("notes.txt", "1_2.mp4", "1_2_3.mp4.bak", "٣_2_3.mp4", "9" * 40 + "_1_1.mp4"):
        (folder / name).write_text("stranger")
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "3/7/other").mkdir()
    (tmp_path / "3/7/other/1_1_1.mp4").write_text("stranger")
    (folder / "5_1_1.mp4").symlink_to("/etc/hostname")
    assert [found.sequence for found in ring.scan()] == [1]
    assert [found.sequence for found in ring.after(3, 7, "main", 0)] == [1]
    for name in (
        "../../../etc/passwd",
        "3/7/main/notes.txt",
        "/etc/passwd",
        "3/7/main/../1_1_1.mp4",
    ):
        with pytest.raises(MediaError):
            ring.delete(name)


def test_deleting_twice_is_no_error(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    written = put(ring)
    assert ring.delete(written.path) is True
    assert ring.delete(written.path) is False
    assert list(ring.scan()) == []


def test_scanning_a_ring_that_does_not_exist_yet_finds_nothing(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "not/yet")
    assert list(ring.scan()) == []
    assert ring.free_bytes() > 0


def test_half_written_files_of_a_killed_recorder_are_swept_when_old(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    put(ring)
    folder = tmp_path / "3/7/main"
    old, fresh = folder / ".8_1_1.part", folder / ".9_1_1.part"
    old.write_text("half")
    fresh.write_text("half")
    os.utime(old, (1, 1))
    assert [found.sequence for found in ring.after(3, 7, "main", 0)] == [1]
    assert not old.exists() and fresh.exists()


def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "3").write_text("a file where a folder should be")
    with pytest.raises(MediaError, match="recording folder cannot be written"):
        put(Ring(tmp_path))


small_disk = small_disk_of("256k")


def test_a_full_disk_has_a_name_and_leaves_no_half_file(small_disk: Path) -> None:
    ring = Ring(small_disk)
    put(ring, 1, b"x" * 150_000)
    with pytest.raises(DiskFull, match="disk full"):
        put(ring, 2, b"x" * 150_000)
    assert [found.sequence for found in ring.scan()] == [1]
    assert list(small_disk.rglob("*.part")) == []
    ring.delete("3/7/main/1_1001000_1000.mp4")
    assert put(ring, 2, b"x" * 150_000).bytes == 150_000
