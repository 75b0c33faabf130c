"""The rendered clips of people for the accuracy bank say of themselves what is in them."""

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from workers.simulate.truth import inside

BANK = Path(__file__).parents[2] / "workers" / "simulate" / "bank"
PEOPLE = sorted(p.name for p in BANK.glob("people-*"))
EMPTY = sorted(p.name for p in BANK.glob("empty-*"))
LUMA = {"bright": (65, 120), "dim": (27, 45), "very_dark": (6, 20), "glare": (27, 55)}


def truth_of(name: str) -> dict[str, Any]:
    """Read a clip's truth."""
    return dict(json.loads((BANK / name / "truth.json").read_text()))


@pytest.mark.parametrize("name", [*PEOPLE, *EMPTY])
def test_a_clip_is_small_and_every_frame_has_truth_and_its_regimes_light(name: str) -> None:
    truth = truth_of(name)
    assert sum(p.stat().st_size for p in (BANK / name).iterdir()) <= 614_400
    lumas = []
    with av.open(str(BANK / name / "clip.mp4")) as container:
        video = container.streams.video[0]
        assert (video.codec_context.width, video.codec_context.height) == (640, 360)
        for frame in container.decode(video):
            lumas.append(float(frame.to_ndarray(format="gray")[:360].mean()))
    assert len(lumas) == truth["frames"] == len(truth["frames_truth"])
    # Flickering lamps darken single frames of the clips without people.
    assert abs(np.median(lumas) - np.median([f["luma"] for f in truth["frames_truth"]])) < 5
    low, high = LUMA.get(truth["regime"], (20, 120))
    assert low < np.median(lumas) < high


@pytest.mark.parametrize("name", PEOPLE)
def test_boxes_lie_in_the_picture_and_feet_in_metres_make_the_events(name: str) -> None:
    truth = truth_of(name)
    ground = truth["zones"]["danger"]["ground_m"]
    area = (ground[0][0], ground[0][1], ground[2][0], ground[2][1])
    entered, before = [], set()
    for frame in truth["frames_truth"]:
        now = set()
        for person in frame["people"]:
            x0, y0, x1, y1 = person["box"]
            assert 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1
            x, y = person["foot_m"]
            # Feet are written to the millimetre: on the very edge they may count either way.
            if all(abs(v - edge) > 0.002 for v, edge in zip((x, y, x, y), area, strict=True)):
                assert ("danger" in person["in_zones"]) == inside(area, x, y)
            if person["in_zones"]:
                now.add(person["id"])
                assert (y1 - y0) * 360 >= 30 and person["visible"] > 0.3
        entered += [(person, frame["t"]) for person in sorted(now - before)]
        before = now
    assert entered == [(e["person"], e["t"]) for e in truth["events"]]
    assert len(entered) >= 2


@pytest.mark.parametrize("name", PEOPLE)
def test_a_person_in_the_zone_is_large_enough_in_most_frames(name: str) -> None:
    heights = [
        (p["box"][3] - p["box"][1]) * 360
        for frame in truth_of(name)["frames_truth"]
        for p in frame["people"]
        if p["in_zones"]
    ]
    assert np.median(heights) >= 50


@pytest.mark.parametrize("name", PEOPLE)
def test_entries_alarm_exactly_while_the_machine_is_not_stopped(name: str) -> None:
    truth, scene = truth_of(name), json.loads((BANK / name / "scene.json").read_text())
    phases = truth["machines"][0]["phases"]
    for event in truth["events"]:
        state = [state for t, state in phases if t <= event["t"]][-1]
        assert event["alarm"] == (state != "STOPPED") and event["machine_state"] == state
    assert [rule["type"] for rule in scene["rules"]] == ["proximity_while_running"]
    assert scene["zones"][0]["polygon"] == truth["zones"]["danger"]["polygon"]


@pytest.mark.parametrize("name", EMPTY)
def test_clips_without_people_have_none(name: str) -> None:
    truth = truth_of(name)
    assert not truth["events"] and not any(f["people"] for f in truth["frames_truth"])
