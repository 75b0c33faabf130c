"""What the light correction is worth to a model: `python -m workers.accuracy.light --pictures DIR`.

Average precision of people as recorded and corrected, bright and darkened two ways with noise and
glare discs. A model that gains nothing says `light = false` in the catalogue.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from workers.accuracy import disturb
from workers.vision import light
from workers.vision.detector import Detector
from workers.vision.gate import small_luma
from workers.vision.load import load_detector
from workers.vision.score import ap50

Pictures = Sequence[tuple[np.ndarray, np.ndarray]]


def gain(detector: Detector, pictures: Pictures) -> dict[str, tuple[float, float]]:
    """Return AP50 of people in percent, as recorded and corrected, by regime.

    pictures: BGR (H, W, 3) uint8 with the people's boxes (N, 4), fractions of the picture.
    """
    found: dict[str, tuple[float, float]] = {}
    truth = [boxes for _, boxes in pictures]
    for regime in ("bright", "dark", "very_dark"):
        raw, corrected = [], []
        for seed, (picture, _) in enumerate(pictures):
            seen = _under(regime, picture, seed)
            measured = light.measure(small_luma(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY)))
            raw.append(_people(detector, seen))
            better = light.correct(seen, measured)
            corrected.append(raw[-1] if better is seen else _people(detector, better))
        found[regime] = (ap50(truth, raw), ap50(truth, corrected))
    return found


def _under(regime: str, picture: np.ndarray, seed: int) -> np.ndarray:
    """Darken to 12 % of linear light ("dark"), and that to 31 % of its sRGB values ("very_dark").

    Both factors together leave about 12 % of the sRGB values.
    """
    if regime == "bright":
        return picture
    if regime == "very_dark":
        picture = (picture * np.float32(0.31)).astype(np.uint8)
    return disturb.darken(seed)(picture, 0.0)


def _people(detector: Detector, picture: np.ndarray) -> np.ndarray:
    boxes = [box for box in detector.detect([picture])[0] if box.label == "person"]
    return np.array([[*box.xyxy, box.score] for box in boxes]).reshape(-1, 5)


def read_pictures(folder: Path, width: int = 416) -> Pictures:
    """Read pictures with YOLO boxes beside them (images/…, labels/…), class 0 being a person."""
    pictures = []
    for path in sorted(folder.rglob("*.jpg")):
        label = Path(str(path).replace("/images/", "/labels/")).with_suffix(".txt")
        picture = cv2.imread(str(path))
        if picture is None:
            continue
        scale = width / max(picture.shape[:2])
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        rows = [line.split() for line in label.read_text().splitlines()] if label.exists() else []
        people = np.array([row[1:5] for row in rows if row[0] == "0"], float).reshape(-1, 4)
        middle, half = people[:, :2], people[:, 2:] / 2
        pictures.append((picture, np.concatenate((middle - half, middle + half), 1)))
    return pictures


def main() -> None:
    """Print one line a regime."""
    made = argparse.ArgumentParser(prog="python -m workers.accuracy.light", description=__doc__)
    made.add_argument("--pictures", type=Path, required=True)
    made.add_argument("--model", default="default")
    options = made.parse_args()
    detector = load_detector(options.model)
    for regime, (raw, corrected) in gain(detector, read_pictures(options.pictures)).items():
        print(f"{regime:10s} as recorded {raw:5.1f}  corrected {corrected:5.1f}")


if __name__ == "__main__":
    main()
