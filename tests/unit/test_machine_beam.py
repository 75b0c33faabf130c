"""A beam that sweeps over a machine, of a cap lamp or a headlight, does not move it."""

import numpy as np
import pytest
from beam_kit import NOISE, spot
from machine_kit import Belt, Car, Drum, Part, Rope, Shot, first, states, watch

from workers.vision.machine import VideoReader
from workers.vision.motion import BEAM
from workers.vision.movement import rough

FPS, BEGIN, END = 5, 11.0, 18.0


LAMPS = 0.35 + 0.8 * spot(60, 20, 110) + 0.8 * spot(270, 30, 110)


def walker(t):
    """Return the light of a cap lamp that is carried through the picture."""
    if not BEGIN <= t < END:
        return 0.7 * LAMPS
    way = (t - BEGIN) / (END - BEGIN)
    at = -40 + 400 * way + 25 * np.sin(2.5 * t), 90 + 20 * np.sin(2 * t)
    return 0.7 * LAMPS + 1.2 * spot(*at, 35)


def headlight(t):
    """Return the light of a headlight that comes nearer and sways."""
    if not BEGIN <= t < END:
        return 0.7 * LAMPS
    way = (t - BEGIN) / (END - BEGIN)
    at = 240 - 80 * way + 5 * np.sin(2 * t), 70 + 40 * way
    return 0.7 * LAMPS + (0.3 + 1.5 * way) * spot(*at, 30 + 70 * way)


LIGHTS = [walker, headlight]


def lit(machine, parts, light):
    """Return the shots of a machine that goes through parts in a light."""
    shots, place, t = [], 0.0, 0.0
    for number, part in enumerate(parts):
        for _ in range(round(part.seconds * FPS)):
            place += part.on * machine.speed / FPS
            picture = machine.draw(place, part.on) * light(t) + 3 * NOISE[len(shots) % len(NOISE)]
            shots.append(Shot(t, np.clip(picture, 0, 255).astype(np.uint8), part.on, [], number))
            t = round(t + 1 / FPS, 3)
    return shots


@pytest.mark.parametrize("light", LIGHTS)
def test_an_empty_track_does_not_run_in_a_beam(light):
    car, reader = Car(start=-90), VideoReader()
    seen = watch(car, lit(car, [Part(15)], light), reader)
    assert states(seen, 0) == {"UNKNOWN"}
    assert reader.belief.why in (BEAM, "no car is seen to stand in the region")


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("machine", [Car(start=-90), Rope(), Drum()], ids=["car", "rope", "drum"])
def test_what_stands_does_not_run_in_a_beam_and_stands_after_it(machine, light):
    seen = watch(machine, lit(machine, [Part(3), Part(4, True), Part(16)], light))
    assert "RUNNING" in states(seen, 0, 7)
    assert states(seen, BEGIN) <= {"STOPPED", "UNKNOWN"}
    assert seen[-1][2] == "STOPPED"


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize(
    "machine",
    [Rope(), Drum(), Drum(design="wraps"), Belt()],
    ids=["rope", "drum", "wraps", "belt"],
)
def test_what_starts_in_a_beam_is_told_in_time(machine, light):
    starts = BEGIN + 2
    seen = watch(machine, lit(machine, [Part(1), Part(4, True), Part(8), Part(5, True)], light))
    assert "RUNNING" not in states(seen, BEGIN, starts)
    assert first(seen, "RUNNING", starts) - starts <= 1.5


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("speed", [25, 45, 80])
def test_a_car_that_comes_in_a_beam_is_told_in_time(speed, light):
    car, comes = Car(start=-31, speed=speed), BEGIN + 2
    seen = watch(car, lit(car, [Part(comes), Part(4, True)], light))
    assert "RUNNING" not in states(seen, 0, comes)
    assert first(seen, "RUNNING", comes) - comes <= 1.5


def test_a_smooth_change_of_light_is_not_rough_however_dark_and_an_edge_that_moved_is():
    wall = np.random.default_rng(2).uniform(60, 120, (24, 40))
    beam = 1 + 2 * np.exp(-(((np.arange(40) - 18) / 7) ** 2))
    for light in (0.3, 0.7):
        then, now = (wall * light).astype(np.uint8), (wall * light * beam).astype(np.uint8)
        assert rough(now, then)[:, beam > 1.3].mean() < 0.05
        assert rough(np.roll(then, 3, axis=1), then).mean() > 0.9
