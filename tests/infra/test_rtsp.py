"""The loopback cameras play for ever, by the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from infra.embedded import rtsp
from infra.embedded.service import Service

FPS, FRAMES = 20, 30


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A loop of 1.5 s whose grey level tells the frame's number, on two streams."""
    folder = tmp_path_factory.mktemp("rtsp")
    for stream in ("main", "sub"):
        path = folder / "loops" / "grey" / f"{stream}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w") as container:
            options = {"g": "10", "bf": "0", "preset": "ultrafast", "qp": "1"}
            video = container.add_stream("libx264", rate=FPS, options=options)
            video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
            for index in range(FRAMES):
                level = np.full((144, 160), 128, np.uint8)
                level[:96] = 20 + index * 7
                frame = av.VideoFrame.from_ndarray(level, format="yuv420p")
                frame.pts, frame.time_base = index, Fraction(1, FPS)
                container.mux(video.encode(frame))
            container.mux(video.encode())
    service = rtsp.start(folder / "var", folder / "loops")
    yield service
    service.stop()


def watch(url: str, count: int) -> list[tuple[int, float, float]]:
    """Return (frame number, its time in the stream, when it came) of the first frames."""
    options = {"rtsp_transport": "tcp", "analyzeduration": "1", "probesize": "32"}
    with av.open(url, options=options, timeout=5) as container:
        return [
            (round((float(frame.to_ndarray()[:96].mean()) - 20) / 7), frame.time or 0, time.time())
            for frame in islice(container.decode(video=0), count)
        ]


def lag(number: int, at: float, phase_s: float = 0.0) -> float:
    """Return how long after its moment frame `number` came, in -half a loop .. half a loop."""
    duration_s = FRAMES / FPS
    return (at + phase_s - number / FPS + duration_s / 2) % duration_s - duration_s / 2


def test_a_stream_goes_on_past_the_end_of_its_file_with_rising_times(camera: Service) -> None:
    seen = watch(f"{camera.url}/grey/main", FRAMES * 2 + 5)
    numbers = [number for number, _, _ in seen]
    assert [(b - a) % FRAMES for a, b in zip(numbers, numbers[1:], strict=False)] == [1] * (
        len(numbers) - 1
    )
    times = [moment for _, moment, _ in seen][1:]  # the first may come without a time
    assert all(0.02 < b - a < 0.08 for a, b in zip(times, times[1:], strict=False))


def test_frames_come_when_the_clock_says_so_on_each_stream(camera: Service) -> None:
    for url, phase in (("main", 0.0), ("sub", 0.0), ("main?phase=0.5", 0.5)):
        seen = watch(f"{camera.url}/grey/{url}", 12)
        # The first frames wait inside the reader while it probes: judge the last.
        assert -0.05 < lag(seen[-1][0], seen[-1][2], phase) < 0.5, url


def test_an_unknown_stream_and_a_way_out_of_the_folder_are_not_found(camera: Service) -> None:
    for path in ("grey/third", "../../etc/passwd", "%2e%2e/%2e%2e/secret", ""):
        with pytest.raises(av.error.FFmpegError):
            watch(f"{camera.url}/{path}", 1)


def test_the_server_outlives_readers_that_go_away(camera: Service) -> None:
    for _ in range(3):
        watch(f"{camera.url}/grey/sub", 2)
    assert Path(f"/proc/{camera.pid}").exists()
    assert len(watch(f"{camera.url}/grey/sub", 3)) == 3
