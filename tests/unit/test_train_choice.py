"""What is chosen, gathered and told after a training run."""

import numpy as np
import pytest

from workers.train import card, choose, gather
from workers.train.miner import arguments
from workers.train.samples import Rendered
from workers.train.validate import HEIGHTS, REGIMES, Shown, matched


def row(share, rendered, real):
    return {"share": share, "dim": rendered, "very_dark": rendered, "glare": rendered, "real": real}


def test_the_best_share_is_one_that_forgets_little():
    rows = [row(0.0, 40, 100.0), row(0.6, 70, 99.9), row(0.8, 80, 99.6), row(1.0, 90, 99.4)]
    assert choose.best(rows) == 0.8
    assert choose.best([row(0.0, 40, 100.0), row(1.0, 90, 90.0)]) == 0.0


def test_places_to_choose_by_and_to_measure_on_are_different_ones(tmp_path):
    none = np.zeros((0, 4))
    items = [
        Rendered(tmp_path / f"{i}.png", f"val-{i // 6}", none, none, np.zeros(0)) for i in range(60)
    ]
    chosen, measured = choose.part(items)
    assert len(chosen) + len(measured) == 60 and len(chosen) == 24
    assert not {item.layout for item in chosen} & {item.layout for item in measured}


def test_people_of_other_heights_are_neither_missed_nor_false(tmp_path):
    boxes = np.array([[0.1, 0.1, 0.2, 0.4], [0.5, 0.5, 0.52, 0.55]])
    shown = Shown(tmp_path / "a.jpg", boxes, np.array([1.0, 1.0]), "a")
    seen = np.concatenate((boxes, [[0.9], [0.8]]), 1)
    (tall,) = matched([shown], [seen], HEIGHTS[">=50"])
    assert tall.people == 1 and tall.right.tolist() == [True]
    hidden = Shown(shown.path, boxes, np.array([0.1, 1.0]), "a")
    (tall,) = matched([hidden], [seen], HEIGHTS[">=50"])
    assert tall.people == 0 and len(tall.right) == 0


def test_share_alike_photographs_are_never_learnt_from(tmp_path):
    for name in ("flexslider-000-a", "tabler-ui-000-b", *(f"stisla-00{i}-c" for i in range(7))):
        (tmp_path / f"{name}.jpg").write_bytes(b"")
    learnt, held = gather.photographs(tmp_path)
    names = [path.stem for path in learnt]
    assert "tabler-ui-000-b" in names and "flexslider-000-a" not in names
    assert "flexslider-000-a" in [path.stem for path in held]
    assert len(held) == 2 and len(learnt) == 7


def test_without_the_render_environment_the_refusal_says_how_to_get_it(tmp_path):
    with pytest.raises(gather.MissingError, match=r"Rendering anew.*--render-python"):
        gather.render(tmp_path, "train", 10, tmp_path / "no-python", 1)


def test_every_number_of_the_recipe_can_be_named():
    args, recipe = arguments(["--steps", "7", "--memory-scores", "2.5", "--seed", "9"])
    assert (recipe.steps, recipe.memory_scores, recipe.seed) == (7, 2.5, 9)
    assert args.weights.name == "miner.safetensors"


def test_the_card_tells_before_and_after(tmp_path):
    span = {"people": 4, "ap50": 41.5, "interval": [30.0, 50.0]}
    at = {"precision": 90.0, "recall": 50.0, "false_per_empty": 0.1}
    one = {
        regime: {**dict.fromkeys(HEIGHTS, span), **dict.fromkeys(card.SCORES, at)}
        for regime in REGIMES
    }
    card.write(
        tmp_path / "card.md",
        said={"name": "miner", "version": "1"},
        made="Three pictures.",
        curve=[row(0.0, 40, 64.0)],
        figures={"before": one, "after": one},
        sets={"rendered": "Two pictures."},
    )
    text = (tmp_path / "card.md").read_text()
    assert "| dim | >=50 | 4 | 41.5 (30.0–50.0) | 41.5 (30.0–50.0) |" in text
    assert "Three pictures." in text and "not accuracy in a real mine" in text
