"""A camera writes the date and its name over its picture, and is judged by what it shows."""

from datetime import datetime, timedelta

import cv2
import numpy as np
import pytest
from engine_kit import Script, document, roadway
from test_health import watch

from workers.engine import Chunk, analyse
from workers.media.decode import Frame
from workers.scene import parse_scene
from workers.simulate.faults import spoil
from workers.state import State
from workers.vision.gate import Gate
from workers.vision.gauge import BLIND, read
from workers.vision.writing import around, filled, writing

BEGIN_S = 20.0
SMALL = (71, 126)
SIZES = [7, 12]  # of 180 lines: 14 and 24 of 360


def lettered(picture, text, at, high):
    """Write over a picture as cameras do: white with a black rim."""
    picture = picture.copy()
    for colour, thick in (((0, 0, 0), 0.18), ((240, 240, 240), 0.07)):
        size, wide = high / 22, max(1, round(thick * high))
        cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, wide, cv2.LINE_AA)
    return picture


def written(picture, t, high):
    """Write the time and a name over a picture."""
    now = datetime(2026, 11, 29, 15, 4, 5) + timedelta(seconds=int(t))
    picture = lettered(picture, f"{now:%m-%d-%Y %a %H:%M:%S}", (8, 8 + high), high)
    return lettered(picture, "Camera 01 Winch", (190, 174), high)


def named(frames, high):
    return [(t, written(picture, t, high) if high else picture) for t, picture in frames]


def covered(seconds):
    """A cloth before the lens: an even grey, and the sensor's noise."""
    random, x = np.random.default_rng(2), np.linspace(0, 25, 320)
    for t in np.arange(0, seconds, 0.5):
        grey = 75 + x[None, :, None] + 2.5 * random.standard_normal((180, 320, 1))
        yield t, np.repeat(grey, 3, axis=2).astype(np.uint8)


def blurred(frames, by_px):
    for t, picture in frames:
        soft = cv2.GaussianBlur(picture, (0, 0), by_px)
        noise = np.random.default_rng(int(2 * t)).standard_normal(picture.shape[:2])
        yield t, np.clip(soft + 1.5 * noise[..., None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("high", SIZES)
@pytest.mark.parametrize("quality", [95, 25])
def test_what_is_written_over_a_picture_is_found_and_little_else(high, quality):
    for seed in range(6):
        _, clean = next(roadway(1, seed=seed))
        picture = written(clean, 0, high)
        changed = np.abs(picture.astype(int) - clean).max(axis=2) > 25
        share = cv2.resize(changed.astype(np.float32), SMALL[::-1], interpolation=cv2.INTER_AREA)
        kept = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        found = writing(cv2.imdecode(kept, cv2.IMREAD_GRAYSCALE), SMALL)
        assert found is not None
        assert around(found)[share > 0.15].mean() > 0.97
        assert found.mean() < 0.2
        alone = writing(cv2.cvtColor(clean, cv2.COLOR_BGR2GRAY), SMALL)
        assert alone is None or alone.mean() < 0.03


def test_a_picture_of_few_pixels_has_no_writing():
    assert writing(np.full((1, 4000), 90, np.uint8), (1, 126)) is None
    assert writing(np.full((20, 20), 90, np.uint8), (20, 20)) is None


@pytest.mark.parametrize("high", [0, *SIZES])
def test_a_camera_that_was_covered_from_the_start_says_so_whatever_it_writes(high):
    told = watch(named(covered(12), high))
    assert [(one.fault, one.state) for one in told] == [("blocked", "raised")]
    assert told[0].t <= 6


@pytest.mark.parametrize("high", SIZES)
@pytest.mark.parametrize("other", [2, 3, 5])
def test_another_place_is_told_though_the_same_is_written_over_it(high, other):
    later = [(t + BEGIN_S, picture) for t, picture in roadway(14, seed=other)]
    told = watch(named([*roadway(BEGIN_S), *later], high), reload=True)
    assert [(one.fault, one.state) for one in told] == [("moved", "raised")]
    assert told[0].t - BEGIN_S <= 11.5


@pytest.mark.parametrize("high", SIZES)
def test_what_takes_the_contrast_is_told_though_the_writing_keeps_its_own(high):
    end_s = BEGIN_S + 122
    told = watch(named(spoil(roadway(end_s), "hazy", BEGIN_S, end_s, seed=3), high))
    assert [(one.fault, one.state) for one in told] == [("hazy", "raised")]


@pytest.mark.parametrize("high", [0, *SIZES])
def test_a_lens_that_was_never_in_focus_is_told(high):
    told = watch(named(blurred(roadway(62), 5), high))
    assert [(one.fault, one.state) for one in told] == [("blurred", "raised")]


@pytest.mark.parametrize("seed", range(6))
def test_a_lens_in_focus_is_not_told(seed):
    assert watch(named(roadway(62, seed=seed), 12)) == []


def looks(frames, people=()):
    """Return when the detector looks at each second's frames, the state packed in between."""
    raw = document()
    raw["machines"], raw["rules"] = [], [{**raw["rules"][0], "machine": None}]
    raw["rules"][0]["type"] = "restricted_entry"
    where, state, looked = parse_scene(raw), None, []
    frames = list(frames)
    for number, at in enumerate(range(0, len(frames), 5)):
        shots = [Frame(t, i, picture) for i, (t, picture) in enumerate(frames[at : at + 5])]
        chunk = Chunk(number, shots[0].t, 1.0, shots)
        done = analyse(where, state, chunk, detector=Script(lambda number: []))
        state = State.load(done.state.dump())
        looked += [shots[0].t] * done.detector_frames
    return looked


@pytest.mark.parametrize("high", SIZES)
def test_a_clock_that_runs_in_the_picture_brings_no_more_looks(high):
    clean = list(roadway(70, fps=5))
    without, ticking = looks(clean), looks(named(clean, high))
    late = [t for t in ticking if t >= 25]
    assert len(late) <= 1.3 * len([t for t in without if t >= 25]) + 2


@pytest.mark.parametrize("high", SIZES)
def test_who_walks_beside_a_running_clock_is_looked_for_at_once(high):
    frames = list(roadway(50, fps=5))
    for number, (t, picture) in enumerate(frames):
        if t >= 40:
            left = 60 + 3 * (number - 200)
            picture[70:140, left : left + 20] += 45
    late = [t for t in looks(named(frames, high)) if t >= 40]
    assert late[:3] == [40.0, 40.0, 40.0]


@pytest.mark.parametrize("before_s", [(), (20,), (20, 24, 28, 32, 36, 40)])
def test_movement_in_what_looks_like_writing_is_looked_at_at_once(before_s):
    """Fences and signs may look so, and people walk there, one after another, and are followed."""
    random, gate, opened = np.random.default_rng(5), Gate(), []
    wall = cv2.GaussianBlur(random.uniform(40, 160, SMALL).astype(np.float32), (0, 0), 2)
    fence = np.zeros(SMALL, bool)
    fence[50:] = True
    for number in range(53 * 5):
        t, people = number / 5, []
        small = wall + random.standard_normal(SMALL)
        for begin_s in (*before_s, 50):
            if begin_s <= t < begin_s + 3:
                left = 20 + (number - 5 * begin_s)
                small[58:66, left : left + 4] += 20
                people = [(left / 126 - 0.05, 0.75, left / 126 + 0.1, 1.0)] if t < 50 else []
        picture = np.clip(small, 0, 255).astype(np.uint8)
        if gate.moved(picture, t, None, people, fence):
            opened.append(t)
    assert any(50 <= t <= 50.6 for t in opened)


@pytest.mark.parametrize("high", [14, 24])
@pytest.mark.parametrize("line", [0.75, 0.85])
def test_letters_before_a_gauge_are_no_water_line(high, line):
    marks = (((0.5, 0.62), 1.0), ((0.5, 0.95), 0.0))
    read_at = []
    for level in (0.15, 0.5, 0.85):
        wall = np.random.default_rng(3).uniform(90, 200, (360, 640)).astype(np.float32)
        picture = cv2.GaussianBlur(wall, (0, 0), 2)
        surface = round(360 * (0.95 - 0.33 * level))
        still = np.flipud(picture[2 * surface - 360 : surface])
        picture[surface:] = 0.35 * cv2.GaussianBlur(still, (0, 0), 3) + 22
        picture = picture.astype(np.uint8)
        shown = lettered(picture, "Camera 01 Sump", (230, int(360 * line)), high)
        clean, text = read(picture, marks), read(shown, marks, writing(shown, SMALL))
        assert clean.value == pytest.approx(level, abs=0.03)
        if text.value is not None:
            assert text.value == pytest.approx(level, abs=0.05)
            read_at.append(level)
    assert len(read_at) >= 1


def test_a_gauge_that_is_mostly_written_over_is_not_read():
    picture = np.random.default_rng(3).integers(90, 200, (360, 640), np.uint8)
    over = np.zeros(SMALL, bool)
    over[45:62] = True
    assert read(picture, (((0.5, 0.62), 1.0), ((0.5, 0.95), 0.0)), over) == BLIND


def test_what_is_filled_shows_neither_letters_nor_an_edge():
    picture = np.full((180, 320), 90, np.uint8)
    picture[140:] = 60
    shown = lettered(np.repeat(picture[..., None], 3, axis=2), "Camera 01 Winch", (150, 150), 12)
    shown = cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY)
    made, over = filled(shown, writing(shown, SMALL))
    assert over.any() and (made[~over] == shown[~over]).all()
    assert made.max() <= 100
    assert int(np.abs(np.diff(made.astype(int), axis=0)).max()) <= 30
