"""Levels: what one picture tells, what several tell together, and what nobody can tell."""

import json

import cv2
import numpy as np
import pytest

from tests.unit.engine_kit import Script
from workers.engine import Chunk, State, analyse
from workers.media.decode import Frame
from workers.scene import parse_scene
from workers.vision.gauge import BLIND, Level, Sight, read
from workers.vision.scale import Scale
from workers.vision.way import Way

MARKS = (((0.5, 0.1), 1.5), ((0.5, 0.9), 0.0))
SIZE = (640, 360)


def wall(level=0.7, size=SIZE, seed=0, light=1.0):
    """Draw a staff on a wall in mirroring water: luma (H, W); metres as in MARKS."""
    width, height = size
    rng = np.random.default_rng(seed)
    high, wide = 360, 640
    picture = 130 + 8 * cv2.resize(rng.normal(0, 1, (30, 50)), (wide, high))
    half = 12
    picture[:, wide // 2 - half : wide // 2 + half] = 225
    for row in range(0, high, 10):
        picture[row : row + 5, wide // 2 : wide // 2 + half] = 30
    line = int(round((0.9 - level / 1.5 * 0.8) * high))
    below = np.arange(line, high)
    mirrored = picture[np.clip(2 * line - below, 0, high - 1)]
    picture[line:] = 0.3 * mirrored + 25
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7) * light + rng.normal(0, 1.5, picture.shape)
    luma = np.clip(picture, 0, 255).astype(np.uint8)
    return cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("level", [0.2, 0.55, 1.1])
@pytest.mark.parametrize("size", [SIZE, (1280, 720), (320, 180)])
def test_the_water_line_is_found_to_a_centimetre_or_two(level, size):
    sight = read(wall(level, size), MARKS)
    assert sight.value == pytest.approx(level, abs=0.02)
    assert 0.5 < sight.confidence <= 1


def test_by_a_weak_lamp_it_is_found_too():
    assert read(wall(0.7, light=0.15), MARKS).value == pytest.approx(0.7, abs=0.03)


def test_marks_given_upside_down_read_the_same():
    luma = wall(0.7)
    assert read(luma, MARKS[::-1]).value == pytest.approx(read(luma, MARKS).value)


@pytest.mark.parametrize(
    "luma",
    [
        np.zeros((1, 1), np.uint8),
        np.zeros((3, 2000), np.uint8),
        np.full((360, 640), 128, np.uint8),
        np.zeros((360, 640), np.uint8),
        np.full((360, 640), 255, np.uint8),
        np.random.default_rng(5).integers(0, 255, (360, 640)).astype(np.uint8),
    ],
    ids=["one pixel", "three rows", "grey", "black", "white", "noise"],
)
def test_a_picture_with_nothing_in_it_gives_no_level(luma):
    sight = read(luma, MARKS)
    assert (sight.value, sight.confidence) == (None, 0.0)


def stained(tide, dark, seed=0):
    """Draw a dry staff on a wall that water stood at: all below the tide mark is darker."""
    high, wide = 360, 640
    rng = np.random.default_rng(seed)
    picture = 130 + 8 * cv2.resize(rng.normal(0, 1, (30, 50)), (wide, high))
    picture[:, wide // 2 - 12 : wide // 2 + 12] = 225
    for row in np.cumsum(rng.integers(6, 16, 36)):
        side = int(rng.integers(-12, 6))
        picture[row : row + 4, wide // 2 + side : wide // 2 + 12] = 30
    picture[round((0.9 - tide / 1.5 * 0.8) * high) :] *= dark
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7) + rng.normal(0, 1.5, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def test_the_tide_mark_of_an_empty_sump_is_seldom_taken_for_water():
    """Of 10, 2 are; without a look at the staff's own pattern 9."""
    made = [(tide, dark) for tide in (0.4, 0.55, 0.7, 0.85, 1.0) for dark in (0.35, 0.5)]
    told = [read(stained(*one), MARKS).value for one in made]
    assert sum(value is not None for value in told) <= 3


def place(metres):
    return (0.5, 0.9 - metres / 1.5 * 0.8)


@pytest.mark.parametrize("top", [0.2, 0.25, 0.3])
def test_water_far_above_the_marks_is_not_read_at_some_edge_under_it(top):
    picture = wall(0.9, (1280, 720))
    picture[round(place(0.12)[1] * 720) :] *= 2  # a lit step of the floor shines through
    sight = read(picture, ((place(top), top), (place(0.0), 0.0)))
    assert sight.value == pytest.approx(0.9, abs=0.02)


def test_two_marks_are_a_straight_scale_that_goes_on_beyond_them():
    scale = Scale((((0.5, 0.2), 2.0), ((0.5, 0.7), 1.0)), 100, 101)
    assert scale.level(scale.span_px / 2) == pytest.approx(1.5)
    assert scale.level(scale.span_px * 1.5) == pytest.approx(0.5)


def test_three_marks_on_a_wall_seen_at_an_angle_keep_its_perspective():
    def seen(m):  # any perspective of a line is of this form
        return 0.2 + 0.6 * (1.2 * (1 - m) / (1 + 0.2 * (1 - m)))

    marks = tuple(((0.5, seen(m)), m) for m in (1.0, 0.5, 0.0))
    scale = Scale(marks, 1000, 1000)
    for m in (0.9, 0.25, -0.1):
        along = (seen(m) - seen(1.0)) * 1000
        assert scale.level(along) == pytest.approx(m, abs=1e-6)


def test_marks_on_a_bent_wall_are_joined_by_straight_pieces():
    marks = (((0.5, 0.1), 4.0), ((0.5, 0.2), 3.0), ((0.5, 0.8), 2.0), ((0.5, 0.9), 0.0))
    scale = Scale(marks, 100, 100)
    assert scale.form is None
    assert scale.level(40) == pytest.approx(2.5)


def told(values, step_s=1.0, level=None, start=0.0, still=False):
    """Give readings to a memory; return what it believes."""
    level = level or Level()
    sights = [BLIND if v is None else Sight(v, 0.9) for v in values]
    return [level.take(s, start + i * step_s, still=still).value for i, s in enumerate(sights)]


def test_the_first_reading_alone_is_not_believed():
    assert told([0.7]) == [None]
    assert told([0.7, 0.38, 0.39, 0.39]) == [None, None, None, pytest.approx(0.39)]
    assert told([0.5, None, 0.5, 0.5]) == [None, None, None, 0.5]


def test_after_minutes_without_a_reading_the_first_one_is_not_believed_alone_either():
    values = [0.5] * 5 + [None] * 301 + [0.9, 0.5, 0.5, 0.5]
    assert told(values)[-4:] == [None, None, None, 0.5]


def test_a_single_jump_is_not_believed_and_nothing_is_told_in_its_place():
    assert told([1.0, 1.0, 1.0, 1.4, 1.0])[2:] == [1.0, None, 1.0]


def test_a_line_that_stands_elsewhere_all_at_once_is_believed_after_ten_seconds():
    found = told([1.0, 1.0, 1.0, *[1.4, 1.4, 1.41] * 4])
    assert found[2:13] == [1.0, *[None] * 10]
    assert found[13:] == [pytest.approx(1.4, abs=0.02)] * 2


def test_three_wrong_lines_that_agree_for_some_seconds_confirm_nothing():
    assert told([1.0, 1.0, 1.0, *[1.4] * 6, 1.0])[3:] == [*[None] * 6, 1.0]


def test_a_still_that_nothing_confirms_must_be_sure():
    level = Level()
    assert level.take(Sight(0.7, 0.4), 0.0, still=True).value is None
    assert level.take(Sight(0.7, 0.6), 900.0, still=True).value == 0.7


def clear(level, depth=0.05):
    """Draw clear water: the wall goes on below and fades with the depth, in metres."""
    high, wide = 360, 640
    rng = np.random.default_rng(0)
    picture = 130 + 8 * cv2.resize(rng.normal(0, 1, (30, 50)), (wide, high))
    line = (0.9 - level / 1.5 * 0.8) * high
    below = np.maximum(np.arange(high) - line, 0)[:, None] / 0.8 / high * 1.5
    light = np.exp(-below / depth)
    picture = picture * light + 45 * (1 - light) + rng.normal(0, 1.5, (high, wide))
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 0.7), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("level", [0.4, 0.7, 1.0])
def test_in_clear_water_the_level_is_where_the_light_begins_to_fade(level):
    assert read(clear(level), MARKS).value == pytest.approx(level, abs=0.025)


def test_a_jump_between_stills_is_believed_when_three_confirm_it():
    found = told([1.0, 1.4, 1.4, 1.4], still=True)
    assert found == [1.0, None, None, 1.4]


def test_water_that_rises_fast_and_steadily_is_followed():
    values = [0.5 + 0.04 * i for i in range(20)]
    found = told(values)
    assert None not in found[5:]
    assert found[-1] == pytest.approx(values[-1], abs=0.01)


def test_a_fast_fall_between_stills_a_quarter_of_an_hour_apart_is_no_jump():
    values = [2.0, 1.2, 0.3, 1.9]
    assert told(values, step_s=900, still=True) == values


def test_noise_is_smoothed_by_the_median():
    rng = np.random.default_rng(3)
    values = 1 + rng.normal(0, 0.003, 60)
    assert np.std(told(list(values))[5:]) < 0.7 * np.std(values)


def test_the_last_value_never_stands_for_the_present_one():
    assert told([1.0, 1.0, 1.0, None, None])[2:] == [1.0, None, None]


def test_a_clock_that_is_set_back_begins_anew():
    level = Level()
    told([1.0, 1.0, 1.0], level=level, start=1000)
    assert told([0.2, 0.2, 0.2], level=level, start=10) == [None, None, 0.2]


def test_the_memory_survives_being_written_down():
    level = Level()
    told([1.0, 1.01, 1.4, None], level=level)
    assert Level.load(json.loads(json.dumps(level.dump()))) == level


# ---- in the engine --------------------------------------------------------------------------

SCENE = parse_scene(
    {
        "version": 1,
        "gauges": [{"id": "sump", "points": [{"xy": list(xy), "m": m} for xy, m in MARKS]}],
    }
)


def alive(picture, i, down_px=0):
    """One picture's next frame: a sensor's noise is never the same twice."""
    noise = np.random.default_rng(i).normal(0, 2, picture.shape)
    return np.clip(np.roll(picture, down_px, 0) + noise, 0, 255).astype(np.uint8)


def run(pictures, fps=5.0, names=False, state=None):
    """Analyse pictures of luma; return (time, value) of the gauge's readings and the analysis."""
    frames = [
        Frame(i / fps, i, np.repeat(p[..., None], 3, 2), f"{i}.png" if names else None)
        for i, p in enumerate(pictures)
    ]
    chunk = Chunk(0 if state is None else state.sequence + 1, 0.0, len(frames) / fps, frames)
    analysis = analyse(SCENE, state, chunk, detector=Script(lambda i: []), fps=fps)
    return [(r.t, r.value) for r in analysis.readings if r.name == "sump.level_m"], analysis


def test_a_still_level_is_written_once_in_ten_seconds_of_video():
    found, _ = run([alive(wall(0.7), i) for i in range(60)])
    assert [t for t, _ in found] == [1.2, 11.2]  # the first waits for two more
    assert found[0][1] == pytest.approx(0.7, abs=0.02)


def test_a_falling_level_is_written_as_it_falls():
    found, _ = run([wall(0.8 - 0.02 * (i // 5)) for i in range(60)])
    assert len(found) >= 8  # those of the first second wait for one another
    assert found[-1][1] == pytest.approx(0.58, abs=0.03)


def test_a_gauge_that_cannot_be_read_is_told_within_seconds_and_as_a_fault_after_ten_minutes():
    found, _ = run([wall(0.7)] * 15 + [np.zeros((360, 640), np.uint8)] * 30)
    assert found[-1][1] is None
    assert found[-1][0] == pytest.approx(6, abs=1.1)
    dark = [wall(0.7)] + [np.zeros((360, 640), np.uint8)] * 42
    _, analysis = run(dark, fps=1 / 15)
    faults = [f for f in analysis.findings if f.level == "gauge_unreadable"]
    assert [(f.state, f.values["about"]) for f in faults] == [("raised", "sump")]
    assert 600 <= faults[0].t <= 630


def test_a_frozen_pictures_level_is_no_present_level():
    living = [alive(wall(0.7), i) for i in range(150)]
    found, analysis = run(living + living[-1:] * 100)
    stopped_s = next(t for t, value in found if value is None)
    assert 30 + 7 <= stopped_s <= 30 + 12
    assert all(value is None for t, value in found if t >= stopped_s)
    # Nothing was read since the picture stood still, not since that was noticed.
    assert analysis.state.gauges["sump"].pace.blind_t == pytest.approx(30, abs=1.1)


def test_a_camera_that_was_turned_reads_no_level():
    living = [alive(wall(0.7), i) for i in range(150)]
    found, analysis = run(living + [alive(wall(0.7), i, 60) for i in range(100)])
    assert [fault.fault for fault in analysis.state.health.faults.values()][:1] == ["moved"]
    assert {value for t, value in found if t > 34} == {None}


@pytest.mark.parametrize("down_px", [6, -10, 18])
def test_a_camera_that_was_knocked_by_some_pixels_takes_the_marks_along(down_px):
    living = [alive(wall(0.7), i) for i in range(75)]
    knocked = [alive(wall(0.7), i, down_px) for i in range(75, 175)]
    found, analysis = run(living + knocked)
    assert not [f for f in analysis.findings if f.level == "moved"]
    after = [value for t, value in found if t > 17]
    assert after
    for value in after:
        assert value == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize("down_px", [-10, 18])
def test_where_the_surroundings_are_hidden_the_marks_go_along_with_the_whole_view(down_px):
    level, way = Level(), Way(0.0, down_px / 360)
    for i in range(8):
        level.look(alive(wall(0.7), i), MARKS, [], float(i), way=Way())
    for i in range(8, 16):
        picture = alive(wall(0.7), i, down_px)
        picture[:, :300] = picture[:, 340:] = 120  # sheets hang on both sides of the staff
        marks = level._followed(picture, MARKS, float(i), way)
    found = [point for point, _ in marks]
    wanted = [(x, y + down_px / 360) for (x, y), _ in MARKS]
    assert np.allclose(found, wanted, atol=1 / 360)


def test_of_a_view_that_was_turned_each_mark_goes_its_own_way():
    level, way = Level(), Way(0.004, 0.01, 0.0, -0.03, 0.1, 0.0)
    for i in range(8):
        level.look(alive(wall(0.7), i), MARKS, [], float(i))
    picture = alive(wall(0.7), 8)
    picture[:, :300] = picture[:, 340:] = 120
    found = [point for point, _ in level._followed(picture, MARKS, 8.0, way)]
    wanted = [(x + 0.004 - 0.03 * (y - 0.5), y + 0.01 + 0.1 * (x - 0.5)) for (x, y), _ in MARKS]
    assert np.allclose(found, wanted, atol=1e-6) and abs(found[0][0] - found[1][0]) > 0.02


def test_surroundings_that_were_kept_before_views_were_turned_are_still_known():
    level = Level()
    for i in range(8):
        level.look(alive(wall(0.7), i), MARKS, [], float(i), way=Way(0.0, 0.02))
    kept = level.dump()
    kept["anchor"][-1] = [0.0, 0.02]
    assert Level.load(kept).anchor.lain == Way(0.0, 0.02)


@pytest.mark.parametrize("first, last", [(1.2, 0.6), (0.5, 1.2), (1.35, 1.0)])
def test_what_the_water_mirrors_is_no_knock_of_the_camera(first, last):
    level = Level()
    for i in range(60):
        now = first + (last - first) * i / 60
        sight = level.look(alive(wall(now), i), MARKS, [], float(i))
        if sight.value is not None:
            assert sight.value == pytest.approx(now, abs=0.015)


def test_marks_that_are_drawn_anew_are_where_they_were_drawn():
    level = Level()
    for i in range(8):
        level.look(alive(wall(0.7), i), MARKS, [], float(i))
    drawn = tuple(((x, y + 18 / 360), metres) for (x, y), metres in MARKS)
    for i in range(8, 16):
        sight = level.look(alive(wall(0.7), i, 18), drawn, [], float(i))
    assert sight.value == pytest.approx(0.7, abs=0.02)


def test_a_view_that_a_person_says_is_right_needs_no_following():
    _, analysis = run([alive(wall(0.7), i) for i in range(60)])
    assert analysis.state.gauges["sump"].anchor.found
    frame = Frame(12.0, 0, np.repeat(alive(wall(0.7), 99)[..., None], 3, 2))
    chunk = Chunk(analysis.state.sequence + 1, 12.0, 0.2, [frame], accept_view=True)
    again = analyse(SCENE, analysis.state, chunk, detector=Script(lambda i: []), fps=5.0)
    assert again.state.gauges["sump"].anchor.found == 0


def test_what_lies_around_a_gauge_survives_being_written_down():
    level = Level()
    for i in range(8):
        level.look(alive(wall(0.7), i), MARKS, [], float(i))
    again = Level.load(json.loads(json.dumps(level.dump())))
    assert again == level
    assert again.anchor.picture is not None
    assert (again.anchor.picture == level.anchor.picture).all()


def test_a_gauge_that_is_too_small_in_the_picture_says_so():
    small = [wall(0.7, (96, 54))] * 50
    found, analysis = run(small, fps=1 / 15)
    assert {value for _, value in found} == {None}
    (fault,) = [f for f in analysis.findings if f.level == "gauge_unreadable"]
    assert fault.why == "43 pixels between the gauge's marks are too few: 56 are needed"


def test_what_fog_leaves_of_a_gauge_is_not_guessed_at():
    clear = wall(0.7).astype(float)
    assert read((clear * 0.5 + 90).astype(np.uint8), MARKS).value == pytest.approx(0.7, abs=0.02)
    foggy = clear * 0.05 + 170 + np.random.default_rng(3).normal(0, 1.5, clear.shape)
    assert read(foggy.astype(np.uint8), MARKS) == BLIND


def test_each_still_gets_a_reading_whatever_their_distance():
    pictures = [wall(0.9), wall(0.3), np.zeros((360, 640), np.uint8), wall(0.5)]
    for fps in (1 / 900, 1.0):
        found, _ = run(pictures, fps=fps, names=True)
        assert len(found) == 4
    found, _ = run(pictures, fps=1 / 900, names=True)
    assert [value is None for _, value in found] == [False, False, True, False]
    assert found[1][1] == pytest.approx(0.3, abs=0.02)


def test_the_engines_state_keeps_the_gauge():
    _, analysis = run([wall(0.7)] * 10)
    again = State.load(analysis.state.dump())
    assert again.gauges == analysis.state.gauges
    assert again.note == ""
