"""Trains the network that weighs the water gauge's cues: `python -m workers.train.waterline`.

Ten minutes on one core: 15,000 drawn strips (about 10 ms each), cues, 20 epochs of a network of
20,000 weights. Those that ship had 15,200 strips, 14 epochs and 5 more at a lower rate, from an
earlier writing of the same drawings. The loss is the cross-entropy of the true row against all rows
and "no line to see", so the network's chances are a confidence. Strips are made by seed, and kept
in the work folder: a broken run goes on where it was.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.train.strips import strip
from workers.vision.waterline import ROWS, WEIGHTS, cues

BATCH, CHANNELS = 64, 32
PER_FILE = 500
# The spread of the true row's target, in rows.
SPREAD = 1.2
# Taps and the rows between them, per layer.
LAYERS = ((5, 1), (7, 3), (7, 9), (1, 1))


class Network(nn.Module):
    """Four convolutions over the rows, from cues (N, ROWS, C) to logits (N, ROWS + 1)."""

    def __init__(self, channels_in: int) -> None:
        super().__init__()
        sizes = [channels_in, CHANNELS, CHANNELS, CHANNELS, 1]
        self.layers = nn.ModuleList(
            nn.Conv1d(
                a, b, taps, padding=taps // 2 * apart, dilation=apart, padding_mode="replicate"
            )
            for a, b, (taps, apart) in zip(sizes, sizes[1:], LAYERS, strict=False)
        )

    def forward(self, rows: Tensor) -> Tensor:
        x = rows.transpose(1, 2)
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        logits = self.layers[-1](x)[:, 0]
        return torch.cat([logits, torch.zeros(len(logits), 1)], 1)


def make(folder: Path, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw strips, or take those that are there: cues (N, ROWS, C) float16, rows (N,), -1: none."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for number in range(-(-count // PER_FILE)):
        path = folder / f"strips-{seed}-{number:03}.npz"
        if not path.exists():
            rng = np.random.default_rng((seed, number))
            drawn = [strip(rng) for _ in range(PER_FILE)]
            rows = [-1.0 if row is None else row for _, row in drawn]
            found = np.stack([cues(picture) for picture, _ in drawn]).astype(np.float16)
            unfinished = path.with_suffix(".part.npz")
            np.savez(unfinished, cues=found, rows=np.array(rows, np.float32))
            unfinished.rename(path)
            print(f"{path.name}", flush=True)
        with np.load(path) as data:
            parts.append((data["cues"], data["rows"]))
    return np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])


def targets(rows: np.ndarray) -> np.ndarray:
    """Return the share (N, ROWS + 1) of each row and of "none" that the network is to give."""
    wanted = np.exp(-0.5 * ((np.arange(ROWS)[None] - rows[:, None]) / SPREAD) ** 2)
    wanted = np.where(rows[:, None] >= 0, wanted / wanted.sum(1, keepdims=True).clip(1e-9), 0)
    return np.hstack([wanted, (rows < 0)[:, None]]).astype(np.float32)


def report(network: Network, x: Tensor, rows: np.ndarray) -> str:
    """Say how many lines were read, how many of them to 4 rows, and how many blanks stayed so."""
    with torch.no_grad():
        chances = torch.cat([torch.softmax(network(part.float()), 1) for part in x.split(256)])
    near = np.stack([np.convolve(one[:ROWS], np.ones(9), "same") for one in chances.numpy()])
    read, wet = near.max(1) > 0.35, rows >= 0
    right = np.abs(near.argmax(1) - rows) <= 4
    return (
        f"read {(read & wet).sum() / wet.sum():.3f}, of those right "
        f"{(right & read & wet).sum() / max((read & wet).sum(), 1):.3f}, "
        f"blank kept blank {(~read & ~wet).sum() / max((~wet).sum(), 1):.3f}"
    )


def save(network: Network, mean: np.ndarray, spread: np.ndarray, path: Path) -> None:
    """Write the weights in half floats, kernels as (taps, in, out)."""
    arrays = {"mean": mean, "spread": spread}
    for number, layer in enumerate(network.layers, 1):
        assert isinstance(layer, nn.Conv1d) and layer.bias is not None
        arrays[f"k{number}"] = layer.weight.detach().permute(2, 1, 0).numpy()
        arrays[f"b{number}"] = layer.bias.detach().numpy()
    np.savez(path, allow_pickle=False, **{k: v.astype(np.float16) for k, v in arrays.items()})


def train(count: int, epochs: int, seed: int, work: Path, out: Path) -> None:
    """Make strips, train, and write the weights after each epoch."""
    torch.manual_seed(seed)
    # The layers are small: more threads would only wait for one another.
    torch.set_num_threads(1)
    found, rows = make(work, count, seed)
    held = len(found) // 10
    mean = found[held:].mean((0, 1), dtype=np.float32)
    spread = np.sqrt(found[held:].var((0, 1), dtype=np.float32)) + 1e-3
    x = torch.from_numpy(((found - mean) / spread).astype(np.float16))
    wanted = torch.from_numpy(targets(rows))
    network = Network(found.shape[2])
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99)
    )
    optimiser = torch.optim.AdamW(network.parameters(), 4e-3, weight_decay=1e-3)
    steps = epochs * ((len(x) - held) // BATCH)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for epoch in range(epochs):
        order = torch.randperm(len(x) - held) + held
        total = 0.0
        for part in order[: len(order) // BATCH * BATCH].split(BATCH):
            logits = network(x[part].float())
            loss = -(wanted[part] * torch.log_softmax(logits, 1)).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            pace.step()
            average.update_parameters(network)
            total += float(loss.detach()) * BATCH
        mixed = average.module
        assert isinstance(mixed, Network)
        said = report(mixed, x[:held], rows[:held])
        print(f"epoch {epoch + 1} of {epochs}: loss {total / len(order):.3f}; {said}", flush=True)
        save(mixed, mean, spread, out)


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=15_000)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path("var/waterline"))
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    train(options.count, options.epochs, options.seed, options.work, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
