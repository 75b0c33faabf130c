"""The camera: where a point lands in the picture, and what lens, sensor and air do to it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.simulate.scene import Optics, Rectangle, View


def perspective(fov_y: float, aspect: float, near: float, far: float) -> NDArray:
    """Make an OpenGL projection; the angle in radians: (4, 4)."""
    f = 1 / np.tan(fov_y / 2)
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = f / aspect, f
    matrix[2, 2] = (far + near) / (near - far)
    matrix[2, 3] = 2 * far * near / (near - far)
    matrix[3, 2] = -1
    return matrix


def look(eye: NDArray, forward: NDArray, up: NDArray) -> NDArray:
    """Make a view matrix: (4, 4)."""
    f = forward / np.linalg.norm(forward)
    side = np.cross(f, up)
    side /= np.linalg.norm(side)
    matrix = np.eye(4)
    matrix[0, :3], matrix[1, :3], matrix[2, :3] = side, np.cross(side, f), -f
    matrix[:3, 3] = -matrix[:3, :3] @ eye
    return matrix


def camera_matrix(view: View, aspect: float) -> NDArray:
    """Make the matrix from metres to clip coordinates: (4, 4)."""
    yaw, pitch = np.radians(view.yaw), np.radians(view.pitch)
    forward = np.array([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), np.sin(pitch)])
    fov_y = 2 * np.arctan(np.tan(np.radians(view.fov) / 2) / aspect)
    return perspective(fov_y, aspect, 0.1, 80.0) @ look(
        np.array(view.at), forward, np.array([0.0, 0.0, 1.0])
    )


def project(matrix: NDArray, points: NDArray) -> NDArray:
    """Project metres (N, 3) to fractions of the picture (N, 2), y down.

    Points behind the camera come out as NaN.
    """
    clip = np.hstack([points, np.ones((len(points), 1))]) @ matrix.T
    w = np.where(clip[:, 3] > 0.05, clip[:, 3], np.nan)
    return np.stack([clip[:, 0] / w * 0.5 + 0.5, 0.5 - clip[:, 1] / w * 0.5], axis=1)


def rectangle_polygon(matrix: NDArray, area: Rectangle, slope: float) -> list[list[float]]:
    """Project a rectangle on the ground; raises ValueError if it leaves the picture."""
    x0, y0, x1, y1 = area
    corners = np.array([[x, y, slope * y] for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))])
    image = project(matrix, corners)
    if not np.all((image >= 0) & (image <= 1)):
        raise ValueError(f"the rectangle {area} leaves the picture: {image.round(3).tolist()}")
    return [[round(float(x), 4), round(float(y), 4)] for x, y in image]


def tone(linear: NDArray) -> NDArray:
    """Bend linear light to display values 0..1 as film does."""
    x = np.maximum(linear, 0)
    film = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14)
    return np.clip(film, 0, 1) ** (1 / 2.2)


def luma(picture: NDArray) -> float:
    """Give the mean luma 0..255 of an RGB picture in 0..255."""
    return float(np.mean(picture @ np.array([0.299, 0.587, 0.114], dtype=np.float32)))


def exposure_for(linear: NDArray, target: float) -> float:
    """Find the factor that brings a frame's mean luma to the target."""
    small = cv2.resize(linear, (240, 135), interpolation=cv2.INTER_AREA)
    low, high = 1e-4, 1e4
    for _ in range(40):
        middle = float(np.sqrt(low * high))
        if luma((tone(small * middle) * 255).astype(np.float32)) < target:
            low = middle
        else:
            high = middle
    return float(np.sqrt(low * high))


def bloom(linear: NDArray, optics: Optics) -> NDArray:
    """Add the glow and the streak of bright lamps."""
    height, width = linear.shape[:2]
    small = cv2.resize(linear, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    bright = np.minimum(np.maximum(small - 1.0, 0), 200.0)
    glow = 0.55 * cv2.GaussianBlur(bright, (0, 0), 2.0)
    glow += 0.30 * cv2.GaussianBlur(bright, (0, 0), 7.0)
    glow += 0.25 * cv2.GaussianBlur(bright, (0, 0), 22.0)
    if optics.glare > 0:
        streak = cv2.GaussianBlur(bright, (0, 0), sigmaX=40, sigmaY=0.6)
        veil = cv2.GaussianBlur(bright, (0, 0), 60.0)
        glow += optics.glare * (0.5 * streak + 1.5 * veil)
    full = cv2.resize(glow, (width, height), interpolation=cv2.INTER_LINEAR)
    return linear + optics.bloom * full


class Sensor:
    """Turns linear light into the picture the camera sends; deterministic by seed and frame."""

    def __init__(self, optics: Optics, width: int, height: int, seed: int, seconds: int) -> None:
        """Prepare the vignette and the dust specks, whose paths close with the loop."""
        self.optics, self.seed, self.seconds = optics, seed, seconds
        self.exposure = 1.0
        y, x = np.mgrid[0:height, 0:width]
        r2 = ((x / width - 0.5) ** 2 + ((y / height - 0.5) * height / width) ** 2) / 0.33
        self.vignette = (1 - 0.42 * np.clip(r2, 0, 1)).astype(np.float32)[..., None]
        rng = np.random.default_rng(seed + 4000)
        self.specks = rng.uniform(0, 1, (optics.specks, 5))
        self.size = (width, height)

    def _floating(self, t: float, picture: NDArray) -> None:
        """Draw dust specks that drift in front of the lens."""
        width, height = self.size
        turn = 2 * np.pi * t / self.seconds
        for a, b, c, d, e in self.specks:
            x = (a + 0.05 * np.sin(turn * (1 + int(3 * c)) + 6 * d)) % 1
            y = (b + 0.04 * np.sin(turn * (1 + int(2 * d)) + 6 * e)) % 1
            radius = 1 + int(2.2 * c)
            col, row = int(x * width), int(y * height)
            patch = picture[
                max(0, row - radius) : row + radius, max(0, col - radius) : col + radius
            ]
            patch += 0.010 * (0.4 + e) * (0.3 + float(patch.mean()) if patch.size else 0.0)

    def expose(self, linear: NDArray, t: float, index: int) -> NDArray:
        """Make the RGB picture (H, W, 3) uint8 from linear light."""
        light = bloom(linear * np.float32(self.exposure), self.optics) * self.vignette
        self._floating(t, light)
        picture = tone(light).astype(np.float32)
        grey = picture @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
        picture = 0.86 * picture + 0.14 * grey[..., None]
        rng = np.random.default_rng([self.seed, index])
        height, width = grey.shape
        strength = self.optics.noise / 255.0
        sigma = strength * np.sqrt(1.2 + 6.0 * grey)
        fine = rng.standard_normal((height, width), dtype=np.float32)
        coarse = cv2.GaussianBlur(
            rng.standard_normal((height, width), dtype=np.float32), (0, 0), 1.0
        )
        picture += (sigma * (0.45 * fine + 2.2 * coarse))[..., None]
        chroma = rng.standard_normal((height // 4, width // 4, 3), dtype=np.float32)
        picture += strength * cv2.resize(chroma, (width, height)) * 0.8
        return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
