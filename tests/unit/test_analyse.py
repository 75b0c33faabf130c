"""The headless door: one JSON object a line, 0 when done, 2 with one line when the input is bad."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from engine_kit import document
from test_decode import make

from workers import analyse as door
from workers.models import ModelError, find, verify

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True, scope="module")
def weights():
    try:
        verify(find())
    except ModelError as error:
        pytest.skip(f"the detector's weights are not here: {error}")


@pytest.fixture
def video(tmp_path):
    return make(tmp_path / "a.mp4", count=30, options={"g": "10"})


def scene_file(tmp_path, **change):
    path = tmp_path / "scene.json"
    path.write_text(json.dumps({**document(), **change}))
    return path


def run(capsys, *words):
    """Run the command here; return its status, its lines and its errors."""
    status = door.main([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, [json.loads(line) for line in out.splitlines()], err


def test_a_video_gives_readings_and_a_summary(capsys, video, tmp_path):
    status, lines, err = run(capsys, video, "--scene", scene_file(tmp_path))
    assert (status, err) == (0, "")
    assert lines[0] == {
        "kind": "reading", "name": "winch-1.state", "t": 0.0, "value": "UNKNOWN",
        "confidence": 0.0, "source": "signal", "why": "no signal",
    }  # fmt: skip
    summary = lines[-1]
    assert summary["kind"] == "summary"
    assert summary["seconds"] == pytest.approx(3.0, abs=0.01)
    assert (summary["frames"], summary["analysed"]) == (30, 15)
    assert 0 < summary["detector_frames"] <= 15
    assert summary["detector"].startswith(f"{find().name}@{find().version} ")
    assert summary["cpu_seconds"] > 0


def test_no_scene_is_needed(capsys, video):
    status, lines, _ = run(capsys, video)
    assert status == 0
    assert {line["kind"] for line in lines} == {"reading", "summary"}


def test_without_the_gate_every_analysed_frame_is_detected(capsys, video):
    _, lines, _ = run(capsys, video, "--no-gate", "--detections", "--fps", 10)
    seen = [line for line in lines if line["kind"] == "detections"]
    assert [line["t"] for line in seen] == pytest.approx([i / 10 for i in range(30)], abs=0.002)
    assert lines[-1]["analysed"] == lines[-1]["detector_frames"] == 30
    for line in seen:
        for box in line["boxes"]:
            assert set(box) == {"label", "xyxy", "score", "track"}
            assert box["score"] >= 0.05


def test_stills_carry_their_name_and_their_rate(capsys, tmp_path):
    folder = tmp_path / "stills"
    folder.mkdir()
    for i, size in enumerate([(90, 160), (200, 100), (33, 33)]):
        cv2.imwrite(str(folder / f"{i}.png"), np.full((*size, 3), 90, np.uint8))
    (folder / "9.jpg").write_bytes(b"broken")
    status, lines, err = run(capsys, folder, "--no-gate", "--detections", "--fps", "0.5")
    seen = [line for line in lines if line["kind"] == "detections"]
    assert status == 0
    assert [(line["t"], line["source"]) for line in seen] == [
        (0.0, "0.png"), (2.0, "1.png"), (4.0, "2.png"),
    ]  # fmt: skip
    assert all("source" in line for line in lines[:-1])
    assert lines[-1]["seconds"] == 6.0
    assert lines[-1]["errors"] == 1
    assert err.count("\n") == 1
    assert "9.jpg" in err


def test_more_stills_than_frames_in_a_second_are_all_analysed(capsys, tmp_path):
    folder = tmp_path / "stills"
    folder.mkdir()
    for i in range(12):
        cv2.imwrite(str(folder / f"{i:02}.png"), np.full((20, 30, 3), 10 * i, np.uint8))
    _, lines, _ = run(capsys, folder, "--detections", "--no-gate", "--fps", 30)
    seen = [line for line in lines if line["kind"] == "detections"]
    assert [line["source"] for line in seen] == [f"{i:02}.png" for i in range(12)]


def test_signals_move_the_machine(capsys, video, tmp_path):
    signals = tmp_path / "signals.csv"
    signals.write_text("t,machine,state\n0.0,winch-1,stopped\n\n1.5,winch-1,RUNNING\n")
    _, lines, _ = run(capsys, video, "--scene", scene_file(tmp_path), "--signals", signals)
    states = [(x["t"], x["value"]) for x in lines if x.get("name") == "winch-1.state"]
    assert states == [(0.0, "STOPPED"), (1.6, "RUNNING")]


def test_signals_may_carry_the_time_of_day(capsys, video, tmp_path):
    signals = tmp_path / "signals.csv"
    signals.write_text("2026-03-01T08:00:01Z,winch-1,RUNNING\n")
    _, lines, _ = run(
        capsys, video, "--scene", scene_file(tmp_path), "--signals", signals,
        "--start", "2026-03-01T08:00:00+00:00",
    )  # fmt: skip
    states = [(x["t"], x["value"]) for x in lines if x.get("name") == "winch-1.state"]
    assert states == [(0.0, "UNKNOWN"), (1.0, "RUNNING")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("t,machine,state\n0,winch-1\n", "line 2: needs t,machine,state, found 2 values"),
        ("t,machine,state\n0,winch-1,RUNNING\nx,winch-1,STOPPED\n", "line 3: t is not a number"),
        ("0,belt-1,RUNNING\n", 'line 1: no machine "belt-1" in the scene'),
        ("0,winch-1,FLYING\n", 'line 1: no state "FLYING"'),
        ("nan,winch-1,RUNNING\n", "line 1: t is not a number"),
        ("2026-03-01T08:00:01Z,winch-1,RUNNING\n", "line 1: t is a time of day: --start"),
    ],
)
def test_a_bad_signal_is_named_with_its_line(capsys, video, tmp_path, text, fault):
    signals = tmp_path / "signals.csv"
    signals.write_text(text)
    status, lines, err = run(capsys, video, "--scene", scene_file(tmp_path), "--signals", signals)
    assert (status, lines) == (2, [])
    assert fault in err
    assert "signals.csv" in err
    assert err.count("\n") == 1


def test_bad_input_exits_with_2_and_one_line_that_says_what_and_where(capsys, video, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    wrong = scene_file(tmp_path, zones=[{"id": "a", "polygon": [[0, 0]]}])
    cases = [
        ([], "source"),
        ([tmp_path / "none.mp4"], "none.mp4: no such file"),
        ([empty], "no pictures in this folder"),
        ([text], "text.mp4: cannot be read as video"),
        ([video, "--scene", tmp_path / "none.json"], "none.json: cannot be read"),
        ([video, "--scene", wrong], "scene.json: zones[0].polygon: needs 3 to 100 points, found 1"),
        ([video, "--signals", tmp_path / "none.csv"], "none.csv: cannot be read"),
        ([video, "--start", "yesterday"], "--start: not a time in ISO 8601: 'yesterday'"),
        ([video, "--fps", "0"], "--fps: must be above 0"),
        ([video, "--fps", "nan"], "--fps: must be above 0"),
        ([video, "--fps", "many"], "--fps"),
        ([video, "--out", tmp_path / "none" / "out.jsonl"], "out.jsonl: cannot be written"),
        ([video, "--model", "yolo"], 'no model "yolo"'),
        ([video, "--colour"], "--colour"),
    ]
    for words, fault in cases:
        status, lines, err = run(capsys, *words)
        assert (status, lines) == (2, []), words
        assert fault in err, words
        assert err.count("\n") == 1, words


def test_lines_go_to_a_file_when_asked(capsys, video, tmp_path):
    out = tmp_path / "out.jsonl"
    status, lines, _ = run(capsys, video, "--out", out)
    assert (status, lines) == (0, [])
    assert json.loads(out.read_text().splitlines()[-1])["kind"] == "summary"


def test_the_command_runs_as_a_process_and_survives_a_reader_that_leaves(video):
    environment = {**os.environ, "PYTHONPATH": f"platform{os.pathsep}."}
    child = subprocess.Popen(
        [sys.executable, "-m", "workers.analyse", str(video), "--detections", "--no-gate"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stderr is not None
    first = child.stdout.readline()
    child.stdout.close()
    words = child.stderr.read()
    child.stderr.close()
    assert child.wait(60) == 0
    assert json.loads(first)["t"] == 0.0
    assert words == ""
