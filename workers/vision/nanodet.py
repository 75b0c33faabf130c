"""NanoDet-g in plain torch, and its weights from the kinds of files that carry them.

The architecture equals upstream `nanodet-g.yml` with batch normalisation folded into the
convolutions. In a TensorFlow.js model kernels and biases are read in the order in which the graph
numbers them; in safetensors and torch files they have the names of this module's state.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.nn import functional as F

from workers.vision.anchors import BINS, STRIDES, centres

__all__ = ["CLASSES", "NanoDet", "centres", "fill", "load_safetensors", "load_tfjs"]

CLASSES = 80
# (channels in, residual pairs, stride) of each cross-stage block.
BLOCKS = ((32, 1, 1), (64, 2, 2), (128, 2, 2), (256, 3, 2))


class Conv(nn.Module):
    """A convolution with the network's leaky activation."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, stride, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.conv(x), 0.1, inplace=True)


class Block(nn.Module):
    """A cross-stage block: twice as many channels out as in."""

    def __init__(self, channels: int, pairs: int, stride: int) -> None:
        super().__init__()
        half = channels // 2
        self.first = Conv(channels, channels, stride)
        self.inner = nn.ModuleList(
            nn.ModuleList((Conv(channels, half), Conv(half, half))) for _ in range(pairs)
        )
        self.last = Conv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.first(x)
        x = y
        for pair in self.inner:
            narrow, wide = pair.children()
            a = narrow(x)
            x = torch.cat((wide(a), a), 1)
        return torch.cat((self.last(x), y), 1)


class NanoDet(nn.Module):
    """Takes normalised BGR (N, 3, H, W), sides multiples of 32; gives logits per anchor point."""

    def __init__(self, classes: int = CLASSES) -> None:
        super().__init__()
        self.stem = Conv(3, 32, 2)
        self.blocks = nn.ModuleList(Block(*shape) for shape in BLOCKS)
        self.laterals = nn.ModuleList(nn.Conv2d(c, 128, 1) for c in (128, 256, 512))
        self.heads = nn.ModuleList(
            nn.ModuleList((Conv(128, 128), nn.Conv2d(128, classes + 4 * BINS, 1))) for _ in STRIDES
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, anchors, classes + 44): class logits, then four distributions of 11 bins."""
        x = F.max_pool2d(self.stem(x), 3, 2, 1)
        stages = []
        for block in self.blocks:
            x = block(x)
            stages.append(x)
        l3, l4, l5 = (side(s) for side, s in zip(self.laterals, stages[1:], strict=True))
        p4 = l4 + _resize(l5, l4)
        p3 = l3 + _resize(p4, l3)
        n4 = p4 + _resize(p3, p4)
        n5 = l5 + _resize(n4, l5)
        levels = []
        for head, level in zip(self.heads, (p3, n4, n5), strict=True):
            conv, out = head.children()
            levels.append(out(conv(level)).flatten(2))
        return torch.cat(levels, 2).transpose(1, 2)


def _resize(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


def load_tfjs(graph: Path, weights: Path) -> NanoDet:
    """Build the network from the two files of the model; ValueError where they do not fit."""
    arrays = _read_arrays(json.loads(graph.read_text())["weightsManifest"], weights.read_bytes())
    kernels = _numbered(arrays, "PartitionedCall/split", 4)
    biases = _numbered(arrays, "unknown", 1)
    net = NanoDet()
    convs = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    if not len(kernels) == len(biases) == len(convs):
        raise ValueError(
            f"expected {len(convs)} convolutions, found {len(kernels)} kernels "
            f"and {len(biases)} biases"
        )
    for conv, kernel, bias in zip(convs, kernels, biases, strict=True):
        value = torch.from_numpy(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
        if value.shape != conv.weight.shape:
            raise ValueError(
                f"expected a kernel of {tuple(conv.weight.shape)}, found {tuple(value.shape)}"
            )
        conv.weight.data = value
        conv.bias.data = torch.from_numpy(bias)  # type: ignore[union-attr]
    return net.eval()


def load_safetensors(path: Path, classes: int = CLASSES) -> NanoDet:
    """Build the network from a safetensors file; ValueError where it does not fit."""
    try:
        with safe_open(path, framework="pt") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(f"not a safetensors file: {error}") from None
    return fill(state, classes)


def fill(state: Mapping[str, Tensor], classes: int = CLASSES) -> NanoDet:
    """Build the network from its state, half or whole floats; ValueError names what differs."""
    net = NanoDet(classes)
    wanted = net.state_dict()
    for what, names in (
        ("lack", sorted(wanted.keys() - state.keys())),
        ("have more than the network:", sorted(state.keys() - wanted.keys())),
    ):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise ValueError(
                f"the weights {what} {names[0]}{more}; "
                f"expected {len(wanted)} arrays, found {len(state)}"
            )
    for name, value in state.items():
        if not isinstance(value, Tensor) or not value.is_floating_point():
            raise ValueError(f"{name}: expected floats, found {getattr(value, 'dtype', value)}")
        if value.shape != wanted[name].shape:
            raise ValueError(
                f"{name}: expected the shape {tuple(wanted[name].shape)}, "
                f"found {tuple(value.shape)}"
            )
        if not bool(torch.isfinite(value).all()):
            raise ValueError(f"{name}: expected numbers, found infinity or none")
    net.load_state_dict({name: value.float() for name, value in state.items()})
    return net.eval()


def _read_arrays(manifest: list[dict], blob: bytes) -> dict[str, np.ndarray]:
    arrays, offset = {}, 0
    for entry in (entry for group in manifest for entry in group["weights"]):
        count = int(np.prod(entry["shape"], dtype=np.int64))
        half = entry.get("quantization", {}).get("dtype") == "float16"
        kind = np.dtype("<f2") if half else np.dtype({"int32": "<i4"}.get(entry["dtype"], "<f4"))
        if offset + count * kind.itemsize > len(blob):
            raise ValueError(f"the weights end inside {entry['name']}")
        value = np.frombuffer(blob, kind, count, offset).reshape(entry["shape"])
        arrays[entry["name"]] = value.astype(np.float32) if half else value
        offset += count * kind.itemsize
    return arrays


def _numbered(arrays: dict[str, np.ndarray], stem: str, dimensions: int) -> list[np.ndarray]:
    """Return the float arrays called stem or stem_<n>, in the order of n."""
    found = {}
    for name, value in arrays.items():
        head, _, number = name.rpartition("_")
        if name == stem:
            head, number = stem, "0"
        if head == stem and number.isdigit() and value.ndim == dimensions:
            if value.dtype != np.float32:
                continue
            found[int(number)] = value
    return [found[n] for n in sorted(found)]
