"""`python -m workers.train.ppe_measure FOLDER`: score helmets and bare heads on real pictures.

FOLDER holds images/ and labels/ in YOLO's form, boxes or outlines: class 0 a helmet, 1 a bare head,
others are passed over. Heads under 20 pixels, and what is found on them, count neither way. Each
picture is looked at whole, or with --windows as the engine does: a window about everybody whom the
detector finds.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from workers import models
from workers.train.crowd import LABELS
from workers.vision.backends import TorchRunner
from workers.vision.boxes import Box, in_pixels, iou, nms
from workers.vision.detector import Detector, NetDetector
from workers.vision.load import load_detector, wrap
from workers.vision.nanodet import load_safetensors
from workers.vision.ppe import LEAST_HEAD_PX, LEAST_SCORE, upper
from workers.vision.score import ap50

NAMES = ("helmet", "bare_head")
SIZES_PX = (20, 40, 80, 1_000_000)
# Whoever is found as surely is looked at.
PERSON = 0.25
Truth = list[tuple[int, np.ndarray, float]]


def truth(labels: Path, height: int) -> Truth:
    """Read a label file: class, box in fractions (4,), height in pixels."""
    told: Truth = []
    for line in labels.read_text().splitlines():
        number, *values = (float(word) for word in line.split())
        v = np.array(values)
        if len(v) == 4:
            box = np.array((v[0] - v[2] / 2, v[1] - v[3] / 2, v[0] + v[2] / 2, v[1] + v[3] / 2))
        else:
            box = np.array((v[::2].min(), v[1::2].min(), v[::2].max(), v[1::2].max()))
        if number < len(NAMES):
            told.append((int(number), box, float(box[3] - box[1]) * height))
    return told


def figures(rows: Sequence[tuple[Truth, list[Box], int]]) -> dict[str, Any]:
    """Return AP50 of each name, all and by size, and the confusion at the score that is used.

    rows: truth, boxes found and height in pixels of each picture.
    """
    made: dict[str, Any] = {"ap50": {}, "by_size": {}}
    for number, name in enumerate(NAMES):
        made["ap50"][name] = _ap(rows, number, LEAST_HEAD_PX, SIZES_PX[-1])
        for low, high in zip(SIZES_PX, SIZES_PX[1:], strict=False):
            count = sum(low <= s < high for t, _, _ in rows for k, _, s in t if k == number)
            score = _ap(rows, number, low, high)
            made["by_size"][f"{name} {low}-{high} px"] = {"boxes": count, "ap50": score}
    made["confusion"] = _confusion(rows)
    return made


def _ap(
    rows: Sequence[tuple[Truth, list[Box], int]], number: int, low: float, high: float
) -> float:
    wanted, found = [], []
    for told, boxes, height in rows:
        own = [(b, s) for k, b, s in told if k == number]
        wanted.append(np.array([b for b, s in own if low <= s < high]).reshape(-1, 4))
        other = np.array([b for b, s in own if not low <= s < high]).reshape(-1, 4)
        kept = []
        for box in boxes:
            tall = (box.xyxy[3] - box.xyxy[1]) * height
            if box.label != NAMES[number] or not 0.7 * low <= tall < 1.4 * high:
                continue
            if len(other) and float(iou(np.array([box.xyxy]), other).max()) > 0.3:
                continue
            kept.append([*box.xyxy, box.score])
        found.append(np.array(kept).reshape(-1, 5))
    return round(ap50(wanted, found), 1)


def _confusion(rows: Sequence[tuple[Truth, list[Box], int]]) -> dict[str, dict[str, int]]:
    """Count, for each true head of 20 pixels and more, what the best box on it said."""
    counts = {name: dict.fromkeys((*NAMES, "nothing"), 0) for name in NAMES}
    for told, boxes, _ in rows:
        heads = [b for b in boxes if b.label in NAMES and b.score >= LEAST_SCORE]
        for number, box, tall in told:
            if tall < LEAST_HEAD_PX:
                continue
            near = [h for h in heads if float(iou(box[None], np.array([h.xyxy]))[0, 0]) > 0.3]
            said = max(near, key=lambda h: h.score).label if near else "nothing"
            counts[NAMES[number]][said] += 1
    return counts


def measure(network: Detector, folder: Path) -> dict[str, Any]:
    """Score a network on a folder of labelled pictures."""
    rows = []
    for path in sorted((folder / "images").iterdir()):
        picture = cv2.imread(str(path))
        if picture is not None:
            told = truth(folder / "labels" / (path.stem + ".txt"), picture.shape[0])
            rows.append((told, network.detect([picture])[0], picture.shape[0]))
    return figures(rows)


class Windows:
    """Looks at the upper part of everybody who is found, as `workers.vision.ppe` does."""

    def __init__(self, network: Detector, people: Detector) -> None:
        self.network = network
        self.people = people
        self.name, self.input_px = network.name, network.input_px

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Box]]:
        """Find heads and vests in pictures; of two boxes of one thing the surer one."""
        return [self._one(picture) for picture in pictures]

    def _one(self, picture: np.ndarray) -> list[Box]:
        height, width = picture.shape[:2]
        found: list[Box] = []
        for person in self.people.detect([picture])[0]:
            if person.label != "person" or person.score < PERSON:
                continue
            window = upper(person.xyxy, width, height)
            if window is None:
                continue
            left, top, right, bottom = window
            for box in self.network.detect([picture[top:bottom, left:right]])[0]:
                x1, y1, x2, y2 = in_pixels(box, window).xyxy
                whole = (x1 / width, y1 / height, x2 / width, y2 / height)
                found.append(Box(box.label, whole, box.score))
        if not found:
            return []
        corners = np.array([box.xyxy for box in found])
        labels = np.array([LABELS.index(box.label) for box in found])
        return [found[i] for i in nms(corners, np.array([b.score for b in found]), labels)]


def main(argv: list[str] | None = None) -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m workers.train.ppe_measure")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--px", type=int, default=640, help="longer side of the whole picture")
    parser.add_argument("--windows", action="store_true", help="about people, as the engine does")
    parser.add_argument("--weights", type=Path, help="not those of the catalogue")
    options = parser.parse_args(argv)
    entry = models.find("ppe")
    contract = entry.contract
    if not options.windows:
        contract = replace(contract, input_px=options.px)
    if options.weights:
        net = load_safetensors(options.weights, len(entry.labels))
        network: Detector = NetDetector(
            TorchRunner(net, "cpu", None), contract, "ppe", light=False, score=entry.score
        )
    else:
        network = wrap(replace(entry, network="nanodet", contract=contract))
    if options.windows:
        network = Windows(network, load_detector())
    print(json.dumps(measure(network, options.folder), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
