"""A machine's state from a drawn region of the picture, from signals, or from both.

From video: the region is compared with itself a fraction of a second ago, after its brightness was
matched, so lamps and exposure move nothing; people in front of it are cut out. RUNNING is believed
within 1.5 s, STOPPED only after 3 s of standing still; in the dark, or mostly covered, UNKNOWN.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from workers.geometry import Polygon
from workers.packing import pack_image, unpack_image

STATES = ("STOPPED", "STARTING", "RUNNING", "COASTING", "UNKNOWN")
PATCH_PX = 40
# Compared with the pictures about 0.2 and 0.4 s ago: one of them shows slow movement better.
LAG_S = 0.18
LAGS = 2
MIN_VISIBLE = 0.35
MIN_LUMA = 18.0
MIN_CONTRAST = 2.5
# Grey levels, and multiples of the noise, by which a cell must change to count as moved.
MIN_CHANGE = 2.5
NOISE_TIMES = 1.0
# The neighbourhood, in cells, within which light is taken to be even.
WINDOW = 7
MOVED_SHARE = 0.06
# With somebody close by, whose lamp and shadow play on the machine, only this much is movement;
# anything between proves nothing.
MOVED_SHARE_NEAR = 0.4
START_S = 0.8
RUN_S = 1.2
COAST_S = 1.0
STILL_S = 3.0
BLIND_S = 1.0
COVERED_S = 4.0
DISAGREE_S = 5.0


def _longer(time_s: float, step_s: float) -> float:
    """Stretch a time so that it holds three samples, however few a second there are."""
    return max(time_s, 2.2 * step_s)


def _share(samples: Sequence[tuple[float, int]], since: float) -> tuple[float, int]:
    """Return the share of moving samples from a time on, and how many there are."""
    recent = [moving for t, moving in samples if t >= since - 1e-6]
    return (sum(recent) / len(recent) if recent else 0.0), len(recent)


@dataclass
class VideoReader:
    """Reads one machine's state from its region; all that it remembers is small."""

    state: str = "UNKNOWN"
    confidence: float = 0.0
    # (time, patch, boxes of people in it), oldest first.
    past: list[tuple[float, np.ndarray, list[list[float]]]] = field(default_factory=list)
    # (time, 1 moving or 0 still) of the last three seconds and a little.
    samples: list[tuple[float, int]] = field(default_factory=list)
    judged_t: float | None = None
    blind_t: float | None = None

    def read(
        self, luma: np.ndarray, roi: Polygon, people: Sequence[Sequence[float]], t: float
    ) -> str:
        """Take one frame's luma (H, W) and the people's boxes in it; return the state."""
        patch, inside = _cut(luma, roi)
        box = _bounds(roi)
        boxes = [list(map(float, b)) for b in people]
        values = patch[inside]
        blind = bool(values.mean() < MIN_LUMA or values.std() < MIN_CONTRAST)
        self.blind_t = (self.blind_t if self.blind_t is not None else t) if blind else None
        moving = None if blind else self._moving(patch, inside, box, boxes)
        if not self.past or t - self.past[-1][0] >= LAG_S - 1e-6:
            self.past = [*self.past[-(LAGS - 1) :], (t, patch, boxes)]
        if self.judged_t is None:
            self.judged_t = t
        if moving is None:
            dark = self.blind_t is not None and t - self.blind_t >= BLIND_S - 1e-6
            if dark or t - self.judged_t >= COVERED_S - 1e-6:
                self._doubt()
            return self.state
        self.judged_t = t
        self.samples.append((t, int(moving)))
        times = [s[0] for s in self.samples]
        step_s = min((b - a for a, b in pairwise(times)), default=0.2)
        self.samples = [s for s in self.samples if t - s[0] <= _longer(STILL_S, step_s) + 0.5]
        self._judge(t, step_s)
        return self.state

    def _moving(
        self, patch: np.ndarray, inside: np.ndarray, box: Sequence[float], boxes: list[list[float]]
    ) -> bool | None:
        """Tell whether the region moved; None where that cannot be judged."""
        shares = []
        for _, before, were in self.past:
            everybody = [*boxes, *were]
            visible = inside & ~_people(patch.shape, box, everybody)
            if before.shape == patch.shape and visible.sum() >= MIN_VISIBLE * inside.sum():
                shares.append((_changed(patch, before, visible), _is_near(box, everybody)))
        if not shares:
            return None
        if any(share >= (MOVED_SHARE_NEAR if near else MOVED_SHARE) for share, near in shares):
            return True
        return None if any(share >= MOVED_SHARE for share, _ in shares) else False

    def _judge(self, t: float, step_s: float) -> None:
        """Move between the states by how much of the last moments was movement."""
        span = t - self.samples[0][0]
        run_s, coast_s, still_s = (_longer(s, step_s) for s in (RUN_S, COAST_S, STILL_S))
        start, starts = _share(self.samples, t - _longer(START_S, step_s))
        run, _ = _share(self.samples, t - run_s)
        coast, coasts = _share(self.samples, t - coast_s)
        still, _ = _share(self.samples, t - still_s)
        if start >= 0.75 and starts >= 3:
            if self.state == "STOPPED":
                self.state = "STARTING"
            elif self.state != "STARTING" or (run >= 0.75 and span >= run_s - 0.1):
                self.state = "RUNNING"
            self.confidence = start
        elif still <= 0.1 and span >= still_s - 1e-6:
            self.state, self.confidence = "STOPPED", 1 - still
        elif coast == 0 and coasts >= 3 and span >= coast_s - 1e-6:
            if self.state == "RUNNING":
                self.state = "COASTING"
            elif self.state == "STARTING":
                self.state = "STOPPED"
            self.confidence = 0.6

    def _doubt(self) -> None:
        self.state, self.confidence, self.samples = "UNKNOWN", 0.0, []

    def gap(self, length_s: float) -> None:
        """Note that time is missing: what was seen before proves nothing about now."""
        self.past, self.samples, self.judged_t, self.blind_t = [], [], None, None
        if length_s > COVERED_S:
            self._doubt()

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        past = [[t, pack_image(patch), boxes] for t, patch, boxes in self.past]
        samples = [list(sample) for sample in self.samples]
        return {
            "state": self.state, "confidence": self.confidence, "past": past,
            "samples": samples, "judged_t": self.judged_t, "blind_t": self.blind_t,
        }  # fmt: skip

    @classmethod
    def load(cls, data: dict[str, Any]) -> "VideoReader":
        """Rebuild from dump()."""
        past = [(t, unpack_image(patch), boxes) for t, patch, boxes in data["past"] if patch]
        samples = [(t, moving) for t, moving in data["samples"]]
        return cls(
            data["state"], data["confidence"], past, samples, data["judged_t"], data["blind_t"]
        )


def _bounds(roi: Polygon) -> tuple[float, float, float, float]:
    xs, ys = [p[0] for p in roi], [p[1] for p in roi]
    return min(xs), min(ys), max(xs), max(ys)


def _cut(luma: np.ndarray, roi: Polygon) -> tuple[np.ndarray, np.ndarray]:
    """Return the region's bounding box, at most 40 cells long, and the mask of the polygon."""
    height, width = luma.shape
    x1, y1, x2, y2 = _bounds(roi)
    left, top = min(int(x1 * width), width - 1), min(int(y1 * height), height - 1)
    right, bottom = max(left + 1, round(x2 * width)), max(top + 1, round(y2 * height))
    part = np.ascontiguousarray(luma[top:bottom, left:right])
    scale = PATCH_PX / max(part.shape)
    if scale < 1:
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    high, wide = part.shape
    mask = np.zeros((high, wide), np.uint8)
    corners = [
        ((x * width - left) / (right - left) * wide, (y * height - top) / (bottom - top) * high)
        for x, y in roi
    ]
    cv2.fillPoly(mask, [np.round(np.array(corners) - 0.5).astype(np.int32)], 1)
    inside = mask.astype(bool)
    return part, inside if inside.any() else np.ones((high, wide), bool)


def _people(
    shape: tuple[int, ...], box: Sequence[float], people: Sequence[Sequence[float]]
) -> np.ndarray:
    """Return the mask of a patch's cells where people are, with a margin for limbs and lamps."""
    high, wide = shape[:2]
    mask = np.zeros((high, wide), bool)
    x1, y1, x2, y2 = box
    for left, top, right, bottom in people:
        out_x, out_y = 0.2 * (right - left), 0.06 * (bottom - top)
        a = (left - out_x - x1) / max(x2 - x1, 1e-6) * wide
        b = (right + out_x - x1) / max(x2 - x1, 1e-6) * wide
        c = (top - out_y - y1) / max(y2 - y1, 1e-6) * high
        d = (bottom + out_y - y1) / max(y2 - y1, 1e-6) * high
        if b > 0 and d > 0 and a < wide and c < high:
            mask[max(0, int(c)) : int(np.ceil(d)), max(0, int(a)) : int(np.ceil(b))] = True
    return mask


def _is_near(box: Sequence[float], people: Sequence[Sequence[float]]) -> bool:
    """Tell whether anybody is within about a body's width of the region."""
    x1, y1, x2, y2 = box
    for left, top, right, bottom in people:
        wide, high = right - left, bottom - top
        if left - wide < x2 and right + wide > x1 and top - high / 4 < y2 and bottom > y1:
            return True
    return False


def _changed(patch: np.ndarray, before: np.ndarray, visible: np.ndarray) -> float:
    """Return the share of visible cells whose pattern changed, by more than light and noise do.

    Around each cell the old picture is fitted to the new one by a gain and an offset of its own:
    a cap lamp, a shadow or an exposure that swings is fitted away, a spoke that moved is not.
    """
    now, then = patch.astype(np.float32), before.astype(np.float32)
    rough = np.abs((now - then) - cv2.blur(now - then, (3, 3)))
    # Noise lives in single cells, movement in neighbours.
    noise = 1.4826 * float(np.median(rough[visible]))
    weight = _around(visible.astype(np.float32)) + 1e-6
    p, q = cv2.blur(now, (3, 3)), cv2.blur(then, (3, 3))
    p, q = np.where(visible, p, 0), np.where(visible, q, 0)
    mean_p, mean_q = _around(p) / weight, _around(q) / weight
    var_p = np.maximum(_around(p * p) / weight - mean_p**2, 0)
    var_q = np.maximum(_around(q * q) / weight - mean_q**2, 0)
    both = _around(p * q) / weight - mean_p * mean_q
    # A pattern that turned into its negative is movement, not light: no gain below zero.
    gain = np.clip(both / (var_q + 1.0), 0, 3)
    rest = np.maximum(var_p - 2 * gain * both + gain**2 * var_q, 0)
    limit = max(MIN_CHANGE, NOISE_TIMES * noise)
    return float((rest[visible] > limit**2).mean())


def _around(values: np.ndarray) -> np.ndarray:
    return cv2.blur(values, (WINDOW, WINDOW), borderType=cv2.BORDER_CONSTANT)


@dataclass
class MachineState:
    """One machine's state, fused from its signals and from video."""

    video: VideoReader = field(default_factory=VideoReader)
    signal: str | None = None
    signal_t: float | None = None
    waiting: list[tuple[float, str]] = field(default_factory=list)
    disagree_t: float | None = None
    shown: str | None = None

    def add_signal(self, t: float, state: str) -> None:
        """Take a signal; one from the future waits until its time has come."""
        state = state.strip().upper()
        self.waiting.append((t, state if state in STATES else "UNKNOWN"))
        self.waiting.sort()

    def fuse(self, source: str, t: float, stale_s: float | None) -> tuple[str, str, float]:
        """Return state, where it comes from, and the confidence in it, at time t."""
        while self.waiting and self.waiting[0][0] <= t + 1e-6:
            when, state = self.waiting.pop(0)
            if self.signal_t is None or when >= self.signal_t:
                self.signal, self.signal_t = state, when
        signal = self.signal or "UNKNOWN"
        if stale_s is not None and self.signal_t is not None and t - self.signal_t > stale_s:
            signal = "UNKNOWN"
        if source == "signal":
            return signal, "signal", 0.0 if signal == "UNKNOWN" else 1.0
        video = self.video.state
        if source == "video":
            return video, "video", self.video.confidence
        return self._both(signal, video, t)

    def _both(self, signal: str, video: str, t: float) -> tuple[str, str, float]:
        """Fuse: one that knows nothing is left out; disagreement is danger, then doubt."""
        if signal == "UNKNOWN" or video == "UNKNOWN":
            self.disagree_t = None
            if signal == "UNKNOWN":
                return video, "video", self.video.confidence
            return signal, "signal", 0.8
        if (signal == "STOPPED") == (video == "STOPPED"):
            self.disagree_t = None
            return signal, "both", 1.0
        if self.disagree_t is None:
            self.disagree_t = t
        if t - self.disagree_t >= DISAGREE_S - 1e-6:
            return "UNKNOWN", "both", 0.0
        return (video, "video", 0.5) if signal == "STOPPED" else (signal, "signal", 0.5)

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {
            "video": self.video.dump(), "signal": self.signal, "signal_t": self.signal_t,
            "waiting": [list(w) for w in self.waiting], "disagree_t": self.disagree_t,
            "shown": self.shown,
        }  # fmt: skip

    @classmethod
    def load(cls, data: dict[str, Any]) -> "MachineState":
        """Rebuild from dump()."""
        waiting = [(t, state) for t, state in data["waiting"]]
        return cls(
            VideoReader.load(data["video"]),
            data["signal"], data["signal_t"], waiting, data["disagree_t"], data["shown"],
        )  # fmt: skip
