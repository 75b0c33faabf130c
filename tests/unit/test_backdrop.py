"""People before real photographs: what is kept, what is replaced, and what must not be learnt."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from workers.simulate.pictures import mask_of, pack
from workers.train import backdrop, camera, samples
from workers.train.backdrop import Backdrop
from workers.train.samples import Rendered

PERSON = (slice(40, 80), slice(60, 80))
BOX = np.array([[60 / 160, 40 / 90, 80 / 160, 80 / 90]], np.float32)


@pytest.fixture
def rendered(tmp_path: Path) -> Rendered:
    """A dark place with one bright person and its mask."""
    linear = np.full((90, 160, 3), 0.02, np.float32)
    linear[PERSON] = 2.0
    mask = np.zeros((90, 160), np.uint8)
    mask[PERSON] = 255
    path = tmp_path / "000001.png"
    cv2.imwrite(str(path), pack(linear))
    cv2.imwrite(str(mask_of(path)), mask)
    return Rendered(path, "place", BOX, BOX, np.ones(1, np.float32))


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "street.png"
    cv2.imwrite(str(path), np.full((300, 400, 3), 128, np.uint8))
    return path


def test_the_person_stays_and_the_place_behind_it_is_another(
    rendered: Rendered, photograph: Path
) -> None:
    stored = cv2.imread(str(rendered.path), cv2.IMREAD_UNCHANGED)
    before = camera.decode(stored)
    light, _ = backdrop.put(
        stored, rendered.path, Backdrop(photograph, np.zeros((0, 4))), np.random.default_rng(1)
    )
    np.testing.assert_allclose(light[45:75, 65:75], before[45:75, 65:75], rtol=1e-3)
    assert (np.abs(light[:30] - before[:30]) > 0.02).all()


@pytest.mark.parametrize("seed", range(20))
def test_who_is_in_the_photograph_already_is_told_where_it_lands(
    rendered: Rendered, tmp_path: Path, seed: int
) -> None:
    picture = np.full((300, 400, 3), 40, np.uint8)
    picture[100:250, 150:250] = 250
    path = tmp_path / "crowd.png"
    cv2.imwrite(str(path), picture)
    people = np.array([[150 / 400, 100 / 300, 250 / 400, 250 / 300]], np.float32)
    stored = cv2.imread(str(rendered.path), cv2.IMREAD_UNCHANGED)
    rendered_mask = mask_of(rendered.path)
    cv2.imwrite(str(rendered_mask), np.zeros((90, 160), np.uint8))
    light, boxes = backdrop.put(
        stored, rendered.path, Backdrop(path, people), np.random.default_rng(seed)
    )
    bright = light[..., 1] > light[..., 1].min() * 5
    rows, columns = np.nonzero(bright)
    assert len(boxes) == 1
    found = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    np.testing.assert_allclose(boxes[0] * (160, 90, 160, 90), found, atol=2.0)


def test_a_sample_learns_the_person_and_ignores_who_may_be_in_the_photograph(
    rendered: Rendered, photograph: Path
) -> None:
    everywhere = Backdrop(photograph, np.array([[0.0, 0.0, 1.0, 1.0]], np.float32))
    for seed in range(10):
        rng = np.random.default_rng(seed)
        picture, learnt, ignored = samples.rendered_sample(rendered, rng, behind=everywhere)
        assert picture.shape == (*samples.WIDE, 3)
        assert len(ignored) >= 1
        assert len(learnt) <= 1


def test_a_picture_without_its_mask_is_refused(rendered: Rendered, photograph: Path) -> None:
    mask_of(rendered.path).unlink()
    stored = cv2.imread(str(rendered.path), cv2.IMREAD_UNCHANGED)
    with pytest.raises(ValueError, match="mask"):
        backdrop.put(
            stored, rendered.path, Backdrop(photograph, np.zeros((0, 4))), np.random.default_rng(0)
        )
