"""A light that changes all at once, as when a camera goes over to infrared, moves no machine."""

import numpy as np
import pytest
from machine_kit import SIZE, Belt, Car, Drum, Part, Rope, Shot, first, states, watch

from workers.vision.machine import VideoReader
from workers.vision.motion import Motion
from workers.vision.movement import bands_of
from workers.vision.switch import SETTLE_S, SETTLES, Switch, burnt

WIDE, HIGH = SIZE
Y, X = np.mgrid[0:HIGH, 0:WIDE].astype(np.float32)
NIGHT, DAY = 12.0, 21.0  # when the camera goes over to infrared light, and back
FPS = 5
NOISE = np.random.default_rng(1).standard_normal((7, HIGH, WIDE, 1)).astype(np.float32)


def spot(x, y, wide):
    return np.exp(-(((X - x) / wide) ** 2 + ((Y - y) / wide) ** 2))[..., None]


LAMPS = 0.35 + 0.8 * spot(60, 20, 110) + 0.8 * spot(270, 30, 110)
INFRARED = 0.15 + 1.1 * spot(160, 100, 120)


def settling(t, times):
    """Return the gain of an exposure that was so many times too bright at 0 s."""
    return 1 + (times - 1) * np.exp(-t / 1.5) if t >= 0 else 1.0


def night(t):
    """Return the light of a camera that goes over to infrared and back."""
    if NIGHT <= t < DAY:
        return INFRARED * settling(t - NIGHT, 2.5)
    return LAMPS * settling(t - DAY, 2.2)


def beacon(t):
    """Return the light of a lamp that flashes over everything once a second."""
    return LAMPS * (1.7 if t >= NIGHT and t % 1 < 0.45 else 1.0)


def lit(machine, parts, light):
    """Return the shots of a machine that goes through parts in a light."""
    shots, place, t = [], 0.0, 0.0
    for number, part in enumerate(parts):
        for _ in range(round(part.seconds * FPS)):
            place += part.on * machine.speed / FPS
            picture, noise = machine.draw(place, part.on) * light(t), 3.0
            if light is night and NIGHT <= t < DAY:
                picture, noise = picture.mean(axis=2, keepdims=True).repeat(3, axis=2), 5.0
            picture = picture + noise * NOISE[len(shots) % len(NOISE)]
            shots.append(Shot(t, np.clip(picture, 0, 255).astype(np.uint8), part.on, [], number))
            t = round(t + 1 / FPS, 3)
    return shots


def bands(level):
    return bands_of(np.full((HIGH, WIDE), level, np.uint8))


def test_an_empty_track_stays_unknown_when_the_camera_goes_over_to_infrared_and_back():
    seen = watch(Car(start=-90), lit(Car(start=-90), [Part(27)], night))
    assert states(seen, 0) == {"UNKNOWN"}


@pytest.mark.parametrize(
    ("machine", "before"),
    [
        (Car(start=-90), [Part(3), Part(4, True)]),
        (Rope(), [Part(2), Part(6, True)]),
        (Rope(marks=False), [Part(2), Part(6, True)]),
        (Drum(), [Part(2), Part(6, True)]),
    ],
    ids=["car", "rope", "clean rope", "drum"],
)
def test_what_stands_does_not_run_when_the_camera_goes_over_to_infrared_and_back(machine, before):
    seen = watch(machine, lit(machine, [*before, Part(20)], night))
    assert "RUNNING" in states(seen, 0, 9)
    assert states(seen, NIGHT) <= {"STOPPED", "UNKNOWN"}


@pytest.mark.parametrize(
    "machine", [Rope(), Drum(), Drum(design="wraps"), Belt()], ids=["rope", "drum", "wraps", "belt"]
)
def test_what_runs_is_never_stopped_when_the_camera_goes_over_to_infrared(machine):
    seen = watch(machine, lit(machine, [Part(2), Part(26, True)], night))
    assert states(seen, 5, NIGHT) == {"RUNNING"}
    assert states(seen, NIGHT) <= {"RUNNING", "UNKNOWN"}
    assert states(seen, NIGHT + 5, DAY) == states(seen, DAY + 5) == {"RUNNING"}


@pytest.mark.parametrize("after_s", [1, 2])
@pytest.mark.parametrize(
    "machine", [Rope(), Drum(), Drum(design="wraps"), Belt()], ids=["rope", "drum", "wraps", "belt"]
)
def test_what_starts_soon_after_the_switch_is_told_in_time_and_not_before(machine, after_s):
    starts = NIGHT + after_s
    parts = [Part(2), Part(6, True), Part(starts - 8), Part(4, True)]
    seen = watch(machine, lit(machine, parts, night))
    assert "RUNNING" not in states(seen, NIGHT - 1, starts)
    assert first(seen, "RUNNING", starts) - starts <= 1.5


def test_a_car_that_comes_in_soon_after_the_switch_is_told_to_run():
    car = Car(start=-60)
    seen = watch(car, lit(car, [Part(NIGHT + 1), Part(8, True)], night))
    assert "RUNNING" not in states(seen, 0, NIGHT + 1)
    assert first(seen, "RUNNING", NIGHT + 1) - NIGHT - 1 <= 3.5


def test_beside_a_lamp_that_flashes_over_the_whole_picture_a_standing_drum_stands():
    seen = watch(Drum(), lit(Drum(), [Part(2), Part(6, True), Part(16)], beacon))
    assert states(seen, NIGHT) <= {"STOPPED", "UNKNOWN"}
    assert states(seen, NIGHT + SETTLE_S + 4) == {"STOPPED"}


def test_beside_a_lamp_that_flashes_over_the_whole_picture_a_slow_belt_runs():
    belt = Belt(speed=20)
    seen = watch(belt, lit(belt, [Part(2), Part(20, True)], beacon))
    assert states(seen, NIGHT) <= {"RUNNING", "UNKNOWN"}
    assert states(seen, NIGHT + SETTLE_S + 2) == {"RUNNING"}


def test_why_it_is_unknown_meanwhile_is_said():
    drum, reader = Drum(), VideoReader()
    watch(drum, lit(drum, [Part(2), Part(6, True), Part(NIGHT - 6.6)], night), reader)
    assert (reader.state, reader.belief.why) == ("UNKNOWN", SETTLES)


def test_a_switch_is_known_by_the_whole_picture_at_once():
    switch = Switch()
    assert not switch.see(bands(50), 0.0)
    assert not switch.see(bands(40), 1.0)
    assert not switch.settles(1.0)
    assert switch.see(bands(80), 2.0)
    assert switch.settles(2.0 + SETTLE_S - 0.1)
    assert not switch.settles(2.0 + SETTLE_S)


def test_a_dark_picture_s_noise_is_no_switch():
    switch = Switch()
    assert not any(switch.see(bands(level), 1.0) for level in (0, 1, 2, 4, 2, 1, 0))


def test_a_lamp_that_goes_on_and_off_counts_once_until_it_has_rested():
    switch = Switch()
    for half in range(20):
        switch.see(bands(40 if half % 2 else 80), half / 2)
    assert not switch.settles(9.5)
    assert switch.see(bands(80), 9.5 + SETTLE_S)
    assert switch.settles(9.5 + SETTLE_S)


def test_what_comes_after_a_gap_in_another_light_is_no_switch():
    drum, reader = Drum(), VideoReader()
    watch(drum, lit(drum, [Part(4)], night), reader)
    reader.gap(60.0)
    for shot in lit(drum, [Part(2)], lambda t: 2 * LAMPS):
        reader.read(shot.luma, drum.roi, [], shot.t + 64, drum.look)
    assert not reader.motion.settles


def test_a_switch_is_stored_with_a_machine_s_memory():
    motion = Motion(switch=Switch(4000.0, 3.0, 4.0))
    assert Motion.load(motion.dump()).switch == Switch(4000.0, 3.0, 4.0)
    old = {key: value for key, value in motion.dump().items() if key != "switch"}
    assert Motion.load(old).switch == Switch()


def test_what_is_burnt_in_either_picture_is_left_out_with_what_touches_it():
    patch = np.full((9, 9), 100, np.uint8)
    bright = patch.copy()
    bright[4, 4] = 255
    assert burnt(bright, patch).sum() == burnt(patch, bright).sum() == 9
    assert not burnt(patch, patch).any()
