"""A machine's state from signals, from video, or fused from both."""

from dataclasses import dataclass, field
from typing import Any

from workers.told import DANGER, LATE, in_time, set_back
from workers.vision.belief import STATES
from workers.vision.health import Change, Health
from workers.vision.machine import VideoReader
from workers.words import sentence

__all__ = ["STATES", "MachineState"]

DISAGREE_S = 5.0


@dataclass
class MachineState:
    """One machine's state, fused from its signals and from video."""

    video: VideoReader = field(default_factory=VideoReader)
    signal: str | None = None
    signal_t: float | None = None
    waiting: list[tuple[float, str]] = field(default_factory=list)
    disagree_t: float | None = None
    shown: tuple[str, str] | None = None  # state and why, as last told

    def why(self, source: str) -> str:
        """Say in words why the state is UNKNOWN where it comes from this source."""
        if source == "signal":
            if self.signal == LATE:
                return "a late report says that it moves: check the clock"
            return "no signal" if self.signal_t is None else "the signal is old or says nothing"
        return "signal and picture disagree" if source == "both" else self.video.belief.why

    def add_signal(self, t: float, state: str) -> None:
        """Take a signal, or LATE; one from the future waits until its time has come."""
        if state != LATE:
            state = state.strip().upper()
            state = state if state in STATES else "UNKNOWN"
        self.waiting = in_time([*self.waiting, (t, state)])

    def set_back(self, last_t: float, by_s: float) -> None:
        """Follow a clock that was set back, last seen at last_t: what was told keeps its age."""
        self.waiting = set_back(self.waiting, last_t, by_s)
        if self.signal_t is not None:
            self.signal_t -= by_s
        self.disagree_t = None

    def fuse(self, source: str, t: float, stale_s: float | None) -> tuple[str, str, float]:
        """Return state, where it comes from, and the confidence in it, at time t."""
        while self.waiting and self.waiting[0][0] <= t + 1e-6:
            when, state = self.waiting.pop(0)
            if self._counts(when, state):
                self.signal, self.signal_t = state, when
        if self.signal == LATE and source != "video":
            # Somebody says that it moves: a picture that shows it standing is no answer to that.
            self.disagree_t = None
            return "UNKNOWN", "signal", 0.0
        signal = self.says(t, stale_s)
        if source == "signal":
            return signal, "signal", 0.0 if signal == "UNKNOWN" else 1.0
        video = self.video.state
        if source == "video":
            return video, "video", self.video.confidence
        return self._both(signal, video, t)

    def _counts(self, when: float, state: str) -> bool:
        """Tell whether a report counts more than the last that did."""
        if self.signal is None or self.signal_t is None or when > self.signal_t:
            return True
        return when == self.signal_t and DANGER.index(state) > DANGER.index(self.signal)

    def says(self, t: float, stale_s: float | None) -> str:
        """Return what the signal says at t: UNKNOWN where it is older than stale_s."""
        if stale_s is not None and self.signal_t is not None and t - self.signal_t > stale_s:
            return "UNKNOWN"
        return "UNKNOWN" if self.signal in (None, LATE) else str(self.signal)

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

    def tell(
        self, health: Health, machine: str, name: str, t: float, rule: str = "", source: str = ""
    ) -> list[Change]:
        """Have the camera's health judge what is wrong with what is told of the machine.

        That signal and picture tell different things, and that a report came late and says
        otherwise. rule: one that tells the first; then health is silent about that.
        """
        return self._late(health, machine, name or machine, t, source) + self._disagree(
            health, machine, name or machine, t, rule
        )

    def _late(self, health: Health, machine: str, name: str, t: float, source: str) -> list[Change]:
        late = self.signal == LATE and source != "video"
        why = sentence(
            f"{name}: a report came late and says that it moves: check its sender's clock"
        )
        return health.judge(
            "signal_late", late, t, why if late else "",
            {"machine": machine} if late else {}, about=machine,
        )  # fmt: skip

    def _disagree(
        self, health: Health, machine: str, name: str, t: float, rule: str
    ) -> list[Change]:
        if rule:
            return health.drop("machine_disagreement", machine, t, f"told by the rule {rule}")
        values = {"machine": machine, "signal": self.signal, "video": self.video.state}
        signal, picture = self.signal, self.video.state
        why = sentence(f"{name}: the signal says {signal}, the picture {picture}")
        disagree = self.disagree_t is not None
        return health.judge(
            "machine_disagreement", disagree, t, why if disagree else "",
            values if disagree else {}, about=machine, since_t=self.disagree_t,
        )  # fmt: skip

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {
            "video": self.video.dump(), "signal": self.signal, "signal_t": self.signal_t,
            "waiting": [list(w) for w in self.waiting], "disagree_t": self.disagree_t,
            "shown": None if self.shown is None else list(self.shown),
        }  # fmt: skip

    @classmethod
    def load(cls, data: dict[str, Any]) -> "MachineState":
        """Rebuild from dump()."""
        waiting = [(t, state) for t, state in data["waiting"]]
        return cls(
            VideoReader.load(data["video"]),
            data["signal"], data["signal_t"], waiting, data["disagree_t"],
            None if data["shown"] is None else (data["shown"][0], data["shown"][1]),
        )  # fmt: skip
