"""A camera that swings: its view is elsewhere again and again, and never for long at one place.

A loose mount in the wind, or struck by cars that pass, brings the view back every few seconds, so
that no place lasts for the time after which a camera is told to have moved. But zones lie right in
none of it. So the share of time is kept in which the view is away for a short while.
"""

from dataclasses import dataclass
from typing import Any

# The share is a mean of about so long. A view that swings by A is further off than m for
# 1 - 2/pi asin(m/A) of the time: of 0.06 of the diagonal a third is beyond a twentieth.
MEAN_S = 60.0
# From this share on it swings: one shove of ten seconds comes to 0.15. Until it falls below the
# second; it is kept below the third, so that what swung much is not told for minutes after.
SWINGS, STANDS, MOST = 0.2, 0.08, 0.3
# Below this nothing was away for long: what leaves now begins a swing.
RESTS = 0.01
# What is away for longer stays there; and what fills the view, as a train does, was never carried.
SHORT_S = 10.0


@dataclass
class Swing:
    """share: of time away for a short while; is_on: it swings; since_t: when that began.

    away_t: since when the view is away, None at home; carried_t: when it was last found whole but
    carried elsewhere.
    """

    share: float = 0.0
    is_on: bool = False
    since_t: float = 0.0
    away_t: float | None = None
    carried_t: float = -1e18

    def observe(self, away: bool, carried: bool, t: float, step_s: float) -> bool:
        """Take one look; tell whether the view swings.

        away: the view is elsewhere now; carried: one movement carried all of it there.
        """
        if carried:
            self.carried_t = t
        if not away:
            self.away_t = None
        elif self.away_t is None:
            self.away_t = t
            if self.share < RESTS:
                self.since_t = t
        short = self.away_t is not None and max(t - self.away_t, t - self.carried_t) < SHORT_S
        self.share += (short - self.share) * min(1.0, step_s / MEAN_S)
        self.share = round(min(self.share, MOST), 5)
        self.is_on = self.share >= (STANDS if self.is_on else SWINGS)
        return self.is_on

    def forget(self, gap_s: float) -> None:
        """Carry the memory over a gap: where the view was meanwhile nobody knows."""
        self.away_t, self.carried_t = None, -1e18
        self.since_t += gap_s

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return dict(vars(self))
