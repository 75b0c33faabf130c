"""Rooms of a mine drawn at random: skin, floor, end, supports, track and services."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.simulate.geometry import (
    BLOCK,
    BRICK,
    CABLE,
    CONCRETE,
    FLOOR,
    NETTED,
    PAINT,
    PLANK,
    ROCK,
    RUST,
    SHOTCRETE,
    WOOD,
    Mesh,
    box,
    cylinder,
    fractal,
    grid_faces,
    join,
    make,
    tube,
    turn_z,
)
from workers.simulate.world import NEAR_M, RUST_COLOR

Rng = np.random.Generator
Color = tuple[float, float, float]


@dataclass(frozen=True)
class Room:
    """The empty place. Lengths in metres; `rise` is the vault's height above the walls."""

    kind: str
    width: float
    wall: float
    rise: float
    length: float
    skin: int
    tint: Color
    rough: float
    floor: int
    floor_tint: Color
    slope: float = 0.0
    curve: float = 0.0  # sideways metres per square metre beyond 5 m
    niches: tuple[tuple[int, float, float, float], ...] = ()  # side, from y, to y, depth
    seed: int = 1

    def warp(self, points: NDArray) -> NDArray:
        """Bend a straight room's points (N, 3) to its slope and curve."""
        out = np.array(points, dtype=np.float64)
        out[:, 0] += self.curve * np.maximum(out[:, 1] - 5.0, 0) ** 2
        out[:, 2] += self.slope * out[:, 1]
        return out


TRAIN = {"roadway": 0.34, "heading": 0.22, "chamber": 0.22, "incline": 0.12, "gallery": 0.10}
VAL = {"crosscut": 0.4, "station": 0.35, "vault": 0.25}


def draw_room(kind: str, rng: Rng) -> Room:
    """Draw a room's sizes and materials."""
    grey = rng.uniform(0.10, 0.42)
    tint = tuple(float(v) for v in grey * (1 + rng.normal(0, [0.05, 0.03, 0.07])))
    skins = [ROCK, ROCK, SHOTCRETE, NETTED, BRICK]
    width, wall, length = rng.uniform(3.4, 6.4), rng.uniform(1.0, 2.1), rng.uniform(22, 42)
    rise, slope, niches = width / 2 * rng.uniform(0.75, 1.0), 0.0, []
    if kind in ("heading", "crosscut"):
        wall, rise = rng.uniform(2.2, 4.0), rng.choice([0.0, 0.0, 0.25])
        skins = [ROCK, ROCK, NETTED, SHOTCRETE, PLANK]
    elif kind in ("chamber", "station"):
        width, wall = rng.uniform(7.0, 13.0), rng.uniform(2.8, 4.5)
        rise, length = rng.uniform(0.0, 2.0), rng.uniform(14, 30)
        skins = [SHOTCRETE, SHOTCRETE, BRICK, BLOCK, ROCK]
    elif kind == "incline":
        slope = rng.choice([-1.0, 1.0]) * rng.uniform(0.06, 0.22)
    elif kind == "vault":
        skins = [BRICK, BRICK, SHOTCRETE]
    if kind in ("gallery", "crosscut"):
        for side in (-1, 1):
            start = rng.uniform(5, 13)
            niches.append((side, start, start + rng.uniform(2.5, 4.5), rng.uniform(1.5, 5)))
    skin = int(rng.choice(skins))
    if skin == BRICK:
        tint = tuple(float(v) for v in grey * np.array([1.15, 0.85, 0.7]) * rng.uniform(0.8, 1.2))
    paved = rng.random() < (0.75 if kind in ("chamber", "station") else 0.2)
    dark = rng.uniform(0.08, 0.26)
    return Room(
        kind=kind,
        width=float(width),
        wall=float(wall),
        rise=float(rise),
        length=float(length),
        skin=skin,
        tint=tint,  # type: ignore[arg-type]
        rough={ROCK: 1.0, NETTED: 0.8, SHOTCRETE: 0.4}.get(skin, 0.05) * rng.uniform(0.6, 1.5),
        floor=CONCRETE if paved else FLOOR,
        floor_tint=(dark, dark * rng.uniform(0.82, 0.98), dark * rng.uniform(0.6, 0.95)),
        slope=float(slope),
        curve=float(rng.choice([0, 0, 0, 1]) * rng.normal(0, 0.006)) if width < 7 else 0.0,
        niches=tuple(niches),
        seed=int(rng.integers(1, 10_000)),
    )


def outline(room: Room, inset: float = 0.0, step: float = 0.14) -> NDArray:
    """Give the cross-section from left floor over the roof to right floor: (N, 2) x, z."""
    half = room.width / 2 - inset
    up = np.linspace(0, room.wall, max(3, int(room.wall / step)), endpoint=False)
    over = np.linspace(0, np.pi, max(12, int(2.2 * half / step)))
    x = np.concatenate([np.full(len(up), -half), -half * np.cos(over), np.full(len(up), half)])
    top = room.wall + (room.rise - inset) * np.sin(over)
    z = np.concatenate([up, top, up[::-1]])
    return np.stack([x, z], axis=1)


def skin(room: Room) -> Mesh:
    """Make walls and roof with niches, and the end."""
    line = outline(room)
    rows = int((room.length - NEAR_M) / 0.18)
    y = np.linspace(NEAR_M, room.length, rows)
    s = np.cumsum(np.concatenate([[0], np.linalg.norm(np.diff(line, axis=0), axis=1)]))
    yy, ss = np.meshgrid(y, s, indexing="ij")
    rough = 0.20 * fractal(ss * 0.8, yy * 0.8, room.seed) + 0.06 * fractal(
        ss * 5, yy * 5, room.seed + 9, 2
    )
    out = line - np.array([0.0, room.wall * 0.6])
    out[:, 1] = np.maximum(out[:, 1], 0)
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    shift = room.rough * (rough + 0.16)
    xz = line[None] + out[None] * shift[..., None]
    low = line[:, 1] < min(2.4, room.wall + 0.3 * room.rise)
    for side, start, end, depth in room.niches:
        deep = ((y > start) & (y < end))[:, None] & (low & (np.sign(line[:, 0]) == side))[None]
        xz[..., 0] += side * depth * deep
    points = np.stack([xz[..., 0], yy, xz[..., 1]], axis=-1).reshape(-1, 3)
    tunnel = make(points, grid_faces(rows, len(line)), room.skin, room.tint)
    back = box((0, room.length, 3), (room.width + 1, 0.2, 8), room.skin, room.tint)
    return join([tunnel, back])


def ground(room: Room) -> Mesh:
    """Make the floor, uneven unless it is paved."""
    half = room.width / 2 + 5.5 * bool(room.niches) + 0.5
    x = np.linspace(-half, half, 60)
    y = np.linspace(NEAR_M, room.length, int((room.length - NEAR_M) / 0.2))
    yy, xx = np.meshgrid(y, x, indexing="ij")
    depth = 0.0 if room.floor == CONCRETE else 0.035
    z = depth * (fractal(xx * 1.7, yy * 1.7, room.seed + 21) - 1)
    points = np.stack([xx, yy, z], axis=-1).reshape(-1, 3)
    return make(points, grid_faces(len(y), len(x)), room.floor, room.floor_tint)


def supports(room: Room, rng: Rng) -> list[Mesh]:
    """Make steel arches, square sets, timber props, roof bolts or columns, or nothing."""
    parts: list[Mesh] = []
    step = rng.uniform(0.7, 1.6)
    what = rng.choice(["sets", "sets", "bolts", "none", "props"])
    if room.width > 7:
        what = rng.choice(["columns", "none", "beams"])
    tone = rng.uniform(0.6, 2.2)
    color = (RUST_COLOR[0] * tone, RUST_COLOR[1] * tone, RUST_COLOR[2] * tone)
    if what == "sets":
        line = outline(room, 0.06, 0.25)
        radius = rng.uniform(0.05, 0.10)
        kind = WOOD if room.rise == 0 and rng.random() < 0.4 else RUST
        for y in np.arange(0.6, room.length, step):
            path = np.stack([line[:, 0], y + rng.normal(0, 0.02) * line[:, 1], line[:, 1]], axis=1)
            parts.append(tube(path, radius, kind, color, 7))
    elif what == "bolts":
        line = outline(room, 0.03, 0.25)
        for y in np.arange(0.8, room.length, step):
            for x, z in line[len(line) // 4 : 3 * len(line) // 4 : 4]:
                parts.append(box((x, y, z), (0.10, 0.10, 0.05), RUST, (0.22, 0.20, 0.18)))
    elif what == "props":
        for y in np.arange(1.5, room.length, step * 1.6):
            for side in (-1, 1):
                x = side * (room.width / 2 - rng.uniform(0.12, 0.4))
                r = rng.uniform(0.07, 0.12)
                top = room.wall + 0.2 * room.rise
                parts.append(cylinder((x, y, -0.1), (x, y, top), r, WOOD, (0.17, 0.115, 0.07), 9))
    elif what == "columns":
        for y in np.arange(rng.uniform(5, 8), room.length, rng.uniform(4, 7)):
            for side in (-1, 1):
                x, w = side * room.width * rng.uniform(0.24, 0.30), rng.uniform(0.3, 0.6)
                parts.append(box((x, y, 3), (w, w, 6.4), CONCRETE, room.tint))
                if rng.random() < 0.3:
                    parts.append(
                        box((x, y, 0.6), (w + 0.01, w + 0.01, 0.2), PAINT, (0.7, 0.5, 0.02))
                    )
    elif what == "beams":
        for y in np.arange(3, room.length, rng.uniform(2, 4)):
            parts.append(box((0, y, room.wall), (room.width, 0.25, 0.35), RUST, color))
    return parts


def track(room: Room, x0: float, rng: Rng) -> list[Mesh]:
    """Make rails on sleepers about x0."""
    parts: list[Mesh] = []
    gauge, length = rng.uniform(0.6, 1.0), room.length - NEAR_M
    bright = rng.uniform(0.15, 0.5)
    for side in (-0.5, 0.5):
        x = x0 + side * gauge
        rows = max(2, int(length / 2))
        for y in np.linspace(NEAR_M, room.length, rows, endpoint=False) + length / rows / 2:
            piece = length / rows
            parts.append(box((x, y, 0.075), (0.032, piece, 0.09), RUST, (0.2, 0.15, 0.11)))
            parts.append(
                box(
                    (x, y, 0.124), (0.06, piece, 0.03), PAINT, (bright, bright * 0.95, bright * 0.9)
                )
            )
    if room.floor == FLOOR:
        for y in np.arange(NEAR_M + 0.3, room.length, rng.uniform(0.6, 1.0)):
            sleeper = box((0, 0, 0), (gauge + 0.6, 0.2, 0.08), WOOD, (0.13, 0.088, 0.055))
            parts.append(
                sleeper.moved(turn_z(rng.normal(0, 0.03)), (x0 + rng.normal(0, 0.03), y, 0.0))
            )
    return parts


def services(room: Room, rng: Rng) -> list[Mesh]:
    """Make pipes, sagging cables and a ventilation duct."""
    parts: list[Mesh] = []
    fine = np.linspace(NEAR_M, room.length, 160)
    for side in (-1, 1):
        wall = side * (room.width / 2 - 0.2)
        for _ in range(rng.integers(0, 4)):
            z, r = rng.uniform(0.3, min(2.2, room.wall + 0.4)), rng.uniform(0.03, 0.12)
            v = rng.uniform(0.08, 0.3)
            color = (v, v, v * 1.1) if rng.random() < 0.7 else (0.45, 0.06, 0.04)
            ends = np.stack([np.full(40, wall - side * r), fine[::4], np.full(40, z)], axis=1)
            parts.append(tube(ends, r, PAINT, color, 10))
        span = rng.uniform(1.5, 3.5)
        for index in range(rng.integers(0, 5)):
            z = min(1.9, room.wall + 0.3) - 0.16 * index
            sag = rng.uniform(0.05, 0.25) * np.abs(np.sin(np.pi * (fine / span + 0.3 * index)))
            line = np.stack([np.full(160, wall - side * 0.02 * index), fine, z - sag], axis=1)
            parts.append(tube(line, rng.uniform(0.015, 0.04), CABLE, (0.05, 0.05, 0.055), 6))
    if rng.random() < 0.28:
        r = rng.uniform(0.22, 0.45)
        x, z = rng.choice([-1, 1]) * room.width * 0.25, room.wall + room.rise * 0.8 - r - 0.1
        colors = [(0.75, 0.42, 0.03), (0.6, 0.6, 0.55), (0.08, 0.08, 0.09), (0.1, 0.2, 0.45)]
        color = colors[rng.integers(4)]
        if z > 2.0:
            line = np.stack([np.full(160, x), fine, z + 0.05 * np.sin(fine * 2)], axis=1)
            parts.append(tube(line, r * (1 + 0.03 * np.sin(fine * 9)), CABLE, color, 14))
    return parts
