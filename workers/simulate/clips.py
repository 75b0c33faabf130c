"""Clips of people for the accuracy bank: places and light that no training picture has.

Each clip has a machine that runs, a danger zone beside it and somebody who enters it twice; clips
without people have lamps that flicker, a drum that turns, a cable and a coat that swing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.simulate import cast, clutter
from workers.simulate.geometry import CABLE, Mesh, join, tube
from workers.simulate.layouts import Layout, draw_layout
from workers.simulate.motion import Walk
from workers.simulate.optics import project, rectangle_polygon
from workers.simulate.people import joint_turns
from workers.simulate.render import Shown
from workers.simulate.scene import (
    Loop,
    Optics,
    Person,
    Phase,
    Place,
    Rectangle,
    Step,
    View,
    Winch,
)
from workers.simulate.stage import view_matrix
from workers.simulate.truth import inside
from workers.simulate.world import drum_matrix, drum_turns, winch_drum, winch_frame

SIZE, FPS = (640, 360), 10
MACHINE = "winch-1"
RUNNING = (Phase(0.0, "RUNNING", 0.32),)
STOPS = (Phase(0.0, "RUNNING", 0.32), Phase(8.5, "COASTING", 0.32), Phase(10.0, "STOPPED", 0.0))
LEAST_PX = 56  # height of one who stands in the zone


@dataclass(frozen=True)
class Clip:
    """One clip. `seed`: where the search for a fitting place begins; `light`: a style of lamps."""

    name: str
    regime: str
    seed: int
    luma: float
    light: str
    people: int = 1
    dust: float = 0.02
    noise: float = 1.0
    glare: float = 0.0
    lamps: bool = False  # all wear a cap lamp that is on, and look at the camera when they stand
    source: str = "signal"
    phases: tuple[Phase, ...] = RUNNING
    seconds: int = 20


CLIPS = (
    Clip("people-bright-1", "bright", 910_000, 92.0, "row", 2, source="video"),
    Clip("people-bright-2", "bright", 911_000, 80.0, "sparse", 1, source="video", phases=STOPS),
    Clip("people-dim-1", "dim", 920_000, 37.0, "row", 1, noise=2.4),
    Clip("people-dim-2", "dim", 921_000, 34.0, "side", 2, noise=2.8),
    Clip("people-dim-3", "dim", 922_000, 32.0, "sparse", 2, noise=3.0, lamps=True),
    Clip("people-dark-1", "very_dark", 930_000, 16.0, "sparse", 1, noise=3.6),
    Clip("people-dark-2", "very_dark", 931_000, 13.0, "dark", 2, noise=4.0, lamps=True),
    Clip("people-glare-1", "glare", 940_000, 36.0, "row", 2, noise=2.4, glare=1.2, lamps=True),
    Clip("people-glare-2", "glare", 941_000, 34.0, "head", 1, noise=2.6, glare=1.2),
    Clip("people-glare-3", "glare", 942_000, 36.0, "back", 2, noise=2.6, glare=1.0, lamps=True),
    Clip("people-dust-1", "dust", 950_000, 60.0, "row", 1, dust=0.11, noise=1.6),
    Clip("people-dust-2", "dust", 951_000, 42.0, "side", 2, dust=0.13, noise=2.2, glare=0.6),
    Clip("empty-bright", "bright", 960_000, 85.0, "row", 0, source="video", seconds=15),
    Clip("empty-dim", "dim", 961_000, 35.0, "side", 0, noise=2.6, seconds=15),
    Clip("empty-glare", "glare", 962_000, 34.0, "head", 0, noise=2.6, glare=1.2, seconds=15),
)


@dataclass(frozen=True)
class Take:
    """A clip made concrete: the place found for it, its truth's terms, and who plays in it."""

    clip: Clip
    seed: int
    layout: Layout
    matrix: NDArray
    loop: Loop
    looks: tuple[cast.Look, ...]


def _zone(layout: Layout, matrix: NDArray, rng: np.random.Generator) -> Rectangle | None:
    """Find a free rectangle on the ground that the camera sees whole, and people in it large."""
    half, slope = layout.room.width / 2, layout.room.slope
    for _ in range(60):
        wide, deep = rng.uniform(1.4, 2.0), rng.uniform(1.6, 2.4)
        x0, y0 = rng.uniform(-half + 0.3, half - 0.3 - wide), rng.uniform(3.2, 11.0)
        area = (float(x0), float(y0), float(x0 + wide), float(y0 + deep))
        spots = [(x, y) for x in np.linspace(x0, area[2], 4) for y in np.linspace(y0, area[3], 4)]
        if not all(layout.free(x, y, 0.05) for x, y in spots):
            continue
        x, y = area[0] + wide / 2, area[3]
        ends = project(matrix, np.array([[x, y, slope * y], [x, y, slope * y + 1.75]]))
        if np.any(np.isnan(ends)) or ends[1, 1] < 0.01:
            continue
        try:
            rectangle_polygon(matrix, area, slope)
        except ValueError:
            continue
        if (ends[0, 1] - ends[1, 1]) * SIZE[1] >= LEAST_PX:
            return area
    return None


def _winch(clip: Clip, layout: Layout, zone: Rectangle, rng: np.random.Generator) -> Winch | None:
    """Put a winch beside the zone, or behind it."""
    radius, width = float(rng.uniform(0.42, 0.62)), float(rng.uniform(0.6, 0.9))
    middle = ((zone[0] + zone[2]) / 2, (zone[1] + zone[3]) / 2)
    spots = [(zone[0] - 0.9, middle[1]), (zone[2] + 0.9, middle[1]), (middle[0], zone[3] + 1.4)]
    for x, y in spots:
        if all(layout.free(x + a, y + b, 0.0) for a in (-0.5, 0.5) for b in (-1.0, 0.0, 1.0)):
            turned = float(rng.uniform(-20, 20))
            rope = (x + 0.4, y + 1.6, 0.1)
            return Winch(MACHINE, x, y, turned, clip.phases, radius, width, rope_to=rope)
    return None


def _clear(layout: Layout, a: tuple[float, float], b: tuple[float, float]) -> bool:
    return all(
        layout.free(a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1]), 0.22)
        for s in np.linspace(0, 1, 14)
    )


def _outside(
    layout: Layout, matrix: NDArray, zone: Rectangle, rng: np.random.Generator
) -> tuple[float, float] | None:
    """Find a spot in the picture 0.9 to 2.2 m outside the zone."""
    for _ in range(60):
        x = rng.uniform(zone[0] - 2.0, zone[2] + 2.0)
        y = rng.uniform(zone[1] - 1.6, zone[3] + 2.2)
        apart = max(zone[0] - x, x - zone[2], zone[1] - y, y - zone[3])
        if not 0.7 < apart < 2.2 or not layout.free(x, y, 0.25):
            continue
        ground = layout.room.slope * y
        seen = project(matrix, np.array([[x, y, ground], [x, y, ground + 1.8]]))
        if not np.any(np.isnan(seen)) and np.all((seen > 0.02) & (seen < 0.98)):
            return float(x), float(y)
    return None


def _visit(
    layout: Layout,
    matrix: NDArray,
    zone: Rectangle,
    clip: Clip,
    start: float,
    rng: np.random.Generator,
) -> tuple[Step, ...] | None:
    """Walk into the zone and out of it twice within the clip, from `start` seconds on."""
    to_camera = None
    for _ in range(40):
        spots = [_outside(layout, matrix, zone, rng) for _ in range(3)]
        ins = [
            (
                float(rng.uniform(zone[0] + 0.45, zone[2] - 0.45)),
                float(rng.uniform(zone[1] + 0.45, zone[3] - 0.45)),
            )
            for _ in range(2)
        ]
        if any(s is None for s in spots):
            continue
        way = [spots[0], ins[0], spots[1], ins[1], spots[2]]
        points = [w for w in way if w is not None]
        if not all(_clear(layout, a, b) for a, b in zip(points, points[1:], strict=False)):
            continue
        steps, t = [Step(0.0, *points[0], 0.0, float(rng.uniform(-180, 180)))], start
        stays = (rng.uniform(2.2, 3.2), rng.uniform(3.0, 4.0), rng.uniform(2.2, 3.2))
        for index, (a, b) in enumerate(zip(points, points[1:], strict=False)):
            steps.append(Step(t, *a, 0.0, steps[-1].face))
            t += float(np.hypot(b[0] - a[0], b[1] - a[1])) / rng.uniform(1.0, 1.3)
            way_x, way_y = layout.view.at[0] - b[0], layout.view.at[1] - b[1]
            to_camera = float(np.degrees(np.arctan2(way_x, way_y)))
            face = to_camera + rng.normal(0, 8) if clip.lamps else float(rng.uniform(-180, 180))
            bend = float(rng.choice([0.0, 0.0, 0.45])) if index in (0, 2) else 0.0
            steps.append(Step(t, *b, 0.0, face))
            if index < 3:
                stay = float(stays[index])
                steps.append(Step(t + 0.7, *b, bend, face))
                steps.append(Step(t + stay - 0.7, *b, bend, face))
                t += stay
        if t < clip.seconds - 0.5:
            steps.append(Step(clip.seconds + 0.1, *points[-1], 0.0, steps[-1].face))
            return tuple(_growing(steps))
    return None


def _growing(steps: list[Step]) -> Iterator[Step]:
    """Leave out steps at a time that is not after the one before."""
    last = -1.0
    for step in steps:
        if step.t > last + 1e-6:
            yield step
            last = step.t


def _stroll(
    layout: Layout, matrix: NDArray, zone: Rectangle, clip: Clip, rng: np.random.Generator
) -> tuple[Step, ...] | None:
    """Walk to and fro beside the zone without entering it."""
    for _ in range(60):
        a, b = (_outside(layout, matrix, zone, rng) for _ in range(2))
        if a is None or b is None or not _clear(layout, a, b):
            continue
        line = [(a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1])) for s in np.linspace(0, 1, 20)]
        wider = (zone[0] - 0.5, zone[1] - 0.5, zone[2] + 0.5, zone[3] + 0.5)
        if any(inside(wider, x, y) for x, y in line):
            continue
        steps, t, at = [Step(0.0, *a, 0.0, float(rng.uniform(-180, 180)))], 1.0, a
        while t < clip.seconds - 5:
            other = b if at == a else a
            steps.append(Step(t, *at, 0.0, steps[-1].face))
            t += max(0.8, float(np.hypot(b[0] - a[0], b[1] - a[1])) / 1.1)
            steps.append(Step(t, *other, 0.0, float(rng.uniform(-180, 180))))
            t, at = t + rng.uniform(2, 4), other
        steps.append(Step(clip.seconds + 0.1, *at, 0.0, steps[-1].face))
        return tuple(_growing(steps))
    return None


def _dressed(clip: Clip, rng: np.random.Generator) -> cast.Look:
    look = cast.draw_look(rng, "bank")
    if not clip.lamps:
        return look
    return replace(
        look,
        helmet=look.helmet or cast.HELMETS[int(rng.integers(len(cast.HELMETS)))],
        fitted=True,
        lamp=float(rng.uniform(3.0, 6.0)),
        hair=(-1.0, -1.0, -1.0),
    )


def compose(clip: Clip, seed: int) -> Take | None:
    """Try to stage a clip in the place of a seed; None where its zone or paths do not fit."""
    rng = np.random.default_rng([seed, 80])
    layout = draw_layout("bank", seed, clip.light, clip.dust)
    layout = replace(layout, roll=0.0)
    matrix = view_matrix(layout.view, 0.0, SIZE[0] / SIZE[1])
    zone = _zone(layout, matrix, rng)
    winch = _winch(clip, layout, zone, rng) if zone else None
    if zone is None or winch is None:
        return None
    stand = (winch.x - 0.75, winch.y - 1.2, winch.x + 0.75, winch.y + 1.2)
    layout = replace(layout, blocked=(*layout.blocked, stand))
    paths = []
    for index in range(clip.people):
        if index < 1 or (index == 1 and clip.people > 2):
            path = _visit(layout, matrix, zone, clip, 1.5 + 2.4 * index, rng)
        else:
            path = _stroll(layout, matrix, zone, clip, rng)
        if path is None:
            return None
        paths.append(path)
    frame = winch_frame(winch)
    frame.position[:] = layout.room.warp(frame.position)
    layout = replace(layout, mesh=join([layout.mesh, frame]))
    people = tuple(Person(f"p{i + 1}", "", path, seed=i) for i, path in enumerate(paths))
    at = layout.view.at
    loop = Loop(
        name=clip.name,
        seconds=clip.seconds,
        place=Place(slope=layout.room.slope),
        view=View(at, layout.view.yaw, layout.view.pitch, layout.view.fov),
        lamps=layout.lamps,
        optics=Optics(
            clip.luma, clip.dust, 30 + int(400 * clip.dust), clip.noise, 0.10, clip.glare
        ),
        people=people,
        winch=winch,
        zones={"danger": zone},
        armed=True,
        seed=seed % 10_000,
    )
    looks = tuple(_dressed(clip, rng) for _ in people)
    return Take(clip, seed, layout, matrix, loop, looks)


class Play:
    """What moves in a take, at any time."""

    def __init__(self, take: Take) -> None:
        """Prepare the walks and the machine."""
        self.take = take
        self.walks = [Walk(person) for person in take.loop.people]
        assert take.loop.winch is not None
        self.winch = take.loop.winch
        self.drum = winch_drum(self.winch)
        rng = np.random.default_rng([take.seed, 81])
        self.beat = rng.uniform(0, 6.28, 4)
        self.coat, _ = clutter.coat(rng)
        half = take.layout.room.width / 2
        self.hook = (float(rng.choice([-1, 1]) * (half - 0.5)), float(rng.uniform(5, 9)))

    def people(self, t: float) -> list[cast.Placed]:
        """Pose everybody."""
        placed = []
        slope, eye = self.take.layout.room.slope, np.array(self.take.layout.view.at)
        focal = SIZE[0] / 2 / np.tan(np.radians(self.take.layout.view.fov) / 2)
        for walk, look in zip(self.walks, self.take.looks, strict=True):
            pose = walk.pose(t)
            far = float(np.hypot(pose.x - eye[0], pose.y - eye[1]))
            gear = "lamp" if look.fitted else ("helmet" if look.helmet else "bare")
            who = cast.actor(look.body, look.fold, gear, focal * 1.75 / far < 150)
            turned = joint_turns(who.body, pose)
            figure = who.turned(look, turned, (pose.x, pose.y), pose.heading, slope)
            placed.append(cast.Placed(look, "walk", figure, who, ()))
        return placed

    def things(self, t: float) -> list[Mesh]:
        """Turn the drum; in a clip without people a cable and a coat swing too."""
        matrix = drum_matrix(self.winch, 2 * np.pi * drum_turns(self.winch, t))
        lift = self.take.layout.room.slope * self.winch.y
        place = (float(matrix[0, 3]), float(matrix[1, 3]), float(matrix[2, 3]) + lift)
        found = [self.drum.moved(matrix[:3, :3].astype(np.float32), place)]
        if self.walks:
            return found
        swing = 0.16 * float(np.sin(1.9 * t + self.beat[0]))
        x, y = self.hook
        s = np.linspace(0, 1, 14)[:, None]
        line = np.array([[x * 0.5, y, 2.6]]) + s * np.array([[swing * 1.6, 0, -1.5]])
        found.append(tube(line + [[0, 0, 0]], 0.025, CABLE, (0.05, 0.05, 0.055), 7))
        tilt = np.array([[1, 0, 0.25 * swing], [0, 1, 0], [-0.25 * swing, 0, 1]], dtype=np.float32)
        found.append(self.coat.moved(tilt, (x, y, 0.0)))
        for part in found[1:]:
            part.position[:, 2] += self.take.layout.room.slope * part.position[:, 1]
        return found

    def flicker(self, t: float) -> tuple[float, float]:
        """Let the two nearest lamps flicker a little, much where nobody is."""
        a = 1 + 0.04 * np.sin(9.1 * t + self.beat[1])
        b = 1 + 0.04 * np.sin(7.3 * t + self.beat[2])
        if not self.walks:
            a *= 0.35 if np.sin(2.3 * t + self.beat[3]) > 0.93 else 1.0
            b *= 0.0 if np.sin(1.7 * t) + np.sin(2.9 * t) > 1.75 else 1.0
        return float(a), float(b)


def shown(play: Play, people: list[cast.Placed], counts: list[Any]) -> list[Shown]:
    """Join who is posed with what is seen of them, as the truth reads it."""
    persons = play.take.loop.people
    return [
        Shown(person, placed.figure, count.seen / count.alone if count.alone else 0.0)
        for person, placed, count in zip(persons, people, counts, strict=True)
    ]


def truth_document(take: Take, frames: list[dict], events: list[dict], zones: dict) -> dict:
    """Write a bank entry's truth."""
    return {
        "fps": FPS,
        "frames": len(frames),
        "seconds": take.clip.seconds,
        "regime": take.clip.regime,
        "seed": take.seed,
        "zones": zones,
        "machines": [{"id": MACHINE, "phases": [[p.t, p.state] for p in take.clip.phases]}],
        "levels": {},
        "faults": [],
        "frames_truth": frames,
        "events": events,
    }
