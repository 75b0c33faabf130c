"""A haulage's cars seen from a part of the slope: an empty track proves no standing haulage."""

from dataclasses import replace

import cv2
import pytest
from machine_kit import Car, Part, film, first, states, watch

from workers.vision.fusion import MachineState
from workers.vision.machine import VideoReader


def test_a_track_without_a_car_is_unknown_before_and_after_one_passes():
    car = Car(start=-90)
    seen = watch(car, film(car, [Part(6), Part(12, True), Part(8)]))
    assert states(seen, 0, 6.0) == {"UNKNOWN"}
    assert "RUNNING" in states(seen, 8.0, 14.0)
    assert "STOPPED" not in states(seen, 0)
    assert states(seen, 22.0) == {"UNKNOWN"}


@pytest.mark.parametrize("speed", [20, 45, 90])
def test_a_car_that_comes_in_and_stands_is_stopped_within_four_seconds(speed):
    car = Car(speed=speed, start=-90)
    stops = 5 + 180 / speed
    seen = watch(car, film(car, [Part(5), Part(180 / speed, True), Part(7)]))
    assert first(seen, "STOPPED", 5) - stops <= 4.0
    assert "STOPPED" not in states(seen, 5, stops)


@pytest.mark.parametrize("speed", [20, 45, 90])
def test_a_car_that_stood_there_from_the_beginning_and_leaves_is_never_stopped(speed):
    car = Car(speed=speed, start=90)
    seen = watch(car, film(car, [Part(6), Part(200 / speed, True), Part(8)]))
    assert "STOPPED" not in states(seen, 0)
    assert seen[-1][2] == "UNKNOWN"


def test_a_car_that_stood_and_went_on_leaves_an_unknown_haulage():
    car = Car(start=-90)
    seen = watch(car, film(car, [Part(5), Part(4, True), Part(6), Part(6, True), Part(8)]))
    assert "STOPPED" in states(seen, 12.0, 15.0)
    assert states(seen, 23.0) == {"UNKNOWN"}


def test_how_a_car_came_in_is_stored_at_any_moment():
    car, one, two = Car(start=-90), VideoReader(), VideoReader()
    for shot in film(car, [Part(5), Part(4, True), Part(5)]):
        two = VideoReader.load(two.dump())
        watch(car, [shot], one)
        watch(car, [shot], two)
    assert one.state == "STOPPED"
    assert one.dump() == two.dump()


def test_a_controller_that_says_stopped_is_believed_beside_an_empty_track():
    car, machine = Car(start=-90), MachineState()
    watch(car, film(car, [Part(6)]), machine.video)
    machine.add_signal(5.0, "STOPPED")
    assert machine.fuse("both", 6.0, None) == ("STOPPED", "signal", 0.8)
    assert machine.fuse("video", 6.0, None)[0] == "UNKNOWN"


def test_pictures_of_another_size_among_others_are_no_way_of_a_car():
    """The stream changes its shape and back within the pictures that are kept."""
    car, shots = Car(start=-90), []
    for number, shot in enumerate(film(car, [Part(4), Part(8, True)])):
        other = replace(shot, bgr=cv2.resize(shot.bgr, (480, 360)))
        shots.append(other if number % 10 == 5 else shot)
    assert "STOPPED" not in states(watch(car, shots), 0)
