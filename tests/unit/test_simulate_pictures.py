"""Training pictures: exposure does what it says, and what is drawn is drawn right."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from workers.simulate import cast, poses
from workers.simulate.layouts import VAL_HEIGHTS, draw_layout
from workers.simulate.motion import Walk
from workers.simulate.people import body
from workers.simulate.pictures import expose, load, pack
from workers.simulate.scene import Person, Step

GREY = np.array([0.114, 0.587, 0.299])  # of BGR


def place() -> np.ndarray:
    """Make light as of a room: a gradient with grain, and one lamp."""
    rng = np.random.default_rng(1)
    ramp = np.linspace(0.02, 0.6, 320, dtype=np.float32)
    linear = np.tile(ramp[None, :, None], (180, 1, 3)) * rng.uniform(0.6, 1.4, (180, 320, 1))
    linear[40:44, 100:104] = 8.0
    return linear.astype(np.float32)


@pytest.mark.parametrize("target", [85.0, 35.0, 15.0])
def test_a_picture_is_exposed_to_the_mean_luma_asked_for(target: float) -> None:
    picture = expose(place(), np.random.default_rng(0), luma=target, noise=1.0)
    assert picture.dtype == np.uint8 and picture.shape == (180, 320, 3)
    assert 0.75 * target < float((picture @ GREY).mean()) < 1.2 * target


def test_glare_brightens_what_is_about_a_lamp_and_nothing_does_without_one() -> None:
    linear = place()
    calm, blind = (
        expose(linear, np.random.default_rng(0), luma=35, glare=g, noise=0.0) for g in (0.0, 1.0)
    )
    assert int(blind[34, 102, 1]) > int(calm[34, 102, 1]) + 40
    dull = np.minimum(linear, 1.0)
    same = [expose(dull, np.random.default_rng(0), luma=35, glare=g, noise=0.0) for g in (0.0, 1.0)]
    assert np.array_equal(same[0], same[1])


def test_infrared_has_no_colour() -> None:
    tinted = place() * np.array([1.0, 0.5, 0.2], dtype=np.float32)
    picture = expose(tinted, np.random.default_rng(0), luma=60, infrared=True)
    assert int(np.ptp(picture.astype(int), axis=2).max()) <= 1


def test_a_stored_picture_comes_back(tmp_path: Path) -> None:
    linear = place()
    cv2.imwrite(str(tmp_path / "a.png"), pack(linear))
    assert np.allclose(load(tmp_path / "a.png"), linear, rtol=2e-3, atol=1e-4)


def test_a_picture_of_another_kind_is_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), dtype=np.uint8))
    with pytest.raises(OSError, match="16-bit"):
        load(tmp_path / "a.png")


def test_training_and_validation_share_neither_kinds_of_place_nor_camera_heights() -> None:
    train = [draw_layout("train", seed) for seed in range(12)]
    val = [draw_layout("val", seed) for seed in range(12)]
    assert not {p.room.kind for p in train} & {p.room.kind for p in val}
    for layout in train:
        z = layout.view.at[2]
        assert not any(low <= z <= high for low, high in VAL_HEIGHTS)


def test_the_same_seed_draws_the_same_place_and_another_draws_another() -> None:
    one, again, other = draw_layout("train", 3), draw_layout("train", 3), draw_layout("train", 4)
    assert np.array_equal(one.mesh.position, again.mesh.position) and one.view == again.view
    assert one.view != other.view


def test_nobody_stands_in_what_blocks_the_floor_or_outside_the_walls() -> None:
    layout = next(p for p in (draw_layout("train", s) for s in range(20)) if p.blocked)
    x0, y0, x1, y1 = layout.blocked[0]
    assert not layout.free((x0 + x1) / 2, (y0 + y1) / 2)
    assert not layout.free(layout.room.width / 2, 5.0)


@pytest.mark.parametrize("name", poses.POSES)
def test_every_pose_stands_on_the_ground_where_it_was_put(name: str) -> None:
    rng = np.random.default_rng(7)
    look = cast.draw_look(rng, "train")
    placed = cast.person(look, poses.draw(name, rng), (1.0, 6.0), 0.4, 0.0, True, rng)
    points = placed.figure.vertices[:, :3]
    height = float(points[:, 2].max())
    assert np.all(np.isfinite(points)) and points[:, 2].min() == pytest.approx(0.0, abs=1e-4)
    low = {"lie": (0.2, 1.1), "crouch": (0.7, 1.6), "sit": (0.9, 1.7), "kneel": (0.8, 2.1)}
    least, most = low.get(name, (0.9, 2.6))
    assert least < height < most
    assert np.abs(points[:, :2].mean(axis=0) - [1.0, 6.0]).max() < 1.1


def test_a_pose_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no pose"):
        poses.draw("fly", np.random.default_rng(0))


def test_a_look_with_a_helmet_has_one_in_its_mesh_and_one_without_has_none() -> None:
    helmet, bare = cast.actor("lean", 0, "helmet", True), cast.actor("lean", 0, "bare", True)
    assert helmet.helmet_rows.any() and not bare.helmet_rows.any()
    assert len(bare.body.rest) < len(cast.actor("lean", 0, "bare", False).body.rest) / 2


@pytest.mark.parametrize("name", ["crouch", "sit", "kneel", "lie"])
def test_a_person_of_a_loop_goes_into_a_pose_by_degrees_and_comes_out_of_it(name: str) -> None:
    path = (Step(0, 0, 5), Step(3, 0, 5, pose=name), Step(6, 0, 5), Step(9, 0, 5))
    walk, who = Walk(Person("a", "lean", path, seed=3)), body("lean", (0.9, 0.9, 0.9), 1)
    tall = [float(np.ptp(who.pose(walk.pose(t), 0.0).vertices[:, 2])) for t in np.arange(0, 9, 0.1)]
    assert tall[10] > 1.7 and min(tall[35:55]) < 1.5 and tall[75] > 1.7
    assert max(abs(a - b) for a, b in zip(tall, tall[1:], strict=False)) < 0.45
