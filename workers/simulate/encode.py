"""Writes frames as a camera would send them: H.264, no B-frames, a key frame each second."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


class Writer:
    """One MP4 file. Use as a context manager; `write` takes RGB (H, W, 3) uint8."""

    def __init__(self, path: Path, size: tuple[int, int], fps: int, bit_rate: int) -> None:
        """Open the file; size is (width, height), bit_rate in bits a second."""
        self.container = av.open(str(path), "w", options={"movflags": "+faststart"})
        self.stream = self.container.add_stream("libx264", rate=fps)
        self.stream.width, self.stream.height = size
        self.stream.pix_fmt = "yuv420p"
        self.stream.bit_rate = bit_rate
        self.stream.time_base = Fraction(1, fps)
        self.stream.options = {
            "preset": "medium",
            "profile": "main",
            "maxrate": str(int(bit_rate * 1.25)),
            "bufsize": str(bit_rate * 2),
            # One thread and fixed key frames: the same frames give the same file.
            "x264-params": f"keyint={fps}:min-keyint={fps}:scenecut=0:bframes=0:threads=1",
        }
        self.count = 0

    def write(self, picture: NDArray[np.uint8]) -> None:
        """Add a frame."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts = self.count
        self.count += 1
        for packet in self.stream.encode(frame):
            self.container.mux(packet)

    def __enter__(self) -> Writer:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Flush and close."""
        for packet in self.stream.encode():
            self.container.mux(packet)
        self.container.close()
