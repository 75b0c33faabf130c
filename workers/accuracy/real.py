"""Real footage of ../shared/data, where there is any: never shipped, kept apart in figures."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workers.accuracy.entry import HERE, Person
from workers.accuracy.zones import Probe, grid
from workers.vision.boxes import iou

DATA = HERE.parents[2] / "shared" / "data"
# vtest.avi: the reference boxes are linked over gaps up to this many frames, at this overlap.
LINK_FRAMES = 10
LINK_IOU = 0.3
LEAST_FRAMES = 8
VTEST_SIZE = (768.0, 576.0)
VTEST_FPS = 10.0

Labels = tuple[tuple[float, tuple[Person, ...]], ...]


@dataclass(frozen=True)
class Film:
    """A real clip with its people, or none at all, and the zones that entries are counted for."""

    name: str
    clip: Path
    people: Labels
    probes: tuple[Probe, ...]
    until_s: float | None = None


def films() -> list[Film]:
    """Return the clips whose zone entries are known, as far as they are here."""
    return [film for film in (_vtest(), _pavement()) if film is not None]


def _vtest() -> Film | None:
    """Return the square of vtest.avi, by another detector's boxes linked to tracks.

    They are no ground truth: linked over gaps, short tracks dropped, and smoothed.
    """
    clip = DATA / "video" / "vtest.avi"
    labels = DATA / "video" / "vtest.PETS09-S2L1.reference-detections.txt"
    if not (clip.exists() and labels.exists()):
        return None
    return Film("vtest", clip, linked(np.loadtxt(labels, delimiter=",")), grid(4, 3))


def _pavement() -> Film | None:
    """Return the pavement clip with its hand-made intervals, as one person who stands inside."""
    path = DATA / "video" / "pedestrian_survaillance.gt.json"
    if not path.exists():
        return None
    truth = json.loads(path.read_text())
    [zone] = truth["zones"]
    wide, high = truth["width"], truth["height"]
    polygon = tuple((x / wide, y / high) for x, y in zone["polygon_px"])
    x = sum(p[0] for p in polygon) / len(polygon)
    y = sum(p[1] for p in polygon) / len(polygon)
    inside = Person((x - 0.03, y - 0.3, x + 0.03, y))
    [(begin, end)] = zone["inside_intervals_s"]
    slack = truth["tolerance_s"]
    labels = []
    for k in range(int(truth["duration_s"] * 10)):
        t = k / 10
        # Within the tolerance, and while the other boy walks along the edge, either way counts.
        doubtful = begin - slack <= t <= 5.2 + slack
        there = Person(inside.box, 1.0 if begin <= t <= end else 0.3)
        labels.append((t, (there,) if doubtful else ()))
    return Film(
        "pavement",
        path.with_suffix("").with_suffix(".mp4"),
        tuple(labels),
        (Probe("pavement", polygon),),
    )


def linked(rows: np.ndarray) -> Labels:
    """Link boxes (frame, id, x, y, width, height, score, …) to tracks and fill their gaps."""
    tracks: list[list[tuple[int, np.ndarray]]] = []
    frames = int(rows[:, 0].max())
    for frame in range(1, frames + 1):
        found = rows[rows[:, 0] == frame][:, 2:6]
        boxes = np.concatenate((found[:, :2], found[:, :2] + found[:, 2:]), 1)
        live = [k for k in tracks if frame - k[-1][0] <= LINK_FRAMES]
        if live and len(boxes):
            overlap = iou(np.array([_ahead(k, frame) for k in live]), boxes)
        else:
            overlap = np.zeros((len(live), len(boxes)))
        free = set(range(len(boxes)))
        while overlap.size and overlap.max() >= LINK_IOU:
            row, column = np.unravel_index(int(overlap.argmax()), overlap.shape)
            live[int(row)].append((frame, boxes[column]))
            overlap[row], overlap[:, column] = 0, 0
            free.discard(int(column))
        tracks += [[(frame, boxes[i])] for i in free]
    there: list[list[Person]] = [[] for _ in range(frames)]
    for track in tracks:
        if len(track) < LEAST_FRAMES:
            continue
        at = np.array([frame for frame, _ in track])
        box = np.stack([box for _, box in track])
        every = np.arange(at[0], at[-1] + 1)
        full = np.stack([np.interp(every, at, box[:, i]) for i in range(4)], 1)
        kernel = np.ones(5) / 5
        padded = np.pad(full, ((2, 2), (0, 0)), mode="edge")
        smooth = np.stack([np.convolve(padded[:, i], kernel, "valid") for i in range(4)], 1)
        for frame, row in zip(every, smooth / np.tile(VTEST_SIZE, 2), strict=True):
            x1, y1, x2, y2 = (float(v) for v in row)
            there[frame - 1].append(Person((x1, y1, x2, y2)))
    return tuple((i / VTEST_FPS, tuple(people)) for i, people in enumerate(there))


def _ahead(track: Sequence[tuple[int, np.ndarray]], frame: int) -> np.ndarray:
    """Return where a track's box is expected, by its speed over the last frames."""
    last, box = track[-1]
    if len(track) < 5:
        return box
    first, before = track[-5]
    return box + (box - before) / max(1, last - first) * (frame - last)
