"""The same weights give the same boxes in every backend."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from workers.models import BACKENDS, ModelError, find
from workers.vision import backends
from workers.vision.agreement import compare
from workers.vision.backends import choose
from workers.vision.batch import Batcher
from workers.vision.load import load_detector, runner_of, wrap

COCO = Path(__file__).resolve().parents[3] / "shared" / "data" / "coco128_train2017"


def pictures():
    """Return pictures of many sizes that hold something: blobs, bars and noise, made in code."""
    random = np.random.default_rng(11)
    made = []
    for height, width in ((360, 640), (640, 360), (416, 416), (90, 160), (700, 33)):
        soft = random.uniform(0, 255, (max(2, height // 40), max(2, width // 40), 3))
        picture = cv2.resize(
            soft.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
        )
        for _ in range(6):
            x, y = random.uniform(0, width), random.uniform(0, height)
            size = random.uniform(0.05, 0.3) * height
            colour = random.uniform(0, 255, 3)
            box = ((int(x), int(y)), (int(size), int(2.5 * size)))
            cv2.ellipse(picture, (box[0], box[1], 0.0), colour.tolist(), -1)
        noisy = picture + random.normal(0, 6, picture.shape)
        made.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return made


def exact(backend):
    """Load the default network in whole floats."""
    entry = find("nanodet-g")
    try:
        return wrap(entry, device="cpu", backend=backend, number_format="float32")
    except ModelError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def reference():
    return exact("torch")


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_in_whole_floats_boxes_agree_to_half_a_pixel_and_scores_to_a_thousandth(reference, backend):
    other = exact(backend)
    assert other.runner.number_format == "float32"
    found = compare(reference, other, pictures())
    assert found.boxes > 50
    assert found.alone == 0
    assert found.worst_px <= 0.5
    assert found.worst_iou >= 0.99
    assert found.worst_score <= 1e-3


def test_in_the_number_format_of_this_processor_they_are_nearly_the_same(reference):
    """bfloat16 has eight bits: scores move by a hundredth, boxes by a few pixels."""
    quick = load_detector(
        "nanodet-g", device="cpu", backend="openvino" if _has("openvino") else "torch"
    )
    found = compare(reference, quick, pictures(), min_score=0.15)
    assert found.boxes > 50
    assert found.alone <= 1
    assert found.worst_px <= 8
    assert found.worst_score <= 0.03
    assert found.mean_score <= 0.005


NO_CARD = pytest.mark.skipif(not backends.has_cuda(), reason="no graphics card on this machine")


@pytest.mark.parametrize(
    ("name", "device", "number_format"),
    [
        ("miner", "cpu", "float16"),  # as a card has them, where there is none
        *(
            pytest.param(name, "cuda", number_format, marks=NO_CARD)
            for name in ("nanodet-g", "miner", "miner-dark")
            for number_format in ("float32", "float16")
        ),
    ],
)
def test_in_the_ten_bits_of_a_graphics_card_the_same_things_are_found(name, device, number_format):
    """Of two boxes of one thing with nearly the same score the other may be kept: so no pixels."""
    entry = find(name)
    plain = wrap(entry, device="cpu", backend="torch", number_format="float32")
    other = wrap(entry, device=device, backend="torch", number_format=number_format)
    weak = compare(plain, other, pictures())
    assert weak.boxes > 300
    assert weak.alone <= weak.boxes / 100
    assert weak.worst_score <= 2e-3
    assert weak.worst_iou >= 0.7
    strong = compare(plain, other, pictures(), min_score=0.15)
    assert strong.boxes > 15
    assert strong.alone == 0
    assert strong.worst_iou >= 0.9


@NO_CARD
def test_on_a_graphics_card_cameras_that_look_together_see_what_each_would_alone():
    eye = wrap(find("miner"), device="cuda")
    some = pictures()
    with ThreadPoolExecutor(len(some)) as threads:
        shared = Batcher(eye, wait_ms=50)
        together = list(threads.map(lambda picture: shared.detect([picture])[0], some))
    for picture, boxes in zip(some, together, strict=True):
        [alone] = eye.detect([picture])
        strong = [box for box in alone if box.score >= 0.15]
        assert [b.label for b in boxes[: len(strong)]] == [b.label for b in strong]
        for one, other in zip(boxes, strong, strict=False):
            assert one.score == pytest.approx(other.score, abs=0.01)
            assert one.xyxy == pytest.approx(other.xyxy, abs=0.01)


def _has(backend):
    return backends.is_installed(backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_on_photographs_every_backend_agrees_too(reference, backend):
    folder = COCO / "images"
    if not folder.exists():
        pytest.skip("no ../shared/data/coco128_train2017 on this machine")
    some = [cv2.imread(str(path)) for path in sorted(folder.rglob("*.jpg"))[:12]]
    found = compare(reference, exact(backend), some, min_score=0.1)
    assert found.boxes > 100
    assert found.alone == 0
    assert found.worst_px <= 0.5
    assert found.worst_score <= 1e-3


@pytest.mark.parametrize("backend", BACKENDS)
def test_pictures_of_many_sizes_go_through_together(backend):
    detector = exact(backend)
    some = pictures() * 2
    together = detector.detect(some)
    for picture, boxes in zip(some, together, strict=True):
        [alone] = detector.detect([picture])
        assert [b.label for b in boxes[:5]] == [b.label for b in alone[:5]]
        for one, other in zip(boxes[:5], alone[:5], strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-4)
            assert one.xyxy == pytest.approx(other.xyxy, abs=1e-4)


def test_the_graph_is_made_once_and_named_after_the_weights(tmp_path, monkeypatch):
    entry = find("nanodet-g")
    try:
        there = runner_of(entry, device="cpu", backend="onnxruntime")
    except ModelError as error:
        pytest.skip(str(error))
    assert there.backend == "onnxruntime"
    base = tmp_path / "models"
    base.mkdir()
    from workers.models import folder_of, root
    from workers.vision import export

    (base / folder_of(entry).name).symlink_to(root() / folder_of(entry).name)
    made = export.graph_of(entry, base)
    [kept] = (base / "onnx").iterdir()
    assert kept.name == f"{entry.sha256}-{export.EXPORTER}.onnx"
    monkeypatch.setattr(export, "export", lambda net: pytest.fail("made twice"))
    assert export.graph_of(entry, base) == made


def test_a_folder_that_cannot_be_written_costs_time_and_nothing_else(tmp_path):
    entry = find("nanodet-g")
    from workers.models import folder_of, root
    from workers.vision import export

    if not folder_of(entry).exists():
        pytest.skip("the detector's weights are not here")
    (tmp_path / folder_of(entry).name).symlink_to(root() / folder_of(entry).name)
    (tmp_path / "onnx").write_text("in the way")
    assert len(export.graph_of(entry, tmp_path)) > 10_000_000


def test_the_environment_overrules_what_is_there(monkeypatch):
    monkeypatch.setenv("DAVY_DETECTOR_BACKEND", "onnxruntime")
    try:
        detector = load_detector()
    except ModelError as error:
        pytest.skip(str(error))
    assert detector.name.endswith(" onnxruntime-cpu")
    monkeypatch.setenv("DAVY_DETECTOR_BACKEND", "tensorrt")
    with pytest.raises(ModelError, match='expected one of auto, .*, found "tensorrt"'):
        load_detector()


def test_what_is_there_decides_the_backend(monkeypatch):
    monkeypatch.setattr(backends, "has_cuda", lambda: False)
    monkeypatch.setattr(backends, "is_installed", lambda name: True)
    assert choose("auto", "", BACKENDS) == ("openvino", "cpu")
    assert choose("", "", ("torch", "onnxruntime")) == ("onnxruntime", "cpu")
    assert choose("torch", "", BACKENDS) == ("torch", "cpu")
    assert choose("", "cuda", BACKENDS) == ("torch", "cuda")
    monkeypatch.setattr(backends, "has_cuda", lambda: True)
    assert choose("", "", BACKENDS) == ("torch", "cuda")
    assert choose("", "cpu", BACKENDS) == ("openvino", "cpu")
    assert choose("openvino", "", BACKENDS) == ("openvino", "cpu")
    with pytest.raises(ModelError, match="onnxruntime runs on a processor only"):
        choose("onnxruntime", "cuda", BACKENDS)
    with pytest.raises(ModelError, match="torch cannot run these weights"):
        choose("torch", "", ("onnxruntime",))
    with pytest.raises(ModelError, match='expected cpu or cuda, found "tpu"'):
        choose("", "tpu", BACKENDS)
    monkeypatch.setattr(backends, "is_installed", lambda name: name == "torch")
    assert choose("", "cpu", BACKENDS) == ("torch", "cpu")
    with pytest.raises(ModelError, match="openvino is not installed"):
        choose("openvino", "cpu", BACKENDS)


@pytest.mark.skipif(not _has("openvino"), reason="openvino is not installed")
def test_openvino_is_loaded_without_what_reports_home():
    """In a process of its own: another test may have loaded OpenVINO before us."""
    script = (
        "import contextlib, sys\n"
        "from workers.models import ModelError\n"
        "from workers.vision.backends import OpenVinoRunner\n"
        # No graph at all is refused, but only after OpenVINO was loaded.
        "with contextlib.suppress(ModelError):\n"
        "    OpenVinoRunner(b'')\n"
        "loaded = 'openvino' in sys.modules\n"
        "sys.exit(not loaded or any(m.startswith('openvino_telemetry.') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
