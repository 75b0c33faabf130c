"""The beat: rings for what is due by the time that passes, whatever this machine's clock says.

Celery's own compares the wall clock with what it keeps on disk: set back by an hour it rings nobody
for that hour, through every restart, and a file that a power cut broke ends it for good.
"""

import time
from typing import Any

from celery.beat import Scheduler

__all__ = ["Beat"]

# What is due once an hour comes within a minute of a start: starts may be nearer than an hour.
FIRST_S = 60.0


class Beat(Scheduler):
    """Rings every entry of the schedule at its distance in seconds; keeps nothing."""

    max_interval = 5.0  # seconds between two looks, at most

    def setup_schedule(self) -> None:
        """Take the schedule of the settings; Celery's entry for old results is not needed."""
        self.merge_inplace(self.app.conf.beat_schedule)
        now = time.monotonic()
        self.every_s = {
            name: entry.schedule.run_every.total_seconds() for name, entry in self.schedule.items()
        }
        self.due = {name: now + min(every_s, FIRST_S) for name, every_s in self.every_s.items()}

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Ring for all that is due; return the seconds until the next look.

        What nobody could ring for meanwhile is rung for once, not as often as it was missed.
        """
        for name, entry in self.schedule.items():
            now = time.monotonic()
            if self.due[name] > now:
                continue
            then = self.due[name] + self.every_s[name]
            self.due[name] = then if then > now else now + self.every_s[name]
            self.apply_entry(entry, producer=self.producer)
        next_s = min(self.due.values(), default=0.0) - time.monotonic()
        return min(max(next_s, 0.001), self.max_interval)
