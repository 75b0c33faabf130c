"""Where each person is and how it moves at any time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workers.simulate.people import Pose
from workers.simulate.scene import Person

RATE = 50  # samples a second of the smoothed path
CYCLE_M = 1.35  # a full walking cycle: two steps


def _smooth(values: NDArray, seconds: float) -> NDArray:
    """Average over a window; the ends are held."""
    half = int(seconds * RATE / 2)
    kernel = np.ones(2 * half + 1) / (2 * half + 1)
    padded = np.pad(values, half, mode="edge")
    return np.convolve(padded, kernel, mode="valid")


class Walk:
    """A person's path, smoothed, with heading and walking phase."""

    def __init__(self, person: Person) -> None:
        """Sample the path; raises ValueError when its times do not grow."""
        steps = person.path
        times = np.array([s.t for s in steps])
        if np.any(np.diff(times) <= 0):
            raise ValueError(f"{person.name}: the path's times must grow")
        self.start, self.end = float(times[0]), float(times[-1])
        self.t = np.arange(self.start, self.end + 1 / RATE, 1 / RATE)
        self.x = _smooth(np.interp(self.t, times, [s.x for s in steps]), 0.5)
        self.y = _smooth(np.interp(self.t, times, [s.y for s in steps]), 0.5)
        self.z = _smooth(np.interp(self.t, times, [s.z for s in steps]), 0.3)
        self.bend = _smooth(np.interp(self.t, times, [s.bend for s in steps]), 0.5)
        dx, dy = np.gradient(self.x) * RATE, np.gradient(self.y) * RATE
        speed = np.hypot(dx, dy)
        self.distance = np.concatenate([[0], np.cumsum(speed[1:] / RATE)])
        self.stride = _smooth(np.clip(speed / 1.1, 0, 1.1), 0.3)
        heading = np.zeros(len(self.t))
        last = 0.0
        for i, now in enumerate(self.t):
            face = steps[max(0, int(np.searchsorted(times, now, side="right")) - 1)].face
            if speed[i] > 0.25:
                last = float(np.arctan2(dx[i], dy[i]))
            elif face is not None:
                last = float(np.radians(face))
            heading[i] = last
        if speed[0] > 0.01 and np.any(speed > 0.25):
            first = int(np.argmax(speed > 0.25))
            heading[:first] = heading[first]
        self.heading = _smooth(np.unwrap(heading), 0.6)
        self.seed = person.seed
        latest = np.maximum(np.searchsorted(times, self.t, side="right") - 1, 0)
        self.holds = [steps[i].pose for i in latest]
        self.held = _smooth(np.array([float(bool(hold)) for hold in self.holds]), 0.8)

    def present(self, t: float) -> bool:
        """Say whether the person is in the place at all."""
        return self.start <= t <= self.end

    def pose(self, t: float) -> Pose:
        """Give the pose at time t."""

        def at(values: NDArray) -> float:
            return float(np.interp(t, self.t, values))

        index = min(len(self.t) - 1, max(0, round((t - self.start) * RATE)))
        # While one straightens up, the pose that is left still counts.
        near = self.holds[max(0, index - RATE // 2) : index + RATE // 2]
        return Pose(
            x=at(self.x),
            y=at(self.y),
            heading=at(self.heading),
            phase=at(self.distance) / CYCLE_M * 2 * np.pi + self.seed,
            stride=at(self.stride),
            bend=at(self.bend),
            # A whole number of turns in 20, 24 and 40 s, so that the loops close.
            sway=2 * np.pi * t / 4.0 + self.seed,
            hold=next((hold for hold in near if hold), ""),
            held=at(self.held),
            seed=self.seed,
            z=at(self.z),
        )
