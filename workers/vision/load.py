"""Loads detectors of the catalogue into what runs them best here."""

import os
from pathlib import Path

import numpy as np

from workers import models
from workers.models.contract import ModelError
from workers.vision.backends import OnnxRunner, OpenVinoRunner, Runner, TorchRunner, choose
from workers.vision.detector import NetDetector
from workers.vision.export import graph_of, network
from workers.vision.outputs import MIN_SCORE
from workers.vision.pair import Pair

# A network that a mine brought may loop for ever over some picture, and every mine's cameras wait
# for whoever runs it. One was taken that answers within half a second.
OWN_LIMIT_S = 10.0


def load_detector(
    name: str = "default",
    *,
    folder: Path | None = None,
    device: str | None = None,
    backend: str | None = None,
    least: float = MIN_SCORE,
) -> NetDetector | Pair:
    """Load a detector of the catalogue; models.ModelError says what is missing or wrong.

    An entry that names a partner for the dark is loaded with it.

    device: "cpu" or "cuda", by default DAVY_DEVICE, else what is there. backend: "torch",
    "onnxruntime" or "openvino", by default DAVY_DETECTOR_BACKEND, else the fastest for the device.
    least: the lowest score that is asked for; to sort the hundred weaker boxes of every picture
    takes a tenth of the time.
    """
    entry = models.find(name)
    found = wrap(entry, folder=folder, device=device, backend=backend, least=least)
    if not entry.dark:
        return found
    partner = models.find(entry.dark)
    dark = wrap(partner, folder=folder, device=device, backend=backend, least=least)
    return Pair(found, dark, entry.dark_below)


def wrap(
    entry: models.Model,
    *,
    folder: Path | None = None,
    device: str | None = None,
    backend: str | None = None,
    number_format: str | None = None,
    least: float = MIN_SCORE,
    strict: bool = False,
) -> NetDetector:
    """Load an entry, as load_detector() does; number_format: "float32" for the exact one.

    strict: as of NetDetector.
    """
    runner = runner_of(
        entry, folder=folder, device=device, backend=backend, number_format=number_format
    )
    return NetDetector(
        runner,
        entry.contract,
        f"{entry.name}@{entry.version}",
        light=entry.light,
        score=entry.score,
        least=least,
        strict=strict,
    )


def probe(detector: NetDetector) -> None:
    """Show a detector pictures of two shapes, and a black one; ModelError where what it says of
    one has the wrong shape or cannot be: numbers that are none, scores, labels, boxes.

    It may see nothing in them. In the dark a network that divides by what it sees says no numbers.
    """
    random = np.random.default_rng(1)
    pictures = [random.integers(0, 255, size, np.uint8) for size in ((90, 160, 3), (160, 90, 3))]
    for picture in (*pictures, np.zeros((90, 160, 3), np.uint8)):
        detector.detect([picture])
        detector.probe(picture)


def runner_of(
    entry: models.Model,
    *,
    folder: Path | None = None,
    device: str | None = None,
    backend: str | None = None,
    number_format: str | None = None,
) -> Runner:
    """Load an entry into a backend."""
    if entry.network != "nanodet" and entry.kind != "onnx":
        raise ModelError(f"{entry.name} is no detector: its network is {entry.network}")
    wanted = os.environ.get("DAVY_DETECTOR_BACKEND", "") if backend is None else backend
    where = os.environ.get("DAVY_DEVICE", "") if device is None else device
    able = tuple(b for b in entry.backends if b != "torch" or entry.kind != "onnx")
    chosen, device = choose(wanted, where, able)
    if chosen == "torch":
        return TorchRunner(network(entry, folder), device, number_format)
    graph = graph_of(entry, folder)
    if chosen == "openvino":
        return OpenVinoRunner(graph, number_format)
    return OnnxRunner(graph, OWN_LIMIT_S if entry.package == "own" else None)
