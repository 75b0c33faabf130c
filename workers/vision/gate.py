"""The motion gate: which frames are worth the detector's time.

A picture is compared with a slowly renewed background. Both are taken relative to their local mean,
so a lamp that flickers or an exposure that swings moves nothing, and a dim person counts like a
bright one. Each cell of the picture knows its own noise from the differences of consecutive
frames: sensor noise in the dark, the rim of a flickering lamp's light and a drum that turns all day
open nothing, while somebody slow differs little from the frame before and much from the background.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from workers.packing import pack_image, unpack_image
from workers.vision.boxes import Corners

# Small picture of about this many pixels: a far person still has some 20 of them.
PIXELS = 9000
# The background is renewed this often, and follows the picture with this time constant.
REFERENCE_S = 1.0
FOLLOW_S = 2.5
# Once open, the gate stays open: people pause.
HOLD_S = 1.0
# Without any motion the detector still looks this often; sooner while somebody is followed.
LOOK_S = 2.0
LOOK_FOLLOWED_S = 0.6
# And later where nobody was found, and nothing moved even by a hint, for so long: what it did not
# find in as many looks at the same picture it will not find in the next.
QUIET_S, LOOK_QUIET_S = 30.0, 6.0
# So long without a hint the picture is calm: what looks for slow changes may do so less often.
CALM_S = 10.0
# A hint is a change by this share of what motion needs, over as many pixels as are motion at once.
HINT = 0.5
# Motion in which the detector has found nobody for so long is looked at at half the usual rate.
FRUITLESS_S, LOOK_FRUITLESS_S = 1.0, 0.4
# One step of a relative picture; its zero is 128.
STEP = 100.0
MOST = 120.0
# Noise is kept for cells of so many small pixels, with this time constant.
CELL = 4
NOISE_S = 5.0
# A single difference raises a cell's variance by at most this factor times the weight of one look.
SURPRISE = 12.0
# A pixel has changed by so many deviations of its cell, and by so much of the local mean.
DEVIATIONS = 5.0
MIN_CHANGE = 0.035
# Nor is it a change what is hardly a grey level: encoders round the dark.
MIN_LEVELS = 1.2
# So many changed pixels side by side are motion when seen twice, and at once if there are more.
SATURATED = 225
_AROUND = np.ones((3, 3), np.uint8)
# A clock that the camera writes over its picture is known by this: something in the writing changes
# at least so often, for so long (of seconds the tens alone are sure to be seen), while nobody is
# followed near it. Then what changes there is no movement. Fences and signs may be taken for
# writing, too, and whoever walks there is looked at at once.
TICK_S, TICKS_S = 12.0, 20.0
MIN_PIXELS = 5
SURE_PIXELS = 14


def small_luma(luma: np.ndarray) -> np.ndarray:
    """Return the luma picture shrunk to about 9,000 pixels, same shape."""
    height, width = luma.shape
    scale = (PIXELS / max(1, height * width)) ** 0.5
    if scale >= 1:
        return np.ascontiguousarray(luma)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Every second or third pixel first: INTER_AREA over a whole big picture costs ten times more.
    step = max(1, int(min(width / size[0], height / size[1]) / 2))
    thin = np.ascontiguousarray(luma[::step, ::step])
    return cv2.resize(thin, size, interpolation=cv2.INTER_AREA)


@dataclass
class Gate:
    """The gate's memory.

    last: the frame before; background: relative picture; noise: variance by cell; seen: how many
    differences the noise was learnt from; hint: something moved in the frame before; times in s,
    stirred_t: when last something differed by more than a hint; ticked_t: when last something
    changed in the camera's writing, and ticking_t: since when it does so.
    """

    last: np.ndarray | None = None
    background: np.ndarray | None = None
    noise: np.ndarray | None = None
    seen: int = 0
    hint: bool = False
    last_t: float = -1e18
    renewed_t: float = -1e18
    open_until: float = -1e18
    looked_t: float = -1e18
    opened_t: float = -1e18
    found_t: float = -1e18
    stirred_t: float = -1e18
    # The patches of the last frame that moved, each with a hint's pixels or more.
    patches: list[Corners] = field(default_factory=list, repr=False, compare=False)
    # When the detector last saw the whole picture, and the patches of that frame.
    whole_t: float = -1e18
    whole: list[Corners] = field(default_factory=list)
    ticked_t: float = -1e18
    ticking_t: float = -1e18
    # The frame before, relative to its local mean: what `last` would give once more.
    before: np.ndarray | None = field(default=None, repr=False, compare=False)

    def wants(
        self,
        small: np.ndarray,
        t: float,
        *,
        following: bool = False,
        unsure: bool = False,
        ignore: np.ndarray | None = None,
        people: Sequence[Sequence[float]] = (),
        written: np.ndarray | None = None,
    ) -> bool:
        """Tell whether the detector should see the frame whose small luma this is.

        following: somebody is there; unsure: somebody may be, and every frame counts; ignore: mask
        (H, W) of places that do not count; people: boxes whose movement is no noise; written: mask
        of where the camera writes over its picture.
        """
        if self.moved(small, t, ignore, people, written):
            if t > self.open_until:
                self.opened_t = t
            self.open_until = t + HOLD_S
        quiet = t - max(self.stirred_t, self.found_t, self.open_until) > QUIET_S
        every_s = LOOK_FOLLOWED_S if following else LOOK_QUIET_S if quiet else LOOK_S
        if t <= self.open_until:
            fruitless = t - max(self.found_t, self.opened_t) > FRUITLESS_S
            every_s = LOOK_FRUITLESS_S if fruitless else 0.0
        if unsure or t - self.looked_t >= every_s - 0.05:
            self.looked_t = t
            return True
        return False

    def found(self, t: float) -> None:
        """Take note that the detector saw somebody."""
        self.found_t = t

    def looked_at_all(self, t: float) -> None:
        """Take note that the detector saw the whole picture, and all who are in it are followed."""
        self.whole_t, self.whole = t, self.patches

    @property
    def still(self) -> bool:
        """Whether nothing has moved for as long as the gate stays open."""
        return self.last_t > self.open_until

    @property
    def moved_t(self) -> float:
        """When something last moved."""
        return self.open_until - HOLD_S

    def calm(self, t: float) -> bool:
        """Tell whether for ten seconds nothing has moved or changed, even by a hint."""
        return t - max(self.stirred_t, self.found_t, self.open_until) > CALM_S

    def moved(
        self,
        small: np.ndarray,
        t: float,
        ignore: np.ndarray | None = None,
        people: Sequence[Sequence[float]] = (),
        written: np.ndarray | None = None,
    ) -> bool:
        """Tell whether the picture differs from the background in more than noise and light."""
        now = _relative(small)
        if self.last is None or self.background is None or self.last.shape != small.shape:
            self._begin(small, now, t)
            return True
        before = _relative(self.last) if self.before is None else self.before
        step_s = max(1e-3, t - self.last_t)
        deviation = self._deviation(now - before, step_s, people)
        # The mean of two frames has less noise than one, and a walker is in both.
        mean = cv2.addWeighted(now, 0.5, before, 0.5, 0)
        change = mean - (self.background.astype(np.float32) - 128.0)
        if t - self.renewed_t >= REFERENCE_S - 1e-6:
            share = 1 - np.exp(-min(t - self.renewed_t, 10.0) / FOLLOW_S)
            new = self.background + share * change
            self.background = np.clip(np.rint(new), 0, 255).astype(np.uint8)
            self.renewed_t = t
        floor = max(MIN_CHANGE, MIN_LEVELS / (float(small.mean()) + 10.0))
        limit = np.maximum(floor * STEP, DEVIATIONS * deviation)
        # A lamp that saturates hides what the exposure does around it.
        blind = cv2.dilate(np.minimum(small, self.last), _AROUND) >= SATURATED
        if ignore is not None:
            blind |= ignore
        share = np.abs(change) / limit
        share[blind] = 0
        if written is not None and written.shape == share.shape:
            ticks = _patches((share > 1.0) & written, MIN_PIXELS)[0] > 0
            if self._ticks(t):
                share[written] = 0
            pauses = ticks and not 0 <= t - self.ticked_t <= max(TICK_S, 1.5 * step_s)
            if pauses or _touches(people, written):
                self.ticking_t = t
            self.ticked_t = t if ticks else self.ticked_t
        self.last, self.last_t, self.before = small, t, now
        largest, self.patches = _patches(share > 1.0, MIN_PIXELS)
        if largest >= MIN_PIXELS or _patches(share > HINT, SURE_PIXELS)[0]:
            self.stirred_t = t
        hint, self.hint = self.hint, largest >= MIN_PIXELS
        return largest >= SURE_PIXELS or (hint and self.hint)

    def _ticks(self, t: float) -> bool:
        """Tell whether what the camera writes over its picture changes by itself."""
        goes_on = 0 <= t - self.ticked_t <= max(TICK_S, 1.5 * (t - self.last_t))
        return goes_on and self.ticked_t - self.ticking_t >= TICKS_S

    def differs(self, small: np.ndarray, written: np.ndarray | None = None) -> bool:
        """Tell whether one picture alone differs from the background as motion does.

        Nothing is learnt of it. A picture of another size, or before the first, differs. written:
        mask of where the camera writes over its picture.
        """
        if self.background is None or self.noise is None or self.background.shape != small.shape:
            return True
        change = _relative(small) - (self.background.astype(np.float32) - 128.0)
        floor = max(MIN_CHANGE, MIN_LEVELS / (float(small.mean()) + 10.0))
        limit = np.maximum(floor * STEP, DEVIATIONS * self._known((small.shape[1], small.shape[0])))
        blind = cv2.dilate(small, _AROUND) >= SATURATED
        if written is not None and written.shape == blind.shape and self._ticks(self.last_t):
            blind |= written
        return _patches((np.abs(change) > limit) & ~blind, MIN_PIXELS)[0] > 0

    def _known(self, size: tuple[int, int]) -> np.ndarray:
        """Return each pixel's standard deviation as learnt so far; size: width and height."""
        assert self.noise is not None
        known = self.noise.astype(np.float32)
        # A cell that was never noisy among noisy ones has only been lucky.
        known = np.maximum(known, 0.7 * cv2.blur(known, (3, 3)))
        return np.sqrt(cv2.resize(known, size, interpolation=cv2.INTER_LINEAR))

    def _begin(self, small: np.ndarray, now: np.ndarray, t: float) -> None:
        self.last, self.last_t, self.before = small, t, now
        self.stirred_t = t
        self.background = np.clip(np.rint(now + 128.0), 0, 255).astype(np.uint8)
        self.renewed_t = t
        self.noise, self.seen, self.hint = None, 0, False
        self.patches = [(0.0, 0.0, 1.0, 1.0)]

    def _deviation(
        self, difference: np.ndarray, step_s: float, people: Sequence[Sequence[float]]
    ) -> np.ndarray:
        """Learn from a difference of two frames; return each pixel's standard deviation (H, W)."""
        height, width = difference.shape
        size = (max(1, width // CELL), max(1, height // CELL))
        # Half of the difference's variance is that of one frame.
        found = cv2.resize(difference * difference, size, interpolation=cv2.INTER_AREA) / 2
        if self.noise is None:
            known = np.minimum(found, 2 * (float(np.median(found)) + 0.05))
        else:
            known = self.noise.astype(np.float32)
            share = max(min(1.0, step_s / NOISE_S), 1 / (self.seen + 1))
            step = share * (np.minimum(found, SURPRISE * (known + 0.05)) - known)
            for x1, y1, x2, y2 in people:
                left, top = int(x1 * size[0]), int(y1 * size[1])
                step[top : int(y2 * size[1]) + 1, left : int(x2 * size[0]) + 1] = 0
            known = known + step
        self.seen = min(self.seen + 1, 1000)
        # Half precision, so that a stored gate goes on exactly as one that was not.
        self.noise = known.astype(np.float16)
        return self._known((width, height))

    def forget(self) -> None:
        """Start anew after a gap in time."""
        self.last = self.background = self.noise = self.before = None
        self.seen, self.hint = 0, False
        self.last_t = self.renewed_t = self.open_until = self.looked_t = -1e18
        self.opened_t = self.found_t = self.stirred_t = self.whole_t = -1e18
        self.ticked_t = self.ticking_t = -1e18

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {
            "last": _packed(self.last),
            "background": _packed(self.background),
            "noise": None if self.noise is None else pack_image(self.noise.view(np.uint8)),
            "seen": self.seen,
            "hint": self.hint,
            "t": [
                self.last_t,
                self.renewed_t,
                self.open_until,
                self.looked_t,
                self.opened_t,
                self.found_t,
                self.stirred_t,
            ],
            "whole": [self.whole_t, self.whole],
            "ticks": [self.ticked_t, self.ticking_t],
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Gate":
        """Rebuild from dump()."""
        noise = data["noise"]
        gate = cls(
            _unpacked(data["last"]),
            _unpacked(data["background"]),
            None if noise is None else unpack_image(noise).view(np.float16),
            data["seen"],
            data["hint"],
            *data["t"],
        )
        gate.whole_t, gate.whole = data.get("whole", (-1e18, []))
        gate.ticked_t, gate.ticking_t = data.get("ticks", (-1e18, -1e18))
        return gate


def _touches(people: Sequence[Sequence[float]], mask: np.ndarray) -> bool:
    """Tell whether anybody's box, or half of it more to each side, lies in a mask (H, W)."""
    height, width = mask.shape
    for x1, y1, x2, y2 in people:
        right, down = (x2 - x1) / 2, (y2 - y1) / 2
        left, top = max(0, int((x1 - right) * width)), max(0, int((y1 - down) * height))
        if mask[top : int((y2 + down) * height) + 1, left : int((x2 + right) * width) + 1].any():
            return True
    return False


def _patches(mask: np.ndarray, least: int) -> tuple[int, list[Corners]]:
    """Return the size of a mask's largest patch, 0 below least, and where all from least lie."""
    marked = mask.astype(np.uint8)
    if cv2.countNonZero(marked) < least:
        return 0, []
    high, wide = mask.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
    rows = [row for row in stats[1:].tolist() if row[cv2.CC_STAT_AREA] >= least]
    found = [(x / wide, y / high, (x + w) / wide, (y + h) / high) for x, y, w, h, _ in rows]
    return max((row[cv2.CC_STAT_AREA] for row in rows), default=0), found


def _packed(image: np.ndarray | None) -> list[Any] | None:
    return None if image is None else pack_image(image)


def _unpacked(packed: list[Any] | None) -> np.ndarray | None:
    return None if packed is None else unpack_image(packed)


def relative(small: np.ndarray) -> np.ndarray:
    """Return a picture as the background is kept: uint8 (H, W), the local mean at 128."""
    return np.clip(np.rint(_relative(small) + 128.0), 0, 255).astype(np.uint8)


def _relative(small: np.ndarray) -> np.ndarray:
    """Return the difference from the local mean as a share of it, in STEPs, slightly smoothed.

    In the dark a few grey levels are added to the mean, so noise stays small.
    """
    value = small.astype(np.float32)
    mean = cv2.blur(value, (21, 21))
    smooth = cv2.blur(value, (3, 3))
    return np.clip((smooth - mean) * (STEP / (mean + 10.0)), -MOST, MOST)
