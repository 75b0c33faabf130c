"""What a camera costs: a quiet 640x360 camera, all in, in milliseconds of CPU per camera-second.

H.264 at 12.5 fps in chunks of a second, 5 fps analysed. Somebody walks through the picture during
20 % of the time; else nothing moves but the sensor's noise. The clip is made of a shipped loop.
"""

import cProfile
import io
import json
import math
import pstats
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np

from workers.engine import Chunk, analyse
from workers.media.decode import read_frames
from workers.scene import Scene, load_scene
from workers.state import State
from workers.vision.load import load_detector
from workers.vision.track import LOW_SCORE

LOOP = Path(__file__).resolve().parent.parent / "workers" / "simulate" / "loops" / "winch-house"
FPS = 12.5
SECONDS = 50
# The loop's last walk, until both have left the picture, and the empty scene after it.
WALK_S = (24.4, 34.4)
EMPTY_S = (35.0, 40.0)
BIT_RATE = 500_000
NOISE = 2.5


def main() -> None:
    """Print the cost; `-v` also prints where it goes; `--clock`: the camera writes the time."""
    pictures = _clocked(_pictures()) if "--clock" in sys.argv else _pictures()
    chunks = [data for data, _ in encoded(pictures)]
    scene = load_scene(LOOP / "scene.json")
    detector = load_detector(least=LOW_SCORE)
    _fold(scene, detector, chunks[:5])  # what is built once is no cost of a second
    began = time.process_time()
    looked, moving = _fold(scene, detector, chunks)
    used_s = time.process_time() - began
    began = time.process_time()
    for data in chunks:
        for _ in read_frames(io.BytesIO(data), wanted_fps=scene.analysis_fps):
            pass
    decode_s = time.process_time() - began
    line = {
        "bench": "cost",
        "clock": "--clock" in sys.argv,
        "detector": detector.name,
        "cpu_ms_per_s": round(1000 * used_s / len(chunks), 1),
        "open_decode_ms_per_s": round(1000 * decode_s / len(chunks), 1),
        "seconds": len(chunks),
        "motion": round((WALK_S[1] - WALK_S[0]) / SECONDS, 2),
        "detector_frames_while_moving": moving,
        "detector_frames_while_still": looked - moving,
    }
    print(json.dumps(line), flush=True)
    if "-v" in sys.argv:
        profile = cProfile.Profile(time.process_time)
        profile.runcall(_fold, scene, detector, chunks)
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)


def _fold(scene: Scene, detector: object, chunks: list[bytes]) -> tuple[int, int]:
    """Analyse as a worker does; return the detector's frames, and those while somebody walks."""
    kept: bytes | None = None
    looked = moving = 0
    for number, data in enumerate(chunks):
        state = State.load(kept) if kept else None
        frames = read_frames(io.BytesIO(data), start_s=float(number), wanted_fps=scene.analysis_fps)
        chunk = Chunk(number, float(number), 1.0, frames)
        result = analyse(scene, state, chunk, detector=detector)  # type: ignore[arg-type]
        kept = result.state.dump()
        looked += result.detector_frames
        if number < WALK_S[1] - WALK_S[0]:
            moving += result.detector_frames
    return looked, moving


def _pictures() -> Iterator[np.ndarray]:
    """Give the walk, then the empty scene with new noise in every picture; BGR."""
    frames = [frame.bgr() for frame in read_frames(LOOP / "sub.mp4")]
    rng = np.random.default_rng(5)
    rate = 10.0
    walk = int((WALK_S[1] - WALK_S[0]) * FPS)
    for i in range(walk):
        yield frames[min(len(frames) - 1, int((WALK_S[0] + i / FPS) * rate))]
    empty = np.mean(frames[int(EMPTY_S[0] * rate) : int(EMPTY_S[1] * rate)], axis=0)
    high, wide = empty.shape[:2]
    for _ in range(int(SECONDS * FPS) - walk):
        grain = rng.standard_normal((high, wide), dtype=np.float32)
        grain = 0.5 * grain + cv2.GaussianBlur(grain, (0, 0), 1.0) * 1.6
        noisy = empty.astype(np.float32) + NOISE * grain[..., None]
        yield np.clip(noisy, 0, 255).astype(np.uint8)


def _clocked(pictures: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Write date, time and a name over the pictures, as nearly every camera does."""
    font = cv2.FONT_HERSHEY_SIMPLEX
    for number, picture in enumerate(pictures):
        second = int(number / FPS)
        date = f"11-29-2026 Sun 15:{4 + second // 60:02d}:{second % 60:02d}"
        for text, at in ((date, (16, 32)), ("Camera 01 Winch", (430, 346))):
            cv2.putText(picture, text, at, font, 0.7, (0, 0, 0), 4, cv2.LINE_AA)
            cv2.putText(picture, text, at, font, 0.7, (240, 240, 240), 1, cv2.LINE_AA)
        yield picture


def encoded(pictures: Iterator[np.ndarray], fps: float = FPS) -> Iterator[tuple[bytes, int]]:
    """Encode as a camera does, cut into chunks of about a second, each from a key frame.

    Gives each chunk with its number of pictures.
    """
    most = math.ceil(fps)
    while group := list(islice(pictures, round(fps * 2))):
        for half in (group[:most], group[most:]):
            if half:
                yield _encode(half, fps), len(half)


def _encode(group: list[np.ndarray], fps: float) -> bytes:
    out = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(out, "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps))
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.bit_rate = BIT_RATE
        stream.options = {"preset": "medium", "profile": "main",
                          "x264-params": "keyint=13:scenecut=0:bframes=0:threads=1"}  # fmt: skip
        for index, picture in enumerate(group):
            shot = av.VideoFrame.from_ndarray(picture, format="bgr24")
            shot.pts = index
            container.mux(stream.encode(shot))
        container.mux(stream.encode())
    return out.getvalue()


if __name__ == "__main__":
    main()
