"""Paint a safety helmet on a head of a photograph, so that helmets need no licensed photographs.

The shell is half an ellipsoid with a brim, ribs and sometimes a cap lamp, drawn quad by quad from
back to front with diffuse and glossy light. The head's place and axes come from heads.json.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
# Blue, green, red. Weighted by what is worn: yellow, white, red, orange, blue, green, grey.
COLOURS = (
    ((20, 185, 245), 0.3),
    ((235, 238, 238), 0.22),
    ((35, 35, 200), 0.14),
    ((25, 105, 240), 0.12),
    ((190, 95, 25), 0.12),
    ((60, 140, 30), 0.06),
    ((70, 70, 70), 0.04),
)
OVERSAMPLE = 2
AROUND, RISE = 30, 8


@dataclass(frozen=True, slots=True)
class Head:
    """A head in a picture of known size; lengths in pixels, axes are unit vectors.

    box: left, top, right, bottom with hair and chin. middle: between the ears. right, up and
    forward: the head's axes in the picture's x, y and depth (positive away from the camera).
    width: from ear to ear over the face. brow: height of the brow over the middle along up.
    """

    box: tuple[float, float, float, float]
    middle: tuple[float, float]
    right: tuple[float, float, float]
    up: tuple[float, float, float]
    forward: tuple[float, float, float]
    width: float
    brow: float


def put_on(
    picture: NDArray[np.uint8], head: Head, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """Draw a helmet on the head in place (BGR); return the helmet's box."""
    turn = _axes(head)
    w = head.width
    half = np.array((rng.uniform(0.68, 0.8), rng.uniform(0.82, 1.0), rng.uniform(0.62, 0.85)))
    half *= w
    lift = head.brow + rng.uniform(0.02, 0.3) * w
    tilt = np.radians(rng.uniform(-12, 8))
    turn = turn @ np.array(
        ((1, 0, 0), (0, np.cos(tilt), -np.sin(tilt)), (0, np.sin(tilt), np.cos(tilt)))
    )
    # The skull's middle lies behind the line between the ears' front edges.
    origin = np.array((*head.middle, 0.0)) + turn @ np.array((0, -0.12 * w, lift))
    quads, shades = _shell(half, rng)
    points = quads @ turn.T + origin
    colour = _colour(rng)
    light = rng.normal((0, -0.8, -0.7), 0.4)
    light /= np.linalg.norm(light)
    x1, y1 = np.floor(points[..., :2].reshape(-1, 2).min(0)).astype(int) - 2
    x2, y2 = np.ceil(points[..., :2].reshape(-1, 2).max(0)).astype(int) + 3
    size = (max(1, y2 - y1) * OVERSAMPLE, max(1, x2 - x1) * OVERSAMPLE)
    if max(size) > 4000:
        return head.box
    layer = np.zeros((*size, 3), np.float32)
    alpha = np.zeros(size, np.uint8)
    brightness = _brightness(picture, head)
    ambient, glossy = rng.uniform(0.35, 0.6), rng.uniform(0.0, 0.5)
    normals = np.cross(points[:, 2] - points[:, 0], points[:, 3] - points[:, 1])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    normals *= np.where(normals[:, 2:] > 0, -1, 1)
    facing = normals @ light
    mirror = np.maximum(0, -(2 * facing[:, None] * normals - light)[:, 2])
    strength = shades * (ambient + (1.15 - ambient) * np.maximum(0, facing)) * brightness
    shone = colour * strength[:, None] + (230 * glossy * brightness * mirror**20)[:, None]
    corners = np.round((points[..., :2] - (x1, y1)) * OVERSAMPLE * 16).astype(np.int32)
    for i in np.argsort(-points[..., 2].mean(1)):
        cv2.fillConvexPoly(layer, corners[i], shone[i].tolist(), cv2.LINE_8, 4)
        cv2.fillConvexPoly(alpha, corners[i], 255, cv2.LINE_8, 4)
    if rng.random() < 0.35:
        _lamp(layer, alpha, (turn, origin, half), (x1, y1), w, rng)
    if rng.random() < 0.35:
        _strap(picture, head, turn, origin, half, rng)
    return _lay(picture, layer, alpha, (int(x1), int(y1)), rng)


def _axes(head: Head) -> Floats:
    """Return the head's axes as columns: right, forward, up."""
    return np.array((head.right, head.forward, head.up)).T


def _colour(rng: np.random.Generator) -> Floats:
    names = [c for c, _ in COLOURS]
    weights = np.array([p for _, p in COLOURS])
    colour = np.array(names[rng.choice(len(names), p=weights / weights.sum())], np.float32)
    return np.clip(colour * rng.uniform(0.7, 1.1) + rng.normal(0, 14, 3), 5, 255)


def _brightness(picture: NDArray[np.uint8], head: Head) -> float:
    """Match the helmet to the light on the face."""
    x1, y1, x2, y2 = (max(0, round(v)) for v in head.box)
    face = picture[(y1 + y2) // 2 : y2, x1:x2]
    mean = float(np.percentile(face, 70)) if face.size else 120.0
    return float(np.clip(mean / 140, 0.25, 1.3))


def _shell(half: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return quads (N, 4, 3) in right, forward, up and a shade for each: dome, rib, brim."""
    around = np.linspace(0, 2 * np.pi, AROUND + 1)
    rise = np.linspace(0, np.pi / 2, RISE + 1)
    peak = rng.uniform(0.25, 0.5)
    rim = rng.uniform(0.03, 0.12) if rng.random() < 0.75 else rng.uniform(0.2, 0.35)
    squareness = rng.uniform(0.75, 1.0)

    def dome(a: Floats, r: Floats) -> Floats:
        flat = np.cos(r) ** squareness
        xyz = np.stack((np.cos(a) * flat, np.sin(a) * flat, np.sin(r)), -1) * half
        ribs = 0.03 * np.exp(-((xyz[..., 0] / (0.12 * half[0])) ** 2)) * np.sin(r)
        return np.asarray(xyz * (1 + ribs[..., None]))

    a, r = np.meshgrid(around, rise, indexing="ij")
    grid = dome(a, r)
    quads = [_cells(grid)]
    shades = [np.repeat(np.where(np.arange(RISE) == 0, 0.85, 1.0)[None], AROUND, 0).ravel()]
    edge = grid[:, 0]
    reach = rim + (peak - rim) * np.clip(np.sin(around), 0, 1) ** 2
    outer = edge * (1 + reach[:, None] * np.array((0.6, 1, 0)) * (half[0] / half[:1]))
    outer[:, 2] -= 0.09 * half[2] * np.clip(np.sin(around), 0.2, 1)
    brim = np.stack((edge, outer), 1)
    quads.append(_cells(brim))
    shades.append(np.full(AROUND, 0.82))
    return np.concatenate(quads), np.concatenate(shades)


def _cells(grid: Floats) -> Floats:
    """Cut a grid of points (A, B, 3) into quads ((A-1)(B-1), 4, 3)."""
    corners = (grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:])
    return np.stack(corners, 2).reshape(-1, 4, 3)


def _lamp(
    layer: Floats,
    alpha: NDArray[np.uint8],
    frame: tuple[Floats, Floats, Floats],
    corner: tuple[int, int],
    width: float,
    rng: np.random.Generator,
) -> None:
    """Add a cap lamp at the front, if the front faces the camera."""
    turn, origin, half = frame
    if turn[2, 1] > 0.2:
        return
    at = turn @ np.array((0, 0.97 * half[1], 0.42 * half[2])) + origin
    middle = tuple(int(v) for v in (at[:2] - corner) * OVERSAMPLE)
    radius = max(2, int(width * rng.uniform(0.1, 0.17) * OVERSAMPLE))
    cv2.circle(layer, middle, radius, (35, 35, 35), -1)
    cv2.circle(alpha, middle, radius, 255, -1)
    glass = (255, 255, 255) if rng.random() < 0.5 else (120, 120, 110)
    cv2.circle(layer, middle, int(radius * 0.7), glass, -1)


def _strap(
    picture: NDArray[np.uint8],
    head: Head,
    turn: Floats,
    origin: Floats,
    half: Floats,
    rng: np.random.Generator,
) -> None:
    chin = np.array(head.middle) - np.array(head.up[:2]) * head.width * 0.85
    grey = int(rng.uniform(10, 90))
    for side in (-1, 1):
        start = (turn @ np.array((side * 0.9 * half[0], 0, 0)) + origin)[:2]
        ends = [tuple(int(v) for v in p) for p in (start, chin)]
        cv2.line(picture, *ends, (grey, grey, grey), max(1, round(head.width * 0.05)), cv2.LINE_AA)


def _lay(
    picture: NDArray[np.uint8],
    layer: Floats,
    alpha: NDArray[np.uint8],
    corner: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[float, float, float, float]:
    """Blend the layer into the picture; return its box, which may reach beyond the picture."""
    size = (layer.shape[1] // OVERSAMPLE, layer.shape[0] // OVERSAMPLE)
    cover = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    colour = cv2.resize(layer, size, interpolation=cv2.INTER_AREA)
    colour /= np.maximum(cover, 1e-3)[..., None]
    if rng.random() < 0.5:
        spots = cv2.resize(rng.normal(1, rng.uniform(0.02, 0.12), (9, 9)).astype(np.float32), size)
        colour *= spots[..., None]
    x1, y1 = corner
    height, width = picture.shape[:2]
    left, top = max(0, x1), max(0, y1)
    right, bottom = min(width, x1 + size[0]), min(height, y1 + size[1])
    if right <= left or bottom <= top:
        return (0.0, 0.0, 0.0, 0.0)
    part = (slice(top - y1, bottom - y1), slice(left - x1, right - x1))
    under = picture[top:bottom, left:right].astype(np.float32)
    mix = cover[part][..., None]
    picture[top:bottom, left:right] = np.clip(under * (1 - mix) + colour[part] * mix, 0, 255)
    return _bounds(cover, corner)


def _bounds(cover: Floats, corner: tuple[int, int]) -> tuple[float, float, float, float]:
    ys, xs = np.nonzero(cover > 0.5)
    if not len(xs):
        return (0.0, 0.0, 0.0, 0.0)
    x, y = corner
    return (
        float(x + xs.min()),
        float(y + ys.min()),
        float(x + xs.max() + 1),
        float(y + ys.max() + 1),
    )
