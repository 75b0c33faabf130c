"""`python -m workers.accuracy.weeks HOURS`: camera health alone over days of looped footage.

A false fault a week cannot be seen in minutes of clips. So the bank's clips and vtest are looped at
one picture a second, each hour under light of its own: exposure that drifts, a lamp that flickers,
noise, a mast that shakes, darker nights. Only health looks, so a day takes minutes. Loops are
no new scenes: the bound that is printed holds for places like these, not for a mine.
"""

import math
import multiprocessing
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from workers.accuracy.entry import Entry, Truth, shipped
from workers.accuracy.interval import poisson
from workers.accuracy.measure import regime_of
from workers.accuracy.readings import NATURAL
from workers.accuracy.real import DATA
from workers.accuracy.runner import frames_of
from workers.scene import Scene
from workers.vision import light
from workers.vision.gate import Gate, small_luma
from workers.vision.health import Health

WIDE, HIGH = 640, 360
HOUR_S = 3600
# Every clip is watched for so many hours on end, so that what is usual is learnt and then drifts.
STRETCH_H = 2
PROCESSES = 2
NIGHT, SHAKE_PX = 0.6, 0.7
Grey = Callable[[np.ndarray, float], np.ndarray]


def clips() -> list[tuple[str, str, list[np.ndarray]]]:
    """Return name, light regime and luma (H, W) of clips without a labelled fault, 1 fps."""
    found = []
    for entry in [*shipped(), *_real()]:
        if entry.truth.faults or "fault" in entry.name:
            continue
        frames = frames_of(entry, 1.0)
        regime = entry.regime or regime_of(frames)
        luma = [cv2.resize(f.luma, (WIDE, HIGH), interpolation=cv2.INTER_AREA) for f in frames]
        found.append((entry.name, regime, luma))
    return found


def _real() -> list[Entry]:
    clip = DATA / "video" / "vtest.avi"
    return [Entry("vtest", "real", clip, Scene(), Truth())] if clip.exists() else []


def weather(seed: int) -> Grey:
    """Return how a camera sees a luma picture at t seconds of its two hours."""
    rng = np.random.default_rng(seed)
    gain, drift, period = rng.uniform(0.85, 1.15), rng.uniform(0, 0.12), rng.uniform(600, 3600)
    flicker, sigma = rng.uniform(0, 0.1), rng.uniform(0.5, 5)
    night_s = rng.uniform(0.4, 0.8) * STRETCH_H * HOUR_S
    noise = rng.standard_normal((HIGH + 64, WIDE + 64), dtype=np.float32)
    field = np.round(sigma * (0.6 * noise + 1.4 * cv2.blur(noise, (3, 3)))).astype(np.int16)

    def change(luma: np.ndarray, t: float) -> np.ndarray:
        level = (
            gain * (1 + drift * np.sin(2 * np.pi * t / period)) * (1 + rng.normal(0, flicker / 3))
        )
        if night_s <= t < night_s + HOUR_S / 3:
            level *= NIGHT
        by = np.array([[1, 0, rng.normal(0, SHAKE_PX)], [0, 1, rng.normal(0, SHAKE_PX)]])
        shaken = cv2.warpAffine(luma, by, (WIDE, HIGH), borderMode=cv2.BORDER_REPLICATE)
        y, x = rng.integers(0, 64, 2)
        lit = cv2.convertScaleAbs(shaken, alpha=float(level))
        return cv2.add(lit, field[y : y + HIGH, x : x + WIDE], dtype=cv2.CV_8U)

    return change


def watch(luma: Sequence[np.ndarray], change: Grey, seconds: int) -> Iterator[tuple[str, float]]:
    """Let health watch a loop; give each fault that it tells and when."""
    health, gate = Health(), Gate()
    for second in range(seconds):
        picture = change(luma[second % len(luma)], float(second))
        small = small_luma(picture)
        gate.moved(small, float(second))
        seen = light.measure(small)
        for told in health.observe(small, picture, gate, seen, float(second), armed=True):
            if told.state == "raised":
                yield told.fault, told.t


@dataclass(frozen=True)
class Stretch:
    """One clip, watched on end under light of its own."""

    turn: int
    hours: float


@lru_cache(maxsize=1)
def _known() -> list[tuple[str, str, list[np.ndarray]]]:
    return clips()


def play(stretch: Stretch) -> tuple[str, list[tuple[str, float]], float]:
    """Return the clip, which faults were told wrongly and when, and the seconds of CPU."""
    began = time.process_time()
    known = _known()
    name, regime, luma = known[stretch.turn % len(known)]
    change = weather(zlib.crc32(f"{name} {stretch.turn}".encode()))
    # What is dark by night, or was labelled as such, is told rightly.
    right = (NATURAL.get(regime), "dark")
    told = watch(luma, change, int(stretch.hours * HOUR_S))
    false = [(fault, t) for fault, t in told if fault not in right]
    return name, false, time.process_time() - began


def main(arguments: Sequence[str]) -> int:
    """Watch for so many hours; print every false fault and the rate with its bound."""
    hours = float(arguments[0]) if arguments else 24.0
    turns = math.ceil(hours / STRETCH_H)
    plan = [Stretch(k, min(STRETCH_H, hours - k * STRETCH_H)) for k in range(turns)]
    faults, done, used_s = Counter[str](), 0.0, 0.0
    # Not forked: the libraries keep threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context) as pool:
        for one, (name, false, cpu_s) in zip(plan, pool.map(play, plan), strict=True):
            done, used_s = done + one.hours, used_s + cpu_s
            for fault, t in false:
                faults[fault] += 1
                print(f"{name}, turn {one.turn}: {fault} at {t:.0f} s", flush=True)
            if one.turn % 10 == 9:
                print(f"{done:g} hours, {sum(faults.values())} false", flush=True)
    count, weeks = sum(faults.values()), done / 168
    low, high = poisson(count, weeks)
    print(f"{done:g} camera-hours of {len(_known())} clips, {used_s:.0f} s of CPU")
    print(f"{count} false faults {dict(faults)}")
    print(f"{count / weeks:.2f} per camera-week ({low:.2f} to {high:.2f})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
