"""Camera health: faults of the picture, each told once it has lasted, and once it is gone.

Every fault has its time constant; a fault of another part of the engine (a machine whose signal
and picture disagree, a gauge that cannot be read) goes through the same door, `Health.judge`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from workers.geometry import Polygon
from workers.vision import light
from workers.vision.freeze import Freeze
from workers.vision.gate import Gate, relative
from workers.vision.places import MOVED
from workers.vision.scenery import ELSEWHERE, STRETCHED, Scenery
from workers.vision.swing import Swing
from workers.vision.veil import HIDDEN, veiled
from workers.words import sentence

# How long a fault must last, in seconds, before it is told.
HOLD_S = {
    "lost": 10.0,
    "frozen": 7.0,  # and up to 3 s until a picture that keeps coming back is noticed: 10 s
    "dark": 60.0,
    "overexposed": 60.0,
    "glare": 30.0,
    "blurred": 60.0,
    "hazy": 120.0,
    "blocked": 5.0,
    "moved": 10.0,
    "knocked": 60.0,
    "clock_drift": 30.0,
    "machine_disagreement": 5.0,
    "gauge_unreadable": 600.0,
    "signal_late": 5.0,
    "part_fails": 5.0,
}
# A camera over an armed zone is not blind for longer than this without anybody being told.
ARMED_S = {"lost": 5.0, "dark": 15.0, "overexposed": 15.0, "glare": 15.0}
# What hides one zone alone may be a car that waits there: told where it stays.
ZONE_S = 600.0
# A view that lies so much aside, as a share of the diagonal, is told, though not of another place.
KNOCKED = 0.015
# Gone for this long, a fault is over.
CLEAR_S = 5.0
# The picture is compared with the usual one this often, and less so where nothing in it changes:
# what covers or turns the view ends the calm at once, and the rest takes a minute to be told.
EVERY_S, EVERY_CALM_S = 1.0, 3.0
# What is left of visibility while a fault is told.
LEAVES = {
    "frozen": 0.0,
    "blocked": 0.0,
    "moved": 0.0,
    "overexposed": 0.2,
    "glare": 0.4,
    "blurred": 0.4,
    "hazy": 0.4,
}
# A silence counts as a lost camera only after so many frames: stills may come every hour.
STEADY_FRAMES = 10
# A fault that pauses for less than this has not begun anew.
PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Change:
    """A fault told, or over: since_t is when it began; about names a machine or gauge, or ""."""

    fault: str
    about: str
    state: str
    t: float
    since_t: float
    raised_t: float
    why: str
    values: dict[str, Any]

    @property
    def situation(self) -> str:
        """Return the name that the fault keeps from its first report to its end."""
        return f"camera:{self.fault}{':' if self.about else ''}{self.about}@{self.raised_t:.3f}"


@dataclass
class Fault:
    """One fault's memory; raised_t is None until it has lasted."""

    fault: str
    about: str
    since_t: float
    bad_t: float
    raised_t: float | None = None
    why: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def change(self, state: str, t: float) -> Change:
        """Return this fault as it is told now."""
        raised = t if self.raised_t is None else self.raised_t
        values = dict(self.values)
        return Change(self.fault, self.about, state, t, self.since_t, raised, self.why, values)


@dataclass
class Health:
    """The faults of one camera that are there or that may be beginning, and what is usual."""

    faults: dict[str, Fault] = field(default_factory=dict)
    freeze: Freeze = field(default_factory=Freeze)
    scenery: Scenery = field(default_factory=Scenery)
    swing: Swing = field(default_factory=Swing)
    looked_t: float = -1e18
    frames: int = 0

    def observe(
        self,
        small: np.ndarray,
        luma: np.ndarray,
        gate: Gate,
        seen: light.Light,
        t: float,
        *,
        armed: bool = False,
        zones: Mapping[str, Polygon] | None = None,
    ) -> list[Change]:
        """Judge one analysed frame; return what there is to tell.

        small: shrunk luma; luma: the whole (H, W); gate: has seen the frame already; seen: the
        frame's light; armed: the camera has a rule; zones: those that its rules watch.
        """
        self.frames = min(self.frames + 1, STEADY_FRAMES)
        told: list[Change] = []
        for fault, bad, why in light.faults(seen):
            told += self.judge(fault, bad, t, why, armed=armed)
        frozen_s = self.freeze.observe(luma, t)
        # A picture in which nothing is to be seen is always the same: that fault has its own name.
        nothing = {"blocked", "dark", "overexposed"} & {f.fault for f in self.faults.values()}
        frozen = None if nothing else frozen_s >= HOLD_S["frozen"]
        why = sentence(f"the same picture for {frozen_s:.0f} s")
        told += self.judge("frozen", frozen, t, why, since_t=t - frozen_s, armed=armed)
        blinded = {"overexposed", "glare", "dark"} & {f.fault for f in self.faults.values()}
        if blinded:
            return told  # what light does to the view has its name already
        every_s = EVERY_CALM_S if gate.calm(t) and not self._pending() else EVERY_S
        if gate.background is not None and t - self.looked_t >= every_s - 1e-6:
            step_s = min(10.0, t - self.looked_t)
            self.looked_t = t
            for fault, there, why, values in self._compare(small, luma, gate, seen, t, step_s):
                since_t = self.swing.since_t if fault == "moved" and self.swing.is_on else None
                told += self.judge(fault, there, t, why, values, armed=armed, since_t=since_t)
            for name, polygon in (zones or {}).items():
                told += self._veil(name, polygon, t)
        return told

    def _veil(self, name: str, polygon: Polygon, t: float) -> list[Change]:
        """Judge one zone by itself: what hides it may leave most of the view as it was."""
        share = veiled(self.scenery, polygon)
        # What is wrong with the whole view is told as that.
        bad = None if share is None or self._pending() else share >= HIDDEN
        why = sentence(f"{share or 0:.0%} of the zone {name} lost its detail")
        return self.judge("blurred", bad, t, why, about=name, hold_s=ZONE_S)

    def _compare(
        self,
        small: np.ndarray,
        luma: np.ndarray,
        gate: Gate,
        seen: light.Light,
        t: float,
        step_s: float,
    ) -> Iterator[tuple[str, bool | None, str, dict[str, Any]]]:
        """Compare with what is usual; learn from a picture without any fault."""
        half = np.ascontiguousarray(luma[::2, ::2]) if min(luma.shape) > 200 else luma
        look = self.scenery.look(small, half, relative(small), seen.noise)
        values = {k: round(v, 3) for k, v in asdict(look).items() if isinstance(v, float)}
        if look.blank:
            # What nothing is seen of tells no more than that, whatever is usual.
            yield "blocked", True, sentence("nothing can be made out in the picture"), values
            return
        dull, gone, there, shifted = look.dull, look.gone, look.there, look.shifted
        # Of a camera that was covered from the start nothing is known but that it shows something.
        blocked: bool | None = None if gone is not None else False
        moved: bool | None = None
        carried = 0.0
        hazy: bool | None = None
        blurred: bool | None = look.smeared if dull is None else None
        if gone is not None and there is not None and shifted is not None:
            lost = gone + shifted
            blocked = bool(lost >= 0.55 and (dull is None or dull >= 0.5))
            elsewhere = shifted >= 0.3 and there < 0.4
            other = lost >= 0.6 and (dull or 0.0) < 0.5 and self.scenery.same_light(small)
            carried = self.scenery.carried(relative(small))
            # In whatever light: patches of another place match by chance, and not many of them. One
            # that was pushed a little aside has few in their place, too, and all by one way.
            strange = look.place is not None and look.place < ELSEWHERE and (dull or 0.0) < 0.5
            moved = not blocked and (elsewhere or other or (strange and not carried))
            moved = bool(moved and not self.scenery.stands(relative(small)))
            moved = moved or (carried >= MOVED and not blocked)
        # Zones lie right in a picture of another shape only if it shows the same from rim to rim.
        reshaped = look.reshaped and not blocked and (look.place is None or look.place < STRETCHED)
        moved = True if reshaped else moved
        swings = False
        if moved is not None and not blocked:  # what covers the view hides where it is
            swings = self.swing.observe(moved, carried >= MOVED, t, step_s)
            moved = moved or swings
        if dull is not None and look.contrast is not None:
            flat = look.contrast < 0.5 and look.black > 40
            hazy = bool(flat and dull >= 0.3 and not blocked)
            blurred = bool(dull >= 0.3 and not hazy and not blocked and not moved)
        yield "blocked", blocked, sentence(f"{gone or 0:.0%} of the view is covered"), values
        why = sentence(f"{(gone or 0) + (shifted or 0):.0%} of the view is elsewhere")
        if carried >= MOVED:
            why = sentence(f"the view is turned or zoomed, by up to {carried:.0%} of its diagonal")
        if swings:
            why = sentence("the view swings: it is elsewhere again and again")
        if reshaped:
            why = sentence("the picture's shape changed, and what it shows lies elsewhere in it")
        yield "moved", moved, why, values
        # What is drawn goes along; that it does is told, and rests on little.
        aside = self.scenery.knock.way.share(small.shape)
        knocked = None if moved or blocked else aside >= KNOCKED
        why = sentence(f"the whole view lies aside by {aside:.0%} of its diagonal")
        yield "knocked", knocked, why, values
        yield "hazy", hazy, sentence(f"contrast is {look.contrast or 0:.0%} of the usual"), values
        why = sentence(f"{dull or 0:.0%} of the view lost its detail")
        yield "blurred", blurred, sentence("no edge is sharp") if look.smeared else why, values
        if not (blocked or moved or hazy or blurred) and not self._pending() and not self.hidden:
            assert gate.background is not None
            # In the background nobody walks.
            self.scenery.learn(small, half, gate.background, step_s)

    def _pending(self) -> bool:
        rows = (fault for fault in self.faults.values() if fault.about == "")
        return any(fault.fault != "knocked" for fault in rows)

    @property
    def hidden(self) -> frozenset[str]:
        """The zones of which it is told that they are not seen."""
        rows = (f for f in self.faults.values() if f.fault == "blurred" and f.about)
        return frozenset(f.about for f in rows if f.raised_t is not None)

    @property
    def leaves(self) -> float:
        """The share of visibility that the faults told leave, 0..1."""
        there = (f.fault for f in self.faults.values() if f.raised_t is not None and not f.about)
        return min((LEAVES.get(fault, 1.0) for fault in there), default=1.0)

    def silence(self, last_t: float, t: float, *, armed: bool = False) -> list[Change]:
        """Tell, at the first frame after it, of a silence that was long enough to be a loss."""
        hold_s = ARMED_S["lost"] if armed else HOLD_S["lost"]
        if self.frames < STEADY_FRAMES or t - last_t < hold_s:
            return []
        self.frames = 0
        why = sentence(f"no picture for {t - last_t:.0f} s")
        lost = Fault("lost", "", last_t, t, last_t + hold_s, why)
        return [lost.change("raised", last_t + hold_s), lost.change("cleared", t)]

    def accept(self, t: float) -> list[Change]:
        """Take the present view as the usual one: a person says that the camera was moved."""
        self.scenery.accept()
        self.swing = Swing()
        told = []
        for fault in ("moved", "knocked", "blurred", "blocked", "hazy"):
            told += self.drop(fault, "", t, sentence("a person accepted the new view"))
        for name in self.hidden:
            told += self.drop("blurred", name, t, sentence("a person accepted the new view"))
        return told

    def judge(
        self,
        fault: str,
        bad: bool | None,
        t: float,
        why: str = "",
        values: dict[str, Any] | None = None,
        *,
        about: str = "",
        armed: bool = False,
        since_t: float | None = None,
        hold_s: float | None = None,
    ) -> list[Change]:
        """Take one look at a fault and return what there is to tell: nothing, or one change.

        bad: None where this frame cannot tell; armed: the camera has a rule, so some faults are
        told sooner; since_t: when the fault began, where that was before this look; hold_s: how
        long it must last, where that is not as usual.
        """
        key = f"{fault}:{about}"
        known = self.faults.get(key)
        if bad is None:
            return []
        if bad:
            begin = t if since_t is None else min(t, since_t)
            if known is None:
                known = self.faults[key] = Fault(fault, about, begin, t)
            elif known.raised_t is None:
                known.since_t = min(known.since_t, begin)
            known.bad_t, known.why, known.values = t, why, dict(values or {})
            hold_s = hold_s or min(HOLD_S[fault], ARMED_S.get(fault, 1e9) if armed else 1e9)
            if known.raised_t is None and t - known.since_t >= hold_s - 1e-6:
                known.raised_t = t
                return [known.change("raised", t)]
            return []
        if known is None:
            return []
        if known.raised_t is None:
            if t - known.bad_t >= PAUSE_S:
                del self.faults[key]
            return []
        if t - known.bad_t < CLEAR_S - 1e-6:
            return []
        del self.faults[key]
        known.why = sentence(f"no longer so for {t - known.bad_t:.1f} s")
        known.values["lasted_s"] = round(t - known.since_t, 1)
        return [known.change("cleared", t)]

    def drop(self, fault: str, about: str, t: float, why: str) -> list[Change]:
        """End a fault at once: what it was about is no longer in the scene, or a person said so."""
        known = self.faults.pop(f"{fault}:{about}", None)
        if known is None or known.raised_t is None:
            return []
        known.why = why
        return [known.change("cleared", t)]

    def open(self) -> list[Change]:
        """Return the faults that were told and are still there."""
        return [f.change("raised", f.bad_t) for f in self.faults.values() if f.raised_t is not None]

    def doubts(self) -> dict[str, float]:
        """Return since when each fault of the picture lasts, told already or not yet."""
        return {f.fault: f.since_t for f in self.faults.values() if f.about == ""}

    @property
    def moved(self) -> bool | None:
        """Whether the camera is told to look elsewhere; None while it may."""
        fault = self.faults.get("moved:")
        return False if fault is None else fault.raised_t is not None or None

    def forget(self, gap_s: float) -> None:
        """Carry the times over a gap: that nobody looked proves neither fault nor health."""
        self.freeze.forget()
        self.swing.forget(gap_s)
        self.looked_t = -1e18
        self.frames = 0
        for fault in self.faults.values():
            fault.since_t += gap_s
            fault.bad_t += gap_s
            if fault.raised_t is not None and gap_s < 0:
                fault.raised_t += gap_s

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {
            "faults": [asdict(fault) for fault in self.faults.values()],
            "freeze": self.freeze.dump(),
            "scenery": self.scenery.dump(),
            "looked_t": self.looked_t,
            "frames": self.frames,
            "swing": self.swing.dump(),
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Health":
        """Rebuild from dump()."""
        rows = [Fault(**row) for row in data["faults"]]
        return cls(
            {f"{row.fault}:{row.about}": row for row in rows},
            Freeze.load(data["freeze"]),
            Scenery.load(data["scenery"]),
            Swing(**data.get("swing", {})),
            data["looked_t"],
            data["frames"],
        )
