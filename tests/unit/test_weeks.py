"""The weeks in which only a camera's health is watched: what is told there, and what is counted."""

import cv2
import numpy as np
import pytest

from workers.accuracy import weeks


def _place() -> np.ndarray:
    """Return luma (360, 640) with things of every size in it."""
    rng = np.random.default_rng(3)
    rough = cv2.resize(rng.uniform(0, 1, (24, 40)).astype(np.float32), (640, 360))
    fine = cv2.resize(rng.uniform(0, 1, (90, 160)).astype(np.float32), (640, 360))
    return (50 + 90 * rough + 60 * fine).astype(np.uint8)


def test_a_place_under_the_light_of_two_hours_shows_no_fault() -> None:
    assert not list(weeks.watch([_place()], weeks.weather(1), 600))


def test_a_lens_that_is_covered_is_told() -> None:
    place = _place()
    views = [place] * 120 + [np.full_like(place, 60)] * 120
    told = [(name, t) for name, t in weeks.watch(views, weeks.weather(1), 240)]
    assert "blocked" in {name for name, _ in told}
    assert all(t >= 120 for _, t in told)


def test_a_false_fault_counts_and_what_is_dark_by_night_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = [("dark", 5.0), ("glare", 7.0), ("moved", 9.0)]
    monkeypatch.setattr(weeks, "_known", lambda: [("a road", "glare", [_place()])])
    monkeypatch.setattr(weeks, "watch", lambda *_: iter(told))
    name, false, _ = weeks.play(weeks.Stretch(turn=0, hours=2))
    assert (name, false) == ("a road", [("moved", 9.0)])
