"""People drawn at random: body, clothes, pose, lamp and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from workers.simulate import poses
from workers.simulate.geometry import CABLE, PAINT, WOOD, Array, Mesh, box, cylinder, turn_z
from workers.simulate.people import HEAD, Body, Figure

Rng = np.random.Generator
Color = tuple[float, float, float]
CELL_M = 0.021  # vertices nearer than this are one on people who are small in the picture

CLOTH: tuple[tuple[Color, float], ...] = (
    ((0.045, 0.07, 0.17), 0.20),
    ((0.02, 0.025, 0.04), 0.14),
    ((0.85, 0.22, 0.03), 0.15),
    ((0.18, 0.18, 0.17), 0.12),
    ((0.05, 0.12, 0.06), 0.08),
    ((0.35, 0.28, 0.18), 0.07),
    ((0.55, 0.65, 0.06), 0.06),
    ((0.10, 0.20, 0.42), 0.08),
    ((0.45, 0.05, 0.04), 0.04),
    ((0.55, 0.55, 0.52), 0.06),
)
VESTS: tuple[Color, ...] = (
    (0.95, 0.22, 0.03),
    (0.62, 0.75, 0.05),
    (0.9, 0.30, 0.02),
    (0.75, 0.06, 0.03),
)
HELMETS: tuple[Color, ...] = (
    (0.85, 0.52, 0.03),
    (0.78, 0.78, 0.76),
    (0.6, 0.05, 0.03),
    (0.05, 0.12, 0.4),
    (0.75, 0.25, 0.03),
    (0.05, 0.25, 0.10),
    (0.05, 0.05, 0.05),
    (0.35, 0.35, 0.35),
)
SKINS: tuple[Color, ...] = (
    (0.42, 0.255, 0.18),
    (0.55, 0.36, 0.27),
    (0.30, 0.17, 0.11),
    (0.14, 0.075, 0.05),
    (0.06, 0.05, 0.045),
)
HAIRS: tuple[Color, ...] = (
    (0.02, 0.015, 0.01),
    (0.08, 0.045, 0.02),
    (0.2, 0.19, 0.18),
    (0.03, 0.03, 0.035),
    (0.1, 0.12, 0.25),
    (0.45, 0.07, 0.04),
)
FIRST = ("lean", "tall", "stout")
BODIES = {"train": FIRST, "val": FIRST, "bank": FIRST}


@dataclass(frozen=True)
class Look:
    """What a person wears. `bands`: the stripes' bits in `surface.glsl`; `vest` None: none."""

    body: str
    fold: int
    scale: tuple[float, float]
    coverall: Color
    trousers: Color
    vest: Color | None
    bands: int
    helmet: Color | None
    fitted: bool  # a cap lamp is on the helmet
    lamp: float  # its power, 0: off
    skin: Color
    hair: Color
    boots: Color
    band_color: Color
    dirt: float


@dataclass(frozen=True)
class Placed:
    """A person in a place: where, how, and what is seen of it."""

    look: Look
    pose: str
    figure: Figure
    actor: Actor
    props: tuple[Mesh, ...]


class Actor:
    """A body's mesh in a coarser form if asked, with its head's faces apart."""

    def __init__(self, name: str, fold: int, gear: str, coarse: bool) -> None:
        """Load the body; `gear` is "lamp", "helmet" or "bare"."""
        body = Body(name, (1.0, 0.0, 1.0), fold)
        skin_rows = body.kind >= 20
        kept = np.arange(len(body.rest))
        if coarse:
            cells = np.floor(body.rest / CELL_M).astype(np.int64)
            keys = (
                (cells[:, 0] * 1000 + cells[:, 1]) * 1000 + cells[:, 2]
            ) * 100 + body.kind.astype(int)
            _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
            kept = np.where(skin_rows, first[inverse.ravel()], kept)
        faces = kept[body.faces.astype(np.int64)]
        whole = (
            (faces[:, 0] != faces[:, 1])
            & (faces[:, 1] != faces[:, 2])
            & (faces[:, 2] != faces[:, 0])
        )
        faces = faces[whole]
        gear_face = ~skin_rows[faces[:, 0]]
        low = body.rest[faces[:, 0], 2] < 1.3
        if gear == "bare":
            faces = faces[~gear_face]
        elif gear == "helmet":
            faces = faces[~gear_face | ((body.kind[faces[:, 0]] == CABLE) & ~low)]
        used, packed = np.unique(faces, return_inverse=True)
        faces = packed.reshape(-1, 3)
        for name_ in ("rest", "normal", "paint", "kind", "bones", "weights"):
            setattr(body, name_, getattr(body, name_)[used])
        body.foot_rows = [rows[used] for rows in body.foot_rows]
        self.body = body
        self.helmet_rows = (body.kind == CABLE) & (body.rest[:, 2] > 1.3)
        self.head_rows = (body.kind == HEAD) | ((body.kind < 20) & (body.rest[:, 2] > 1.3))
        is_head = self.head_rows[faces[:, 0]]
        self.faces = np.concatenate([faces[~is_head], faces[is_head]]).astype(np.uint32)
        self.split = int((~is_head).sum()) * 3  # indices before the head's

    def stand(
        self,
        look: Look,
        joints: poses.Joints,
        at: tuple[float, float],
        heading: float,
        slope: float,
    ) -> Figure:
        """Pose and colour it."""
        turned = poses.turns(self.body.labels, self.body.heads, joints)
        return self.turned(look, turned, at, heading, slope)

    def turned(
        self,
        look: Look,
        turned: NDArray,
        at: tuple[float, float],
        heading: float,
        slope: float,
    ) -> Figure:
        """Pose by each bone's turn, and colour it."""
        body = self.body
        figure = body.stand(turned, at, heading, slope, look.scale)
        if look.helmet is not None:
            figure.vertices[self.helmet_rows, 6:9] = look.helmet
        return figure


@lru_cache(maxsize=48)
def actor(name: str, fold: int, gear: str, coarse: bool) -> Actor:
    """Load an actor once."""
    return Actor(name, fold, gear, coarse)


def _pick(rng: Rng, options: tuple[Color, ...], spread: float = 0.15) -> Color:
    c = np.array(options[rng.integers(len(options))]) * np.exp(
        rng.normal(0, spread, 3) * 0.4 + rng.normal(0, spread)
    )
    return (float(c[0]), float(c[1]), float(c[2]))


def draw_look(rng: Rng, split: str) -> Look:
    """Draw clothes and body."""
    cloth = tuple(c for c, _ in CLOTH)
    shares = np.array([w for _, w in CLOTH])
    index = int(rng.choice(len(CLOTH), p=shares / shares.sum()))
    coverall = _pick(rng, cloth[index : index + 1])
    trousers = coverall if rng.random() < 0.6 else _pick(rng, cloth, 0.1)
    vested = rng.random() < 0.5
    helmeted = rng.random() < 0.8
    fitted = helmeted and rng.random() < 0.7
    striped = rng.random()
    bands = int(rng.integers(0, 32)) if striped < 0.75 else 0
    if vested and striped < 0.9:
        bands |= 1
    high, wide = (0.96, 0.97) if split == "train" else (1.0, 1.04)
    return Look(
        body=str(rng.choice(BODIES[split])),
        fold=int(rng.integers(3)) + (0 if split == "train" else 3),
        scale=(
            float(np.clip(rng.normal(wide + 0.03, 0.06), 0.85, 1.2)),
            float(np.clip(rng.normal(high, 0.05), 0.84, 1.12)),
        ),
        coverall=coverall,
        trousers=trousers,
        vest=_pick(rng, VESTS) if vested else None,
        bands=bands,
        helmet=_pick(rng, HELMETS) if helmeted else None,
        fitted=fitted,
        lamp=float(rng.uniform(0.8, 9.0)) if fitted and rng.random() < 0.65 else 0.0,
        skin=_pick(rng, SKINS),
        hair=_pick(rng, HAIRS) if not helmeted else (-1.0, -1.0, -1.0),
        boots=_pick(rng, ((0.022, 0.02, 0.018), (0.10, 0.06, 0.03), (0.25, 0.2, 0.05)), 0.2),
        band_color=(0.62, 0.62, 0.58) if rng.random() < 0.75 else (0.55, 0.62, 0.1),
        dirt=float(rng.uniform(0.5, 1.6)),
    )


def props_for(
    pose: str, at: tuple[float, float], heading: float, look: Look, rng: Rng
) -> tuple[Mesh, ...]:
    """Make what a pose needs: a seat, a load, a car to push, a tool."""
    spin = turn_z(-heading)

    def put(part: Mesh) -> Mesh:
        return part.moved(spin, (at[0], at[1], 0.0))

    tall = look.scale[1]
    dull = (0.2, 0.16, 0.11)
    if pose == "sit":
        h = 0.46 * tall
        return (
            put(
                box(
                    (0, -0.08, h / 2),
                    (rng.uniform(0.4, 1.2), 0.42, h),
                    int(rng.choice([WOOD, PAINT])),
                    dull,
                )
            ),
        )
    if pose == "carry":
        z = 1.18 * tall
        if rng.random() < 0.6:
            return (
                put(
                    box(
                        (0, 0.38, z),
                        (rng.uniform(0.3, 0.6), 0.3, rng.uniform(0.2, 0.45)),
                        PAINT,
                        dull,
                    )
                ),
            )
        n = rng.uniform(0.7, 1.5)
        return (
            put(
                cylinder(
                    (0.22, -n, 1.5 * tall),
                    (0.22, n, 1.5 * tall),
                    rng.uniform(0.02, 0.08),
                    WOOD,
                    dull,
                    8,
                )
            ),
        )
    if pose == "push":
        return (
            put(box((0, 1.45, 0.75), (0.9, 1.5, 0.8), PAINT, dull)),
            put(box((0, 1.45, 0.25), (0.6, 1.2, 0.3), PAINT, (0.06, 0.06, 0.06))),
        )
    if pose in ("bend", "stand", "kneel") and rng.random() < 0.3:
        x = rng.choice([-0.3, 0.3])
        return (put(cylinder((x, 0.45, 0.02), (x * 0.6, 0.25, 1.15), 0.018, WOOD, dull, 7)),)
    return ()


def person(
    look: Look,
    joints: poses.Joints,
    at: tuple[float, float],
    heading: float,
    slope: float,
    coarse: bool,
    rng: Rng,
) -> Placed:
    """Dress and pose one person at a place on the ground (metres, after the room's bend)."""
    gear = "lamp" if look.fitted else ("helmet" if look.helmet else "bare")
    who = actor(look.body, look.fold, gear, coarse)
    figure = who.stand(look, joints, at, heading, slope)
    props = props_for(joints.name, at, heading, look, rng)
    for part in props:
        part.position[:, 2] += slope * part.position[:, 1]
    return Placed(look, joints.name, figure, who, props)


def head_of(placed: Placed) -> tuple[Array, NDArray]:
    """Give the head's points and all points (N, 3), metres."""
    points = placed.figure.vertices[:, :3]
    return points[placed.actor.head_rows], points
