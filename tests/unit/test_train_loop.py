"""Training steps: the losses mean what they say, and a stopped run goes on as it would have."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from workers.models import ModelError
from workers.train import assign, loop, losses, measure, miner, weights
from workers.train.loop import Recipe, Run
from workers.train.samples import Plan
from workers.vision.nanodet import CLASSES, NanoDet
from workers.vision.score import ap50

SIZE = (64, 64)


def small_net() -> NanoDet:
    torch.manual_seed(0)
    net = NanoDet()
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, 0, 0.02)
    return net.eval()


def batch_of(step: int) -> dict[str, torch.Tensor]:
    """Make the batch of a step: noise with one person, and noise as a real picture."""
    rng = np.random.default_rng(step)
    box = np.array([[16, 8, 40, 60]], float)
    rows = assign.assign(box, np.zeros((0, 4)), *SIZE)
    wanted = np.broadcast_to(box[0], (len(rows), 4)).astype(np.float32).copy()
    picture = torch.from_numpy(rng.integers(0, 255, (1, *SIZE, 3)).astype(np.uint8))
    return {
        "rendered": picture,
        "chosen": torch.from_numpy(rows)[None],
        "boxes": torch.from_numpy(wanted)[None],
        "clean": picture,
        "seen": picture // 4,
    }


@pytest.fixture
def run_of(monkeypatch):
    monkeypatch.setattr("workers.train.loop.WIDE", SIZE)

    def make(**changes) -> Run:
        plan = Plan((), (), 1, 1, 1, 0.5)
        return Run(replace(Recipe(steps=20, warm_up=1), **changes), plan, small_net(), "cpu")

    return make


def test_a_resumed_run_takes_the_very_next_step(run_of, tmp_path):
    straight = run_of()
    for step in range(4):
        straight.learn(batch_of(step))
    stopped = run_of()
    for step in range(2):
        stopped.learn(batch_of(step))
    stopped.save(tmp_path / "checkpoint.pt")
    resumed = run_of()
    assert resumed.resume(tmp_path / "checkpoint.pt")
    assert resumed.step == 2
    for step in range(2, 4):
        resumed.learn(batch_of(step))
    for name in ("student", "average"):
        there = getattr(straight, name).state_dict()
        here = getattr(resumed, name).state_dict()
        assert all(torch.equal(there[key], here[key]) for key in there)


def test_a_checkpoint_of_another_recipe_is_refused(run_of, tmp_path):
    run_of().save(tmp_path / "checkpoint.pt")
    with pytest.raises(ModelError, match="was begun with rate .*; go on"):
        run_of(rate=1e-5).resume(tmp_path / "checkpoint.pt")
    assert not run_of().resume(tmp_path / "nothing.pt")


def test_a_run_takes_as_many_steps_as_fit_into_its_time_and_keeps_to_them(
    run_of, tmp_path, monkeypatch
):
    taken = []
    monkeypatch.setattr(loop, "Run", lambda recipe, *_: taken.append(recipe.steps))
    monkeypatch.setattr(loop, "pace", lambda run: 5.0)

    def steps(*argv: str) -> int:
        args, recipe = miner.arguments(["--out", str(tmp_path), *argv])
        assert recipe.steps == 0
        return miner._steps(args, recipe, Plan((), (), 1, 1, 1, 0.5), None)

    assert steps("--within", "75") == 900
    assert steps("--within", "1") == miner.LEAST_STEPS
    assert steps("--within", "100000") == steps("--within", "0") == Recipe().steps
    run_of(steps=321).save(tmp_path / loop.CHECKPOINT)
    assert steps("--within", "75") == 321
    assert taken == [Recipe().steps] * 3


def test_the_pace_is_that_of_steps_after_the_first(run_of, monkeypatch):
    run = run_of()
    monkeypatch.setattr(loop, "Steps", lambda plan: [batch_of(step) for step in range(4)])
    assert 0 < loop.pace(run) < 60
    assert run.step == 4


def test_learning_makes_the_losses_smaller_and_leaves_frozen_parts_alone(run_of):
    run = run_of(rate=3e-4, frozen=2, memory_scores=0.0, memory_boxes=0.0, others=0.0)
    stem = run.student.stem.conv.weight.clone()
    told = [run.learn(batch_of(0)) for _ in range(8)]
    assert told[-1]["scores"] + told[-1]["boxes"] < told[0]["scores"] + told[0]["boxes"]
    assert torch.equal(stem, run.student.stem.conv.weight)


def test_the_rate_rises_and_falls(run_of):
    run = run_of(warm_up=5)
    rates = []
    for run.step in range(20):
        rates.append(run.rate())
    assert rates[0] < rates[4] and rates[19] < rates[6] <= run.recipe.rate


def targets_of(rows: np.ndarray, box: np.ndarray) -> losses.Targets:
    points, strides = assign.grid(*SIZE)
    wanted = np.broadcast_to(box, (len(rows), 4)).astype(np.float32).copy()
    return losses.Targets(
        torch.from_numpy(rows)[None],
        torch.from_numpy(wanted)[None],
        torch.from_numpy(points),
        torch.from_numpy(strides),
    )


def test_a_perfect_output_loses_nothing_and_a_wrong_one_much():
    box = np.array([8.0, 8, 40, 56])
    rows = assign.assign(box[None], np.zeros((0, 4)), *SIZE)
    targets = targets_of(rows, box)
    distance = (
        torch.cat(
            (targets.points - targets.boxes[0, :, :2], targets.boxes[0, :, 2:] - targets.points), 1
        )
        / targets.strides[:, None]
    )
    # The two bins beside a distance share it.
    near = 1 - (distance.clamp(0, 9.9)[..., None] - torch.arange(11.0)).abs()
    sides = near.clamp(min=1e-9).log().flatten(1)
    output = torch.cat((torch.full((len(rows), CLASSES), -12.0), sides), 1)[None]
    output[0, torch.from_numpy(rows) >= 0, 0] = 12.0
    scores, boxes = losses.people(output, targets)
    assert scores < 0.01 and boxes < 1.0
    output[0, :, 0] *= -1
    wrong, _ = losses.people(output, targets)
    assert wrong > 5


def test_ignored_points_teach_nothing():
    rows = np.full(len(assign.grid(*SIZE)[0]), assign.IGNORED)
    output = torch.zeros((1, len(rows), CLASSES + 44), requires_grad=True)
    scores, boxes = losses.people(output, targets_of(rows, np.zeros(4)))
    (scores + boxes).backward()
    assert scores == 0 and boxes == 0 and not output.grad.any()


def test_the_teacher_is_missed_near_zero_too():
    teacher = torch.full((1, 50, CLASSES + 44), -5.0)
    teacher[0, 3, 7] = 2.0
    assert sum(losses.memory(teacher, teacher)) == pytest.approx(0, abs=1e-5)
    student = teacher.clone()
    student[..., 20] = -3.0  # a class nobody sees, creeping up
    assert losses.memory(student, teacher)[0] > 0.5
    assert losses.memory(student, teacher, first_class=21)[0] == pytest.approx(0, abs=1e-5)


def test_weights_come_back_from_half_floats_and_say_what_they_are(tmp_path):
    net = small_net()
    path = tmp_path / "net.safetensors"
    weights.save(net.state_dict(), path, {"name": "miner", "seed": "3"})
    back, said = weights.load(path)
    assert said == {"name": "miner", "seed": "3"}
    assert path.stat().st_size < 10_000_000
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(net(x), back(x), atol=2e-3)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ValueError, match="safetensors"):
        weights.load(path)


def test_blending_goes_from_the_original_to_the_tuned():
    a, b = {"w": torch.tensor([1.0, 2.0])}, {"w": torch.tensor([3.0, 2.0])}
    assert torch.equal(weights.blend(a, b, 0)["w"], a["w"])
    assert torch.equal(weights.blend(a, b, 1)["w"], b["w"])
    assert weights.blend(a, b, 0.25)["w"].tolist() == [1.5, 2.0]


def random_pictures(rng, count=12):
    truth, found = [], []
    for _ in range(count):
        corner = rng.uniform(0, 0.7, (int(rng.integers(0, 4)), 2))
        boxes = np.concatenate((corner, corner + rng.uniform(0.1, 0.3, corner.shape)), 1)
        near = boxes + rng.normal(0, 0.02, boxes.shape)
        false = rng.uniform(0, 0.5, (2, 2))
        seen = np.concatenate((near, np.concatenate((false, false + 0.2), 1)))
        found.append(np.concatenate((seen, rng.uniform(0, 1, (len(seen), 1))), 1))
        truth.append(boxes)
    return truth, found


def test_the_measure_agrees_with_the_products_own_where_nothing_is_ignored():
    truth, found = random_pictures(np.random.default_rng(0))
    none = np.zeros((0, 4))
    rows = [
        measure.match(t, none, f, str(i)) for i, (t, f) in enumerate(zip(truth, found, strict=True))
    ]  # noqa: E501
    assert measure.ap50(rows) == pytest.approx(ap50(truth, found), abs=1e-9)
    low, high = measure.interval(rows)
    assert low <= measure.ap50(rows) <= high


def test_sightings_of_ignored_people_do_not_count():
    person, other = np.array([[0.1, 0.1, 0.3, 0.5]]), np.array([[0.6, 0.1, 0.9, 0.9]])
    found = np.array([[0.1, 0.1, 0.3, 0.5, 0.6], [0.65, 0.2, 0.8, 0.5, 0.9]])
    assert measure.ap50([measure.match(person, other, found, "a")]) == pytest.approx(100)
    with_none = measure.match(person, np.zeros((0, 4)), found, "a")
    assert measure.at_score([with_none], 0.5)[0] == 50
    empty = measure.match(np.zeros((0, 4)), np.zeros((0, 4)), found, "b")
    assert measure.false_per_empty([empty], 0.7) == 1
