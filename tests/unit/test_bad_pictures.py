"""Pictures that no camera should send: an answer in words or nothing found, never a crash."""

import io
import json

import av
import cv2
import numpy as np
import pytest

from workers.analyse import main
from workers.models import ModelError, find, verify
from workers.vision.letterbox import MOST_SIDE, PictureError, as_bgr
from workers.vision.load import load_detector


@pytest.fixture(scope="module")
def detector():
    try:
        return load_detector()
    except ModelError as error:
        pytest.skip(f"the detector's weights are not here: {error}")


@pytest.mark.parametrize(
    "shape", [(0, 0, 3), (0, 640, 3), (360, 0, 3), (0, 5), (1, 1, 3), (1, 20_000, 3), (20_000, 1)]
)
def test_a_picture_of_no_or_odd_size_has_an_answer(detector, shape):
    [boxes] = detector.detect([np.full(shape, 90, np.uint8)])
    assert isinstance(boxes, list)
    if 0 in shape:
        assert boxes == []


def test_a_picture_of_20_000_pixels_width_is_looked_at(detector):
    [boxes] = detector.detect([np.full((400, 20_000, 3), 90, np.uint8)])
    assert all(0 <= v <= 1 for box in boxes for v in box.xyxy)


def test_good_pictures_beside_an_empty_one_are_not_lost(detector):
    random = np.random.default_rng(2)
    good = random.integers(0, 255, (90, 160, 3), np.uint8)
    empty, first, second = detector.detect([np.zeros((0, 9, 3), np.uint8), good, good])
    assert empty == []
    assert first == second == detector.detect([good])[0]


def test_grey_alpha_and_deep_pictures_become_the_same_colours():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    colour = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    assert (as_bgr(grey) == colour).all()
    assert (as_bgr(grey[:, :, None]) == colour).all()
    assert (as_bgr(np.dstack((colour, grey))) == colour).all()
    for bits in (10, 12, 16):
        assert (as_bgr(colour.astype(np.uint16) << (bits - 8)) == colour).all()


def test_a_dark_picture_of_ten_bits_is_not_made_bright():
    dark = np.full((4, 4, 3), 40, np.uint16)
    assert (as_bgr(dark) == 10).all()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (np.zeros((5,), np.uint8), r"expected a picture of \(rows, columns, colours\)"),
        (np.zeros((1, 5, 5, 3), np.uint8), "expected a picture of"),
        (None, "found NoneType"),
        (np.zeros((5, 5, 2), np.uint8), "1, 3 or 4 channels, found 2"),
        (np.zeros((5, 5, 3), np.float32), "8 or 16 bits, found float32"),
        (np.zeros((1, MOST_SIDE + 1, 3), np.uint8), "at most 65500 pixels a side"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(what, words):
    with pytest.raises(PictureError, match=words):
        as_bgr(what)


@pytest.fixture
def needs_weights():
    try:
        verify(find())
    except ModelError as error:
        pytest.skip(f"the detector's weights are not here: {error}")


def test_odd_stills_go_through_the_headless_door(needs_weights, tmp_path, capsys):
    folder = tmp_path / "stills"
    folder.mkdir()
    grey = np.full((90, 160), 77, np.uint8)
    for name, picture in {
        "a-one": np.full((1, 1, 3), 9, np.uint8),
        "b-wide": np.full((3, 20_000, 3), 9, np.uint8),
        "c-high": np.full((20_000, 1, 3), 9, np.uint8),
        "d-grey": grey,
        "e-deep": grey.astype(np.uint16) << 8,
        "f-alpha": np.dstack((grey, grey, grey, grey)),
    }.items():
        assert cv2.imwrite(str(folder / f"{name}.png"), picture)
    (folder / "g-empty.png").write_bytes(b"")
    assert main([str(folder), "--no-gate", "--detections"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["kind"] == "summary"
    assert lines[-1]["frames"] == 6
    assert lines[-1]["errors"] == 1


@pytest.mark.parametrize("layout", ["yuv420p10le", "gray", "gray10le", "yuv444p"])
def test_video_of_ten_bits_or_grey_goes_through_the_headless_door(
    needs_weights, tmp_path, capsys, layout
):
    path = tmp_path / "film.mkv"
    random = np.random.default_rng(1)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("ffv1", rate=5)
        stream.width, stream.height, stream.pix_fmt = 160, 90, layout
        for _ in range(6):
            picture = random.integers(0, 255, (90, 160, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format=layout)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    assert main([str(path), "--no-gate"]) == 0
    out = io.StringIO(capsys.readouterr().out)
    summary = json.loads(out.readlines()[-1])
    assert summary["frames"] == summary["detector_frames"] == 6
