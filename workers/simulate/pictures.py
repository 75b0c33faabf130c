"""Training pictures: `load` one, `expose` it as a camera would, or `generate` many with labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.simulate.optics import exposure_for, luma, tone

if TYPE_CHECKING:
    from workers.simulate.cast import Placed
    from workers.simulate.layouts import Layout
    from workers.simulate.stage import Stage

VERSION = 3  # since 3 with masks
TOP = 8.0  # linear light at the end of the stored scale
LIT_LUMA = 85.0  # mean luma at exposure 1
PER_PLACE = 6  # pictures taken of a place
EMPTY_SHARE = 0.12
Rng = np.random.Generator


def pack(linear: NDArray) -> NDArray[np.uint16]:
    """Store RGB linear light as 16-bit BGR: 65535 * sqrt(min(1, linear / 8))."""
    root = np.sqrt(np.clip(linear[..., ::-1] / TOP, 0, 1))
    return (root * 65535 + 0.5).astype(np.uint16)


def mask_of(picture: Path) -> Path:
    """Name the mask of a picture: white where people and what they carry are seen."""
    return picture.with_suffix(".mask.png")


def load(path: Path | str) -> NDArray[np.float32]:
    """Read a picture as RGB linear light (H, W, 3); raises OSError when it cannot be read."""
    data = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if data is None or data.dtype != np.uint16 or data.ndim != 3:
        raise OSError(f"{path} is no 16-bit colour PNG")
    root = data[..., ::-1].astype(np.float32) / np.float32(65535)
    return np.asarray(root * root * np.float32(TOP), dtype=np.float32)


_ROOTS = 4096
_CURVE = tone(np.linspace(0, 1, _ROOTS, dtype=np.float32) ** 2 * 16.0).astype(np.float32)


def _toned(light: NDArray) -> NDArray[np.float32]:
    """Apply the film curve by table; light beyond 16 is white."""
    index = np.sqrt(np.clip(light, 0, 16.0) / 16.0) * (_ROOTS - 1)
    return np.asarray(_CURVE[index.astype(np.int32)], dtype=np.float32)


def glow(light: NDArray, strength: float, rng: Rng) -> NDArray:
    """Add bloom, a streak and a veil about what dazzles."""
    height, width = light.shape[:2]
    small = cv2.resize(light, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    bright = np.maximum(small - 1.0, 0)
    if float(bright.max()) <= 0:
        return light
    unit = width / 640
    added = 0.055 * cv2.GaussianBlur(bright, (0, 0), 2.0 * unit)
    added += 0.030 * cv2.GaussianBlur(bright, (0, 0), 7.0 * unit)
    tiny = cv2.resize(bright, (width // 16, height // 16), interpolation=cv2.INTER_AREA)
    wide = (0.025 + 0.15 * strength) * cv2.GaussianBlur(tiny, (0, 0), 5.5 * unit)
    wide += 0.12 * strength * cv2.GaussianBlur(tiny, (0, 0), 15.0 * unit)
    if rng.random() < 0.6:
        wide += 0.06 * strength * cv2.GaussianBlur(tiny, (0, 0), sigmaX=10 * unit, sigmaY=0.5)
    added += cv2.resize(wide, (width // 4, height // 4), interpolation=cv2.INTER_LINEAR)
    return light + cv2.resize(added, (width, height), interpolation=cv2.INTER_LINEAR)


def relit(light: NDArray, source: NDArray, glare: float, rng: Rng | None) -> NDArray:
    """Give lamps back the light that the file cut off at 8.

    A lamp's whole light counts, not its size in the picture: a cap lamp of three pixels dazzles as
    much as a fitting of two hundred. Without `rng` all are alike, as a moving picture needs.
    """
    count, marks, stats, _ = cv2.connectedComponentsWithStats(source.astype(np.uint8))
    if count < 2:
        return light
    area = stats[:, cv2.CC_STAT_AREA].astype(np.float32)
    power = np.ones(count) if rng is None else np.exp(rng.normal(0, 0.6, count))
    level = 2.0 + 1500.0 * glare * power / np.maximum(area, 3.0) ** 0.8
    level[0] = 0.0
    return np.maximum(light, np.minimum(level, 1500.0).astype(np.float32)[marks][..., None])


def expose(
    linear: NDArray,
    rng: Rng,
    *,
    luma: float = LIT_LUMA,
    glare: float = 0.0,
    noise: float = 1.0,
    blur: float = 0.0,
    infrared: bool = False,
) -> NDArray[np.uint8]:
    """Make the BGR picture (H, W, 3) that a camera would give of RGB linear light.

    `luma`: the mean aimed at, 0..255, before glow; `glare`: 0 none, 1 lamps that dazzle; `noise`:
    1 a lit sensor, 3 and more a dark one; `blur`: sigma in pixels; `infrared`: grey, colours lost.
    """
    light = np.asarray(linear, dtype=np.float32)
    if infrared:
        weights = np.array([0.45, 0.35, 0.20], dtype=np.float32)
        light = np.repeat((light @ weights)[..., None], 3, axis=2)
    height, width = light.shape[:2]
    light = light * np.float32(exposure_for(np.minimum(light, 2.0), luma))
    light = relit(light, linear.max(axis=2) > 0.97 * TOP, glare, rng)
    light = glow(light, glare, rng)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    r2 = ((x / width - 0.5) ** 2 + ((y / height - 0.5) * height / width) ** 2) / 0.33
    light = light * (1 - rng.uniform(0.0, 0.45) * np.clip(r2, 0, 1))[..., None].astype(np.float32)
    if blur > 0:
        light = cv2.GaussianBlur(light, (0, 0), blur)
    picture = _toned(light)
    grey = picture @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    pale = 0.0 if infrared else float(rng.uniform(0.0, 0.4))
    picture = (1 - pale) * picture + pale * grey[..., None]
    if noise > 0:
        strength = noise / 255.0
        sigma = strength * np.sqrt(1.2 + 6.0 * grey)
        fine = rng.standard_normal((height, width), dtype=np.float32)
        coarse = cv2.GaussianBlur(
            rng.standard_normal((height, width), dtype=np.float32), (0, 0), 1.0
        )
        picture = picture + (sigma * (0.45 * fine + 2.2 * coarse))[..., None]
        if not infrared:
            chroma = rng.standard_normal((height // 4, width // 4, 3), dtype=np.float32)
            picture = picture + strength * 0.8 * cv2.resize(chroma, (width, height))
    done = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.ascontiguousarray(done[..., ::-1])


def _box(matrix: NDArray, points: NDArray) -> list[float] | None:
    """Bound projected points, clipped to the picture; None when they lie outside it."""
    from workers.simulate.optics import project

    image = project(matrix, points.astype(np.float64))
    image = image[~np.isnan(image[:, 0])]
    if not len(image):
        return None
    (left, top), (right, bottom) = (
        np.clip(image.min(axis=0), 0, 1),
        np.clip(image.max(axis=0), 0, 1),
    )
    if right - left < 0.002 or bottom - top < 0.002:
        return None
    return [round(float(v), 5) for v in (left, top, right, bottom)]


def _spot(layout: Layout, width: int, rng: Rng) -> tuple[float, float] | None:
    """Find a free place on the ground where a person is as tall in the picture as drawn."""
    focal = width / 2 / np.tan(np.radians(layout.view.fov) / 2)
    for _ in range(40):
        tall = np.exp(rng.uniform(np.log(24), np.log(260)))
        far = float(np.clip(focal * 1.72 / tall, 2.5, 26))
        angle = np.radians(layout.view.yaw) + np.arctan(
            rng.uniform(-0.95, 0.95) * width / 2 / focal
        )
        x = layout.view.at[0] + far * np.sin(angle)
        y = far * np.cos(angle)
        straight = x - layout.room.curve * max(0.0, y - 5.0) ** 2
        if layout.free(straight, y):
            return float(straight), float(y)
    return None


def _people(layout: Layout, split: str, width: int, rng: Rng) -> list[Placed]:
    from workers.simulate import cast, poses

    if rng.random() < EMPTY_SHARE:
        return []
    found: list[Placed] = []
    taken: list[tuple[float, float]] = []
    names, shares = list(poses.POSES), np.array(list(poses.POSES.values()))
    count = int(rng.choice([1, 2, 3, 4, 5], p=[0.26, 0.30, 0.22, 0.13, 0.09]))
    dazzle = rng.random() < 0.22
    for _ in range(count):
        at = _spot(layout, width, rng)
        if at is None or any(np.hypot(at[0] - a, at[1] - b) < 0.6 for a, b in taken):
            continue
        taken.append(at)
        look = cast.draw_look(rng, split)
        joints = poses.draw(str(rng.choice(names, p=shares / shares.sum())), rng)
        x, y, _z = layout.room.warp(np.array([[at[0], at[1], 0.0]]))[0]
        way = np.array(layout.view.at[:2]) - [x, y]
        heading = rng.uniform(-np.pi, np.pi)
        if dazzle and look.lamp > 0:
            heading = float(np.arctan2(way[0], way[1]) + rng.normal(0, 0.25))
        far = float(np.hypot(*way))
        coarse = far > 0.9 * width / 2 / np.tan(np.radians(layout.view.fov) / 2) * 1.72 / 170
        found.append(
            cast.person(look, joints, (float(x), float(y)), heading, layout.room.slope, coarse, rng)
        )
    return found


def _label(
    stage: Stage, people: list[Placed], counts: list[Any], apart: NDArray, exposure: float
) -> list[dict[str, Any]]:
    """Describe who is in the picture.

    `contrast`: how far the person's visible pixels differ from the place without people, mean of
    display values 0..1 at exposure 1; what is near 0 nobody can see.
    """
    from workers.simulate.cast import head_of

    rows = []
    for index, (who, count) in enumerate(zip(people, counts, strict=True)):
        mask = (stage.codes == 2 * index + 1) | (stage.codes == 2 * index + 2)
        head_points, points = head_of(who)
        box = _box(stage.matrix, points)
        if box is None or count.alone == 0:
            continue
        middle = points.mean(axis=0) - np.array(stage.layout.view.at)
        rows.append(
            {
                "box": box,
                "visible": round(min(1.0, count.seen / count.alone), 3),
                "visible_px": count.seen,
                "head": _box(stage.matrix, head_points),
                "head_visible": round(min(1.0, count.head_seen / count.head_alone), 3)
                if count.head_alone
                else 0.0,
                "contrast": round(float(apart[mask].mean()), 4) if count.seen else 0.0,
                "helmet": who.look.helmet is not None,
                "vest": who.look.vest is not None,
                "pose": who.pose,
                "lamp": round(who.look.lamp * exposure, 4),
                "distance_m": round(float(np.linalg.norm(middle)), 2),
            }
        )
    return rows


def takes(
    stage: Stage, split: str, seed: int, width: int
) -> Iterator[tuple[int, NDArray, NDArray, dict[str, Any]]]:
    """Take the pictures of one place: index in the place, linear light at luma 85, mask, label.

    The mask (H, W) is true where people and what they carry are seen.
    """
    from workers.simulate.layouts import draw_layout

    layout = draw_layout(split, seed)
    stage.light(layout)
    for index in range(PER_PLACE):
        rng = np.random.default_rng([seed, index, 5 if split == "train" else 6])
        people = _people(layout, split, width, rng)
        flicker = (float(rng.choice([1, 1, 0.3, 1.4])), float(rng.choice([1, 1, 0.0, 0.5])))
        linear, counts = stage.shoot(people, [], flicker)
        mask = stage.codes > 0 if people else np.zeros(linear.shape[:2], bool)
        exposure = exposure_for(np.minimum(linear, 50.0), LIT_LUMA)
        with_people, alone = _toned(linear * exposure), _toned(stage.without(flicker) * exposure)
        apart = np.abs(with_people - alone).mean(axis=2)
        label = {
            "layout": f"{split}-{seed}-{layout.room.kind}",
            "seed": seed * 100 + index,
            "version": VERSION,
            "light": layout.light,
            "camera": {
                "height_m": round(layout.view.at[2], 2),
                "fov": round(layout.view.fov, 1),
                "roll": round(layout.roll, 2),
            },
            "dust": round(layout.dust, 4),
            "lamps": len(layout.lamps),
            "people": _label(stage, people, counts, apart, exposure),
        }
        yield index, linear * np.float32(exposure), mask, label


def generate(out: Path, count: int, seed: int, split: str, width: int, height: int) -> None:
    """Write `count` pictures and labels.jsonl; what is there already is left alone."""
    from workers.simulate.stage import Stage

    out.mkdir(parents=True, exist_ok=True)
    stage: Stage | None = None
    labels = out / "labels.jsonl"
    known = set()
    if labels.exists():
        known = {json.loads(line)["file"] for line in labels.read_text().splitlines() if line}
    for start in range(0, count, PER_PLACE):
        place = seed + start // PER_PLACE
        files = [f"{place * PER_PLACE + i:06d}.png" for i in range(PER_PLACE)][: count - start]
        if known.issuperset(files):
            continue
        stage = stage or Stage(width, height)
        for index, linear, mask, label in takes(stage, split, place, width):
            if index >= len(files) or files[index] in known:
                continue
            # The label is written last: a picture with a label is whole.
            cv2.imwrite(str(out / files[index]), pack(linear), [cv2.IMWRITE_PNG_COMPRESSION, 1])
            cv2.imwrite(str(mask_of(out / files[index])), mask.astype(np.uint8) * 255)
            with labels.open("a") as stream:
                stream.write(
                    json.dumps({"file": files[index], **label}, separators=(",", ":")) + "\n"
                )


__all__ = ["expose", "generate", "glow", "load", "luma", "mask_of", "pack", "relit"]
