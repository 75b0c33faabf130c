"""An indicator lamp behind dust, and one whose colour is lost: what is not known is not STOPPED."""

from dataclasses import replace

import numpy as np
import pytest
from machine_kit import Camera, Lamp, Part, film, states, watch

# Off, on, and on where the change comes.
STORY = [Part(4), Part(10, True), Part(16, True)]


def changed(shots, change):
    """Change the pictures from the third part on, and give all of them a sensor's noise."""
    rng = np.random.default_rng(1)
    new = []
    for shot in shots:
        picture = change(shot) if shot.part >= 2 else shot.bgr.astype(np.float32)
        noise = 3 * rng.standard_normal((*picture.shape[:2], 1))
        new.append(replace(shot, bgr=np.clip(picture + noise, 0, 255).astype(np.uint8)))
    return new


def dust(thick, grey):
    """Return what dust of a grey makes of a picture: `thick` of the light is its own."""
    return lambda shot: shot.bgr * (1 - thick) + thick * grey


def grey(shot):
    """Take the colour away, as a camera does that goes over to infrared."""
    luma = shot.bgr @ np.array([0.114, 0.587, 0.299], np.float32)
    return np.repeat(luma[..., None], 3, axis=2)


@pytest.mark.parametrize("blink_s", [0.0, 1.2])
@pytest.mark.parametrize("level", [60, 110, 170])
@pytest.mark.parametrize("thick", [0.6, 0.75, 0.85])
def test_a_lit_lamp_behind_dust_is_not_called_stopped(thick, level, blink_s):
    lamp = Lamp(blink_s=blink_s)
    seen = watch(lamp, changed(film(lamp, STORY, Camera(noise=0)), dust(thick, level)))
    assert states(seen, 6, 14) == {"RUNNING"}
    assert "STOPPED" not in states(seen, 14)


def test_dust_that_comes_within_half_a_minute_makes_no_lit_lamp_stopped():
    lamp = Lamp()
    story = [Part(4), Part(10, True), Part(40, True)]

    def coming(shot):
        return dust(min(0.85, (shot.t - 14) / 30), 80)(shot)

    seen = watch(lamp, changed(film(lamp, story, Camera(noise=0)), coming))
    assert "STOPPED" not in states(seen, 14)


def test_when_the_dust_has_gone_the_lamp_is_told_as_before():
    lamp = Lamp()
    story = [Part(4), Part(10, True), Part(10, True), Part(8, True), Part(8)]

    def passing(shot):
        return dust(0.75, 110)(shot) if shot.part == 2 else shot.bgr.astype(np.float32)

    seen = watch(lamp, changed(film(lamp, story, Camera(noise=0)), passing))
    assert states(seen, 16, 24) == {"UNKNOWN"}
    assert states(seen, 25.5, 32) == {"RUNNING"}
    assert states(seen, 36.2) == {"STOPPED"}


def test_in_thin_dust_that_stays_an_unlit_lamp_is_known_once_it_was_seen_lit():
    lamp = Lamp()
    story = [Part(4), Part(10, True), Part(10), Part(20, True), Part(8)]
    seen = watch(lamp, changed(film(lamp, story, Camera(noise=0)), dust(0.4, 80)))
    assert states(seen, 26, 44) == {"RUNNING"}
    assert states(seen, 48.2) == {"STOPPED"}


def test_a_blinking_lamp_whose_colour_counts_is_unknown_in_a_grey_picture():
    lamp = Lamp(blink_s=1.2)
    seen = watch(lamp, changed(film(lamp, STORY, Camera(noise=0)), grey), colour="green")
    assert states(seen, 6, 14) == {"RUNNING"}
    assert states(seen, 16) == {"UNKNOWN"}
