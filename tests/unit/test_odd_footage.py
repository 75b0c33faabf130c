"""Odd cameras through the whole engine: rates, layouts, sizes and clocks that are never a crash."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from workers.engine import Chunk, analyse
from workers.media.decode import Frame, read_frames
from workers.scene import parse_scene
from workers.state import State

ROOT = Path(__file__).resolve().parents[2]
STATES = {"STOPPED", "STARTING", "RUNNING", "COASTING", "UNKNOWN"}
SCENE = {
    "version": 1,
    "zones": [{"id": "danger", "polygon": [[0.4, 0.5], [0.6, 0.5], [0.6, 0.95], [0.4, 0.95]]}],
    "machines": [
        {
            "id": "winch-1",
            "kind": "winch",
            "source": "video",
            "roi": [[0.5, 0.2], [0.9, 0.2], [0.9, 0.7], [0.5, 0.7]],
        }
    ],
    "gauges": [
        {"id": "sump", "points": [{"xy": [0.3, 0.9], "m": 0.0}, {"xy": [0.3, 0.1], "m": 1.0}]}
    ],
    "rules": [
        {
            "id": "r1",
            "type": "proximity_while_running",
            "zone": "danger",
            "machine": "winch-1",
            "severity": "critical",
        }
    ],
}


class Nobody:
    """A detector that sees nobody."""

    name = "nobody"
    input_px = 416

    def detect(self, pictures):
        return [[] for _ in pictures]


def film(path, *, codec="libx264", layout="yuv420p", rate=10, count=30, size=(320, 180), ms=None):
    """Write a noisy picture in which a square moves; ms are the frames' time stamps."""
    rng = np.random.default_rng(5)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, options={"crf": "23", "bf": "0"})
        stream.width, stream.height = size
        stream.pix_fmt = layout
        if ms is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for i in range(count):
            image = rng.normal(70, 6, (size[1], size[0], 3)).clip(0, 255).astype(np.uint8)
            left = i * 5 % (size[0] - 30)
            image[60:120, left : left + 30] = (40, 180, 220)
            picture = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format=layout)
            if ms is not None:
                picture.pts, picture.time_base = ms[i], Fraction(1, 1000)
            for packet in stream.encode(picture):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return path


def look(frames):
    """Fold the frames in chunks of ten, the state packed and unpacked between them."""
    where, detector, state, made = parse_scene(SCENE), Nobody(), None, []
    for number in range(0, len(frames), 10):
        part = frames[number : number + 10]
        chunk = Chunk(number, part[0].t, part[-1].t - part[0].t + 0.1, part)
        made.append(analyse(where, state, chunk, detector=detector))
        state = State.load(made[-1].state.dump())
        assert state.note == ""
    return made


def expect_sense(made):
    """Check that times go forward and that every value is one that may be told."""
    readings = [r for a in made for r in a.readings]
    for name in {r.name for r in readings}:
        times = [r.t for r in readings if r.name == name]
        assert times == sorted(times)
    states = [r.value for r in readings if r.name == "winch-1.state"]
    assert states
    assert set(states) <= STATES
    for reading in readings:
        if isinstance(reading.value, float):
            assert np.isfinite(reading.value)


@pytest.mark.parametrize("rate", [1, 2, 12, 60])
def test_a_camera_of_any_rate_is_watched(tmp_path, rate):
    made = look(list(read_frames(film(tmp_path / "a.mp4", rate=rate, count=max(20, rate * 2)))))
    expect_sense(made)
    assert sum(a.analysed for a in made) >= min(10, rate * 2)


@pytest.mark.parametrize(
    ("codec", "layout"),
    [
        ("libx264", "gray"),
        ("libx264", "yuv420p10le"),
        ("libx265", "yuv420p10le"),
        ("libx264", "yuvj420p"),
        ("mjpeg", "yuvj422p"),
        ("ffv1", "gray10le"),
    ],
)
def test_grey_infrared_and_ten_bit_pictures_are_watched(tmp_path, codec, layout):
    made = look(list(read_frames(film(tmp_path / "a.mkv", codec=codec, layout=layout))))
    expect_sense(made)
    assert all(a.fault is None for a in made)
    visibility = [r.value for a in made for r in a.readings if r.name == "visibility"]
    assert min(visibility) > 0.5  # ten bits are no darker than eight


def test_uneven_time_stamps_are_watched(tmp_path):
    ms = np.cumsum([0, 40, 400, 5, 90, 1200, 3, 70, 70, 2600] * 4).tolist()
    expect_sense(look(list(read_frames(film(tmp_path / "a.mkv", count=len(ms), ms=ms)))))


@pytest.mark.parametrize("back_s", [0.3, 5.0, 86_400.0])
def test_a_clock_that_goes_back_is_survived(back_s):
    """Chunks of a camera whose clock was set back: time begins anew, nothing is told twice."""
    grey = np.full((90, 160, 3), 120, np.uint8)
    times = [100 + i / 5 for i in range(20)] + [104 - back_s + i / 5 for i in range(20)]
    frames = [Frame(t, i, grey) for i, t in enumerate(times)]
    made = look(frames)
    assert {r.value for a in made for r in a.readings if r.name == "winch-1.state"} <= STATES


@pytest.mark.parametrize("size", [(1, 1), (2, 200), (200, 2), (16, 16), (4000, 3), (20_000, 20)])
def test_pictures_of_any_size_get_an_answer(size):
    width, height = size
    rng = np.random.default_rng(1)
    frames = [
        Frame(i / 5, i, rng.integers(0, 255, (height, width, 3), np.uint8).astype(np.uint8))
        for i in range(10)
    ]
    made = look(frames)
    states = [r.value for a in made for r in a.readings if r.name == "winch-1.state"]
    assert set(states) <= STATES
    if min(size) <= 3:
        assert set(states) == {"UNKNOWN"}  # a region too small to judge


def test_a_camera_that_changes_its_size_in_mid_stream_is_watched():
    rng = np.random.default_rng(2)
    frames = []
    for i in range(40):
        high, wide = ((90, 160), (180, 320), (48, 64))[i // 14]
        noise = rng.normal(100, 5, (high, wide)).clip(0, 255).astype(np.uint8)
        frames.append(Frame(i / 5, i, cv2.cvtColor(noise, cv2.COLOR_GRAY2BGR)))
    expect_sense(look(frames))


# One grey picture of 64 by 64 in H.264, whose header says 16,000 by 16,000.
HUGE = bytes.fromhex(
    "000000016742c00ada003e8007d1a1000003000100000300320f1226a00000000168ce0fc8000000016588843a118a"
    "00021331c00040f63800081ec9c9c9d75d75d75d75d75d75e0"
)
COSTS = """
import re, sys
from pathlib import Path
from workers.media.cover import cover_chunk
from workers.media.decode import read_frames
from workers.media.errors import MediaError
from workers.media.source import open_stream
path = Path(sys.argv[1])
masks = [[[0, 0], [1, 0], [1, 1]]]
for read in (
    lambda: open_stream(f"file:{path}"),
    lambda: list(read_frames(path)),
    lambda: cover_chunk(path.read_bytes(), masks),
):
    try:
        print(read())
    except MediaError as error:
        print(error.reason)
# Not getrusage's, which goes on from whoever started this.
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) // 1024)
"""


def test_a_camera_that_claims_huge_pictures_takes_no_memory_of_those_that_do_not(tmp_path):
    film = tmp_path / "huge.h264"
    film.write_bytes(HUGE)
    command = [sys.executable, "-c", COSTS, str(film)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    *said, peak_mb = done.stdout.splitlines()
    assert said[0] == "pictures of 16000x16000 are too large"
    assert "no picture in it could be decoded" in said[1]
    assert "cannot" in said[2], "nothing is covered, so nothing is shown"
    assert int(peak_mb) < 400
