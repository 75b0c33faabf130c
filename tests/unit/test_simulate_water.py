"""Rendered sumps: exact levels, the same frames every time, and entries that can be read."""

from pathlib import Path

import numpy as np
import pytest

from workers.media.decode import read_frames
from workers.scene import load_scene, parse_scene
from workers.simulate.water import SUMPS, Pond, scene_document, truth_document
from workers.vision.gauge import Level

BANK = Path(__file__).resolve().parents[2] / "workers" / "simulate" / "bank"


def test_the_same_sump_gives_the_same_frame():
    sump = SUMPS["water-lamp"]
    a, b = (Pond(sump, 160, 90).frame(3.0, 30) for _ in range(2))
    assert np.array_equal(a, b)


def test_the_picture_changes_at_the_true_level():
    sump = SUMPS["water-mud"]
    pond = Pond(sump, 320, 180)
    before, after = pond.linear(0.0), pond.linear(30.0)
    row = int(pond.project((1.0, 0.0, (sump.level(0) + sump.level(30)) / 2))[1] * 180)
    column = int(pond.project((1.0, 0.0, 0.5))[0] * 320)
    above = int(pond.project((1.0, 0.0, sump.level(0) + 0.1))[1] * 180)
    assert not np.allclose(before[row, column], after[row, column], atol=0.01)
    assert np.allclose(before[above, column], after[above, column], atol=0.01)


@pytest.mark.parametrize("name", SUMPS)
def test_the_entry_in_the_bank_is_that_of_the_data(name):
    scene = load_scene(BANK / name / "scene.json")
    assert scene == parse_scene(scene_document(Pond(SUMPS[name], 640, 360)))
    truth = truth_document(SUMPS[name])
    assert (BANK / name / "truth.json").stat().st_size > 100
    assert truth["levels"]["sump"][0] == [0.0, SUMPS[name].level(0.0)]
    assert (BANK / name / "clip.mp4").stat().st_size <= 400_000


def levels(name):
    """Read an entry when it is due: (time, true level, believed level) about once a second."""
    (gauge,) = load_scene(BANK / name / "scene.json").gauges
    memory = Level()
    for frame in read_frames(BANK / name / "clip.mp4", fps=2.0):
        if memory.is_due(frame.t):
            now = memory.look(frame.luma, gauge.points, [], frame.t)
            yield frame.t, SUMPS[name].level(frame.t), now.value


@pytest.mark.parametrize("name", ["water-lamp", "water-infrared", "water-mud"])
def test_the_level_is_read_by_lamp_in_infrared_and_with_mud_on_the_staff(name):
    wrong = [abs(value - true) for _, true, value in levels(name) if value is not None]
    assert len(wrong) >= 18
    assert np.mean(wrong) <= 0.02
    assert max(wrong) <= 0.06


@pytest.mark.parametrize("name", SUMPS)
def test_the_first_level_that_is_told_is_right(name):
    first = next((true, value) for _, true, value in levels(name) if value is not None)
    assert first[1] == pytest.approx(first[0], abs=0.02)


def test_a_staff_that_is_lost_in_mist_is_not_read_any_more():
    late = [value for t, _, value in levels("water-mist") if t > 23]
    assert late == [None] * len(late)
