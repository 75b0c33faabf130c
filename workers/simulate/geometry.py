"""Meshes as plain arrays, and the few shapes from which the mine is built."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# Surface kinds; `shaders/common.glsl` paints each of them.
PAINT, ROCK, FLOOR, WOOD, RUST, LAMP, BLOCK, CLOTH, ROPE, SKIN, CABLE, CAPLAMP = range(12)
SHOTCRETE, BRICK, NETTED, CONCRETE, TAPE, FABRIC, RUBBER, SHEET, PLANK = range(30, 39)


@dataclass(frozen=True)
class Mesh:
    """Triangles. `position`, `normal`, `color`: (N, 3); `kind`: (N,); `faces`: (M, 3)."""

    position: Array
    normal: Array
    color: Array
    kind: Array
    faces: NDArray[np.uint32]

    def vertices(self) -> Array:
        """Interleave as the shaders read it: (N, 10)."""
        return np.hstack([self.position, self.normal, self.color, self.kind[:, None]]).astype(
            np.float32
        )

    def moved(self, rotation: Array, offset: tuple[float, float, float]) -> Mesh:
        """Rotate by a 3x3 matrix, then shift by metres."""
        turned = self.position @ rotation.T + np.array(offset, dtype=np.float32)
        return Mesh(
            turned.astype(np.float32),
            (self.normal @ rotation.T).astype(np.float32),
            self.color,
            self.kind,
            self.faces,
        )


def make(position: NDArray, faces: NDArray, kind: int, color: tuple[float, float, float]) -> Mesh:
    """Make a mesh with smooth normals from positions and faces."""
    p = np.asarray(position, dtype=np.float32)
    f = np.asarray(faces, dtype=np.uint32)
    n = len(p)
    return Mesh(
        p,
        smooth_normals(p, f),
        np.tile(np.array(color, dtype=np.float32), (n, 1)),
        np.full(n, kind, dtype=np.float32),
        f,
    )


def smooth_normals(p: NDArray, f: NDArray) -> Array:
    """Average the faces' normals at each vertex: (N, 3)."""
    corners = p[f]
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal = np.zeros((len(p), 3))
    for axis in range(3):
        weights = np.repeat(face[:, axis], 3)
        normal[:, axis] = np.bincount(f.ravel(), weights=weights, minlength=len(p))
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    return (normal / np.maximum(length, 1e-9)).astype(np.float32)


def join(meshes: list[Mesh]) -> Mesh:
    """Put meshes into one."""
    offsets = np.cumsum([0] + [len(m.position) for m in meshes[:-1]])
    return Mesh(
        np.concatenate([m.position for m in meshes]),
        np.concatenate([m.normal for m in meshes]),
        np.concatenate([m.color for m in meshes]),
        np.concatenate([m.kind for m in meshes]),
        np.concatenate([m.faces + np.uint32(o) for m, o in zip(meshes, offsets, strict=True)]),
    )


def grid_faces(rows: int, columns: int, closed: bool = False) -> NDArray[np.uint32]:
    """Triangulate a rows x columns lattice; `closed` joins the last column to the first."""
    last = columns if closed else columns - 1
    r, c = np.meshgrid(np.arange(rows - 1), np.arange(last), indexing="ij")
    a, b = r * columns + c, r * columns + (c + 1) % columns
    d, e = a + columns, b + columns
    first = np.stack([a, b, e], axis=-1).reshape(-1, 3)
    second = np.stack([a, e, d], axis=-1).reshape(-1, 3)
    return np.concatenate([first, second]).astype(np.uint32)


def box(
    centre: tuple[float, float, float],
    size: tuple[float, float, float],
    kind: int,
    color: tuple[float, float, float],
) -> Mesh:
    """Make a box with flat sides; metres."""
    parts = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            quad = np.zeros((4, 3))
            quad[:, axis] = sign * size[axis] / 2
            ends = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
            quad[:, u] = [e[0] * size[u] / 2 for e in ends]
            quad[:, v] = [e[1] * size[v] / 2 for e in ends]
            order = [[0, 1, 2], [0, 2, 3]] if sign > 0 else [[0, 2, 1], [0, 3, 2]]
            parts.append(make(quad + np.array(centre), np.array(order), kind, color))
    return join(parts)


def tube(
    path: NDArray,
    radius: float | NDArray,
    kind: int,
    color: tuple[float, float, float],
    sides: int = 10,
    loop: bool = False,
) -> Mesh:
    """Sweep a circle along a path of points (N, 3); `loop` joins the ends."""
    points = np.asarray(path, dtype=np.float64)
    if loop:
        points = np.vstack([points, points[:1]])
        tangent = np.roll(points[:-1], -1, axis=0) - np.roll(points[:-1], 1, axis=0)
        tangent = np.vstack([tangent, tangent[:1]])
    else:
        tangent = np.gradient(points, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    spread = points.max(axis=0) - points.min(axis=0)
    reference = np.eye(3)[int(np.argmin(spread))]
    side = np.cross(tangent, reference)
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    up = np.cross(side, tangent)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    r = np.broadcast_to(np.asarray(radius, dtype=np.float64), (len(points),))[:, None, None]
    ring = np.cos(angle)[None, :, None] * side[:, None] + np.sin(angle)[None, :, None] * up[:, None]
    mesh = make(
        (points[:, None] + r * ring).reshape(-1, 3),
        grid_faces(len(points), sides, closed=True),
        kind,
        color,
    )
    return Mesh(
        mesh.position, ring.reshape(-1, 3).astype(np.float32), mesh.color, mesh.kind, mesh.faces
    )


def cylinder(
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    radius: float,
    kind: int,
    color: tuple[float, float, float],
    sides: int = 16,
) -> Mesh:
    """Make a cylinder with flat caps; metres."""
    a, b = np.array(start), np.array(end)
    body = tube(np.stack([a, b]), radius, kind, color, sides)
    axis = (b - a) / np.linalg.norm(b - a)
    parts = [body]
    for index, (centre, normal) in enumerate(((a, -axis), (b, axis))):
        rim = body.position[index * sides : (index + 1) * sides]
        points = np.vstack([rim, centre[None]])
        fan = np.array([[i, (i + 1) % sides, sides] for i in range(sides)])
        cap = make(points, fan, kind, color)
        flat = np.tile(normal.astype(np.float32), (sides + 1, 1))
        parts.append(Mesh(cap.position, flat, cap.color, cap.kind, cap.faces))
    return join(parts)


def turn_z(angle: float) -> Array:
    """Rotate about the vertical by radians."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], dtype=np.float32)


def turn_x(angle: float) -> Array:
    """Rotate about the x axis by radians."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]], dtype=np.float32)


def turn_y(angle: float) -> Array:
    """Rotate about the y axis by radians."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], dtype=np.float32)


def value_noise(x: NDArray, y: NDArray, seed: int) -> NDArray:
    """Make smooth noise in -1..1 over two coordinates."""
    table = np.random.default_rng(seed).uniform(-1, 1, (256, 256))
    xi, yi = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = x - xi, y - yi
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)

    def at(i: NDArray, j: NDArray) -> NDArray:
        return table[i % 256, j % 256]

    top = at(xi, yi) * (1 - u) + at(xi + 1, yi) * u
    low = at(xi, yi + 1) * (1 - u) + at(xi + 1, yi + 1) * u
    return top * (1 - v) + low * v


def fractal(x: NDArray, y: NDArray, seed: int, octaves: int = 4) -> NDArray:
    """Add up octaves of smooth noise; about -1..1."""
    total, scale = np.zeros_like(x, dtype=np.float64), 1.0
    for octave in range(octaves):
        total += scale * value_noise(x * 2.0**octave, y * 2.0**octave, seed + octave)
        scale *= 0.5
    return total
