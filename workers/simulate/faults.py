"""Camera faults put over clean pictures: what a lens, a hand, a lamp or a bad line does to them.

Deterministic by seed. Pictures are BGR (H, W, 3) uint8, times seconds from the clip's first frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Change = Callable[[Picture, int], Picture]


def _clip(value: NDArray) -> Picture:
    return np.clip(value, 0, 255).astype(np.uint8)


def _noise(picture: Picture, seed: int) -> NDArray:
    """Make the noise of the sensor, which no lens and no dust takes away."""
    rng = np.random.default_rng(seed)
    return 2.5 * rng.standard_normal(picture.shape, dtype=np.float32)


def dark(picture: Picture, seed: int) -> Picture:
    """Let the lamps go out: some light is left, and the sensor's noise."""
    return _clip(picture * np.float32(0.12) + _noise(picture, seed))


def overexposed(picture: Picture, seed: int) -> Picture:
    """Open the iris by five stops."""
    return _clip(picture.astype(np.float32) * 8 + 60)


def glare(picture: Picture, seed: int) -> Picture:
    """Let a lamp look into the lens: a saturated disc over a quarter of the picture, and a veil."""
    high, wide = picture.shape[:2]
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    away = np.hypot(x - 0.55 * wide, y - 0.45 * high) / (0.30 * (high * wide) ** 0.5)
    lamp = np.where(away < 1, 255, 150 / np.maximum(away, 1) ** 3)
    return _clip(picture + lamp[..., None])


def blurred(picture: Picture, seed: int) -> Picture:
    """Put the lens out of focus."""
    soft = cv2.GaussianBlur(picture, (0, 0), picture.shape[1] / 110).astype(np.float32)
    return _clip(soft + _noise(picture, seed))


def dirt(picture: Picture, seed: int) -> Picture:
    """Let mud dry on the glass: soft brown patches over about half of the view."""
    rng = np.random.default_rng(seed)
    high, wide = picture.shape[:2]
    cover = np.zeros((high, wide), np.float32)
    for x, y, size in rng.uniform(0, 1, (14, 3)):
        radius = int(wide * (0.06 + 0.09 * size))
        cv2.circle(cover, (int(x * wide), int(y * high)), radius, 1.0, -1)
    soft_edge = cv2.GaussianBlur(cover, (0, 0), wide / 50)[..., None]
    mud = np.array((52, 66, 78), np.float32)
    soft = cv2.GaussianBlur(picture, (0, 0), wide / 45).astype(np.float32)
    return _clip(picture * (1 - soft_edge) + soft_edge * (0.5 * mud + 0.5 * soft))


def hazy(picture: Picture, seed: int) -> Picture:
    """Fill the air with dust that scatters the lamps' light."""
    return _clip(picture * np.float32(0.22) + 105 + _noise(picture, seed))


def blocked(picture: Picture, seed: int) -> Picture:
    """Hang a cloth before the lens: out of focus, over four fifths of the view."""
    high, wide = picture.shape[:2]
    rng = np.random.default_rng(seed)
    folds = cv2.GaussianBlur(rng.uniform(0, 1, (high, wide)).astype(np.float32), (0, 0), wide / 16)
    folds = (folds - folds.mean()) / (folds.std() + 1e-6)
    cloth = (70 + 9 * folds)[..., None] * np.array((0.8, 0.9, 1.0), np.float32)
    noise = rng.standard_normal(picture.shape, dtype=np.float32)
    cover = np.zeros((high, wide), np.float32)
    cover[: int(0.82 * high)] = 1.0
    hem = cv2.GaussianBlur(cover, (0, 0), wide / 40)[..., None]
    return _clip(picture * (1 - hem) + hem * (cloth + noise))


def moved(picture: Picture, seed: int) -> Picture:
    """Turn the camera aside by eight percent of the diagonal, and tilt it by two degrees."""
    high, wide = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((wide / 2, high / 2), 2.0, 1.0)
    turn = turn + np.array(((0, 0, 0.072), (0, 0, 0.035))) * float(np.hypot(high, wide))
    return cv2.warpAffine(picture, turn, (wide, high), borderMode=cv2.BORDER_REFLECT_101).astype(
        np.uint8
    )


def flood(picture: Picture, share: float) -> Picture:
    """Let water rise on the floor: a dark film that mirrors what stands above it.

    share: of the picture's lower half, from its middle outwards, 0..1.
    """
    high, wide = picture.shape[:2]
    cover = np.zeros((high, wide), np.float32)
    axes = (int(share * wide * 0.5), int(share * high * 0.24))
    if min(axes) > 0:
        cv2.ellipse(cover, (wide // 2, int(0.76 * high)), axes, 0, 0, 360, 1.0, -1)
    mirror = np.roll(picture[::-1], int(0.3 * high), axis=0)
    film = cv2.GaussianBlur(0.35 * picture + 0.22 * mirror.astype(np.float32), (0, 0), wide / 160)
    edge = cv2.GaussianBlur(cover, (0, 0), wide / 300)[..., None]
    return _clip(picture * (1 - edge) + film * edge)


# What a fault is called in the truth, by the name of the change: dirt is told as blurred.
CHANGES: dict[str, tuple[str, Change]] = {
    "dark": ("dark", dark),
    "overexposed": ("overexposed", overexposed),
    "glare": ("glare", glare),
    "blurred": ("blurred", blurred),
    "dirt": ("blurred", dirt),
    "hazy": ("hazy", hazy),
    "blocked": ("blocked", blocked),
    "moved": ("moved", moved),
}
NAMES = ("lost", "frozen", *CHANGES)


def spoil(
    frames: Iterable[tuple[float, Picture]], name: str, from_s: float, to_s: float, seed: int = 0
) -> Iterator[tuple[float, Picture]]:
    """Give the frames with a fault from one time to another; ValueError for an unknown name."""
    if name not in NAMES:
        raise ValueError(f'no fault "{name}"; there are: {", ".join(NAMES)}')
    kept: Picture | None = None
    for number, (t, picture) in enumerate(frames):
        if not from_s <= t < to_s:
            yield t, picture
        elif name == "frozen":
            kept = picture if kept is None else kept
            yield t, kept
        elif name != "lost":
            # Dirt and cloth stay where they are; noise is new in every picture.
            same = name in ("dirt", "blocked")
            yield t, CHANGES[name][1](picture, seed if same else seed + number)


def drift(times: Iterable[float], rate: float) -> Iterator[float]:
    """Give the times as a camera stamps them whose clock runs fast (rate > 0) or slow."""
    for t in times:
        yield t * (1 + rate)
