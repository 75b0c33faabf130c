"""What a synthetic scene is: a place, lights, a camera, people and machines over time.

Coordinates are metres: x to the right across the roadway, y along it away from the camera, z up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Point = tuple[float, float]
Rectangle = tuple[float, float, float, float]  # x0, y0, x1, y1 in metres on the ground


@dataclass(frozen=True)
class Place:
    """The roadway. Lengths in metres; `slope` is rise over run."""

    width_m: float = 5.4
    spring_m: float = 1.5
    length_m: float = 42.0
    arch_step_m: float = 1.0
    slope: float = 0.0
    track_x: float = 0.9
    gauge_m: float = 0.9
    wall_at: tuple[float, float, float] | None = (16.0, 1.35, 2.7)  # y, x from, x to
    wall_too: tuple[float, float, float] | None = None
    desk_at: Point | None = None  # an operator's desk
    wet: float = 0.3
    seed: int = 1


@dataclass(frozen=True)
class Lamp:
    """A light. `aim` with `cone` (cosine) makes it a spot; `body` draws the fitting."""

    at: tuple[float, float, float]
    power: float
    color: tuple[float, float, float] = (1.0, 0.92, 0.78)
    aim: tuple[float, float, float] | None = None
    cone: float = -1.0
    body: bool = True
    glow: float = 1.0


@dataclass(frozen=True)
class View:
    """The camera. Angles in degrees; `pitch` is negative downwards, `yaw` positive to the right."""

    at: tuple[float, float, float]
    yaw: float
    pitch: float
    fov: float  # horizontal


@dataclass(frozen=True)
class Step:
    """Where a person is at time `t`. `bend` in 0..1; `face` in degrees when standing.

    `z`: metres above the ground, as on a belt or a step. `pose`: a name of `poses.POSES` that the
    person takes at this step and leaves at the next step without it; empty: walks or stands.
    """

    t: float
    x: float
    y: float
    bend: float = 0.0
    face: float | None = None
    pose: str = ""
    z: float = 0.0


@dataclass(frozen=True)
class Person:
    """A miner with a path; unseen before its first and after its last step.

    helmet: its colour, or None for a bare head.
    """

    name: str
    body: str
    path: tuple[Step, ...]
    helmet: tuple[float, float, float] | None = (0.92, 0.92, 0.90)
    coverall: tuple[float, float, float] = (0.045, 0.07, 0.17)
    vest: tuple[float, float, float] = (0.95, 0.22, 0.03)
    lamp: float = 0.0  # the cap lamp's power; 0 is off
    seed: int = 0


@dataclass(frozen=True)
class Phase:
    """A machine's state from time `t` on; its speed runs linearly to the next phase's."""

    t: float
    state: str
    speed: float  # turns a second at `t`


@dataclass(frozen=True)
class Winch:
    """A rope drum. `yaw` turns its axle in degrees (0: along the roadway)."""

    name: str
    x: float
    y: float
    yaw: float
    phases: tuple[Phase, ...]
    radius_m: float = 0.62
    width_m: float = 0.75
    axle_m: float = 0.80
    rope_to: tuple[float, float, float] = (0.9, 24.0, 0.1)


@dataclass(frozen=True)
class Optics:
    """What air and camera do. `luma` is the mean that the exposure is set to, 0..255."""

    luma: float
    dust: float = 0.02  # extinction a metre
    specks: int = 30
    noise: float = 1.0  # 1 is a well lit sensor; a dark scene has more
    bloom: float = 0.10
    glare: float = 0.0
    ambient: float = 0.05


@dataclass(frozen=True)
class Loop:
    """One rendered loop and its scene document's parts."""

    name: str
    seconds: int
    place: Place
    view: View
    lamps: tuple[Lamp, ...]  # the first two cast shadows
    optics: Optics
    people: tuple[Person, ...] = ()
    winch: Winch | None = None
    machines: tuple[Any, ...] = ()  # workers.simulate.machines.Machine
    zones: dict[str, Rectangle] = field(default_factory=dict)
    armed: bool = False  # has the proximity rule
    main_bps: int = 800_000
    sub_bps: int = 350_000
    seed: int = 1
