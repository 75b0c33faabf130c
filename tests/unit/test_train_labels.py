"""Labels stay true through cutting, mirroring and light; what cannot be seen is never taught."""

import json

import cv2
import numpy as np
import pytest

from workers.train import assign, camera, samples
from workers.vision.anchors import STRIDES


def whole(mirrored: bool = False) -> samples.Cut:
    return samples.Cut((1.0, 1.0), (0.0, 0.0), mirrored)


def write_picture(folder, boxes, visible, level=0.4, size=(360, 640)):
    """Write a rendered picture: a dark wall and a light rectangle for each person."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, columns = size
    light = np.full((rows, columns, 3), 0.05)
    for x1, y1, x2, y2 in boxes:
        light[int(y1 * rows) : int(y2 * rows), int(x1 * columns) : int(x2 * columns)] = level
    stored = (65535 * np.sqrt(light / 8)).astype(np.uint16)
    cv2.imwrite(str(folder / "000001.png"), stored)
    people = [{"box": b, "visible": v} for b, v in zip(boxes, visible, strict=True)]
    line = {"file": "000001.png", "layout": "train-1-heading", "people": people}
    with (folder / "labels.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    return samples.read_labels(folder)[0]


def test_labels_of_pictures_that_are_not_there_and_cut_off_lines_are_left_out(tmp_path):
    write_picture(tmp_path, [[0.1, 0.1, 0.3, 0.9]], [1.0])
    with (tmp_path / "labels.jsonl").open("a") as file:
        file.write('{"file":"000009.png","layout":"x","people":[]}\n{"file":"0000')
    assert [item.path.name for item in samples.read_labels(tmp_path)] == ["000001.png"]


def test_a_box_follows_its_pixels_through_cut_and_mirror(tmp_path):
    box = [0.25, 0.3, 0.4, 0.8]
    item = write_picture(tmp_path, [box], [1.0])
    stored = cv2.imread(str(item.path), cv2.IMREAD_UNCHANGED)
    rng = np.random.default_rng(3)
    for _ in range(40):
        cut = samples.random_cut((360, 640), samples.WIDE, rng, (0.5, 2.0), item.boxes[0])
        part, corner = samples.cut_out(stored, cut, samples.WIDE)
        canvas = samples.lay(part, corner, samples.WIDE)
        placed = samples.place(item.boxes, cut, (360, 640))
        boxes, flags = samples.sort_labels(placed, item.visible, samples.WIDE)
        if flags[0] < 0:
            continue
        lit = np.argwhere(canvas[..., 0] > 8000)
        (top, left), (bottom, right) = lit.min(0), lit.max(0) + 1
        assert np.allclose(boxes[0], (left, top, right, bottom), atol=3), cut


def test_hidden_small_and_cut_off_people_are_ignored_and_those_outside_are_gone():
    boxes = np.array(
        [
            [10, 10, 60, 110],  # plain to see
            [10, 10, 60, 110],  # hidden
            [10, 10, 20, 18],  # too small
            [-70, 10, 30, 110],  # most of it outside
            [-90, 10, -10, 110],  # outside
        ],
        float,
    )
    visible = np.array([1, 0.2, 1, 1, 1])
    clipped, flags = samples.sort_labels(boxes, visible, samples.WIDE)
    assert flags.tolist() == [1, 0, 0, 0, -1]
    assert clipped.min() >= 0


def test_ignore_regions_survive_augmentation(tmp_path):
    boxes = [[0.1, 0.2, 0.3, 0.9], [0.6, 0.2, 0.8, 0.9]]
    item = write_picture(tmp_path, boxes, [1.0, 0.1])
    learnt = ignored = 0
    for seed in range(30):
        picture, yes, no = samples.rendered_sample(item, np.random.default_rng(seed))
        assert picture.shape == (*samples.WIDE, 3) and picture.dtype == np.uint8
        learnt, ignored = learnt + len(yes), ignored + len(no)
        rows = assign.assign(yes, no, *samples.WIDE)
        points, _ = assign.grid(*samples.WIDE)
        for left, top, right, bottom in no:
            inside = (points > (left, top)).all(1) & (points < (right, bottom)).all(1)
            assert not (rows[inside] == assign.BACKGROUND).any()
    # The hidden person is never taught, and is in view about as often as the other.
    assert learnt <= 30 and ignored >= 20


def test_a_person_as_dark_as_the_wall_is_ignored_not_taught(tmp_path):
    learnt = {}
    for name, level in (("dark", 0.05), ("light", 0.4)):
        item = write_picture(tmp_path / name, [[0.4, 0.2, 0.6, 0.9]], [1.0], level=level)
        learnt[name] = 0
        for seed in range(20):
            _, boxes, _ = samples.rendered_sample(item, np.random.default_rng(seed))
            learnt[name] += len(boxes)
    # Not never: a random change of surfaces draws patterns on the wall here and there.
    assert learnt["light"] >= 14 and learnt["dark"] <= 0.6 * learnt["light"]


def test_noise_and_dazzle_hide_people():
    grey = np.full((256, 416), 30.0, np.float32)
    grey[80:180, 200:240] = 45
    box = np.array([200.0, 80, 240, 180])
    assert camera.can_be_seen(grey, box, 2)
    assert not camera.can_be_seen(grey, box, 14)
    assert not camera.can_be_seen(grey + 220, box, 2)


@pytest.mark.parametrize("luma", [12, 35, 90])
def test_exposure_meets_the_mean_luma(luma):
    rng = np.random.default_rng(1)
    linear = rng.uniform(0.01, 0.6, (128, 208, 3)).astype(np.float32)
    plain = {"bloom": 0, "streak": 0, "lamps": 1, "discs": 0, "haze": 0, "noise": 0, "blur": 0,
             "shake": 0, "gamma": 1, "saturation": 1, "cast": (1.0, 1.0, 1.0), "texture": 0,
             "quality": 0, "washed": False, "infrared": False}  # fmt: skip
    picture, grey = camera.photograph(linear, camera.Look(luma=luma, **plain), rng)
    assert grey.mean() == pytest.approx(luma, rel=0.08)
    assert picture.mean() == pytest.approx(luma, rel=0.1)


def test_developing_and_undeveloping_by_the_film_curve_agree():
    levels = np.arange(5, 240, 5, dtype=np.uint8)
    shown = np.repeat(levels[None, :, None], 3, 2)
    linear = camera.undevelop(shown, "film")
    x = linear[0, :, 0]
    film = ((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14)) ** (1 / 2.2)
    assert np.allclose(255 * film, levels, atol=1)


def test_the_real_picture_is_cut_alike_for_teacher_and_student(tmp_path):
    rng = np.random.default_rng(0)
    picture = cv2.GaussianBlur(rng.integers(0, 255, (240, 320, 3)).astype(np.uint8), (0, 0), 8)
    path = tmp_path / "a.jpg"
    cv2.imwrite(str(path), cv2.normalize(picture, None, 0, 255, cv2.NORM_MINMAX))
    clean, seen = samples.real_sample(path, np.random.default_rng(5), darkened=0.0)
    assert clean.shape == seen.shape == (*samples.PHOTO, 3)
    assert np.abs(clean.astype(int) - seen).mean() < 6
    _, dark = samples.real_sample(path, np.random.default_rng(5), darkened=1.0)
    assert dark.shape == clean.shape


def test_every_person_gets_a_point_and_points_lie_in_their_box():
    boxes = np.array([[100, 60, 130, 150], [300, 100, 308, 120], [20, 10, 220, 250]], float)
    rows = assign.assign(boxes, np.zeros((0, 4)), *samples.WIDE)
    points, strides = assign.grid(*samples.WIDE)
    for number, (left, top, right, bottom) in enumerate(boxes):
        mine = rows == number
        assert mine.any()
        assert (points[mine] >= (left - 8, top - 8)).all()
        assert (points[mine] <= (right + 8, bottom + 8)).all()
    # A small box is learnt on the finest level, a large one on a coarse one.
    assert strides[rows == 1].max() == STRIDES[0]
    assert strides[rows == 2].max() == STRIDES[2]


def test_a_point_wanted_by_two_people_goes_to_the_one_it_overlaps_more():
    boxes = np.array([[100, 60, 140, 180], [110, 62, 150, 182]], float)
    rows = assign.assign(boxes, np.zeros((0, 4)), *samples.WIDE)
    assert (rows == 0).any() and (rows == 1).any()


def test_a_person_inside_an_ignored_region_is_still_learnt():
    boxes = np.array([[100, 60, 140, 180]], float)
    rows = assign.assign(boxes, np.array([[90.0, 50, 160, 190]]), *samples.WIDE)
    assert (rows == 0).any() and (rows == assign.IGNORED).any()


def test_the_same_seed_and_step_give_the_same_batch_and_another_step_another(tmp_path):
    item = write_picture(tmp_path, [[0.4, 0.2, 0.6, 0.9]], [1.0])
    plan = samples.Plan((item,), (), 7, 2, 0, 0.5)
    first, again, other = (samples.Steps(plan)[step] for step in (3, 3, 4))
    assert all((first[name] == again[name]).all() for name in first)
    assert (first["rendered"] != other["rendered"]).any()
