"""What recording with the masks filled costs a camera, against recording it by copy.

A still of the rendered mine with a camera's noise and something that moves, played at its own pace
by the recorder itself, one stream at a time. CPU is the whole process's. One JSON line.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from bench.record import cpu_s
from workers.media.mask import Masks
from workers.media.record import ChunkFile, Recorder, Source
from workers.media.ring import Ring

STILL = Path(__file__).parent.parent / "docs" / "mine.jpg"
FPS = Fraction(25, 2)
SIZES = ((640, 360), (1920, 1080))
SECONDS = 15.0
MASKS = Masks(
    1,
    (
        ((0.0, 0.0), (0.25, 0.0), (0.25, 0.15), (0.0, 0.15)),
        ((0.6, 0.2), (0.9, 0.25), (0.85, 0.7), (0.6, 0.6)),
    ),
)


def film(path: Path, width: int, height: int, seconds: int = 4) -> None:
    """Write a camera's film: noise in every picture, one box that moves, a key picture a second."""
    still = cv2.resize(cv2.imread(str(STILL)), (width, height))
    chance = np.random.default_rng(7)
    noise = [chance.normal(0, 3, still.shape).astype(np.int16) for _ in range(5)]
    with av.open(str(path), "w") as container:
        options = {"preset": "veryfast", "crf": "25", "bf": "0", "g": "12", "sc_threshold": "0"}
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for n in range(int(seconds * FPS)):
            picture = still.copy()
            left = n * width // 100 % (width * 3 // 4)
            picture[height // 2 :, left : left + width // 12] = (40, 160, 220)
            noisy = np.clip(picture + noise[n % 5], 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="bgr24")))
        container.mux(stream.encode(None))


def measure(folder: Path, path: Path, masks: Masks | None) -> dict[str, Any]:
    """Record a film for a while and return CPU and bytes of a second of it."""
    chunks: list[ChunkFile] = []
    said: list[str] = []
    recorder = Recorder(Ring(folder), chunks.append, lambda *told: said.append(told[2]))
    recorder.set_sources([Source(0, 1, "main", str(path), masks=masks)])
    try:
        while not chunks:
            time.sleep(0.05)
        chunks.clear()
        before, began = cpu_s(), time.monotonic()
        time.sleep(SECONDS)
        used, wall = cpu_s() - before, time.monotonic() - began
    finally:
        recorder.stop()
    length = sum(chunk.duration_s for chunk in chunks)
    return {
        "ms_per_second": round(1000 * used / wall, 1),
        "kbit_per_s": round(sum(chunk.bytes for chunk in chunks) * 8 / length / 1000),
        "states": sorted(set(said)),
    }


def main() -> None:
    """Measure both sizes by copy and masked, and print one line."""
    figures: dict[str, Any] = {"fps": float(FPS)}
    with tempfile.TemporaryDirectory() as place:
        for width, height in SIZES:
            path = Path(place) / f"{height}.mp4"
            film(path, width, height)
            for name, masks in (("copied", None), ("masked", MASKS)):
                ring = Path(place) / f"{name}{height}"
                figures[f"{name}_{width}x{height}"] = measure(ring, path, masks)
    figures["load"] = round(os.getloadavg()[0], 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
