"""Bundles: the evidence of some alarms in one file; sheets: the time line of one on paper."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["Bundle", "Sheet"]


class Bundle(MineRow):
    """One ZIP of evidence: alarms (ids) with all their videos, and videos by themselves (uids).

    done_bytes of total_bytes of video are packed.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("being packed")
        READY = "ready", _("ready")
        FAILED = "failed", _("not packed")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    alarms = models.JSONField(default=list)
    clips = models.JSONField(default=list)
    purpose = models.CharField(_("purpose"), max_length=300)
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    done_bytes = models.PositiveBigIntegerField(default=0)
    total_bytes = models.PositiveBigIntegerField(default=0)
    key = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    ready_at = models.DateTimeField(null=True)
    # Whoever packs it holds it until then; also when the next attempt is due.
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state="pending"), name="bundle_due"
            ),
            models.Index(fields=["mine", "-id"], name="bundle_newest"),
        ]


class Sheet(MineRow):
    """The time line of one alarm as PDF, asked for by somebody; it can be made again."""

    class State(models.TextChoices):
        PENDING = "pending", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("not made")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    alarm = models.ForeignKey("alarms.Alarm", on_delete=models.CASCADE, related_name="sheets")
    language = models.CharField(max_length=10)  # one of paper.LANGUAGES
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    key = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(null=True)
    # Whoever makes it holds it until then; also when the next attempt is due.
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["alarm", "language", "asked_by"],
                condition=models.Q(state="pending"),
                name="sheet_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state="pending"), name="sheet_due"
            ),
        ]
