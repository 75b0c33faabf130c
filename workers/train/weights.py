"""The project's weights: a safetensors file of half floats with strings that say what it is."""

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from workers import models
from workers.vision.nanodet import NanoDet, load_safetensors, load_tfjs

BASE = "nanodet-g"


def original() -> NanoDet:
    """Load the network that training starts from; models.ModelError where it is not there."""
    entry = models.find(BASE)
    where = models.verify(entry)
    return load_tfjs(where / entry.files[0].name, where / entry.files[1].name)


def original_sha256() -> str:
    """Return the SHA-256 of the weights that training starts from."""
    entry = models.find(BASE)
    return hashlib.sha256((models.verify(entry) / entry.files[1].name).read_bytes()).hexdigest()


def save(state: Mapping[str, Tensor], path: Path, said: Mapping[str, str]) -> None:
    """Write weights as half floats with metadata; the file appears whole or not at all."""
    halves = {name: value.detach().to("cpu", torch.float16).contiguous() for name, value in
              state.items()}  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file(halves, str(part), metadata=dict(said))
    part.replace(path)


def load(path: Path) -> tuple[NanoDet, dict[str, str]]:
    """Build the network of a file and return its metadata; ValueError where it does not fit."""
    net = load_safetensors(path)
    with safe_open(path, "pt") as file:
        return net, dict(file.metadata() or {})


def blend(
    original: Mapping[str, Tensor], tuned: Mapping[str, Tensor], share: float
) -> dict[str, Tensor]:
    """Average two sets of weights; share 0 is the original, 1 the tuned one.

    Wortsman et al. 2022, "Robust fine-tuning of zero-shot models": a mean of both keeps more of
    what was known than it loses of what was learnt.
    """
    return {name: value + share * (tuned[name] - value) for name, value in original.items()}


def main() -> None:
    """Write the original plus so many times what the miner's network differs from it."""
    parser = argparse.ArgumentParser(prog="python -m workers.train.weights")
    parser.add_argument("--further", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    entry = models.find("miner")
    tuned, _ = load(models.verify(entry) / entry.files[0].name)
    state = blend(original().state_dict(), tuned.state_dict(), options.further)
    made = f"the original + {options.further:g} ({entry.name}@{entry.version} - original)"
    save(state, options.out, {"made": made})


if __name__ == "__main__":
    main()
