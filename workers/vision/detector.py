"""The detector behind one small interface: pictures in, labelled boxes out."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from workers import models
from workers.models.contract import Contract, ModelError
from workers.vision.backends import OnnxRunner, OpenVinoRunner, Runner, TorchRunner, choose
from workers.vision.boxes import Box, Corners, iou, nms
from workers.vision.export import graph_of, network
from workers.vision.letterbox import Canvas, Letterbox, as_bgr
from workers.vision.outputs import MIN_SCORE, decode, verify
from workers.vision.pair import Pair

__all__ = [
    "MIN_SCORE",
    "Box",
    "Detector",
    "NetDetector",
    "iou",
    "load_detector",
    "nms",
    "probe",
    "runner_of",
    "wrap",
]

# On a GPU more pictures at once gain nothing and cost memory.
MOST_AT_ONCE = 32


class Detector(Protocol):
    """What the engine needs of a detector.

    input_px: the longer side of what it looks at; more pixels gain nothing.
    """

    name: str
    input_px: int

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Box]]:
        """Find boxes in BGR uint8 pictures (H, W, 3) of any sizes, score 0.05 and up."""
        ...


class NetDetector:
    """A network with the contract of its input and output.

    light: whether pictures should be corrected for it; score: how sure is sure enough, 0..1;
    least: boxes of lower scores are left out; strict: numbers that no network in order gives are a
    ModelError, for whoever has another network then, and not just no boxes.
    """

    def __init__(
        self,
        runner: Runner,
        contract: Contract,
        name: str,
        *,
        light: bool,
        score: float,
        least: float = MIN_SCORE,
        strict: bool = False,
    ) -> None:
        self.runner = runner
        self.contract = contract
        self.name = f"{name} {runner.backend}-{runner.device}"
        self.input_px = contract.input_px
        self.labels = contract.labels
        self.light = light
        self.score = score
        self.least = least
        self.strict = strict
        self.letterbox = Letterbox(contract)

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Box]]:
        """Find boxes from `least` on, all labels, best score first, at most 200 a picture.

        Pictures of one padded size share a batch. A picture without pixels holds nothing.
        letterbox.PictureError where something is no picture.
        """
        found: list[list[Box]] = [[] for _ in pictures]
        sizes: dict[tuple[int, ...], list[int]] = {}
        canvases = []
        for i, picture in enumerate(pictures):
            usable = as_bgr(picture)
            canvases.append(None if usable is None else self.letterbox.fit(usable))
            if (canvas := canvases[i]) is not None:
                sizes.setdefault(canvas.pixels.shape, []).append(i)
        most = 1 if self.runner.single or self.contract.output == "boxes" else MOST_AT_ONCE
        for numbers in sizes.values():
            for first in range(0, len(numbers), most):
                members = numbers[first : first + most]
                group = [canvas for i in members if (canvas := canvases[i]) is not None]
                outputs = self._run(self.letterbox.batch(group), len(group))
                for i, canvas, output in zip(members, group, outputs, strict=True):
                    found[i] = self._boxes(output, canvas)
        return found

    def glance(self, picture: np.ndarray, part: Corners) -> list[Box] | None:
        """Find boxes as detect() does, looking only at a part of one picture, at the same scale.

        part: in fractions of the picture. None where this network takes no picture of another size,
        and on a GPU, where pictures of one size share a run.
        """
        contract, usable = self.contract, as_bgr(picture)
        able = not (contract.square or self.runner.fixed or contract.output == "boxes")
        if usable is None or not able or self.runner.device != "cpu":
            return None
        canvas = self.letterbox.fit(usable).cut(part, contract.step_px)
        [output] = self._run(self.letterbox.batch([canvas]), 1)
        return self._boxes(output, canvas)

    def probe(self, picture: np.ndarray) -> None:
        """Raise ModelError where the network's answer to a picture is none that could be used."""
        usable = as_bgr(picture)
        assert usable is not None
        canvas = self.letterbox.fit(usable)
        [output] = self._run(self.letterbox.batch([canvas]), 1)
        decode(output, self.contract, canvas, self.least)  # what has another shape is refused there
        verify(output, self.contract, first=True)

    def _boxes(self, output: Sequence[np.ndarray], canvas: Canvas) -> list[Box]:
        """Return the boxes of one picture's outputs."""
        found = decode(output, self.contract, canvas, self.least)
        if self.strict:
            verify(output, self.contract)
        return found

    def _run(self, batch: np.ndarray, count: int) -> list[list[np.ndarray]]:
        """Return the outputs of each picture."""
        outputs = self.runner.run(batch)
        if self.contract.output == "boxes":
            dimensions = (2, 1, 1)
            # Some graphs keep a batch dimension of one, some have none.
            return [
                [
                    out[0] if out.ndim == wanted + 1 and len(out) == 1 else out
                    for out, wanted in zip(outputs, dimensions, strict=False)
                ]
            ]
        for number, out in enumerate(outputs[:1]):
            if out.ndim != 3 or len(out) != count:
                raise ModelError(
                    f"output {number}: expected ({count}, anchors, values), found {out.shape}"
                )
        return [[out[i] for out in outputs[:1]] for i in range(count)]


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
    return OnnxRunner(graph)
