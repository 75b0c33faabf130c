"""A mine's own file is taken if it fits what was said of it, and refused in words if not."""

import os
import pickle
import time
import zipfile

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto
from safetensors.torch import load_file, save_file

from tests.graphs import a_graph, a_loop
from workers.models import own
from workers.models.contract import Contract, ModelError
from workers.models.own import entry_of, examine, look, sha256_of
from workers.vision import load as loading
from workers.vision import nanodet
from workers.vision.boxes import Box
from workers.vision.detector import NetDetector
from workers.vision.load import wrap
from workers.vision.shadow import Guarded

TWO = Contract(("person", "car"))


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder / "model"


def boxes_contract(**more):
    return Contract.read({"labels": ["person", "car"], "output": "boxes", **more})


def load(out, examined, contract):
    """Load what was kept, as a worker does."""
    sha256 = sha256_of(out)
    return wrap(
        entry_of(out, examined.kind, contract, sha256),
        folder=out.parent,
        device="cpu",
        backend="onnxruntime",
    )


def test_a_graph_with_boxes_scores_and_labels_is_taken_and_its_boxes_are_found(tmp_path, out):
    contract = boxes_contract(input_px=320)
    examined = examine(a_graph(tmp_path / "own.onnx"), contract, out)
    assert examined.kind == "onnx"
    [[person, car]] = load(out, examined, contract).detect([np.zeros((360, 640, 3), np.uint8)])
    # 640x360 is laid on 320x180: the box is 100x200 of that, cut at the bottom.
    assert (person.label, round(person.score, 2)) == ("person", 0.9)
    assert person.xyxy == pytest.approx((10 / 320, 20 / 180, 110 / 320, 1.0))
    assert (car.label, car.xyxy[2]) == ("car", pytest.approx(50 / 320))


def test_outputs_are_found_by_name_in_any_order(tmp_path, out):
    path = a_graph(tmp_path / "own.onnx")
    model = onnx.load(path)
    infos = list(model.graph.output)
    del model.graph.output[:]
    model.graph.output.extend(reversed(infos))
    path.write_bytes(model.SerializeToString())
    examined = look(path, boxes_contract(), out)
    [found] = load(out, examined, boxes_contract()).detect([np.zeros((90, 160, 3), np.uint8)])
    assert [box.label for box in found] == ["person", "car"]


@pytest.fixture(scope="module")
def state():
    torch.manual_seed(4)
    return nanodet.NanoDet(2).state_dict()


def test_a_state_in_safetensors_is_kept_as_it_is(tmp_path, out, state):
    save_file(state, tmp_path / "own.safetensors")
    examined = look(tmp_path / "own.safetensors", TWO, out)
    assert examined.kind == "safetensors"
    assert examined.cpu_ms > 0
    assert sha256_of(out) == sha256_of(tmp_path / "own.safetensors")
    assert load(out, examined, TWO).labels == ("person", "car")


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_torch_state_is_read_without_code_and_kept_as_safetensors(tmp_path, out, state, wrapped):
    torch.save({"state_dict": state} if wrapped else state, tmp_path / "own.pt")
    assert look(tmp_path / "own.pt", TWO, out).kind == "safetensors"
    kept = load_file(out)
    assert kept.keys() == state.keys()
    assert torch.equal(kept["stem.conv.weight"], state["stem.conv.weight"])


class Bomb:
    """Runs a command when it is unpickled."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.system, (f"touch {self.target}",)


def test_code_inside_a_pickle_is_refused_and_never_run(tmp_path, out, state):
    target = tmp_path / "was-run"
    torch.save({**state, "x": Bomb(target)}, tmp_path / "new.pt")
    (tmp_path / "old.pt").write_bytes(pickle.dumps(Bomb(target)))
    for name in ("new.pt", "old.pt"):
        with pytest.raises(ModelError, match="expected a torch file of weights only"):
            examine(tmp_path / name, TWO, out)
    assert not target.exists()


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, out, monkeypatch):
    monkeypatch.setattr(own, "MOST_UNPACKED", 20_000_000)
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(30_000_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(ModelError, match="at most 20 MB unpacked, found 30"):
        look(path, TWO, out)


@pytest.mark.parametrize("content", [b"", b"x", b"junk" * 500, b"PK\x03\x04broken", b"\x80\x04."])
def test_a_file_that_is_nothing_is_refused_in_words(tmp_path, out, content):
    path = tmp_path / "own.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="expected|is empty"):
        look(path, TWO, out)


def test_a_file_that_is_too_big_is_refused_before_it_is_read(tmp_path, out, monkeypatch):
    monkeypatch.setattr(own, "MOST_BYTES", 5_000_000)
    path = tmp_path / "big.onnx"
    with path.open("wb") as file:
        file.truncate(6_000_000)
    with pytest.raises(ModelError, match="expected at most 5 MB, found 6000000"):
        examine(path, TWO, out)


def test_a_network_that_knows_no_person_is_refused(tmp_path, out):
    with pytest.raises(ModelError, match=r'expected "person" among them, found \[\'car\'\]'):
        examine(a_graph(tmp_path / "own.onnx"), Contract(("car",)), out)


@pytest.mark.parametrize(
    ("graph", "contract", "words"),
    [
        ({}, {}, r"output 0: expected \(\d+, 46\) |expected \(1, anchors, values\)"),
        (
            {"outputs": ("rows",)},
            {"output": "boxes"},
            "expected the outputs boxes, scores and labels, found rows",
        ),
        ({"shape": (1, 1, 64, 64)}, {"output": "boxes"}, r"expected float .*\(1, 1, 64, 64\)"),
        ({"kind": TensorProto.UINT8}, {"output": "boxes"}, r"found uint8 \(any, 3, any, any\)"),
        (
            {"shape": (1, 3, 640, 640)},
            {"output": "boxes", "input_px": 416, "square": True},
            r"its sides are fixed, \(1, 3, 640, 640\): expected a square of input_px 416",
        ),
        (
            {"shape": (1, 3, 416, 416)},
            {"output": "boxes", "input_px": 416},
            "with `square` true",
        ),
    ],
)
def test_a_graph_that_does_not_fit_its_contract_is_refused(tmp_path, out, graph, contract, words):
    path = a_graph(tmp_path / "own.onnx", **graph)
    with pytest.raises(ModelError, match=words):
        look(path, Contract.read({"labels": ["person", "car"], **contract}), out)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"boxes": [[NAN, 1, 50, 90], [0, 0, 50, 50]]}, "boxes: expected numbers, found nan"),
        ({"boxes": [[0, 0, INF, INF], [0, 0, 50, 50]]}, "boxes: expected numbers, found inf"),
        ({"scores": [NAN, 0.4]}, "scores: expected numbers, found nan"),
        ({"scores": [7.0, 0.4]}, "scores: expected 0 to 1, found 7"),
        ({"scores": [0.9, -2.5]}, r"scores: expected 0 to 1, found -2\.5"),
        ({"labels": [0, 55]}, "labels: expected 0 to 1, found 55"),
        ({"labels": [-1, 0]}, "labels: expected 0 to 1, found -1"),
        (
            {"boxes": [[0.1, 0.1, 0.5, 0.9], [0, 0, 1, 1]]},
            "boxes: expected pixels of the input, found none larger than 1: fractions",
        ),
        (
            {"boxes": [[50, 90, 1, 1], [9, 9, 8, 8]]},
            "boxes: expected left, top, right, bottom, found none whose right is beyond its left",
        ),
    ],
)
def test_a_network_that_says_what_no_network_should_is_refused(tmp_path, out, said, words):
    path = a_graph(tmp_path / "own.onnx", **said)
    with pytest.raises(ModelError, match=words):
        look(path, boxes_contract(), out)


@pytest.mark.parametrize(
    "said",
    [
        {"boxes": np.zeros((0, 4)), "scores": np.zeros(0), "labels": np.zeros(0)},
        # Rows that fill up a fixed number have no score.
        {"boxes": [[9, 9, 40, 80], [0, 0, 0, 0]], "scores": [0.9, 0], "labels": [0, -1]},
        {"boxes": [[0, 0, 1, 1], [9, 9, 40, 80]]},
        {"scores": [1.0, 0.0]},
    ],
    ids=["nothing", "filled up", "one is small", "surely"],
)
def test_a_network_that_sees_nothing_or_little_is_taken(tmp_path, out, said):
    assert look(a_graph(tmp_path / "own.onnx", **said), boxes_contract(), out).kind == "onnx"


class Turning:
    """A runner whose output turns bad after it was looked at."""

    single, fixed, backend, device = True, False, "onnxruntime", "cpu"

    def __init__(self, boxes, scores, labels):
        self.outputs = [np.array(boxes, np.float32), np.array(scores, np.float32), labels]

    def run(self, batch):
        return self.outputs


@pytest.mark.parametrize(
    ("boxes", "scores"), [([[NAN, 1, 50, 90]], [0.9]), ([[1, 1, 50, 90]], [7.0])]
)
def test_an_own_network_whose_output_turns_bad_leaves_the_looking_to_ours(boxes, scores):
    runner = Turning(boxes, scores, np.array([0]))
    own = NetDetector(runner, boxes_contract(), "own@1", light=False, score=0.35, strict=True)
    seen = [Box("person", (0.1, 0.1, 0.2, 0.4), 0.9)]
    guarded = Guarded(own, Says("nanodet-g@3.0.4", seen))
    assert guarded.detect([np.zeros((90, 160, 3), np.uint8)]) == [seen]
    assert "expected" in guarded.error


def test_a_label_outside_the_list_that_comes_later_is_no_box_and_no_failure():
    runner = Turning([[1, 1, 50, 90], [1, 1, 50, 90]], [0.9, 0.8], np.array([7, 0]))
    own = NetDetector(runner, boxes_contract(), "own@1", light=False, score=0.35, strict=True)
    [found] = own.detect([np.zeros((90, 160, 3), np.uint8)])
    assert [(box.label, round(box.score, 1)) for box in found] == [("person", 0.8)]


def test_weights_for_another_number_of_labels_are_refused(tmp_path, out, state):
    save_file(state, tmp_path / "own.safetensors")
    with pytest.raises(ModelError, match=r"expected the shape \(47,\), found \(46,\)"):
        look(tmp_path / "own.safetensors", Contract(("person", "car", "dog")), out)


def test_a_graph_whose_weights_lie_outside_is_refused(tmp_path, out):
    path = a_graph(tmp_path / "own.onnx")
    model = onnx.load(path)
    tensor = onnx.numpy_helper.from_array(np.zeros(4, np.float32), "secret")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    model.graph.initializer.append(tensor)
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match="found weights kept outside"):
        look(path, boxes_contract(), out)


def test_a_file_that_kills_its_reader_is_an_answer_in_words(tmp_path, out, monkeypatch):
    monkeypatch.setattr(own, "LIMIT_BYTES", 200_000_000)
    with pytest.raises(ModelError, match="ended the process that looked|more memory|cannot be"):
        examine(a_graph(tmp_path / "own.onnx"), boxes_contract(), out)


class Says:
    """A detector that answers, or fails."""

    def __init__(self, name, answer=None, input_px=416):
        self.name, self.answer, self.input_px = name, answer, input_px

    def detect(self, pictures):
        if self.answer is None:
            raise ModelError("the wrong shape")
        return [self.answer for _ in pictures]


def test_if_an_own_detector_fails_ours_looks_from_then_on():
    broken, ours = Says("own@1"), Says("nanodet-g@3.0.4", [])
    guarded = Guarded(broken, ours)
    assert guarded.name == "own@1"
    picture = np.zeros((4, 4, 3), np.uint8)
    assert guarded.detect([picture]) == [[]]
    assert (guarded.name, guarded.error) == ("nanodet-g@3.0.4", "the wrong shape")
    broken.answer = ["late"]
    assert guarded.detect([picture]) == [[]]


def test_an_own_network_that_comes_to_no_end_leaves_the_looking_to_ours(tmp_path, out, monkeypatch):
    monkeypatch.setattr(loading, "OWN_LIMIT_S", 0.3)
    contract = boxes_contract(input_px=320)
    examined = examine(a_loop(tmp_path / "own.onnx", rounds=4_000_000), contract, out)
    guarded = Guarded(load(out, examined, contract), Says("nanodet-g@3.0.4", [[]]))
    dark = np.zeros((360, 640, 3), np.uint8)
    [[person]] = guarded.detect([dark])
    assert person.label == "person" and not guarded.error
    began = time.monotonic()
    guarded.detect([dark + 255])
    assert "more than 0.3 s" in guarded.error
    assert guarded.name == "nanodet-g@3.0.4"
    assert time.monotonic() - began < 2.0
