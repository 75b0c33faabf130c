"""What a model costs and how well it sees, by backend: figures, no judgement."""

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from workers.models import Model, ModelError
from workers.vision.agreement import compare
from workers.vision.backends import has_cuda, is_installed
from workers.vision.detector import Detector
from workers.vision.load import wrap
from workers.vision.score import ap50

FRAMES = 40
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


def bench(
    entry: Model, base: Path | None, folder: Path | None, limit: int, *, say: Callable[[str], None]
) -> None:
    """Print a line a backend and number format: process CPU a frame, agreement, AP50 of people.

    CPU: of detect() on one thread, whatever else the machine does; median of five rounds, with
    the least and the most. Agreement: with the first line, the exact one, on the same pictures.
    """
    pictures, truth = _labelled(folder, limit) if folder else (_made(), None)
    frame = cv2.resize(pictures[0], (640, 360))
    exact: Detector | None = None
    say(f"{entry.name} {entry.version}, a frame of 640x360, input {entry.input_px}")
    for backend, device, number_format in _ways(entry):
        detector = wrap(
            entry, folder=base, device=device, backend=backend, number_format=number_format
        )
        low, middle, high = cpu_ms(detector, frame)
        words = [f"  {detector.name} {detector.runner.number_format}:"]
        words.append(f"{middle:.1f} ms CPU ({low:.1f} to {high:.1f})")
        if exact is None:
            exact = detector
        else:
            same = compare(exact, detector, pictures[:64], min_score=0.15)
            words.append(
                f"| {same.boxes} boxes in both, {same.alone} in one; "
                f"score {same.mean_score:.1g} apart (worst {same.worst_score:.1g}), "
                f"{same.worst_px:.1g} px (worst)"
            )
        if truth is not None:
            found = [_people(detector, picture) for picture in pictures]
            words.append(f"| AP50 {ap50(truth, found):.1f} on {len(pictures)} pictures")
        say(" ".join(words))


def _ways(entry: Model) -> list[tuple[str, str, str | None]]:
    """List backend, device and number format: the exact one first; None: what is usual here."""
    ways: list[tuple[str, str, str | None]] = []
    for backend in ("torch", "onnxruntime", "openvino"):
        if backend in entry.backends and is_installed(backend):
            ways.append((backend, "cpu", "float32"))
            if backend != "onnxruntime":
                ways.append((backend, "cpu", None))
    if "torch" in entry.backends and has_cuda():
        ways.append(("torch", "cuda", None))
    if not ways:
        raise ModelError("no backend that can run it is installed")
    return ways


def cpu_ms(detector: Detector, frame: np.ndarray) -> tuple[float, float, float]:
    """Return the least, the median and the most process CPU of five rounds, ms a frame."""
    for _ in range(3):
        detector.detect([frame])
    rounds = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(FRAMES // 5):
            detector.detect([frame])
        rounds.append((time.process_time() - began) / (FRAMES // 5) * 1e3)
    rounds.sort()
    return rounds[0], rounds[2], rounds[4]


def _people(detector: Detector, picture: np.ndarray) -> np.ndarray:
    boxes = detector.detect([picture])[0]
    rows = [(*box.xyxy, box.score) for box in boxes if box.label == "person"]
    return np.array(rows, float).reshape(-1, 5)


def _made() -> list[np.ndarray]:
    """Return pictures that hold soft shapes and noise: for the cost, which no content changes."""
    random = np.random.default_rng(7)
    made = []
    for _ in range(8):
        soft = cv2.resize(random.uniform(0, 255, (9, 16, 3)).astype(np.float32), (640, 360))
        noisy = soft + random.normal(0, 5, soft.shape)
        made.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return made


def _labelled(folder: Path, limit: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Read pictures and the boxes of label 0; a picture without a label file holds nobody."""
    labels = {path.stem: path for path in (folder / "labels").rglob("*.txt")}
    paths = sorted(p for p in (folder / "images").rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths or not labels:
        raise ModelError(f"{folder}: expected images/ and labels/ with files in them")
    pictures, truth = [], []
    for path in paths[: limit or None]:
        picture = cv2.imread(str(path))
        if picture is None:
            raise ModelError(f"{path}: not a picture that can be decoded")
        pictures.append(picture)
        truth.append(_boxes(labels.get(path.stem)))
    return pictures, truth


def _boxes(path: Path | None) -> np.ndarray:
    rows = []
    for line in path.read_text().splitlines() if path else ():
        try:
            values = [float(word) for word in line.split()]
        except ValueError:
            values = []
        if len(values) != 5:
            raise ModelError(f"{path}: expected lines of number x y w h, found {line[:40]!r}")
        if values[0] == 0:
            _, x, y, w, h = values
            rows.append((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
    return np.array(rows, float).reshape(-1, 4)
