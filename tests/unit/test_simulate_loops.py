"""The rendered loops say of themselves what is in them, and say it right."""

import itertools
import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from workers.simulate.counter import read_counter
from workers.simulate.truth import inside, load_truth

LOOPS = Path(__file__).parents[2] / "workers" / "simulate" / "loops"
SECONDS = {
    "winch-house": 40,
    "roadway": 20,
    "dark-drift": 20,
    "incline": 20,
    "winch-two": 24,
    "glare-roadway": 20,
}


def scene_of(name: str) -> dict[str, Any]:
    """Read a loop's scene document."""
    return dict(json.loads((LOOPS / name / "scene.json").read_text()))


@pytest.mark.parametrize("name", SECONDS)
def test_every_frame_of_both_streams_carries_its_number_and_has_truth(name: str) -> None:
    truth = load_truth(LOOPS / name)
    count = SECONDS[name] * 10
    assert truth["fps"] == 10 and truth["frames"] == count and truth["seconds"] == SECONDS[name]
    assert [f["i"] for f in truth["frames_truth"]] == list(range(count))
    for stream, size in (("main.mp4", (960, 540)), ("sub.mp4", (640, 360))):
        with av.open(str(LOOPS / name / stream)) as container:
            video = container.streams.video[0]
            assert (video.codec_context.width, video.codec_context.height) == size
            assert video.codec_context.name == "h264" and not video.codec_context.has_b_frames
            index = -1
            for index, frame in enumerate(container.decode(video)):
                luma = frame.to_ndarray(format="gray")
                assert read_counter(luma) == index
                assert frame.key_frame == (index % 10 == 0)
                assert frame.time == pytest.approx(index / 10)
                if stream == "main.mp4" and index % 25 == 0:
                    assert abs(luma.mean() - truth["frames_truth"][index]["luma"]) < 4
            assert index + 1 == count


@pytest.mark.parametrize("name", SECONDS)
def test_the_scene_and_the_truth_agree(name: str) -> None:
    truth, scene = load_truth(LOOPS / name), scene_of(name)
    assert scene["version"] == 1 and scene["analysis_fps"] == 5
    zones = {zone["id"]: zone["polygon"] for zone in scene["zones"]}
    assert zones == {zone: value["polygon"] for zone, value in truth["zones"].items()}
    shapes = [*zones.values(), *(m["roi"] for m in scene["machines"])]
    assert all(len(s) >= 3 and np.all((np.array(s) >= 0) & (np.array(s) <= 1)) for s in shapes)
    for rule in scene["rules"]:
        assert rule["zone"] in zones
        assert rule["machine"] in {m["id"] for m in scene["machines"]}
    for frame in truth["frames_truth"]:
        for person in frame["people"]:
            left, top, right, bottom = person["box"]
            assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1
            for zone, value in truth["zones"].items():
                (x0, y0), _, (x1, y1), _ = value["ground_m"]
                expected = inside((x0, y0, x1, y1), *person["foot_m"])
                assert (zone in person["in_zones"]) == expected


def test_the_winch_house_has_one_entry_that_must_alarm_and_one_that_must_not() -> None:
    truth = load_truth(LOOPS / "winch-house")
    entries = [e for e in truth["events"] if e["type"] == "zone_entry"]
    assert [(e["person"], e["machine_state"], e["alarm"]) for e in entries] == [
        ("fitter", "RUNNING", True),
        ("fitter", "STOPPED", False),
    ]
    assert entries[0]["t"] == pytest.approx(9, abs=0.7)
    assert entries[1]["t"] == pytest.approx(26, abs=0.7)
    frames = truth["frames_truth"]
    assert not frames[0]["people"] and not any(f["people"] for f in frames[360:])
    states = [f["machines"]["winch-1"]["state"] for f in frames]
    assert [s for s, _ in itertools.groupby(states)] == [
        "STOPPED",
        "STARTING",
        "RUNNING",
        "COASTING",
        "STOPPED",
    ]
    walker = [p for f in frames for p in f["people"] if p["id"] == "walker"]
    assert walker and not any(p["in_zones"] for p in walker)
    held = [p for f in frames for p in f["people"] if "danger" in p["in_zones"]]
    assert min(p["box"][3] - p["box"][1] for p in held) * 360 >= 120


def test_the_second_winch_never_moves_and_its_operator_keeps_to_the_stand() -> None:
    truth = load_truth(LOOPS / "winch-two")
    for frame in truth["frames_truth"]:
        assert frame["machines"]["winch-1"] == {"state": "STOPPED", "speed": 0.0}
        assert [p["in_zones"] for p in frame["people"]] == [["stand"]]
    assert not any(e["alarm"] for e in truth["events"])


def test_the_loops_are_as_light_and_as_dark_as_they_claim() -> None:
    def mean(name: str) -> float:
        return float(np.mean([f["luma"] for f in load_truth(LOOPS / name)["frames_truth"]]))

    assert 75 <= mean("winch-house") <= 100
    assert 70 <= mean("roadway") <= 100
    assert mean("dark-drift") < 12
    assert 35 <= mean("incline") <= 50
    assert 25 <= mean("glare-roadway") <= 50


def test_the_incline_is_empty_for_most_of_the_time() -> None:
    frames = load_truth(LOOPS / "incline")["frames_truth"]
    busy = sum(bool(f["people"]) for f in frames) / len(frames)
    assert 0 < busy < 0.4


def test_the_loops_stay_small() -> None:
    total = sum(p.stat().st_size for p in LOOPS.rglob("*") if p.is_file())
    assert total <= 25_000_000
