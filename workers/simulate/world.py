"""The roadway and its machines as meshes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workers.simulate.geometry import (
    BLOCK,
    CABLE,
    FLOOR,
    LAMP,
    PAINT,
    ROCK,
    ROPE,
    RUST,
    WOOD,
    Mesh,
    box,
    cylinder,
    fractal,
    grid_faces,
    join,
    make,
    tube,
    turn_y,
    turn_z,
)
from workers.simulate.scene import Lamp, Loop, Place, Winch

RUST_COLOR = (0.105, 0.078, 0.060)
NEAR_M = -2.0  # the roadway begins behind the camera


def profile(place: Place, count: int, inset: float = 0.0) -> NDArray:
    """Give the roadway's outline from left floor over the arch to right floor: (count, 2) x, z."""
    half = place.width_m / 2 - inset
    wall, arc = place.spring_m, np.pi * half
    s = np.linspace(0, 2 * wall + arc, count)
    angle = np.clip((s - wall) / half, 0, np.pi)
    x = -half * np.cos(angle)
    z = np.minimum(s, wall) + half * np.sin(angle)
    z = np.where(s > wall + arc, 2 * wall + arc - s, z)
    return np.stack([x, z], axis=1)


def rock(place: Place) -> Mesh:
    """Make the rough rock skin and the end of the roadway."""
    around, rows = 150, int((place.length_m - NEAR_M) / 0.12)
    outline = profile(place, around)
    y = np.linspace(NEAR_M, place.length_m, rows)
    s = np.arange(around) * 0.075
    yy, ss = np.meshgrid(y, s, indexing="ij")
    rough = 0.16 * fractal(ss * 0.9, yy * 0.9, place.seed) + 0.05 * fractal(
        ss * 5, yy * 5, place.seed + 9, 2
    )
    centre = np.array([0.0, place.spring_m])
    out = outline - centre
    out[:, 1] = np.maximum(out[:, 1], 0)
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    xz = outline[None] + out[None] * (rough + 0.12)[..., None]
    points = np.stack([xz[..., 0], yy, xz[..., 1]], axis=-1)
    tunnel = make(points.reshape(-1, 3), grid_faces(rows, around), ROCK, (0.27, 0.25, 0.215))
    facing = Mesh(tunnel.position, -tunnel.normal, tunnel.color, tunnel.kind, tunnel.faces)
    inward = np.sum(facing.normal[:, [0, 2]] * (facing.position[:, [0, 2]] - centre)) < 0
    end = box((0, place.length_m, 2.5), (place.width_m + 1, 0.2, 6), ROCK, (0.2, 0.19, 0.17))
    return join([facing if inward else tunnel, end])


def ground(place: Place) -> Mesh:
    """Make the uneven floor."""
    half = place.width_m / 2 + 0.5
    x = np.linspace(-half, half, 90)
    y = np.linspace(NEAR_M, place.length_m, int((place.length_m - NEAR_M) / 0.1))
    yy, xx = np.meshgrid(y, x, indexing="ij")
    z = 0.035 * fractal(xx * 1.7, yy * 1.7, place.seed + 21) - 0.035
    points = np.stack([xx, yy, z], axis=-1).reshape(-1, 3)
    return make(points, grid_faces(len(y), len(x)), FLOOR, (0.155, 0.135, 0.11))


def arches(place: Place) -> list[Mesh]:
    """Make the steel arches with their overlapping feet."""
    outline = profile(place, 70, inset=0.06)
    parts = []
    rng = np.random.default_rng(place.seed + 5)
    for y in np.arange(0.6, place.length_m, place.arch_step_m):
        lean = rng.normal(0, 0.03)
        path = np.stack([outline[:, 0], y + lean * outline[:, 1], outline[:, 1]], axis=1)
        parts.append(tube(path, 0.062, RUST, RUST_COLOR, 8))
        for side in (slice(8, 22), slice(48, 62)):
            parts.append(tube(path[side] * [0.985, 1, 0.985], 0.072, RUST, RUST_COLOR, 8))
    return parts


def track(place: Place) -> list[Mesh]:
    """Make rails and sleepers."""
    parts = []
    length = place.length_m - NEAR_M
    middle = (place.length_m + NEAR_M) / 2
    for side in (-0.5, 0.5):
        x = place.track_x + side * place.gauge_m
        parts.append(box((x, middle, 0.075), (0.032, length, 0.09), RUST, (0.2, 0.15, 0.11)))
        parts.append(box((x, middle, 0.124), (0.06, length, 0.03), PAINT, (0.42, 0.39, 0.36)))
        parts.append(box((x, middle, 0.03), (0.12, length, 0.02), RUST, (0.16, 0.12, 0.09)))
    rng = np.random.default_rng(place.seed + 7)
    for y in np.arange(NEAR_M + 0.3, place.length_m, 0.75):
        sleeper = box((0, 0, 0), (place.gauge_m + 0.6, 0.2, 0.08), WOOD, (0.13, 0.088, 0.055))
        parts.append(
            sleeper.moved(
                turn_z(rng.normal(0, 0.02)),
                (place.track_x + rng.normal(0, 0.03), y + rng.normal(0, 0.03), 0.0),
            )
        )
    return parts


def services(place: Place) -> list[Mesh]:
    """Make the pipes on the left and the sagging cables on the right."""
    half = place.width_m / 2
    y = np.array([NEAR_M, place.length_m])
    parts = []
    for z, r, color in ((1.55, 0.075, (0.17, 0.18, 0.19)), (1.25, 0.05, (0.20, 0.19, 0.18))):
        x = -half + 0.24
        line = np.stack([np.full(2, x), y, np.full(2, z)], axis=1)
        parts.append(tube(line, r, PAINT, color, 12))
        for joint in np.arange(1.8, place.length_m, 4.0):
            parts.append(cylinder((x, joint, z), (x, joint + 0.12, z), r * 1.5, PAINT, color, 12))
    fine = np.linspace(NEAR_M, place.length_m, 600)
    for index, z in enumerate((1.95, 1.78, 1.60)):
        swing = np.abs(np.sin(np.pi * (fine + 0.4 * index) / 2.0))
        sag = 0.16 * (swing**1.2) + 0.02 * index * np.sin(fine * 0.7)
        beside = half - 0.22 - 0.02 * index + 0.02 * np.sin(fine * 1.3 + index)
        line = np.stack([beside, fine, z - sag], axis=1)
        parts.append(tube(line, 0.028 + 0.006 * index, CABLE, (0.06, 0.06, 0.065), 7))
    return parts


def walls(place: Place) -> list[Mesh]:
    """Make the block walls that stand out from the sides."""
    parts = []
    for wall in (place.wall_at, place.wall_too):
        if wall is None:
            continue
        y, x0, x1 = wall
        parts.append(box(((x0 + x1) / 2, y, 1.3), (x1 - x0, 0.35, 2.7), BLOCK, (0.34, 0.32, 0.29)))
    return parts


def desk(place: Place) -> list[Mesh]:
    """Make the operator's desk with its brake and control levers."""
    if place.desk_at is None:
        return []
    x, y = place.desk_at
    grey, black = (0.20, 0.23, 0.22), (0.05, 0.05, 0.05)
    parts = [
        box((x, y, 0.45), (0.95, 0.35, 0.9), PAINT, grey),
        box((x, y - 0.05, 0.92), (1.0, 0.5, 0.04), PAINT, black),
        box((x, y - 0.75, 0.02), (1.3, 1.1, 0.04), RUST, RUST_COLOR),
    ]
    for offset, top in ((-0.3, -0.1), (0.3, 0.05)):
        a, b = (x + offset, y - 0.1, 0.9), (x + offset, y - 0.1 + top, 1.22)
        parts.append(cylinder(a, b, 0.016, PAINT, (0.3, 0.3, 0.3), 8))
        parts.append(cylinder(b, (b[0], b[1], b[2] + 0.07), 0.03, PAINT, (0.5, 0.04, 0.03), 10))
    return parts


def fittings(lamps: tuple[Lamp, ...]) -> list[Mesh]:
    """Make the lamps' housings and their bright glass."""
    parts = []
    for lamp in lamps:
        if not lamp.body:
            continue
        x, y, z = lamp.at
        c = lamp.color
        glass = (c[0] * lamp.glow, c[1] * lamp.glow, c[2] * lamp.glow)
        parts.append(box((x, y, z + 0.06), (0.24, 0.36, 0.08), PAINT, (0.2, 0.2, 0.2)))
        parts.append(box((x, y, z), (0.19, 0.30, 0.05), LAMP, glass))
    return parts


def static_mesh(loop: Loop) -> Mesh:
    """Build all that never moves."""
    place = loop.place
    mesh = join(
        [rock(place), ground(place), *arches(place), *track(place), *services(place)]
        + walls(place)
        + desk(place)
        + fittings(loop.lamps)
    )
    if place.slope:
        mesh.position[:, 2] += place.slope * mesh.position[:, 1]
    return mesh


def winch_frame(winch: Winch) -> Mesh:
    """Build the winch's still parts: bed, bearings, motor, brake lever and rope."""
    w, a = winch.width_m, winch.axle_m
    steel = (0.115, 0.07, 0.05)
    parts = [box((s * 0.42, 0, 0.10), (0.12, w + 1.1, 0.2), RUST, steel) for s in (-1, 1)]
    for side in (-1, 1):
        y = side * (w / 2 + 0.2)
        parts.append(box((0, y, 0.22), (1.0, 0.14, 0.1), RUST, steel))
        post = np.array([[-0.2, 0.25], [0.2, 0.25], [0.08, a + 0.08], [-0.08, a + 0.08]])
        for sign in (-0.06, 0.06):
            quad = np.stack([post[:, 0], np.full(4, y + sign), post[:, 1]], axis=1)
            parts.append(make(quad, np.array([[0, 1, 2], [0, 2, 3]]), RUST, steel))
        for x0, x1 in ((-0.2, -0.08), (0.2, 0.08)):
            parts.append(tube(np.array([[x0, y, 0.2], [x1, y, a + 0.08]]), 0.06, RUST, steel, 8))
        parts.append(cylinder((0, y - 0.09, a), (0, y + 0.09, a), 0.11, PAINT, (0.2, 0.2, 0.21)))
    back = w / 2 + 0.55
    parts.append(
        cylinder((0, w / 2 + 0.3, 0.62), (0, back + 0.7, 0.62), 0.26, PAINT, (0.06, 0.12, 0.10), 20)
    )
    parts.append(box((0, back + 0.2, 0.2), (0.6, 0.7, 0.36), RUST, steel))
    parts.append(box((0.0, back + 0.2, 0.95), (0.3, 0.3, 0.16), PAINT, (0.12, 0.12, 0.12)))
    mesh = join(parts).moved(turn_z(np.radians(winch.yaw)), (winch.x, winch.y, 0))
    start = np.array([winch.x + 0.3, winch.y, a - 0.33])
    rope = np.linspace(start, np.array(winch.rope_to), 20)
    rope[:, 2] -= 0.15 * np.sin(np.linspace(0, np.pi, 20))
    return join([mesh, tube(rope, 0.014, ROPE, (0.12, 0.11, 0.10), 6)])


def winch_drum(winch: Winch) -> Mesh:
    """Build the turning parts about the origin, the axle along y."""
    r, w = winch.radius_m, winch.width_m
    yellow, red, grey = (0.62, 0.40, 0.02), (0.70, 0.035, 0.02), (0.12, 0.12, 0.12)
    parts = [cylinder((0, -w / 2, 0), (0, w / 2, 0), r * 0.52, ROPE, (0.20, 0.18, 0.15), 28)]
    parts.append(cylinder((0, -w / 2 - 0.3, 0), (0, w / 2 + 0.3, 0), 0.055, PAINT, grey))
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    for side in (-1, 1):
        y = side * w / 2
        ring = np.stack([r * np.cos(angle), np.full(48, y), r * np.sin(angle)], axis=1)
        parts.append(tube(ring, 0.055, PAINT, yellow, 10, loop=True))
        parts.append(tube(ring * [0.90, 1, 0.90], 0.03, PAINT, yellow, 8, loop=True))
        parts.append(cylinder((0, y - 0.06, 0), (0, y + 0.06, 0), 0.15, PAINT, yellow))
        for spoke in range(6):
            color = red if spoke == 0 else yellow
            arm = box((r / 2, 0, 0), (r, 0.05, 0.105), PAINT, color)
            parts.append(arm.moved(turn_y(spoke * np.pi / 3), (0, y, 0)))
    return join(parts)


def drum_matrix(winch: Winch, angle: float) -> NDArray:
    """Place the drum in the world, turned by radians about its axle: (4, 4)."""
    matrix = np.eye(4)
    matrix[:3, :3] = turn_z(np.radians(winch.yaw)) @ turn_y(angle)
    matrix[:3, 3] = (winch.x, winch.y, winch.axle_m)
    return matrix


def drum_speed(winch: Winch, t: float) -> tuple[str, float]:
    """Give the state and the speed in turns a second at time t."""
    state, speed = winch.phases[0].state, winch.phases[0].speed
    for index, phase in enumerate(winch.phases):
        if phase.t > t:
            break
        state, speed = phase.state, phase.speed
        if index + 1 < len(winch.phases):
            after = winch.phases[index + 1]
            speed += (after.speed - phase.speed) * (t - phase.t) / (after.t - phase.t)
    return state, speed


def drum_turns(winch: Winch, t: float) -> float:
    """Add up the turns made by time t."""
    total = 0.0
    for index, phase in enumerate(winch.phases):
        end = winch.phases[index + 1].t if index + 1 < len(winch.phases) else t
        stop = min(t, end)
        if stop <= phase.t:
            break
        at_stop = drum_speed(winch, stop - 1e-9)[1]
        total += (stop - phase.t) * (phase.speed + at_stop) / 2
    return total


__all__ = [
    "drum_matrix",
    "drum_speed",
    "drum_turns",
    "static_mesh",
    "winch_drum",
    "winch_frame",
]
