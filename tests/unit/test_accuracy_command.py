"""`make accuracy` on a bank of one small clip, with an eye that is good, and then bad."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

import workers.accuracy.__main__ as command
from workers.accuracy.entry import BankError
from workers.vision.boxes import Box

FPS = 10
PEOPLE = [(0.7, 20), (0.25, 40), (0.7, 20)]  # where the feet are, for how many frames


class Eye:
    """Sees what is white; blind, nothing."""

    name = "eye"
    input_px = 416
    light = False
    score = 0.4

    def __init__(self, *, blind=False):
        self.blind = blind

    def detect(self, pictures):
        return [[] if self.blind else self.boxes(picture) for picture in pictures]

    @staticmethod
    def boxes(picture):
        high, wide = picture.shape[:2]
        x, y, w, h = cv2.boundingRect((picture.mean(-1) > 160).astype(np.uint8))
        where = (x / wide, y / high, (x + w) / wide, (y + h) / high)
        return [Box("person", where, 0.9)] if w and h else []


@pytest.fixture
def bank(tmp_path):
    folder = tmp_path / "gate"
    folder.mkdir()
    frames = []
    with av.open(str(folder / "clip.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=Fraction(FPS))
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for x in [x for x, count in PEOPLE for _ in range(count)]:
            picture = np.full((180, 320, 3), 70, np.uint8)
            left, top, right, bottom = x - 0.05, 0.3, x + 0.05, 0.8
            picture[int(top * 180) : int(bottom * 180), int(left * 320) : int(right * 320)] = 230
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")):
                out.mux(packet)
            frames.append({"t": len(frames) / FPS, "people": [{"box": [left, top, right, bottom]}]})
        for packet in stream.encode():
            out.mux(packet)
    danger = [[0.05, 0.5], [0.5, 0.5], [0.5, 0.95], [0.05, 0.95]]
    rule = {"id": "r", "type": "proximity_while_running", "zone": "danger", "machine": "w"}
    scene = {
        "version": 1,
        "zones": [{"id": "danger", "polygon": danger}],
        "machines": [{"id": "w", "source": "signal"}],
        "rules": [rule],
    }
    (folder / "scene.json").write_text(json.dumps(scene))
    events = [{"zone": "danger", "t": 2.0, "to_s": 6.0}]
    truth = {"regime": "dim", "frames_truth": frames, "events": events}
    (folder / "truth.json").write_text(json.dumps(truth))
    return tmp_path


def run(monkeypatch, eye, *arguments, exact=None):
    """exact: what the detector's weights see in whole floats, where that is something else."""
    monkeypatch.setattr(command, "load_detector", lambda name: eye)
    monkeypatch.setattr(
        "workers.accuracy.film.load_detector",
        lambda name, backend=None, **how: exact if exact and backend else eye,
    )
    monkeypatch.setattr(command, "RETAKES", 1)
    # A thread, for another process would load the detector of the catalogue.
    monkeypatch.setattr(command, "_helpers", lambda: ThreadPoolExecutor(1))
    return command.main([str(argument) for argument in arguments])


def test_a_mines_own_clips_are_scored_kept_and_compared(bank, monkeypatch, capsys):
    assert run(monkeypatch, Eye(), "--bank", bank, "--update-baseline") == 0
    document = json.loads((bank / "accuracy.json").read_text())
    recall = document["figures"]["own/proximity_while_running/dim/event recall"]
    assert (recall["value"], recall["n"]) == (100, 1)
    assert document["figures"]["own/people/dim/>=50 px/AP50"]["value"] > 95
    assert document["figures"]["own/zone entry/dim/event recall"]["value"] == 100
    assert "own: zone entry" in (bank / "accuracy.md").read_text()

    assert run(monkeypatch, Eye(), "--bank", bank) == 0

    capsys.readouterr()
    assert run(monkeypatch, Eye(blind=True), "--bank", bank) == 1
    told = capsys.readouterr().out
    assert "own/proximity_while_running/dim/event recall fell from 100.00 to 0.00" in told
    assert "own/people/dim/>=50 px/AP50 fell" in told


def test_a_clip_that_vanishes_from_a_mines_bank_is_a_fall(bank, monkeypatch, capsys):
    shutil.copytree(bank / "gate", bank / "shaft")
    assert run(monkeypatch, Eye(), "--bank", bank, "--update-baseline") == 0
    (bank / "shaft" / "truth.json").rename(bank / "shaft" / "truth.json.old")
    capsys.readouterr()
    assert run(monkeypatch, Eye(), "--bank", bank) == 1
    told = capsys.readouterr().out
    assert "shaft was measured last time, and is no longer" in told
    assert "own/proximity_while_running/dim/event recall is of 1 entries, it was of 2" in told
    assert "shaft: not scored, it has no truth.json" in (bank / "accuracy.md").read_text()


def test_figures_that_the_baseline_does_not_have_are_told_as_new(bank, monkeypatch, capsys):
    assert run(monkeypatch, Eye(), "--bank", bank, "--update-baseline") == 0
    kept = json.loads((bank / "baseline.json").read_text())
    del kept["figures"]["own/zone entry/dim/event recall"], kept["clips"]
    (bank / "baseline.json").write_text(json.dumps(kept))
    capsys.readouterr()
    assert run(monkeypatch, Eye(), "--bank", bank) == 0
    assert "1 figures are compared with nothing" in capsys.readouterr().out


def test_a_mislabelled_clip_is_refused_before_anything_is_measured(bank, monkeypatch, capsys):
    for wrong, words in (
        ({"event": []}, "truth: unknown event"),
        ({"events": [{"zone": "danger", "t": 2.0, "to_s": 70.0}]}, "events: 70 s is outside of"),
    ):
        (bank / "gate" / "truth.json").write_text(json.dumps({"regime": "dim", **wrong}))
        assert run(monkeypatch, None, "--bank", bank, "--update-baseline") == 2
        told = capsys.readouterr()
        assert f"{bank / 'gate' / 'truth.json'}: {words}" in told.err
        assert not (bank / "baseline.json").exists()


def test_what_another_number_format_changes_is_noise(bank, monkeypatch):
    eyes = (Eye(), "--bank", bank, "--update-baseline")
    assert run(monkeypatch, *eyes, exact=Eye(blind=True)) == 0
    kept = json.loads((bank / "baseline.json").read_text())["figures"]
    assert kept["own/proximity_while_running/dim/event recall"]["noise"] == 100
    assert run(monkeypatch, *eyes) == 0
    kept = json.loads((bank / "baseline.json").read_text())["figures"]
    assert kept["own/proximity_while_running/dim/event recall"]["noise"] < 100


def test_a_process_of_its_own_films_again_and_says_what_was_wrong(tmp_path):
    with command._helpers() as helpers:
        found = helpers.submit(command.film_again, "default", tmp_path, 0)
        with pytest.raises(BankError, match="no labelled clips"):
            found.result()


def test_a_folder_without_labelled_clips_is_refused_in_words(tmp_path, monkeypatch, capsys):
    assert run(monkeypatch, Eye(), "--bank", tmp_path) == 2
    assert "no labelled clips" in capsys.readouterr().err
