"""How long a quiet camera-hour takes to replay on one core: bar 40 s.

A rendered picture without people (`empty-dim`: a zone rule, and a winch whose state is read from
the picture), in every frame with noise of its own, as a camera sends it: 640x360, 12.5 fps, H.264,
chunks of a second. Two minutes of it are encoded and come in another order each time. The chunks go
through `apps.rules.replay.Fold`, as for the command and for the form's button.

    make replay-bench [ARGS="--seconds 600 --no-machine -v"]
"""

import argparse
import cProfile
import json
import os
import pstats
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.cost import FPS, NOISE, encoded
from workers.media.decode import read_frames

CLIP = Path(__file__).resolve().parent.parent / "workers" / "simulate" / "bank" / "empty-dim"
DISTINCT_S = 120
HOUR_S = 3600
START = datetime(2026, 3, 4, tzinfo=UTC)


def main() -> None:
    """Print one JSON line; `-v` also prints where the time goes."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=HOUR_S)
    options.add_argument("--no-machine", action="store_true")
    options.add_argument("--whole", action="store_true", help="skim nothing")
    options.add_argument("-v", action="store_true")
    asked = options.parse_args(sys.argv[2:])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "davy.settings")
    import django

    django.setup()
    document = json.loads((CLIP / "scene.json").read_text())
    for machine in document["machines"]:
        machine["source"] = "video"
    if asked.no_machine:
        zone = document["zones"][0]["id"]
        document["machines"] = []
        document["rules"] = [{"id": "r1", "type": "restricted_entry", "zone": zone}]
    lengths = _recorded()
    from workers.vision.load import load_detector

    detector = load_detector()
    _replay(
        detector, document, lengths, 20, asked.whole
    )  # what is loaded once is no part of an hour
    profile = cProfile.Profile(time.process_time) if asked.v else None
    wall, cpu = time.monotonic(), time.process_time()
    if profile:
        fold = profile.runcall(_replay, detector, document, lengths, asked.seconds, asked.whole)
    else:
        fold = _replay(detector, document, lengths, asked.seconds, asked.whole)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    line = {
        "bench": "replay",
        "detector": fold.detector.name,
        "machine": not asked.no_machine,
        "seconds": round(fold.tally.seconds),
        "cpu_s": round(cpu, 1),
        "wall_s": round(wall, 1),
        "an_hour_takes_s": round(cpu * HOUR_S / fold.tally.seconds, 1),
        "times_real_time": round(fold.tally.seconds / cpu),
        "skimmed": fold.skim.skimmed,
        "raised": len(fold.raised),
    }
    print(json.dumps(line), flush=True)
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(35)


def _replay(
    detector: Any, document: dict[str, Any], lengths: list[float], seconds: float, whole: bool
) -> Any:
    """Run the fold over so many seconds of chunks in a ring; nothing of it needs a database."""
    from apps.cameras.models import Chunk
    from apps.rules.replay import Fold
    from apps.rules.replays import draft

    until = START + timedelta(seconds=seconds)
    fold = Fold(draft(document), timezone="UTC", since=START, until=until, detector=detector)
    if whole:
        fold.skim.may = False
    rng, at, sequence = random.Random(5), START, 0
    while at < until:
        order = list(range(len(lengths)))
        rng.shuffle(order)
        for number in order:
            if at >= until:
                break
            row = Chunk(sequence=sequence, started_at=at, duration_s=lengths[number])
            row.path = f"bench/{number}.mp4"
            fold.take(row, [])
            at += timedelta(seconds=lengths[number])
            sequence += 1
    fold.end()
    return fold


def _recorded() -> list[float]:
    """Write the chunks into the ring where they are not there yet; return the length of each."""
    from django.conf import settings

    folder = settings.RING_DIR / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "lengths.json"
    if not index.exists():
        lengths = []
        for number, (data, frames) in enumerate(encoded(_pictures())):
            (folder / f"{number}.mp4").write_bytes(data)
            lengths.append(frames / FPS)
        index.write_text(json.dumps(lengths))
    found: list[float] = json.loads(index.read_text())
    return found


def _pictures() -> Iterator[np.ndarray]:
    """Give the empty scene with new noise in every picture; BGR."""
    shots = [frame.bgr().astype(np.float32) for frame in read_frames(CLIP / "clip.mp4")]
    empty = np.mean(shots, axis=0)
    rng = np.random.default_rng(5)
    high, wide = empty.shape[:2]
    for _ in range(round(DISTINCT_S * FPS)):
        grain = rng.standard_normal((high, wide), dtype=np.float32)
        grain = 0.5 * grain + cv2.GaussianBlur(grain, (0, 0), 1.0) * 1.6
        yield np.clip(empty + NOISE * grain[..., None], 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
