"""Trains the miner's network: `python -m workers.train.miner`; `make train-miner` does it all.

Renders what pictures are missing, trains, chooses the share of the original to keep, validates and
writes the weights and their card. Stopped at any time, the same command goes on.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import cv2
import torch

from workers.train import loop, samples, weights

# One real picture in so many is kept from training, to choose by.
HELD_OUT = 7


def split_real(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """Part real pictures into those to train on and those to choose by."""
    paths = sorted(paths)
    held = paths[HELD_OUT - 1 :: HELD_OUT]
    return [path for path in paths if path not in set(held)], held


def train(args: argparse.Namespace, recipe: loop.Recipe) -> None:
    """Take the steps that are left."""
    rendered = samples.read_labels(args.pictures / "train")
    real = samples.shrink_real(
        [p for p in args.real.glob("*.*") if p.suffix != ".md"], args.out / "real"
    )
    learnt, held = split_real(real)
    people = sum(len(item.boxes) for item in rendered)
    print(
        f"{len(rendered)} rendered pictures with {people} people in "
        f"{len({item.layout for item in rendered})} layouts; {len(learnt)} real ones, "
        f"{len(held)} more held out",
        flush=True,
    )
    plan = samples.Plan(
        tuple(rendered), tuple(learnt), recipe.seed, recipe.rendered, recipe.real, recipe.darkened
    )
    run = loop.Run(recipe, plan, weights.original(), args.device)
    until = time.monotonic() + 60 * args.minutes if args.minutes else None
    loop.train(run, args.out, loaders=args.loaders, until=until)
    torch.save(run.average.state_dict(), args.out / "average.pt")


def main(argv: list[str]) -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="python -m workers.train.miner", description=__doc__)
    default = loop.Recipe()
    parser.add_argument("--pictures", type=Path, default=Path("var/miner"))
    parser.add_argument("--real", type=Path, default=Path("var/real"))
    parser.add_argument("--out", type=Path, default=Path("var/train/miner"))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--loaders", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0, help="stop after; 0: when done")
    for name in ("steps", "seed", "rendered", "real_per_step", "frozen"):
        kept = getattr(default, name.removesuffix("_per_step"))
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=kept)
    for name in ("rate", "memory_scores", "memory_boxes", "others", "darkened"):
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=float, default=getattr(default, name)
        )
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    recipe = loop.Recipe(
        steps=args.steps,
        seed=args.seed,
        rendered=args.rendered,
        real=args.real_per_step,
        rate=args.rate,
        memory_scores=args.memory_scores,
        memory_boxes=args.memory_boxes,
        others=args.others,
        darkened=args.darkened,
        frozen=args.frozen,
    )
    train(args, recipe)
    return 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(main(sys.argv[1:]))
