"""A quick part of `make accuracy`: bars that hold must go on holding. The command has the rest."""

import pytest

from workers.accuracy import footage, real
from workers.accuracy.disturb import darken, recode
from workers.accuracy.entry import Entry, Truth, shipped
from workers.accuracy.measure import figures_of, measure
from workers.accuracy.runner import frames_of
from workers.media.decode import Frame
from workers.models import ModelError
from workers.scene import Scene
from workers.vision.load import load_detector

pytestmark = pytest.mark.slow

CLIPS = ("roadway", "winch-house")
UNTIL_S = 40.0


@pytest.fixture(scope="module")
def detector():
    try:
        return load_detector()
    except ModelError as error:
        pytest.skip(f"the detector's weights are not here: {error}")


@pytest.fixture(scope="module")
def rendered(detector):
    entries = [entry for entry in shipped() if entry.name in CLIPS]
    assert len(entries) == len(CLIPS)
    return {figure.name: figure for figure in figures_of(measure(entries, detector, "rendered"))}


def test_whoever_walks_into_a_lit_zone_is_raised_within_a_second_and_nobody_else(rendered):
    assert rendered["rendered/zone entry/bright/event recall"].value == 100
    assert rendered["rendered/zone entry/bright/event recall"].n >= 6
    assert rendered["rendered/zone entry/bright/time to alarm p95"].value <= 1.0
    assert rendered["rendered/zone entry/bright/false alarms"].value == 0
    assert rendered["rendered/camera health/false"].value == 0


def test_lit_miners_from_50_pixels_are_found(rendered):
    assert rendered["rendered/people/bright/>=50 px/AP50"].value >= 90


def test_people_who_enter_zones_of_a_darkened_square_are_raised(detector):
    """Linear light at 12 %, noise, lamps that dazzle, and H.264: at least 90 % and within 1 s."""
    film = next((film for film in real.films() if film.name == "vtest"), None)
    if film is None:
        pytest.skip("no ../shared/data/video/vtest.avi on this machine")
    dark = darken(1)
    bare = Entry(film.name, "real", film.clip, Scene(), Truth())
    frames = [f for f in frames_of(bare) if f.t < UNTIL_S]
    low = recode([Frame(f.t, f.index, dark(f.bgr(), f.t)) for f in frames], 5.0)
    notes: list[str] = []
    people = tuple(one for one in film.people if one[0] < UNTIL_S)
    part = real.Film(film.name, film.clip, people, film.probes)
    score = footage.score(part, low, detector, notes, "darkened")
    assert score.entries >= 15
    assert score.hits >= 0.9 * score.entries, notes
    assert sum(delay <= 1.0 for delay in score.delays) >= 0.95 * score.hits
    assert not score.false_at, notes
