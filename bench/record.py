"""What recording costs: one recorder process, N cameras with two streams each, one RTSP server.

    python -m bench.record [--cameras 30] [--seconds 20]

Prints one JSON line. CPU is the recorder's own, without the server's; latency is from the moment
the packet that ends a chunk has arrived to the moment `on_chunk` is called, so with muxing,
hashing and two fsync. The clip is ten seconds of a sub stream.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.media.make import RtspServer, video
from workers.media import stream
from workers.media.cut import ChunkPart, cut_clip
from workers.media.record import ChunkFile, Recorder, Source
from workers.media.ring import Ring

NOW = threading.local()
# Constant rate with filling, so that the files are as heavy as a camera's noisy picture.
FULL_RATE = {"b": "600k", "x264-params": "nal-hrd=cbr:filler=1:vbv-maxrate=600:vbv-bufsize=600"}


class TimedPipe(stream.Pipe):
    """A pipe that remembers when its latest packet came."""

    def push(self, packet: Any, arrival_s: float) -> None:
        """Take one packet."""
        NOW.arrival_s = arrival_s
        super().push(packet, arrival_s)


def cpu_s() -> float:
    """Return this process's CPU time so far, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def rss_mb() -> float:
    """Return this process's resident memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def share(values: list[float], part: float) -> float:
    """Return the value below which this part of the values lies."""
    return round(sorted(values)[min(len(values) - 1, int(len(values) * part))], 1)


def clip(ring: Ring, folder: Path, chunks: list[ChunkFile]) -> dict[str, float]:
    """Cut ten seconds five times and return the CPU that one took."""
    parts = [ChunkPart(ring.path(c.path), c.start_s, c.duration_s) for c in chunks]
    if len(parts) < 12:
        return {}
    start_s = parts[0].start_s + 0.5
    times = []
    for _ in range(5):
        before = time.thread_time()
        cut = cut_clip(parts, start_s, start_s + 10, folder / "clip.mp4")
        times.append((time.thread_time() - before) * 1000)
    return {"clip_cpu_ms": round(statistics.median(times), 1), "clip_bytes": cut.bytes}


def measure(folder: Path, cameras: int, seconds: float, fps: int, files: bool) -> dict[str, Any]:
    """Record for a while and return the figures."""
    video(folder / "sub.mp4", seconds=10, width=640, height=360, fps=fps, options=FULL_RATE)
    rate = {key: value.replace("600", "2500") for key, value in FULL_RATE.items()}
    video(folder / "main.mp4", seconds=10, width=1280, height=720, fps=fps, options=rate)
    server = RtspServer(folder).start()
    ring = Ring(folder / "ring")
    chunks: list[ChunkFile] = []
    late_ms: list[float] = []
    states: list[str] = []
    reasons: Counter[str] = Counter()

    def on_chunk(chunk: ChunkFile) -> None:
        late_ms.append((time.time() - NOW.arrival_s) * 1000)
        chunks.append(chunk)

    def on_state(camera: int, name: str, state: str, reason: str) -> None:
        states.append(state)
        reasons[f"{state}: {reason}"] += 1

    stream.Pipe = TimedPipe  # type: ignore[misc]
    empty_mb = rss_mb()
    recorder = Recorder(ring, on_chunk, on_state)
    recorder.set_sources(
        Source(i, 1, name, str(folder / f"{name}.mp4") if files else server.url(f"{name}.mp4"))
        for i in range(cameras)
        for name in ("main", "sub")
    )
    try:
        deadline = time.monotonic() + 60
        while states.count("recording") < 2 * cameras and time.monotonic() < deadline:
            time.sleep(0.1)
        chunks.clear()
        late_ms.clear()
        before_cpu, before = cpu_s(), time.monotonic()
        time.sleep(seconds)
        used, wall = cpu_s() - before_cpu, time.monotonic() - before
        recorded = list(chunks)
        figures: dict[str, Any] = {
            "cameras": cameras,
            "from": "files" if files else "rtsp",
            "fps": fps,
            "streams": 2 * cameras,
            "recording": states.count("recording"),
            "seconds": round(wall, 1),
            "chunks": len(recorded),
            "chunk_seconds_per_stream_second": round(
                sum(c.duration_s for c in recorded) / wall / 2 / cameras, 3
            ),
            "mbit_per_s": round(sum(c.bytes for c in recorded) * 8 / wall / 1e6, 1),
            "cpu_percent_of_a_core": round(100 * used / wall, 1),
            "cpu_ms_per_stream_second": round(1000 * used / wall / 2 / cameras, 2),
            "rss_mb": rss_mb(),
            "rss_mb_before": empty_mb,
            "threads": threading.active_count(),
            "packet_to_on_chunk_ms_p50": share(late_ms, 0.5),
            "packet_to_on_chunk_ms_p95": share(late_ms, 0.95),
            "packet_to_on_chunk_ms_max": share(late_ms, 1.0),
            "states": {k: n for k, n in reasons.items() if not k.startswith("connecting")},
            "load": round(os.getloadavg()[0], 1),
        }
    finally:
        begin = time.monotonic()
        recorder.stop()
        stopped_s = time.monotonic() - begin
        server.kill()
    figures["stop_s"] = round(stopped_s, 2)
    sub = [c for c in recorded if (c.camera, c.stream) == (0, "sub")]
    return figures | clip(ring, folder, sorted(sub, key=lambda c: c.sequence))


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=30)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--files", action="store_true", help="looping files, no RTSP server")
    parser.add_argument("--seconds", type=float, default=20.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(
            json.dumps(
                measure(Path(folder), chosen.cameras, chosen.seconds, chosen.fps, chosen.files)
            )
        )


if __name__ == "__main__":
    main()
