"""A road with cars on it, for the tests of vehicles that move as they must not."""

from hazard_kit import FPS, Film, scene, vehicle

# A road of 20 m from the top of the picture to its bottom, 10 m wide; down is down.
METRES = 20.0
GROUND = {
    "image": [[0, 0], [1, 0], [1, 1], [0, 1]],
    "metres": [[0, 0], [10, 0], [10, METRES], [0, METRES]],
}
ROAD = [[0.2, 0.02], [0.8, 0.02], [0.8, 0.98], [0.2, 0.98]]
LINES = [
    {"id": "down", "points": [[0.5, 0.1], [0.5, 0.9]]},
    {"id": "up", "points": [[0.5, 0.9], [0.5, 0.1]]},
]
# At such a speed, in m/s, the ground's own 4 % and the lower edge leave about this error.
LIMIT = 2.0


def road(machine="winch", ground=GROUND, metres=METRES, **params):
    scale = metres / METRES
    drawn = {**ground, "metres": [[x, y * scale] for x, y in ground["metres"]]}
    return Film(
        scene(
            "vehicle_motion",
            params={"kind": "rope", "limit_m_s": LIMIT, "down": "down", **params},
            rule={"zone": "road", **({"machine": machine} if machine else {})},
            zones=[{"id": "road", "polygon": ROAD}],
            lines=LINES,
            ground=drawn,
            machines=[{"id": "winch", "source": "signal"}],
        )
    )


def drive(film, speed, seconds, *, at=0.1, machine="RUNNING", accel=0.0, metres=METRES, **about):
    """Drive a car for so long, down where the speed is above 0; return where it is at the end."""
    for k in range(round(seconds * FPS)):
        t = k / FPS
        foot = at + (speed * t + accel * t * t / 2) / metres
        film.frame([], vehicles=[vehicle(0.5, foot, **about)], machines={"winch": machine})
    t = seconds
    return at + (speed * t + accel * t * t / 2) / metres


def levels(film):
    return [f.level for f in film.findings if f.state == "raised"]


def readings(film, name):
    return [r.value for r in film.readings if r.name == f"r1.{name}"]
