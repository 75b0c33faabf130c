"""What stands about in a mine, drawn at random.

Every function makes one thing about the origin, standing on z = 0, and its half sizes in metres.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workers.simulate.geometry import (
    BLOCK,
    CABLE,
    LAMP,
    PAINT,
    ROCK,
    ROPE,
    RUBBER,
    RUST,
    SHEET,
    TAPE,
    WOOD,
    box,
    cylinder,
    fractal,
    grid_faces,
    join,
    make,
    tube,
    turn_z,
)
from workers.simulate.lookalikes import (
    Rng,
    Thing,
    barrier,
    blob,
    bottles,
    bundle,
    coat,
    cones,
    ladder,
    paint,
    pillar,
    sacks,
    sign,
)
from workers.simulate.scene import Winch
from workers.simulate.world import drum_matrix, winch_drum, winch_frame


def barrels(rng: Rng) -> Thing:
    parts = []
    for i in range(rng.integers(1, 4)):
        x, y = (
            (0.0, 0.0) if i == 0 else (rng.uniform(0.55, 0.7) * (-1) ** i, rng.uniform(-0.2, 0.2))
        )
        c = paint(rng)
        parts.append(cylinder((x, y, 0), (x, y, 0.88), 0.29, PAINT, c, 18))
        parts += [cylinder((x, y, z), (x, y, z + 0.03), 0.305, PAINT, c, 18) for z in (0.28, 0.58)]
    return join(parts), (1.0, 0.5)


def boxes(rng: Rng) -> Thing:
    parts, z = [], 0.0
    kind = int(rng.choice([WOOD, PAINT, SHEET]))
    for _ in range(rng.integers(1, 5)):
        w, d, h = rng.uniform(0.4, 1.1), rng.uniform(0.4, 0.8), rng.uniform(0.2, 0.6)
        c = paint(rng) if kind != WOOD else (0.25, 0.17, 0.10)
        part = box((0, 0, h / 2), (w, d, h), kind, c)
        parts.append(part.moved(turn_z(rng.normal(0, 0.2)), (rng.normal(0, 0.08), 0, z)))
        z += h
        if z > 1.5:
            break
    return join(parts), (0.6, 0.5)


def tank(rng: Rng) -> Thing:
    r, n, c = rng.uniform(0.4, 0.8), rng.uniform(1.2, 3.0), paint(rng)
    body = cylinder((-n / 2, 0, r + 0.2), (n / 2, 0, r + 0.2), r, PAINT, c, 22)
    feet = [
        box((s * n * 0.3, 0, 0.25), (0.15, 1.5 * r, 0.5), RUST, (0.1, 0.07, 0.05)) for s in (-1, 1)
    ]
    neck = cylinder((0, 0, 2 * r + 0.1), (0, 0, 2 * r + 0.45), 0.15, PAINT, c, 12)
    return join([body, neck, *feet]), (n / 2 + 0.1, r)


def cabinet(rng: Rng) -> Thing:
    w, d, h, c = rng.uniform(0.5, 1.6), rng.uniform(0.35, 0.6), rng.uniform(1.0, 2.1), paint(rng)
    parts = [box((0, 0, h / 2 + 0.08), (w, d, h), PAINT, c)]
    for _ in range(rng.integers(1, 5)):
        x, z = rng.uniform(-0.35, 0.35) * w, rng.uniform(0.4, 0.9) * h
        parts.append(
            box(
                (x, -d / 2, z),
                (0.18, 0.03, 0.12),
                TAPE if rng.random() < 0.4 else PAINT,
                paint(rng),
            )
        )
    if rng.random() < 0.4:
        parts.append(
            box(
                (0.1, -d / 2, h * 0.8),
                (0.05, 0.05, 0.05),
                LAMP,
                [(0.05, 0.4, 0.05), (0.5, 0.05, 0.03)][rng.integers(2)],
            )
        )
    return join(parts), (w / 2, d / 2)


def car(rng: Rng) -> Thing:
    """A mine car along y, empty or heaped."""
    c, w, n, h = paint(rng), rng.uniform(0.8, 1.2), rng.uniform(1.5, 2.6), rng.uniform(0.6, 1.0)
    parts = [box((0, 0, 0.4), (w * 0.7, n, 0.15), RUST, (0.1, 0.07, 0.05))]
    parts += [box((s * w / 2, 0, 0.45 + h / 2), (0.04, n, h), RUST, c) for s in (-1, 1)]
    parts += [box((0, s * n / 2, 0.45 + h / 2), (w, 0.04, h), RUST, c) for s in (-1, 1)]
    for s in (-1, 1):
        for q in (-0.3, 0.3):
            parts.append(
                cylinder(
                    (s * 0.3, q * n, 0.2),
                    (s * 0.38, q * n, 0.2),
                    0.18,
                    PAINT,
                    (0.15, 0.15, 0.15),
                    14,
                )
            )
    parts.append(
        blob((w * 0.48, n * 0.48, rng.uniform(0.15, 0.5)), ROCK, (0.1, 0.1, 0.1), rng, 0.3).moved(
            turn_z(0), (0, 0, h * 0.9)
        )
    )
    return join(parts), (w / 2 + 0.05, n / 2 + 0.05)


def vehicle(rng: Rng) -> Thing:
    """A loader or locomotive along y that faces the camera; its head lamps are the caller's."""
    c, w, n, h = paint(rng), rng.uniform(1.0, 1.9), rng.uniform(2.2, 4.0), rng.uniform(0.7, 1.2)
    parts = [
        box((0, 0, 0.45 + h / 2), (w, n, h), PAINT, c),
        box((0, 0, 0.35), (w * 0.8, n * 0.9, 0.3), RUST, (0.08, 0.07, 0.06)),
    ]
    parts.append(
        box((0, n * 0.2, 0.45 + h + 0.4), (w * 0.8, n * 0.35, 0.8), PAINT, (0.06, 0.07, 0.08))
    )
    parts.append(box((0, n * 0.2, 0.45 + h + 0.84), (w * 0.9, n * 0.42, 0.08), PAINT, c))
    for s in (-1, 1):
        for q in (-0.32, 0.32):
            parts.append(
                cylinder(
                    (s * w * 0.42, q * n, 0.4),
                    (s * w * 0.55, q * n, 0.4),
                    0.4,
                    CABLE,
                    (0.03, 0.03, 0.03),
                    16,
                )
            )
    return join(parts), (w * 0.56, n / 2)


def belt(rng: Rng) -> Thing:
    """A conveyor along y."""
    n, w, z = rng.uniform(5, 14), rng.uniform(0.6, 1.1), rng.uniform(0.6, 1.1)
    c = paint(rng)
    parts = [box((s * (w / 2 + 0.06), 0, z - 0.08), (0.07, n, 0.14), PAINT, c) for s in (-1, 1)]
    x, y = np.linspace(-w / 2, w / 2, 9), np.linspace(-n / 2, n / 2, 40)
    yy, xx = np.meshgrid(y, x, indexing="ij")
    zz = (
        z
        + 0.5 * xx**2
        + rng.choice([0, 0.12])
        * np.exp(-((xx / 0.2) ** 2))
        * (1 + 0.5 * fractal(xx * 4, yy * 3, 3))
    )
    parts.append(
        make(
            np.stack([xx, yy, zz], axis=-1).reshape(-1, 3),
            grid_faces(40, 9),
            RUBBER,
            (0.09, 0.09, 0.09),
        )
    )
    for q in np.arange(-n / 2 + 0.2, n / 2, 1.5):
        parts += [
            box((s * (w / 2 + 0.06), q, z / 2), (0.06, 0.06, z), RUST, (0.12, 0.09, 0.07))
            for s in (-1, 1)
        ]
        parts.append(
            cylinder((-w / 2, q, z - 0.12), (w / 2, q, z - 0.12), 0.06, PAINT, (0.2, 0.2, 0.2), 10)
        )
    return join(parts), (w / 2 + 0.1, n / 2)


def drum(rng: Rng) -> Thing:
    """A winch at rest, painted anew."""
    winch = Winch(
        "w", 0, 0, float(rng.uniform(-180, 180)), (), rng.uniform(0.4, 0.9), rng.uniform(0.5, 1.3)
    )
    turn = drum_matrix(winch, rng.uniform(0, 6))
    wheel = winch_drum(winch)
    old, new = np.array([0.62, 0.40, 0.02]), np.array(paint(rng))
    wheel.color[np.abs(wheel.color - old).sum(axis=1) < 0.01] = new
    wheel = wheel.moved(turn[:3, :3].astype(np.float32), (0, 0, winch.axle_m))
    return join(
        [
            winch_frame(
                Winch(
                    "w", 0, 0, winch.yaw, (), winch.radius_m, winch.width_m, rope_to=(0.5, 2.0, 0.1)
                )
            ),
            wheel,
        ]
    ), (1.2, 1.2)


def reel(rng: Rng) -> Thing:
    r, w = rng.uniform(0.35, 0.7), rng.uniform(0.3, 0.6)
    c = paint(rng)
    parts = [cylinder((-w / 2, 0, r), (w / 2, 0, r), r * 0.75, ROPE, (0.07, 0.07, 0.07), 20)]
    parts += [
        cylinder((s * w / 2 - 0.02, 0, r), (s * w / 2 + 0.02, 0, r), r, WOOD, c, 22)
        for s in (-1, 1)
    ]
    return join(parts), (w / 2 + 0.05, r)


def pile(rng: Rng) -> Thing:
    """Tools, timber or pipes that lie about."""
    parts = []
    kind, c = [(WOOD, (0.2, 0.13, 0.08)), (RUST, (0.15, 0.1, 0.08)), (PAINT, paint(rng))][
        rng.integers(3)
    ]
    n = rng.uniform(0.8, 2.5)
    for _ in range(rng.integers(3, 12)):
        a, x, z = rng.normal(0, 0.2), rng.uniform(-0.3, 0.3), rng.uniform(0.04, 0.3)
        d = np.array([np.sin(a), np.cos(a), 0]) * n / 2
        p = np.array([x, 0, z])
        parts.append(cylinder(tuple(p - d), tuple(p + d), rng.uniform(0.015, 0.07), kind, c, 8))
    return join(parts), (0.5, n / 2)


def rubble(rng: Rng) -> Thing:
    parts = []
    for _ in range(rng.integers(2, 9)):
        r = rng.uniform(0.1, 0.45)
        rock = blob(
            (r, r * rng.uniform(0.6, 1), r * rng.uniform(0.5, 0.9)),
            ROCK,
            (0.2, 0.19, 0.17),
            rng,
            0.35,
        )
        parts.append(
            rock.moved(turn_z(rng.uniform(0, 3)), (rng.normal(0, 0.4), rng.normal(0, 0.4), -0.05))
        )
    return join(parts), (0.7, 0.7)


def low_wall(rng: Rng) -> Thing:
    n, h = rng.uniform(1.0, 2.5), rng.uniform(0.6, 2.4)
    return box((0, 0, h / 2), (n, 0.35, h), BLOCK, (0.34, 0.32, 0.29)), (n / 2, 0.2)


def motor(rng: Rng) -> Thing:
    """A pump or motor with pipes."""
    c, r = paint(rng), rng.uniform(0.2, 0.4)
    parts = [
        box((0, 0, 0.08), (1.5, 0.7, 0.16), RUST, (0.1, 0.07, 0.05)),
        cylinder((-0.6, 0, r + 0.2), (0.2, 0, r + 0.2), r, PAINT, c, 18),
    ]
    parts.append(
        blob((0.25, 0.3, 0.35), PAINT, paint(rng), rng, 0.03).moved(turn_z(0), (0.5, 0, 0.1))
    )
    parts.append(
        tube(
            np.array([[0.5, 0, 0.6], [0.5, 0, 1.2], [0.55, 0.3, 1.5], [0.6, 1.0, 1.6]]),
            0.08,
            PAINT,
            paint(rng),
            10,
        )
    )
    return join(parts), (0.8, 0.5)


THINGS: tuple[tuple[Callable[[Rng], Thing], float], ...] = (
    (barrels, 1.2),
    (boxes, 1.2),
    (tank, 0.7),
    (bottles, 1.0),
    (pillar, 1.6),
    (cabinet, 1.0),
    (coat, 2.0),
    (sign, 1.0),
    (cones, 0.6),
    (car, 0.9),
    (belt, 0.7),
    (drum, 0.8),
    (reel, 0.8),
    (pile, 0.8),
    (sacks, 0.7),
    (bundle, 0.8),
    (rubble, 0.7),
    (ladder, 0.4),
    (barrier, 0.7),
    (low_wall, 0.5),
    (motor, 0.7),
)
WEIGHTS = np.array([w for _, w in THINGS]) / sum(w for _, w in THINGS)


def draw_thing(rng: Rng) -> tuple[str, Thing]:
    """Draw one thing and its name, turned at random if it is not long."""
    make_one = THINGS[int(rng.choice(len(THINGS), p=WEIGHTS))][0]
    mesh, half = make_one(rng)
    name = make_one.__name__
    if name not in ("belt", "car", "drum"):
        angle = rng.uniform(-0.5, 0.5) + rng.choice([0, np.pi / 2, np.pi])
        mesh = mesh.moved(turn_z(angle), (0, 0, 0))
        reach = float(np.hypot(*half)) * 0.9
        half = (reach, reach)
    return name, (mesh, half)


__all__ = ["coat", "draw_thing", "vehicle"]
