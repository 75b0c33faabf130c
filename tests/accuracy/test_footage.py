"""The engine on real footage. Skips where the footage or the weights are not at hand."""

import itertools
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from workers.engine import Chunk, analyse
from workers.media.decode import read_frames
from workers.models import ModelError
from workers.scene import parse_scene
from workers.vision.load import load_detector
from workers.vision.score import ap50

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def detector():
    try:
        return load_detector()
    except ModelError as error:
        pytest.skip(f"the detector's weights are not here: {error}")


def footage(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no ../shared/data/{name} on this machine")
    return path


def scene(*polygons):
    zones = [{"id": f"z{i}", "polygon": p} for i, p in enumerate(polygons)]
    return parse_scene(
        {
            "version": 1,
            "zones": zones,
            "machines": [{"id": "winch-1", "source": "signal"}],
            "rules": [
                {
                    "id": f"r{i}",
                    "type": "proximity_while_running",
                    "zone": zone["id"],
                    "machine": "winch-1",
                    "severity": "critical",
                }
                for i, zone in enumerate(zones)
            ],
        }
    )


def coco_ap50(detector):
    """Return the AP50 of the people in the pictures, in percent."""
    folder = footage("coco128_train2017")
    truth, found = [], []
    for path in sorted((folder / "images").rglob("*.jpg")):
        label = next((folder / "labels").rglob(f"{path.stem}.txt"), None)
        rows = np.loadtxt(label, ndmin=2) if label and label.stat().st_size else np.zeros((0, 5))
        x, y, w, h = rows[rows[:, 0] == 0][:, 1:].T
        truth.append(np.stack((x - w / 2, y - h / 2, x + w / 2, y + h / 2), 1))
        [boxes] = detector.detect([cv2.imread(str(path))])
        people = [(*b.xyxy, b.score) for b in boxes if b.label == "person"]
        found.append(np.array(people).reshape(-1, 5))
    # 261 are labelled; two label files have no picture beside them.
    assert sum(len(boxes) for boxes in truth) == 254
    return ap50(truth, found)


def test_people_in_coco_pictures_are_found_as_well_as_the_weights_can(detector):
    """62 is the bar of the first weights (ours gave 63.5); tuning may lose 2 at most."""
    first = coco_ap50(load_detector("nanodet-g"))
    assert first >= 62
    assert coco_ap50(detector) >= first - 2


def test_a_person_who_crosses_a_pavement_is_raised_within_a_second_and_cleared(detector):
    truth = json.loads(footage("video/pedestrian_survaillance.gt.json").read_text())
    wide, high = truth["width"], truth["height"]
    [zone] = truth["zones"]
    [(begin, end)] = zone["inside_intervals_s"]
    polygon = [[x / wide, y / high] for x, y in zone["polygon_px"]]
    frames = read_frames(footage(f"video/{truth['video']}"))
    findings = analyse(scene(polygon), None, Chunk(0, 0, 9, frames), detector=detector).findings
    assert [f.state for f in findings] == ["raised", "cleared"]
    assert begin - truth["tolerance_s"] <= findings[0].t <= begin + 1.0
    assert end <= findings[1].t <= end + 3.0


def test_people_who_enter_zones_of_a_square_are_raised(detector):
    """Against another detector's boxes, so now and then one side is wrong: 95 % is asked for."""
    path = footage("video/vtest.avi")
    rows = np.loadtxt(footage("video/vtest.PETS09-S2L1.reference-detections.txt"), delimiter=",")
    zones = [
        [[0.35, 0.45], [0.65, 0.45], [0.65, 0.75], [0.35, 0.75]],
        [[0.05, 0.5], [0.3, 0.5], [0.3, 0.95], [0.05, 0.95]],
        [[0.6, 0.65], [0.98, 0.65], [0.98, 0.98], [0.6, 0.98]],
        [[0.2, 0.3], [0.4, 0.3], [0.4, 0.5], [0.2, 0.5]],
    ]
    # The first 40 s are enough for a test; the accuracy bank takes the whole film.
    frames = itertools.takewhile(lambda frame: frame.t < 40, read_frames(path))
    result = analyse(scene(*zones), None, Chunk(0, 0, 40, frames), detector=detector)
    entries = raised = prompt = 0
    for number, zone in enumerate(zones):
        findings = [f for f in result.findings if f.rule == f"r{number}"]
        begins = [f.t for f in findings if f.state == "raised"]
        ends = [f.t for f in findings if f.state == "cleared"] + [99.0]
        situations = list(zip(begins, ends, strict=False))
        for begin, end in stays(rows[rows[:, 0] <= 395], zone):
            entries += 1
            found = [s for s in situations if s[0] <= end + 1 and s[1] >= begin]
            raised += bool(found)
            prompt += bool(found) and found[0][0] <= begin + 1.0
    assert entries >= 8
    assert raised >= 0.95 * entries
    assert prompt >= 0.9 * entries


def stays(rows, zone, fps=10.0, gap_s=2.0, least_s=0.6):
    """Return when the reference's feet are in the zone, bridged over short gaps."""
    contour = np.array([(x * 768, y * 576) for x, y in zone], np.float32)
    feet = {
        int(r[0]) - 1
        for r in rows
        if cv2.pointPolygonTest(contour, (float(r[2] + r[4] / 2), float(r[3] + r[5])), False) >= 0
    }
    found: list[list[int]] = []
    for i in sorted(feet):
        if found and i - found[-1][1] <= gap_s * fps:
            found[-1][1] = i
        else:
            found.append([i, i])
    long = [(a, b) for a, b in found if b - a >= least_s * fps]
    solid = [(a, b) for a, b in long if sum(a <= i <= b for i in feet) > 0.5 * (b - a)]
    return [(a / fps, b / fps) for a, b in solid]
