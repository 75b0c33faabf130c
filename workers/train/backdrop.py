"""Real places behind rendered people: cut, paste and learn.

Dwibedi et al. 2017, "Cut, Paste and Learn": people before real photographs teach what is no person
in the real world better than any rendered wall, and what a person is before any background.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from workers.simulate.pictures import mask_of
from workers.train import camera

# The rim of a mask is softened by so many pixels, as a lens does.
RIM_PX = 0.7
# How far the light of a photograph may be from the rendered one's, in natural logarithms.
LIGHT_SPREAD = 0.6


@dataclass(frozen=True)
class Backdrop:
    """A photograph and where people may be in it already, boxes (N, 4) as fractions."""

    path: Path
    people: np.ndarray


def put(
    stored: np.ndarray, picture: Path, backdrop: Backdrop, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Put a photograph behind the people of a stored picture (H, W, 3) uint16 BGR.

    Returns the picture in linear RGB float32 and the boxes (N, 4), fractions, where the photograph
    may show people itself; ValueError where the mask or the photograph cannot be read.
    """
    rows, columns = stored.shape[:2]
    mask = cv2.imread(str(mask_of(picture)), cv2.IMREAD_GRAYSCALE)
    photograph = cv2.imread(str(backdrop.path), cv2.IMREAD_COLOR)
    if mask is None or photograph is None:
        raise ValueError(f"{mask_of(picture)} or {backdrop.path} cannot be read")
    part, boxes = _cover(photograph, backdrop.people, (rows, columns), rng)
    behind = camera.undevelop(part, "film" if rng.random() < 0.5 else "gamma")
    behind = behind * np.float32(np.exp(rng.normal(0, LIGHT_SPREAD)))
    share = cv2.GaussianBlur(mask, (0, 0), RIM_PX).astype(np.float32)[..., None] / 255
    return camera.decode(stored) * share + behind * (1 - share), boxes


def _cover(
    photograph: np.ndarray, people: np.ndarray, size: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Cut a part of a photograph with the shape of size and scale it there; its people with it."""
    height, width = photograph.shape[:2]
    fit = max(size[0] / height, size[1] / width) * float(rng.uniform(1.0, 1.6))
    rows, columns = size[0] / fit, size[1] / fit
    top, left = float(rng.uniform(0, height - rows)), float(rng.uniform(0, width - columns))
    matrix = np.array([[fit, 0, -left * fit], [0, fit, -top * fit]], np.float32)
    way = cv2.INTER_AREA if fit < 0.5 else cv2.INTER_LINEAR
    part = np.asarray(cv2.warpAffine(photograph, matrix, size[::-1], flags=way), np.uint8)
    boxes = people * np.tile((width, height), 2) - np.tile((left, top), 2)
    boxes = np.clip(boxes / np.tile((columns, rows), 2), 0, 1)
    if rng.random() < 0.5:
        part = np.ascontiguousarray(part[:, ::-1])
        boxes = np.stack((1 - boxes[:, 2], boxes[:, 1], 1 - boxes[:, 0], boxes[:, 3]), 1)
    return part, boxes[(boxes[:, 2:] - boxes[:, :2]).min(1, initial=1.0) > 0.005]
