"""A network's output into boxes, for each form that a contract may name."""

from collections.abc import Sequence

import numpy as np

from workers.models.contract import Contract, ModelError
from workers.vision.anchors import BINS, centres
from workers.vision.boxes import Box, nms
from workers.vision.letterbox import Canvas

MIN_SCORE = 0.05
# A score is a number of 32 bits: 1 may be a little more.
SCORE_SLACK = 1e-4
# Where every box of a picture is smaller, in pixels of the input, they are fractions of it.
SMALLEST_PX = 2.0
CANDIDATES = 600
MAX_BOXES = 200

# Boxes (M, 4) in input pixels, scores (M,), numbers of labels (M,).
Raw = tuple[np.ndarray, np.ndarray, np.ndarray]


def decode(
    outputs: Sequence[np.ndarray], contract: Contract, canvas: Canvas, least: float = MIN_SCORE
) -> list[Box]:
    """Return one picture's boxes, best first, from a score on, at most 200.

    outputs: the network's, without the batch dimension; least: that score. ModelError where their
    shape is not what the contract says.
    """
    forms = {"nanodet": _nanodet, "yolox": _yolox, "boxes": _boxes}
    size = canvas.pixels.shape[:2]
    xyxy, score, label = forms[contract.output](outputs, contract, size, least)
    if not len(score):
        return []
    good = np.isfinite(xyxy).all(-1) & (score >= 0) & (score <= 1 + SCORE_SLACK)
    xyxy, score, label = xyxy[good], np.minimum(score[good], 1), label[good]
    if not len(score):
        return []
    xyxy = xyxy + (canvas.left, canvas.top, canvas.left, canvas.top)
    fractions = xyxy / (canvas.width, canvas.height, canvas.width, canvas.height)
    fractions = np.clip(fractions, 0, 1)
    kept = nms(fractions, score, label)[:MAX_BOXES]
    rows = zip(label[kept].tolist(), fractions[kept].tolist(), score[kept].tolist(), strict=True)
    return [
        Box(contract.labels[number], (x1, y1, x2, y2), sure)
        for number, (x1, y1, x2, y2), sure in rows
        if x2 > x1 and y2 > y1
    ]


def verify(outputs: Sequence[np.ndarray], contract: Contract, *, first: bool = False) -> None:
    """Raise ModelError where one picture's outputs hold what no network in order says.

    Numbers that are none, and scores outside 0..1; decode() leaves out such boxes, so that a
    network which says nothing else would see nobody, and nobody would know. first: of a network
    that is looked at before it is taken, also labels outside its list, and boxes not in pixels.
    """
    if contract.output != "boxes":
        _numbers("output 0", outputs[0])
        if contract.output == "yolox":
            _scores(outputs[0][:, 4:])
        return
    xyxy, score, label = outputs[:3]
    _numbers("scores", score)
    _scores(score)
    # What fills up a fixed number of rows has no score, and says nothing.
    rows = score >= MIN_SCORE
    xyxy, label = xyxy[rows], label[rows]
    _numbers("boxes", xyxy)
    if not first or not len(xyxy):
        return
    most = len(contract.labels) - 1
    wrong = label[~((label >= 0) & (label <= most))]
    if len(wrong):
        raise ModelError(f"labels: expected 0 to {most}, found {wrong[0]:g}")
    sides = xyxy[:, 2:] - xyxy[:, :2]
    if not (sides > 0).all(-1).any():
        raise ModelError(
            "boxes: expected left, top, right, bottom, found none whose right is beyond its left "
            "and whose bottom is below its top"
        )
    if sides.max() < SMALLEST_PX:
        raise ModelError(
            f"boxes: expected pixels of the input, found none larger than {sides.max():.2g}: "
            "fractions of the picture?"
        )


def _numbers(name: str, values: np.ndarray) -> None:
    wrong = values[~np.isfinite(values)]
    if len(wrong):
        raise ModelError(f"{name}: expected numbers, found {wrong[0]:g}")


def _scores(values: np.ndarray) -> None:
    wrong = values[(values < -SCORE_SLACK) | (values > 1 + SCORE_SLACK)]
    if len(wrong):
        raise ModelError(f"scores: expected 0 to 1, found {wrong[0]:g}")


def _nanodet(
    outputs: Sequence[np.ndarray], contract: Contract, size: tuple[int, int], least: float
) -> Raw:
    classes = len(contract.labels)
    least = float(np.log(least / (1 - least)))
    points, strides = centres(*size)
    output = _shaped(outputs, 0, (len(points), classes + 4 * BINS))
    logits = output[:, :classes]
    # The few anchors that see anything first: to look at every label of every one takes longer.
    some = np.flatnonzero(logits.max(1) >= least)
    anchor, label = np.nonzero(logits[some] >= least)
    anchor = some[anchor]
    score = 1 / (1 + np.exp(-logits[anchor, label].astype(np.float32)))
    anchor, label, score = _best(anchor, label, score)
    bins = output[anchor, classes:].reshape(-1, 4, BINS)
    bins = np.exp(bins - bins.max(-1, keepdims=True))
    distance = (bins @ np.arange(BINS, dtype=np.float32)) / bins.sum(-1)
    distance *= strides[anchor, None]
    at = points[anchor]
    return np.concatenate((at - distance[:, :2], at + distance[:, 2:]), 1), score, label


def _yolox(
    outputs: Sequence[np.ndarray], contract: Contract, size: tuple[int, int], least: float
) -> Raw:
    classes = len(contract.labels)
    points, strides = centres(*size, offset=0.0)
    output = _shaped(outputs, 0, (len(points), 5 + classes))
    scores = output[:, 4:5] * output[:, 5:]
    anchor, label = np.nonzero(scores >= least)
    anchor, label, score = _best(anchor, label, scores[anchor, label])
    stride = strides[anchor, None]
    at = points[anchor] + output[anchor, :2] * stride
    # exp(8) strides are wider than any picture: more would overflow.
    half = np.exp(np.minimum(output[anchor, 2:4], 8)) * stride / 2
    return np.concatenate((at - half, at + half), 1), score, label


def _boxes(
    outputs: Sequence[np.ndarray], contract: Contract, size: tuple[int, int], least: float
) -> Raw:
    count = len(outputs[0]) if outputs and outputs[0].ndim == 2 else 0
    xyxy = _shaped(outputs, 0, (count, 4))
    score = _shaped(outputs, 1, (count,))
    label = _shaped(outputs, 2, (count,))
    good = score >= least
    good &= (label >= 0) & (label < len(contract.labels))
    rows, label, score = _best(np.nonzero(good)[0], label[good].astype(int), score[good])
    return xyxy[rows], score, label


def _best(rows: np.ndarray, label: np.ndarray, score: np.ndarray) -> Raw:
    order = np.argsort(-score, kind="stable")[:CANDIDATES]
    return rows[order], label[order], score[order]


def _shaped(outputs: Sequence[np.ndarray], number: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return an output if it has the shape; ModelError says what was expected and found."""
    if number >= len(outputs):
        raise ModelError(f"expected {number + 1} outputs or more, found {len(outputs)}")
    if outputs[number].shape != shape:
        raise ModelError(
            f"output {number}: expected {shape} for one picture, found {outputs[number].shape}"
        )
    return outputs[number]
