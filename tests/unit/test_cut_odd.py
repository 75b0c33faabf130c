"""Clips cut from odd recordings: another codec on the way, sound, open GOPs, a clock set back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av

from tests.media.make import numbers, video
from tests.unit.test_cut import T0, chunks, encoded, seconds
from workers.media.cut import cut_clip


def test_a_codec_that_changes_in_the_middle_is_encoded_and_loses_no_picture(tmp_path: Path) -> None:
    before = chunks(tmp_path, video(tmp_path / "a.mp4", seconds=4))
    film = video(tmp_path / "b.mp4", codec="libx265", seconds=4, first=40)
    after = chunks(tmp_path, film, start_s=T0 + 4, first=20)
    out = tmp_path / "clip.mp4"
    cut = cut_clip([*before, *after], T0 + 1, T0 + 7, out)
    assert encoded(cut, out) and cut.gaps == [] and cut.skipped == []
    assert numbers(out) == list(range(10, 70))


def test_sound_never_gets_into_a_clip(tmp_path: Path) -> None:
    film = video(tmp_path / "loud.mp4", seconds=5, sound=True)
    with av.open(str(film)) as source:
        assert [one.type for one in source.streams] == ["video", "audio"]
    out = tmp_path / "clip.mp4"
    cut = cut_clip(chunks(tmp_path, film), T0 + 1, T0 + 4, out)
    with av.open(str(out)) as clip:
        assert [one.type for one in clip.streams] == ["video"]
    assert cut.copied and numbers(out) == list(range(10, 40))


def test_an_open_gop_at_the_cut_costs_no_picture_of_the_span(tmp_path: Path) -> None:
    options = {"x264-params": "open-gop=1:bframes=2:b-adapt=0:keyint=10:min-keyint=10:scenecut=0"}
    film = video(tmp_path / "open.mp4", seconds=6, b_frames=2, options=options)
    out = tmp_path / "clip.mp4"
    cut = cut_clip(chunks(tmp_path, film), T0 + 2.5, T0 + 5, out)
    shown = numbers(out)
    assert shown == sorted(set(shown)), "none twice, none out of order"
    assert set(range(25, 50)) <= set(shown)
    assert cut.start_s <= T0 + 2.5
    assert seconds(out) == sorted(seconds(out))


def test_a_clock_that_was_set_back_doubles_a_time_and_loses_no_picture(tmp_path: Path) -> None:
    before = chunks(tmp_path, video(tmp_path / "a.mp4", seconds=6))
    film = video(tmp_path / "b.mp4", seconds=6, first=100)
    again = chunks(tmp_path, film, start_s=T0 + 3, first=20)
    numbered = [replace(part, sequence=n) for n, part in enumerate([*before, *again])]
    out = tmp_path / "clip.mp4"
    cut = cut_clip(numbered, T0, T0 + 9, out)
    assert numbers(out) == [*range(60), *range(100, 160)], "as it happened, one after the other"
    assert seconds(out) == sorted(seconds(out))
    assert cut.gaps == []
    assert cut.skipped == ["recorded times overlap by 3.0 s: both are shown"]
