"""A zone behind a drop or mud is not seen, though most of the view is as it was."""

import cv2
import numpy as np
import pytest
from engine_kit import Script, document, roadway

from workers.engine import Chunk, analyse
from workers.media.decode import Frame
from workers.scene import parse_scene
from workers.state import State
from workers.vision.health import ZONE_S

BEGIN_S = 20
DROP = (160, 130)  # in the middle of the zone `danger`, of 320 x 180 pixels


def drop(picture, high=180, wide=320):
    """A drop on the glass: out of focus behind it, over a tenth of the view."""
    cover = np.zeros((high, wide), np.float32)
    cv2.ellipse(cover, DROP, (48, 58), 0, 0, 360, 1.0, -1)
    cover = cv2.GaussianBlur(cover, (0, 0), 4)[..., None]
    soft = cv2.GaussianBlur(picture, (0, 0), 8)
    noise = np.random.default_rng(int(picture[90, 90, 0])).standard_normal(picture.shape)
    return np.clip(picture * (1 - cover) + cover * (soft + noise), 0, 255).astype(np.uint8)


def where():
    """The scene of the kit with a rule for a zone to the left, which stays in view."""
    raw = document()
    raw["analysis_fps"] = 1
    raw["zones"].append({"id": "left", "polygon": [[0, 0.3], [0.25, 0.3], [0.25, 0.9], [0, 0.9]]})
    raw["rules"].append({**raw["rules"][0], "id": "r2", "zone": "left"})
    raw["rules"].append(
        {"id": "r3", "type": "camera_blind_on_hazard", "zone": "danger", "machine": "winch-1"}
    )
    return parse_scene(raw)


def watch(lasts_s, after_s=0):
    """Let a drop hang before the zone from BEGIN_S on; give each second's analysis."""
    state = None
    for t, clean in roadway(BEGIN_S + lasts_s + after_s, fps=1):
        picture = drop(clean) if BEGIN_S <= t < BEGIN_S + lasts_s else clean
        chunk = Chunk(int(t), t, 1.0, [Frame(t, int(t), picture)])
        done = analyse(where(), state, chunk, detector=Script(lambda number: []))
        state = State.load(done.state.dump())
        yield done


@pytest.fixture(scope="module")
def hidden():
    return list(watch(ZONE_S + 40, 20))


def findings(made, rule):
    return [one for done in made for one in done.findings if one.rule == rule]


def test_a_zone_behind_a_drop_is_told_as_blurred_and_its_end_too(hidden):
    told = findings(hidden, "camera")
    assert [(f.level, f.state, f.values["about"]) for f in told] == [
        ("blurred", "raised", "danger"),
        ("blurred", "cleared", "danger"),
    ]
    assert told[0].t == pytest.approx(BEGIN_S + ZONE_S, abs=5)
    assert told[0].why.endswith("% of the zone danger lost its detail")


def test_the_rule_of_that_zone_is_blind_and_the_other_one_sees(hidden):
    sights = [r for done in hidden for r in done.readings if r.name.endswith(".sight")]
    assert [(r.name, r.value) for r in sights] == [("r1.sight", "BLIND"), ("r1.sight", "SEES")]
    assert sights[0].why == "blurred"


def test_nobody_can_see_that_danger_while_its_machine_may_run(hidden):
    told = findings(hidden, "r3")
    assert [(f.state, f.values["fault"]) for f in told] == [
        ("raised", "blurred"),
        ("cleared", "blurred"),
    ]


def test_what_waits_before_a_zone_for_some_minutes_is_none():
    assert [one for done in watch(ZONE_S / 2, 10) for one in done.findings] == []


def test_who_calls_the_view_right_ends_it(hidden):
    state = next(done.state for done in hidden if done.state.health.hidden)
    chunk = Chunk(state.sequence + 1, state.last_t + 1, 1.0, [], accept_view=True)
    done = analyse(where(), state, chunk, detector=Script(lambda number: []))
    assert [f.state for f in done.findings] == ["cleared"]
    assert done.state.health.hidden == frozenset()
