"""A camera that is knocked a little: what is drawn for machines goes along with the view."""

import json

import cv2
import numpy as np
import pytest
from engine_kit import Script
from machine_kit import SIZE, Drum, Lamp, Part, ThinRope, film, rough, states

from workers.engine import Chunk, State, analyse
from workers.media.decode import Frame
from workers.scene import parse_scene
from workers.vision.gate import relative, small_luma
from workers.vision.health import Health
from workers.vision.knock import Knock, aside
from workers.vision.machine import VideoReader
from workers.vision.way import Way

# The camera is learnt, then knocked while the machine runs; it stops, and starts.
STORY = [Part(3), Part(17, True), Part(10, True), Part(10), Part(8, True)]
KNOCKED_S, STOPS_S, STARTS_S = 20.0, 30.0, 40.0


def moved(picture, right, down):
    """Return what a camera shows that was knocked so that its view lies so many pixels aside."""
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float64)
    return cv2.warpAffine(picture, matrix, SIZE, borderMode=cv2.BORDER_REFLECT)


def analysed(machine, shots, state=None, *, reload=False, accept_s=None, first=0):
    """Analyse the shots in chunks of a second; return (t, on, state, part) of each chunk's end."""
    drawn = {"id": "one", "kind": machine.kind, "source": "video", "look": machine.look}
    scene = parse_scene(
        json.loads(json.dumps({"version": 1, "machines": [{**drawn, "roi": machine.roi}]}))
    )
    seen, told = [], []
    for number, at in enumerate(range(0, len(shots), 5)):
        group = shots[at : at + 5]
        frames = [Frame(shot.t, i, shot.bgr) for i, shot in enumerate(group)]
        accept = accept_s is not None and group[0].t <= accept_s < group[0].t + 1
        chunk = Chunk(first + number, group[0].t, 1.0, frames, accept_view=accept)
        result = analyse(scene, state, chunk, detector=Script(lambda number: []))
        state, told = result.state, [*told, *result.findings]
        if reload:
            state = State.load(state.dump())
        last = group[-1]
        seen.append((last.t, last.on, state.machines["one"].video.state, last.part))
    return seen, told, state


def knocked(machine, right, down, light=1.0):
    shots = film(machine, STORY)
    for shot in shots:
        if shot.t >= KNOCKED_S - 1e-6:
            dim = np.clip(shot.bgr * light, 0, 255).astype(np.uint8)
            shot.bgr = moved(dim, right, down)
    return shots


@pytest.mark.parametrize("down", [-9, -6, 6, 9])
def test_a_rope_that_a_knock_took_out_of_its_region_is_not_called_stopped(down):
    machine = ThinRope(seed=11)
    seen, _, _ = analysed(machine, knocked(machine, 2, down))
    assert states(seen, 6.0, KNOCKED_S) == {"RUNNING"}
    assert "STOPPED" not in states(seen, KNOCKED_S, STOPS_S)
    assert states(seen, KNOCKED_S + 3, STOPS_S) == {"RUNNING"}
    assert states(seen, STOPS_S + 5, STARTS_S) == {"STOPPED"}
    assert states(seen, STARTS_S + 2) == {"RUNNING"}


@pytest.mark.parametrize(("right", "down"), [(6, 0), (0, -6), (-7, 4)])
def test_a_lamp_that_a_knock_moved_is_read_where_it_is(right, down):
    machine = Lamp(seed=11)
    seen, _, _ = analysed(machine, knocked(machine, right, down))
    assert states(seen, KNOCKED_S + 3, STOPS_S) == {"RUNNING"}
    assert states(seen, STOPS_S + 5, STARTS_S) == {"STOPPED"}
    assert states(seen, STARTS_S + 2) == {"RUNNING"}


def test_what_went_along_does_so_after_the_state_was_stored():
    machine = ThinRope(seed=11)
    shots = knocked(machine, 0, 6)
    assert analysed(machine, shots, reload=True)[0] == analysed(machine, shots)[0]


def test_a_knock_in_other_light_is_found_too():
    machine = ThinRope(seed=11)
    seen, _, state = analysed(machine, knocked(machine, 0, 6, light=0.5))
    assert state.health.scenery.knock.way.down * SIZE[1] == pytest.approx(6, abs=1.0)
    assert states(seen, STOPS_S + 5, STARTS_S) == {"STOPPED"}
    assert states(seen, STARTS_S + 2) == {"RUNNING"}


def test_a_camera_that_is_pushed_back_is_read_as_drawn_again():
    machine = ThinRope(seed=11)
    shots = film(machine, STORY)
    for shot in shots:
        if KNOCKED_S <= shot.t < STOPS_S:
            shot.bgr = moved(shot.bgr, 0, 8)
    seen, _, state = analysed(machine, shots)
    assert not state.health.scenery.knock
    assert states(seen, STARTS_S + 2) == {"RUNNING"}


def test_who_accepts_the_view_has_the_regions_where_they_are_drawn():
    machine = Drum()
    _, _, state = analysed(machine, knocked(machine, 9, 0), accept_s=25.0)
    assert not state.health.scenery.knock
    assert state.machines["one"].video.carried == (0.0, 0.0)


def test_a_region_that_is_drawn_after_the_knock_stays_where_it_was_drawn():
    machine = ThinRope(seed=11)
    shots = knocked(machine, 0, 8)
    before = [shot for shot in shots if shot.t < 25.0]
    _, _, state = analysed(machine, before)
    machine.roi = tuple((x, y + 8 / SIZE[1]) for x, y in machine.roi)
    for shot in shots:
        shot.t += 1000.0
    after = [shot for shot in shots if shot.t >= 1025.0]
    seen, _, state = analysed(machine, after, state, first=100)
    assert state.health.scenery.knock
    assert state.machines["one"].video.carried == (0.0, 0.0)
    assert states(seen, 1000 + STARTS_S + 2) == {"RUNNING"}


def test_a_camera_that_shakes_was_not_knocked():
    machine = Drum()
    shots = film(machine, STORY)
    rng = np.random.default_rng(4)
    for shot in shots:
        shot.bgr = moved(shot.bgr, *rng.normal(0, 1.5, 2))
    seen, told, state = analysed(machine, shots)
    assert not state.health.scenery.knock and not told
    assert states(seen, 6.0, STOPS_S) == {"RUNNING"}


def test_a_view_that_lies_aside_for_a_minute_is_told_once_until_somebody_accepts_it():
    machine = Drum()
    shots = film(machine, [Part(100)])
    for shot in shots[50:]:
        shot.bgr = moved(shot.bgr, 9, 0)
    _, told, _ = analysed(machine, shots, accept_s=90.5)
    assert [(one.level, one.state, one.severity) for one in told] == [
        ("knocked", "raised", "medium"), ("knocked", "cleared", "medium"),
    ]  # fmt: skip
    assert 70 <= told[0].t <= 75 and told[1].t == pytest.approx(90.0)
    assert told[0].why == "the whole view lies aside by 2% of its diagonal"


def test_a_view_that_lies_aside_by_a_hair_is_not_told():
    machine = Drum()
    shots = film(machine, [Part(90)])
    for shot in shots[50:]:
        shot.bgr = moved(shot.bgr, 3, 1)
    assert analysed(machine, shots)[1] == []


def test_somebody_who_passes_and_a_machine_that_runs_knock_no_camera():
    machine = Drum()
    story = [Part(10), Part(12, True, person=(0.05, 0.8), seen=False, lamp=True), Part(5, True)]
    _, _, state = analysed(machine, film(machine, story))
    assert not state.health.scenery.knock


def test_a_state_of_before_there_were_knocks_goes_on():
    machine = ThinRope(seed=11)
    _, _, state = analysed(machine, knocked(machine, 0, 8)[:125])
    health, reader = state.health.dump(), state.machines["one"].video.dump()
    del health["scenery"]["knock"], reader["carried"]
    assert not Health.load(health).scenery.knock
    again = VideoReader.load(reader)
    assert (again.state, again.carried) == ("RUNNING", (0.0, 0.0))


def pattern(picture):
    return relative(small_luma(picture))


@pytest.mark.parametrize(("right", "down"), [(0, 0), (5, 0), (0, -12), (-17, 9), (4.3, 2.6)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_how_far_a_view_lies_aside_is_told_within_a_pixel_of_the_picture(seed, right, down):
    wall = np.clip(rough(seed), 0, 255).astype(np.uint8)[..., 0]
    rng = np.random.default_rng(seed)
    now = np.clip(0.6 * moved(wall, right, down) + 4 * rng.standard_normal(wall.shape), 0, 255)
    off = aside(pattern(wall), pattern(now.astype(np.uint8)))
    assert off is not None
    assert off.right * SIZE[0] == pytest.approx(right, abs=1.0)
    assert off.down * SIZE[1] == pytest.approx(down, abs=1.0)


def turned(picture, degrees, zoom=1.0, right=0.0, down=0.0):
    """Return what a camera shows that was turned about its middle, zoomed and pushed."""
    matrix = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), degrees, zoom)
    matrix[:, 2] += (right, down)
    return cv2.warpAffine(picture, matrix, SIZE, borderMode=cv2.BORDER_REFLECT), matrix


@pytest.mark.parametrize(
    ("degrees", "zoom", "right", "down"),
    [(1, 1, 0, 0), (-2, 1, 0, 0), (3, 1, 0, 0), (0, 1.03, 0, 0), (0, 0.97, 5, 0), (2, 1.02, -4, 3)],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_how_a_view_was_turned_and_zoomed_is_told_within_two_pixels_anywhere(
    seed, degrees, zoom, right, down
):
    wall = np.clip(rough(seed), 0, 255).astype(np.uint8)[..., 0]
    rng = np.random.default_rng(seed)
    seen, matrix = turned(wall, degrees, zoom, right, down)
    now = np.clip(0.6 * seen + 4 * rng.standard_normal(wall.shape), 0, 255).astype(np.uint8)
    way = aside(pattern(wall), pattern(now))
    assert way is not None
    points = [(x, y) for x in (0.1, 0.5, 0.9) for y in (0.1, 0.5, 0.9)]
    there = np.array(way.shift(points)) * SIZE
    wanted = [matrix @ (x * SIZE[0], y * SIZE[1], 1) for x, y in points]
    assert np.abs(there - wanted).max() < 2.0
    back = way.undone(now)
    inner = (slice(40, -40), slice(60, -60))
    assert np.corrcoef(back[inner].ravel(), wall[inner].ravel())[0, 1] > 0.9


@pytest.mark.parametrize(("degrees", "zoom"), [(2, 1.0), (-3, 1.0), (0, 1.05)])
def test_a_rope_that_a_turn_took_out_of_its_region_is_read_where_it_is(degrees, zoom):
    machine = ThinRope(seed=11)
    # Its right end alone, which goes farthest.
    machine.roi = ((0.65, 0.4505), (0.9, 0.388), (0.9, 0.412), (0.65, 0.4745))
    shots = film(machine, STORY)
    for shot in shots:
        if shot.t >= KNOCKED_S - 1e-6:
            shot.bgr = turned(shot.bgr, degrees, zoom, 0, 0)[0]
    seen, _, state = analysed(machine, shots)
    assert state.health.scenery.knock
    assert states(seen, KNOCKED_S + 3, STOPS_S) == {"RUNNING"}
    assert states(seen, STOPS_S + 5, STARTS_S) == {"STOPPED"}
    assert states(seen, STARTS_S + 2) == {"RUNNING"}


def test_of_another_place_of_darkness_and_of_a_zoomed_view_nothing_is_told():
    wall, other = (np.clip(rough(n), 0, 255).astype(np.uint8)[..., 0] for n in (1, 2))
    assert aside(pattern(wall), pattern(other)) is None
    assert aside(pattern(wall), pattern(np.full_like(wall, 9))) is None
    zoom = cv2.warpAffine(wall, cv2.getRotationMatrix2D((160, 90), 0, 1.2), SIZE)
    assert aside(pattern(wall), pattern(zoom)) is None


def test_of_a_picture_of_another_shape_or_of_nearly_none_nothing_is_told():
    wall = pattern(np.clip(rough(1), 0, 255).astype(np.uint8)[..., 0])
    assert aside(wall, wall[:-2]) is None
    assert aside(wall[:9, :9], wall[:9, :9]) is None


def test_two_looks_alone_move_nothing_and_what_cannot_be_told_stays():
    wall = np.clip(rough(1), 0, 255).astype(np.uint8)[..., 0]
    there, here, dark = pattern(wall), pattern(moved(wall, 9, 0)), pattern(np.full_like(wall, 9))
    knock = Knock()
    for look in (here, here, dark, here, here):
        knock.observe(there, look)
        assert not knock
    knock.observe(there, here)
    assert knock.way.right * SIZE[0] == pytest.approx(9, abs=0.7)
    knock.observe(there, dark)
    assert knock.way.right * SIZE[0] == pytest.approx(9, abs=0.7)


def test_a_region_at_the_rim_stays_within_the_picture():
    carried = Way(0.05, -0.03).carry(((0.9, 0.01), (1.0, 0.01), (1.0, 0.2)))
    assert np.allclose(carried, [(0.95, 0.0), (1.0, 0.0), (1.0, 0.17)])
