"""The network as ONNX, made once from the same weights and kept beside them."""

import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from workers.models import Model, ModelError, root, verify

# torch is imported only where a network is built, not where its kept graph is read.
if TYPE_CHECKING:
    from workers.vision.nanodet import NanoDet

# Part of the kept file's name: raise it when what is written here changes.
EXPORTER = 1
OPSET = 17


def network(entry: Model, base: Path | None = None) -> "NanoDet":
    """Build an entry's network in torch; ModelError says what of its files does not fit."""
    from workers.vision import nanodet

    where = verify(entry, base)
    paths = [where / file.name for file in entry.files]
    classes = len(entry.labels)
    try:
        if entry.kind == "tfjs" and len(paths) == 2 and classes == nanodet.CLASSES:
            return nanodet.load_tfjs(*paths)
        if entry.kind == "safetensors" and len(paths) == 1:
            return nanodet.load_safetensors(paths[0], classes)
    except (ValueError, KeyError, OSError) as error:
        raise ModelError(f"weights of {entry.name} do not fit: {error}") from None
    raise ModelError(
        f"{entry.name}: expected two files of kind tfjs and 80 labels or one of kind safetensors, "
        f"found {len(paths)} of kind {entry.kind} and {classes} labels"
    )


def graph_of(entry: Model, base: Path | None = None) -> bytes:
    """Return an entry as ONNX of any batch and any sides that are multiples of 32.

    Written once to <models>/onnx/<SHA-256 of the weights>-<exporter>.onnx, whole or not at all;
    where that folder cannot be written it is made anew each time.
    """
    if entry.kind == "onnx":
        return (verify(entry, base) / entry.files[0].name).read_bytes()
    kept = (base or root()) / "onnx" / f"{entry.sha256}-{EXPORTER}.onnx"
    verify(entry, base)
    try:
        return kept.read_bytes()
    except OSError:
        graph = export(network(entry, base))
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as file:
            file.write(graph)
        Path(file.name).chmod(0o644)
        os.replace(file.name, kept)
    except OSError:
        pass  # a read-only image: slower to start, nothing else
    return graph


def export(net: "NanoDet") -> bytes:
    """Return the network as an ONNX file: `pictures` (N, 3, H, W) in, `logits` (N, A, C) out."""
    import torch

    # Batch 2 and unequal sides, so that nothing of the example is taken for a constant.
    example = torch.zeros(2, 3, 96, 64)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        # The newer exporter needs two packages more and gives the same graph.
        warnings.simplefilter("ignore")
        made = Path(folder) / "net.onnx"
        torch.onnx.export(
            net.cpu().float(),
            (example,),
            made,
            dynamo=False,
            opset_version=OPSET,
            input_names=["pictures"],
            output_names=["logits"],
            dynamic_axes={"pictures": {0: "n", 2: "h", 3: "w"}, "logits": {0: "n", 1: "a"}},
        )
        return made.read_bytes()
