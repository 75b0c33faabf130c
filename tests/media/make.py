"""Makes small video files whose every frame tells its number, and plays them over RTSP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np

BITS = 10
T = TypeVar("T")
# The server keeps one thread busy for each stream it plays; asyncio's own pool has but a few.
# Films for it have 30 pictures at most: of longer ones it reads ahead, and on a busy machine puts
# a picture into its full queue twice.
SERVER = """
import asyncio, sys
from concurrent.futures import ThreadPoolExecutor
import aio_rtsp_toolkit.server as server

async def main():
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(128))
    await server.serve(sys.argv[1], host="127.0.0.1", port=int(sys.argv[2]))

asyncio.run(main())
"""


def picture(number: int, width: int = 320, height: int = 180) -> np.ndarray:
    """Return a BGR picture with the number in ten black or white bars and a moving square."""
    image = np.full((height, width, 3), 90, np.uint8)
    bar = width // BITS
    for bit in range(BITS):
        if number >> bit & 1:
            image[: height // 2, bit * bar : (bit + 1) * bar] = 235
        else:
            image[: height // 2, bit * bar : (bit + 1) * bar] = 16
    left = number * 7 % (width - 20)
    image[-40:-20, left : left + 20] = (40, 200, 240)
    return image


def number_in(frame: Any) -> int:
    """Return the number that a decoded frame shows."""
    luma = frame.to_ndarray(format="gray")
    height, width = luma.shape
    bar = width // BITS
    return sum(
        1 << bit
        for bit in range(BITS)
        if luma[height // 4 - 3 : height // 4 + 3, bit * bar + 4 : (bit + 1) * bar - 4].mean() > 125
    )


def numbers(path: Path | str) -> list[int]:
    """Return the numbers of all frames that a file decodes to."""
    with av.open(str(path)) as container:
        return [number_in(frame) for frame in container.decode(video=0)]


def video(
    path: Path,
    *,
    codec: str = "libx264",
    seconds: float = 3,
    fps: int = 10,
    width: int = 320,
    height: int = 180,
    key_every: int | None = None,
    b_frames: int = 0,
    first: int = 0,
    sound: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a file of numbered pictures; a key picture every second unless told otherwise."""
    every = key_every or fps
    chosen = {"g": str(every), "bf": str(b_frames)}
    if codec == "libx264":
        chosen |= {
            "preset": "ultrafast" if not b_frames else "veryfast",
            "keyint_min": str(every),
            "sc_threshold": "0",
            "b_strategy": "0",
        }
    elif codec == "libx265":
        chosen = {"preset": "ultrafast", "x265-params": f"keyint={every}:bframes=0:log-level=none"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=chosen | (options or {}))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        if codec in ("mpeg4", "msmpeg4"):
            stream.codec_context.gop_size = every
        beep = container.add_stream("aac", rate=8000, layout="mono") if sound else None
        for i in range(round(seconds * fps)):
            frame = av.VideoFrame.from_ndarray(picture(first + i, width, height), format="bgr24")
            frame.pts, frame.time_base = i, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if beep is not None:
            _beep(container, beep, seconds)
    return path


def sound(path: Path, seconds: float = 3) -> Path:
    """Write a file with sound only."""
    with av.open(str(path), "w") as container:
        _beep(container, container.add_stream("aac", rate=8000, layout="mono"), seconds)
    return path


def _beep(container: Any, stream: Any, seconds: float) -> None:
    for i in range(round(seconds * 8000 / 1024)):
        samples = np.zeros((1, 1024), np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, i * 1024, Fraction(1, 8000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def wait_until(what: Callable[[], T], deadline_s: float = 10.0) -> T:
    """Poll until `what` returns something true and return that; fail after the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        got = what()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError(f"still not so after {deadline_s:g} s")
        time.sleep(0.02)


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RtspServer:
    """A real RTSP server in its own process that plays the files of a folder in a loop."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> RtspServer:
        """Start and wait until it listens."""
        arguments = [str(self.folder), str(self.port)]
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVER, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._listens)
        return self

    def _listens(self) -> bool:
        assert self._process is not None and self._process.poll() is None
        with socket.socket() as client:
            client.settimeout(0.5)
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def url(self, name: str, *, user: str = "", loop: bool = True) -> str:
        """Return the address of a file, played for ever unless told otherwise."""
        return f"rtsp://{user}127.0.0.1:{self.port}/{name}?play_count={0 if loop else 1}"

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """End the process at once, as kill -9 does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
