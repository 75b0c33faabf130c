"""Machines of the rendered bank, read with the people's true boxes: most need no network."""

import json
from functools import lru_cache
from pathlib import Path

import cv2
import pytest

from workers.accuracy.entry import STOP_S, read_entry
from workers.accuracy.readings import Machines, machine
from workers.accuracy.runner import frames_of, run
from workers.engine import Reading
from workers.media.decode import read_frames
from workers.models import ModelError
from workers.scene import parse_scene
from workers.simulate.faults import blocked
from workers.vision.load import load_detector
from workers.vision.machine import VideoReader

SIMULATE = Path(__file__).resolve().parents[2] / "workers" / "simulate"
FOLDERS = sorted(
    path.parent
    for path in [*SIMULATE.glob("bank/*/truth.json"), *SIMULATE.glob("loops/winch-*/truth.json")]
    if json.loads((path.parent / "scene.json").read_text()).get("machines")
)
PLACES = [
    (folder, item["id"])
    for folder in FOLDERS
    for item in json.loads((folder / "scene.json").read_text())["machines"]
]


# One mark with somebody beside the drum is UNKNOWN for a while, as are a drum whose light flickers
# and a rope that was never seen to run at the start: known weaknesses, held where they are. None of
# them calls a running machine stopped.
WEAK = {
    ("rope-bright", "rope-1"): 0.92,
    ("drums-dim", "winch-mark"): 0.70,
    ("drums-flicker", "winch-mark"): 0.70,
    ("drums-flicker", "winch-wraps"): 0.90,
}
# Too dark or too hidden to be read for most of the clip: UNKNOWN is the right answer there.
UNSEEN = {"people-dark-2", "people-dim-2", "people-glare-1"}


def phases_of(truth, name):
    for item in truth.get("machines", []):
        if item["id"] == name:
            return [(t, state) for t, state in item["phases"]]
    rows = []
    for frame in truth["frames_truth"]:
        state = frame["machines"][name]["state"]
        if not rows or rows[-1][1] != state:
            rows.append((frame["t"], state))
    return rows


@lru_cache(maxsize=64)
def watched(folder, name):
    """Return the score of one machine of one clip, and every state with its time and reason."""
    truth = json.loads((folder / "truth.json").read_text())
    scene = parse_scene(json.loads((folder / "scene.json").read_text()))
    which = next(m for m in scene.machines if m.id == name)
    clip = next(p for p in (folder / "clip.mp4", folder / "sub.mp4") if p.exists())
    reader, readings = VideoReader(), []
    for frame in read_frames(clip, fps=5):
        near = truth["frames_truth"][min(round(frame.t * truth["fps"]), truth["frames"] - 1)]
        boxes = [p["box"] for p in near["people"] if p["visible"] > 0.2]
        state = reader.read(
            frame.luma, which.roi, boxes, frame.t, which.look, which.colour, frame.crop
        )
        if not readings or readings[-1].value != state:
            readings.append(Reading(f"{name}.state", frame.t, state, 1, "video"))
    score = Machines()
    machine(score, name, phases_of(truth, name), readings, truth["seconds"])
    return score, [(round(r.t, 1), r.value) for r in readings]


@pytest.mark.parametrize(("folder", "name"), PLACES, ids=[f"{f.name}:{n}" for f, n in PLACES])
def test_a_machine_is_known_in_98_of_100_seconds_and_believed_in_time(folder, name):
    score, story = watched(folder, name)
    if folder.name in UNSEEN:
        assert {state for _, state in story} <= {"RUNNING", "UNKNOWN"}, story
        return
    assert score.right >= WEAK.get((folder.name, name), 0.98) * score.total, story
    assert all(delay <= 1.5 + 0.2 for delay in score.to_running), story
    late_s = 2.0 if (folder.name, name) in WEAK else 0.2
    assert all(delay <= STOP_S + late_s for delay in score.to_stopped), story


@pytest.mark.parametrize(("folder", "name"), PLACES, ids=[f"{f.name}:{n}" for f, n in PLACES])
def test_a_machine_that_runs_is_never_called_stopped(folder, name):
    _, story = watched(folder, name)
    phases = phases_of(json.loads((folder / "truth.json").read_text()), name)
    ends = [t for t, _ in phases[1:]] + [1e9]
    for (start, phase), end in zip(phases, ends, strict=True):
        if phase == "RUNNING":
            # At its start it may still be called what it was.
            within = [s for t, s in story if start + 1.7 <= t < end]
            assert "STOPPED" not in within, story


# Drums that run, in good, dim and flickering light, before anything else of the picture moves.
HUNG = ("winch-house", "empty-dim", "drums-flicker", "people-bright-1", "people-bright-2")


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", HUNG)
def test_a_cloth_that_falls_before_a_running_drum_never_makes_it_stopped(name, seed):
    folder = next(folder for folder in FOLDERS if folder.name == name)
    truth = json.loads((folder / "truth.json").read_text())
    scene = parse_scene(json.loads((folder / "scene.json").read_text()))
    which = scene.machines[0]
    phases = phases_of(truth, which.id)
    ends = [t for t, _ in phases[1:]] + [truth["seconds"]]
    begin = next(t for (t, s), end in zip(phases, ends, strict=True)
                 if s == "RUNNING" and end - t > 6)  # fmt: skip
    clip = next(p for p in (folder / "clip.mp4", folder / "sub.mp4") if p.exists())
    reader, told = VideoReader(), {}
    for frame in read_frames(clip, fps=5):
        if frame.t > begin + 11:
            break
        near = truth["frames_truth"][min(round(frame.t * truth["fps"]), truth["frames"] - 1)]
        boxes = [p["box"] for p in near["people"] if p["visible"] > 0.2]
        luma = frame.luma
        if frame.t >= begin + 3:
            luma = cv2.cvtColor(blocked(frame.bgr(), seed), cv2.COLOR_BGR2YUV)[..., 0]
        told[frame.t] = reader.read(luma, which.roi, boxes, frame.t, which.look)
    assert any(s == "RUNNING" for t, s in told.items() if t < begin + 3)
    after = [state for t, state in told.items() if t >= begin + 3]
    assert "STOPPED" not in after
    assert after[-1] == "UNKNOWN"


# Drums that the network takes for people: once for the whole clip, once from its middle on.
@pytest.mark.parametrize(
    ("folder", "name"), [("people-bright-1", "winch-1"), ("drums-dim", "winch-mark")]
)
def test_a_drum_that_looks_like_a_person_does_not_hide_itself(folder, name):
    try:
        detector = load_detector()
    except ModelError as error:
        pytest.skip(f"the detector's weights are not here: {error}")
    entry = read_entry(SIMULATE / "bank" / folder, "rendered")
    live, score = run(entry.scene, frames_of(entry), detector), Machines()
    machine(score, name, entry.truth.machines[name], live.readings, live.seconds)
    assert score.right >= 0.98 * score.total
    assert all(delay <= STOP_S for delay in score.to_stopped)


if __name__ == "__main__":
    for where, who in PLACES:
        result, told = watched(where, who)
        share = 100 * result.right / max(1, result.total)
        print(
            f"{where.name:16} {who:12} {share:5.1f} % of {result.total / 5:.0f} s",
            [round(d, 1) for d in result.to_running],
            [round(d, 1) for d in result.to_stopped],
            told,
        )  # fmt: skip
