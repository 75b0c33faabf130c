"""What judging rules costs: fifty rules on one camera with twenty people, in one analysed frame."""

import time
from typing import Any

from workers.failing import Failing
from workers.hazards.base import MachineView, Person, View
from workers.judge import Judge
from workers.scene import Scene, parse_scene
from workers.state import State

RULES, PEOPLE, FRAMES = 50, 20, 300
TYPES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("proximity_while_running", {"warning_zone": "near"}),
    ("restricted_entry", {}),
    ("loitering", {}),
    ("conveyor_person", {"reach_zone": "near"}),
    ("slope_mutual_exclusion", {}),
    ("occupancy", {"limit": 5}),
    ("post_absence", {}),
    ("line_crossing", {"line": "line"}),
)
SQUARES = {"zone": (0.1, 0.4, 0.6, 0.95), "near": (0.05, 0.3, 0.8, 1.0)}


def main() -> None:
    """Print milliseconds of CPU per frame: all rules at one place, and at ten."""
    for places in (1, 10):
        spent_ms = _spent_ms(places)
        print(f"{RULES} rules at {places} places, {PEOPLE} people: {spent_ms:.2f} ms (bar 3)")


def _spent_ms(places: int) -> float:
    zones = [
        {"id": f"{name}{place}", "polygon": [[a, b], [c, b], [c, d], [a, d]]}
        for name, (a, b, c, d) in SQUARES.items()
        for place in range(places)
    ]
    rules = []
    for index in range(RULES):
        kind, params = TYPES[index % len(TYPES)]
        place = index // len(TYPES) % places
        params = {k: f"{v}{place}" if v == "near" else v for k, v in params.items()}
        rules.append(
            {"id": f"r{index}", "type": kind, "zone": f"zone{place}", "machine": "winch",
             "params": params}
        )  # fmt: skip
    scene = parse_scene(
        {
            "version": 1,
            "zones": zones,
            "lines": [{"id": "line", "points": [[0.5, 0.2], [0.5, 0.9]]}],
            "machines": [{"id": "winch", "source": "signal"}],
            "rules": rules,
        }
    )
    views = [_view(scene, index) for index in range(FRAMES)]
    state = State()
    # Timed as a whole: to read the clock takes a third of a millisecond on some machines.
    began = time.process_time()
    for view in views:
        Judge(scene, state, "bench", Failing(apart=False)).frame(view)
    return 1000 * (time.process_time() - began) / FRAMES


def _view(scene: Scene, index: int) -> View:
    people = []
    for k in range(PEOPLE):
        x, y = 0.05 + 0.045 * k + 0.002 * (index % 10), 0.5 + 0.02 * (k % 20)
        box = (x - 0.02, y - 0.2, x + 0.02, y)
        people.append(Person(k, box, (x, y), 0.8, 0.0, False))
    machines = {"winch": MachineView("RUNNING", "signal")}
    lines = {line.id: line.points for line in scene.lines}
    return View(index / 5, 0.2, tuple(people), machines, scene.polygons, 1.0, 16 / 9, lines=lines)
