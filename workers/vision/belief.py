"""What is believed of a machine from one sample after another: moving or still.

RUNNING is believed within 1.5 s; STOPPED only after 3 s of standing still (docs: the state machine
of a winch); what was not watched is UNKNOWN.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

STATES = ("STOPPED", "STARTING", "RUNNING", "COASTING", "UNKNOWN")
START_S = 0.8
RUN_S = 1.2
COAST_S = 1.0
STILL_S = 3.0
# Without a sample for longer, what was believed is no longer so.
SILENT_S = 4.0
# After such a pause between two samples the watching begins anew; the state stays.
PAUSE_S = 1.0
# A drum that shows only one mark moves in bursts: its pauses are learnt, up to this length.
MAX_PAUSE_S = 6.0
PAUSE_TIMES = 1.5


@dataclass
class Belief:
    """The state machine; `why` says in words what makes the state UNKNOWN."""

    state: str = "UNKNOWN"
    confidence: float = 0.0
    why: str = "not watched long enough"
    # (time, 1 moving or 0 still) of the last seconds.
    samples: list[tuple[float, int]] = field(default_factory=list)
    moved_t: float | None = None
    pause_s: float = 0.0

    def add(self, t: float, moving: bool) -> str:
        """Take a sample and return the state; one that is not later than the last begins anew."""
        if self.samples and t <= self.samples[-1][0]:
            self.forget()
        elif self.samples and t - self.samples[-1][0] > SILENT_S:
            self.doubt("not watched without a gap")
        elif len(self.samples) > 1 and t - self.samples[-1][0] > max(PAUSE_S, 2.5 * self._step()):
            self.forget()  # what was before says nothing about the time between
        if moving:
            self._learn(t)
        self.samples.append((t, int(moving)))
        step_s = self._step()
        keep_s = _longer(max(STILL_S, self._still_s()), step_s) + max(0.5, step_s)
        self.samples = [s for s in self.samples if t - s[0] <= keep_s]
        self._judge(t, step_s)
        return self.state

    def amend(self, since: float) -> None:
        """Call still whatever was taken for movement after a time."""
        self.samples = [(t, moving if t <= since else 0) for t, moving in self.samples]

    def doubt(self, why: str) -> None:
        """Believe nothing, and begin to watch anew."""
        self.state, self.confidence, self.why = "UNKNOWN", 0.0, why
        self.forget()

    def forget(self) -> None:
        """Drop the samples: they prove nothing about what comes."""
        self.samples, self.moved_t = [], None

    def _step(self) -> float:
        """Return the time from one sample to the next."""
        return min((b[0] - a[0] for a, b in pairwise(self.samples)), default=0.2)

    def _still_s(self) -> float:
        return max(STILL_S, PAUSE_TIMES * self.pause_s)

    def _learn(self, t: float) -> None:
        """Learn how long a running machine may look still."""
        if self.state in ("RUNNING", "COASTING") and self.moved_t is not None:
            pause_s = t - self.moved_t
            if pause_s > COAST_S:
                self.pause_s = min(MAX_PAUSE_S, max(pause_s, 0.8 * self.pause_s))
        self.moved_t = t

    def _judge(self, t: float, step_s: float) -> None:
        """Move between the states by how much of the last moments was movement."""
        span = t - self.samples[0][0]
        run_s, coast_s = _longer(RUN_S, step_s), _longer(COAST_S, step_s)
        still_s = _longer(self._still_s(), step_s)
        start, starts = _share(self.samples, t - _longer(START_S, step_s))
        run, _ = _share(self.samples, t - run_s)
        coast, coasts = _share(self.samples, t - coast_s)
        still, stills = _share(self.samples, t - still_s)
        if start >= 0.75 and starts >= 3:
            if self.state == "STOPPED":
                self._be("STARTING", start)
            elif self.state != "STARTING" or (run >= 0.75 and span >= run_s - 0.1):
                self._be("RUNNING", start)
        elif still <= 0.1 and stills >= 3 and span >= still_s - 1e-6:
            # Nothing that ran stops at once, however few pictures there were.
            running = self.state == "RUNNING"
            if not running:
                self.pause_s *= 0.5 if self.state == "COASTING" else 1.0
            self._be("COASTING" if running else "STOPPED", 1 - still)
        elif coast == 0 and coasts >= 3 and span >= coast_s - 1e-6:
            if self.state == "RUNNING":
                self._be("COASTING", 0.6)
            elif self.state == "STARTING":
                self._be("STOPPED", 0.6)

    def _be(self, state: str, confidence: float) -> None:
        self.state, self.confidence, self.why = state, confidence, ""

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {
            "state": self.state, "confidence": self.confidence, "why": self.why,
            "samples": [list(s) for s in self.samples],
            "moved_t": self.moved_t, "pause_s": self.pause_s,
        }  # fmt: skip

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Belief":
        """Rebuild from dump()."""
        samples = [(t, moving) for t, moving in data["samples"]]
        return cls(
            data["state"], data["confidence"], data["why"], samples,
            data["moved_t"], data["pause_s"],
        )  # fmt: skip


def _longer(time_s: float, step_s: float) -> float:
    """Stretch a time so that it holds three samples, however few a second there are."""
    return max(time_s, 2.2 * step_s)


def _share(samples: Sequence[tuple[float, int]], since: float) -> tuple[float, int]:
    """Return the share of moving samples from a time on, and how many there are."""
    recent = [moving for t, moving in samples if t >= since - 1e-6]
    return (sum(recent) / len(recent) if recent else 0.0), len(recent)
