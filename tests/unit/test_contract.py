"""What a contract says of input and output is what a network gets and how it is read."""

import cv2
import numpy as np
import pytest

from workers.models.contract import Contract, ModelError
from workers.vision.anchors import BINS, centres
from workers.vision.letterbox import Canvas, Letterbox
from workers.vision.outputs import decode, verify

PICTURE = np.dstack([np.full((36, 64), value, np.uint8) for value in (10, 20, 30)])  # B, G, R


def fed(**more):
    """Return what a network of this contract is given for the picture, (3, H, W)."""
    box = Letterbox(Contract.read({"labels": ["person"], "input_px": 64, **more}))
    return box.batch([box.fit(PICTURE)])[0].copy()


def test_the_input_is_a_letterbox_at_the_top_left_cut_to_the_step():
    assert fed().shape == (3, 64, 64)
    assert fed(input_px=128).shape == (3, 96, 128)
    assert fed(input_px=160, square=True).shape == (3, 160, 160)
    assert (fed()[:, :36, 0] == np.array([[10], [20], [30]])).all()
    assert (fed()[:, 36:] == 0).all()
    assert (fed(pad=114)[:, 36:] == 114).all()


def test_colours_mean_and_std_are_in_the_order_that_the_network_takes():
    assert fed(colours="rgb")[:, 0, 0].tolist() == [30, 20, 10]
    scaled = fed(colours="rgb", mean=[30, 0, 0], std=[1, 20, 5])
    assert scaled[:, 0, 0].tolist() == [0, 1, 2]


def test_a_yolox_head_is_read_as_offsets_and_log_sizes_in_strides():
    contract = Contract(("person", "car"), input_px=64, output="yolox")
    points, strides = centres(64, 64, offset=0.0)
    raw = np.zeros((len(points), 7), np.float32)
    # The second cell of the second row of stride 8: centre 8 + 0.5 * 8, size 8 * e by 16.
    row = int(np.nonzero((points == (8, 8)).all(1) & (strides == 8))[0][0])
    raw[row] = (0.5, 1.0, 1.0, np.log(2), 0.9, 0.1, 0.8)
    box, _person = decode([raw], contract, Canvas(np.zeros((64, 64, 3), np.uint8), 64.0, 36.0))
    assert box.label == "car"
    assert box.score == pytest.approx(0.72)
    half = 4 * np.e
    assert box.xyxy == pytest.approx(((12 - half) / 64, 8 / 36, (12 + half) / 64, 24 / 36))


def test_numbers_that_a_network_should_not_give_are_no_boxes():
    contract = Contract(("person",), output="boxes")
    boxes = np.array([[0, 0, 9, 9], [np.nan, 0, 9, 9], [9, 9, 0, 0], [0, 0, 9, 9]], np.float32)
    scores = np.array([1.5, 0.9, 0.9, np.nan], np.float32)
    canvas = Canvas(np.zeros((32, 32, 3), np.uint8), 32.0, 32.0)
    assert decode([boxes, scores, np.zeros(4, int)], contract, canvas) == []
    wrong = [boxes[:1], np.array([0.9], np.float32), np.array([7])]
    assert decode(wrong, contract, canvas) == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e38])
@pytest.mark.parametrize("output", ["nanodet", "yolox"])
def test_heads_full_of_such_numbers_give_no_boxes_and_no_error(output, value):
    contract = Contract(("person",), input_px=64, output=output)
    canvas = Canvas(np.zeros((64, 64, 3), np.uint8), 64.0, 64.0)
    points, _ = centres(64, 64) if output == "nanodet" else centres(64, 64, offset=0.0)
    width = 1 + 4 * BINS if output == "nanodet" else 6
    raw = np.full((len(points), width), value, np.float32)
    assert all(np.isfinite(box.xyxy).all() and 0 <= box.score <= 1
               for box in decode([raw], contract, canvas))  # fmt: skip
    with pytest.raises(ModelError, match="output 0: expected"):
        verify([np.full_like(raw, np.nan)], contract)


def test_a_yolox_head_without_its_sigmoid_is_refused():
    contract = Contract(("person",), input_px=64, output="yolox")
    raw = np.zeros((len(centres(64, 64, offset=0.0)[0]), 6), np.float32)
    verify([raw], contract)
    raw[0, 4:] = -3.2
    with pytest.raises(ModelError, match=r"scores: expected 0 to 1, found -3\.2"):
        verify([raw], contract)


@pytest.mark.parametrize("output", ["nanodet", "yolox", "boxes"])
def test_an_output_of_another_shape_is_refused_with_both_shapes(output):
    contract = Contract(("person",), output=output)
    canvas = Canvas(np.zeros((64, 64, 3), np.uint8), 64.0, 64.0)
    with pytest.raises(ModelError, match=r"expected \(.*\) for one picture, found \(3, 3\)"):
        decode([np.zeros((3, 3), np.float32)], contract, canvas)
    with pytest.raises(ModelError, match="expected 1 outputs or more, found 0"):
        decode([], contract, canvas)


def test_a_network_of_fixed_size_and_one_picture_at_a_time_takes_many(tmp_path):
    from tests.graphs import a_graph
    from workers.models.own import entry_of, sha256_of
    from workers.vision.load import wrap

    contract = Contract(("person", "car"), input_px=96, square=True, output="boxes")
    path = a_graph(tmp_path / "model.onnx", shape=(1, 3, 96, 96))
    sha256 = sha256_of(path)
    (tmp_path / f"own-{sha256}").mkdir()
    path.rename(tmp_path / f"own-{sha256}" / "model.onnx")
    entry = entry_of(path, "onnx", contract, sha256)
    detector = wrap(entry, folder=tmp_path, device="cpu")
    assert detector.runner.single
    found = detector.detect([PICTURE, cv2.resize(PICTURE, (90, 160)), PICTURE])
    assert [len(boxes) for boxes in found] == [2, 2, 2]


@pytest.mark.parametrize(
    "raw", [{"labels": ["half \ud800"]}, {"labels": ["a\0b"]}, {"labels": ["a"], "\ud800": 1}]
)
def test_what_cannot_be_written_down_is_refused_in_words_that_can(raw):
    with pytest.raises(ModelError) as refused:
        Contract.read(raw)
    assert str(refused.value).encode()
