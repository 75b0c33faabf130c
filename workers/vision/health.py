"""Camera health: faults of the picture, each told once it has lasted, and once it is gone.

Every fault has its time constant; a fault of another part of the engine (a machine whose signal
and picture disagree, a gauge that cannot be read) goes through the same door, `Health.judge`.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

# How long a fault must last, in seconds, before it is told.
HOLD_S = {
    "lost": 10.0,
    "frozen": 10.0,
    "dark": 60.0,
    "overexposed": 60.0,
    "glare": 30.0,
    "blurred": 60.0,
    "hazy": 120.0,
    "blocked": 5.0,
    "moved": 10.0,
    "clock_drift": 30.0,
    "machine_disagreement": 5.0,
    "gauge_unreadable": 600.0,
}
# A camera over an armed zone is not blind for longer than this without anybody being told.
ARMED_S = {"lost": 5.0, "dark": 15.0, "overexposed": 15.0, "glare": 15.0}
# Gone for this long, a fault is over.
CLEAR_S = 5.0
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
    """The faults of one camera that are there or that may be beginning."""

    faults: dict[str, Fault] = field(default_factory=dict)

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
    ) -> list[Change]:
        """Take one look at a fault and return what there is to tell: nothing, or one change.

        bad: None where this frame cannot tell; armed: the camera has a rule, so some faults are
        told sooner; since_t: when the fault began, where that was before this look.
        """
        key = f"{fault}:{about}"
        known = self.faults.get(key)
        if bad is None:
            return []
        if bad:
            begin = t if since_t is None else min(t, since_t)
            if known is None:
                known = self.faults[key] = Fault(fault, about, begin, t)
            known.bad_t, known.why, known.values = t, why, dict(values or {})
            hold_s = min(HOLD_S[fault], ARMED_S.get(fault, 1e9) if armed else 1e9)
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
        known.why = f"no longer so for {t - known.bad_t:.1f} s"
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

    def forget(self, gap_s: float) -> None:
        """Carry the times over a gap: that nobody looked proves neither fault nor health."""
        for fault in self.faults.values():
            fault.since_t += gap_s
            fault.bad_t += gap_s
            if fault.raised_t is not None and gap_s < 0:
                fault.raised_t += gap_s

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {"faults": [asdict(fault) for fault in self.faults.values()]}

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Health":
        """Rebuild from dump()."""
        rows = [Fault(**row) for row in data["faults"]]
        return cls({f"{row.fault}:{row.about}": row for row in rows})
