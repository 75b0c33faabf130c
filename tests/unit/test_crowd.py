"""Tiles from which the reader of helmets learns: who is drawn, and what of him is shown."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from workers.simulate.pictures import pack
from workers.train.crowd import BARE, HELMET, HERE, TILE, Crowd, Tile, is_held_out


@pytest.fixture
def crowd(tmp_path: Path) -> Crowd:
    """Four rendered frames with one person each, the last of them without a helmet."""
    grey = np.full((300, 300, 3), 120, np.uint8)
    heads = json.loads((HERE / "heads.json").read_text())
    face = next(name for name in heads if not is_held_out(name))
    place = next(name for i in range(9) if not is_held_out(name := f"pyvision-x{i}.jpg"))
    for name in (face, place):
        cv2.imwrite(str(tmp_path / name), grey)
    layout = next(name for i in range(9) if not is_held_out(name := f"train-x{i}"))
    rows = []
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), pack(np.full((360, 640, 3), 0.3)))
        person = {
            "box": [0.4, 0.2, 0.5, 0.8], "visible": 1.0, "head": [0.43, 0.2, 0.47, 0.3],
            "head_visible": 1.0, "helmet": number < 3, "vest": False, "pose": "stand",
        }  # fmt: skip
        rows.append({"file": f"{number}.png", "layout": layout, "people": [person]})
    (tmp_path / "labels.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return Crowd(tmp_path, tmp_path)


def drawn(crowd: Crowd, count: int) -> list[Tile]:
    """Draw tiles until so many are windows about a rendered person."""
    rng = np.random.default_rng(1)
    tiles = []
    while len(tiles) < count:
        tile = crowd.tile(rng)
        if tile.shown != (0, 0, TILE, TILE):
            tiles.append(tile)
    return tiles


def test_a_bare_head_is_drawn_as_often_as_a_helmet_though_few_go_without(crowd: Crowd) -> None:
    labels = [label for tile in drawn(crowd, 80) for _, label in tile.boxes]
    bare, worn = labels.count(BARE), labels.count(HELMET)
    assert bare + worn > 60
    assert 0.35 < bare / (bare + worn) < 0.65


def test_a_window_is_black_around_and_no_box_reaches_out_of_it(crowd: Crowd) -> None:
    for tile in drawn(crowd, 20):
        left, top, right, bottom = tile.shown
        outside = np.ones((TILE, TILE), bool)
        outside[round(top) : round(bottom), round(left) : round(right)] = False
        assert not tile.pixels[outside].any()
        assert tile.pixels[~outside].any()
        for x1, y1, x2, y2 in [box for box, _ in tile.boxes] + tile.ignore:
            assert left <= x1 < x2 <= right
            assert top <= y1 < y2 <= bottom


class Wide(np.random.Generator):
    """Draws every window as large as the tile allows, and finds people where they are."""

    def normal(self, loc=0.0, scale=1.0, size=None):
        return 9.0 if size is None else np.zeros(size)


def test_a_window_as_large_as_the_tile_is_drawn_too(crowd: Crowd) -> None:
    rng = Wide(np.random.PCG64(1))
    for bottom in np.linspace(0.5, 1.0, 90):
        for _, people in crowd.frames:
            people[0]["box"][3] = bottom
        left, top, right, low = crowd._mine(rng).shown
        assert max(right - left, low - top) == pytest.approx(TILE)
