"""A machine's state from video: drums, ropes, belts, cars and lamps, with all that disturbs."""

import time

import cv2
import numpy as np
import pytest
from machine_kit import (
    SIZE,
    Belt,
    Camera,
    Drum,
    Lamp,
    Part,
    Rope,
    film,
    first,
    states,
    watch,
)

from workers.vision.machine import VideoReader
from workers.vision.region import LOOKS, too_small

# Still, running, still: every light and camera must give the same story.
STORY = [Part(5), Part(6, True), Part(6)]
CAMERAS = {
    "plain": Camera(),
    "noisy": Camera(noise=9),
    "dim": Camera(light=0.45, noise=4),
    "lamps flicker": Camera(flicker=0.1),
    "exposure swings": Camera(swing=0.3),
    "camera shakes": Camera(shake=0.8),
    "grey": Camera(grey=True),
    "H.264": Camera(bit_rate=120_000),
    "2.5 pictures a second": Camera(fps=2.5),
}
MACHINES = {
    "spokes": Drum(),
    "slow spokes": Drum(speed=0.5),
    "fast spokes": Drum(speed=4.0),
    "wraps": Drum(design="wraps"),
    "coal": Belt(),
    "rope": Rope(),
    "lamp": Lamp(),
    "blinking lamp": Lamp(blink_s=1.2),
}


def tell(seen, moved_s=5.0, stopped_s=11.0):
    """Check a story: delays, and that nothing flips while nothing changes."""
    assert first(seen, "STOPPED") == pytest.approx(3.0, abs=0.7)
    running, stopped = first(seen, "RUNNING", moved_s), first(seen, "STOPPED", stopped_s)
    assert running is not None
    assert running - moved_s <= 1.5 + 1e-6
    assert states(seen, running, stopped_s) == {"RUNNING"}
    assert stopped is not None
    assert 2.2 <= stopped - stopped_s <= 4.0 + 1e-6
    assert states(seen, stopped) == {"STOPPED"}
    assert states(seen, 3.7, moved_s) == {"STOPPED"}


@pytest.mark.parametrize("name", MACHINES)
def test_running_is_believed_within_a_second_and_a_half_and_standing_within_four(name):
    tell(watch(MACHINES[name], film(MACHINES[name], STORY)))


@pytest.mark.parametrize("camera", [name for name in CAMERAS if name != "plain"])
@pytest.mark.parametrize("name", ["spokes", "coal", "rope"])
def test_light_noise_and_a_shaking_camera_change_nothing(name, camera):
    machine = MACHINES[name]
    seen = watch(machine, film(machine, STORY, CAMERAS[camera]))
    if CAMERAS[camera].fps >= 3:
        tell(seen)
    else:
        assert states(seen, 8.0, 11.0) == {"RUNNING"}
        assert seen[-1][2] == "STOPPED"


def test_one_mark_on_a_drum_is_enough():
    drum = Drum(design="mark")
    tell(watch(drum, film(drum, STORY)))


@pytest.mark.parametrize("machine", [Belt(load="empty"), Rope(marks=False)], ids=["belt", "rope"])
def test_what_would_look_the_same_moving_is_not_called_stopped(machine):
    seen = watch(machine, film(machine, [Part(8)]))
    assert states(seen, 0) == {"UNKNOWN"}


@pytest.mark.parametrize("name", ["spokes", "coal", "rope", "lamp"])
@pytest.mark.parametrize("on", [False, True], ids=["still", "running"])
def test_people_who_walk_through_do_not_flip_it(name, on):
    machine = MACHINES[name]
    seen = watch(machine, film(machine, [Part(5, on), Part(3, on, (0.2, 0.8)), Part(2, on)]))
    assert states(seen, 4) == {"RUNNING" if on else "STOPPED"}


@pytest.mark.parametrize("name", ["spokes", "coal", "rope", "lamp"])
@pytest.mark.parametrize("on", [False, True], ids=["still", "running"])
def test_somebody_who_stands_close_by_with_the_cap_lamp_on_does_not_flip_it(name, on):
    machine = MACHINES[name]
    plan = [Part(5, on), Part(4, on, (0.22, 0.23), lamp=True), Part(2, on)]
    seen = watch(machine, film(machine, plan))
    allowed = {"RUNNING" if on else "STOPPED"}
    # A cap lamp may light the glass of an indicator that was never seen lit: doubt, no flip.
    assert states(seen, 4) <= allowed | ({"UNKNOWN"} if name == "lamp" else set())


BLIND = {
    "dark": Part(5, light=0.05),
    "over-exposed": Part(5, light=10.0),
    "covered": Part(5, cover=True),
    "frozen": Part(5, frozen=True),
}


@pytest.mark.parametrize("name", ["spokes", "coal", "rope", "lamp"])
@pytest.mark.parametrize("blind", BLIND)
def test_what_cannot_be_seen_is_unknown_within_two_seconds_and_says_why(name, blind):
    machine, reader = MACHINES[name], VideoReader()
    seen = watch(machine, film(machine, [Part(5), BLIND[blind]]), reader)
    assert states(seen, 4.0, 5.0) == {"STOPPED"}
    assert states(seen, 7.2) == {"UNKNOWN"}
    assert reader.belief.why


def test_a_frozen_picture_of_a_running_drum_never_reads_as_stopped():
    drum = Drum()
    seen = watch(drum, film(drum, [Part(4, True), Part(8, True, frozen=True)]))
    assert "STOPPED" not in states(seen, 0)


def test_what_comes_back_into_view_is_watched_anew():
    drum = Drum()
    seen = watch(drum, film(drum, [Part(5), Part(4, light=0.05), Part(5)]))
    assert states(seen, 9.0, 11.6) == {"UNKNOWN"}
    assert seen[-1][2] == "STOPPED"


def test_a_drum_that_runs_in_a_view_that_was_turned_is_found_again():
    drum, turned = Drum(), Drum(seed=8)
    reader = VideoReader()
    watch(drum, film(drum, [Part(5)]), reader)
    shots = film(turned, [Part(8, True), Part(6)])
    for shot in shots:
        shot.t += 5.0
    seen = watch(turned, shots, reader)
    assert states(seen, 7.0, 8.0) == {"UNKNOWN"}
    assert states(seen, 11.0, 13.0) == {"RUNNING"}
    assert seen[-1][2] == "STOPPED"


def test_a_lamp_of_the_wrong_colour_does_not_mean_running():
    red = Lamp(color=(40, 40, 210))
    shots = film(red, [Part(4), Part(5, True)])
    assert watch(red, shots, colour="red")[-1][2] == "RUNNING"
    assert "RUNNING" not in states(watch(red, shots, colour="green"), 0)


def test_a_colour_that_a_grey_picture_cannot_tell_is_unknown():
    lamp = Lamp()
    shots = film(lamp, [Part(6, True)], Camera(grey=True))
    assert states(watch(lamp, shots, colour="green"), 0) == {"UNKNOWN"}


def test_nothing_is_believed_before_it_was_watched():
    drum = Drum()
    assert states(watch(drum, film(drum, [Part(2)])), 0) == {"UNKNOWN"}


def test_a_region_without_any_contrast_gives_unknown():
    reader = VideoReader()
    rng = np.random.default_rng(1)
    for i in range(30):
        noise = rng.normal(90, 4, (180, 320))
        reader.read(noise.clip(0, 255).astype(np.uint8), Drum.roi, [], i / 5)
    assert reader.state == "UNKNOWN"
    assert "made out" in reader.belief.why


@pytest.mark.parametrize("look", LOOKS)
def test_a_region_of_a_few_pixels_is_refused_in_words(look):
    tiny = ((0.5, 0.5), (0.503, 0.5), (0.503, 0.505))
    words = too_small(tiny, *SIZE, look)
    assert "too small to judge" in words
    reader = VideoReader()
    for shot in film(Drum(), [Part(1, True)]):
        assert reader.read(shot.luma, tiny, [], shot.t, look) == "UNKNOWN"
    assert reader.belief.why == words


@pytest.mark.parametrize("name", ["spokes", "coal", "lamp"])
def test_the_reader_is_the_same_after_its_state_was_stored_at_any_moment(name):
    machine = MACHINES[name]
    one, two = VideoReader(), VideoReader()
    for shot in film(machine, [Part(4), Part(3, True, (0.2, 0.8)), Part(3)]):
        two = VideoReader.load(two.dump())
        a, b = (watch(machine, [shot], reader)[0][2] for reader in (one, two))
        assert a == b
    assert one.dump() == two.dump()


def test_a_region_that_was_drawn_anew_is_another_machine():
    drum, reader = Drum(), VideoReader()
    watch(drum, film(drum, [Part(5)]), reader)
    assert reader.state == "STOPPED"
    other = tuple((x - 0.2, y) for x, y in Drum.roi)
    shot = film(drum, [Part(1)])[0]
    assert reader.read(shot.luma, other, [], 5.0) == "UNKNOWN"


@pytest.mark.parametrize("shape", [(1, 1), (1, 20_000), (20_000, 1), (3, 5)])
def test_pictures_of_any_size_give_an_answer(shape):
    reader = VideoReader()
    for look in LOOKS:
        picture = np.full(shape, 90, np.uint8)
        assert reader.read(picture, Drum.roi, [], 0.0, look) == "UNKNOWN"


def test_reading_a_machine_takes_about_a_millisecond_a_frame():
    drum = Drum()
    shots = film(drum, [Part(2), Part(3, True)])
    pictures = [cv2.resize(shot.luma, (640, 360)) for shot in shots]
    best = blur = 1.0
    for _ in range(40):  # the best of many: who else works on this machine is no cost of ours
        reader, began = VideoReader(), time.process_time()
        for shot, luma in zip(shots, pictures, strict=True):
            reader.read(luma, drum.roi, [], shot.t)
        best = min(best, (time.process_time() - began) / len(shots))
        began = time.process_time()
        for luma in pictures:
            cv2.GaussianBlur(luma, (0, 0), 3)
        blur = min(blur, (time.process_time() - began) / len(shots))
        if best <= 0.002:
            break
    # Twice the bar; where the processor is shared, what two and a half blurs take there, which are
    # 2 ms on a quiet one.
    assert best <= max(0.002, 2.5 * blur)


@pytest.mark.parametrize("fps", [1.1, 0.999, 0.5])
def test_at_a_picture_a_second_what_ran_is_seen_to_stop(fps):
    shots = film(Drum(), [Part(80, True), Part(60, False)], Camera(fps=fps))
    seen = watch(Drum(), shots)
    stops = next(t for t, on, _, _ in seen if not on)
    assert states(seen, 20, stops) == {"RUNNING"}
    assert first(seen, "STOPPED", stops) - stops <= 11
