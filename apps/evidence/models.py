"""Clips: the stored video of an alarm, its hash, and who looked at it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["Clip", "ClipAccess"]


class Clip(MineRow):
    """A span of one camera's main stream, cut and kept in the store."""

    class State(models.TextChoices):
        PENDING = "pending", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("no video")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    alarm = models.ForeignKey("alarms.Alarm", on_delete=models.PROTECT, related_name="clips")
    camera = models.ForeignKey("cameras.Camera", on_delete=models.PROTECT, related_name="clips")
    rule = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    # What was asked for; its chunks are held in the ring until the clip is ready.
    wanted_from = models.DateTimeField()
    wanted_until = models.DateTimeField()
    # What it really holds.
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    manifest = models.JSONField(default=dict)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-wanted_from"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state="pending"), name="clip_due"
            ),
            models.Index(fields=["mine", "-wanted_from"]),
        ]


class ClipAccess(MineRow):
    """One view or download of a clip; append-only."""

    class Kind(models.TextChoices):
        PLAY = "play", _("played")
        DOWNLOAD = "download", _("downloaded")

    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="accesses")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField(auto_now_add=True)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ["-pk"]
