"""The bank's clips of machines: `python -m workers.simulate.machine_bank --out DIR [PLACE ...]`.

Each place is rendered once in linear light and exposed several times: bright, dim, dark.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.simulate.encode import Writer
from workers.simulate.machines import Machine, car, conveyor, drum, pump, rope, way
from workers.simulate.optics import Sensor, exposure_for, luma, project, rectangle_polygon
from workers.simulate.render import Renderer
from workers.simulate.scene import Lamp, Loop, Optics, Person, Phase, Place, Step, View
from workers.simulate.scenes import BLUE, WHITE, YELLOW, ceiling
from workers.simulate.truth import frame_truth

# As cameras in the dark send: five frames a second are also what is analysed.
SIZE, FPS, SECONDS, BIT_RATE = (640, 360), 5, 24, 140_000


@dataclass(frozen=True)
class Look:
    """One exposure of a place: mean luma, sensor noise, flicker of the lamps (share)."""

    name: str
    regime: str
    luma: float
    noise: float = 1.0
    flicker: float = 0.0
    seen: bool = True  # False: too dark for anybody to tell what the machines do


# Four points of the ground that every one of these views shows: x0, y0, x1, y1 in metres.
GROUND = (-0.9, 5.5, 1.3, 16.0)
SQUARE = [[-0.9, 5.5], [1.3, 5.5], [1.3, 16.0], [-0.9, 16.0]]
BRIGHT, DIM = Look("bright", "bright", 85.0), Look("dim", "dim", 36.0, 1.8)


Places = dict[str, tuple[Loop, tuple[Look, ...]]]


def run(begin: float, end: float, speed: float, again: float | None = None) -> tuple[Phase, ...]:
    """Return the phases of one run, and of a second one that goes on until the end."""
    phases = [
        Phase(0.0, "STOPPED", 0.0),
        Phase(begin, "STARTING", 0.0),
        Phase(begin + 0.5, "RUNNING", speed),
        Phase(end, "COASTING", speed),
        Phase(end + 1.0, "STOPPED", 0.0),
    ]
    if again is not None:
        phases += [Phase(again, "STARTING", 0.0), Phase(again + 0.5, "RUNNING", speed)]
    return tuple(phases)


def walker(name: str, lamp: float, *steps: tuple[float, float, float], seed: int = 3) -> Person:
    """Return a miner who walks through points (t, x, y)."""
    path = tuple(Step(t, x, y) for t, x, y in steps)
    return Person(name, "tall", path, WHITE if seed % 2 else YELLOW, BLUE, lamp=lamp, seed=seed)


HALL = Place(wet=0.4, seed=21, wall_at=None)
LIGHT = (
    Lamp((-0.3, 5.2, 3.75), 42.0),
    Lamp((0.9, 0.4, 3.2), 55.0, aim=(-0.3, 7.0, 0.6), cone=0.5, body=False),
    *ceiling((10.5, 15.5, 21.0, 28.0), 3.75, 34.0),
)
OPTICS = Optics(luma=85.0, dust=0.02, ambient=0.25)


def _loop(name: str, view: View, machine: tuple[Machine, ...], *people: Person) -> Loop:
    return Loop(
        name, SECONDS, HALL, view, LIGHT, OPTICS, people, machines=machine, seed=sum(name.encode())
    )


CAR = (
    Phase(0.0, "STOPPED", 0.0), Phase(2.0, "STARTING", 0.0), Phase(2.5, "RUNNING", -1.5),
    Phase(8.2, "COASTING", -1.5), Phase(9.0, "STOPPED", 0.0), Phase(14.0, "STARTING", 0.0),
    Phase(14.5, "RUNNING", -1.5), Phase(18.4, "COASTING", -1.5), Phase(19.0, "STOPPED", 0.0),
)  # fmt: skip


def places() -> Places:
    """Return the places by name, each with the exposures it is shown in."""
    wide = View(at=(0.9, 0.0, 2.65), yaw=-13.0, pitch=-17.0, fov=62.0)
    belt = conveyor("belt-1", -0.9, run(5.0, 14.0, 1.2, again=20.5))
    way_in = ((7.0, 2.0, 0.3), (10.0, 0.15, 4.0), (14.0, 0.05, 8.5))
    passing = walker("passer", 2.5, *way_in, (18.0, 0.3, 4.2), (21.0, 1.9, 0.3))
    cord = rope("rope-1", 5.0, run(5.0, 14.0, 1.0, again=20.5))
    across = ((6.5, 2.4, 3.4), (10.0, -2.3, 3.5), (12.0, -2.3, 3.6), (16.0, 2.3, 3.4))
    crossing = walker("crosser", 2.0, *across)
    wagon = car("car-1", 0.9, 0.9, CAR, 16.0)
    along = ((1.0, -1.6, 0.4), (6.0, -0.6, 6.0), (11.0, -0.2, 6.5), (16.0, -0.4, 11.0))
    beside = walker("shunter", 2.0, *along, seed=4)
    pumps = (
        pump("pump-1", (-0.6, 4.6), run(5.0, 13.0, 1.0, again=20.0)),
        pump("pump-2", (1.6, 5.2), run(3.0, 17.0, 1.0), colour="red", blink_s=1.0),
    )
    look_in = ((8.0, 1.9, 0.4), (11.0, 0.6, 3.6), (16.0, -0.5, 3.2), (17.0, -0.5, 3.3))
    attendant = walker("attendant", 2.0, *look_in, (22.0, 1.8, 0.3), seed=6)
    drums = (
        drum("winch-wraps", (-1.2, 6.0), 78.0, run(5.0, 14.0, 0.22, again=20.5), "wraps"),
        drum("winch-mark", (1.45, 6.6), 10.0, run(7.0, 16.0, 0.16), "mark"),
    )
    round_it = ((8.0, 0.3, 0.3), (11.5, -0.2, 4.6), (14.0, -0.1, 4.7), (15.0, 0.1, 4.4))
    fitter = walker("fitter", 2.5, *round_it, (20.0, 0.4, 0.3), seed=8)
    flicker = Look("flicker", "bright", 80.0, 1.3, flicker=0.08)
    dark = Look("dark", "very_dark", 14.0, 2.2)
    black = Look("black", "very_dark", 4.0, 2.0, seen=False)
    return {
        "belt": (_loop("belt", wide, (belt,), passing), (BRIGHT, DIM)),
        "rope": (
            _loop("rope", View((0.0, 0.0, 2.2), 0.0, -13.0, 58.0), (cord,), crossing),
            (BRIGHT, DIM),
        ),
        "car": (
            _loop("car", View((-0.7, 0.0, 2.6), 9.0, -17.0, 62.0), (wagon,), beside),
            (BRIGHT, DIM),
        ),
        "pump": (
            _loop("pump", View((0.5, 0.0, 2.2), 0.0, -9.0, 56.0), pumps, attendant),
            (BRIGHT, dark),
        ),
        "drums": (
            _loop("drums", View((0.2, 0.0, 2.7), 0.0, -16.0, 62.0), drums, fitter),
            (flicker, DIM, black),
        ),
    }


def watched(loop: Loop) -> list[Machine]:
    """Return the machines that are watched by a region: wagons are followed as vehicles."""
    return [machine for machine in loop.machines if not machine.name.startswith("wagon")]


def region(machine: Machine, matrix: NDArray) -> list[list[float]]:
    """Return the machine's outline in the picture, as somebody would draw it."""
    image = np.clip(project(matrix, machine.outline), 0, 1)
    hull = cv2.convexHull(image.astype(np.float32))
    outline = cv2.approxPolyDP(hull, 0.004, True).reshape(-1, 2)
    return [[round(float(x), 4), round(float(y), 4)] for x, y in outline]


def true_phases(machine: Machine, look: Look) -> list[list[Any]]:
    """Return [t, state] of each change; of a car nothing is known while none is in its region."""
    if not look.seen:
        return [[0.0, "UNKNOWN"]]
    if not machine.name.startswith("car"):
        return [[p.t, p.state] for p in machine.phases]
    near, far = machine.outline[:, 1].min(), machine.outline[:, 1].max()
    rows: list[list[Any]] = []
    for k in range(SECONDS * FPS):
        t = k / FPS
        state = next(p.state for p in reversed(machine.phases) if p.t <= t)
        y = 16.0 + way(machine.phases, t)
        # Nearer than the region it still stands before it: it is 1.3 m high, the camera 2.6 m.
        shown = state if near / 2 - 1.1 < y < far + 1.1 else "UNKNOWN"
        if not rows or rows[-1][1] != shown:
            rows.append([round(t, 2), shown])
    return rows


def scene(loop: Loop, matrix: NDArray) -> dict[str, Any]:
    """Return the scene document."""
    machines = []
    for machine in watched(loop):
        item = {"id": machine.name, "kind": machine.kind, "source": "video",
                "roi": region(machine, matrix)}  # fmt: skip
        if machine.name.startswith("rope"):
            item["look"] = "rope"
        if machine.colour:
            item["colour"] = machine.colour
        machines.append(item)
    ground = {"image": rectangle_polygon(matrix, GROUND, loop.place.slope), "metres": SQUARE}
    return {"version": 1, "analysis_fps": 5, "ground": ground, "machines": machines}


def render(loop: Loop, looks: tuple[Look, ...], out: Path, still: float | None = None) -> None:
    """Write one entry of the bank for each exposure; or, with a time, one picture of each."""
    renderer = Renderer(loop, *SIZE)
    linear, _ = renderer.frame(0.0)
    sensors = []
    for look in looks:
        optics = replace(loop.optics, luma=look.luma, noise=look.noise)
        sensor = Sensor(optics, *SIZE, loop.seed, loop.seconds)
        sensor.exposure = exposure_for(linear * sensor.vignette, look.luma)
        sensors.append(sensor)
    rng = np.random.default_rng(loop.seed)
    if still is not None:
        linear, _ = renderer.frame(still)
        for look, sensor in zip(looks, sensors, strict=True):
            picture = sensor.expose(linear, still, 0)[..., ::-1].copy()
            for machine in loop.machines:
                corners = np.array(region(machine, renderer.matrix)) * SIZE
                cv2.polylines(picture, [corners.astype(np.int32)], True, (0, 255, 255), 1)
            cv2.imwrite(str(out / f"{loop.name}-{look.name}-{still:g}.png"), picture)
        return
    folders = [out / f"{loop.name}-{look.name}" for look in looks]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    writers = [Writer(folder / "clip.mp4", SIZE, FPS, BIT_RATE) for folder in folders]
    truths: list[list[dict[str, Any]]] = [[] for _ in looks]
    for index in range(SECONDS * FPS):
        t = index / FPS
        linear, shown = renderer.frame(t)
        truth = frame_truth(loop, renderer.matrix, index, FPS, shown)
        del truth["machines"]
        for look, sensor, writer, rows in zip(looks, sensors, writers, truths, strict=True):
            shine = np.float32(1 + look.flicker * rng.standard_normal())
            picture = sensor.expose(linear * shine, t, index)
            rows.append({**truth, "luma": round(luma(picture.astype(np.float32)), 1)})
            writer.write(picture)
    for look, folder, writer, rows in zip(looks, folders, writers, truths, strict=True):
        writer.__exit__()
        document = {
            "fps": FPS, "frames": len(rows), "seconds": SECONDS, "regime": look.regime,
            "machines": [{"id": m.name, "phases": true_phases(m, look)} for m in watched(loop)],
            "frames_truth": rows,
        }  # fmt: skip
        (folder / "truth.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
        drawn = scene(loop, renderer.matrix)
        (folder / "scene.json").write_text(json.dumps(drawn, indent=1) + "\n")
        print(folder.name, (folder / "clip.mp4").stat().st_size // 1000, "kB", flush=True)


def main(argv: list[str], known: Places | None = None) -> int:
    """Parse and run; known: what there is to render, by name."""
    known = known or places()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--still", type=float)
    parser.add_argument("name", nargs="*", choices=[*known, []], default=[])
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.name or known:
        render(*known[name], args.out, args.still)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
