"""Machines besides the winch: belt, rope, car, pump with its lamp, and drums of other designs.

Each is a few meshes, each with its place at a time; a phase's speed is in metres (or, for drums,
turns) a second. `outline` is what a person would draw around it, in metres.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.simulate.geometry import (
    CLOTH,
    LAMP,
    PAINT,
    ROPE,
    RUST,
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
from workers.simulate.scene import Phase
from workers.simulate.world import RUST_COLOR

STILL = np.eye(4)
NOWHERE = np.zeros((4, 4))
GREY, YELLOW = (0.2, 0.21, 0.22), (0.62, 0.40, 0.02)
Color = tuple[float, float, float]


@dataclass(frozen=True)
class Machine:
    """One machine: parts are meshes with their model matrix (4, 4) at each time."""

    name: str
    kind: str
    phases: tuple[Phase, ...]
    parts: tuple[tuple[Mesh, Callable[[float], NDArray]], ...]
    outline: NDArray  # (N, 3)
    colour: str = ""

    def meshes(self) -> list[Mesh]:
        """Return the parts' meshes."""
        return [mesh for mesh, _ in self.parts]

    def matrices(self, t: float) -> list[NDArray]:
        """Return the parts' places at a time."""
        return [place(t) for _, place in self.parts]


def speed(phases: tuple[Phase, ...], t: float) -> tuple[str, float]:
    """Return state and speed at a time; between two phases the speed runs linearly."""
    index = max((i for i, p in enumerate(phases) if p.t <= t), default=0)
    here = phases[index]
    if index + 1 == len(phases):
        return here.state, here.speed
    after = phases[index + 1]
    part = (t - here.t) / (after.t - here.t)
    return here.state, here.speed + (after.speed - here.speed) * part


def way(phases: tuple[Phase, ...], t: float) -> float:
    """Return how far it went until a time: the speed added up."""
    total = 0.0
    for index, here in enumerate(phases):
        if here.t >= t:
            break
        end = min(t, phases[index + 1].t) if index + 1 < len(phases) else t
        total += (end - here.t) * (here.speed + speed(phases, end - 1e-9)[1]) / 2
    return total


def shifted(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> NDArray:
    """Return a shift in metres as a model matrix."""
    matrix = np.eye(4)
    matrix[:3, 3] = (x, y, z)
    return matrix


def conveyor(
    name: str, x: float, phases: tuple[Phase, ...], *, coal: bool = True, seed: int = 1
) -> Machine:
    """Make a belt along the roadway at x, running away from the camera, with coal or bare."""
    width, top, period, end = 0.9, 0.85, 12.0, 44.0
    across = np.linspace(-width / 2, width / 2, 15)
    along = np.arange(-3.0 - period, end, 0.06)
    aa, ll = np.meshgrid(across, along, indexing="ij")
    trough = 0.22 * (np.abs(aa) / (width / 2)) ** 2
    phase = np.mod(ll, period)
    load = np.zeros_like(ll)
    shade = np.full(ll.shape, 0.055)
    if coal:
        bank = np.clip(1 - (np.abs(aa) / 0.33) ** 2, 0, None)
        lumps = fractal(aa * 9 + 50, phase * 9, seed, 3)
        heaps = np.clip(0.75 + 0.7 * fractal(0 * aa, phase * 0.8, seed + 7, 2), 0.1, None)
        load = bank * heaps * (0.15 + 0.07 * lumps)
        shade = (
            shade + np.clip(0.03 * lumps, 0, None) + 0.02 * (fractal(aa * 30, phase * 30, 3) > 0.5)
        )
    else:
        seam = np.minimum(np.mod(phase, 4.0), 4.0 - np.mod(phase, 4.0)) < 0.09
        shade = np.where(seam, 0.22, shade)
    points = np.stack([x + aa, ll, top + trough + load], axis=-1).reshape(-1, 3)
    # The plainest surface there is: rubber and coal hardly shine.
    belt = make(points, grid_faces(len(across), len(along)), CLOTH, (0.055, 0.055, 0.055))
    color = np.repeat(shade.reshape(-1, 1), 3, axis=1).astype(np.float32)
    belt = Mesh(belt.position, belt.normal, color, belt.kind, belt.faces)
    frame = []
    for side in (-1, 1):
        rail = (x + side * (width / 2 + 0.07), end / 2 - 2, top - 0.02)
        frame.append(box(rail, (0.07, end, 0.16), RUST, (0.16, 0.12, 0.09)))
        for y in np.arange(0.9, end - 4, 2.4):
            leg = (x + side * (width / 2 + 0.07), y, (top - 0.1) / 2)
            frame.append(box(leg, (0.07, 0.07, top - 0.1), RUST, RUST_COLOR))
            roller = (x + side * (width / 2 - 0.02), y, top + 0.19)
            frame.append(box(roller, (0.05, 0.09, 0.06), PAINT, YELLOW))
    y0, y1, high = 3.4, 11.0, top + 0.2
    outline = np.array(
        [(x + s * width * 0.42, y, high) for s, y in ((-1, y0), (1, y0), (1, y1), (-1, y1))]
    )
    return Machine(
        name, "conveyor", phases,
        (
            (join(frame), lambda t: STILL),
            (belt, lambda t: shifted(y=float(np.mod(way(phases, t), period)))),
        ),
        outline,
    )  # fmt: skip


def rope(name: str, y: float, phases: tuple[Phase, ...], *, seed: int = 2) -> Machine:
    """Make a haulage rope across the place at y, from a drum on the left to a sheave."""
    period, z, r = 6.0, 0.95, 0.022
    rng = np.random.default_rng(seed)
    x = np.arange(-5.0 - period, 5.0, 0.05)
    line = np.stack([x, np.full(len(x), y), np.full(len(x), z)], axis=1)
    cord = tube(line, r, ROPE, (0.34, 0.31, 0.27), 8)
    grime = np.repeat(np.interp(np.mod(x, period), np.linspace(0, period, 40),
                                rng.uniform(0.35, 1.5, 40)), 8)  # fmt: skip
    cord = Mesh(
        cord.position, cord.normal,
        (cord.color * grime[:, None]).astype(np.float32), cord.kind, cord.faces,
    )  # fmt: skip
    frames, wheels = [], []
    for centre, size in ((-2.0, 0.42), (1.9, 0.34)):
        below = z - size
        for side in (-0.14, 0.14):
            post = box((centre, y + side, below / 2), (0.16, 0.06, below + 0.1), RUST, RUST_COLOR)
            frames.append(post)
        wheel = [cylinder((0, -0.05, 0), (0, 0.05, 0), 0.07, PAINT, GREY)]
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        ring = np.stack([size * np.cos(angle), 0 * angle, size * np.sin(angle)], axis=1)
        wheel.append(tube(ring, 0.035, PAINT, YELLOW, 8, loop=True))
        for k in range(5):
            arm = box((size / 2, 0, 0), (size, 0.04, 0.06), PAINT, YELLOW)
            wheel.append(arm.moved(turn_y(k * 2 * np.pi / 5), (0, 0, 0)))
        wheels.append((centre, size, join(wheel)))

    def turned(centre: float, size: float) -> Callable[[float], NDArray]:
        def place(t: float) -> NDArray:
            matrix = shifted(centre, y, z - size - 0.02)
            matrix[:3, :3] = turn_y(-way(phases, t) / size)
            return matrix

        return place

    def tremble(t: float) -> NDArray:
        going = speed(phases, t)[1]
        lift = 0.012 * min(1.0, abs(going)) * float(np.sin(t * 23.0))
        return shifted(x=float(np.mod(way(phases, t), period)), z=lift)

    parts = [(join(frames), lambda t: STILL), (cord, tremble)]
    parts += [(mesh, turned(centre, size)) for centre, size, mesh in wheels]
    outline = np.array(
        [(a, y, z + b) for a, b in ((-1.5, 0.07), (1.5, 0.07), (1.5, -0.07), (-1.5, -0.07))]
    )
    return Machine(name, "haulage", phases, tuple(parts), outline)


def car(
    name: str, track_x: float, gauge_m: float, phases: tuple[Phase, ...], begin: float
) -> Machine:
    """Make a haulage car on the track whose middle begins at y; its speed is along the roadway."""
    body = [box((0, 0, 0.75), (1.05, 2.1, 0.75), RUST, (0.17, 0.10, 0.065))]
    for y in np.linspace(-0.9, 0.9, 5):
        body.append(box((0, y, 0.75), (1.13, 0.07, 0.78), PAINT, (0.13, 0.13, 0.14)))
    body.append(box((0, 0, 1.14), (1.14, 2.2, 0.06), PAINT, (0.30, 0.28, 0.24)))
    x = np.linspace(-0.5, 0.5, 12)
    y = np.linspace(-1.0, 1.0, 24)
    yy, xx = np.meshgrid(y, x, indexing="ij")
    heap = 1.12 + 0.16 * np.clip(1 - (xx / 0.5) ** 2, 0, 1) + 0.05 * fractal(xx * 7, yy * 7, 5)
    points = np.stack([xx, yy, heap], axis=-1).reshape(-1, 3)
    body.append(make(points, grid_faces(len(y), len(x)), PAINT, (0.06, 0.06, 0.065)))
    for end in (-0.65, 0.65):
        for side in (-0.5, 0.5):
            a = (side * gauge_m - 0.05, end, 0.28)
            body.append(cylinder(a, (a[0] + 0.1, end, 0.28), 0.2, PAINT, (0.22, 0.2, 0.19), 14))
    for end in (-1.0, 1.0):
        body.append(box((0, end * 1.12, 0.45), (0.3, 0.2, 0.14), PAINT, (0.35, 0.3, 0.05)))
    outline = np.array(
        [(track_x + s * 0.62, y, z) for y, z in ((4.2, 0.1), (9.5, 0.1), (9.5, 1.2), (4.2, 1.2))
         for s in (-1, 1)]
    )  # fmt: skip
    return Machine(
        name, "haulage", phases,
        ((join(body), lambda t: shifted(track_x, begin + way(phases, t), 0.0)),),
        outline,
    )  # fmt: skip


def pump(
    name: str,
    at: tuple[float, float],
    phases: tuple[Phase, ...],
    *,
    colour: str = "green",
    blink_s: float = 0.0,
) -> Machine:
    """Make a pump with its panel, whose indicator lamp shines while the pump runs."""
    x, y = at
    blue = (0.04, 0.09, 0.16)
    still = [
        box((x, y, 0.12), (1.6, 0.7, 0.12), RUST, RUST_COLOR),
        cylinder((x - 0.7, y, 0.5), (x + 0.05, y, 0.5), 0.24, PAINT, blue, 20),
        cylinder((x + 0.05, y, 0.5), (x + 0.45, y, 0.5), 0.32, PAINT, (0.1, 0.16, 0.1), 20),
        cylinder((x + 0.25, y, 0.6), (x + 0.25, y, 2.6), 0.09, PAINT, GREY, 12),
        box((x - 0.35, y + 0.45, 1.25), (0.06, 0.06, 2.5), RUST, RUST_COLOR),
        box((x - 0.35, y + 0.35, 1.55), (0.5, 0.16, 0.6), PAINT, (0.24, 0.25, 0.23)),
        box((x - 0.48, y + 0.262, 1.42), (0.12, 0.02, 0.12), PAINT, (0.05, 0.05, 0.05)),
    ]
    hue: Color = {
        "green": (0.03, 0.75, 0.12),
        "red": (0.85, 0.04, 0.02),
        "amber": (0.9, 0.45, 0.02),
    }[colour]
    centre = (x - 0.3, y + 0.26, 1.68)
    front = (centre[0], y + 0.215, centre[2])
    ring = cylinder(
        (centre[0], y + 0.27, centre[2]),
        (centre[0], y + 0.235, centre[2]),
        0.062,
        PAINT,
        (0.3, 0.3, 0.3),
    )
    glass = cylinder(centre, front, 0.05, PAINT, (hue[0] * 0.25, hue[1] * 0.25, hue[2] * 0.25))
    bright: Color = (hue[0] * 0.16, hue[1] * 0.16, hue[2] * 0.16)
    shine = cylinder(centre, (front[0], front[1] - 0.004, front[2]), 0.051, LAMP, bright)

    def lit(t: float) -> NDArray:
        on = speed(phases, t)[0] == "RUNNING"
        return STILL if on and not (blink_s and t % blink_s >= blink_s / 2) else NOWHERE

    outline = np.array(
        [(front[0] + a * 0.06, front[1], front[2] + b * 0.06)
         for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    )  # fmt: skip
    parts = ((join([*still, ring, glass]), lambda t: STILL), (shine, lit))
    return Machine(name, "pump", phases, parts, outline, colour)


def drum(
    name: str, at: tuple[float, float], yaw: float, phases: tuple[Phase, ...], design: str
) -> Machine:
    """Make a winch's solid drum: design "wraps" (rope on it), or "mark" (one mark on a flange)."""
    r, w, axle = 0.62, 0.85, 0.95
    parts = []
    if design == "wraps":
        angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        for k, y in enumerate(np.arange(-w / 2 + 0.06, w / 2 - 0.04, 0.045)):
            ring = np.stack([0.44 * np.cos(angle), y + 0 * angle, 0.44 * np.sin(angle)], axis=1)
            lay = tube(ring, 0.024, ROPE, (0.28, 0.25, 0.21), 6, loop=True)
            # Strands and grease: the lay is lighter and darker around the drum.
            worn = 1 + 0.55 * np.sin(np.arange(49) / 48 * 2 * np.pi * 7 + 0.4 * k)
            color = lay.color * np.repeat(worn, 6)[:, None]
            parts.append(
                Mesh(lay.position, lay.normal, color.astype(np.float32), lay.kind, lay.faces)
            )
    else:
        parts.append(cylinder((0, -w / 2, 0), (0, w / 2, 0), 0.44, ROPE, (0.20, 0.18, 0.15), 40))
    for side in (-1, 1):
        a, b = (0, side * w / 2, 0), (0, side * (w / 2 + 0.05), 0)
        parts.append(cylinder(a, b, r, PAINT, (0.10, 0.16, 0.20), 48))
        out = side * (w / 2 + 0.055)
        if design == "mark":
            parts.append(box((0.42, out, 0), (0.30, 0.02, 0.15), PAINT, (0.8, 0.75, 0.65)))
        else:
            for k in range(8):
                bolt = box((0.52, out, 0), (0.07, 0.04, 0.07), PAINT, (0.45, 0.42, 0.36))
                parts.append(bolt.moved(turn_y(k * np.pi / 4), (0, 0, 0)))
    still = [box((s * 0.42, 0, 0.10), (0.12, w + 0.9, 0.2), RUST, RUST_COLOR) for s in (-1, 1)]
    for side in (-1, 1):
        post = (0, side * (w / 2 + 0.2), axle / 2)
        still.append(box(post, (0.22, 0.1, axle + 0.1), RUST, RUST_COLOR))
    frame = join(still).moved(turn_z(np.radians(yaw)), (at[0], at[1], 0))

    def turned(t: float) -> NDArray:
        matrix = np.eye(4)
        angle = 2 * np.pi * way(phases, t)
        matrix[:3, :3] = turn_z(np.radians(yaw)) @ turn_y(angle)
        matrix[:3, 3] = (at[0], at[1], axle)
        return matrix

    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rims = [
        np.stack([r * np.cos(angle), side * w / 2 + 0 * angle, r * np.sin(angle)], axis=1)
        @ turn_z(np.radians(yaw)).T
        for side in (-1, 1)
    ]
    outline = np.concatenate(rims) + np.array([at[0], at[1], axle])
    moving = ((frame, lambda t: STILL), (join(parts), turned))
    return Machine(name, "winch", phases, moving, outline)
