"""Streams with a picture a second or less: nothing is lost, and a slow one is no row of gaps."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from tests.media.make import numbers, video
from workers.media.chunker import Piece
from workers.media.clock import WallClock
from workers.media.pipe import Pipe
from workers.media.source import open_stream, packets

NOW_S = 1_800_000_000.0


def record(
    film: Path, *, timed: bool = True, late_s: dict[int, float] | None = None
) -> list[Piece]:
    """Record a film whose packets come when they are to be decoded; timed: as files tell it."""
    pieces: list[Piece] = []
    opened = open_stream(f"file:{film}")
    pipe = Pipe(opened, WallClock(), pieces.append, chunk_s=1.0, first_s=1.0)
    late = 0.0
    for n, packet in enumerate(packets(opened)):
        late += (late_s or {}).get(n, 0.0)
        at_s = float(packet.dts * packet.time_base) + late
        packet.pts += round(late / packet.time_base)
        packet.dts = packet.dts + round(late / packet.time_base) if timed else None
        pipe.push(packet, NOW_S + at_s)
    pipe.close()
    opened.container.close()
    return pieces


def holes(pieces: list[Piece]) -> list[float]:
    return [round(b.start_s - a.end_s, 2) for a, b in pairwise(pieces) if b.start_s - a.end_s > 0.3]


def shown(pieces: list[Piece], folder: Path) -> list[int]:
    found = []
    for n, piece in enumerate(pieces):
        file = folder / f"{n}.mp4"
        file.write_bytes(piece.data)
        found += numbers(file)
    return found


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("b_frames", [0, 2, 3])
def test_one_picture_a_second_with_b_frames_loses_none_and_keeps_the_time(
    tmp_path: Path, b_frames: int, timed: bool
) -> None:
    film = video(tmp_path / "slow.mp4", fps=1, seconds=32, key_every=4, b_frames=b_frames)
    pieces = record(film, timed=timed)
    assert shown(pieces, tmp_path) == list(range(32))
    assert all(piece.copied for piece in pieces)
    assert holes(pieces) == []
    assert pieces[-1].end_s - pieces[0].start_s == pytest.approx(32, abs=0.5)


@pytest.mark.parametrize("every_s", [2, 3, 4])
def test_a_picture_every_few_seconds_is_shown_until_the_next(tmp_path: Path, every_s: int) -> None:
    rate = Fraction(1, every_s)
    film = video(tmp_path / "slow.mp4", fps=rate, seconds=12 * every_s, key_every=1)
    pieces = record(film)
    assert shown(pieces, tmp_path) == list(range(12))
    assert holes(pieces) == []
    assert sum(piece.end_s - piece.start_s for piece in pieces) == pytest.approx(
        12 * every_s, abs=0.5
    )


def test_a_camera_that_pauses_leaves_a_hole_however_slow_it_is(tmp_path: Path) -> None:
    fast = video(tmp_path / "fast.mp4", fps=10, seconds=6)
    assert holes(record(fast, late_s={30: 3.0})) == [3.0]
    slow = video(tmp_path / "slow.mp4", fps=Fraction(1, 2), seconds=24, key_every=1)
    assert holes(record(slow, late_s={6: 4.0})) == [4.0]
