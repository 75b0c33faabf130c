"""The detector behind one small interface: pictures in, labelled boxes out."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from workers.models.contract import Contract, ModelError
from workers.vision.backends import Runner
from workers.vision.boxes import Box, Corners
from workers.vision.letterbox import Canvas, Letterbox, as_bgr
from workers.vision.outputs import MIN_SCORE, decode, verify

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
