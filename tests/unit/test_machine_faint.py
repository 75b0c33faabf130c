"""A drum with a single mark in dust or in less light: that the mark is not seen is no standing."""

import json
from dataclasses import replace

import numpy as np
import pytest
from machine_kit import Camera, Drum, Part, film, states, watch

from workers.vision.machine import VideoReader

DRUM = Drum(design="mark")


@pytest.mark.parametrize("level", [60, 130])
@pytest.mark.parametrize("thick", [0.6, 0.8, 0.96])
def test_in_dust_it_is_not_called_stopped_while_it_turns(thick, level):
    rng, seen = np.random.default_rng(1), []
    for shot in film(DRUM, [Part(5), Part(9, True), Part(26, True)], Camera(noise=0)):
        dust = thick if shot.part == 2 else 0.0
        picture = shot.bgr * (1 - dust) + dust * level
        picture = picture + 3 * rng.standard_normal((*picture.shape[:2], 1))
        seen.append(replace(shot, bgr=np.clip(picture, 0, 255).astype(np.uint8)))
    told = watch(DRUM, seen)
    assert states(told, 7, 14) == {"RUNNING"}
    assert "STOPPED" not in states(told, 14)


@pytest.mark.parametrize("light", [0.4, 0.3, 0.25])
def test_in_less_light_it_is_unknown_and_told_as_before_when_the_light_is_back(light):
    story = [Part(5), Part(9, True), Part(20, True, light=light), Part(6, True), Part(8)]
    told = watch(DRUM, film(DRUM, story, Camera(noise=5)))
    assert "STOPPED" not in states(told, 14, 34)
    assert states(told, 36, 40) == {"RUNNING"}
    assert states(told, 44.2) == {"STOPPED"}


def test_a_headlight_that_passes_while_it_turns_makes_its_standing_no_doubt():
    story = [Part(5), Part(9, True), Part(4, True, light=2.0), Part(9, True), Part(8)]
    told = watch(DRUM, film(DRUM, story))
    assert states(told, 31.2) == {"STOPPED"}


def test_a_drum_with_spokes_stands_in_less_light_too():
    told = watch(Drum(), film(Drum(), [Part(5), Part(9, True), Part(12, light=0.25)]))
    assert states(told, 18.2) == {"STOPPED"}


def test_how_much_it_showed_survives_being_written_down():
    reader = VideoReader()
    watch(DRUM, film(DRUM, [Part(5), Part(9, True)]), reader)
    again = VideoReader.load(json.loads(json.dumps(reader.dump())))
    assert again.motion.sharpness == reader.motion.sharpness > 0


def test_dust_that_comes_over_minutes_makes_it_unknown_not_stopped_until_it_is_gone():
    # It takes along what is learnt of the drum, as the light of an evening does.
    story = [Part(5), Part(15, True), Part(300, True), Part(40, True), Part(10), Part(10)]
    seen = []
    for shot in film(DRUM, story, Camera(noise=0)):
        gone = (shot.t - 20) / 300 if shot.part == 2 else float(shot.part in (3, 4))
        picture = 0.7 * gone * 90 + (1 - 0.7 * gone) * shot.bgr
        noise = 3 * np.random.default_rng(round(5 * shot.t)).standard_normal((180, 320, 1))
        seen.append(replace(shot, bgr=np.clip(picture + noise, 0, 255).astype(np.uint8)))
    told = watch(DRUM, seen)
    assert states(told, 7, 150) == {"RUNNING"}
    assert "STOPPED" not in states(told, 7, 370)
    assert states(told, 374.2) == {"STOPPED"}


def test_a_drum_that_creeps_in_less_light_is_not_called_stopped():
    creeping = Drum(0.15, design="mark")
    told = watch(creeping, film(creeping, [Part(5), Part(40, True)], Camera(light=0.6)))
    assert "STOPPED" not in states(told, 8)


def test_a_beam_that_falls_on_it_in_thick_dust_is_not_learnt_as_its_movement():
    x, y = np.meshgrid(np.arange(320), np.arange(180))
    beam = (40 * np.exp(-(((x - 150) / 40) ** 2) - ((y - 70) / 40) ** 2))[..., None]
    seen = []
    for shot in film(DRUM, [Part(5), Part(15, True), Part(100, True), Part(40, True)]):
        gone = 0.72 * max(0.0, min(1.0, (shot.t - 20) / 100))
        picture = gone * 90 + (1 - gone) * shot.bgr + (beam if shot.t >= 130 else 0)
        seen.append(replace(shot, bgr=np.clip(picture, 0, 255).astype(np.uint8)))
    told = watch(DRUM, seen)
    assert "STOPPED" not in states(told, 8)
    assert "UNKNOWN" in states(told, 128, 130) & states(told, 135)
