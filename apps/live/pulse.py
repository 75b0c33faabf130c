"""When each kind of work was last done, kept in the cache: so a process that is away is seen."""

import logging
import time

from django.core.cache import cache

__all__ = ["DUE_S", "late", "pulse", "pulse_s"]

log = logging.getLogger(__name__)
AHEAD_S = 5.0  # a moment further ahead is of a clock that was set back since
# What the beat rings for, and how many seconds after its last time it is late. A task that cuts
# ends within two minutes; a bundle may take its worker an hour.
DUE_S = {"watch": 30, "time": 30, "notify": 60, "videos": 150, "replay": 150}
DESK = ("watch", "time", "notify")  # what whoever sits at a desk relies on


def pulse(work: str) -> None:
    """Keep that this work was done now; a cache that is away costs this word and nothing else."""
    try:
        cache.set(f"pulse.{work}", time.time(), None)
    except Exception as error:  # whatever the client raises when it is away
        log.warning("it was not kept that %s was done: %s", work, error)


def pulse_s(work: str) -> float | None:
    """Return how many seconds ago this work was last done, or None where nobody knows."""
    try:
        at = cache.get(f"pulse.{work}")
    except Exception:  # whatever the client raises when it is away
        return None
    if at is None or at > time.time() + AHEAD_S:
        return None
    return float(max(0.0, time.time() - at))


def late() -> list[str]:
    """Name the work that a desk relies on and that is late, or of which nobody knows."""
    since = {work: pulse_s(work) for work in DESK}
    return [work for work, ago_s in since.items() if ago_s is None or ago_s > DUE_S[work]]
