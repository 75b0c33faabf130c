"""Starting twice, stopping nothing, and what a Python too old is told."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from infra import demo
from infra.command import ROOT
from infra.state import Lock, read_logins


def test_a_second_demo_says_that_one_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = Lock(tmp_path / "demo.lock")
    assert first.take()
    assert demo.up(tmp_path) == 1
    assert f"runs already (process {os.getpid()})" in capsys.readouterr().out
    first.release()


def test_stopping_when_nothing_runs_is_no_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.stop(tmp_path) == 0
    assert "No demo runs." in capsys.readouterr().out


def test_logins_are_read_as_seed_writes_them(tmp_path: Path) -> None:
    row = {"role": "operator", "username": "ana", "password": "x", "mine": "Lamp Hill"}
    for written in ([row], {"logins": [row]}):
        (tmp_path / "logins.json").write_text(json.dumps(written))
        assert read_logins(tmp_path / "logins.json") == [row]


def test_make_lists_its_commands_and_refuses_to_go_on_without_a_fitting_python() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "make demo-check" in shown
    refused = subprocess.run(["make", "setup", "PYTHON="], cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode and "Davy needs Python 3.11 or newer" in refused.stderr
