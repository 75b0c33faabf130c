"""An indicator lamp that a cap lamp or a headlight plays on: light on all of it lights no lamp."""

import json

import numpy as np
import pytest
from beam_kit import NOISE, spot
from machine_kit import Lamp, Shot, first, states, watch

from workers.vision.glass import Glass
from workers.vision.machine import VideoReader

FPS, BEGIN, END = 5, 11.0, 21.0


ROADWAY = 0.7 * (0.35 + 0.8 * spot(60, 20, 110) + 0.8 * spot(270, 30, 110))


def walker(t):
    """Return the light of a cap lamp that is carried past."""
    way = (t - BEGIN) / (END - BEGIN)
    return 1.4 * spot(-40 + 400 * way + 20 * np.sin(2.5 * t), 80 + 15 * np.sin(2 * t), 35)


def reader_of_the_panel(t):
    """Return the light of somebody who stands before the panel and looks at it."""
    rises = min(1.0, t - BEGIN, END - t)
    return 1.3 * rises * spot(161 + 15 * np.sin(1.3 * t), 77 + 9 * np.sin(t), 45)


def headlight(t):
    """Return the light of a headlight that comes nearer."""
    way = (t - BEGIN) / (END - BEGIN)
    return (0.3 + 1.5 * way) * spot(240 - 80 * way, 50 + 30 * way, 30 + 70 * way)


LIGHTS = [walker, reader_of_the_panel, headlight]


def lit(lamp, light, *parts):
    """Return the shots of a lamp that is lit, or not, through parts (seconds, lit) in a light."""
    dark, shots, t = lamp.draw(0, False), [], 0.0
    own = np.clip(lamp.draw(0, True) - dark, 0, None)
    for number, (seconds, on) in enumerate(parts):
        for _ in range(round(seconds * FPS)):
            shone = ROADWAY + light(t) if BEGIN <= t < END else ROADWAY
            picture = dark * shone + on * own + 3 * NOISE[len(shots) % len(NOISE)]
            shots.append(Shot(t, np.clip(picture, 0, 255).astype(np.uint8), on, [], number))
            t = round(t + 1 / FPS, 3)
    return shots


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("before", [[(11, False)], [(3, False), (4, True), (4, False)]])
@pytest.mark.parametrize("color", [(60, 220, 60), (30, 160, 230)], ids=["green", "amber"])
def test_an_unlit_lamp_does_not_run_in_a_beam_and_is_unlit_after_it(color, before, light):
    lamp = Lamp(color)
    seen = watch(lamp, lit(lamp, light, *before, (18, False)))
    assert states(seen, BEGIN + 0.4) <= {"STOPPED", "UNKNOWN"}
    assert seen[-1][2] == "STOPPED"


@pytest.mark.parametrize("light", LIGHTS)
def test_a_lamp_that_is_lit_in_a_beam_is_told_in_time_and_never_stopped(light):
    lamp = Lamp()
    for starts in (BEGIN - 4, BEGIN + 2, BEGIN + 6):
        seen = watch(lamp, lit(lamp, light, (starts, False), (END + 4 - starts, True), (6, False)))
        assert "RUNNING" not in states(seen, 0, starts)
        assert first(seen, "RUNNING", starts) - starts <= 1.5
        # Where the headlight burns it out nobody can tell.
        assert states(seen, starts + 1.5, END + 4) <= {"RUNNING", "UNKNOWN"}
        assert states(seen, starts + 1.5, END - 2) == states(seen, END + 1, END + 4) == {"RUNNING"}
        assert seen[-1][2] == "STOPPED"


@pytest.mark.parametrize("light", LIGHTS)
def test_a_lamp_that_begins_to_blink_in_a_beam_is_told_though_its_dark_halves_cannot_be(light):
    lamp, starts = Lamp(), BEGIN + 5
    blinks = [(0.6, True), (0.6, False)] * 8
    seen = watch(lamp, lit(lamp, light, (starts, False), *blinks))
    assert first(seen, "RUNNING", starts) - starts <= 1.5
    assert states(seen, starts + 1.5, END - 2) == {"RUNNING"}


def test_a_lamp_that_goes_out_in_a_beam_does_not_run_on():
    lamp = Lamp()
    seen = watch(lamp, lit(lamp, headlight, (3, False), (12, True), (14, False)))
    assert states(seen, 5, 15) == {"RUNNING"}
    assert states(seen, 15 + 4.2) <= {"STOPPED", "UNKNOWN"}


def test_how_the_glass_looks_unlit_is_stored_with_a_machine_s_memory():
    lamp, reader = Lamp(), VideoReader()
    watch(lamp, lit(lamp, walker, (5, False)), reader)
    again = VideoReader.load(json.loads(json.dumps(reader.dump()))).indicator.glass
    assert np.array_equal(again.unlit, reader.indicator.glass.unlit)
    assert again.chroma == reader.indicator.glass.chroma is not None
    assert Glass.load({}) == Glass()
