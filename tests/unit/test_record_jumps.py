"""Streams whose timestamps jump, and cameras that pause in the midst of a group of pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.media.make import video
from workers.media.chunker import Piece
from workers.media.clock import WallClock
from workers.media.pipe import Pipe
from workers.media.source import open_stream, packets

NOW_S = 1_800_000_000.0
FPS = 10


def record(
    film: Path, *, pause_s: float = 0.0, jump_s: float = 0.0, at: int
) -> tuple[list[Piece], set[str]]:
    """Record a film before whose picture `at` the camera pauses, or its timestamps alone jump.

    Also returns why anything was converted.
    """
    pieces: list[Piece] = []
    why: set[str] = set()
    opened = open_stream(f"file:{film}")
    pipe = Pipe(opened, WallClock(), pieces.append, chunk_s=1.0, first_s=1.0)
    for n, packet in enumerate(packets(opened)):
        came_s = n / FPS + (pause_s if n >= at else 0.0)
        told_s = came_s + (jump_s if n >= at else 0.0)
        packet.pts = packet.dts = round(told_s / packet.time_base)
        pipe.push(packet, NOW_S + came_s)
        why.add(pipe.why)
    pipe.close()
    opened.container.close()
    return pieces, why


def recorded(pieces: list[Piece]) -> list[tuple[float, float]]:
    """Return from when to when there are pictures, in seconds, what touches put together."""
    spans: list[tuple[float, float]] = []
    for piece in pieces:
        since_s, until_s = round(piece.start_s - NOW_S, 2), round(piece.end_s - NOW_S, 2)
        if spans and since_s - spans[-1][1] < 0.05:
            spans[-1] = spans[-1][0], until_s
        else:
            spans.append((since_s, until_s))
    return spans


@pytest.mark.parametrize("jump_s", [1.5, 5.0, 9.0, 60.0])
def test_timestamps_that_jump_ahead_date_nothing_into_the_future(
    tmp_path: Path, jump_s: float
) -> None:
    film = video(tmp_path / "film.mp4", fps=FPS, seconds=6)
    pieces, why = record(film, jump_s=jump_s, at=23)
    # What depends on a picture before the jump is left out, up to the next key picture.
    assert recorded(pieces) == [(0.0, 2.3), (3.0, 6.0)]
    assert why == {""}


def test_a_jump_in_a_stream_that_is_converted_waits_for_no_key_picture(tmp_path: Path) -> None:
    film = video(tmp_path / "film.mp4", fps=FPS, seconds=12, key_every=60)
    pieces, why = record(film, jump_s=5.0, at=73)
    assert recorded(pieces) == [(0.0, 12.0)]
    assert why == {"", "key pictures come more than 4 s apart"}


def test_a_camera_whose_timestamps_stand_still_is_recorded_all_the_same(tmp_path: Path) -> None:
    film = video(tmp_path / "film.mp4", fps=FPS, seconds=8)
    pieces: list[Piece] = []
    opened = open_stream(f"file:{film}")
    pipe = Pipe(opened, WallClock(), pieces.append, chunk_s=1.0, first_s=1.0)
    for n, packet in enumerate(packets(opened)):
        packet.pts = packet.dts = 0
        pipe.push(packet, NOW_S + n / FPS)
    pipe.close()
    opened.container.close()
    assert len(pieces) >= 6 and {pipe.why} == {""}
    assert recorded(pieces) == [(pytest.approx(0.0, abs=0.6), pytest.approx(8.0, abs=0.6))]


def test_a_lag_that_ends_where_the_camera_left_pictures_out_is_no_jump(tmp_path: Path) -> None:
    film = video(tmp_path / "film.mp4", fps=FPS, seconds=6)
    pieces: list[Piece] = []
    opened = open_stream(f"file:{film}")
    pipe = Pipe(opened, WallClock(), pieces.append, chunk_s=1.0, first_s=1.0)
    for n, packet in enumerate(packets(opened)):
        if 24 <= n < 40:
            continue  # the camera's buffer was full
        packet.pts = packet.dts = round(n / FPS / packet.time_base)
        pipe.push(packet, NOW_S + max(n / FPS, 4.0 if n >= 22 else 0.0))
    pipe.close()
    opened.container.close()
    assert recorded(pieces) == [(0.0, 2.4), (4.0, 6.0)]


def test_a_long_pause_is_a_hole_and_no_wait_for_a_key_picture(tmp_path: Path) -> None:
    film = video(tmp_path / "film.mp4", fps=FPS, seconds=6)
    pieces, why = record(film, pause_s=6.0, at=23)
    assert recorded(pieces) == [(0.0, 2.3), (9.0, 12.0)]
    assert why == {""} and all(piece.copied for piece in pieces)


def test_a_short_pause_loses_no_picture_and_converts_nothing(tmp_path: Path) -> None:
    film = video(tmp_path / "film.mp4", fps=FPS, seconds=8, key_every=2 * FPS)
    pieces, why = record(film, pause_s=3.0, at=23)
    assert recorded(pieces) == [(0.0, 11.0)]
    assert why == {""} and all(piece.copied for piece in pieces)


def test_pictures_that_are_always_far_apart_are_no_pauses(tmp_path: Path) -> None:
    film = video(tmp_path / "film.mp4", fps=FPS, seconds=3, key_every=30)
    pieces: list[Piece] = []
    opened = open_stream(f"file:{film}")
    pipe = Pipe(opened, WallClock(), pieces.append, chunk_s=1.0, first_s=1.0)
    for n, packet in enumerate(packets(opened)):
        packet.pts = packet.dts = round(5 * n / packet.time_base)
        pipe.push(packet, NOW_S + 5 * n)
    pipe.close()
    opened.container.close()
    assert "key pictures" in pipe.why
    assert sum(round(piece.fps * (piece.end_s - piece.start_s)) for piece in pieces) >= 30
