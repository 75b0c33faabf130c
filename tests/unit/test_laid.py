"""What is drawn goes along with a camera that was knocked: zones, lines and the ground."""

import json
import zlib

import cv2
import numpy as np
import pytest
from engine_kit import Script, person
from machine_kit import SIZE, ThinRope, rough

from workers.engine import Chunk, State, analyse
from workers.laid import Laid, layout, shapes
from workers.media.decode import Frame
from workers.roads import roads_of
from workers.scene import parse_scene
from workers.vision import health
from workers.vision.way import Way

ZONE = [[0.4, 0.3], [0.6, 0.3], [0.6, 0.8], [0.4, 0.8]]
KNOCK_PX, KNOCKED_S = 8, 20.0
DOWN = KNOCK_PX / SIZE[1]


def scene(zone=ZONE, **more):
    rule = {
        "id": "in", "type": "restricted_entry", "zone": "danger", "severity": "high",
        "params": {},
    }  # fmt: skip
    document = {
        "version": 1, "analysis_fps": 5, "zones": [{"id": "danger", "polygon": zone}],
        "rules": [rule], **more,
    }  # fmt: skip
    return parse_scene(json.loads(json.dumps(document)))


def film(start_s, seconds, down_px=0.0, seed=1):
    """Give the frames of a place of rock, by a camera that was knocked by so many pixels."""
    wall, rng = rough(5), np.random.default_rng(int(1000 * start_s) + seed)
    matrix = np.array([[1, 0, 0], [0, 1, down_px]], np.float64)
    wall = cv2.warpAffine(wall, matrix, SIZE, borderMode=cv2.BORDER_REFLECT)
    for i in range(round(5 * seconds)):
        noisy = wall + 3 * rng.standard_normal((SIZE[1], SIZE[0], 1))
        yield Frame(start_s + i / 5, i, np.clip(noisy, 0, 255).astype(np.uint8))


def watched(drawn, start_s, seconds, people, state=None, down_px=0.0, **more):
    """Analyse so many seconds in which these people stand; return findings, state, carried."""
    found = []
    for number in range(round(seconds)):
        at = start_s + number
        frames = list(film(at, 1, down_px))
        chunk = Chunk(int(at), at, 1.0, frames, **more)
        result = analyse(drawn, state, chunk, detector=Script(lambda n: people), gate=False)
        state = result.state
        found += [one for one in result.findings if one.rule == "in"]
    return found, state, result.where.carried


def settled(drawn=None, down_px=KNOCK_PX):
    """Return the state of a camera that was learnt, then knocked, and has noticed."""
    drawn = drawn or scene()
    _, state, _ = watched(drawn, 0, 20, [])
    _, state, _ = watched(drawn, KNOCKED_S, 6, [], state, down_px)
    assert state.health.scenery.knock.way.down == pytest.approx(down_px / SIZE[1], abs=0.004)
    return state


# Who stands between where the zone's lower edge was drawn and where it lies since the knock.
BETWEEN = person(0.5, foot=0.8 + DOWN / 2)


def test_who_stands_where_a_zone_lies_since_the_knock_is_in_it():
    assert not watched(scene(), 0, 4, [BETWEEN])[0]
    found, _, carried = watched(scene(), 30, 3, [BETWEEN], settled(), KNOCK_PX)
    assert [one.state for one in found] == ["raised"]
    assert np.allclose(carried["danger"], np.array(ZONE) + (0, DOWN), atol=0.004)


def test_who_stands_where_a_zone_no_longer_lies_is_not_in_it():
    above = person(0.5, foot=0.3 + DOWN / 2, height=0.2)
    assert watched(scene(), 0, 4, [above])[0]
    assert not watched(scene(), 30, 3, [above], settled(), KNOCK_PX)[0]


def test_a_zone_that_is_drawn_after_the_knock_lies_where_it_was_drawn():
    anew = scene([[x, y + DOWN] for x, y in ZONE])
    found, _, carried = watched(anew, 30, 3, [BETWEEN], settled(), KNOCK_PX)
    assert [one.state for one in found] == ["raised"]
    assert carried == {}


def test_who_accepts_the_view_has_the_zones_where_they_are_drawn():
    found, state, carried = watched(
        scene(), 30, 3, [BETWEEN], settled(), KNOCK_PX, accept_view=True
    )
    assert not found and carried == {} and not state.health.scenery.knock


@pytest.mark.parametrize("again", [State.load, lambda data: State.restart(data, "it failed")])
def test_after_a_restart_what_was_drawn_before_the_knock_is_still_taken_along(again):
    state = again(settled().dump())
    _, state, carried = watched(scene(), 30, 20, [], state, KNOCK_PX)
    assert np.allclose(carried["danger"], np.array(ZONE) + (0, DOWN), atol=0.004)
    # And a second knock, back to where it was, is measured from there.
    _, state, carried = watched(scene(), 50, 6, [], state, 0)
    assert np.allclose(carried.get("danger", ZONE), ZONE, atol=0.008)


def test_what_was_kept_before_views_were_turned_is_still_known():
    state = settled()
    raw = json.loads(zlib.decompress(state.dump()))
    way = raw["health"]["scenery"]["knock"]["way"]
    assert way[1] == pytest.approx(DOWN, abs=0.004)
    raw["health"]["scenery"]["knock"] = {
        "right": way[0], "down": way[1], "lain": [0.0, 0.0], "maybe": [[0.1, 4.0]],
    }  # fmt: skip
    raw["laid"] = {name: [crc, *was[:2]] for name, (crc, was) in raw["laid"].items()}
    again = State.load(zlib.compress(json.dumps(raw).encode()))
    assert not again.note and again.health.scenery.knock.way == Way(*way[:2])
    found, _, carried = watched(scene(), 30, 3, [BETWEEN], again, KNOCK_PX)
    assert [one.state for one in found] == ["raised"]
    assert np.allclose(carried["danger"], np.array(ZONE) + (0, DOWN), atol=0.004)


def test_a_restarted_camera_reads_its_rope_where_the_knock_took_it():
    rope = {"id": "one", "kind": "haulage", "source": "video", "look": "rope", "roi": ThinRope.roi}
    drawn = scene(machines=[rope])
    state = State.restart(settled(drawn).dump(), "it failed")
    _, state, _ = watched(drawn, 30, 2, [], state, KNOCK_PX)
    assert state.machines["one"].video.carried[1] == pytest.approx(DOWN, abs=0.004)


def test_lines_and_the_ground_go_along_and_what_reaches_the_rim_reaches_it_still():
    drawn = scene(
        [[0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [0.0, 1.0]],
        lines=[{"id": "gate", "points": [[0.2, 0.5], [0.8, 0.5]]}],
        ground={
            "image": [[0.1, 0.4], [0.9, 0.4], [0.9, 0.9], [0.1, 0.9]],
            "metres": [[0, 8], [4, 8], [4, 0], [0, 0]],
        },
    )
    laid, still = Laid(), layout(drawn, Laid(), Way())
    layout(drawn, laid, Way())
    moved = layout(drawn, laid, Way(0.03, -0.02))
    assert np.allclose(moved.lines["gate"], [(0.23, 0.48), (0.83, 0.48)])
    assert np.allclose(moved.zones["danger"], [(0.0, 0.48), (0.53, 0.48), (0.53, 1.0), (0.0, 1.0)])
    assert still.ground and moved.ground
    before, now = still.ground.metres((0.5, 0.7)), moved.ground.metres((0.53, 0.68))
    assert np.allclose(before, now, atol=0.02)


def test_a_mask_goes_along_and_hides_what_it_was_drawn_to_hide():
    drawn = scene(masks=[{"polygon": [[0.3, 0.5], [0.7, 0.5], [0.7, 0.62], [0.3, 0.62]]}])
    # Whose middle lies just below the mask as it was drawn, and beneath it since the knock.
    below = person(0.5, foot=0.62 + DOWN / 2 + 0.12, height=0.24)
    assert watched(drawn, 0, 4, [below])[0]
    assert not watched(drawn, 30, 3, [below], settled(drawn), KNOCK_PX)[0]


def test_whether_a_zone_is_hidden_is_asked_where_it_lies_since_the_knock(monkeypatch):
    asked = []
    monkeypatch.setattr(health, "veiled", lambda scenery, polygon: asked.append(polygon))
    watched(scene(), 30, 3, [], settled(), KNOCK_PX)
    assert np.allclose(asked[0], ZONE, atol=0.004)
    assert np.allclose(asked[-1], np.array(ZONE) + (0, DOWN), atol=0.004)


def test_vehicles_are_looked_for_where_their_zone_their_ground_and_what_is_none_lie_now():
    image = [[0.2, 0.4], [0.8, 0.4], [0.8, 0.9], [0.2, 0.9]]
    rule = {
        "id": "in", "type": "vehicle_motion", "zone": "danger", "severity": "high",
        "params": {"kind": "trackless_goods", "limit_m_s": 5},
    }  # fmt: skip
    drawn = scene(
        ground={"image": image, "metres": [[0, 8], [4, 8], [4, 0], [0, 0]]},
        machines=[
            {"id": "drum", "kind": "winch", "source": "video", "roi": image},
            {"id": "car", "kind": "haulage", "source": "video", "roi": ZONE},
        ],
        masks=[{"polygon": image}],
        rules=[rule],
    )
    laid = Laid()
    before = roads_of(drawn, layout(drawn, laid, Way()))
    now = roads_of(drawn, layout(drawn, laid, Way(0.02, 0.03)))
    by = np.array((0.02, 0.03))
    assert np.allclose(now.zones[0], np.array(before.zones[0]) + by)
    assert np.allclose(now.hidden, np.array(before.hidden) + by) and len(now.hidden) == 2
    assert np.allclose(
        now.ground.metres((0.5 + by[0], 0.6 + by[1])), before.ground.metres((0.5, 0.6)), atol=0.02
    )


def test_what_is_no_longer_drawn_is_forgotten():
    laid = Laid()
    layout(scene(), laid, Way())
    assert set(laid.known) == {"zone:danger"}
    laid.keep(shapes(parse_scene({"version": 1})))
    assert laid.known == {}
