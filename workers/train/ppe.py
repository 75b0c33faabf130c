"""`make train-ppe`: train the network that finds helmets, bare heads and vests.

It is NanoDet with four classes, begun from the people detector's weights; the first layers stay as
they are. The losses are quality focal, GIoU and distribution focal loss (Li et al. 2020,
"Generalized Focal Loss"). Stopped and begun again it goes on from its last checkpoint.
"""

import argparse
import json
import math
import platform
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from workers import models
from workers.train.crowd import LABELS, PLAIN, TILE, VEST, Crowd, Tile
from workers.vision.anchors import BINS, centres
from workers.vision.backends import has_bfloat16
from workers.vision.nanodet import CLASSES, NanoDet, load_tfjs

# From detector's contract: blue, green, red.
MEAN = torch.tensor((103.53, 116.28, 123.675)).view(1, 3, 1, 1)
STD = torch.tensor((57.375, 57.12, 58.395)).view(1, 3, 1, 1)
BATCH = 12
EVERY = 50
DECAY = 0.995
# Longer side of a box, in pixels, that each stride is to find.
SIDES_PX = {8: (0.0, 60.0), 16: (34.0, 130.0), 32: (85.0, 1e9)}
N = len(LABELS)


def begin() -> NanoDet:
    """Return the network with the people detector's features and new scores."""
    entry = models.find("nanodet-g")
    where = models.verify(entry)
    old = load_tfjs(where / entry.files[0].name, where / entry.files[1].name).state_dict()
    net = NanoDet(N)
    new = net.state_dict()
    for name, value in old.items():
        if value.shape == new[name].shape:
            new[name] = value
            continue
        scores = value[:1].repeat(N, *[1] * (value.ndim - 1))
        if value.ndim == 1:
            scores = torch.full((N,), -4.0)
        new[name] = torch.cat((scores, value[CLASSES:]))
    net.load_state_dict(new)
    for part in (net.stem, net.blocks[0]):
        for weight in part.parameters():
            weight.requires_grad = False
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def assign(tile: Tile, points: np.ndarray, strides: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each point's box number, -1 for background, -2 for ignored, and weights (A, N).

    A point is a box's where it lies near its middle and its stride finds boxes of that size; of
    two boxes the smaller one gets it.
    """
    chosen = np.full(len(points), -1)
    told = np.ones((len(points), N), np.float32)
    if not tile.whole:
        told[:, (VEST, PLAIN)] = 0
    for x1, y1, x2, y2 in tile.ignore:
        inside = (points > (x1, y1)).all(1) & (points < (x2, y2)).all(1)
        told[inside] = 0
    low = np.array([SIDES_PX[int(s)][0] for s in strides])
    high = np.array([SIDES_PX[int(s)][1] for s in strides])
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b, _ in tile.boxes]
    for i in np.argsort(areas)[::-1]:
        x1, y1, x2, y2 = tile.boxes[i][0]
        side = max(x2 - x1, y2 - y1)
        middle = np.array(((x1 + x2) / 2, (y1 + y2) / 2))
        reach = np.minimum(1.5 * strides[:, None], np.array((x2 - x1, y2 - y1)) * 0.5)
        reach = np.maximum(reach, 0.5 * strides[:, None])
        near = (np.abs(points - middle) <= reach).all(1) & (side >= low) & (side < high)
        chosen[near] = i
        told[near] = 1
        if not tile.whole and len(near):
            told[np.ix_(near, (VEST, PLAIN))] = 0
    return chosen, told


def losses(
    output: Tensor, tiles: list[Tile], points: np.ndarray, strides: np.ndarray
) -> tuple[Tensor, Tensor]:
    """Return the losses of scores and of boxes of a batch's output (B, A, N + 44)."""
    logits = output[..., :N].float()
    quality = torch.zeros_like(logits)
    weights = np.ones((*output.shape[:2], N), np.float32)
    rows, anchors, labels, wanted = [], [], [], []
    for row, tile in enumerate(tiles):
        chosen, weights[row] = assign(tile, points, strides)
        for anchor in np.nonzero(chosen >= 0)[0]:
            box, label = tile.boxes[chosen[anchor]]
            rows.append(row)
            anchors.append(int(anchor))
            labels.append(label)
            wanted.append(box)
    box_loss = output.sum() * 0
    if rows:
        sides = output[rows, anchors, N:].float().unflatten(-1, (4, BINS))
        at = torch.from_numpy(points[anchors])
        stride = torch.from_numpy(strides[anchors])
        boxes = torch.tensor(wanted)
        distance = sides.softmax(-1) @ torch.arange(BINS, dtype=torch.float32) * stride[:, None]
        found = torch.cat((at - distance[:, :2], at + distance[:, 2:]), 1)
        iou, giou = _overlaps(found, boxes)
        quality[rows, anchors, labels] = iou.detach().clamp(min=0)
        weight = logits[rows, anchors, labels].detach().sigmoid().clamp(min=0.1)
        spread = _spread(sides, at, stride, boxes)
        box_loss = (weight * (2 * (1 - giou) + 0.25 * spread)).sum() / weight.sum()
    focal = F.binary_cross_entropy_with_logits(logits, quality, reduction="none")
    focal = focal * (quality - logits.sigmoid()).abs().pow(2) * torch.from_numpy(weights)
    return focal.sum() / max(1, len(rows)), box_loss


def _overlaps(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    inter = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0)
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).clamp(min=0)
    shared = inter.prod(1)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - shared
    whole = hull.prod(1).clamp(min=1e-6)
    iou = shared / union.clamp(min=1e-6)
    return iou, iou - (whole - union) / whole


def _spread(sides: Tensor, at: Tensor, stride: Tensor, boxes: Tensor) -> Tensor:
    distance = torch.cat((at - boxes[:, :2], boxes[:, 2:] - at), 1) / stride[:, None]
    distance = distance.clamp(0, BINS - 1.01)
    low = distance.floor()
    log = sides.log_softmax(-1)
    below = log.gather(-1, low.long()[..., None])[..., 0]
    above = log.gather(-1, low.long()[..., None] + 1)[..., 0]
    return -((1 - distance + low) * below + (distance - low) * above).sum(-1)


def batch(tiles: list[Tile]) -> Tensor:
    """Stack tiles into the network's input (B, 3, H, W)."""
    pixels = torch.from_numpy(np.stack([t.pixels for t in tiles])).permute(0, 3, 1, 2)
    return ((pixels.float() - MEAN) / STD).contiguous(memory_format=torch.channels_last)


def train(crowd: Crowd, out: Path, *, steps: int, seed: int, rate: float) -> NanoDet:
    """Train for a number of steps; return the mean of the weights over the last ones."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    net = begin().train()
    mean = {k: v.detach().clone() for k, v in net.state_dict().items()}
    groups = [
        {"params": [w for w in net.blocks.parameters() if w.requires_grad], "lr": rate * 0.3},
        {"params": [*net.laterals.parameters(), *net.heads.parameters()], "lr": rate},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.02)
    shape = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda i: min(1.0, (i + 1) / 40) * (0.02 + 0.49 * (1 + math.cos(math.pi * i / steps))),
    )
    points, strides = centres(TILE, TILE)
    first, kept = 0, out / "checkpoint.pt"
    if kept.exists():
        saved = torch.load(kept, weights_only=True)
        net.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
        shape.load_state_dict(saved["shape"])
        mean, first = saved["mean"], saved["step"]
    started, told = time.process_time(), np.zeros(2)
    for step in range(first, steps):
        rng = np.random.default_rng((seed, step))
        tiles = [crowd.tile(rng) for _ in range(BATCH)]
        with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):
            output = net(batch(tiles))
        score, box = losses(output, tiles, points, strides)
        optimiser.zero_grad()
        (score + box).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 20)
        optimiser.step()
        shape.step()
        decay = min(DECAY, (1 + step) / (10 + step))
        with torch.no_grad():
            for key, value in net.state_dict().items():
                mean[key].lerp_(value, 1 - decay)
        told += (score.item(), box.item())
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            passed = time.process_time() - started
            print(f"{step + 1} {told / EVERY} {passed:.0f} s of processor", flush=True)
            told[:] = 0
            state = {"net": net.state_dict(), "optimiser": optimiser.state_dict()}
            partial = kept.with_suffix(".part")
            torch.save(
                state | {"shape": shape.state_dict(), "mean": mean, "step": step + 1}, partial
            )
            partial.rename(kept)
    net.load_state_dict(mean)
    return net.eval()


def write(net: NanoDet, path: Path, about: dict[str, str]) -> None:
    """Write the weights as half floats, with how they came about."""
    state = {k: v.detach().contiguous().half() for k, v in net.state_dict().items()}
    save_file(state, path, metadata=about)


def main(argv: list[str] | None = None) -> int:
    """Train, and write ppe.safetensors to --out."""
    parser = argparse.ArgumentParser(prog="python -m workers.train.ppe", description=__doc__)
    parser.add_argument("--real", type=Path, required=True, help="folder of train.pictures")
    parser.add_argument("--rendered", type=Path, help="folder of simulate pictures")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--frames", type=int, default=1000, help="rendered frames, largest heads")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    crowd = Crowd(options.real, options.rendered, frames=options.frames)
    net = train(crowd, options.out, steps=options.steps, seed=options.seed, rate=options.rate)
    about = {
        "name": "ppe",
        "labels": json.dumps(LABELS),
        "seed": str(options.seed),
        "steps": str(options.steps),
        "photographs": str(len(crowd.photos)),
        "frames": str(len(crowd.frames)),
        "base": models.find("nanodet-g").sha256,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }
    write(net, options.out / "ppe.safetensors", about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
