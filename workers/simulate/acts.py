"""The bank's clips of people and cars: `python -m workers.simulate.acts --out DIR [NAME ...]`.

Rendered as the clips of machines are. A fall that nobody sees, work on the knees that is none, a
bare head, a ride on the belt and a way over it, a car that runs away and one that is lowered as
it should be.
"""

from __future__ import annotations

import sys

from workers.simulate.machine_bank import BRIGHT, DIM, HALL, LIGHT, OPTICS, SECONDS, Places, main
from workers.simulate.machines import Machine, car, conveyor
from workers.simulate.scene import Loop, Person, Phase, Step, View
from workers.simulate.scenes import BLUE, WHITE, YELLOW

WIDE = View(at=(0.9, 0.0, 2.65), yaw=-13.0, pitch=-17.0, fov=62.0)
ALONG = View((-0.7, 0.0, 2.6), 9.0, -17.0, 62.0)
BELT_X, BELT_Z, BELT_MPS = -0.9, 0.95, 1.2


def _loop(name: str, view: View, machines: tuple[Machine, ...], *people: Person) -> Loop:
    seed = sum(name.encode())
    return Loop(name, SECONDS, HALL, view, LIGHT, OPTICS, people, machines=machines, seed=seed)


def _miner(name: str, seed: int, *steps: Step) -> Person:
    return Person(name, "tall", steps, WHITE if seed % 2 else YELLOW, BLUE, lamp=2.0, seed=seed)


def acts() -> Places:
    """Return what is acted, by name, with the light it is shown in."""
    fallen = _miner(
        "fallen", 3, Step(1.0, 1.9, 0.4), Step(5.0, 0.5, 5.0), Step(6.5, 0.3, 6.2),
        Step(7.0, 0.25, 6.3, pose="lie"), Step(40.0, 0.25, 6.3, pose="lie"),
    )  # fmt: skip
    kneeling = _miner(
        "kneeling", 4, Step(0.5, 1.9, 0.4), Step(5.0, 0.4, 5.4),
        Step(6.0, 0.35, 5.5, pose="kneel"), Step(10.0, 0.35, 5.5), Step(11.0, 0.5, 6.0),
        Step(12.5, 0.5, 6.1, pose="bend"), Step(16.0, 0.5, 6.1), Step(22.0, 1.9, 0.4),
    )  # fmt: skip
    running = (Phase(0.0, "RUNNING", BELT_MPS),)
    ride_s = 9.0
    rider = _miner(
        "rider", 5, Step(1.0, 1.6, 0.6), Step(5.0, 0.0, 4.6), Step(6.5, -0.35, 5.0),
        Step(8.0, BELT_X, 5.2, z=BELT_Z, pose="sit", face=0.0),
        Step(8.0 + ride_s, BELT_X, 5.2 + ride_s * BELT_MPS, z=BELT_Z, pose="sit", face=0.0),
        Step(18.5, 0.2, 16.6), Step(24.0, 0.3, 18.5),
    )  # fmt: skip
    crosser = _miner(
        "crosser", 7, Step(1.0, 1.8, 0.6), Step(6.0, 0.1, 6.8), Step(7.0, -0.4, 7.0),
        Step(7.8, -0.75, 7.0, z=BELT_Z), Step(8.8, -1.1, 7.0, z=BELT_Z), Step(9.6, -1.55, 7.0),
        Step(13.0, -1.8, 8.5), Step(17.0, -1.7, 7.0),
    )  # fmt: skip
    bare = Person(
        "bare", "lean",
        (Step(1.0, 1.9, 0.4), Step(5.0, 0.4, 4.2), Step(14.0, 0.2, 4.4), Step(19.0, 1.9, 0.4)),
        None, BLUE, seed=9,
    )  # fmt: skip
    belt = conveyor("belt-1", BELT_X, running, coal=False)
    away = (
        Phase(0.0, "STOPPED", 0.0), Phase(3.0, "RUNNING", -1.0), Phase(10.0, "RUNNING", -1.0),
        Phase(14.5, "RUNNING", -6.0), Phase(24.0, "RUNNING", -6.0),
    )  # fmt: skip
    lowered = (
        Phase(0.0, "STOPPED", 0.0), Phase(3.0, "STARTING", 0.0), Phase(3.6, "RUNNING", -1.0),
        Phase(15.0, "COASTING", -1.0), Phase(16.0, "STOPPED", 0.0),
    )  # fmt: skip
    return {
        "fall": (_loop("fall", WIDE, (), fallen), (BRIGHT, DIM)),
        "kneel": (_loop("kneel", WIDE, (), kneeling), (BRIGHT, DIM)),
        "bare": (_loop("bare", WIDE, (), bare), (BRIGHT,)),
        "ride": (_loop("ride", WIDE, (belt,), rider), (BRIGHT, DIM)),
        "cross": (_loop("cross", WIDE, (belt,), crosser), (BRIGHT, DIM)),
        "runaway": (_loop("runaway", ALONG, (car("wagon-1", 0.9, 0.9, away, 30.0),)),
                    (BRIGHT, DIM)),
        "lowered": (_loop("lowered", ALONG, (car("wagon-1", 0.9, 0.9, lowered, 22.0),)),
                    (BRIGHT, DIM)),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], acts()))
