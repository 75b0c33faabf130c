"""A sump with a gauge: wall and water ray-traced in numpy, with the exact level as truth.

The wall is a plane with everything painted on it; the water is a plane with small waves that
mirrors the wall by Fresnel's law (Schlick's form) and shows murky water, and a little of the wall
below, for the rest. Metres; x right along the wall, y away from the camera, z up.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.simulate.encode import Writer

# Pixels of the wall's texture in a metre.
FINE = 300
# The part of the wall that is drawn.
LEFT, RIGHT, LOW, HIGH = -2.6, 2.6, -0.6, 2.6
CLIP = (640, 360)
WHITE = np.array([0.82, 0.82, 0.78])


@dataclass(frozen=True)
class Lamp:
    """A lamp at a place in metres; power in the light's own unit at a metre."""

    at: tuple[float, float, float]
    power: float
    colour: tuple[float, float, float] = (1.0, 0.9, 0.75)


@dataclass(frozen=True)
class Sump:
    """A clip as data. levels: (second, metres), a line from one to the next.

    kind: staff, board or wall, what the metres stand on. mist: (second, share of the picture's
    contrast that is lost). sky: light from above, mirrored by the water. glare: how far lamps
    bloom. mud: share of the staff that is smeared.
    """

    name: str
    seed: int
    seconds: int
    levels: tuple[tuple[float, float], ...]
    kind: str = "staff"
    regime: str = "bright"
    eye: tuple[float, float, float] = (0.0, -3.4, 1.9)
    pitch: float = -18.0
    fov: float = 52.0
    turn: float = 0.0
    lamps: tuple[Lamp, ...] = ()
    ambient: float = 0.25
    sky: float = 0.3
    water: tuple[float, float, float] = (0.10, 0.12, 0.10)
    clear_m: float = 0.05
    waves: float = 0.012
    mud: float = 0.0
    mist: tuple[tuple[float, float], ...] = ((0, 0.0),)
    luma: float = 90.0
    noise: float = 2.0
    blur: float = 0.6
    glare: float = 0.0
    infrared: bool = False

    def level(self, t: float) -> float:
        """Return the metres at t seconds."""
        return _between(t, self.levels)

    def haze(self, t: float) -> float:
        """Return the share of the contrast that mist takes at t seconds."""
        return _between(t, self.mist)


def _between(t: float, rows: Sequence[tuple[float, float]]) -> float:
    return float(np.interp(t, [at for at, _ in rows], [value for _, value in rows]))


def _noise(rng: np.random.Generator, high: int, wide: int, size: float, flat: float = 1) -> NDArray:
    grid = rng.standard_normal((int(high / size) + 2, int(wide / size / flat) + 2))
    return cv2.resize(grid.astype(np.float32), (wide, high), interpolation=cv2.INTER_CUBIC)


class Pond:
    """Draws one sump's frames; the same sump gives the same frames."""

    def __init__(self, sump: Sump, width: int, height: int) -> None:
        """Paint the wall and light it; width and height in pixels."""
        self.sump, self.size = sump, (width, height)
        rng = np.random.default_rng(sump.seed)
        self.wall = self._lit(self._paint(rng))
        self.waves = [
            (*(rng.normal(0, 1, 2) * 2 * np.pi / size), size, rng.uniform(0, 2 * np.pi))
            for size in rng.uniform(0.05, 0.7, 9)
        ]
        self.rays = self._rays(width, height)
        self.noise = rng
        self.gain = 1.0
        self.gain = self._exposure()

    # ---- the wall -----------------------------------------------------------------------------

    def _paint(self, rng: np.random.Generator) -> NDArray:
        """Paint concrete, stains, an old tide mark and the gauge: reflectance (H, W, 3)."""
        high, wide = int((HIGH - LOW) * FINE), int((RIGHT - LEFT) * FINE)
        grey = np.full((high, wide), 0.42, np.float32)
        for size, much in ((4, 0.02), (20, 0.03), (90, 0.04), (300, 0.05)):
            grey += much * _noise(rng, high, wide, size)
        grey *= 1 - 0.12 * np.clip(_noise(rng, high, wide, 60, 0.12), 0, 2)  # what ran down
        for x in np.arange(int(rng.uniform(0, 300)), wide, int(1.25 * FINE)):
            grey[:, x : x + 2] *= 0.6
        for z in (0.55, 1.45):
            row = self._row(z)
            grey[row : row + 2] *= 0.6
        wall = grey[..., None] * np.array([1.0, 0.97, 0.92])
        tide = self._row(max(m for _, m in self.sump.levels) + 0.22)
        edge = tide + (4 * _noise(rng, 1, wide, 40)[0]).astype(int)
        below = np.clip((np.arange(high)[:, None] - edge[None]) / 6 + 0.5, 0, 1)
        wall *= 1 - 0.22 * below[..., None] * np.array([0.8, 1.0, 1.2])
        self._gauge(wall, rng)
        return np.clip(wall, 0.02, 0.95).astype(np.float32)

    def _row(self, z: float) -> int:
        return int((HIGH - z) * FINE)

    def _column(self, x: float) -> int:
        return int((x - LEFT) * FINE)

    def _gauge(self, wall: NDArray, rng: np.random.Generator) -> None:
        kind, top, foot = self.sump.kind, 1.6, -0.3
        half = {"staff": 0.07, "board": 0.45, "wall": 0.3}[kind]
        rows = slice(self._row(top), self._row(foot))
        columns = slice(self._column(-half), self._column(half))
        if kind != "wall":
            part = wall[rows, columns]
            part[:] = WHITE * (1 + 0.03 * _noise(rng, part.shape[0], part.shape[1], 40)[..., None])
        dark = np.array([0.05, 0.05, 0.06]) if kind != "wall" else WHITE * 0.8
        if kind == "board":
            for z in np.arange(-0.1, top - 0.1, 0.3):
                for x in (-0.25, 0.25):
                    middle = (self._column(x), self._row(z))
                    cv2.circle(wall, middle, int(0.07 * FINE), dark.tolist(), -1)
                    cv2.circle(wall, middle, int(0.03 * FINE), WHITE.tolist(), -1)
        for cm in range(int(foot * 100), int(top * 100)):
            a, b = self._row(cm / 100 + 0.01), self._row(cm / 100)
            if kind == "staff" and cm % 2 == 0:
                side = 0.0 if cm % 10 < 5 else 0.02
                wall[a:b, self._column(side) : self._column(0.065)] = dark
            if cm % 10 == 0 and kind != "board":
                if kind == "wall":
                    wall[b - 3 : b + 3, columns] = dark
                text = f"{cm / 100:.1f}" if kind == "wall" else str(cm // 10)
                size = 1.3 if kind == "wall" else 0.45
                where = (self._column(-0.065 if kind == "staff" else 0.34), b)
                letters = np.zeros(wall.shape[:2], np.uint8)
                cv2.putText(letters, text, where, 0, size, 255, 2, cv2.LINE_AA)
                wall[letters > 127] = dark
        if self.sump.mud:
            part = wall[rows, columns]
            smear = np.clip(
                _noise(rng, part.shape[0], part.shape[1], 30, 1.5) + 2 * self.sump.mud - 0.6, 0, 1
            )
            part += (np.array([0.16, 0.12, 0.08]) - part) * (0.9 * smear)[..., None]

    def _lit(self, wall: NDArray) -> NDArray:
        """Light the wall by its lamps (inverse square, Lambert): radiance (H, W, 3)."""
        high, wide = wall.shape[:2]
        x = np.linspace(LEFT, RIGHT, wide, dtype=np.float32)[None, :]
        z = np.linspace(HIGH, LOW, high, dtype=np.float32)[:, None]
        light = np.full((high, wide, 3), self.sump.ambient, np.float32)
        for lamp in self.sump.lamps:
            lx, ly, lz = lamp.at
            square = (x - lx) ** 2 + ly**2 + (z - lz) ** 2
            share = lamp.power * abs(ly) / square**1.5
            light += share[..., None] * np.array(lamp.colour, np.float32)
        return (wall * light).astype(np.float32)

    # ---- a frame ------------------------------------------------------------------------------

    def _turned(self, vector: NDArray) -> NDArray:
        pitch, yaw = np.radians(self.sump.pitch), np.radians(self.sump.turn)
        x, y, z = np.moveaxis(np.asarray(vector, float), -1, 0)
        y, z = y * np.cos(pitch) - z * np.sin(pitch), y * np.sin(pitch) + z * np.cos(pitch)
        return np.stack(
            [x * np.cos(yaw) + y * np.sin(yaw), y * np.cos(yaw) - x * np.sin(yaw), z], -1
        )

    def _rays(self, width: int, height: int) -> NDArray:
        long = np.tan(np.radians(self.sump.fov / 2))
        u = ((np.arange(width) + 0.5) / width * 2 - 1) * long
        v = (1 - (np.arange(height) + 0.5) / height * 2) * long * height / width
        flat = np.stack([*np.meshgrid(u, v)], -1)
        rays = self._turned(np.stack([flat[..., 0], np.ones((height, width)), flat[..., 1]], -1))
        return (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32)

    def project(self, point: Sequence[float]) -> list[float]:
        """Return where a point in metres is seen, as fractions of the picture."""
        pitch, yaw = np.radians(self.sump.pitch), np.radians(self.sump.turn)
        x, y, z = np.asarray(point, float) - self.sump.eye
        x, y = x * np.cos(yaw) - y * np.sin(yaw), x * np.sin(yaw) + y * np.cos(yaw)
        y, z = y * np.cos(pitch) + z * np.sin(pitch), z * np.cos(pitch) - y * np.sin(pitch)
        long = np.tan(np.radians(self.sump.fov / 2))
        width, height = self.size
        return [float(x / y / long / 2 + 0.5), float(0.5 - z / y / long / 2 * width / height)]

    def _seen(self, x: NDArray, z: NDArray) -> NDArray:
        """Return the wall's light at places on it; above it is the sky or the roof."""
        columns = ((x - LEFT) * FINE).astype(np.float32)
        rows = ((HIGH - z) * FINE).astype(np.float32)
        found = cv2.remap(
            self.wall, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        above = np.clip((z - HIGH) * 4, 0, 1)[..., None]
        return found * (1 - above) + self.sump.sky * above

    def linear(self, t: float) -> NDArray:
        """Return the light at t seconds: (H, W, 3) RGB float32."""
        sump, level = self.sump, self.sump.level(t)
        ex, ey, ez = sump.eye
        dx, dy, dz = np.moveaxis(self.rays, -1, 0)
        far = -ey / np.maximum(dy, 1e-3)
        z = ez + far * dz
        picture = self._seen(ex + far * dx, z)
        # What was under water a moment ago is still dark.
        wet = level + 0.012 if sump.levels[0][1] <= level else sump.levels[0][1]
        damp = np.clip((wet - z) / 0.01, 0, 1) * (z > level)
        # The water climbs the wall a little, and its edge is dark.
        edge = np.exp(-(((z - level) / 0.006) ** 2))
        picture *= ((1 - 0.3 * damp) * (1 - 0.4 * edge))[..., None]
        rows = np.nonzero((z < level + 0.02).any(1))[0]
        if len(rows):
            part = slice(rows[0], None)
            water = self._water(t, level, self.rays[part], picture[part], z[part])
            cover = np.clip(
                (level - z[part]) / np.maximum(far[part], 1) * self.size[0] / 2 + 0.5, 0, 1
            )
            picture[part] += (water - picture[part]) * cover[..., None]
        return picture

    def _water(self, t: float, level: float, rays: NDArray, behind: NDArray, z: NDArray) -> NDArray:
        """Return the light that comes from the water's surface along rays."""
        sump = self.sump
        ex, ey, ez = sump.eye
        dx, dy, dz = np.moveaxis(rays, -1, 0)
        down = np.minimum(dz, -1e-3)
        away = (level - ez) / down
        x, y = ex + away * dx, np.minimum(ey + away * dy, 0)
        slope_x = np.zeros_like(x)
        slope_y = np.zeros_like(x)
        for kx, ky, size, phase in self.waves:
            pace = np.sqrt(9.81 * 2 * np.pi / size)  # deep water
            wave = np.cos(kx * x + ky * y - pace * t + phase)
            slope_x += wave * np.sign(kx)
            slope_y += wave * np.sign(ky)
        # Waves finer than a pixel are not seen one by one.
        calm = sump.waves / 3 * np.clip(3 / np.maximum(away, 0.5), 0.2, 1)
        nx, ny = -slope_x * calm, -slope_y * calm
        dot = dx * nx + dy * ny + down
        rx, ry, rz = dx - 2 * dot * nx, dy - 2 * dot * ny, down - 2 * dot
        on = -y / np.maximum(ry, 0.05)
        mirrored = self._seen(x + on * rx, level + np.maximum(on * rz, 0))
        share = (0.02 + 0.98 * (1 - np.clip(-dot, 0, 1)) ** 5)[..., None]
        light = np.full(3, sump.ambient, np.float32)
        depth = np.maximum(level - z, 0)
        murk = np.array(sump.water, np.float32) * (light + 0.3 * self._lamps(x, y, level))
        through = np.exp(-depth / sump.clear_m)[..., None] * 0.8
        body = murk * (1 - through) + behind * through
        picture = mirrored * share + body * (1 - share)
        for lamp in sump.lamps:
            up = np.full_like(x, lamp.at[2] - level)
            to = np.stack([lamp.at[0] - x, lamp.at[1] - y, up], -1)
            to /= np.linalg.norm(to, axis=-1, keepdims=True)
            near = (rx * to[..., 0] + ry * to[..., 1] + rz * to[..., 2]).clip(0, 1)
            spark = np.exp((near - 1) / 0.0006)[..., None] * np.array(lamp.colour, np.float32)
            picture += share * spark * lamp.power * 40
        return picture

    def _lamps(self, x: NDArray, y: NDArray, level: float) -> NDArray:
        light = np.zeros((*x.shape, 3), np.float32)
        for lamp in self.sump.lamps:
            lx, ly, lz = lamp.at
            square = (x - lx) ** 2 + (y - ly) ** 2 + (level - lz) ** 2
            light += (lamp.power * (lz - level) / square**1.5)[..., None] * np.array(lamp.colour)
        return light

    # ---- the camera ---------------------------------------------------------------------------

    def _exposure(self) -> float:
        first = self.linear(0.0)[::4, ::4]
        low, high = 1e-3, 1e3
        for _ in range(40):
            gain = float(np.sqrt(low * high))
            low, high = (gain, high) if _tone(first * gain).mean() < self.sump.luma else (low, gain)
        return float(np.sqrt(low * high))

    def frame(self, t: float, index: int) -> NDArray:
        """Return the picture that the camera sends at t seconds: (H, W, 3) RGB uint8."""
        sump = self.sump
        light = self.linear(t) * self.gain
        for lamp in sump.lamps if sump.glare else ():
            light += self._flare(lamp)
        haze = sump.haze(t)
        if haze:
            light = light * (1 - haze) + haze * 0.35
        picture = cv2.GaussianBlur(_tone(light), (0, 0), sump.blur)
        if sump.infrared:
            picture = picture.mean(-1, keepdims=True).repeat(3, -1)
        rng = np.random.default_rng((sump.seed, index))
        grain = rng.standard_normal(picture.shape[:2] if sump.infrared else picture.shape)
        picture += sump.noise * (grain[..., None] if sump.infrared else grain)
        return np.clip(picture, 0, 255).astype(np.uint8)

    def _flare(self, lamp: Lamp) -> NDArray:
        width, height = self.size
        x, y = self.project(lamp.at)
        u, v = np.meshgrid(np.arange(width) - x * width, np.arange(height) - y * height)
        square = u * u + v * v
        glow = 3 * np.exp(-square / 200) + 0.25 * np.exp(-square / 8000)
        glow += 0.05 * np.exp(-np.sqrt(square) / 160)
        return (self.sump.glare * glow)[..., None] * np.array(lamp.colour, np.float32)


def _tone(linear: NDArray) -> NDArray:
    """Bend linear light to 0..255 as film does."""
    x = np.maximum(linear, 0)
    film = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14)
    return 255 * np.clip(film, 0, 1).astype(np.float32) ** (1 / 2.2)


def scene_document(pond: Pond) -> dict[str, Any]:
    """Return the scene: a gauge "sump" of four points along the staff."""
    points = []
    for z in (0.1, 0.5, 0.9, 1.3):
        x, y = pond.project((0.0, 0.0, z))
        points.append({"xy": [round(x, 4), round(y, 4)], "m": z})
    return {"version": 1, "analysis_fps": 5, "gauges": [{"id": "sump", "points": points}]}


def truth_document(sump: Sump) -> dict[str, Any]:
    """Return the truth: the level at each half second that it can be seen, and when it cannot."""
    times = [float(t) for t in np.arange(0, sump.seconds + 0.25, 0.5)]
    hidden = [t for t in times if sump.haze(t) > 0.97]
    rows = [[t, round(sump.level(t), 4)] for t in times if t not in hidden]
    truth = {"regime": sump.regime, "seconds": sump.seconds, "levels": {"sump": rows}}
    if hidden:
        truth["levels_hidden"] = {"sump": [[hidden[0], hidden[-1]]]}
        # What two thirds of the mist leave is no view any more; from there on it may be told.
        blind = next(t for t in times if sump.haze(t) > 0.67)
        truth["faults"] = [{"fault": "blocked", "from_s": blind, "to_s": float(sump.seconds)}]
    return truth


def render_sump(sump: Sump, out: Path, fps: int = 10, bit_rate: int = 90_000) -> None:
    """Write clip.mp4 (640x360), scene.json and truth.json of one sump into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    pond = Pond(sump, *CLIP)
    with Writer(out / "clip.mp4", CLIP, fps, bit_rate) as clip:
        for index in range(sump.seconds * fps):
            clip.write(pond.frame(index / fps, index))
    (out / "scene.json").write_text(json.dumps(scene_document(pond), indent=1) + "\n")
    (out / "truth.json").write_text(json.dumps(truth_document(sump)) + "\n")


SUMPS = {
    sump.name: sump
    for sump in (
        Sump(
            "water-day", 11, 30, ((0, 0.95), (4, 0.95), (26, 0.6), (30, 0.6)),
            ambient=1.0, sky=1.6, waves=0.02, luma=105,
        ),
        Sump(
            "water-lamp", 12, 30, ((0, 0.4), (5, 0.4), (30, 0.72)),
            regime="dim", ambient=0.02, sky=0.0, lamps=(Lamp((-0.7, -1.6, 2.3), 1.0),),
            waves=0.006, luma=52, noise=4.0,
        ),
        Sump(
            "water-infrared", 13, 30, ((0, 0.5), (15, 0.75), (30, 0.5)), kind="board",
            regime="dim", ambient=0.03, sky=0.02, lamps=(Lamp((0.1, -3.4, 2.0), 1.0),),
            waves=0.01, luma=60, noise=5.0, infrared=True, turn=14.0, eye=(-0.9, -3.3, 1.7),
        ),
        Sump(
            "water-mud", 14, 30, ((0, 0.85), (30, 0.5)), regime="dim",
            ambient=0.4, sky=0.5, water=(0.22, 0.17, 0.11), clear_m=0.02, mud=0.35, luma=58,
            waves=0.015,
        ),
        Sump(
            "water-glare", 15, 30, ((0, 0.35), (30, 0.8)), kind="wall", regime="glare",
            ambient=0.03, sky=0.01, lamps=(Lamp((0.9, -0.9, 1.7), 0.9),), glare=1.4,
            waves=0.01, luma=62, noise=4.0,
        ),
        Sump(
            "water-mist", 16, 40, ((0, 0.6), (40, 0.8)), regime="dust",
            ambient=0.5, sky=0.6, mist=((0, 0.1), (10, 0.3), (20, 0.99), (40, 1.0)), luma=80,
        ),
    )
}  # fmt: skip
