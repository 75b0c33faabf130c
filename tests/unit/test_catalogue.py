"""Entries of the catalogue: every kind of file, and words for what does not fit."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from workers import models
from workers.models import File, ModelError, find, read_catalogue
from workers.models import __main__ as command
from workers.models.contract import Contract
from workers.vision import nanodet
from workers.vision.export import network
from workers.vision.load import wrap

ENTRY = """
default = "ours"
[labels]
two = ["person", "car"]
[[model]]
name = "ours"
version = "1"
kind = "safetensors"
what = "a test's"
source = "a test"
licence = "MIT"
labels = "two"
{more}
[[model.files]]
path = "ours.safetensors"
sha256 = "{sha256}"
"""


def entry(sha256="0" * 64, more=""):
    """Read a catalogue of one entry."""
    return read_catalogue(ENTRY.format(sha256=sha256, more=more))[0]["ours"]


@pytest.fixture(scope="module")
def state():
    """The state of a network of two labels, in half floats."""
    torch.manual_seed(3)
    return {name: value.half() for name, value in nanodet.NanoDet(2).state_dict().items()}


@pytest.fixture
def committed(tmp_path, monkeypatch):
    """Return a function that commits a state as an entry's file."""
    monkeypatch.setattr(models, "HERE", tmp_path)

    def commit(state):
        path = tmp_path / "ours.safetensors"
        save_file(state, path)
        return entry(hashlib.sha256(path.read_bytes()).hexdigest())

    return commit


def test_committed_weights_in_half_floats_run_in_every_backend(committed, state, tmp_path):
    made = committed(state)
    for backend in models.BACKENDS:
        detector = wrap(made, folder=tmp_path / "var", device="cpu", backend=backend)
        assert detector.labels == ("person", "car")
        assert len(detector.detect([np.zeros((90, 160, 3), np.uint8)])) == 1
    # The graph is kept with what is fetched, never beside what is committed.
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ours.safetensors", "var"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("stem.conv.bias"), r"lack stem\.conv\.bias; expected 68 .* found 67"),
        (lambda s: s.update(more=torch.zeros(1)), "more than the network: more; expected 68"),
        (
            lambda s: s.update({"stem.conv.bias": torch.zeros(7)}),
            r"stem\.conv\.bias: expected the shape \(32,\), found \(7,\)",
        ),
        (
            lambda s: s.update({"stem.conv.bias": torch.zeros(32, dtype=torch.int64)}),
            r"expected floats, found torch\.int64",
        ),
        (
            lambda s: s.update({"stem.conv.bias": torch.full((32,), torch.inf)}),
            "expected numbers, found infinity",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused_with_what_was_expected(
    committed, state, change, words
):
    state = dict(state)
    change(state)
    with pytest.raises(ModelError, match=words):
        network(committed(state))


def test_weights_of_another_number_of_labels_are_refused(committed, state):
    other = replace(committed(state), contract=Contract(("person", "car", "dog")))
    with pytest.raises(ModelError, match=r"expected the shape \(47,\), found \(46,\)"):
        network(other)


def test_a_file_that_is_no_safetensors_file_is_refused(committed, state, tmp_path):
    made = committed(state)
    (tmp_path / "ours.safetensors").write_bytes(b"junk")
    with pytest.raises(ModelError, match="expected SHA-256"):
        network(made)
    sha256 = hashlib.sha256(b"junk").hexdigest()
    with pytest.raises(ModelError, match="not a safetensors file"):
        network(entry(sha256))


def test_a_committed_file_that_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(models, "HERE", tmp_path)
    with pytest.raises(ModelError, match=r"no .*ours\.safetensors; it is committed"):
        models.verify(entry())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('backends = ["tflite"]', "model ours: backends: expected some of"),
        ("score = 2", "model ours: score: expected above 0 and below 1, found 2"),
        ("[model.input]\nmean = [1, 2]", "mean: expected three numbers"),
        ("[model.input]\nstd = [1, 0, 1]", "std: expected numbers above 0"),
        ('[model.input]\noutput = "ssd"', "output: expected nanodet or yolox or boxes"),
        ("[model.input]\nwidth = 5", "width: there is no such value"),
        ("[model.input]\ninput_px = 5000", "input_px: expected a whole number 32 to 1920"),
        ("[model.input]\nstep_px = 20", "step_px: expected multiples of 32"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_with_its_name(more, words):
    with pytest.raises(ModelError, match=words):
        entry(more=more)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([], "expected a list of names"),
        ("person", "expected a list of names"),
        (["person", ""], "expected names of 1 to 60 letters"),
        (["person", "person"], "found 'person' twice"),
        (["l" + str(i) for i in range(1001)], "at most 1000, found 1001"),
    ],
)
def test_labels_that_cannot_be_are_refused(labels, words):
    with pytest.raises(ModelError, match=words):
        Contract.read({"labels": labels})


def test_a_contract_survives_being_written_down():
    contract = find().contract
    assert Contract.read(contract.dump()) == contract


def test_a_package_kept_under_other_names_has_one_sum_for_all_files():
    made = find("nanodet-g")
    assert len(made.sha256) == 64
    other = replace(made, files=(made.files[0], File("x", "x", "0" * 64)))
    assert other.sha256 != made.sha256


def test_the_commands_need_no_database_and_say_what_is_there(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "models", "list", "--dir", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
    )
    assert "nanodet-g 3.0.4" in done.stdout
    assert "not fetched" in done.stdout
    assert "licence: Apache-2.0" in done.stdout


def test_checking_names_what_does_not_fit_and_exits_with_2(committed, state, capsys, monkeypatch):
    made = committed({**state, "stem.conv.bias": torch.zeros(7)})
    for module in (models, command):
        monkeypatch.setattr(module, "catalogue", lambda: ({"ours": made}, "ours"))
    assert command.main(["check", "ours"]) == 2
    said = capsys.readouterr()
    assert "SHA-256 right" in said.out
    assert "expected the shape (32,), found (7,)" in said.err


def test_measuring_prints_a_line_a_backend(committed, state, capsys, monkeypatch, tmp_path):
    made = replace(committed(state), backends=("onnxruntime",))
    for module in (models, command):
        monkeypatch.setattr(module, "catalogue", lambda: ({"ours": made}, "ours"))
    for name in ("images", "labels"):
        (tmp_path / "set" / name).mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "set" / "images" / "a.png"), np.zeros((90, 160, 3), np.uint8))
    (tmp_path / "set" / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.6\n")
    arguments = ["bench", "ours", "--dir", str(tmp_path / "var")]
    assert command.main([*arguments, "--pictures", str(tmp_path / "set")]) == 0
    assert "onnxruntime-cpu float32: " in (out := capsys.readouterr().out)
    assert "AP50 0.0 on 1 pictures" in out
    (tmp_path / "set" / "labels" / "a.txt").write_text("0 0.5\n")
    assert command.main([*arguments, "--pictures", str(tmp_path / "set")]) == 2
    assert "expected lines of number x y w h" in capsys.readouterr().err
