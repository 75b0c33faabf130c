"""Things in a mine that look like a person from afar, or hide one: nobody may be found in them.

Every function makes one thing about the origin, standing on z = 0, and its half sizes in metres.
"""

from __future__ import annotations

import numpy as np

from workers.simulate.geometry import (
    FABRIC,
    PAINT,
    RUST,
    SHEET,
    TAPE,
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

Rng = np.random.Generator
Color = tuple[float, float, float]
Thing = tuple[Mesh, tuple[float, float]]

PAINTS: tuple[Color, ...] = (
    (0.62, 0.40, 0.02),
    (0.70, 0.05, 0.02),
    (0.06, 0.14, 0.35),
    (0.05, 0.22, 0.10),
    (0.5, 0.5, 0.48),
    (0.12, 0.12, 0.12),
    (0.75, 0.28, 0.03),
    (0.30, 0.16, 0.08),
    (0.75, 0.74, 0.70),
    (0.2, 0.3, 0.32),
)


def paint(rng: Rng) -> Color:
    """Draw a colour of painted steel, worn."""
    c = np.array(PAINTS[rng.integers(len(PAINTS))]) * rng.uniform(0.5, 1.1)
    return (float(c[0]), float(c[1]), float(c[2]))


def blob(half: Color, kind: int, color: Color, rng: Rng, rough: float = 0.1) -> Mesh:
    """Make a lumpy ball of half sizes, standing on the floor."""
    u, v = np.linspace(-np.pi / 2, np.pi / 2, 12), np.linspace(0, 2 * np.pi, 18, endpoint=False)
    uu, vv = np.meshgrid(u, v, indexing="ij")
    r = 1 + rough * fractal(
        2 * np.cos(vv) * np.cos(uu) + 5, 2 * np.sin(vv) + 2 * uu, int(rng.integers(999)), 2
    )
    p = (
        np.stack([np.cos(uu) * np.cos(vv), np.cos(uu) * np.sin(vv), np.sin(uu)], axis=-1)
        * r[..., None]
    )
    p = p * np.array(half) + [0, 0, half[2]]
    return make(p.reshape(-1, 3), grid_faces(12, 18, True), kind, color)


def bottles(rng: Rng) -> Thing:
    """Gas bottles: upright, of a person's height and breadth."""
    parts = []
    for i in range(rng.integers(1, 4)):
        x, h, r, c = i * 0.3, rng.uniform(1.2, 1.7), rng.uniform(0.11, 0.15), paint(rng)
        parts.append(cylinder((x, 0, 0), (x, 0, h), r, PAINT, c, 14))
        parts.append(cylinder((x, 0, h), (x, 0, h + 0.12), r * 0.75, PAINT, paint(rng), 12))
        parts.append(cylinder((x, 0, h + 0.12), (x, 0, h + 0.22), 0.03, PAINT, (0.3, 0.25, 0.1), 8))
    return join(parts), (0.5, 0.2)


def pillar(rng: Rng) -> Thing:
    """An upright cylinder or post, some with reflective bands."""
    h, r, c = rng.uniform(0.9, 2.3), rng.uniform(0.05, 0.28), paint(rng)
    parts = [cylinder((0, 0, 0), (0, 0, h), r, int(rng.choice([PAINT, RUST, WOOD])), c, 14)]
    if rng.random() < 0.5:
        for z in rng.uniform(0.3, 0.95, rng.integers(1, 4)) * h:
            parts.append(
                cylinder(
                    (0, 0, z - 0.04), (0, 0, z + 0.04), r + 0.006, TAPE, (0.62, 0.62, 0.58), 14
                )
            )
    if rng.random() < 0.35:
        parts.append(
            blob((0.14, 0.15, 0.11), PAINT, paint(rng), rng, 0).moved(turn_z(0), (0, 0, h))
        )
    return join(parts), (r + 0.05, r + 0.05)


def coat(rng: Rng) -> Thing:
    """A coat, overall or vest that hangs, sometimes with stripes and a helmet above."""
    top, length = rng.uniform(1.45, 1.85), rng.uniform(0.7, 1.25)
    z = np.linspace(top, top - length, 16)
    t = np.linspace(0, 1, 16)
    r = np.interp(t, [0, 0.08, 0.25, 1], [0.04, 0.19, 0.21, rng.uniform(0.16, 0.30)])
    path = np.stack([0.03 * np.sin(5 * t), np.zeros(16), z], axis=1)
    color = [
        (0.85, 0.22, 0.03),
        (0.05, 0.08, 0.2),
        (0.5, 0.6, 0.05),
        (0.1, 0.1, 0.1),
        (0.2, 0.15, 0.1),
    ][rng.integers(5)]
    flat = np.diag([1, rng.uniform(0.35, 0.6), 1]).astype(np.float32)
    parts = [tube(path, r, FABRIC, color, 16).moved(flat, (0, 0, 0))]
    for side in (-1, 1):
        if rng.random() < 0.75:
            arm = np.array(
                [
                    [side * 0.17, 0, top - 0.1],
                    [side * 0.26, 0, top - 0.35],
                    [side * 0.25, 0.02, top - 0.7],
                ]
            )
            parts.append(tube(arm, np.array([0.06, 0.055, 0.045]), FABRIC, color, 9))
    if rng.random() < 0.6:
        for k in rng.choice([3, 5, 8, 11, 13], rng.integers(1, 3), replace=False):
            band = tube(
                np.stack([path[k], path[k] - [0, 0, 0.05]]),
                r[k] + 0.012,
                TAPE,
                (0.62, 0.62, 0.58),
                16,
            )
            parts.append(band.moved(flat, (0, 0, 0)))
    if rng.random() < 0.4:
        parts.append(
            blob((0.14, 0.16, 0.12), PAINT, paint(rng), rng, 0).moved(turn_z(0), (0, 0, top + 0.05))
        )
    if rng.random() < 0.3:
        parts.append(cylinder((0, 0.1, 0), (0, 0.1, top + 0.1), 0.03, WOOD, (0.2, 0.15, 0.1), 8))
    return join(parts), (0.3, 0.2)


def sign(rng: Rng) -> Thing:
    """A board with reflective strips on a post."""
    h, w, t = rng.uniform(0.7, 2.0), rng.uniform(0.3, 0.9), rng.uniform(0.25, 0.7)
    parts = [cylinder((0, 0, 0), (0, 0, h), 0.03, PAINT, (0.3, 0.3, 0.3), 8)]
    parts.append(box((0, -0.04, h), (w, 0.02, t), PAINT, paint(rng)))
    for _ in range(rng.integers(1, 4)):
        z = h + rng.uniform(-0.4, 0.4) * t
        c = [(0.62, 0.62, 0.58), (0.8, 0.1, 0.05), (0.8, 0.6, 0.05)][rng.integers(3)]
        parts.append(box((0, -0.055, z), (w * rng.uniform(0.5, 1), 0.015, 0.06), TAPE, c))
    return join(parts), (w / 2, 0.1)


def cones(rng: Rng) -> Thing:
    parts = []
    for i in range(rng.integers(1, 4)):
        x, y = i * rng.uniform(0.5, 1.2), rng.normal(0, 0.2)
        line = np.array([[x, y, 0.0], [x, y, 0.04], [x, y, 0.7]])
        parts.append(tube(line, np.array([0.2, 0.14, 0.03]), PAINT, (0.85, 0.2, 0.02), 12))
        parts.append(
            tube(
                np.array([[x, y, 0.3], [x, y, 0.42]]),
                np.array([0.1, 0.088]),
                TAPE,
                (0.7, 0.7, 0.66),
                12,
            )
        )
    return join(parts), (0.8, 0.4)


def bundle(rng: Rng) -> Thing:
    """A tarpaulin over something, or a heap of clothes: like one who crouches or lies."""
    half = (rng.uniform(0.25, 0.8), rng.uniform(0.25, 0.5), rng.uniform(0.15, 0.6))
    return blob(half, FABRIC, paint(rng), rng, 0.35), (half[0], half[1])


def sacks(rng: Rng) -> Thing:
    parts = []
    c = [(0.5, 0.48, 0.42), (0.3, 0.25, 0.18), (0.6, 0.6, 0.6), (0.2, 0.25, 0.35)][rng.integers(4)]
    for _ in range(rng.integers(1, 7)):
        bag = blob((0.36, 0.24, 0.13), FABRIC, c, rng, 0.15)
        parts.append(
            bag.moved(
                turn_z(rng.uniform(0, 3)),
                (rng.normal(0, 0.25), rng.normal(0, 0.2), rng.choice([0, 0.2, 0.4])),
            )
        )
    return join(parts), (0.6, 0.5)


def ladder(rng: Rng) -> Thing:
    h = rng.uniform(1.8, 3.2)
    c = paint(rng)
    parts = [cylinder((s * 0.2, 0, 0), (s * 0.2, 0.3, h), 0.025, PAINT, c, 8) for s in (-1, 1)]
    parts += [
        cylinder((-0.2, 0.3 * z / h, z), (0.2, 0.3 * z / h, z), 0.016, PAINT, c, 6)
        for z in np.arange(0.3, h, 0.3)
    ]
    return join(parts), (0.25, 0.25)


def barrier(rng: Rng) -> Thing:
    """A railing or fence that hides legs."""
    n, h, c = rng.uniform(1.5, 4), rng.uniform(0.9, 1.2), paint(rng)
    parts = [cylinder((-n / 2, 0, z), (n / 2, 0, z), 0.025, PAINT, c, 8) for z in (h * 0.5, h)]
    parts += [
        cylinder((x, 0, 0), (x, 0, h), 0.025, PAINT, c, 8)
        for x in np.linspace(-n / 2, n / 2, int(n) + 2)
    ]
    if rng.random() < 0.35:
        parts.append(box((0, 0.03, h * 0.5), (n, 0.02, h * 0.8), SHEET, c))
    return join(parts), (n / 2, 0.1)
