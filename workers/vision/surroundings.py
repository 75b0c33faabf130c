"""What stands around a machine: remembered, so that a view that is blocked or turned is noticed."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from workers.packing import pack_image, unpack_image
from workers.vision.region import Boxes, Region

SIZE = 24
# The window is grown by this part of itself on each side.
GROWN = 0.6
# Correlation with the memory below which the view is another one, and above which it is learnt.
STRANGE = 0.25
KNOWN = 0.5
MIN_PATTERN = 2.0
# A view that is not known for certain is another one, too, where so little of the pattern is left,
# or where it is so much less alike than it usually is: a cloth before the lens has a pattern too.
FADED, UNLIKE = 0.6, 0.4
# Behind a veil, as of dust or steam, it is the same view with so little left of its pattern: a lamp
# that shines on outshines its surroundings by as much less.
VEILED = 0.75
# Over so many cells the brightness is evened out, and so what lies nearer to the machine changes
# with it.
EVENED = 7
# How fast the usual likeness is learnt, from one known view to the next.
LEARN = 0.1
LEARN_S = 2.0
# Who moves so long in a strange view, while all around stands, is the machine; and the part of the
# usual likeness that what stands keeps.
FOUND_S, STANDS = 3.0, 0.8
# So many views must have been alike before one is called strange: else it is noise that differs.
SURE = 3


@dataclass
class Surroundings:
    """A small picture of what is around the region, without brightness; (SIZE, SIZE) uint8."""

    memory: np.ndarray | None = None
    learnt_t: float = -1e18
    alike: int = 0
    usual: float = 0.0
    # A strange view in which something moves, and since when.
    there: np.ndarray | None = None
    there_t: float = -1e18
    # Whether the last view was the remembered one behind a veil, as of dust.
    veiled: bool = False

    def strange(
        self,
        luma: np.ndarray,
        where: Region,
        boxes: Boxes,
        look: str,
        t: float,
        *,
        told: bool = True,
    ) -> bool:
        """Tell whether the view is not the remembered one; learn slowly while it is.

        told: whether the machine is seen to run all the same, so that a veiled view is learnt, too.
        """
        self.veiled = False
        window = (0, 0, *where.picture) if look == "car" else _grown(where)
        now, seen = _pattern(luma, window), _mask(where, window, boxes, look)
        if self.memory is None:
            self.memory, self.learnt_t = now, t
            return False
        likeness = _correlation(now, self.memory, seen)
        if likeness is None:
            return False
        if self.alike < SURE:
            self.alike = self.alike + 1 if likeness >= KNOWN else 0
            self.memory = (0.6 * self.memory + 0.4 * now).astype(np.uint8)
            return False
        if likeness < max(STRANGE, UNLIKE * self.usual):
            return True
        if likeness < KNOWN:
            return _left(now, self.memory, seen) < FADED
        far = cv2.erode(seen.astype(np.uint8), np.ones((EVENED, EVENED), np.uint8)).astype(bool)
        self.veiled = bool(far.any()) and _left(now, self.memory, far) < VEILED
        if self.veiled and not told:
            return False
        self.usual += (likeness - self.usual) * (LEARN if self.usual else 1.0)
        if t - self.learnt_t >= LEARN_S:
            mixed = self.memory + 0.2 * (now.astype(np.float32) - self.memory)
            self.memory = np.where(seen, np.round(mixed), self.memory).astype(np.uint8)
            self.learnt_t = t
        return False

    def found(self, luma: np.ndarray, where: Region, boxes: Boxes, moves: bool, t: float) -> bool:
        """Tell whether in a strange view the machine has moved for FOUND_S, and nothing around it.

        While a camera turns the whole picture moves: that is no machine.
        """
        if not moves:
            self.there = None
            return False
        window = _grown(where)
        now, seen = _pattern(luma, window), _mask(where, window, boxes, "")
        likeness = None if self.there is None else _correlation(now, self.there, seen)
        if likeness is None or likeness < STANDS * max(KNOWN, self.usual):
            self.there, self.there_t = now, t
        return t - self.there_t >= FOUND_S - 1e-6

    def forget(self) -> None:
        """Take the next view for the right one."""
        self.memory, self.alike, self.usual, self.there = None, 0, 0.0, None

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        memory, there = (
            None if one is None else pack_image(one) for one in (self.memory, self.there)
        )
        return {
            "memory": memory, "learnt_t": self.learnt_t, "alike": self.alike, "usual": self.usual,
            "there": there, "there_t": self.there_t,
        }  # fmt: skip

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Surroundings":
        """Rebuild from dump()."""
        memory, there = (
            unpack_image(data[key]) if data[key] else None for key in ("memory", "there")
        )
        return cls(memory, data["learnt_t"], data["alike"], data["usual"], there, data["there_t"])


def _grown(where: Region) -> tuple[int, int, int, int]:
    left, top, right, bottom = where.window
    width, height = where.picture
    # A lamp is small: what is around it must be enough to be known again.
    out_x = max(int((right - left) * GROWN), width // 8)
    out_y = max(int((bottom - top) * GROWN), height // 8)
    return (
        max(0, left - out_x), max(0, top - out_y),
        min(width, right + out_x), min(height, bottom + out_y),
    )  # fmt: skip


def _pattern(luma: np.ndarray, window: tuple[int, int, int, int]) -> np.ndarray:
    """Return the pattern in a window without its brightness, 128 in the mean."""
    left, top, right, bottom = window
    step = max(1, min(right - left, bottom - top) // (3 * SIZE))
    part = np.ascontiguousarray(luma[top:bottom:step, left:right:step])
    small = cv2.resize(part, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
    mean = cv2.blur(small, (EVENED, EVENED))
    return np.clip(128 + 100 * (small - mean) / (mean + 10.0), 0, 255).astype(np.uint8)


def _mask(where: Region, window: tuple[int, int, int, int], boxes: Boxes, look: str) -> np.ndarray:
    """Return the cells that tell: beside the machine itself and beside people."""
    left, top, right, bottom = window
    width, height = where.picture
    cells = np.array([SIZE / (right - left), SIZE / (bottom - top)])
    seen = np.ones((SIZE, SIZE), np.uint8)

    def out(x1: float, y1: float, x2: float, y2: float) -> None:
        a = np.floor((np.array([x1 * width - left, y1 * height - top])) * cells).astype(int)
        b = np.ceil((np.array([x2 * width - left, y2 * height - top])) * cells).astype(int)
        if b[0] > 0 and b[1] > 0:
            seen[max(0, a[1]) : max(0, b[1]), max(0, a[0]) : max(0, b[0])] = 0

    if look != "car":
        out(*where.box)
        if seen.sum() < 0.3 * seen.size:
            seen[:] = 1  # the region is nearly the picture: it must tell for itself
    for box in boxes:
        out(*(float(v) for v in box))
    return seen.astype(bool)


def _left(now: np.ndarray, then: np.ndarray, seen: np.ndarray) -> float:
    """Return how much of a view's pattern is left, as a share of it."""
    cells = seen.view(np.uint8)
    left, was = (float(cv2.meanStdDev(one, mask=cells)[1][0, 0]) for one in (now, then))
    return left / max(was, 1e-6)


def _correlation(now: np.ndarray, then: np.ndarray, seen: np.ndarray) -> float | None:
    """Return the likeness -1..1 of two patterns; None where there is too little to compare."""
    if seen.sum() < 0.2 * seen.size:
        return None
    p, q = now[seen].astype(np.float32), then[seen].astype(np.float32)
    p, q = p - p.mean(), q - q.mean()
    if float(q.std()) < MIN_PATTERN:
        return None
    return float(p @ q / np.sqrt(max(float((p @ p) * (q @ q)), 1e-6)))
