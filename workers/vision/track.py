"""One followed person or vehicle, and how such move: plain values, small enough to keep."""

from dataclasses import dataclass, field

from workers.vision.boxes import Corners

HIGH_SCORE = 0.40
LOW_SCORE = 0.15


@dataclass(frozen=True)
class Habits:
    """How something moves, and how sure a detection of it must be.

    Scores from high on begin a track, those from low on keep one alive. Unseen for longer than
    keep_s a track is dropped, unconfirmed ones after keep_tentative_s; confirmed by confirm_hits
    detections, or by two that are confirm_s apart; where their mean score is below sure, only when
    closer looks give proven in the mean. Who is believed, and gives less than thing in them, is a
    thing, and believed again from trusted on. Its centre moves at most max_speed of its own heights
    a second, plus max_jump for jitter; its height changes at most max_resize times. Who was first
    found in part of somebody else's box is a thing below trusted already.
    """

    high: float = HIGH_SCORE
    low: float = LOW_SCORE
    keep_s: float = 1.6
    keep_tentative_s: float = 0.45
    confirm_hits: int = 3
    confirm_s: float = 0.35
    sure: float = 0.5
    proven: float = 0.28
    trusted: float = 0.40
    thing: float = 0.25
    max_speed: float = 3.0
    max_jump: float = 0.35
    max_resize: float = 1.7


# After so many closer looks it is judged; what never was its own width, or height, away from where
# it was found has not walked.
LOOKS, ROAMED = 4, 1.0


@dataclass
class Track:
    """One followed thing. position, velocity: centre x, y, width, height, and per second."""

    id: int
    position: list[float]
    velocity: list[float]
    spread: list[float]
    born_s: float
    seen_s: float
    hits: int
    score: float
    confirmed: bool = False
    fresh: bool = False
    # The detection's own box, as last seen, and what it was taken for.
    box: list[float] = field(default_factory=list)
    label: str = "person"
    # The mean score; of closer looks how many there were, the last one's time, and their mean.
    mean: float = 0.0
    looks: int = 0
    looked_s: float = -1e18
    proof: float = 0.0
    # In which share of the last looks the legs were hidden, whether they are still taken to be, how
    # far down the feet must be, and where the middle of the head's top was then.
    hidden: float = 0.0
    behind: bool = False
    feet: float = 0.0
    head: list[float] = field(default_factory=list)
    # The centre where it was found, and how far it was ever from there, in its own sides.
    home: list[float] = field(default_factory=list)
    roamed: float = 0.0
    # Whether closer looks took it for a thing after it had been believed.
    doubted: bool = False
    # Whether it was first found in part of somebody else's box; or where looks had shown nobody.
    born_within: bool = False
    refuted: bool = False
    # The last box of a sure detection, and when that was.
    sure: list[float] = field(default_factory=list)
    sure_s: float = -1e18

    @property
    def nobody(self) -> bool:
        """Whether looks enough showed nobody, and it never left the place where it was found."""
        known = self.looks >= LOOKS or self.refuted
        return not self.confirmed and known and self.roamed < ROAMED

    def predicted(self, ahead_s: float) -> Corners:
        """Return the box expected so many seconds after the last detection."""
        # Velocity fades: somebody who is hidden seldom keeps walking straight on for long.
        run = min(ahead_s, 1.0)
        cx, cy = (p + v * run for p, v in zip(self.position[:2], self.velocity[:2], strict=True))
        w, h = self.position[2:]
        return cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2
