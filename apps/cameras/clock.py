"""Whether this machine's clock was set: holes of these seconds are not the cameras'."""

import logging
import time

__all__ = ["Clock"]

log = logging.getLogger(__name__)
# This much between two looks is no drift.
STEP_S = 0.3
STEP_FOR_S = 60.0


class Clock:
    """The wall clock, held against the one that nobody sets."""

    def __init__(self) -> None:
        self._ahead_s = time.time() - time.monotonic()
        self._set_s = float("-inf")  # when it was set last (monotonic)

    def look(self) -> None:
        """Notice that it was set since the last look."""
        ahead_s = time.time() - time.monotonic()
        set_by_s = ahead_s - self._ahead_s
        if abs(set_by_s) > STEP_S:
            self._set_s = time.monotonic()
            log.warning("this machine's clock was set by %.1f s", set_by_s)
        self._ahead_s = ahead_s

    def was_set(self) -> bool:
        """Tell whether it was set within the last minute."""
        return time.monotonic() - self._set_s < STEP_FOR_S
