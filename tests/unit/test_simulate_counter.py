"""The burned-in frame counter survives what a camera and a network do to a picture."""

import io
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from workers.simulate.counter import draw_counter, read_counter
from workers.simulate.encode import Writer

NUMBERS = [0, 1, 2, 399, 0x5555, 0xAAAA, 0xFFFF, 12345]


def noisy_picture(width: int, height: int, seed: int) -> np.ndarray:
    """Make a colour picture full of detail."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def luma_planes(path: Path) -> list[np.ndarray]:
    """Decode a file's luma."""
    with av.open(str(path)) as container:
        return [f.to_ndarray(format="gray") for f in container.decode(video=0)]


@pytest.mark.parametrize("size", [(640, 360), (960, 540), (1280, 720), (800, 450)])
def test_the_counter_reads_back_what_was_drawn(size: tuple[int, int]) -> None:
    for number in NUMBERS:
        picture = noisy_picture(*size, seed=number)
        draw_counter(picture, number)
        assert read_counter(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) == number


@pytest.mark.parametrize("main", [(960, 540), (1280, 720)])
def test_the_counter_survives_h264_on_main_and_scaled_sub_stream(
    tmp_path: Path, main: tuple[int, int]
) -> None:
    sub = (640, 360)
    with (
        Writer(tmp_path / "main.mp4", main, 10, 900_000) as one,
        Writer(tmp_path / "sub.mp4", sub, 10, 300_000) as two,
    ):
        for number in NUMBERS:
            picture = noisy_picture(*main, seed=1)
            draw_counter(picture, number)
            one.write(picture)
            two.write(cv2.resize(picture, sub, interpolation=cv2.INTER_AREA))
    for name in ("main.mp4", "sub.mp4"):
        assert [read_counter(y) for y in luma_planes(tmp_path / name)] == NUMBERS


def test_the_counter_survives_jpeg_and_other_sizes() -> None:
    picture = noisy_picture(960, 540, seed=3)
    draw_counter(picture, 777)
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])
    grey = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    for width in (1920, 1280, 640, 480, 416):
        scaled = cv2.resize(grey, (width, width * 9 // 16), interpolation=cv2.INTER_AREA)
        assert read_counter(scaled) == 777


def test_a_picture_without_a_counter_reads_as_none() -> None:
    assert read_counter(np.zeros((360, 640), np.uint8)) is None
    assert read_counter(np.full((360, 640), 200, np.uint8)) is None
    assert read_counter(np.zeros((4, 40), np.uint8)) is None
    reads = [
        read_counter(cv2.cvtColor(noisy_picture(640, 360, seed), cv2.COLOR_RGB2GRAY))
        for seed in range(200)
    ]
    assert reads == [None] * 200


def test_a_wrong_bit_is_noticed_by_the_parity() -> None:
    picture = np.zeros((360, 640), np.uint8)
    draw_counter(picture, 6)
    picture[:8, 8 * 10 : 8 * 11] = 235
    assert read_counter(picture) is None


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        draw_counter(np.zeros((360, 640), np.uint8), 1 << 16)


def test_the_encoder_sends_a_key_frame_each_second_and_no_b_frames(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with Writer(path, (640, 360), 10, 300_000) as writer:
        for index in range(30):
            writer.write(noisy_picture(640, 360, index))
    with av.open(io.BytesIO(path.read_bytes())) as container:
        frames = list(container.decode(video=0))
        codec = container.streams.video[0].codec_context
        assert codec.name == "h264" and not codec.has_b_frames
    assert [f.key_frame for f in frames] == [i % 10 == 0 for i in range(30)]
    assert [round(f.time, 6) for f in frames] == [i / 10 for i in range(30)]
