"""Trains the miner's network: `python -m workers.train.miner`; `make train-miner` does it all.

Renders what pictures are missing, trains, chooses the share of the original to keep, measures
before and after, and writes the weights and their card. Stopped at any time, the same command
goes on. On a processor it takes as many steps as fit into --within minutes, so that all of it is
done in two hours on two cores.
"""

import argparse
import hashlib
import json
import platform
import sys
import time
from dataclasses import asdict, fields, replace
from pathlib import Path

import cv2
import torch
from torch import Tensor

from workers.models.contract import ModelError
from workers.simulate.pictures import mask_of
from workers.train import card, choose, gather, loop, samples, validate, weights
from workers.vision.nanodet import NanoDet

ROOT = Path(__file__).resolve().parents[2]
NAME, VERSION = "miner", "1.0.0"
# Fewer steps are no training, however slow the machine.
LEAST_STEPS = 200


def train(
    args: argparse.Namespace, recipe: loop.Recipe, real: list[Path]
) -> tuple[dict[str, Tensor], str] | None:
    """Take the steps that are left; return the weights and what they are made of, or None."""
    rendered = samples.read_labels(args.pictures / "train")
    if recipe.swapped and not all(mask_of(item.path).is_file() for item in rendered):
        raise gather.MissingError(
            f"pictures in {args.pictures / 'train'} have no masks: they were rendered by an older "
            "version. Move them away to render them anew, or take --swapped 0"
        )
    people = sum(len(item.boxes) for item in rendered)
    places = len({item.layout for item in rendered})
    data = (
        f"{len(rendered)} rendered pictures with {people} people in {places} places, and "
        f"{len(real)} real photographs of `workers/train/pictures.toml` as the original sees them"
    )
    print(data, flush=True)
    plan = samples.Plan(
        tuple(rendered),
        tuple(real),
        recipe.seed,
        recipe.rendered,
        recipe.real,
        recipe.darkened,
        choose.backdrops(real) if recipe.swapped else (),
        recipe.swapped,
    )
    start, said = weights.load(args.start) if args.start else (None, {})
    if not recipe.steps:
        recipe = replace(recipe, steps=_steps(args, recipe, plan, start))
    run = loop.Run(recipe, plan, weights.original(), args.device, start)
    until = time.monotonic() + 60 * args.minutes if args.minutes else None
    loop.train(run, args.out, loaders=args.loaders, until=until)
    if run.step < recipe.steps:
        print("the same command goes on from here", flush=True)
        return None
    before = f"Went on from: {said['made']}\n\n" if said.get("made") else ""
    made = (
        f"{data}.\n\n{before}Recipe: `{json.dumps(asdict(recipe))}` on "
        f"{args.device}, torch {torch.__version__}, OpenCV "
        f"{cv2.__version__}, Python {platform.python_version()}."
    )
    return run.average.state_dict(), made


def _steps(
    args: argparse.Namespace, recipe: loop.Recipe, plan: samples.Plan, start: NanoDet | None
) -> int:
    """Return how many steps to take: those of the run that goes on, or what fits into the time."""
    kept = loop.kept_steps(args.out / loop.CHECKPOINT)
    if kept is not None:
        return kept
    most = loop.Recipe().steps
    if not args.within:
        return most
    spent = loop.Run(replace(recipe, steps=most), plan, weights.original(), args.device, start)
    pace_s = loop.pace(spent)
    steps = max(LEAST_STEPS, min(most, int(60 * args.within / pace_s)))
    print(f"{pace_s:.2f} s a step: {steps} steps in {steps * pace_s / 60:.0f} minutes", flush=True)
    return steps


def finish(
    args: argparse.Namespace, tuned: dict[str, Tensor], made: str, held: list[Path], seed: int
) -> None:
    """Choose, measure, and write the weights and the card."""
    to_choose, to_measure = choose.part(samples.read_labels(args.pictures / "val"))
    folder = args.out / "developed"
    curve = choose.curve(tuned, to_choose, choose.real_truth(held), folder)
    share = choose.best(curve)
    said = {
        "name": NAME,
        "version": VERSION,
        "seed": str(seed),
        "share": str(share),
        "made": made,
        "base_sha256": weights.original_sha256(),
    }
    state = weights.blend(weights.original().state_dict(), tuned, share)
    weights.save(state, args.weights, said)
    photographs = validate.photographs(args.test_pictures) if args.test_pictures else []
    nets = {"before": weights.original(), "after": weights.load(args.weights)[0]}
    figures = choose.before_and_after(nets, to_measure, photographs, folder)
    validate.write(args.out / "figures.json", {"curve": curve, **figures})
    places = len({item.layout for item in to_measure})
    sets = {
        "rendered": f"{len(to_measure)} rendered pictures of {places} places never trained on or "
        "chosen by, as another camera takes them.",
        "photographs": "never trained on or chosen by",
    }
    note = f"\n\nThe weights are {share:g} of the tuned and {1 - share:g} of the original ones."
    card.write(args.card, said=said, made=made + note, curve=curve, figures=figures, sets=sets)
    digest = hashlib.sha256(args.weights.read_bytes()).hexdigest()
    print(f"wrote {args.weights} (SHA-256 {digest}) and {args.card}")


def arguments(argv: list[str]) -> tuple[argparse.Namespace, loop.Recipe]:
    """Read the command line; every number of the recipe can be named."""
    parser = argparse.ArgumentParser(prog="python -m workers.train.miner", description=__doc__)
    add = parser.add_argument
    add("--pictures", type=Path, default=ROOT / "var/train/pictures", help="train/ and val/")
    add("--train-pictures", type=int, default=4000, help="to render, if they are not there")
    add("--val-pictures", type=int, default=400)
    add("--render-python", type=Path, default=ROOT / "render-venv/bin/python")
    add("--render-processes", type=int, default=2)
    add(
        "--real-pictures",
        type=Path,
        default=ROOT / "var/train/real",
        help="photographs to learn from",
    )
    add("--test-pictures", type=Path, help="a set in YOLO's form, for the figures alone")
    add("--out", type=Path, default=ROOT / "var/train/miner", help="checkpoint, losses, figures")
    add("--weights", type=Path, default=ROOT / f"var/train/miner/{NAME}.safetensors")
    add("--card", type=Path, default=ROOT / "var/train/miner/card.md")
    add("--start", type=Path, help="weights to go on from, not the original ones")
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    # Two threads that wait for each other lose more than they win on a machine that is shared.
    add("--threads", type=int, default=1)
    add("--loaders", type=int, default=1, help="processes that make pictures")
    add("--minutes", type=float, default=0, help="stop after so many and keep a checkpoint")
    add(
        "--within",
        type=float,
        default=0 if torch.cuda.is_available() else 75,
        help="without --steps: train for about so many minutes; 0: all steps",
    )
    for field in fields(loop.Recipe):
        default = 0 if field.name == "steps" else getattr(loop.Recipe(), field.name)
        flag = "--" + field.name.replace("_", "-")
        add(flag, dest=f"recipe_{field.name}", type=type(default), default=default)
    args = parser.parse_args(argv)
    names = [field.name for field in fields(loop.Recipe)]
    return args, loop.Recipe(**{name: getattr(args, f"recipe_{name}") for name in names})


def main(argv: list[str]) -> int:
    """Parse and run; 2 when something is missing."""
    args, recipe = arguments(argv)
    torch.set_num_threads(args.threads)
    try:
        for split, count in (("train", args.train_pictures), ("val", args.val_pictures)):
            gather.render(
                args.pictures / split, split, count, args.render_python, args.render_processes
            )
        learnt, held = gather.photographs(args.real_pictures)
        small = args.out / "real"
        done = train(args, recipe, samples.shrink_real(learnt, small))
        if done:
            finish(args, *done, samples.shrink_real(held, small), recipe.seed)
    except (gather.MissingError, ModelError) as error:
        print(f"cannot train: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
