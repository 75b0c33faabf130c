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


def test_a_wrong_password_is_tried_once_by_all_streams_of_a_device_and_each_says_when_again(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two cameras of one recorder, with two streams each."""
    dialled: list[str] = []
    monkeypatch.setattr(watched.recorder, "open", camera(watched, tmp_path, dialled))
    streams = [source(number, WRONG, name) for number in (0, 1) for name in ("main", "sub")]
    watched.recorder.set_sources(streams)
    for number in (0, 1):
        wait_until(lambda: [s for s, _ in watched.said(number)].count("unusable") == 2)  # noqa: B023
        assert watched.said(number)[-1][1] == (
            "wrong user name or password; tried again in 1 min, or at once when it is changed"
        )
    assert dialled == [WRONG]


def test_it_is_tried_again_ever_more_seldom_and_each_wait_is_told(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched.recorder, "open", camera(watched, tmp_path, []))
    thread = StreamThread(watched.recorder, source(0, WRONG))
    for _ in range(6):
        thread._attempt()
    told = [reason.split("tried again in ")[1][:6] for _, reason in watched.said(0)]
    assert told == ["1 min,", "2 min,", "4 min,", "8 min,"]


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
