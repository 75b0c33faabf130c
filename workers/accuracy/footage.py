"""Measures what is real: zone entries by day and darkened, and people in labelled pictures."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from workers.accuracy import boxes, zones
from workers.accuracy.disturb import Change, darken, recode
from workers.accuracy.entry import HERE, BankError, Entry, Person, Truth
from workers.accuracy.figures import Figure, detection, events
from workers.accuracy.real import DATA, Film, films
from workers.accuracy.runner import frames_of, probed, run
from workers.media.decode import Frame
from workers.scene import Scene
from workers.vision import light
from workers.vision.detector import Detector
from workers.vision.gate import small_luma

# Seeds of the darkened films: noise and lamps differ.
DARK_SEEDS = (1, 2)
# People of vtest are some 60 to 140 px high at 640 wide; those at the far edge count too.
SMALLEST_PX = 25.0
NIGHT = HERE / "llvip_cam01.json"


def entries(
    detector: Detector, notes: list[str], change: Callable[[str], Change] | None = None
) -> list[Figure]:
    """Return the figures of zone entries in real films, bright, and darkened through H.264."""
    found: dict[str, list[zones.Score]] = {}
    for film in films():
        bare = Entry(film.name, "real", film.clip, Scene(), Truth())
        frames = frames_of(bare, change=change(film.name) if change else None)
        found.setdefault("bright", []).append(_score(film, frames, detector, notes, "bright"))
        for seed in DARK_SEEDS:
            dark = darken(seed)
            low = [Frame(f.t, f.index, dark(f.bgr(), f.t)) for f in frames]
            low = recode(low, Scene().analysis_fps)
            found.setdefault("darkened", []).append(_score(film, low, detector, notes, "darkened"))
    return [
        figure
        for regime, scores in found.items()
        for figure in events(f"real/zone entry/{regime}", scores)
    ]


def _score(
    film: Film, frames: Sequence[Frame], detector: Detector, notes: list[str], regime: str
) -> zones.Score:
    aspect = frames[0].width / frames[0].height
    smallest = SMALLEST_PX
    stays = [
        stay
        for probe in film.probes
        for stay in zones.stays(probe, film.people, aspect, smallest_px=smallest)
    ]
    done = run(probed(Scene(), film.probes), frames, detector)
    score = zones.score(stays, done.findings, done.seconds)
    for stay in score.missed:
        where = f"{stay.rule}, {stay.begin_s:.1f} to {stay.end_s:.1f} s"
        notes.append(f"{film.name}: missed {where} ({regime})")
    for rule, t in score.false_at:
        notes.append(f"{film.name}: raised {rule} at {t:.1f} s, with nobody there ({regime})")
    return score


def stills(
    detector: Detector, *, correct: bool = False, change: Callable[[str], Change] | None = None
) -> list[Figure]:
    """Return the figures of people in real pictures: coco128 by day, one street camera by night.

    correct: with the light correction of the engine in front of the detector.
    """
    found: list[Figure] = []
    for name, labelled in (("coco128", _coco()), ("night street", _night())):
        seen = []
        for key, picture, people in labelled:
            altered = change(key)(picture, 0.0) if change else picture
            seen.append(look(detector, key, altered, people, correct=correct))
        if seen:
            found += detection(f"real/people/{name}", seen, whole=True)
    return found


def look(
    detector: Detector,
    key: str,
    picture: np.ndarray,
    people: tuple[Person, ...],
    *,
    correct: bool = False,
) -> boxes.Picture:
    """Run the detector on one still as the engine would; return what was found beside the truth."""
    if correct and hasattr(light, "correct"):
        luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        wide = min(picture.shape[1], detector.input_px)
        small = cv2.resize(
            picture, (wide, round(picture.shape[0] * wide / picture.shape[1])),
            interpolation=cv2.INTER_AREA,
        )  # fmt: skip
        picture = light.correct(small, light.measure(small_luma(luma)))
    rows = [[*b.xyxy, b.score] for b in detector.detect([picture])[0] if b.label == "person"]
    high = 640 * picture.shape[0] / picture.shape[1]
    return boxes.Picture(key, high, people, np.array(rows, float).reshape(-1, 5))


Labelled = list[tuple[str, np.ndarray, tuple[Person, ...]]]


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


def _night() -> Labelled:
    """Return the night pictures; their boxes were derived from the aligned infrared."""
    folder = DATA / "lowlight_llvip_cam01" / "visible"
    if not (folder.exists() and NIGHT.exists()):
        return []
    labels = json.loads(NIGHT.read_text())["pictures"]
    return [
        (name, _picture(folder / f"{name}.jpg"), tuple(_labelled(row) for row in rows))
        for name, rows in sorted(labels.items())
    ]


def _picture(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    if picture is None:
        raise BankError(f"{path}: not a picture that can be read")
    return picture


def _labelled(row: Sequence[float]) -> Person:
    """Take left, top, right, bottom, and 1, or 0 where it cannot be told whether it is a person."""
    x1, y1, x2, y2, sure = row
    return Person((x1, y1, x2, y2), float(sure))
