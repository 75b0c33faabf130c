"""A machine's state from a drawn region of the picture.

The region is compared with itself a fraction of a second ago, after its brightness was
matched, so lamps and exposure move nothing; people in front of it are cut out, and a shaking of
the whole picture is taken back. In the dark, frozen, blocked or mostly covered it is UNKNOWN.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workers.geometry import Polygon
from workers.vision import movement
from workers.vision.belief import PAUSE_S, Belief
from workers.vision.glass import view_of
from workers.vision.indicator import Indicator, hue_of
from workers.vision.motion import Motion, Verdict
from workers.vision.region import Boxes, Region, region, too_small
from workers.vision.surroundings import Surroundings
from workers.vision.way import STAYED, Off, Way

__all__ = ["VideoReader"]

MIN_LUMA = 18.0
BURNT_LUMA, BURNT_SHARE = 250, 0.5
BLIND_S = 1.0
# Who stands in front hides the machine: what was believed holds so long. What ran is believed
# longer, because nobody comes to harm by it: UNKNOWN counts as running too.
COVERED_S, COVERED_RUNNING_S = 4.0, 15.0
# The same picture to the last bit: of the whole frame, or of the region beside a running clock.
FROZEN_S, FROZEN_PART_S = 2.0, 10.0
# So much of a region must be left beside what the camera writes over it.
READ_LEAST = 0.4
WRITTEN = "the camera writes over the region"
TURNED = "the view is blocked or was turned"
UNTOLD = "the lamp cannot be told lit from unlit"


@dataclass
class VideoReader:
    """Reads one machine's state from its region; all that it remembers is small."""

    belief: Belief = field(default_factory=Belief)
    motion: Motion = field(default_factory=Motion)
    surroundings: Surroundings = field(default_factory=Surroundings)
    indicator: Indicator = field(default_factory=Indicator)
    # The region it was last read in: another one is another machine.
    place: int = 0
    # How far a corner of its region was carried, to the right and down, by a knock.
    carried: Off = (0.0, 0.0)
    judged_t: float | None = None
    blind_t: float | None = None
    strange: bool = False
    # Checksums of the whole picture and of the region, and since when they are the same.
    same: list[tuple[int, float]] = field(default_factory=list)
    # Whether the last picture gave no verdict.
    hidden: bool = False

    @property
    def state(self) -> str:
        """The state believed now."""
        return self.belief.state

    @property
    def usual(self) -> float:
        """The share of the region that usually changes while it moves, 0..1."""
        return self.motion.usual

    @property
    def confidence(self) -> float:
        """How sure the state is, 0..1."""
        return self.belief.confidence

    def read(
        self,
        luma: np.ndarray,
        roi: Polygon,
        people: Boxes,
        t: float,
        look: str = "drum",
        colour: str = "",
        bgr: Callable[[int, int, int, int], np.ndarray] | None = None,
        moved: bool | None = False,
        way: Way = STAYED,
        written: np.ndarray | None = None,
    ) -> str:
        """Take one frame's luma (H, W) and the people's boxes in it; return the state.

        look: what the region shows; colour: of the lamp that counts, or "" for any; bgr: gives
        the colours of a window (left, top, right, bottom) in pixels, where there are any; moved:
        whether the camera is known to look elsewhere, or None where it may; way: how the
        view was knocked since the region was drawn, so that it goes along; written: where the
        camera writes over its picture, a mask of any size: that neither moves nor stands.
        """
        height, width = luma.shape
        place = zlib.crc32(repr((roi, look, colour)).encode())
        if place != self.place:
            self.__init__(place=place)  # type: ignore[misc]
        carried = way.off(roi[0])
        roi = way.carry(roi)
        if self.carried != carried:  # what is cut out now did not move there
            self.carried, self.same = carried, []
            self.motion.cut()
            self.surroundings.forget()
        small = too_small(roi, width, height, look)
        if small:
            self._doubt(small)
            return self.state
        drawn = region(roi, width, height, look)
        where = drawn.without(written)
        if where.inside.sum() < READ_LEAST * drawn.inside.sum():
            self._doubt(WRITTEN)
            return self.state
        patch = where.cut(luma)
        boxes = [list(map(float, b)) for b in people]
        if self.judged_t is None:
            self.judged_t = t
        frozen_s, part_s = self._unchanged(luma, patch, t)
        if frozen_s >= FROZEN_S - 1e-6 or part_s >= FROZEN_PART_S - 1e-6:
            self._doubt("the picture is frozen")
            return self.state
        if frozen_s > 0:
            return self.state  # the same picture once more tells nothing
        if moved:
            self.motion.cut()
            self.surroundings.there = None
            moving, why = None, TURNED
        elif look == "lamp":
            moving, why = self._shines(luma, patch, where, boxes, t, colour, bgr)
        else:
            moving, why = self._moves(luma, patch, where, boxes, t, look, moved)
        self._take(moving, why, t)
        return self.state

    def _unchanged(self, luma: np.ndarray, patch: np.ndarray, t: float) -> tuple[float, float]:
        """Return for how long the whole picture, and the region, are the same to the last bit."""
        step = max(1, min(luma.shape) // 45)
        sums = (zlib.crc32(luma[::step, ::step].tobytes()), zlib.crc32(patch.tobytes()))
        before = self.same or [(-1, t), (-1, t)]
        self.same = [
            (now, since if now == then else t)
            for now, (then, since) in zip(sums, before, strict=True)
        ]
        return t - self.same[0][1], t - self.same[1][1]

    def _take(self, moving: bool | None, why: str, t: float) -> None:
        """Believe a verdict, or after a while without one nothing."""
        if moving is not None:
            hidden_s = t - self.judged_t if self.judged_t is not None else 0.0
            # At a picture a second or fewer that much time passes with nothing hidden.
            if self.belief.state == "RUNNING" and self.hidden and hidden_s > PAUSE_S:
                self.belief.forget()  # what was before proves no stop
            self.judged_t, self.blind_t, self.hidden = t, None, False
            self.belief.add(t, moving)
            return
        self.hidden = True
        covered = why.startswith("covered")
        self.blind_t = None if covered else self.blind_t if self.blind_t is not None else t
        blind = self.blind_t is not None and t - self.blind_t >= BLIND_S - 1e-6
        holds_s = COVERED_RUNNING_S if self.belief.state == "RUNNING" else COVERED_S
        if blind or (self.judged_t is not None and t - self.judged_t >= holds_s - 1e-6):
            self._doubt(why)

    def _moves(
        self,
        luma: np.ndarray,
        patch: np.ndarray,
        where: Region,
        boxes: list[list[float]],
        t: float,
        look: str,
        moved: bool | None,
    ) -> Verdict:
        """Tell whether the region moved; None, and why, where that cannot be judged."""
        bands = movement.bands_of(luma)
        self.motion.light(bands, t)
        strange = self.surroundings.strange(luma, where, boxes, look, t)
        dim = _blind(patch[where.inside])
        if dim or strange != self.strange:
            self.motion.cut()  # what comes back into view did not move there
        self.strange = strange
        verdict = (
            (None, dim)
            if dim
            else self.motion.judge(patch, bands, where, boxes, look, t, learn=not strange)
        )
        if not dim:
            self.motion.keep(patch, bands, boxes, t)
        if not strange:
            self.surroundings.there = None
            return verdict
        moves = bool(verdict[0]) and moved is not None
        if self.surroundings.found(luma, where, boxes, moves, t):
            self.surroundings.forget()
            self.motion.forget()
        return None, dim or TURNED

    def _shines(
        self,
        luma: np.ndarray,
        patch: np.ndarray,
        where: Region,
        boxes: list[list[float]],
        t: float,
        colour: str,
        bgr: Callable[[int, int, int, int], np.ndarray] | None,
    ) -> Verdict:
        """Tell whether an indicator lamp is lit."""
        if (where.inside & ~where.people(boxes)).sum() < 0.8 * where.inside.sum():
            return None, "covered by people"
        around = _around(luma, where)
        if float(np.median(around)) >= BURNT_LUMA:
            return None, "over-exposed"
        hue = hue_of(bgr(*where.window)) if bgr is not None else None
        known = self.indicator.was_lit
        view = view_of(luma, where)
        shining = self.indicator.shines(patch[where.inside], around, view, colour, hue, t)
        strange = self.surroundings.strange(luma, where, boxes, "lamp", t, told=bool(shining))
        if shining and not known and boxes:
            # The first light on a lamp that was never seen lit may be somebody's cap lamp.
            self.indicator.shone_s = 0.0
            return None, "covered by the light of people"
        if shining:
            return self.indicator.blinking(t, True), ""
        if strange:
            return None, TURNED
        if shining is None or self.surroundings.veiled:
            self.indicator.unsure_t = t
            coloured = hue is not None or not colour  # else nothing tells that it was this lamp
            if coloured and not self.surroundings.veiled and self.indicator.blinking(t, False):
                return True, ""  # a dark half in a beam
            return None, UNTOLD
        if float(around.mean()) < MIN_LUMA and not self.indicator.was_lit:
            return None, "too dark"
        if self.indicator.blinking(t, False):
            return True, ""
        if self.indicator.was_unsure(t):
            return None, UNTOLD
        if self.indicator.times:
            self.belief.amend(self.indicator.times[-1])
        return False, ""

    def _doubt(self, why: str) -> None:
        self.belief.doubt(why)

    def accept(self) -> None:
        """Watch anew: a person says that the present view is the right one."""
        self.motion, self.judged_t, self.blind_t = Motion(), None, None
        self.surroundings.forget()
        self._doubt("not watched long enough")

    def gap(self, length_s: float) -> None:
        """Note that time is missing: what was seen before proves nothing about now."""
        self.motion.cut()
        self.motion.switch.level = None
        self.judged_t, self.blind_t, self.surroundings.there = None, None, None
        self.same = []
        self.indicator.forget_times()
        self.surroundings.learnt_t = -1e18
        self.belief.forget()
        if length_s > COVERED_S:
            self._doubt("not watched without a gap")

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {
            "belief": self.belief.dump(), "motion": self.motion.dump(),
            "surroundings": self.surroundings.dump(), "indicator": self.indicator.dump(),
            "place": self.place, "carried": list(self.carried), "judged_t": self.judged_t,
            "blind_t": self.blind_t, "strange": self.strange,
            "same": [list(s) for s in self.same], "hidden": self.hidden,
        }  # fmt: skip

    @classmethod
    def load(cls, data: dict[str, Any]) -> "VideoReader":
        """Rebuild from dump()."""
        return cls(
            Belief.load(data["belief"]), Motion.load(data["motion"]),
            Surroundings.load(data["surroundings"]), Indicator.load(data["indicator"]),
            data["place"], tuple(data.get("carried", (0.0, 0.0))), data["judged_t"],
            data["blind_t"], data["strange"],
            [(crc, t) for crc, t in data["same"]], data["hidden"],
        )  # fmt: skip


def _blind(values: np.ndarray) -> str:
    """Say why nothing can be seen at a brightness, or ""."""
    if float(values.mean()) < MIN_LUMA:
        return "too dark"
    if float((values >= BURNT_LUMA).mean()) > BURNT_SHARE:
        return "over-exposed"
    return ""


def _around(luma: np.ndarray, where: Region) -> np.ndarray:
    """Return the luma values beside a region's window, as far out as it is wide."""
    left, top, right, bottom = where.window
    wide, high = max(4, right - left), max(4, bottom - top)
    outer = luma[max(0, top - high) : bottom + high, max(0, left - wide) : right + wide]
    mask = np.ones(outer.shape, bool)
    y, x = top - max(0, top - high), left - max(0, left - wide)
    # A cell of margin: a bright lamp glows beyond its glass.
    mask[max(0, y - 1) : y + bottom - top + 1, max(0, x - 1) : x + right - left + 1] = False
    return outer[mask]
