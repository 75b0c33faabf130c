"""Miners: a body with a skeleton, dressed, walking and bending."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workers.simulate import poses
from workers.simulate.geometry import (
    CABLE,
    CAPLAMP,
    PAINT,
    Array,
    Mesh,
    box,
    cylinder,
    fractal,
    grid_faces,
    join,
    make,
    smooth_normals,
    turn_x,
    turn_y,
    turn_z,
)

BODIES = Path(__file__).parent / "bodies"
# Parts of a person; the shader dresses them by the place on the resting body.
TORSO, LEG, ARM, HAND, HEAD, BOOT = range(20, 26)


@dataclass(frozen=True)
class Pose:
    """How a person stands. Angles in radians, lengths in metres."""

    x: float
    y: float
    heading: float  # 0 looks along the roadway, away from the camera
    phase: float  # of the walking cycle, radians
    stride: float  # 0 stands, 1 walks
    bend: float
    sway: float
    hold: str = ""  # a pose of `poses.POSES` that the body is in
    held: float = 0.0  # how far, 0..1
    seed: int = 0  # of that pose's angles
    z: float = 0.0  # metres above the ground


@dataclass(frozen=True)
class Figure:
    """A posed person. `vertices`: (N, 10) as the shaders read it; feet and lamp in metres."""

    vertices: Array
    feet: NDArray
    lamp_at: NDArray
    lamp_aim: NDArray


class Body:
    """A dressed body at rest with four bone weights a vertex."""

    def __init__(self, name: str, helmet: tuple[float, float, float] | None, seed: int) -> None:
        """Load the body file and dress it; helmet None: a bare head, and no lamp."""
        with np.load(BODIES / f"{name}.npz") as data:
            rest = data["vertices"].astype(np.float64)
            faces = data["faces"].astype(np.uint32)
            bones = data["bones"].astype(int)
            weights = data["weights"].astype(np.float64)
            self.heads = data["heads"].astype(np.float64)
            self.parents = data["parents"].astype(int)
            self.labels = [str(label) for label in data["labels"]]
        self.bone = {label: index for index, label in enumerate(self.labels)}
        part = self._parts(rest, bones[:, 0])
        along = self._along(rest, bones[:, 0])
        rest = self._inflate(rest, faces, part, seed)
        paint = rest.copy()
        paint[:, 1] = np.where(part == ARM, along, paint[:, 1])
        normal = smooth_normals(rest, faces)
        gear = self._gear(rest[part == HEAD], helmet or (0.0, 0.0, 0.0))
        if helmet is None:
            none = np.zeros((0, 3), np.float32)
            gear = Mesh(none, none, none, none[:, 0], none.astype(np.uint32))
        count = len(gear.position)
        is_battery = gear.position[:, 2] < 1.2
        owner = np.where(is_battery, self.bone["Hips"], self.bone["Head"])
        self.faces = np.concatenate([faces, gear.faces + np.uint32(len(rest))])
        self.rest = np.vstack([rest, gear.position])
        self.normal = np.vstack([normal, gear.normal])
        self.paint = np.vstack([paint, gear.color])
        self.kind = np.concatenate([part, gear.kind])
        self.bones = np.vstack([bones, np.tile(owner[:, None], (1, 4))])
        own = np.zeros((count, 4))
        own[:, 0] = 255
        w = np.vstack([weights, own])
        self.weights = w / w.sum(axis=1, keepdims=True)
        self.foot_rows = [
            np.isin(self.bones[:, 0], [self.bone[f"{s}Foot"], self.bone[f"{s}ToeBase"]])
            for s in ("Left", "Right")
        ]

    def _parts(self, rest: NDArray, owner: NDArray) -> NDArray:
        names = [self.labels[b] for b in owner]
        part = np.full(len(rest), TORSO)
        for index, name in enumerate(names):
            z = rest[index, 2]
            if "UpLeg" in name:
                part[index] = LEG
            elif name.endswith("Leg"):
                part[index] = BOOT if z < 0.23 else LEG
            elif "Foot" in name or "Toe" in name:
                part[index] = BOOT
            elif name.endswith("Arm"):
                part[index] = ARM
            elif "Hand" in name:
                part[index] = HAND
            elif name == "Head" or (name == "Neck" and z > 1.5):
                part[index] = HEAD
        return part

    def _along(self, rest: NDArray, owner: NDArray) -> NDArray:
        """Measure how far down the arm a vertex lies: 0 shoulder, 1 elbow, 2 wrist."""
        along = np.zeros(len(rest))
        for side in ("Left", "Right"):
            joints = [self.heads[self.bone[f"{side}{j}"]] for j in ("Arm", "ForeArm", "Hand")]
            for step in (0, 1):
                a, b = joints[step], joints[step + 1]
                rows = owner == self.bone[f"{side}{('Arm', 'ForeArm')[step]}"]
                along[rows] = step + (rest[rows] - a) @ (b - a) / ((b - a) @ (b - a))
        return along

    def _inflate(self, rest: NDArray, faces: NDArray, part: NDArray, seed: int) -> NDArray:
        """Dress the body: push it outwards, part by part, with folds."""
        normal = smooth_normals(rest, faces)
        z = rest[:, 2]
        folds = fractal(rest[:, 0] * 9 + z * 6, z * 14 + rest[:, 1] * 9, 31 + seed, 3)
        gather = fractal(rest[:, 0] * 5 + rest[:, 1] * 5, z * 34, 77 + seed, 2)
        amount = np.zeros(len(rest))
        vest = (part == TORSO) & (z > 0.93)
        amount[part == TORSO] = 0.020
        amount[vest] = 0.032
        amount[part == LEG] = 0.024
        amount[part == ARM] = 0.016
        amount[part == BOOT] = 0.013
        amount[part == HAND] = 0.005
        cloth = np.isin(part, [TORSO, LEG, ARM])
        low = np.clip((0.62 - z) / 0.3, 0, 1) * (part == LEG)
        amount += cloth * 0.008 * folds + 0.008 * low * gather
        return rest + normal * np.maximum(amount, 0)[:, None]

    def _gear(self, head: NDArray, color: tuple[float, float, float]) -> Mesh:
        """Make the helmet with brim, the cap lamp and its battery."""
        low, high = head.min(axis=0), head.max(axis=0)
        middle = (low + high) / 2
        centre = np.array([middle[0], middle[1] + 0.012, high[2] - 0.075])
        radii = np.array([0.113, 0.142, 0.115])
        u, v = np.linspace(0, np.pi / 2, 10), np.linspace(0, 2 * np.pi, 28, endpoint=False)
        uu, vv = np.meshgrid(u, v, indexing="ij")
        dome = np.stack([np.cos(uu) * np.cos(vv), np.cos(uu) * np.sin(vv), np.sin(uu)], axis=-1)
        dome[..., 2] += 0.06 * np.exp(-((dome[..., 0] / 0.16) ** 2)) * np.sin(uu)
        shell = make((centre + dome * radii).reshape(-1, 3), grid_faces(10, 28, True), CABLE, color)
        front = np.clip(-np.sin(v), 0, 1)
        inner = np.stack([np.cos(v), np.sin(v), np.zeros(28)], axis=1) * radii
        outer = inner * (1.13 + 0.22 * front[:, None] ** 2) - [0, 0, 0.012]
        brim = make(
            np.vstack([centre + inner, centre + outer]), grid_faces(2, 28, True), CABLE, color
        )
        lamp = centre + np.array([0, -radii[1] - 0.004, 0.048])
        self.lamp = lamp + [0, -0.045, 0]
        a, b, c = (tuple(lamp + [0, d, 0]) for d in (0.02, -0.035, -0.042))
        body = cylinder(a, b, 0.033, PAINT, (0.03, 0.03, 0.03), 14)
        glass = cylinder(b, c, 0.027, CAPLAMP, (1.0, 1.0, 1.0), 14)
        battery = box((-0.13, 0.115, 0.99), (0.11, 0.06, 0.15), PAINT, (0.03, 0.03, 0.03))
        both = np.vstack([brim.faces, brim.faces[:, ::-1]])
        brim = replace(brim, faces=both.astype(np.uint32))
        return join([brim, *(_outward(part) for part in (shell, body, glass, battery))])

    def pose(self, pose: Pose, slope: float) -> Figure:
        """Skin the body to a pose and put it on the ground."""
        turns = joint_turns(self, pose)
        if pose.hold and pose.held > 0:
            joints = poses.draw(pose.hold, np.random.default_rng(pose.seed))
            turns = blend(turns, poses.turns(self.labels, self.heads, joints), pose.held)
        return self.stand(turns, (pose.x, pose.y), pose.heading, slope, z=pose.z)

    def stand(
        self,
        turns: NDArray,
        at: tuple[float, float],
        heading: float,
        slope: float,
        scale: tuple[float, float] = (1.0, 1.0),
        z: float = 0.0,
    ) -> Figure:
        """Skin the body by each bone's turn and put it on the ground, or `z` metres above it.

        `at`: metres; `heading`: radians; `scale`: of the width and of the height.
        """
        count = len(self.labels)
        joints = np.zeros((count, 3))
        for index in range(count):
            parent = self.parents[index]
            if parent < 0:
                joints[index] = self.heads[index]
            else:
                arm = self.heads[index] - self.heads[parent]
                joints[index] = joints[parent] + turns[parent] @ arm
        shift = joints - np.einsum("bij,bj->bi", turns, self.heads)
        matrix = np.concatenate([turns, shift[:, :, None]], axis=2)
        blend = np.einsum("vk,vkij->vij", self.weights, matrix[self.bones])
        points = np.einsum("vij,vj->vi", blend[:, :, :3], self.rest) + blend[:, :, 3]
        normal = np.einsum("vij,vj->vi", blend[:, :, :3], self.normal)
        ground = points[:, 2].min()
        points[:, 2] -= ground
        head = self.bone["Head"]
        lamp_at = turns[head] @ (self.lamp - self.heads[head]) + joints[head] - [0, 0, ground]
        lamp_aim = turns[head] @ np.array([0, -1.0, -0.10])
        spin = turn_z(np.pi - heading).astype(np.float64)
        offset = np.array([*at, z])
        centre = np.array([0, self.heads[0, 1], 0])
        size = np.array([scale[0], scale[0], scale[1]])
        points = (points - centre) * size @ spin.T + offset
        lamp_at = spin @ ((lamp_at - centre) * size) + offset
        points[:, 2] += slope * points[:, 1]
        lamp_at[2] += slope * lamp_at[1]
        feet = np.stack([points[rows].mean(axis=0) for rows in self.foot_rows])
        vertices = np.hstack([points, normal @ spin.T, self.paint, self.kind[:, None]])
        return Figure(vertices.astype(np.float32), feet, lamp_at, spin @ lamp_aim)


def blend(one: NDArray, other: NDArray, share: float) -> NDArray:
    """Turn bones part of the way from one pose to another: (bones, 3, 3)."""
    left, _, right = np.linalg.svd((1 - share) * one + share * other)
    # A mixture may mirror; a turn does not.
    left[:, :, 2] *= np.sign(np.linalg.det(left @ right))[:, None]
    return np.asarray(left @ right, dtype=np.float64)


@lru_cache(maxsize=16)
def body(name: str, helmet: tuple[float, float, float] | None, seed: int) -> Body:
    """Load a body once."""
    return Body(name, helmet, seed)


def _outward(part: Mesh) -> Mesh:
    """Turn the faces of a convex part so that all look outwards; the renderer drops the others."""
    corners = part.position[part.faces].astype(np.float64)
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = np.sum(face * (corners.mean(axis=1) - part.position.mean(axis=0)), axis=1) < 0
    faces = np.where(inward[:, None], part.faces[:, ::-1], part.faces)
    return replace(part, faces=faces.astype(np.uint32))


def _toward(rest: NDArray, target: NDArray) -> NDArray:
    """Give the smallest turn that takes one direction to another: (3, 3)."""
    a, b = rest / np.linalg.norm(rest), target / np.linalg.norm(target)
    axis = np.cross(a, b)
    cosine = float(a @ b)
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + k + k @ k / (1 + cosine)


def joint_turns(body: Body, pose: Pose) -> NDArray:
    """Give each bone's turn in the body's frame: (bones, 3, 3)."""
    b, s = pose.bend, pose.stride
    turns = np.tile(np.eye(3), (len(body.labels), 1, 1))
    lean = 0.05 * s + 0.80 * b + 0.02 * np.sin(pose.sway)
    twist = 0.10 * s * np.sin(pose.phase) + 0.04 * np.sin(pose.sway * 0.7)
    turns[body.bone["Hips"]] = turn_x(0.25 * lean) @ turn_z(-0.5 * twist)
    for share, name in ((0.45, "Spine"), (0.75, "Spine1"), (1.0, "Spine2")):
        turns[body.bone[name]] = turn_x(share * lean) @ turn_z(twist * share)
    torso = turns[body.bone["Spine2"]]
    nod = torso @ turn_x(-0.30 * lean + 0.06) @ turn_z(0.25 * np.sin(pose.sway * 0.53))
    turns[body.bone["Neck"]] = turn_x(0.8 * lean)
    turns[body.bone["Head"]] = nod
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        phase = pose.phase + (0 if sign > 0 else np.pi)
        thigh = s * (0.46 * np.sin(phase) + 0.06) + 0.55 * b + 0.02
        knee = s * (0.14 + 0.85 * max(0.0, np.cos(phase + 0.25)) ** 1.6) + 0.85 * b + 0.04
        shin = -thigh + knee
        inward = turn_y(sign * 0.055 * (1 - 0.6 * b))
        turns[body.bone[f"{side}UpLeg"]] = inward @ turn_x(-thigh)
        turns[body.bone[f"{side}Leg"]] = inward @ turn_x(shin)
        lift = max(0.0, np.sin(phase + np.pi * 0.85)) * s
        foot = turn_x(0.45 * lift - 0.18 * s * max(0.0, np.sin(phase)))
        turns[body.bone[f"{side}Foot"]] = foot
        turns[body.bone[f"{side}ToeBase"]] = turn_x(0.1 * lift)
        turns[body.bone[f"{side}Shoulder"]] = torso
        reach = 0.55 * b * (1.0 + 0.15 * np.sin(pose.sway * 1.7 + sign))
        swing = -0.42 * s * np.sin(phase) + reach + 0.06
        elbow = 0.22 + 0.18 * s + 0.75 * b * (0.8 + 0.2 * np.sin(pose.sway * 2.1 - sign))
        upper = torso @ np.array([sign * 0.20, -np.sin(swing), -np.cos(swing)])
        fore = torso @ np.array(
            [sign * (0.10 - 0.12 * b), -np.sin(swing + elbow), -np.cos(swing + elbow)]
        )
        heads = [body.heads[body.bone[f"{side}{j}"]] for j in ("Arm", "ForeArm", "Hand")]
        turns[body.bone[f"{side}Arm"]] = _toward(heads[1] - heads[0], upper)
        forearm = _toward(heads[2] - heads[1], fore)
        turns[body.bone[f"{side}ForeArm"]] = forearm
        turns[body.bone[f"{side}Hand"]] = forearm
    return turns
