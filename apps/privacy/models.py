"""Covered copies of clips, and the word of two people for a video without blur."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["Copy", "Unblur"]


class Copy(MineRow):
    """A copy of a clip with masks filled, and people blurred where it leaves the house.

    Derived evidence: the clip itself is never changed, and `original_sha256` names it.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("no video")

    clip = models.ForeignKey("evidence.Clip", on_delete=models.CASCADE, related_name="copies")
    recipe = models.CharField(max_length=64)  # SHA-256 of what is covered
    blurred = models.BooleanField()
    masks = models.JSONField(default=list)
    original_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    key = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    people = models.PositiveIntegerField(default=0)  # boxes found in the pictures looked at
    detector = models.CharField(max_length=100, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["clip", "recipe"], name="copy_once"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state="pending"), name="copy_due"
            ),
        ]


class Unblur(MineRow):
    """Somebody asks to take a clip along without blur and says why; another person agrees."""

    clip = models.ForeignKey("evidence.Clip", on_delete=models.CASCADE, related_name="unblurs")
    reason = models.CharField(_("reason"), max_length=300)
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    agreed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    agreed_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)  # so long it holds once it is agreed to

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(agreed_by=None) | ~models.Q(agreed_by=models.F("asked_by")),
                name="unblur_second_person",
            ),
        ]
