"""Vehicles are followed: the detector's cars and trucks, and what moves like a mine car."""

import pytest
from engine_kit import FPS, Script, frame, person
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.engine import Chunk, analyse
from workers.scene import parse_scene
from workers.state import State
from workers.vision.boxes import Box, lower_edge
from workers.vision.speed import Spot, acceleration, velocity
from workers.vision.vehicles import Vehicles

GROUND = {"image": [[0, 0], [1, 0], [1, 1], [0, 1]], "metres": [[0, 0], [10, 0], [10, 20], [0, 20]]}


def car(foot, x=0.5, label="car", score=0.6, height=0.2):
    return Box(label, (x - 0.1, foot - height, x + 0.1, foot), score)


def document(**rule):
    return {
        "version": 1,
        "analysis_fps": FPS,
        "zones": [{"id": "road", "polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 1], [0.1, 1]]}],
        "machines": [{"id": "winch-1", "source": "signal"}],
        "lines": [{"id": "down", "points": [[0.5, 0.1], [0.5, 0.9]]}],
        "ground": GROUND,
        "rules": [
            {
                "id": "r1", "type": "vehicle_motion", "zone": "road",
                "params": {"kind": "rail", "limit_m_s": 2, "down": "down"}, **rule,
            }
        ],
    }  # fmt: skip


def analysed(boxes, seconds, where=None, reload=True):
    """Analyse chunks of a second with boxes from a script; return the findings and the state."""
    where = parse_scene(where or document())
    detector, state, found = Script(boxes), None, []
    for second in range(seconds):
        frames = [frame(i) for i in range(second * FPS, (second + 1) * FPS)]
        made = analyse(
            where, state, Chunk(second, second, 1.0, frames), detector=detector, gate=False
        )
        state = State.load(made.state.dump()) if reload else made.state
        found += made.findings
    return found, state


# --- the measure of speed


@settings(max_examples=200, deadline=None)
@given(
    vx=st.floats(-10, 10), vy=st.floats(-10, 10), seed=st.integers(0, 10_000),
    wrong=st.integers(0, 5), by=st.floats(-5, 5),
)  # fmt: skip
def test_a_speed_survives_one_wrong_point_in_six(vx, vy, seed, wrong, by):
    import random

    noise = random.Random(seed)
    spots = [
        Spot(0.2 * k, vx * 0.2 * k + noise.gauss(0, 0.02) + (by if k == wrong else 0),
             vy * 0.2 * k + noise.gauss(0, 0.02), 0.02)
        for k in range(6)
    ]  # fmt: skip
    motion = velocity(spots)
    assert abs(motion.x - vx) + abs(motion.y - vy) <= 0.3 + motion.error


def test_nineteen_of_twenty_speeds_are_as_near_as_their_error():
    import random

    noise, near = random.Random(1), 0
    for _ in range(400):
        spots = [Spot(0.2 * k, noise.gauss(0.5 * k, 0.05), 3.0, 0.05) for k in range(6)]
        motion = velocity(spots)
        near += abs(motion.speed - 2.5) <= motion.error
    assert near >= 0.93 * 400


def test_an_acceleration_is_told_with_its_error():
    spots = [Spot(0.2 * k, 0.0, 1.5 * (0.2 * k) ** 2 / 2, 0.02) for k in range(7)]
    found, error = acceleration(spots, (0.0, 1.0))
    assert found == pytest.approx(1.5, abs=0.01)
    assert 0 < error < 0.5
    assert acceleration(spots[:4], (0.0, 1.0)) is None


# --- the detector's vehicles


def test_a_car_keeps_its_track_past_missed_frames_and_other_names():
    vehicles, seen = Vehicles(), set()
    for k in range(30):
        boxes = [car(0.3 + 0.02 * k, label="car" if k % 3 else "truck")]
        vehicles.see([] if k % 7 == 6 else boxes, k / FPS, 16 / 9)
        vehicles = Vehicles.load(vehicles.dump())
        seen |= {v.track for v in vehicles.follow(k / FPS, 0.2)}
    assert len(seen) == 1


def test_two_names_for_one_vehicle_are_one_vehicle():
    vehicles = Vehicles()
    for k in range(10):
        vehicles.see([car(0.5), car(0.52, label="bus"), car(0.9)], k / FPS, 16 / 9)
    assert len(vehicles.follow(9 / FPS, 0.2)) == 2


def test_people_and_benches_are_no_vehicles():
    vehicles = Vehicles()
    for k in range(10):
        vehicles.see([person(0.5), car(0.7, label="bench")], k / FPS, 16 / 9)
    assert vehicles.follow(9 / FPS, 0.2) == []


def test_a_standing_car_is_held_while_nothing_moves():
    vehicles = Vehicles()
    for k in range(5):
        vehicles.see([car(0.5)], k / FPS, 16 / 9)
    for k in range(5, 100):
        vehicles.see(None, k / FPS, 16 / 9)
    assert len(vehicles.follow(99 / FPS, 0.2)) == 1


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0.3, 0.6, 0.8), ((0.45, 0.8), "middle")),
        ((0.0, 0.4, 0.8), ((0.4, 0.8), "right")),
        ((0.7, 1.0, 0.8), ((0.7, 0.8), "left")),
        ((0.0, 1.0, 0.8), ((0.5, 0.8), "")),
        ((0.3, 0.6, 1.0), ((0.45, 1.0), "")),
    ],
)
def test_the_point_that_is_followed_is_one_that_the_picture_shows(box, expected):
    point, which = lower_edge(*box)
    assert which == expected[1]
    assert point == pytest.approx(expected[0])


# --- the engine


def test_the_engine_raises_a_runaway_from_boxes_within_a_second_and_its_dwell():
    def boxes(k):
        return [car(0.2 + 4.0 * max(0, k - 10) / FPS / 20)] if k < 28 else []

    found, _ = analysed(boxes, 8)
    raised = next(f for f in found if f.level == "runaway")
    assert raised.t <= 2.0 + 1.5 + 1e-6
    assert found[-1].state == "cleared"


def test_a_scene_without_vehicle_rules_follows_none():
    for where in (document(mode="off"), {**document(), "rules": []}):
        _, state = analysed(lambda k: [car(0.5)], 2, where)
        assert state.vehicles is None


def test_nothing_changes_when_the_state_is_stored_between_chunks():
    def boxes(k):
        return [car(0.2 + 3.5 * k / FPS / 20, x=0.5 + 0.003 * (k % 3))]

    assert analysed(boxes, 4, reload=True)[0] == analysed(boxes, 4, reload=False)[0]
