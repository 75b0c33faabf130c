"""Renders the README's picture: one place lit, and dim with cap lamps that look into the lens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from workers.simulate import cast, poses
from workers.simulate.cast import Look
from workers.simulate.layouts import draw_layout
from workers.simulate.optics import exposure_for
from workers.simulate.pictures import expose
from workers.simulate.stage import Stage

SEED = 103  # of the bank's places
BLUE, ORANGE, NONE = (0.045, 0.07, 0.17), (0.85, 0.22, 0.03), (-1.0, -1.0, -1.0)
YELLOW, WHITE, RED = (0.85, 0.52, 0.03), (0.78, 0.78, 0.76), (0.6, 0.05, 0.03)
FACE, BOOTS, BAND = (0.42, 0.255, 0.18), (0.022, 0.02, 0.018), (0.62, 0.62, 0.58)
MINER = Look(
    "lean", 0, (1.0, 1.0), BLUE, BLUE, ORANGE, 7, YELLOW, True, 0.0, FACE, NONE, BOOTS, BAND, 1.0
)
# x and y in metres, heading in degrees (180 faces the camera), pose, clothes
PEOPLE = (
    (0.55, 5.4, 186.0, "walk", replace(MINER, lamp=4.0)),
    (-0.75, 7.6, -60.0, "bend", replace(MINER, helmet=WHITE, body="stout", vest=None, bands=14)),
    (0.1, 10.5, 172.0, "stand", replace(MINER, helmet=RED, body="tall", coverall=ORANGE, lamp=4.0)),
)


def show(path: Path, size: tuple[int, int] = (640, 360)) -> None:
    """Write the two pictures side by side as JPEG."""
    width, height = size
    stage = Stage(2 * width, 2 * height)
    halves = []
    for light, luma, glare, noise in (("lit", 92.0, 0.05, 0.6), ("dim", 30.0, 0.45, 2.2)):
        rng = np.random.default_rng(5)
        place = draw_layout("bank", SEED, "row", 0.025)
        place = replace(place, roll=0.0)
        stage.light(place)
        people = []
        for x, y, heading, pose, look in PEOPLE:
            worn = look if light == "dim" else replace(look, lamp=look.lamp * 0.3)
            joints = replace(poses.draw(pose, rng), look=0.0, nod=0.05)
            turned = float(np.radians(heading))
            people.append(cast.person(worn, joints, (x, y), turned, place.room.slope, False, rng))
        linear, _ = stage.shoot(people, [], (1.0, 1.0))
        linear = linear * np.float32(exposure_for(np.minimum(linear, 50.0), 85.0))
        small = cv2.resize(np.minimum(linear, 8.0), size, interpolation=cv2.INTER_AREA)
        # A lamp's few bright pixels must still count as cut off at 8 after averaging.
        blind = (linear.max(axis=2) > 30.0).astype(np.float32)
        small[cv2.resize(blind, size, interpolation=cv2.INTER_AREA) > 0.2] = 8.0
        halves.append(expose(small, np.random.default_rng(2), luma=luma, glare=glare, noise=noise))
    cv2.imwrite(str(path), np.hstack(halves), [cv2.IMWRITE_JPEG_QUALITY, 88])
