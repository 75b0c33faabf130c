"""An indicator lamp while its camera goes over to infrared light, and back: no colours."""

import json

import numpy as np
import pytest
from machine_kit import Lamp, Shot, states, watch

from workers.vision.indicator import Indicator

LUMA = np.array([0.114, 0.587, 0.299], np.float32)
FPS = 5


def film(lamp, *parts, light=1.3, exposed=1.0, pale=0):
    """Return the shots of parts (seconds, lit, night), each with its number.

    light: what the camera's own lamp makes of the panel by night (by day 0.85); exposed: the part
    of the lamp's own light that is left then; pale: grey levels by which the panel is paler.
    """
    rng, shots, t = np.random.default_rng(1), [], 0.0
    dark, bright = lamp.draw(0, False), lamp.draw(0, True)
    own = np.clip(bright - dark, 0, None)
    dark[50:120, 120:210] += pale * (dark[50:120, 120:210] > 80)
    for number, (seconds, lit, night) in enumerate(parts):
        picture = dark * (light if night else 0.85)
        picture += own * (exposed if night else 1.0) if lit else 0
        if night:
            picture = np.repeat((picture @ LUMA)[..., None], 3, axis=2)
        for _ in range(round(seconds * FPS)):
            noise = 3 * rng.standard_normal((*picture.shape[:2], 1))
            shown = np.clip(picture + noise, 0, 255).astype(np.uint8)
            shots.append(Shot(t, shown, lit, [], number))
            t += 1 / FPS
    return shots


@pytest.mark.parametrize(
    ("color", "light", "exposed", "pale"),
    [
        ((60, 220, 60), 1.2, 0.6, 0),
        ((40, 40, 200), 1.3, 1.0, 0),
        ((40, 40, 200), 0.85, 1.0, 0),
        ((40, 40, 200), 1.2, 0.6, 40),
        ((60, 150, 60), 1.2, 0.6, 0),
    ],
)
def test_a_lit_lamp_is_not_called_stopped_in_the_infrared_light(color, light, exposed, pale):
    lamp = Lamp(color)
    story = [(5, False, False), (8, True, False), (5, False, False), (8, True, False)]
    seen = watch(
        lamp, film(lamp, *story, (14, True, True), light=light, exposed=exposed, pale=pale)
    )
    assert states(seen, 6.5, 13) == states(seen, 19.5, 26) == {"RUNNING"}
    assert "STOPPED" not in states(seen, 19.5)


def test_an_unlit_lamp_is_not_called_running_when_the_colours_come_back():
    lamp = Lamp()
    story = [(5, False, False), (9, True, False), (6, False, False), (18, False, True),
             (12, False, False), (9, True, False), (6, False, False)]  # fmt: skip
    seen = watch(lamp, film(lamp, *story))
    assert states(seen, 18, 20) == {"STOPPED"}
    assert states(seen, 38, 50) <= {"STOPPED", "UNKNOWN"}
    assert states(seen, 51.5, 59) == {"RUNNING"}
    assert states(seen, 63.2) == {"STOPPED"}


def test_a_lamp_that_was_first_watched_by_night_is_not_called_running_in_the_morning():
    lamp = Lamp()
    story = [(12, False, True), (12, False, False), (9, True, False), (6, False, False)]
    seen = watch(lamp, film(lamp, *story))
    assert states(seen, 3.2, 24) <= {"STOPPED", "UNKNOWN"}
    assert states(seen, 25.5, 33) == {"RUNNING"}
    assert states(seen, 37.2) == {"STOPPED"}


def test_what_was_kept_before_the_glass_had_a_colour_of_its_own_is_read_as_it_was():
    old = Indicator(lit=200.0, unlit=60.0).dump()
    del old["tint"]
    again = Indicator.load(json.loads(json.dumps(old)))
    assert (again.lit, again.unlit, again.tint) == (200.0, 60.0, 0.0)
