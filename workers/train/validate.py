"""Validation: places and light never trained on, and real pictures that must not get worse.

Rendered pictures are developed once, by the camera of `workers.simulate.pictures` and not by that
of the training, and pressed as JPEG; the detector is run as the product runs it.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from workers import models
from workers.simulate.pictures import expose, load
from workers.train import measure, weights
from workers.train.measure import Matched
from workers.train.samples import MIN_VISIBLE, Rendered
from workers.vision.backends import TorchRunner
from workers.vision.detector import NetDetector
from workers.vision.nanodet import NanoDet

# Regime: range of mean luma, of glare and of noise, and whether it is infrared.
REGIMES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float], bool]] = {
    "bright": ((75, 100), (0.0, 0.3), (0.7, 1.5), False),
    "dim": ((30, 40), (0.0, 0.3), (2.0, 4.0), False),
    "very_dark": ((10, 20), (0.0, 0.3), (3.0, 6.0), False),
    "glare": ((30, 40), (0.7, 1.4), (2.0, 4.0), False),
    "infrared": ((30, 60), (0.0, 0.5), (1.0, 3.0), True),
}
# Box heights in pixels of a picture 360 px high.
HEIGHTS: dict[str, tuple[float, float]] = {
    "25-50": (25, 50),
    ">=50": (50, np.inf),
    "50-100": (50, 100),
    ">=100": (100, np.inf),
}
PICTURE_PX = 360
MIN_VISIBLE_PX = 40
BATCH = 16


@dataclass(frozen=True)
class Shown:
    """A picture to look at and its people, as fractions; visible (N,), group: its place."""

    path: Path
    boxes: np.ndarray
    visible: np.ndarray
    group: str


def develop(items: Sequence[Rendered], folder: Path, regime: str) -> list[Shown]:
    """Take each rendered picture in a regime, once; the same seed gives the same picture."""
    luma, glare, noise, infrared = REGIMES[regime]
    folder.mkdir(parents=True, exist_ok=True)
    shown = []
    for item in items:
        path = folder / f"{item.path.stem}.jpg"
        if not path.is_file():
            digest = hashlib.sha256(f"{regime} {item.path.name}".encode()).digest()
            rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
            picture = expose(
                load(item.path),
                rng,
                luma=float(rng.uniform(*luma)),
                glare=float(rng.uniform(*glare)),
                noise=float(rng.uniform(*noise)),
                blur=float(rng.choice([0.0, 0.6])),
                infrared=infrared,
            )
            quality = int(rng.integers(35, 85))
            cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        shown.append(Shown(path, item.boxes, item.visible, item.layout))
    return shown


def photographs(folder: Path) -> list[Shown]:
    """Read pictures and labels as YOLO writes them; class 0 is a person."""
    shown = []
    for path in sorted((folder / "images").rglob("*.jpg")):
        label = next((folder / "labels").rglob(f"{path.stem}.txt"), None)
        rows = np.loadtxt(label, ndmin=2) if label and label.read_text().strip() else None
        boxes = np.zeros((0, 4))
        if rows is not None:
            x, y, w, h = rows[rows[:, 0] == 0, 1:5].T
            boxes = np.stack((x - w / 2, y - h / 2, x + w / 2, y + h / 2), 1)
        shown.append(Shown(path, boxes, np.ones(len(boxes)), path.stem))
    return shown


def detector(net: NanoDet) -> NetDetector:
    """Wrap a network as the product runs it."""
    entry = models.find(weights.BASE)
    return NetDetector(TorchRunner(net, "cpu", None), entry.contract, "net", light=False, score=0.3)


def sightings(eye: NetDetector, pictures: Sequence[Shown]) -> list[np.ndarray]:
    """Return the people seen in each picture: fractions and scores (M, 5)."""
    found = []
    for batch in _batches(pictures):
        read = [cv2.imread(str(shown.path), cv2.IMREAD_COLOR) for shown in batch]
        for boxes in eye.detect([np.asarray(picture) for picture in read]):
            rows = [(*box.xyxy, box.score) for box in boxes if box.label == "person"]
            found.append(np.array(rows, np.float64).reshape(-1, 5))
    return found


def matched(
    pictures: Sequence[Shown],
    found: Sequence[np.ndarray],
    height: tuple[float, float] = (0, np.inf),
) -> list[Matched]:
    """Match sightings to people of a range of heights; all others are ignored."""
    rows = []
    for shown, seen in zip(pictures, found, strict=True):
        tall = (shown.boxes[:, 3] - shown.boxes[:, 1]) * PICTURE_PX
        wanted = (shown.visible >= MIN_VISIBLE) & (tall >= height[0]) & (tall < height[1])
        others = shown.boxes[~wanted]
        size = (seen[:, 3] - seen[:, 1]) * PICTURE_PX
        # A false sighting far from the range of heights belongs to another one.
        near = (size >= height[0] / 1.5) & (size < height[1] * 1.5)
        rows.append(measure.match(shown.boxes[wanted], others, seen[near], shown.group))
    return rows


def figures(pictures: Sequence[Shown], found: Sequence[np.ndarray]) -> dict[str, object]:
    """Return the figures of one regime, for the card and its JSON."""
    result: dict[str, object] = {}
    for name, height in HEIGHTS.items():
        rows = matched(pictures, found, height)
        low, high = measure.interval(rows)
        recall, score = measure.recall_at(rows)
        result[name] = {
            "people": sum(row.people for row in rows),
            "ap50": round(measure.ap50(rows), 1),
            "interval": [round(low, 1), round(high, 1)],
            "recall_at_90": round(recall, 1),
            "score_at_90": round(score, 2),
        }
    rows = matched(pictures, found, (25, np.inf))
    for score in (0.25, 0.35, 0.45):
        precision, recall = measure.at_score(rows, score)
        result[f"at_{score}"] = {
            "precision": round(precision, 1),
            "recall": round(recall, 1),
            "false_per_empty": round(measure.false_per_empty(matched(pictures, found), score), 3),
        }
    return result


def real_figures(pictures: Sequence[Shown], found: Sequence[np.ndarray]) -> dict[str, object]:
    """Return AP50 of people in real pictures, its interval and what a score means there."""
    rows = matched(pictures, found)
    low, high = measure.interval(rows)
    recall, score = measure.recall_at(rows)
    return {
        "people": sum(row.people for row in rows),
        "ap50": round(measure.ap50(rows), 1),
        "interval": [round(low, 1), round(high, 1)],
        "recall_at_90": round(recall, 1),
        "score_at_90": round(score, 2),
        **{
            f"at_{at}": [round(value, 1) for value in measure.at_score(rows, at)]
            for at in (0.25, 0.35, 0.45)
        },
    }


def write(path: Path, value: object, say: Callable[[str], None] = print) -> None:
    """Write figures as JSON, for people and for the card."""
    path.write_text(json.dumps(value, indent=1) + "\n")
    say(f"wrote {path}")


def _batches(pictures: Sequence[Shown]) -> Iterator[Sequence[Shown]]:
    for first in range(0, len(pictures), BATCH):
        yield pictures[first : first + BATCH]
