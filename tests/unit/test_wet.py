"""The wet share of a floor: water tells, light does not, and doubt is said."""

import json
import zlib

import cv2
import numpy as np
import pytest

from tests.unit.engine_kit import Script
from workers.engine import Chunk, analyse
from workers.media.decode import Frame
from workers.scene import SceneError, parse_scene
from workers.state import VERSION, State
from workers.vision.way import Way
from workers.vision.wet import Floor

ZONE = ((0.25, 0.4), (0.75, 0.4), (0.75, 0.9), (0.25, 0.9))


def floor(wet=0.0, light=1.0, seed=0, lamp=False):
    """Draw gravel; the left part `wet` of the zone is under water: luma (360, 640)."""
    rng = np.random.default_rng(7)
    picture = (
        95
        + 14 * rng.normal(0, 1, (360, 640))
        + 6 * cv2.resize(rng.normal(0, 1, (20, 36)), (640, 360))
    )
    picture = cv2.GaussianBlur(picture, (0, 0), 0.8)
    right = int((0.25 + 0.5 * wet) * 640)
    part = picture[144:324, 160:right]
    part[:] = 0.55 * cv2.GaussianBlur(part, (0, 0), 6) if right > 160 else part
    if lamp and right > 260:
        cv2.circle(picture, (220, 230), 22, 250, -1)
    noise = np.random.default_rng(seed).normal(0, 2, picture.shape)
    return np.clip(picture * light + noise, 0, 255).astype(np.uint8)


def known():
    """Return a memory that has seen the floor dry."""
    memory = Floor()
    for i in range(5):
        memory.look(floor(seed=i), ZONE, [], float(i))
    return memory


def look(memory, picture, times=5, people=()):
    """Look several times; return the last answer."""
    for i in range(times):
        answer = memory.look(picture, ZONE, people, 10.0 + i)
    return answer


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 1.0])
def test_the_share_under_water_is_told_to_a_tenth(share):
    answer = look(known(), floor(share))
    assert answer.value == pytest.approx(share, abs=0.1)
    assert answer.confidence > 0.5


@pytest.mark.parametrize("light", [0.5, 1.6])
def test_another_light_makes_nothing_wet(light):
    assert look(known(), floor(light=light)).value < 0.05


def test_a_lamp_mirrored_in_the_water_is_water():
    assert look(known(), floor(0.6, lamp=True)).value == pytest.approx(0.6, abs=0.1)


def spread(by_px):
    """Draw water over the zone and so far beyond it on all sides."""
    picture = floor().astype(float)
    left, top = max(0, 160 - by_px), max(0, 144 - by_px)
    part = picture[top : 324 + by_px, left : 480 + by_px]
    part[:] = 0.55 * cv2.GaussianBlur(part, (0, 0), 6)
    picture += np.random.default_rng(50).normal(0, 2, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("by_px", [90, 180])
def test_water_that_goes_far_beyond_the_zone_is_no_dry_floor_in_less_light(by_px):
    memory = known()
    assert look(memory, floor(1.0)).value == pytest.approx(1.0, abs=0.1)
    assert look(memory, spread(by_px)).value is None


@pytest.mark.parametrize("size_px", [60, 100])
@pytest.mark.parametrize("gain", [1.5, 3.0])
def test_the_light_of_a_lamp_on_a_dry_floor_is_no_water(size_px, gain):
    y, x = np.mgrid[:360, :640]
    away = ((x - 320) / size_px) ** 2 + ((y - 240) / (0.6 * size_px)) ** 2
    lit = np.clip(floor() * (1 + gain * np.exp(-away)), 0, 235).astype(np.uint8)
    assert look(known(), lit).value < 0.03


def railway(right=0.0, down=0.0, seed=0):
    """Draw dry gravel with pale rails and sleepers, by a camera knocked by so many pixels."""
    picture = floor(seed=seed).astype(np.float32)
    for x in range(180, 480, 45):
        picture[:, x : x + 14] *= 1.6
    for y in range(20, 340, 34):
        picture[y : y + 10] *= 1.4
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float64)
    moved = cv2.warpAffine(picture, matrix, (640, 360), borderMode=cv2.BORDER_REFLECT)
    return np.clip(moved, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("right", "down"), [(6, 0), (-20, 0), (0, 12), (0, -25), (14, -9)])
def test_a_dry_floor_of_a_camera_that_was_knocked_stays_dry(right, down):
    memory, way = Floor(), Way(right / 640, down / 360)
    for i in range(5):
        memory.look(railway(seed=i), ZONE, [], float(i), way=Way())
    for i in range(5):
        answer = memory.look(railway(right, down, 50 + i), ZONE, [], 10.0 + i, way=way)
    assert answer.value < 0.03
    assert answer.confidence > 0.3


def test_water_that_comes_after_the_knock_is_told():
    memory, way = known(), Way(-12 / 640, 8 / 360)
    matrix = np.array([[1, 0, -12], [0, 1, 8]], np.float64)
    for i in range(5):
        wet = cv2.warpAffine(floor(0.6, seed=50 + i), matrix, (640, 360))
        answer = memory.look(wet, ZONE, [], 10.0 + i, way=way)
    assert answer.value == pytest.approx(0.6, abs=0.1)


def test_before_the_dry_floor_is_known_nothing_is_told():
    assert look(Floor(), floor(0.5), times=4).value is None


def test_darkness_a_crowd_and_a_tiny_zone_give_no_share():
    assert look(known(), floor(light=0.05)).value is None
    assert look(known(), floor(), people=[(0.2, 0.2, 0.8, 0.95)]).value is None
    tiny = ((0.5, 0.5), (0.505, 0.5), (0.505, 0.505))
    assert Floor().look(floor(), tiny, [], 0.0).value is None
    assert Floor().look(np.zeros((1, 1), np.uint8), ZONE, [], 0.0).value is None


def test_the_memory_survives_being_written_down():
    memory = known()
    again = Floor.load(json.loads(json.dumps(memory.dump())))
    assert look(again, floor(0.5)).value == look(memory, floor(0.5)).value


SIZES = [
    ((1280, 720), (640, 360)),
    ((640, 360), (1280, 720)),
    ((640, 360), (320, 180)),
    ((640, 360), (200, 112)),
    ((200, 112), (640, 360)),
    ((640, 360), (640, 480)),
    ((704, 576), (640, 360)),
    ((640, 360), (360, 640)),
]


def sized(picture, size):
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize(("before", "after"), SIZES)
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_another_size_of_the_picture_leaves_a_dry_floor_dry_and_a_flood_wet(before, after, share):
    memory = Floor()
    for i in range(6):
        memory.look(sized(floor(seed=i), before), ZONE, [], float(i))
    answer = look(memory, sized(floor(share), after))
    assert answer.value == pytest.approx(share, abs=0.12)
    # And back: nothing of what is known of the floor is lost.
    assert look(memory, sized(floor(share), before)).value == pytest.approx(share, abs=0.12)


def test_another_size_while_the_dry_floor_is_learnt_begins_to_learn_anew():
    memory = Floor()
    for i in range(3):
        memory.look(floor(seed=i), ZONE, [], float(i))
    for i in range(4):
        other = memory.look(sized(floor(seed=i), (360, 640)), ZONE, [], 3.0 + i)
        assert other.value is None
    assert memory.look(sized(floor(), (360, 640)), ZONE, [], 7.0).value == 0.0


def test_a_chunk_of_another_size_is_analysed_from_a_state_that_was_written_down():
    document = {
        "version": 1,
        "zones": [{"id": "walkway", "polygon": [list(p) for p in ZONE]}],
        "gauges": [{"id": "floor", "zone": "walkway"}],
    }
    state = None
    for sequence in range(10):
        size = (640, 360) if sequence < 7 else (352, 288)
        picture = sized(floor(0.0 if sequence < 7 else 0.5, seed=sequence), size)
        frame = Frame(float(sequence), 0, np.repeat(picture[..., None], 3, 2))
        chunk = Chunk(sequence, float(sequence), 1.0, [frame])
        done = analyse(parse_scene(document), state, chunk, detector=Script(lambda i: []))
        state = State.load(done.state.dump())
    assert state.floors["floor"].pace.value == pytest.approx(0.5, abs=0.12)


WATCHED = {
    "version": 1,
    "zones": [{"id": "walkway", "polygon": [list(p) for p in ZONE]}],
    "gauges": [{"id": "floor", "zone": "walkway"}],
    "rules": [{"id": "wet", "type": "wet_area", "params": {"gauge": "floor", "wet_s": 5}}],
}


def watched(state, times, wet, aim=0, accept=None):
    """Analyse a picture a second of a floor; return the state and what was told of the rule.

    aim: pixels by which the camera was turned; accept: when a person takes that to be right.
    """
    told = []
    for t in times:
        picture = np.roll(floor(wet, seed=t), aim, 1)
        frame = Frame(float(t), 0, np.repeat(picture[..., None], 3, 2))
        done = analyse(
            parse_scene(WATCHED),
            state,
            Chunk(t, float(t), 1.0, [frame], accept_view=t == accept),
            detector=Script(lambda i: []),
        )
        state = done.state
        told += [(f.rule, f.state, f.situation) for f in done.findings if f.rule == "wet"]
    return state, told


def of_version(state, version):
    raw = json.loads(zlib.decompress(state.dump()))
    return zlib.compress(json.dumps({**raw, "version": version}).encode())


@pytest.mark.parametrize("gap_s", [1, 60])
@pytest.mark.parametrize(
    "after",
    [lambda s: State.load(of_version(s, VERSION - 1)), lambda s: State.restart(s.dump(), "anew")],
    ids=["another version", "restart"],
)
def test_a_flood_stays_one_where_the_state_begins_anew(after, gap_s):
    state, _ = watched(None, range(8), 0.0)
    state, told = watched(state, range(8, 20), 0.9)
    [(_, _, situation)] = told
    state = after(state)
    assert state.note
    begin = 19 + gap_s
    state, told = watched(state, range(begin, begin + 90), 0.9)
    # How much it grew is not known any more; that it is wet is.
    assert told == [("wet", "eased", situation)] and state.rules["wet"].level == "warning"
    assert state.floors["floor"].pace.value == pytest.approx(0.9, abs=0.1)
    assert state.rules["wet"].situation == situation
    state, told = watched(state, range(begin + 90, begin + 160), 0.0)
    assert told == [("wet", "cleared", situation)]


def test_a_floor_is_learnt_anew_where_a_person_takes_another_view_to_be_right():
    state, _ = watched(None, range(30), 0.0)
    state, told = watched(state, range(30, 90), 0.0, aim=110, accept=60)
    assert told == []
    assert state.floors["floor"].pace.value == 0.0
    _, told = watched(state, range(90, 130), 0.6, aim=110)
    assert [said for _, said, _ in told] == ["raised"]


def test_a_floor_among_other_surroundings_than_it_was_known_in_has_no_share():
    memory = known()
    other = floor()
    for left in range(0, 640, 40):  # stripes that a turned lamp or another wall might make
        other[:, left : left + 20] //= 2
    assert look(memory, other).value is None
    assert look(memory, floor(0.6)).value == pytest.approx(0.6, abs=0.1)


def test_a_floor_that_was_not_known_yet_is_learnt_after_another_version():
    state, _ = watched(None, range(3), 0.0)
    state = State.load(of_version(state, VERSION - 1))
    state, _ = watched(state, range(3, 12), 0.0)
    assert state.floors["floor"].pace.value == 0.0


@pytest.mark.parametrize("version", [14, VERSION])
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_a_dry_floor_of_a_full_range_camera_is_brought_to_the_one_scale(version, share):
    def sent(wet):
        picture = floor(wet)
        picture[144:324, 160:480] //= 4  # coal: much darker than what is around it
        return picture

    def brought(picture):
        return np.round(16 + picture * (219 / 255)).astype(np.uint8)

    memory = Floor()
    for i in range(6):
        memory.look(sent(0.0) if version == 14 else brought(sent(0.0)), ZONE, [], float(i))
    state = State(floors={"floor": memory})
    memory = State.restart(of_version(state, version), "anew").floors["floor"]
    memory = Floor.load(json.loads(json.dumps(memory.dump())))
    for i in range(5):
        answer = memory.look(brought(sent(share)), ZONE, [], 10.0 + i, brought=True)
    assert answer.value == pytest.approx(share, abs=0.1)


def test_the_scene_names_a_zone_instead_of_points():
    document = {
        "version": 1,
        "zones": [{"id": "walkway", "polygon": [list(p) for p in ZONE]}],
        "gauges": [{"id": "floor", "zone": "walkway"}],
    }
    frames = [
        Frame(i / 5, i, np.repeat(floor(0.0 if i < 40 else 0.5, seed=i)[..., None], 3, 2))
        for i in range(100)
    ]
    chunk = Chunk(0, 0.0, 20.0, frames)
    analysis = analyse(parse_scene(document), None, chunk, detector=Script(lambda i: []), fps=5)
    told = [(r.t, r.value) for r in analysis.readings if r.name == "floor.wet_share"]
    assert told[0][1] is None  # no reference yet
    dry = [value for t, value in told if 6 < t < 8 and value is not None]
    assert max(dry, default=0) < 0.05
    assert told[-1][1] == pytest.approx(0.5, abs=0.1)
    document["gauges"] = [{"id": "floor", "zone": "walkwy"}]
    with pytest.raises(SceneError, match='no zone "walkwy"'):
        parse_scene(document)
    document["gauges"] = [{"id": "floor", "zone": "walkway", "points": []}]
    with pytest.raises(SceneError, match="either points with metres, or a zone"):
        parse_scene(document)
