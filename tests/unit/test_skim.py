"""A recording that is skimmed where nothing stirs tells what a whole analysis tells."""

import io
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import pytest

from bench.cost import encoded
from tests.loops import LOOPS, loop
from workers.accuracy.runner import Remembering
from workers.engine import Chunk, Signal, analyse
from workers.media.decode import read_frames
from workers.media.errors import MediaError
from workers.scene import parse_scene
from workers.skim import Skim, skims
from workers.vision.load import load_detector

pytestmark = pytest.mark.slow

DRUMS = LOOPS.parent / "bank" / "drums-dim"
EDGE = np.ones((5, 5), np.uint8)


@lru_cache(maxsize=1)
def the_eyes() -> Remembering:
    """The shipped detector, which looks at each picture once: both analyses see the same ones."""
    return Remembering(load_detector())


def the_scene(**more: Any) -> Any:
    document = {**loop("winch-house").scene}
    rule = {"id": "in", "type": "restricted_entry", "zone": "danger"}
    return parse_scene({**document, "machines": [], "rules": [rule], **more})


@lru_cache(maxsize=1)
def the_film() -> list[bytes]:
    """An empty place with a camera's noise; from the 17th second on somebody walks through it."""
    shots = [f.bgr() for f in read_frames(LOOPS / "winch-house" / "sub.mp4")]
    empty = np.mean(shots[350:], axis=0)
    rng = np.random.default_rng(3)

    def pictures() -> Iterator[np.ndarray]:
        for index in range(30 * 10):
            noise = rng.normal(0, 2.0, empty.shape[:2])[..., None]
            quiet = np.clip(empty + noise, 0, 255).astype(np.uint8)
            shot = shots[index - 170 + 70] if 170 <= index < 240 else None  # from the 7th second on
            if shot is None:
                yield quiet
                continue
            changed = (np.abs(shot - empty).max(axis=2) > 30).astype(np.uint8)
            changed = cv2.dilate(cv2.morphologyEx(changed, cv2.MORPH_OPEN, EDGE), EDGE)
            yield np.where(changed[..., None] > 0, shot, quiet)

    return [data for data, _ in encoded(pictures(), fps=10)]


def chunk_of(number: int, signals: Any = ()) -> Chunk:
    return Chunk(number, float(number), 1.0, (), signals)


def opener(number: int, data: bytes) -> Any:
    return lambda keys: read_frames(io.BytesIO(data), start_s=float(number), keys=keys)


def whole(scene: Any, film: list[bytes]) -> list[Any]:
    state, found, detector = None, [], the_eyes()
    for number, data in enumerate(film):
        frames = read_frames(io.BytesIO(data), start_s=float(number))
        chunk = Chunk(number, float(number), 1.0, frames)
        result = analyse(scene, state, chunk, detector=detector)
        state = result.state
        found += [(f.rule, f.state, f.t) for f in result.findings if f.rule == "in"]
    return found


def test_it_finds_who_comes_after_a_calm_stretch_as_a_whole_analysis_does():
    scene, film = the_scene(), the_film()
    skim, found = Skim(scene, the_eyes()), []
    for number, data in enumerate(film):
        for result in skim.take(chunk_of(number), opener(number, data)):
            found += [(f.rule, f.state, f.t) for f in result.findings if f.rule == "in"]
    expected = whole(scene, film)
    assert [state for _, state, _ in expected] == ["raised", "cleared"]
    assert [one[:2] for one in found] == [one[:2] for one in expected]
    for (*_, t), (*_, other) in zip(found, expected, strict=True):
        assert t == pytest.approx(other, abs=0.21)  # one analysed picture
    assert skim.skimmed >= 4


@lru_cache(maxsize=1)
def the_drums() -> list[bytes]:
    """Two drums that stand for 22 seconds; then one after the other runs, and stands again."""
    shots = [f.bgr() for f in read_frames(DRUMS / "clip.mp4")]
    rng = np.random.default_rng(4)
    order = [*([3] * 85), *range(25, 110)]  # a still picture, then the clip from its 5th second on

    def pictures() -> Iterator[np.ndarray]:
        for index in order:
            noise = rng.normal(0, 1.5, shots[0].shape[:2])[..., None]
            yield np.clip(shots[index] + noise, 0, 255).astype(np.uint8)

    return [data for data, _ in encoded(pictures(), fps=5)]


def test_drums_that_stand_are_skimmed_and_their_starts_and_stops_are_told_in_time():
    document = json.loads((DRUMS / "scene.json").read_text())
    scene, film = the_scene(machines=document["machines"]), the_drums()
    state, expected, found = None, [], []
    detector = the_eyes()
    skim = Skim(scene, the_eyes())

    def states(result: Any) -> list[tuple[str, Any, float]]:
        return [(r.name, r.value, r.t) for r in result.readings if r.name.endswith(".state")]

    for number, data in enumerate(film):
        frames = read_frames(io.BytesIO(data), start_s=float(number))
        chunk = Chunk(number, float(number), 1.0, frames)
        result = analyse(scene, state, chunk, detector=detector)
        state = result.state
        expected += states(result)
        for result in skim.take(chunk_of(number), opener(number, data)):
            found += states(result)
    assert {"RUNNING", "STOPPED"} <= {value for _, value, _ in expected}
    assert [one[:2] for one in found] == [one[:2] for one in expected]
    for (*_, t), (*_, other) in zip(found, expected, strict=True):
        assert t == pytest.approx(other, abs=0.41)  # two analysed pictures
    assert skim.skimmed >= 3


def test_a_signal_or_a_file_that_cannot_be_read_is_never_skimmed():
    scene, film = the_scene(), the_film()
    skim = Skim(scene, the_eyes())
    for number, data in enumerate(film[:14]):
        skim.take(chunk_of(number), opener(number, data))
    known = skim.skimmed
    assert known > 0
    signal = [Signal(14.5, "winch-1", "RUNNING")]
    skim.take(chunk_of(14, signal), opener(14, film[14]))
    assert skim.skimmed == known
    skim.take(chunk_of(15), opener(15, film[15]))
    assert skim.skimmed == known + 1
    with pytest.raises(MediaError):
        skim.take(chunk_of(16), opener(16, film[16][: len(film[16]) // 2]))
    assert skim.skimmed == known + 1


def test_a_scene_that_needs_every_picture_is_not_skimmed():
    assert skims(the_scene())
    [winch] = loop("winch-house").scene["machines"]
    assert skims(the_scene(machines=[{**winch, "source": "video"}]))
    lamp = {**winch, "source": "video", "look": "lamp"}
    assert not skims(the_scene(machines=[lamp]))
    post = {"id": "p", "type": "post_absence", "zone": "danger"}
    assert not skims(the_scene(rules=[post]))
    assert skims(the_scene(rules=[{**post, "mode": "off"}]))
