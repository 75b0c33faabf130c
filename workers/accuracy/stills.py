"""People in real pictures: by day, in a street by night, and under ground.

The last two are also told with and without light correction and for the network that was the
start of it all, so that everybody sees what each of them changed.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from workers.accuracy import boxes
from workers.accuracy.disturb import Change
from workers.accuracy.entry import HERE, BankError, Person
from workers.accuracy.figures import Figure, detection
from workers.accuracy.interval import bootstrap
from workers.accuracy.real import DATA
from workers.vision import light
from workers.vision.detector import Detector
from workers.vision.gate import small_luma
from workers.vision.load import load_detector

LABELS = HERE / "stills.json"
ORIGINAL = "nanodet-g"

Labelled = list[tuple[str, np.ndarray, tuple[Person, ...]]]


def figures(detector: Detector, change: Callable[[str], Change] | None = None) -> list[Figure]:
    """Return the figures of people in real pictures, each looked at as the engine does."""
    found: list[Figure] = []
    for name, pictures in (("coco128", _coco()), *_sets()):
        seen = []
        for key, picture, people in pictures:
            altered = change(key)(picture, 0.0) if change else picture
            correct = bool(getattr(detector, "light", False))
            seen.append(look(detector, key, altered, people, correct=correct))
        if seen:
            found += detection(f"real/people/{name}", seen, whole=True)
    return found


def before_and_after(detector: Detector) -> list[str]:
    """Return a table: the original network and this one, without and with light correction.

    The difference to the first line is drawn over the same pictures on both sides.
    """
    lines: list[str] = []
    same = detector.name.startswith(f"{ORIGINAL}@")
    nets = [detector] if same else [load_detector(ORIGINAL), detector]
    for name, pictures in _sets():
        first: list[boxes.Marks] = []
        for net in nets:
            for correct in (False, True) if hasattr(light, "correct") else (False,):
                seen = [look(net, *labelled, correct=correct) for labelled in pictures]
                marks = [boxes.mark(one) for one in seen]
                first = first or marks
                how = "light corrected" if correct else "as recorded"
                lines.append(f"| {name}, {net.name}, {how} {_row(marks, first)}")
    if not lines:
        return []
    head = [
        "| | AP50 | recall at 90 % precision | AP50 against the first | n |",
        "|---|---|---|---|---|",
    ]
    return [*head, *lines]


def _row(marks: Sequence[boxes.Marks], first: Sequence[boxes.Marks]) -> str:
    cells = []
    for measure in (boxes.ap50, boxes.recall_at_90):
        low, high = bootstrap(marks, measure)
        cells.append(f"{measure(marks):.1f} ({low:.1f} to {high:.1f})")
    pairs = list(zip(marks, first, strict=True))
    low, high = bootstrap(pairs, _gain)
    cells.append(f"{_gain(pairs):+.1f} ({low:+.1f} to {high:+.1f})" if marks is not first else "")
    cells.append(f"{sum(m.asked for m in marks)} people, {len(marks)} pictures")
    return "| " + " | ".join(cells) + " |"


def _gain(pairs: Sequence[tuple[boxes.Marks, boxes.Marks]]) -> float:
    return boxes.ap50([now for now, _ in pairs]) - boxes.ap50([then for _, then in pairs])


def look(
    detector: Detector,
    key: str,
    picture: np.ndarray,
    people: tuple[Person, ...],
    *,
    correct: bool = False,
) -> boxes.Picture:
    """Run the detector on one still as the engine would; return what was found beside the truth."""
    high, wide = picture.shape[:2]
    scale = min(1.0, detector.input_px / max(high, wide))
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    seen = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    if correct and hasattr(light, "correct"):
        luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        seen = light.correct(seen, light.measure(small_luma(luma)))
    rows = [[*b.xyxy, b.score] for b in detector.detect([seen])[0] if b.label == "person"]
    return boxes.Picture(key, 640 * high / wide, people, np.array(rows, float).reshape(-1, 5))


def _coco() -> Labelled:
    folder = DATA / "coco128_train2017"
    found: Labelled = []
    for path in sorted((folder / "images").rglob("*.jpg")):
        label = next((folder / "labels").rglob(f"{path.stem}.txt"), None)
        rows = np.loadtxt(label, ndmin=2) if label and label.stat().st_size else np.zeros((0, 5))
        people = tuple(
            Person((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
            for kind, x, y, w, h in rows
            if kind == 0
        )
        found.append((path.stem, _picture(path), people))
    return found


def _sets() -> list[tuple[str, Labelled]]:
    """Return the sets whose boxes are kept here as numbers, as far as the pictures are here."""
    found = []
    for name, one in json.loads(LABELS.read_text())["sets"].items():
        folder = DATA / one["folder"]
        pictures: Labelled = [
            (key, _picture(folder / f"{key}.jpg"), tuple(_labelled(row) for row in rows))
            for key, rows in sorted(one["pictures"].items())
            if (folder / f"{key}.jpg").exists()
        ]
        if pictures:
            found.append((name, pictures))
    return found


def _picture(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    if picture is None:
        raise BankError(f"{path}: not a picture that can be read")
    return picture


def _labelled(row: Sequence[float]) -> Person:
    """Take left, top, right, bottom, and 1, or 0 where it cannot be told whether it is a person."""
    x1, y1, x2, y2, sure = row
    return Person((x1, y1, x2, y2), float(sure))
