"""What a full machine leaves out: an overload costs detail, said and counted, never delay.

First frames, then looks for people. Where that is not enough, whole stretches: the camera is
looked at as it is now, and what lies between is a gap that is said. A queue that an outage left is
no overload: it is worked off, late, as long as it visibly shrinks.
"""

from datetime import datetime
from typing import NamedTuple

__all__ = ["KEPT", "Backlog", "looked", "rate_for"]

# With so many chunks of a camera waiting, fewer frames a second are analysed. Not below 3: a
# machine's state cannot be read from fewer.
SHED_FROM, SHED_FPS = 3, 3.0
# With more waiting, people, who cost most, are looked for at most once in so long; machines, water
# and the camera's health are still watched in each of these frames.
SELDOM_FROM, SELDOM_S = 5, 0.6
# With more than so many waiting at that rate the newest are kept and the others given up, where
# the queue, by what became of it in LOOK_S, would not be gone in CATCH_UP_S.
MOST, KEPT = 8, 2
LOOK_S, CATCH_UP_S = 20.0, 120.0


class Backlog(NamedTuple):
    """How many chunks of a camera waited when that was looked at last."""

    waiting: int
    at: datetime


def rate_for(waiting: int) -> dict[str, float]:
    """Return at what rate to analyse with so many chunks waiting; empty: as is asked for.

    fps: frames a second; look_s: people are looked for at most once in so many seconds.
    """
    if waiting < SHED_FROM:
        return {}
    return {"fps": SHED_FPS} | ({"look_s": SELDOM_S} if waiting >= SELDOM_FROM else {})


def looked(
    before: Backlog | None, waiting: int, now: datetime, *, slow: bool
) -> tuple[Backlog | None, bool]:
    """Return the backlog to remember, and whether this machine is too slow to work it off.

    `slow`: it was, a moment ago, and nobody waits to see it again. None: there is no backlog, or
    there will be none, because all but the newest are given up.
    """
    if waiting < SELDOM_FROM:
        return None, False
    if slow and waiting > MOST:
        return None, True
    if before is None or now < before.at:  # new, or the clock was set back
        return Backlog(waiting, now), False
    after_s = (now - before.at).total_seconds()
    if after_s < LOOK_S:
        return before, False
    shorter = before.waiting - waiting
    if waiting > MOST and waiting * after_s > shorter * CATCH_UP_S:
        return None, True
    return Backlog(waiting, now), False
