"""Training samples: pictures cut, scaled, mirrored and photographed anew at every step.

A sample depends on the seed, the step and its place in the batch alone, so that a run that is
resumed goes on with the very pictures that it would have had.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from workers.train import assign, backdrop, camera
from workers.train.backdrop import Backdrop

# Rows and columns of the network's input: a wide camera's picture, and a photograph.
WIDE = (256, 416)
PHOTO = (320, 416)
# A person of whom less than this can be seen teaches nothing but guessing.
MIN_VISIBLE = 0.25
MIN_HEIGHT_PX = 11.0
# The share of a box that must be left after cutting.
MIN_LEFT = 0.35
REAL_PX = 640


@dataclass(frozen=True)
class Rendered:
    """A rendered picture and its people: boxes and heads (N, 4) as fractions, visible (N,)."""

    path: Path
    layout: str
    boxes: np.ndarray
    heads: np.ndarray
    visible: np.ndarray


class Cut(NamedTuple):
    """Where a part of a picture lands on the canvas: scale x, y; shift x, y; mirrored or not."""

    scale: tuple[float, float]
    shift: tuple[float, float]
    mirrored: bool


@dataclass(frozen=True)
class Plan:
    """What a step is made of; cheap to copy to the loader's processes."""

    rendered: tuple[Rendered, ...]
    real: tuple[Path, ...]
    seed: int
    rendered_per_step: int
    real_per_step: int
    darkened: float  # share of real pictures that the student sees through another camera
    backdrops: tuple[Backdrop, ...] = ()
    swapped: float = 0.0  # share of rendered pictures whose people stand before a photograph


def read_labels(folder: Path) -> list[Rendered]:
    """Read what `python -m workers.simulate pictures` wrote; lines without their file are left out.

    A folder of folders (several processes rendered) is read as one, in the order of names.
    """
    found: dict[Path, Rendered] = {}
    for labels in sorted(folder.rglob("labels.jsonl")):
        for line in labels.read_text().splitlines():
            try:
                raw = json.loads(line)
            except ValueError:
                continue  # the last line of a renderer that was stopped
            path = labels.parent / raw["file"]
            people = raw["people"]
            found[path] = Rendered(
                path,
                str(raw["layout"]),
                np.array([p["box"] for p in people], np.float32).reshape(-1, 4),
                np.array([p.get("head") or p["box"] for p in people], np.float32).reshape(-1, 4),
                np.array([p["visible"] for p in people], np.float32),
            )
    return [item for path, item in sorted(found.items()) if path.is_file()]


def place(boxes: np.ndarray, cut: Cut, size: tuple[int, int]) -> np.ndarray:
    """Carry boxes (N, 4), fractions of a picture of size (rows, columns), to canvas pixels.

    They are not clipped to the canvas.
    """
    rows, columns = size
    boxes = boxes.astype(np.float64)
    if cut.mirrored:
        boxes = np.stack((1 - boxes[:, 2], boxes[:, 1], 1 - boxes[:, 0], boxes[:, 3]), 1)
    boxes = boxes * np.tile((columns * cut.scale[0], rows * cut.scale[1]), 2)
    return boxes + np.tile(cut.shift, 2)


def sort_labels(
    boxes: np.ndarray, visible: np.ndarray, canvas: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Clip boxes (N, 4) to the canvas; return them with flags (N,): 1 learn, 0 ignore, -1 gone."""
    rows, columns = canvas
    clipped = np.clip(boxes, 0, np.array((columns, rows, columns, rows)))
    sides = clipped[:, 2:] - clipped[:, :2]
    whole = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    left = sides.prod(1) / np.maximum(whole, 1e-6)
    flags = np.ones(len(boxes), np.int64)
    flags[(visible < MIN_VISIBLE) | (left < MIN_LEFT) | (sides[:, 1] < MIN_HEIGHT_PX)] = 0
    flags[(sides.min(1) < 1) | (left <= 0)] = -1
    return clipped, flags


def random_cut(
    size: tuple[int, int],
    canvas: tuple[int, int],
    rng: np.random.Generator,
    spread: tuple[float, float],
    target: np.ndarray | None = None,
) -> Cut:
    """Draw a cut of a picture (rows, columns); target: a box in fractions that it should show.

    One in three is what the detector does: the whole picture at the canvas's top left.
    """
    rows, columns = size
    fit = min(canvas[1] / columns, canvas[0] / rows)
    mirrored = bool(rng.random() < 0.5)
    if rng.random() < 0.34:
        return Cut((fit, fit), (0.0, 0.0), mirrored)
    zoom = fit * float(np.exp(rng.uniform(np.log(spread[0]), np.log(spread[1]))))
    stretch = float(np.exp(rng.normal(0, 0.06)))
    scale = (zoom * stretch, zoom / stretch)
    shift = []
    for axis in (0, 1):
        long, room = (columns, rows)[axis] * scale[axis], canvas[1 - axis]
        slack = room - long
        at = float(rng.uniform(min(0, slack), max(0, slack)))
        if target is not None and slack < 0:
            middle = float(target[axis] + target[axis + 2]) / 2
            middle = 1 - middle if mirrored and axis == 0 else middle
            wanted = room * float(rng.uniform(0.25, 0.75)) - middle * long
            at = float(np.clip(wanted, slack, 0))
        shift.append(at)
    return Cut(scale, (shift[0], shift[1]), mirrored)


def cut_out(
    picture: np.ndarray, cut: Cut, canvas: tuple[int, int]
) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the part of a picture that lands on the canvas, at its size there, and its corner.

    The corner is the row and column of its top left. The rest of the canvas stays zero, as the
    detector leaves it: no light falls there.
    """
    rows, columns = picture.shape[:2]
    if cut.mirrored:
        picture = picture[:, ::-1]
    spans = []
    for axis, (long, room) in enumerate(((columns, canvas[1]), (rows, canvas[0]))):
        scale, shift = cut.scale[axis], cut.shift[axis]
        first, last = max(0.0, -shift / scale), min(float(long), (room - shift) / scale)
        a, b = int(first), min(long, int(np.ceil(last)))
        c = max(0, round(a * scale + shift))
        d = min(room, max(c + 1, round(b * scale + shift)))
        spans.append((a, b, c, d))
    (a, b, c, d), (e, f, g, h) = spans
    shrink = cv2.INTER_AREA if min(cut.scale) < 0.5 else cv2.INTER_LINEAR
    part = cv2.resize(np.ascontiguousarray(picture[e:f, a:b]), (d - c, h - g), interpolation=shrink)
    return np.asarray(part), (g, c)


def lay(part: np.ndarray, corner: tuple[int, int], canvas: tuple[int, int]) -> np.ndarray:
    """Lay a part on an empty canvas."""
    out = np.zeros((*canvas, *part.shape[2:]), part.dtype)
    out[corner[0] : corner[0] + part.shape[0], corner[1] : corner[1] + part.shape[1]] = part
    return out


def rendered_sample(
    item: Rendered,
    rng: np.random.Generator,
    canvas: tuple[int, int] = WIDE,
    behind: Backdrop | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a picture, uint8 BGR, its boxes to learn (N, 4) and to ignore (M, 4) in pixels.

    behind: a photograph that its people are put before.
    """
    stored = cv2.imread(str(item.path), cv2.IMREAD_UNCHANGED)
    if stored is None or stored.dtype != np.uint16:
        raise ValueError(f"{item.path} is no 16-bit picture")
    size = (stored.shape[0], stored.shape[1])
    target = None
    if len(item.boxes) and rng.random() < 0.6:
        target = item.boxes[rng.integers(len(item.boxes))]
    cut = random_cut(size, canvas, rng, (0.42, 1.9), target)
    boxes, flags = sort_labels(place(item.boxes, cut, size), item.visible, canvas)
    heads = place(item.heads, cut, size)
    middles = (heads[:, :2] + heads[:, 2:]) / 2
    look = camera.random_look(rng)
    if behind:
        light, maybe = backdrop.put(stored, item.path, behind, rng)
        linear, corner = cut_out(light, cut, canvas)
        unsure, shown = sort_labels(place(maybe, cut, size), np.zeros(len(maybe)), canvas)
        unsure = unsure[shown == 0]
    else:
        part, corner = cut_out(stored, cut, canvas)
        linear, unsure = camera.decode(part), np.zeros((0, 4))
    if rng.random() < 0.15:
        # Other paint and clothes than the renderer's: the channels change places.
        linear = linear[..., rng.permutation(3)]
    picture, grey = camera.photograph(linear, look, rng, middles - corner[::-1])
    for row in np.flatnonzero(flags == 1):
        if not camera.can_be_seen(grey, boxes[row] - np.tile(corner[::-1], 2), look.noise):
            flags[row] = 0
    ignored = np.concatenate((boxes[flags == 0], unsure))
    return lay(picture, corner, canvas), boxes[flags == 1], ignored


def real_sample(
    path: Path, rng: np.random.Generator, darkened: float, canvas: tuple[int, int] = PHOTO
) -> tuple[np.ndarray, np.ndarray]:
    """Return a cut of a real picture as the teacher and as the student sees it, uint8 BGR."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{path} cannot be read as a picture")
    cut = random_cut((picture.shape[0], picture.shape[1]), canvas, rng, (0.6, 1.7))
    clean, corner = cut_out(np.asarray(picture, np.uint8), cut, canvas)
    if rng.random() < 0.3:
        gain, lift = np.exp(rng.normal(0, 0.2)), rng.normal(0, 10)
        clean = np.clip(clean * gain + lift, 0, 255).astype(np.uint8)
    if rng.random() >= darkened:
        quality = int(rng.integers(40, 95))
        seen = camera.codec(clean, quality, False) if rng.random() < 0.3 else clean
        return lay(clean, corner, canvas), lay(seen, corner, canvas)
    linear = camera.undevelop(clean, "film" if rng.random() < 0.5 else "gamma")
    seen, _ = camera.photograph(linear, camera.random_look(rng, 0.6), rng)
    return lay(clean, corner, canvas), lay(seen, corner, canvas)


class Steps(Dataset):
    """Batches by step; item `step` is a dictionary of tensors."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        plan, batch = self.plan, {}
        if plan.rendered_per_step:
            batch.update(self._rendered(step))
        if plan.real_per_step and plan.real:
            pairs = []
            for slot in range(plan.real_per_step):
                rng = np.random.default_rng([plan.seed, step, slot, 1])
                path = plan.real[int(rng.integers(len(plan.real)))]
                pairs.append(real_sample(path, rng, plan.darkened))
            batch["clean"] = _stack([clean for clean, _ in pairs])
            batch["seen"] = _stack([seen for _, seen in pairs])
        return batch

    def _rendered(self, step: int) -> dict[str, Tensor]:
        plan = self.plan
        pictures, chosen, wanted = [], [], []
        for slot in range(plan.rendered_per_step):
            rng = np.random.default_rng([plan.seed, step, slot, 0])
            item = plan.rendered[int(rng.integers(len(plan.rendered)))]
            behind = None
            if plan.backdrops and rng.random() < plan.swapped:
                behind = plan.backdrops[int(rng.integers(len(plan.backdrops)))]
            picture, boxes, ignored = rendered_sample(item, rng, behind=behind)
            rows = assign.assign(boxes, ignored, *WIDE)
            boxes = boxes if len(boxes) else np.zeros((1, 4))
            pictures.append(picture)
            chosen.append(rows)
            wanted.append(boxes[np.maximum(rows, 0)])
        return {
            "rendered": _stack(pictures),
            "chosen": torch.from_numpy(np.stack(chosen)),
            "boxes": torch.from_numpy(np.stack(wanted).astype(np.float32)),
        }


def shrink_real(paths: Sequence[Path], folder: Path) -> list[Path]:
    """Keep copies of pictures at REAL_PX in folder and return them; unreadable ones are left out.

    Reading photographs of many megapixels at every step would cost more than the training.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = []
    for path in sorted(paths):
        copy = folder / f"{path.parent.name}-{path.stem}.jpg"
        if not copy.is_file():
            picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if picture is None or min(picture.shape[:2]) < 64:
                continue
            scale = REAL_PX / max(picture.shape[:2])
            if scale < 1:
                picture = cv2.resize(
                    picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
                )
            cv2.imwrite(str(copy), picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
        kept.append(copy)
    return kept


def _stack(pictures: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(pictures))
