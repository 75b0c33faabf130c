"""Whether a machine's region moved since a moment ago, and how it changes while it moves."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from workers.packing import pack_image, unpack_image
from workers.vision import movement
from workers.vision.arrival import Arrival
from workers.vision.region import Region
from workers.vision.switch import SETTLES, Switch, burnt

# Compared with the pictures about 0.2 and 0.6 s ago: the later shows slow movement better. Spokes
# and cleats, evenly spaced, that take each other's place in 0.2 s do so in 0.6 s as well: where
# pictures come evenly nothing shows that they move.
LAG_S = 0.18
LAGS = 3
# A belt that seems to stand is compared with pictures of so long ago as well, one kept each
# STOOD_S: it may creep.
CREEP_S, STOOD_S = 2.4, 0.8
MIN_VISIBLE = 0.35
MIN_CONTRAST = 2.5
# The share of the region that must change; and with somebody close by, whose lamp and shadow play
# on the machine: then more than this, and this part of its usual change, is movement, and less
# than that part is still. What is between proves nothing.
MOVED, MOVED_NEAR = 0.03, 0.45
# A car fills little of its region while it comes in.
CAR_NEAR = 0.15
USUAL_MOVED, USUAL_STILL = 0.75, 0.18
# With nobody close by as well: what changes by less than that part proves nothing. A rope is thin,
# and looks as changed when it creeps as when it runs; a still one changes with every key picture.
USUAL_ROPE = 0.35
# A belt moves everywhere or nowhere: the share of what would show movement that must have changed.
SHOWS = 0.10
BELT_STILL, BELT_MOVED, BELT_NEAR = 0.15, 0.25, 0.5
# A cell is the belt's own where it changes by so much of what half of them do while it moves; how
# fast that is learnt, from one moment to the next; and in how many steps a grey level is kept.
OWN, OWN_LEARN, OWN_STEPS = 0.4, 0.1, 4
# More noise than this, in grey levels, is the shaking of edges.
SHAKEN = 3.0
MIN_SHAKE_PX = 0.1
# Of a machine never seen moving in this view, so much of the region must stand out so far (in
# variance) from what counts as changed: where little shows, standing still proves nothing.
STANDS_OUT, STANDS_OUT_TIMES = 0.25, 4.0
# A drum of which little changes while it turns, as one with a single mark, stands only where it
# shows so much of what it showed then: in less light, or in dust, a mark that turns is not seen to.
# How fast that is learnt where it shows more, and less: dust that comes is not to be usual.
LITTLE, SHOWN, SHOWN_MORE, SHOWN_LESS = 0.2, 0.6, 0.02, 0.002
# Nor does it stand where hardly more of it is to be expected to change than counts as movement:
# light that sinks over many minutes is taken for usual, and takes what is learnt along.
SURE = 0.045
# More than usually changes of it for a second when a beam falls on it: it must last to be learnt.
LASTS_S = 2.0
# Of a drum so much of its middle must look changed whichever way it moved, unless more than this
# of the region was seen to change while it turned: more than the rope that walks along it.
TURNS, TURNED = 0.15, 0.06

BEAM = "a beam of light plays on it"

Verdict = tuple[bool | None, str]


@dataclass
class Moment:
    """What is kept of a picture for the next ones."""

    t: float
    patch: np.ndarray
    boxes: list[list[float]]
    bands: np.ndarray

    def dump(self) -> list[Any]:
        """Return a JSON-like form."""
        return [self.t, pack_image(self.patch), self.boxes, pack_image(self.bands.view(np.uint8))]

    @classmethod
    def load(cls, data: list[Any]) -> "Moment":
        """Rebuild from dump()."""
        t, patch, boxes, bands = data
        return cls(t, unpack_image(patch), boxes, unpack_image(bands).view(np.int16))


@dataclass
class Motion:
    """The last pictures of one machine's region, and what was learnt of its movement."""

    past: list[Moment] = field(default_factory=list)
    # Of a belt: the last pictures since it seems to stand, further apart.
    stood: list[Moment] = field(default_factory=list)
    # The share that usually changes while it moves; 0: movement was never seen in this view.
    usual: float = 0.0
    # How much the region's brightness varies within a few cells when it is seen to move, in grey
    # levels: a beam that falls on it shows nothing more there.
    sharpness: float = 0.0
    # Of a drum: since when it moves without a break.
    moves_t: float | None = None
    # Of a car's region: whether one came to stand in it.
    arrival: Arrival = field(default_factory=Arrival)
    # Of a belt: by how much each cell changes while it moves, in OWN_STEPS to a grey level.
    stirs: np.ndarray | None = None
    # When the light of the whole picture last changed at once, and whether it settles yet.
    switch: Switch = field(default_factory=Switch)
    settles: bool = field(default=False, repr=False, compare=False)
    # Of the patch that is judged: what was visible when it was asked whether turning would show.
    asked: tuple[np.ndarray, float] | None = field(default=None, repr=False, compare=False)

    def judge(
        self,
        patch: np.ndarray,
        bands: np.ndarray,
        where: Region,
        boxes: list[list[float]],
        look: str,
        t: float,
        learn: bool = True,
    ) -> Verdict:
        """Tell whether a patch moved since the ones kept; None, and why, where none can tell.

        learn: whether what moves here is the machine for certain, and so shows how it moves.
        """
        last = self.past[-1] if self.past else None
        if last and (last.patch.shape != patch.shape or last.bands.shape != bands.shape):
            self.cut()  # of another picture's size
        self.settles = self.switch.settles(t)
        learn = learn and not self.settles
        learnt, self.asked = (self.usual, self.sharpness, self.stirs), None
        verdict = self._judge(patch, bands, where, boxes, look)
        if look == "car" and verdict[0] is not None:
            verdict = self._car(bool(verdict[0]), patch, where, boxes, t)
        if look == "belt" and verdict[0] is False:
            if self._creeps(patch, bands, where, boxes, t):
                verdict = None, "it changes far less than it does while it moves"
        elif verdict[0]:
            self.stood = []
        if not learn:
            self.usual, self.sharpness, self.stirs = learnt
        elif look == "drum" and not self._lasts(verdict, t) and self.usual > learnt[0] > 0:
            self.usual, self.sharpness = learnt[:2]
        return verdict

    def _lasts(self, verdict: Verdict, t: float) -> bool:
        """Tell whether it has moved for LASTS_S: a beam that falls on it moves for a second."""
        if not verdict[0]:
            self.moves_t = None
        elif self.moves_t is None:
            self.moves_t = t
        return self.moves_t is not None and t - self.moves_t >= LASTS_S - 1e-6

    def forget(self) -> None:
        """Forget how it moves: it is seen from elsewhere."""
        self.usual, self.sharpness, self.stirs = 0.0, 0.0, None

    def light(self, bands: np.ndarray, t: float) -> None:
        """Take the whole picture's light: what looks otherwise in another one did not move."""
        if self.switch.see(bands, t):
            self.past = []

    def cut(self) -> None:
        """Forget the pictures kept: what comes is no continuation of them."""
        self.past, self.stood, self.arrival, self.moves_t = [], [], Arrival(), None

    def _car(
        self, moves: bool, patch: np.ndarray, where: Region, boxes: list[list[float]], t: float
    ) -> Verdict:
        """Tell of a car's region that moves or not whether a car moves or stands in it.

        An empty track proves nothing: the cars may be hauled where the camera does not look.
        """
        before = self.past[-1]
        visible = where.inside & ~where.people([*boxes, *before.boxes])
        noise = movement.noise_of(patch, before.patch, visible)
        lamps = bool(boxes or before.boxes)
        moving = movement.changed(patch, before.patch, visible, noise, lamps=lamps)
        stands = self.arrival.see(patch, visible, noise, moving if moves else None, t, lamps=lamps)
        return (moves, "") if moves or stands else (None, "no car is seen to stand in the region")

    def _creeps(
        self,
        patch: np.ndarray,
        bands: np.ndarray,
        where: Region,
        boxes: list[list[float]],
        t: float,
    ) -> bool:
        """Tell whether a belt that seems to stand looks otherwise than some seconds ago."""
        learnt = self.usual, self.sharpness, self.stirs
        old = [before for before in self.stood if t - before.t >= CREEP_S - 1e-6]
        # With somebody close by less is certain: what may be its movement is no standing.
        creeps = bool(old) and (
            self._against(old[-1], patch, bands, where, boxes, "belt")[0] is not False
        )
        self.usual, self.sharpness, self.stirs = learnt
        if not self.stood or t - self.stood[-1].t >= STOOD_S - 1e-6:
            self.stood = [*self.stood[-3:], Moment(t, patch, boxes, bands)]
        return creeps

    def _judge(
        self,
        patch: np.ndarray,
        bands: np.ndarray,
        where: Region,
        boxes: list[list[float]],
        look: str,
    ) -> Verdict:
        verdicts: list[Verdict] = []
        for before in self.past[::-1] if len(self.past) < LAGS else (self.past[-1], self.past[0]):
            verdict = self._against(before, patch, bands, where, boxes, look)
            if verdict[0]:
                return verdict
            verdicts.append(verdict)
        if not verdicts:
            return None, SETTLES if self.settles else "not watched long enough"
        if self.settles and len(self.past) < LAGS:
            return None, SETTLES  # slow movement would not show yet
        return next((v for v in verdicts if v[0] is None), (False, ""))

    def _against(
        self,
        before: Moment,
        patch: np.ndarray,
        bands: np.ndarray,
        where: Region,
        boxes: list[list[float]],
        look: str,
    ) -> Verdict:
        """Judge a patch against an earlier one."""
        everybody = [*boxes, *before.boxes]
        visible = where.inside & ~where.people(everybody)
        if visible.sum() < MIN_VISIBLE * where.inside.sum():
            return None, "covered by people"
        noise = movement.noise_of(patch, before.patch, visible)
        contrast = movement.contrast_of(patch, visible)
        if contrast < max(MIN_CONTRAST, 0.8 * noise):
            return None, "nothing can be made out in the region"
        near = where.is_near(everybody) if everybody else None
        sharp = movement.sharpness_of(patch, visible)
        known = self.usual, self.sharpness
        verdict = self._verdict(patch, before.patch, visible, noise, sharp, near, look)
        shaken, cells = before.patch, 0.0
        if verdict[0] is not False:
            # Only what seems to move is worth asking whether it was the camera.
            shaken, cells = _steady(before, bands, where)
            if cells:
                verdict = self._verdict(patch, shaken, visible, noise, sharp, near, look, cells)
                if not verdict[0]:
                    # A camera that shakes shows nothing of how it moves.
                    self.usual, self.sharpness = known
        if verdict[0] and look == "belt" and not near:
            self._see_stir(patch, shaken, visible)
        return verdict

    def _verdict(
        self,
        patch: np.ndarray,
        before: np.ndarray,
        visible: np.ndarray,
        noise: float,
        sharp: float,
        near: bool | None,
        look: str,
        shake: float = 0.0,
    ) -> Verdict:
        """Judge two patches; near: somebody is close by, None: nobody is in the picture."""
        lamps = near is not None
        mask = movement.changed(patch, before, visible, noise, shake=shake, lamps=lamps)
        still = max(MOVED, USUAL_STILL * self.usual) if near else MOVED
        moved = max(MOVED_NEAR, USUAL_MOVED * self.usual) if near else MOVED
        if look == "car" and near:
            still, moved = MOVED, CAR_NEAR
        elif self.settles and not near:
            moved = CAR_NEAR if look == "car" else max(MOVED, USUAL_MOVED * self.usual)
        whole = visible
        share = float(mask[visible].mean())
        if look in ("belt", "rope"):
            part = movement.thread(patch, visible) if look == "rope" else _middle(visible)
            shows = movement.would_show(patch, visible, part, noise)
            if shows.sum() >= SHOWS * part.sum():
                if look == "belt":
                    whole, share = shows, float(mask[shows].mean())
                    still, moved = BELT_STILL, BELT_NEAR if near else max(BELT_MOVED, moved)
            elif share < MOVED:
                return None, "nothing on it would show that it moves"
            else:
                still = MOVED
        least = USUAL_ROPE if look == "rope" else 0.0 if look == "car" else USUAL_STILL
        if not near and MOVED <= share < least * self.usual:
            # An encoder that draws a still picture anew, or a machine that creeps: who can tell.
            return None, "it changes far less than it does while it moves"
        if share >= moved:
            # What the light that plays on it changes is not its own movement.
            own = ~burnt(patch, before) if self.settles else lamps or movement.rough(patch, before)
        if share >= moved and float((mask & own)[whole].mean()) >= moved:
            if not near:
                self.usual += (share - self.usual) * (0.1 if self.usual else 1.0)
                rate = SHOWN_MORE if sharp > self.sharpness else SHOWN_LESS
                self.sharpness += (sharp - self.sharpness) * (rate if self.sharpness else 1.0)
            return True, ""
        if share >= still:
            played = SETTLES if self.settles else BEAM
            return None, "covered by the light of people" if near else played
        if look == "belt" and not self._stands(patch, visible, noise):
            return None, "nothing on it would show that it moves"
        if look == "drum" and not self.usual:
            shown = movement.standing_out(patch, visible, noise, STANDS_OUT_TIMES)
            if float(shown[visible].mean()) < STANDS_OUT:
                return None, "too little shows in the region to tell that it stands still"
        if look == "drum" and self._faint(sharp):
            return None, "too little shows in the region to tell that it stands still"
        unproved = look == "drum" and self.usual < TURNED
        if unproved and self._turning(patch, visible, noise) < TURNS:
            return None, "nothing on it would show that it turns"
        return False, ""

    def _faint(self, sharp: float) -> bool:
        """Tell whether a drum that was seen to turn might turn unseen where so much shows."""
        if not 0 < self.usual < LITTLE:
            return False
        share = sharp / self.sharpness if self.sharpness else 1.0
        return share < SHOWN or self.usual * share < SURE

    def _turning(self, patch: np.ndarray, visible: np.ndarray, noise: float) -> float:
        """Return how much of a drum would show that it turns, asked once a patch."""
        if self.asked is None or not np.array_equal(self.asked[0], visible):
            self.asked = visible, movement.turning_shows(patch, visible, noise)
        return self.asked[1]

    def _stands(self, patch: np.ndarray, visible: np.ndarray, noise: float) -> bool:
        """Tell whether a belt would show that it moves in cells that are its own.

        What stands before it shows nothing, run as it may: brackets, rollers, guards.
        """
        part, noise = _middle(visible), min(noise, SHAKEN)
        if self.stirs is None or self.stirs.shape != patch.shape:
            # Never seen to run: whatever crosses it from edge to edge may stand before it.
            level, own = movement.uncrossed(patch, part), visible
        else:
            stirs = self.stirs >= OWN * np.median(self.stirs[part])
            # Beside what stands a cell shows some of both.
            inner = cv2.erode(stirs.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
            level, own = patch, visible & inner
        shows = movement.would_show(level, own, part & own, noise)
        return bool(shows.sum() >= SHOWS * part.sum())

    def _see_stir(self, patch: np.ndarray, before: np.ndarray, visible: np.ndarray) -> None:
        """Learn which cells change by themselves while it moves."""
        now = np.minimum(OWN_STEPS * movement.stir(patch, before, visible), 255)
        if self.stirs is None or self.stirs.shape != patch.shape:
            self.stirs = now.astype(np.uint8)
            return
        mixed = self.stirs + OWN_LEARN * (now - self.stirs)
        self.stirs = np.where(visible, np.rint(mixed), self.stirs).astype(np.uint8)

    def keep(
        self, patch: np.ndarray, bands: np.ndarray, boxes: list[list[float]], t: float
    ) -> None:
        """Keep a picture for the next ones, if the last one kept is old enough."""
        if not self.past or t - self.past[-1].t >= LAG_S - 1e-6:
            self.past = [*self.past[-(LAGS - 1) :], Moment(t, patch, boxes, bands)]

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        past, stood = ([m.dump() for m in kept] for kept in (self.past, self.stood))
        stirs = None if self.stirs is None else pack_image(self.stirs)
        return {
            "past": past, "stood": stood, "usual": self.usual, "sharpness": self.sharpness,
            "moves_t": self.moves_t, "stirs": stirs, "arrival": self.arrival.dump(),
            "switch": self.switch.dump(),
        }  # fmt: skip

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Motion":
        """Rebuild from dump()."""
        past, stood = ([Moment.load(m) for m in data.get(key, [])] for key in ("past", "stood"))
        stirs = None if data["stirs"] is None else unpack_image(data["stirs"])
        usual, sharpness = data["usual"], data.get("sharpness", 0.0)
        moves_t = data.get("moves_t")
        arrival, switch = Arrival.load(data["arrival"]), Switch.load(data.get("switch", {}))
        return cls(past, stood, usual, sharpness, moves_t, arrival, stirs, switch)


def _middle(visible: np.ndarray) -> np.ndarray:
    """Return the mask of a belt's cells without its edges, which lie still."""
    part = visible.copy()
    edge = visible.shape[0] // 5
    part[:edge] = part[visible.shape[0] - edge :] = False
    return part


def _steady(before: Moment, bands: np.ndarray, where: Region) -> tuple[np.ndarray, float]:
    """Return the patch before moved as the camera moved since, and by how many cells."""
    right, down = movement.shift(bands, before.bands, *where.picture)
    if np.hypot(right, down) < MIN_SHAKE_PX:
        return before.patch, 0.0
    x, y = where.matrix[:, :2] @ (right, down)
    size = (before.patch.shape[1], before.patch.shape[0])
    by = np.array([[1, 0, x], [0, 1, y]], np.float64)
    moved = cv2.warpAffine(before.patch, by, size, borderMode=cv2.BORDER_REPLICATE)
    return moved, float(np.hypot(x, y))
