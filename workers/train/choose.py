"""How much of the original to keep, and the figures before and after.

Places for choosing and places for the figures are different ones, and the real pictures to choose
by are none that were learnt from. Their truth is what the original itself sees there: what a
network forgets, and nothing else, makes it fall. (What the original sees at 704 pixels was tried
and did not tell: a network that lost 7 of 63 AP50 on COCO's people gained by it.)
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from workers import models
from workers.train import measure, validate, weights
from workers.train.backdrop import Backdrop
from workers.train.samples import Rendered
from workers.train.validate import REGIMES, Shown
from workers.vision.backends import TorchRunner
from workers.vision.detector import NetDetector
from workers.vision.nanodet import NanoDet, fill

SHARES = (0.4, 0.55, 0.7, 0.85, 1.0)
CHOOSE_BY = ("dim", "very_dark", "glare")
SURE, DOUBTFUL = 0.5, 0.3
# What the original takes for a person with this score may be one: it is not taught as background.
MAYBE = 0.12
# A portrait leaves no place to stand before: at most this share of a backdrop may be people.
CROWDED = 0.5
# How much of the agreement on real pictures, 100 for the original, may be lost. Four networks had
# 99.6, 99.4, 98.9 and 96.8, and lost 1.5, 3.7, 6.8 and 7.3 AP50 on COCO's people. The pictures,
# mostly portraits, tell little of everyday scenes: measure those too before one is the default.
MAY_LOSE = 0.4

Figures = dict[str, object]


def part(items: Sequence[Rendered]) -> tuple[list[Rendered], list[Rendered]]:
    """Part validation pictures by place: a third to choose by, the others for the figures."""
    chosen = set(sorted({item.layout for item in items})[::3])
    return (
        [item for item in items if item.layout in chosen],
        [item for item in items if item.layout not in chosen],
    )


def real_truth(paths: Sequence[Path]) -> list[Shown]:
    """Label real pictures by what the original sees in them; doubtful people are ignored."""
    contract = models.find(weights.BASE).contract
    runner = TorchRunner(weights.original(), "cpu", None)
    eye = NetDetector(runner, contract, "truth", light=False, score=SURE)
    bare = [Shown(path, np.zeros((0, 4)), np.zeros(0), path.stem) for path in paths]
    labelled = []
    for shown, seen in zip(bare, validate.sightings(eye, bare), strict=True):
        seen = seen[seen[:, 4] >= DOUBTFUL]
        sure = (seen[:, 4] >= SURE).astype(float)
        labelled.append(Shown(shown.path, seen[:, :4], sure, shown.group))
    return labelled


def backdrops(paths: Sequence[Path]) -> tuple[Backdrop, ...]:
    """Return photographs with room to stand before; who may be in them is not taught as empty."""
    bare = [Shown(path, np.zeros((0, 4)), np.zeros(0), path.stem) for path in paths]
    found = validate.sightings(validate.detector(weights.original()), bare)
    kept = []
    for path, seen in zip(paths, found, strict=True):
        people = seen[seen[:, 4] >= MAYBE, :4].astype(np.float32)
        if _covered(people) <= CROWDED:
            kept.append(Backdrop(path, people))
    return tuple(kept)


def _covered(boxes: np.ndarray) -> float:
    """Return the share of a picture that boxes (N, 4), fractions, cover together."""
    y, x = (np.mgrid[0:48, 0:48] + 0.5) / 48
    inside = [(x > left) & (x < right) & (y > top) & (y < bottom)
              for left, top, right, bottom in boxes]  # fmt: skip
    return float(np.any(inside, axis=0).mean()) if inside else 0.0


def curve(
    tuned: Mapping[str, Tensor], rendered: Sequence[Rendered], real: Sequence[Shown], folder: Path
) -> list[dict[str, float]]:
    """Return AP50 of people, 50 px and taller, by the share of the tuned weights."""
    original = weights.original().state_dict()
    sets = {name: validate.develop(rendered, folder / name, name) for name in CHOOSE_BY}
    rows = []
    for share in (0.0, *SHARES):
        eye = validate.detector(fill(weights.blend(original, tuned, share)))
        row = {"share": share}
        for name, pictures in sets.items():
            found = validate.sightings(eye, pictures)
            matched = validate.matched(pictures, found, validate.HEIGHTS[">=50"])
            row[name] = round(measure.ap50(matched), 1)
        row["real"] = round(measure.ap50(validate.matched(real, validate.sightings(eye, real))), 1)
        print(row, flush=True)
        rows.append(row)
    return rows


def best(rows: Sequence[Mapping[str, float]]) -> float:
    """Return the share with the best mean of what is rendered among those that forget little."""
    floor = rows[0]["real"] - MAY_LOSE
    kept = [row for row in rows if row["real"] >= floor]
    return max(kept, key=lambda row: sum(row[name] for name in CHOOSE_BY))["share"]


def before_and_after(
    nets: Mapping[str, NanoDet],
    rendered: Sequence[Rendered],
    photographs: Sequence[Shown],
    folder: Path,
) -> dict[str, Figures]:
    """Return the figures of each network by regime; photographs: people labelled by others."""
    result: dict[str, Figures] = {}
    for name, net in nets.items():
        eye, row = validate.detector(net), Figures()
        for regime in REGIMES:
            pictures = validate.develop(rendered, folder / regime, regime)
            row[regime] = validate.figures(pictures, validate.sightings(eye, pictures))
        if photographs:
            found = validate.sightings(eye, photographs)
            row["photographs"] = validate.real_figures(photographs, found)
        result[name] = row
    return result
