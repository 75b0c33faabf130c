"""The poses of miners at rest and at work, as the angles of their joints."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Turn = NDArray[np.float64]
Rng = np.random.Generator


@dataclass(frozen=True)
class Limb:
    """An arm or leg. Radians: `swing` forwards, `spread` outwards, `fold` of elbow or knee."""

    swing: float = 0.0
    spread: float = 0.0
    fold: float = 0.0


@dataclass(frozen=True)
class Joints:
    """The whole body. Radians; `pitch` and `roll` tip the body over (lying), left limb first."""

    name: str
    lean: float = 0.0
    side: float = 0.0
    twist: float = 0.0
    nod: float = 0.0
    look: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    legs: tuple[Limb, Limb] = (Limb(), Limb())
    arms: tuple[Limb, Limb] = (Limb(), Limb())


def turn(axis: int, angle: float) -> Turn:
    """Rotate about x, y or z (0, 1, 2) by radians: (3, 3)."""
    c, s = float(np.cos(angle)), float(np.sin(angle))
    matrix = np.eye(3)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrix[a, a] = matrix[b, b] = c
    matrix[a, b], matrix[b, a] = -s, s
    return matrix


def toward(rest: NDArray, target: NDArray) -> Turn:
    """Give the smallest turn that takes one direction to another: (3, 3)."""
    a, b = rest / np.linalg.norm(rest), target / np.linalg.norm(target)
    axis = np.cross(a, b)
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + k + k @ k / max(1 + float(a @ b), 1e-3)


def turns(labels: list[str], heads: NDArray, joints: Joints) -> NDArray:
    """Give each bone's turn in the body's frame, which faces -y: (bones, 3, 3)."""
    bone = {label: index for index, label in enumerate(labels)}
    out = np.tile(np.eye(3), (len(labels), 1, 1))
    out[bone["Hips"]] = turn(0, 0.25 * joints.lean) @ turn(2, -0.3 * joints.twist)
    for share, name in ((0.45, "Spine"), (0.75, "Spine1"), (1.0, "Spine2")):
        bent = turn(0, share * joints.lean) @ turn(1, share * joints.side)
        out[bone[name]] = bent @ turn(2, share * joints.twist)
    torso = out[bone["Spine2"]]
    out[bone["Neck"]] = turn(0, 0.8 * joints.lean)
    out[bone["Head"]] = torso @ turn(0, joints.nod - 0.3 * joints.lean) @ turn(2, joints.look)
    for index, (side, sign) in enumerate((("Left", 1.0), ("Right", -1.0))):
        leg, arm = joints.legs[index], joints.arms[index]
        out_turn = turn(1, -sign * leg.spread + sign * 0.04)
        out[bone[f"{side}UpLeg"]] = out_turn @ turn(0, -leg.swing)
        out[bone[f"{side}Leg"]] = out_turn @ turn(0, leg.fold - leg.swing)
        flat = float(np.clip(leg.fold - leg.swing, 0.0, 1.3)) * 0.75
        out[bone[f"{side}Foot"]] = out_turn @ turn(0, flat)
        out[bone[f"{side}ToeBase"]] = out_turn @ turn(0, 0.3 * flat)
        out[bone[f"{side}Shoulder"]] = torso
        wide = sign * np.tan(np.clip(0.16 + arm.spread, -0.6, 1.3))
        upper = torso @ np.array([wide, -np.sin(arm.swing), -np.cos(arm.swing)])
        low = arm.swing + arm.fold
        fore = torso @ np.array([wide * 0.5 - sign * 0.06, -np.sin(low), -np.cos(low)])
        points = [heads[bone[f"{side}{j}"]] for j in ("Arm", "ForeArm", "Hand")]
        out[bone[f"{side}Arm"]] = toward(points[1] - points[0], upper)
        forearm = toward(points[2] - points[1], fore)
        out[bone[f"{side}ForeArm"]] = out[bone[f"{side}Hand"]] = forearm
    if joints.pitch or joints.roll:
        out = turn(0, joints.pitch) @ turn(1, joints.roll) @ out
    return out


def gait(phase: float, speed: float) -> Joints:
    """Walk (`speed` 1) or run (2) at a phase of the cycle, radians."""
    legs, arms = [], []
    for shift in (0.0, np.pi):
        p = phase + shift
        fold = 0.14 + (0.85 + 0.35 * (speed - 1)) * max(0.0, float(np.cos(p + 0.25))) ** 1.6
        legs.append(Limb(0.06 + 0.46 * speed**0.6 * float(np.sin(p)), 0.0, fold))
        swing = -0.42 * speed * float(np.sin(p)) + 0.06
        arms.append(Limb(swing, 0.04, 0.35 + 0.9 * max(0.0, speed - 1)))
    name = "walk" if speed < 1.4 else "run"
    lean = 0.05 + 0.22 * max(0.0, speed - 1)
    twist = 0.1 * float(np.sin(phase))
    return Joints(name, lean, 0.0, twist, legs=(legs[0], legs[1]), arms=(arms[0], arms[1]))


def _pair(rng: Rng, low: float, high: float, spread: float, fold: float) -> tuple[Limb, Limb]:
    """Draw two limbs alike but not the same."""
    swing = rng.uniform(low, high)
    return (
        Limb(
            swing + rng.normal(0, 0.08), spread + rng.normal(0, 0.05), fold * rng.uniform(0.8, 1.2)
        ),
        Limb(
            swing + rng.normal(0, 0.08), spread + rng.normal(0, 0.05), fold * rng.uniform(0.8, 1.2)
        ),
    )


def _work(rng: Rng) -> tuple[Limb, Limb]:
    """Draw arms that do something: hang, point, hold, lift, on the hips, crossed."""
    what = rng.integers(6)
    if what == 0:
        return _pair(rng, -0.1, 0.2, 0.05, 0.25)
    if what == 1:
        one = Limb(rng.uniform(0.8, 2.6), rng.uniform(-0.1, 0.6), rng.uniform(0, 0.6))
        both = (one, Limb(0.05, 0.05, 0.3))
        return both if rng.random() < 0.5 else both[::-1]
    if what == 2:
        return _pair(rng, 0.2, 0.7, 0.0, 1.3)
    if what == 3:
        return _pair(rng, 1.3, 2.7, 0.1, 0.5)
    if what == 4:
        return (Limb(-0.3, 0.7, 0.9), Limb(-0.3, 0.7, 0.9))
    return _pair(rng, 0.3, 0.5, -0.25, 1.5)


POSES = {
    "walk": 0.30,
    "stand": 0.24,
    "bend": 0.09,
    "crouch": 0.07,
    "sit": 0.07,
    "kneel": 0.06,
    "carry": 0.05,
    "lie": 0.04,
    "run": 0.04,
    "push": 0.04,
}


def draw(name: str, rng: Rng) -> Joints:
    """Draw one pose of a kind named in `POSES`; raises ValueError for another name."""
    if name in ("walk", "run"):
        speed = rng.uniform(0.5, 1.2) if name == "walk" else rng.uniform(1.6, 2.1)
        joints = gait(rng.uniform(0, 2 * np.pi), speed)
        if name == "walk" and rng.random() < 0.25:
            joints = replace(joints, arms=_work(rng))
        return replace(joints, nod=rng.normal(0.05, 0.15), look=rng.normal(0, 0.25))
    nod, look = rng.normal(0.08, 0.2), rng.normal(0, 0.4)
    side, twist = rng.normal(0, 0.05), rng.normal(0, 0.12)
    if name == "stand":
        legs = _pair(rng, -0.02, 0.06, rng.uniform(0, 0.14), 0.08)
        return Joints(
            name, rng.normal(0.03, 0.06), side, twist, nod, look, legs=legs, arms=_work(rng)
        )
    if name == "bend":
        lean = rng.uniform(0.6, 1.5)
        legs = _pair(rng, 0.25, 0.6, 0.1, 0.6)
        arms = _pair(rng, 0.3, 1.0, 0.0, rng.uniform(0.1, 0.9))
        return Joints(name, lean, side, twist, nod, look, legs=legs, arms=arms)
    if name == "crouch":
        thigh = rng.uniform(1.5, 2.0)
        legs = _pair(rng, thigh, thigh + 0.1, 0.25, 2.3)
        arms = _pair(rng, 0.3, 1.1, 0.0, rng.uniform(0.2, 1.0))
        return Joints(name, rng.uniform(0.4, 0.8), side, twist, nod, look, legs=legs, arms=arms)
    if name == "sit":
        legs = _pair(rng, 1.4, 1.6, rng.uniform(0.05, 0.3), rng.uniform(1.2, 1.6))
        return Joints(
            name,
            rng.uniform(-0.1, 0.5),
            side,
            twist,
            nod,
            look,
            legs=legs,
            arms=_pair(rng, 0.3, 0.8, 0.0, 0.8),
        )
    if name == "kneel":
        down = Limb(rng.uniform(0.0, 0.3), 0.05, rng.uniform(1.5, 1.8))
        up = Limb(1.45, 0.1, 1.5) if rng.random() < 0.6 else down
        legs = (up, down) if rng.random() < 0.5 else (down, up)
        arms = _pair(rng, 0.3, 1.4, 0.0, rng.uniform(0.2, 1.0))
        return Joints(name, rng.uniform(0.1, 0.7), side, twist, nod, look, legs=legs, arms=arms)
    if name == "carry":
        base = gait(rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.9))
        arms = (
            _pair(rng, 0.2, 0.4, 0.0, 1.25)
            if rng.random() < 0.6
            else (Limb(2.2, 0.1, 1.2), Limb(0.1, 0.05, 0.3))
        )
        return replace(base, name=name, lean=rng.uniform(-0.1, 0.25), arms=arms, nod=nod, look=look)
    if name == "push":
        base = gait(rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.0))
        return replace(
            base, name=name, lean=rng.uniform(0.4, 0.8), arms=_pair(rng, 1.1, 1.5, 0.0, 0.4)
        )
    if name == "lie":
        legs = _pair(rng, 0.0, 0.5, 0.12, rng.uniform(0.0, 0.9))
        arms = _pair(rng, -0.1, 0.9, 0.3, rng.uniform(0.0, 1.0))
        pitch = -np.pi / 2 if rng.random() < 0.6 else np.pi / 2
        roll = rng.choice([0.0, 0.0, np.pi / 2, -np.pi / 2]) + rng.normal(0, 0.15)
        return Joints(
            name, rng.uniform(0, 0.3), side, twist, nod, look, pitch, float(roll), legs, arms
        )
    raise ValueError(f"no pose is called {name!r}")
