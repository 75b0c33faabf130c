"""Events: what changed in a mine, in the order in which it was committed."""

from django.db import models

from apps.tenancy.models import MineRow

__all__ = ["Event"]


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
