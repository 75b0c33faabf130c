"""A camera that refuses the password is asked ever more seldom, or it locks the account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.media.make import video, wait_until
from tests.media.watch import Watched, source
from workers.media.errors import MediaError
from workers.media.source import WRONG_PASSWORD, Opened
from workers.media.stream import StreamThread

WRONG, RIGHT = "rtsp://davy:wrong@10.0.0.9/live", "rtsp://davy:right@10.0.0.9/live"


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    one = Watched(tmp_path / "ring")
    yield one
    one.recorder.stop()


def camera(watched: Watched, film: Path, dialled: list[str]) -> Callable[[str], Opened]:
    """Return a camera that shows its film to whoever knows the password."""
    open_ = watched.recorder.open

    def dial(url: str) -> Opened:
        dialled.append(url)
        if url == WRONG:
            raise MediaError(WRONG_PASSWORD)
        return open_(f"file:{film}")

    return dial


def test_each_wrong_password_waits_twice_as_long_and_says_how_long(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched.recorder, "open", camera(watched, tmp_path, []))
    thread = StreamThread(watched.recorder, source(0, WRONG))
    assert [thread._attempt() for _ in range(6)] == [60, 120, 240, 480, 480, 480]
    assert watched.said(0) == [
        (
            "unusable",
            f"wrong user name or password; tried again in {minutes} min, or at once when it is "
            "changed",
        )
        for minutes in (1, 2, 4, 8)
    ]


def test_the_right_password_is_tried_at_once(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled: list[str] = []
    film = video(tmp_path / "film.mp4")
    monkeypatch.setattr(watched.recorder, "open", camera(watched, film, dialled))
    watched.recorder.set_sources([source(0, WRONG)])
    watched.wait_state(0, "unusable")
    watched.recorder.set_sources([source(0, RIGHT)])
    watched.wait_state(0, "recording")
    assert dialled[:2] == [WRONG, RIGHT]


def test_a_camera_that_showed_pictures_meanwhile_is_asked_as_soon_as_the_first_time(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some refuse everybody while they start."""
    film = video(tmp_path / "film.mp4", seconds=3)
    monkeypatch.setattr(watched.recorder, "open", camera(watched, film, []))
    thread = StreamThread(watched.recorder, source(0, WRONG))
    assert [thread._attempt() for _ in range(3)] == [60, 120, 240]
    thread.source = source(0, RIGHT)
    thread.start()
    watched.wait_chunks(0, 1)
    thread.end()
    wait_until(lambda: not thread.is_alive())
    thread.source = source(0, WRONG)
    assert thread._attempt() == 60
