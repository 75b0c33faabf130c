"""Painted helmets and the truth that comes with them."""

from dataclasses import replace

import numpy as np
import pytest

from workers.train.crowd import BARE, HELMET, PLAIN, TILE, VEST, Photo, Tile, _add, _moved, _paste
from workers.train.helmets import Head, put_on
from workers.train.ppe import assign, losses
from workers.vision.anchors import BINS, centres

HEAD = Head(
    box=(80, 60, 140, 140),
    middle=(110, 110),
    right=(1, 0, 0),
    up=(0, -1, 0),
    forward=(0, 0, -1),
    width=50,
    brow=14,
)


def picture(side: int = 220) -> np.ndarray:
    return np.full((side, side, 3), 120, np.uint8)


@pytest.mark.parametrize("seed", range(6))
def test_the_helmet_is_where_its_box_says_and_above_the_face(seed) -> None:
    pixels = picture()
    x1, y1, x2, y2 = put_on(pixels, HEAD, np.random.default_rng(seed))
    changed = np.abs(pixels.astype(int) - 120).max(2) > 8
    inside = changed[int(y1) : int(y2) + 1, int(x1) : int(x2) + 1]
    assert inside.mean() > 0.45
    assert x1 < 95 and x2 > 125, "as wide as the head"
    assert y1 < 80, "over the hair"
    assert y2 < 118, "not over the mouth"
    # The chin strap alone lies below.
    assert changed[int(y2) + 2 :].mean() < 0.05


def test_a_helmet_beyond_the_picture_is_cut_off_and_its_box_is_not() -> None:
    high = replace(HEAD, box=(80, -40, 140, 40), middle=(110, 10))
    box = put_on(picture(), high, np.random.default_rng(0))
    assert box[1] < 0
    tile = Tile(picture(TILE))
    _add(tile, box, HELMET)
    told = [*tile.ignore, *(b for b, _ in tile.boxes)]
    assert all(b[1] >= 0 for b in told)


def test_a_mirrored_head_keeps_its_axes_at_right_angles() -> None:
    turned = replace(HEAD, right=(0.8, 0, 0.6), forward=(0.6, 0, -0.8))
    moved = _moved(turned, np.array(((-0.5, 0, 100), (0, 0.5, 0))))
    axes = np.array((moved.right, moved.forward, moved.up))
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-9)
    assert moved.box == (30.0, 30.0, 60.0, 70.0)
    assert moved.width == 25


def test_what_is_pasted_over_is_no_longer_asked_for() -> None:
    tile = Tile(picture(TILE))
    tile.boxes.append(((100.0, 100.0, 120.0, 120.0), BARE))
    photo = Photo(picture(400), (replace(HEAD, box=(180, 180, 220, 230)),), None)
    _paste(tile, photo, 50, np.random.default_rng(1), cut=False)
    assert ((100.0, 100.0, 120.0, 120.0), BARE) not in tile.boxes
    assert (100.0, 100.0, 120.0, 120.0) in tile.ignore
    assert not tile.whole, "nobody was cut out: vests are not told here"


def test_points_near_a_box_are_its_own_and_the_smaller_box_wins() -> None:
    points, strides = centres(TILE, TILE)
    tile = Tile(picture(TILE), [((20, 20, 200, 200), PLAIN), ((96, 96, 126, 126), HELMET)])
    tile.ignore.append((0, 0, 40, 40))
    chosen, told = assign(tile, points, strides)
    assert set(strides[chosen == 1]) == {8.0}
    assert set(strides[chosen == 0]) == {32.0}
    assert (np.abs(points[chosen == 1] - 111) < 15).all()
    away = (points < 40).all(1)
    assert (told[away & (chosen < 0)] == 0).all()
    tile.whole = False
    _, told = assign(tile, points, strides)
    assert not told[:, [VEST, PLAIN]].any()


def test_the_right_answer_costs_less_than_the_wrong_one() -> None:
    import torch

    points, strides = centres(TILE, TILE)
    tile = Tile(picture(TILE), [((96.0, 96.0, 136.0, 136.0), HELMET)])
    chosen, _ = assign(tile, points, strides)
    right = torch.full((1, len(points), 4 + 4 * BINS), -6.0)
    shifted = right.clone()
    for anchor in np.nonzero(chosen == 0)[0]:
        right[0, anchor, HELMET] = shifted[0, anchor, HELMET] = 6.0
        x, y = points[anchor]
        for side, far in enumerate((x - 96, y - 96, 136 - x, 136 - y)):
            at = 4 + side * BINS + round(float(far / strides[anchor]))
            right[0, anchor, at] = 6.0
            shifted[0, anchor, at + 2] = 6.0
    wrong = right.clone()
    wrong[..., [HELMET, BARE]] = right[..., [BARE, HELMET]]
    good, bad, off = (losses(o, [tile], points, strides) for o in (right, wrong, shifted))
    assert float(good[0]) < 0.4 * float(bad[0])
    assert float(good[1]) < 0.7 * float(off[1])
