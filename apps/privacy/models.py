"""Covered copies of clips and spans, and the word of two people for a video without blur."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["Copy", "Span", "Unblur"]


def _ended(name: str, *, by: str) -> models.CheckConstraint:
    """Let nothing be ended that was agreed to, nor refused by another without a reason.

    by: the field of who asked.
    """
    back = models.Q(ended_by=models.F(by), refusal="")
    refused = models.Q(**{f"{by}__isnull": False}) & ~models.Q(ended_by=models.F(by))
    ended = models.Q(ended_by__isnull=False, ended_at__isnull=False, agreed_by=None)
    open_still = models.Q(ended_by=None, ended_at=None, refusal="")
    return models.CheckConstraint(
        condition=open_still | (ended & (back | (refused & ~models.Q(refusal="")))), name=name
    )


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
    # Who put an end to it before anybody agreed: who asked took it back, another refused and why.
    ended_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            _ended("unblur_ended", by="asked_by"),
            models.CheckConstraint(
                condition=models.Q(agreed_by=None) | ~models.Q(agreed_by=models.F("asked_by")),
                name="unblur_second_person",
            ),
        ]

    @property
    def waits(self) -> bool:
        """Tell whether nobody has said yes or no yet."""
        return self.agreed_by_id is None and self.ended_by_id is None


class Span(MineRow):
    """A span of a camera's recording that somebody takes along: a covered copy of it.

    It is made anew for other masks or other chunks (`recipe`). Without blur it goes by the word of
    two people: who asked and why, who agreed, until when.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("no video")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="spans")
    stream = models.CharField(max_length=10)
    since = models.DateTimeField()
    until = models.DateTimeField()
    recipe = models.CharField(max_length=64)  # SHA-256 of what is covered, and of which chunks
    masks = models.JSONField(default=list)
    gaps = models.JSONField(default=list)  # pairs of Unix seconds
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    key = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    original_sha256 = models.CharField(max_length=64, blank=True)  # of the span as recorded
    people = models.PositiveIntegerField(default=0)
    detector = models.CharField(max_length=100, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(null=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    unblur_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    agreed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    agreed_at = models.DateTimeField(null=True)
    agreed_until = models.DateTimeField(null=True)
    # As in Unblur.
    ended_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            _ended("span_ended", by="unblur_by"),
            models.UniqueConstraint(
                fields=["camera", "stream", "since", "until", "recipe"], name="span_once"
            ),
            models.CheckConstraint(
                condition=models.Q(agreed_by=None)
                | (models.Q(unblur_by__isnull=False) & ~models.Q(agreed_by=models.F("unblur_by"))),
                name="span_second_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state="pending"), name="span_due"
            ),
        ]

    @property
    def waits(self) -> bool:
        """Tell whether it is asked for without blur, and nobody has said yes or no yet."""
        asked = self.unblur_by_id is not None
        return asked and self.agreed_by_id is None and self.ended_by_id is None

    @property
    def word(self) -> str:
        """Who asks for it without blur and why: what a second person reads before agreeing."""
        return f"{self.unblur_by_id} {self.reason}" if self.unblur_by_id else ""
