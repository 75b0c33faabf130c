"""Events: what changed in a mine, in the order in which it was committed; and the clock."""

from datetime import timedelta

from django.db import models

from apps.tenancy.models import MineRow

__all__ = ["Clock", "Event"]


class Event(MineRow):
    """One change that open pages and listeners must learn of. Its id is the cursor."""

    kind = models.CharField(max_length=40)
    at = models.DateTimeField(auto_now_add=True)
    payload = models.JSONField()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["mine", "id"]),
            # Rare, and looked for by every desk.
            models.Index(
                fields=["mine", "-id"],
                condition=models.Q(kind="notify.broken"),
                name="event_broken",
            ),
        ]


class Clock(models.Model):
    """How this installation's clock ran: one row, for `apps/live/clock.py`."""

    at = models.DateTimeField()  # what it said at the last look
    behind = models.DurationField(default=timedelta)  # how much of that is not believed yet
    left = models.DurationField(default=timedelta)  # how long it has to run on until it is
