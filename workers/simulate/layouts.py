"""Whole still places drawn at random: a room with its clutter, lamps and camera."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workers.simulate import clutter, shells
from workers.simulate.geometry import LAMP, PAINT, Mesh, box, cylinder, join, tube
from workers.simulate.scene import Lamp, View
from workers.simulate.shells import Room

Rng = np.random.Generator
Rectangle = tuple[float, float, float, float]

# Heights of cameras for validation; training has all others in 1.6..4.5 m.
STREAMS = {"train": 77, "val": 78, "bank": 79}  # of random numbers
VAL_HEIGHTS = ((2.2, 2.45), (3.2, 3.5))


@dataclass(frozen=True)
class Layout:
    """A still place. `blocked`: rectangles on the floor that things stand on, metres."""

    room: Room
    mesh: Mesh
    lamps: tuple[Lamp, ...]
    light: str
    view: View
    roll: float  # degrees
    dust: float
    ambient: float
    wet: float
    blocked: tuple[Rectangle, ...]
    arch_step: float

    def free(self, x: float, y: float, reach: float = 0.3) -> bool:
        """Say whether somebody can stand there; metres before the bend of the room."""
        room = self.room
        if abs(x) > room.width / 2 - 0.25 - reach or not 1.2 < y < room.length - 0.6:
            return False
        return not any(
            a - reach < x < c + reach and b - reach < y < d + reach for a, b, c, d in self.blocked
        )


def _height(split: str, rng: Rng) -> float:
    if split == "val":
        low, high = VAL_HEIGHTS[rng.integers(len(VAL_HEIGHTS))]
        return float(rng.uniform(low, high))
    while True:
        z = float(rng.uniform(1.6, 4.5))
        if not any(low - 0.05 < z < high + 0.05 for low, high in VAL_HEIGHTS):
            return z


def _camera(room: Room, split: str, rng: Rng) -> tuple[View, float]:
    x = float(rng.uniform(-0.40, 0.40) * room.width)
    share = min(1.0, abs(x) / (room.width / 2))
    roof = room.wall + room.rise * float(np.sqrt(1 - share**2)) - 0.35
    z = _height(split, rng)
    for _ in range(40):
        if z <= roof:
            break
        z = _height(split, rng)
    else:
        z = max(1.3, roof - 0.05)
    far = rng.uniform(4.5, 14.0)
    to = np.array([rng.uniform(-0.3, 0.3) * room.width, far, rng.uniform(0.3, 1.5)])
    to = room.warp(to[None])[0]
    yaw = np.degrees(np.arctan2(to[0] - x, far))
    pitch = np.degrees(np.arctan2(to[2] - z, np.hypot(far, to[0] - x)))
    fov = float(rng.choice([rng.uniform(40, 60), rng.uniform(55, 90)]))
    return View((x, 0.0, z), float(yaw), float(np.clip(pitch, -42, 12)), fov), float(
        rng.normal(0, 2.0)
    )


COLORS = (
    (1.0, 0.92, 0.78),
    (1.0, 0.80, 0.52),
    (0.92, 0.97, 1.0),
    (1.0, 0.95, 0.88),
    (1.0, 0.62, 0.28),
)


def _fitting(
    at: tuple[float, float, float], color: tuple[float, float, float], kind: int
) -> list[Mesh]:
    x, y, z = at
    dark = (0.12, 0.12, 0.12)
    if kind == 0:
        return [
            box((x, y, z + 0.08), (0.24, 0.36, 0.08), PAINT, dark),
            box((x, y, z + 0.02), (0.19, 0.30, 0.05), LAMP, color),
        ]
    if kind == 1:
        return [
            box((x, y, z + 0.09), (0.16, 1.3, 0.07), PAINT, dark),
            cylinder((x, y - 0.6, z), (x, y + 0.6, z), 0.03, LAMP, color, 10),
        ]
    ring = [cylinder((x, y, z + 0.1), (x, y, z + 0.2), 0.09, PAINT, dark, 12)]
    t = np.linspace(0, np.pi, 7)
    path = np.stack([np.full(7, x), np.full(7, y), z + 0.1 - 0.1 * (1 - np.cos(t))], axis=1)
    return [*ring, tube(path, 0.075 * np.sin(t) + 0.005, LAMP, color, 12)]


def _lamps(
    room: Room, view: View, rng: Rng, wanted: str | None
) -> tuple[list[Lamp], list[Mesh], str, list[Rectangle]]:
    """Draw the lamps, near ones first, their fittings, and what a vehicle blocks."""
    style = str(
        rng.choice(
            ["row", "row", "sparse", "side", "back", "dark", "head"],
            p=[0.2, 0.2, 0.15, 0.15, 0.12, 0.1, 0.08],
        )
    )
    style = wanted or style
    color = COLORS[rng.integers(len(COLORS))]
    roof, meshes = room.wall + 0.85 * room.rise, []
    taken: list[Rectangle] = []
    lamps: list[Lamp] = []
    kind, power = int(rng.integers(3)), rng.uniform(20, 55) * (room.width / 5)
    glow = float(rng.uniform(0.4, 3.0))
    tinted = (color[0] * glow, color[1] * glow, color[2] * glow)
    spots: list[tuple[float, float, float]] = []
    if style in ("row", "head"):
        step, x = rng.uniform(4, 9), rng.uniform(-0.2, 0.2) * room.width
        spots = [(x, y, roof) for y in np.arange(rng.uniform(1, 5), room.length - 1, step)]
        spots = [s for s in spots if rng.random() > 0.15]
        if room.width > 7.5:
            spots = [(s[0] + q * room.width * 0.25, s[1], s[2]) for s in spots for q in (-1, 1)]
    elif style == "sparse":
        spots = [
            (rng.uniform(-0.3, 0.3) * room.width, rng.uniform(3, 16), roof)
            for _ in range(rng.integers(1, 3))
        ]
    elif style == "side":
        side = rng.choice([-1, 1])
        x, z = side * (room.width / 2 - 0.3), rng.uniform(1.6, max(1.7, room.wall))
        spots = [(x, y, z) for y in np.arange(rng.uniform(2, 6), room.length, rng.uniform(5, 12))]
    elif style == "back":
        y = rng.uniform(0.5, 0.95) * room.length
        spots = [(rng.uniform(-0.25, 0.25) * room.width, y, min(roof, rng.uniform(1.8, 3.5)))]
        power *= 4
    else:
        spots = [(0, room.length - 2, roof)]
        power *= 0.3
    rng.shuffle(spots)
    for spot in sorted(spots[:7], key=lambda s: s[1]):
        x, y, z = (float(v) for v in room.warp(np.array([spot]))[0])
        lamps.append(Lamp((x, y, z - 0.05), float(power * rng.uniform(0.6, 1.3)), color))
        meshes += _fitting((spot[0], spot[1], spot[2]), tinted, kind)
    if style == "head":
        thing, half = clutter.vehicle(rng)
        x, y = rng.uniform(-0.2, 0.2) * room.width, rng.uniform(7, min(22, room.length - 3))
        meshes.append(thing.moved(np.eye(3, dtype=np.float32), (x, y, 0)))
        taken.append((x - half[0], y - half[1], x + half[0], y + half[1]))
        gap, z = half[0] * 0.6, rng.uniform(0.7, 1.4)
        bright = float(rng.uniform(1.5, 6))
        for side in (-1, 1):
            front = (x + side * gap, y - half[1] - 0.03, z)
            meshes.append(
                cylinder(
                    front, (front[0], front[1] - 0.03, z), 0.09, LAMP, (bright, bright, bright), 14
                )
            )
            at = room.warp(np.array([[front[0], front[1] - 0.1, z]]))[0]
            aim = (view.at[0] + rng.normal(0, 0.5), 0.0, view.at[2] - 0.6 + rng.normal(0, 0.5))
            lamps.append(Lamp(tuple(float(v) for v in at), 70.0, (0.95, 0.97, 1.0), aim, 0.80))  # type: ignore[arg-type]
    if rng.random() < (0.75 if style == "dark" else 0.35):
        way = np.array([rng.uniform(-0.3, 0.3), 1.0, -0.25])
        at = (
            view.at[0] + rng.normal(0, 0.5),
            view.at[1] + 0.1,
            view.at[2] + rng.uniform(-0.3, 0.3),
        )
        aim = (at[0] + 6 * way[0], at[1] + 6 * way[1], at[2] + 6 * way[2])
        lamps.insert(0, Lamp(at, float(rng.uniform(15, 90)), COLORS[rng.integers(5)], aim, 0.6))
    if not lamps:
        lamps.append(Lamp((0.0, 3.0, roof - 0.2), float(power), color))
    if len(lamps) == 1:
        lamps.append(Lamp((0.0, -1.0, roof - 0.3), float(rng.uniform(0.5, 8)), color))
    return lamps[:11], meshes, style, taken


def draw_layout(
    split: str, seed: int, light: str | None = None, dust: float | None = None
) -> Layout:
    """Draw one place for "train", "val" or "bank"; the same seed gives the same place.

    `light` (a style of `_lamps`) and `dust` (extinction a metre) are drawn too unless given.
    """
    rng = np.random.default_rng([seed, STREAMS[split]])
    kinds = {**shells.TRAIN, **shells.VAL} if split == "bank" else getattr(shells, split.upper())
    shares = np.array(list(kinds.values()))
    kind = str(rng.choice(list(kinds), p=shares / shares.sum()))
    room = shells.draw_room(kind, rng)
    if split == "bank":
        room = replace(room, curve=0.0)  # zones are rectangles on straight ground
    view, roll = _camera(room, split, rng)
    parts = [
        shells.skin(room),
        shells.ground(room),
        *shells.supports(room, rng),
        *shells.services(room, rng),
    ]
    blocked: list[Rectangle] = []
    if rng.random() < 0.55:
        parts += shells.track(room, float(rng.uniform(-0.25, 0.25) * room.width), rng)
    for _ in range(int(rng.integers(2, 9)) + (4 if room.width > 7 else 0)):
        _, (mesh, half) = clutter.draw_thing(rng)
        y = 2.2 + abs(rng.normal(0, 7))
        at_wall = rng.random() < 0.72
        room_for = max(0.0, room.width / 2 - half[0] - 0.25)
        x = rng.choice([-1, 1]) * room_for if at_wall else rng.uniform(-1, 1) * room_for
        area = (x - half[0], y - half[1], x + half[0], y + half[1])
        near = np.hypot(x - view.at[0], y) < 2.0 + max(half)
        clash = any(
            a < area[2] and c > area[0] and b < area[3] and d > area[1] for a, b, c, d in blocked
        )
        if near or clash or y + half[1] > room.length:
            continue
        parts.append(mesh.moved(np.eye(3, dtype=np.float32), (float(x), float(y), 0.0)))
        blocked.append((float(area[0]), float(area[1]), float(area[2]), float(area[3])))
    lamps, fittings, style, taken = _lamps(room, view, rng, light)
    mesh = join([*parts, *fittings])
    mesh.position[:] = room.warp(mesh.position)
    drawn = float(
        rng.choice(
            [rng.uniform(0.0, 0.03), rng.uniform(0.02, 0.07), rng.uniform(0.06, 0.14)],
            p=[0.55, 0.33, 0.12],
        )
    )
    return Layout(
        room,
        mesh,
        tuple(lamps),
        style,
        view,
        roll,
        drawn if dust is None else dust,
        ambient=float(rng.uniform(0.01, 0.35) * (0.3 if style == "dark" else 1)),
        wet=float(rng.uniform(0, 0.9)),
        blocked=(*blocked, *taken),
        arch_step=float(rng.uniform(0.8, 1.5)),
    )
