"""What the recorder makes of cameras that speak RTSP each in a way of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.media.camera import CLOCK, Camera, Shot, Viewer, by_the_clock, shots
from tests.media.make import numbers, video, wait_until
from tests.media.watch import Watched, source
from workers.media.read import read_part
from workers.media.stream import as_they_came

FPS = 10
NOW_S = 1_800_000_000.0
SECOND_PICTURE = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track2\r\n"


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    one = Watched(tmp_path / "ring", read_timeout_s=1.0)
    yield one
    one.recorder.stop()


@pytest.fixture
def film(tmp_path: Path) -> list[Shot]:
    return shots(video(tmp_path / "film.ts", seconds=2, fps=FPS))


def test_a_picture_that_froze_is_told_though_a_second_one_goes_on(
    watched: Watched, film: list[Shot]
) -> None:
    def play(viewer: Viewer) -> None:
        n = 0
        while viewer.wait_until(n / FPS):
            shot = film[n % len(film)]
            if n < 2 * FPS:
                viewer.picture(shot, n * CLOCK // FPS)
            viewer.picture(shot, n * CLOCK // FPS, channel=2)
            n += 1

    with Camera(play, tracks=SECOND_PICTURE).serving() as camera:
        watched.recorder.set_sources([source(0, camera.url())])
        watched.wait_state(0, "recording")
        assert watched.wait_state(0, "frozen") == "no picture for 1 s"
        wait_until(lambda: len(camera.viewers) > 1)
        watched.wait_state(0, "recording")


def test_a_stream_is_called_converted_with_the_reason_from_its_first_chunk(
    watched: Watched, tmp_path: Path
) -> None:
    film = shots(video(tmp_path / "smart.ts", fps=FPS, seconds=6, key_every=6 * FPS))
    with Camera(by_the_clock(film)).serving() as camera:
        watched.recorder.set_sources([source(0, camera.url())])
        watched.wait_chunks(0, 3)
    because = "converted to H.264 because key pictures come more than 4 s apart"
    recording = [reason for state, reason in watched.said(0) if state == "recording"]
    assert recording == [f"h264 320x180, {because}"]


def began_s(camera: Camera) -> float:
    """Return when the camera began to play (Unix)."""
    return time.time() - time.monotonic() + camera.viewers[0].began


def test_a_picture_a_second_is_dated_when_it_came_not_when_the_stream_was_known(
    tmp_path: Path,
) -> None:
    film = shots(video(tmp_path / "slow.ts", seconds=8, fps=1, key_every=1))
    watched = Watched(tmp_path / "ring")
    with Camera(by_the_clock(film)).serving() as camera:
        watched.recorder.set_sources([source(0, camera.url())])
        first = watched.wait_chunks(0, 1)[0]
        late_s = first.start_s - began_s(camera)
    watched.recorder.stop()
    assert 0 <= late_s < 1.8, "a picture is whole only when the next one begins"


class Sent:
    """A stream's packets, each of which comes at its own moment by a clock of the test's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, sent: list[tuple[float, float]]) -> None:
        self.now_s, self._sent = 0.0, iter(sent)
        monkeypatch.setattr("workers.media.stream.time.monotonic", lambda: self.now_s)
        monkeypatch.setattr("workers.media.stream.time.time", lambda: NOW_S + self.now_s)

    def __iter__(self) -> Sent:
        return self

    def __next__(self) -> SimpleNamespace:
        came_s, told_s = next(self._sent)
        self.now_s = max(self.now_s + 0.001, came_s)
        return SimpleNamespace(pts=round(told_s * CLOCK), dts=None, time_base=Fraction(1, CLOCK))


def dated(sent: Sent) -> list[float]:
    return [round(came_s - NOW_S, 1) for _, came_s in as_they_came(sent, FPS)]


def test_what_a_recorder_sends_at_once_from_before_is_dated_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Pictures of the last 2.5 s at once, and from then on each when it is taken.
    sent = [(max(n / FPS - 2.5, 0.0), n / FPS) for n in range(60)]
    assert dated(Sent(monkeypatch, sent)) == [round(n / FPS - 2.5, 1) for n in range(60)]


def test_what_came_late_after_the_beginning_is_dated_as_it_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = [(n / FPS + (3.0 if n >= 30 else 0.0), n / FPS) for n in range(60)]
    assert dated(Sent(monkeypatch, sent)) == [
        round(n / FPS + (3.0 if n >= 30 else 0.0), 1) for n in range(60)
    ]


def test_times_of_another_clock_date_nothing_of_what_lay_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = [(0.0, n / FPS) for n in range(10)] + [(n / FPS, 7000 + n / FPS) for n in range(10)]
    assert dated(Sent(monkeypatch, sent))[:10] == [0.0] * 10


OTHERWISE = {
    "h264": {"preset": "veryfast", "bf": "2"},  # High profile and B-frames, after Baseline
    "hevc": {"x265-params": "keyint=10:bframes=0:log-level=none:level-idc=4"},
}


@pytest.mark.parametrize("codec", OTHERWISE)
def test_a_stream_that_is_coded_otherwise_every_two_seconds_is_recorded_whole(
    watched: Watched, tmp_path: Path, codec: str
) -> None:
    encoder = {"h264": "libx264", "hevc": "libx265"}[codec]
    films = [
        shots(video(tmp_path / f"{n}.ts", codec=encoder, seconds=2, fps=FPS, options=options))
        for n, options in enumerate(({}, OTHERWISE[codec]))
    ]

    def play(viewer: Viewer) -> None:
        n = 0
        while viewer.wait_until(n / FPS):
            turn, place = divmod(n, 2 * FPS)
            shot = films[turn % 2][place]
            viewer.picture(shot, round((2 * turn + shot.at_s) * CLOCK), codec)
            n += 1

    with Camera(play, codec=codec).serving() as camera:
        watched.recorder.set_sources([source(0, camera.url())])
        chunks = watched.wait_chunks(0, 7)
    assert len(camera.viewers) == 1
    assert watched.said(0)[1:] == [("recording", f"{codec} 320x180, copied")]
    assert max(b.start_s - a.start_s - a.duration_s for a, b in pairwise(chunks)) < 0.15
    headers = []
    for n, chunk in enumerate(chunks):
        assert numbers(watched.path(chunk)) == list(range(n % 2 * FPS, n % 2 * FPS + FPS))
        part = read_part(watched.path(chunk), chunk.start_s, chunk.duration_s)
        headers.append(part.sets)
        part.close()
    # Each file says how it is coded itself: who plays it alone, or cuts it, relies on that.
    assert headers[1] != headers[2] == headers[3] != headers[4] == headers[5] != headers[6]
