"""When something moved in a camera's picture: what the timeline draws."""

from django.db import models

from apps.tenancy.models import MineRow

__all__ = ["Motion"]


class Motion(MineRow):
    """A stretch in which the motion gate saw movement, to the length of a chunk."""

    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="motion")
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        ordering = ["since"]
        indexes = [
            models.Index(fields=["camera", "until"], name="motion_of_camera"),
            models.Index(fields=["until"], name="motion_until"),
        ]
