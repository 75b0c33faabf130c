"""The six loops of the demo mine, as data."""

from __future__ import annotations

from workers.simulate.scene import (
    Lamp,
    Loop,
    Optics,
    Person,
    Phase,
    Place,
    Step,
    View,
    Winch,
)

YELLOW, WHITE, RED = (0.85, 0.52, 0.03), (0.78, 0.78, 0.76), (0.6, 0.05, 0.03)
BLUE = (0.045, 0.07, 0.17)


def ceiling(ys: tuple[float, ...], z: float, power: float, x: float = 0.0) -> tuple[Lamp, ...]:
    """Hang lamps along the roof."""
    return tuple(Lamp((x, y, z), power) for y in ys)


WINCH_PLACE = Place(wet=0.5, seed=1)
WINCH_HOUSE = Loop(
    name="winch-house",
    seconds=40,
    place=WINCH_PLACE,
    view=View(at=(0.55, 0.0, 2.75), yaw=-2.0, pitch=-15.5, fov=62.0),
    lamps=(
        Lamp((-0.3, 5.2, 3.75), 42.0),
        # From this side nobody on the way to the winch throws a shadow on its drum.
        Lamp((-0.6, 0.2, 3.2), 60.0, aim=(-0.5, 7.0, 0.6), cone=0.55, body=False),
        *ceiling((10.5, 15.5, 20.5, 26.0, 32.0), 3.75, 34.0),
        Lamp((0.3, 0.8, 3.8), 9.0, body=False),
    ),
    optics=Optics(luma=88.0, dust=0.02, ambient=0.3),
    people=(
        Person(
            name="fitter",
            body="lean",
            helmet=YELLOW,
            lamp=2.0,
            seed=1,
            path=(
                Step(5.4, 0.55, 0.2),
                Step(8.7, 0.05, 4.55),
                Step(10.0, -0.62, 5.75),
                Step(10.6, -0.66, 5.85, 0.0, -70.0),
                Step(11.4, -0.66, 5.85, 0.45, -70.0),
                Step(12.4, -0.66, 5.85, 0.45, -70.0),
                Step(13.0, -0.64, 5.85, 0.0, -60.0),
                Step(14.1, 0.15, 5.25),
                Step(17.8, 0.55, 0.2),
                Step(22.4, 0.55, 0.2),
                Step(25.7, 0.05, 4.55),
                Step(27.0, -0.62, 5.75),
                Step(27.6, -0.66, 5.85, 0.2, -60.0),
                Step(29.6, -0.66, 5.85, 0.3, -75.0),
                Step(30.1, -0.64, 5.85, 0.0, -60.0),
                Step(31.1, 0.15, 5.25),
                Step(34.8, 0.55, 0.2),
            ),
        ),
        Person(
            name="walker",
            body="tall",
            helmet=WHITE,
            seed=2,
            path=(
                Step(3.6, 1.75, 0.2),
                Step(13.6, 1.45, 12.4),
                Step(14.6, 1.60, 12.4),
                Step(21.0, 1.55, 4.8),
                Step(22.0, 1.50, 4.9),
                Step(26.5, 1.50, 10.0),
                Step(27.5, 1.70, 10.0),
                Step(35.4, 1.70, 0.2),
            ),
        ),
    ),
    winch=Winch(
        name="winch-1",
        x=-1.65,
        y=6.3,
        # Flanges turned more aside look like a person to a COCO network beside a real one.
        yaw=-12.0,
        width_m=0.85,
        phases=(
            Phase(0.0, "STOPPED", 0.0),
            Phase(3.0, "STARTING", 0.0),
            Phase(4.0, "RUNNING", 5 / 15.5),
            Phase(18.0, "COASTING", 5 / 15.5),
            Phase(20.0, "STOPPED", 0.0),
        ),
    ),
    zones={
        "danger": (-2.45, 4.95, -0.20, 7.6),
        "warning": (-2.55, 4.45, 0.20, 8.2),
    },
    armed=True,
    main_bps=1_200_000,
    sub_bps=480_000,
    seed=11,
)

ROADWAY = Loop(
    name="roadway",
    seconds=20,
    place=Place(width_m=5.0, spring_m=1.6, track_x=0.1, wall_at=None, wet=0.6, seed=2),
    view=View(at=(-1.1, 0.0, 2.55), yaw=5.0, pitch=-9.0, fov=64.0),
    lamps=(
        Lamp((0.2, 6.0, 3.85), 42.0),
        Lamp((-1.4, 0.3, 3.0), 40.0, aim=(0.4, 8.0, 0.8), cone=0.55, body=False),
        *ceiling((2.0, 11.0, 16.0, 21.0, 27.0, 33.0), 3.85, 34.0, 0.2),
    ),
    optics=Optics(luma=85.0, dust=0.028, ambient=0.3),
    people=(
        Person(
            name="one",
            body="lean",
            helmet=YELLOW,
            lamp=1.5,
            seed=3,
            path=(
                Step(0.6, 1.35, 0.2),
                Step(9.6, 1.15, 11.4),
                Step(10.2, 0.75, 11.4),
                Step(19.3, 1.2, 0.2),
            ),
        ),
        Person(
            name="two",
            body="stout",
            helmet=WHITE,
            seed=4,
            path=(
                Step(2.6, -0.75, 0.2),
                Step(9.3, -0.75, 8.4),
                Step(10.0, -0.4, 8.5),
                Step(16.8, -0.6, 0.2),
            ),
        ),
        Person(
            name="three",
            body="tall",
            helmet=RED,
            seed=5,
            path=(
                Step(4.6, 0.35, 0.2),
                Step(9.4, 0.25, 6.2),
                Step(10.0, 0.25, 6.3, 0.0, 60.0),
                Step(10.9, 0.25, 6.3, 0.55, 60.0),
                Step(12.0, 0.25, 6.3, 0.55, 60.0),
                Step(12.8, 0.25, 6.3, 0.0, 90.0),
                Step(17.8, 0.35, 0.2),
            ),
        ),
    ),
    seed=22,
)

DARK_DRIFT = Loop(
    name="dark-drift",
    seconds=20,
    place=Place(width_m=4.6, spring_m=1.4, track_x=0.0, wall_at=None, wet=0.8, seed=3),
    view=View(at=(0.9, 0.0, 2.3), yaw=-4.0, pitch=-7.0, fov=62.0),
    lamps=(Lamp((0.0, 27.0, 3.3), 60.0), Lamp((0.0, 36.0, 3.3), 30.0)),
    optics=Optics(luma=8.0, dust=0.03, ambient=0.03, noise=2.4, glare=0.3, specks=12),
    people=(
        Person(
            name="one",
            body="tall",
            helmet=WHITE,
            lamp=10.0,
            seed=6,
            path=(
                Step(0.2, -0.9, -5.0),
                Step(9.8, -0.6, 8.6),
                Step(10.4, -0.4, 8.6),
                Step(19.8, -0.8, -5.0),
            ),
        ),
    ),
    seed=33,
)

INCLINE = Loop(
    name="incline",
    seconds=20,
    place=Place(
        width_m=4.8,
        spring_m=1.5,
        slope=-0.25,
        track_x=0.0,
        wall_at=(14.0, 1.15, 2.5),
        wall_too=(14.0, -2.5, -1.15),
        wet=0.5,
        seed=4,
    ),
    view=View(at=(0.2, 0.0, 2.5), yaw=0.0, pitch=-19.0, fov=60.0),
    lamps=(
        Lamp((0.0, 14.8, 3.4), 30.0),
        Lamp((0.0, 7.0, 3.4), 13.0),
        *ceiling((22.0, 30.0, 38.0), 3.4, 22.0),
    ),
    optics=Optics(luma=42.0, dust=0.03, ambient=0.08, noise=1.7),
    people=(
        Person(
            name="one",
            body="lean",
            helmet=YELLOW,
            lamp=0.5,
            seed=7,
            path=(
                Step(7.6, -2.0, 15.2),
                Step(11.2, 1.95, 15.2),
            ),
        ),
    ),
    seed=44,
)

WINCH_TWO = Loop(
    name="winch-two",
    seconds=24,
    place=Place(
        width_m=6.4,
        spring_m=1.7,
        arch_step_m=1.25,
        track_x=-1.3,
        gauge_m=0.75,
        wall_at=(19.0, -3.3, -1.9),
        desk_at=(1.05, 5.45),
        seed=5,
    ),
    view=View(at=(-0.9, 0.0, 3.35), yaw=9.0, pitch=-19.0, fov=66.0),
    lamps=(
        Lamp((0.8, 6.0, 4.35), 46.0),
        Lamp((-2.2, 0.4, 3.4), 60.0, aim=(0.8, 7.0, 0.8), cone=0.5, body=False),
        *ceiling((2.0, 12.0, 18.0, 25.0, 33.0), 4.4, 34.0),
    ),
    optics=Optics(luma=80.0, dust=0.018, ambient=0.3),
    people=(
        Person(
            name="operator",
            body="stout",
            helmet=WHITE,
            seed=8,
            path=(
                Step(-1.0, 1.05, 4.85, 0.05, 20.0),
                Step(4.0, 1.05, 4.85, 0.05, 20.0),
                Step(5.5, 1.05, 4.87, 0.25, 10.0),
                Step(8.0, 1.05, 4.87, 0.25, 0.0),
                Step(9.5, 1.00, 4.82, 0.0, -35.0),
                Step(13.0, 0.96, 4.80, 0.0, -60.0),
                Step(15.0, 1.02, 4.84, 0.15, 10.0),
                Step(18.0, 1.10, 4.85, 0.20, 30.0),
                Step(20.0, 1.05, 4.85, 0.05, 20.0),
                Step(25.0, 1.05, 4.85, 0.05, 20.0),
            ),
        ),
    ),
    winch=Winch(
        name="winch-1",
        x=1.35,
        y=7.5,
        yaw=38.0,
        radius_m=0.7,
        width_m=0.9,
        axle_m=0.9,
        phases=(Phase(0.0, "STOPPED", 0.0),),
        rope_to=(-1.3, 22.0, 0.1),
    ),
    zones={
        "danger": (0.05, 5.95, 2.75, 9.0),
        "stand": (0.35, 4.2, 1.75, 5.3),
    },
    armed=True,
    main_bps=800_000,
    sub_bps=350_000,
    seed=55,
)

GLARE_ROADWAY = Loop(
    name="glare-roadway",
    seconds=20,
    place=Place(width_m=5.0, spring_m=1.5, track_x=0.0, wall_at=None, wet=0.5, seed=6),
    view=View(at=(0.0, 0.0, 2.35), yaw=0.0, pitch=-7.0, fov=64.0),
    lamps=(
        Lamp((-0.1, 7.0, 3.6), 9.0),
        Lamp((-0.1, 12.0, 3.6), 9.0),
        *ceiling((3.0, 17.5, 23.0, 30.0), 3.6, 7.0),
    ),
    optics=Optics(luma=33.0, dust=0.05, ambient=0.08, noise=2.0, glare=0.8, bloom=0.16),
    people=(
        Person(
            name="one",
            body="lean",
            helmet=YELLOW,
            lamp=4.0,
            seed=9,
            path=(
                Step(0.2, 0.5, -5.0),
                Step(9.2, 0.35, 7.6),
                Step(10.0, 0.05, 7.6),
                Step(19.8, 0.5, -5.0),
            ),
        ),
        Person(
            name="two",
            body="tall",
            helmet=WHITE,
            lamp=3.0,
            seed=10,
            path=(
                Step(2.2, -0.9, -4.0),
                Step(8.4, -0.8, 4.6),
                Step(9.2, -0.6, 4.7, 0.0, 30.0),
                Step(10.2, -0.6, 4.7, 0.3, 30.0),
                Step(11.5, -0.6, 4.7, 0.0, 60.0),
                Step(17.8, -0.9, -4.0),
            ),
        ),
    ),
    seed=66,
)

LOOPS = {
    loop.name: loop
    for loop in (WINCH_HOUSE, ROADWAY, DARK_DRIFT, INCLINE, WINCH_TWO, GLARE_ROADWAY)
}
