"""What is really in each frame, and the scene document that goes with a loop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.simulate.geometry import turn_z
from workers.simulate.optics import project, rectangle_polygon
from workers.simulate.people import Figure
from workers.simulate.scene import Loop, Rectangle, Winch
from workers.simulate.world import drum_speed

MIN_VISIBLE = 0.02  # below this a person counts as not in the picture
RULE_ZONES = ("danger", "stand")


def load_truth(folder: Path) -> dict[str, Any]:
    """Read a rendered loop's truth.json; raises OSError when there is none."""
    return dict(json.loads((folder / "truth.json").read_text()))


def inside(area: Rectangle, x: float, y: float) -> bool:
    """Say whether a point on the ground lies in a rectangle; metres."""
    return area[0] <= x <= area[2] and area[1] <= y <= area[3]


def person_box(matrix: NDArray, figure: Figure) -> list[float] | None:
    """Give left, top, right, bottom as fractions of the picture, or None if outside it."""
    image = project(matrix, figure.vertices[:, :3].astype(np.float64))
    image = image[~np.isnan(image[:, 0])]
    if not len(image):
        return None
    left, top = np.clip(image.min(axis=0), 0, 1)
    right, bottom = np.clip(image.max(axis=0), 0, 1)
    if right - left < 0.002 or bottom - top < 0.002:
        return None
    return [round(float(v), 4) for v in (left, top, right, bottom)]


def frame_truth(loop: Loop, matrix: NDArray, index: int, fps: int, shown: list[Any]) -> dict:
    """Describe one frame: people, machines and their places."""
    t = index / fps
    people = []
    for item in shown:
        box = person_box(matrix, item.figure)
        if box is None or item.visible < MIN_VISIBLE:
            continue
        x, y = (float(v) for v in item.figure.feet[:, :2].mean(axis=0))
        people.append(
            {
                "id": item.person.name,
                "box": box,
                "foot_m": [round(x, 3), round(y, 3)],
                "in_zones": [n for n, area in loop.zones.items() if inside(area, x, y)],
                "visible": round(min(1.0, item.visible), 3),
            }
        )
    machines = {}
    if loop.winch:
        state, speed = drum_speed(loop.winch, t)
        machines[loop.winch.name] = {"state": state, "speed": round(speed, 4)}
    return {"i": index, "t": round(t, 3), "people": people, "machines": machines}


def zone_events(loop: Loop, frames: list[dict]) -> list[dict]:
    """List each person's entries into zones.

    `alarm` says whether a rule must answer: the danger zone while the machine is not stopped.
    Entries into the zone around it are `warning_entry`, so that nobody takes them for danger.
    """
    events = []
    before: set[tuple[str, str]] = set()
    for frame in frames:
        now = {(p["id"], zone) for p in frame["people"] for zone in p["in_zones"]}
        states = [m["state"] for m in frame["machines"].values()]
        for person, zone in sorted(now - before):
            moving = bool(states) and states[0] != "STOPPED"
            events.append(
                {
                    "type": "zone_entry" if zone in RULE_ZONES else f"{zone}_entry",
                    "zone": zone,
                    "person": person,
                    "t": frame["t"],
                    "machine_state": states[0] if states else None,
                    "alarm": zone == "danger" and moving and loop.armed,
                }
            )
        before = now
    return events


def drum_roi(winch: Winch, matrix: NDArray) -> list[list[float]]:
    """Outline the drum's flanges in the picture."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = winch.radius_m + 0.08
    points = []
    for side in (-0.5, 0.5):
        ring = np.stack(
            [radius * np.cos(angle), np.full(40, side * winch.width_m), radius * np.sin(angle)],
            axis=1,
        )
        points.append(ring @ turn_z(np.radians(winch.yaw)).T)
    image = project(matrix, np.concatenate(points) + [winch.x, winch.y, winch.axle_m])
    hull = cv2.convexHull(np.clip(image, 0, 1).astype(np.float32))
    outline = cv2.approxPolyDP(hull, 0.006, True).reshape(-1, 2)
    return [[round(float(x), 4), round(float(y), 4)] for x, y in outline]


COUNTER_MASK = {
    "id": "counter",
    "polygon": [[0, 0], [0.245, 0], [0.245, 0.03], [0, 0.03]],
    "cover": False,  # who measures reads it out of the pictures
}


def scene_document(loop: Loop, matrix: NDArray) -> dict[str, Any]:
    """Write the loop's scene document (version 1)."""
    slope = loop.place.slope
    document: dict[str, Any] = {
        "version": 1,
        "analysis_fps": 5,
        "zones": [
            {"id": name, "polygon": rectangle_polygon(matrix, area, slope)}
            for name, area in loop.zones.items()
        ],
        "machines": [],
        "gauges": [],
        # The burned-in number changes with every frame, and is nothing that moves in the mine.
        "masks": [COUNTER_MASK],
        "rules": [],
    }
    if loop.winch:
        document["machines"].append(
            {
                "id": loop.winch.name,
                "kind": "winch",
                "source": "video",
                "roi": drum_roi(loop.winch, matrix),
                "unknown_is": "running",
            }
        )
    if loop.armed and loop.winch:
        params: dict[str, Any] = {"dwell_s": 0.3}
        params.update({f"{z}_zone": z for z in ("warning", "stand") if z in loop.zones})
        document["rules"].append(
            {
                "id": "r1",
                "type": "proximity_while_running",
                "zone": "danger",
                "machine": loop.winch.name,
                "severity": "critical",
                "params": params,
            }
        )
    return document


def zones_truth(loop: Loop, matrix: NDArray) -> dict[str, Any]:
    """Give each zone as a polygon in the picture and in metres on the ground."""
    found = {}
    for name, area in loop.zones.items():
        x0, y0, x1, y1 = area
        found[name] = {
            "polygon": rectangle_polygon(matrix, area, loop.place.slope),
            "ground_m": [[x0, y0], [x1, y0], [x1, y1], [x0, y1]],
        }
    return found
