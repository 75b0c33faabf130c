"""The engine on the rendered mine that ships with the product, against its exact truth."""

import json
from pathlib import Path

import pytest

from workers.engine import Chunk, analyse
from workers.media.decode import read_frames
from workers.models import ModelError
from workers.scene import parse_scene
from workers.vision.load import load_detector

LOOPS = Path(__file__).resolve().parents[2] / "workers" / "simulate" / "loops"
# Time that belief may take: RUNNING within 1.5 s, STOPPED within 4 s, as far as the seconds count.
SETTLE_S = 4.0


@pytest.fixture(scope="module")
def detector():
    try:
        return load_detector()
    except ModelError as error:
        pytest.skip(f"the detector's weights are not here: {error}")


@pytest.fixture(scope="module", params=["winch-house", "winch-two"])
def loop(request, detector):
    """Return the truth of a loop and the engine's analysis of it."""
    folder = LOOPS / request.param
    if not (folder / "sub.mp4").exists():
        pytest.skip(f"the loop {request.param} is not here")
    truth = json.loads((folder / "truth.json").read_text())
    scene = parse_scene(json.loads((folder / "scene.json").read_text()))
    chunk = Chunk(0, 0.0, truth["seconds"], read_frames(folder / "sub.mp4"))
    return truth, scene, analyse(scene, None, chunk, detector=detector, weak=True)


def test_danger_is_raised_within_a_second_and_only_where_there_is_danger(loop):
    truth, scene, analysis = loop
    dwell_s = max(rule.params.dwell_s for rule in scene.rules)
    expected = [e["t"] for e in truth["events"] if e["alarm"]]
    raised = [f.t for f in analysis.findings if f.state == "raised" and f.level == "danger"]
    assert len(raised) == len(expected)
    for t, at in zip(expected, raised, strict=True):
        assert -0.3 <= at - t <= dwell_s + 1.0


def test_a_machine_is_known_98_percent_of_the_seconds_that_it_has_been_in_a_state(loop):
    truth, scene, analysis = loop
    for machine in scene.machines:
        changes = [
            (r.t, str(r.value)) for r in analysis.readings if r.name == f"{machine.id}.state"
        ]
        right = total = 0
        since, before = 0.0, ""
        for frame in truth["frames_truth"]:
            now = frame["machines"][machine.id]["state"]
            if (now == "STOPPED") != (before == "STOPPED") or not before:
                since = frame["t"]
            before = now
            if frame["t"] - since < SETTLE_S:
                continue
            believed = [state for t, state in changes if t <= frame["t"] + 1e-6][-1]
            total += 1
            right += (believed == "STOPPED") == (now == "STOPPED")
        assert right >= 0.98 * total
