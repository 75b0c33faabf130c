"""What a killed maker left on the disk goes; what is being made stays."""

import os
import time
from pathlib import Path

import pytest

from apps.evidence import tasks
from apps.evidence.tasks import keep
from apps.evidence.workshop import workshop

HOURS_3 = 3 * 3600.0


@pytest.fixture(autouse=True)
def var(settings, tmp_path: Path) -> Path:
    settings.VAR = tmp_path / "var"
    return tmp_path / "var"


def made(name: str, folder: str, *, ago_s: float) -> Path:
    """A folder of a maker with a video in it, of which nothing was written since."""
    place = workshop(name) / folder
    place.mkdir()
    (place / "clip.mp4").write_bytes(b"half a video")
    for path in (place / "clip.mp4", place):
        os.utime(path, (time.time() - ago_s,) * 2)
    return place


@pytest.mark.django_db
def test_what_a_killed_maker_left_goes_and_what_is_being_made_stays():
    left = [
        made("clips", "clip-a1b2c3d4", ago_s=HOURS_3),
        made("bundles", "bundle-a1b2c3d4", ago_s=HOURS_3),
        made("copies", "copy-a1b2c3d4", ago_s=HOURS_3),
        made("spans", "span-a1b2c3d4", ago_s=HOURS_3),
        made("sheets", "sheet-a1b2c3d4", ago_s=HOURS_3),
    ]
    fresh = made("bundles", "bundle-e5f6g7h8", ago_s=60)
    growing = made("bundles", "bundle-i9j0k1l2", ago_s=HOURS_3)
    (growing / "clip.mp4").write_bytes(b"more of it")
    os.utime(growing, (time.time() - HOURS_3,) * 2)
    stranger = made("clips", "kept by hand", ago_s=HOURS_3)
    keep()
    assert not any(place.exists() for place in left)
    assert all((place / "clip.mp4").exists() for place in (fresh, growing, stranger))


@pytest.mark.django_db
def test_a_hold_that_cannot_be_ended_leaves_no_disk_to_fill_up_and_is_seen(monkeypatch):
    def fails() -> None:
        raise ZeroDivisionError("nobody thought of this")

    done: list[str] = []
    monkeypatch.setattr(tasks, "holds_due", fails)
    monkeypatch.setattr(tasks, "clips_expire", lambda: done.append("expired"))
    monkeypatch.setattr(tasks, "clips_check", lambda: done.append("looked for"))
    with pytest.raises(ExceptionGroup) as seen:
        keep()
    assert seen.group_contains(ZeroDivisionError)
    assert done == ["expired", "looked for"]
