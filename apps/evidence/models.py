"""Clips: the stored video of an alarm, its hash, who looked at it, and who holds it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["Clip", "ClipAccess", "Hold", "Sighting"]


class Clip(MineRow):
    """A span of one camera's main stream, cut and kept in the store.

    An alarm asks for it, or a person: cut by hand, or longer than a clip that is there.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("no video")
        EXPIRING = "expiring", _("being deleted")
        EXPIRED = "expired", _("deleted")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    alarm = models.ForeignKey(
        "alarms.Alarm", on_delete=models.PROTECT, null=True, related_name="clips"
    )
    camera = models.ForeignKey("cameras.Camera", on_delete=models.PROTECT, related_name="clips")
    rule = models.CharField(max_length=100, blank=True)
    # Who cut it by hand, and why; nobody where an alarm asked for it.
    asked_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    # The shorter clip that it goes beyond; that one stays as it was.
    extends = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="longer")
    # Clips of several cameras over one span share this, and play in step.
    together = models.UUIDField(null=True, editable=False)
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
    # How long chunks without a row are waited for, where the database or whoever cuts was away.
    waits_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True)
    # When the store was last asked for it, and since when it says that it has it not.
    checked_at = models.DateTimeField(null=True)
    missing_since = models.DateTimeField(null=True)
    # The store refuses to delete its objects before; and whether it was told of a hold.
    locked_until = models.DateTimeField(null=True)
    held_in_store = models.BooleanField(default=False)
    # Why and when it was deleted; row, hash and manifest stay for good.
    expired_at = models.DateTimeField(null=True)
    expired_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-wanted_from"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(alarm__isnull=False)
                | (models.Q(asked_by__isnull=False) & ~models.Q(reason="")),
                name="clip_of_alarm_or_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state="pending"), name="clip_due"
            ),
            models.Index(
                fields=["together"],
                condition=models.Q(together__isnull=False),
                name="clip_together",
            ),
            models.Index(fields=["mine", "-wanted_from"]),
            models.Index(
                fields=["wanted_until"],
                condition=models.Q(state__in=["ready", "expiring"]),
                name="clip_kept",
            ),
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


class Sighting(MineRow):
    """What an armed rule found at one moment, and where: once a chunk while it goes on.

    It lives as long as recordings do; clips take it along in a side file.
    """

    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    rule = models.CharField(max_length=100)
    rule_type = models.CharField(max_length=60)
    level = models.CharField(max_length=60)
    state = models.CharField(max_length=20)
    boxes = models.JSONField(default=list)  # left, top, right, bottom, as shares of the picture
    scene_version = models.PositiveIntegerField()
    model = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["camera", "at"], name="sighting_of_camera"),
            models.Index(fields=["at"], name="sighting_at"),
        ]


class Hold(MineRow):
    """Keeps a clip, or an alarm with all its clips, from being deleted until a moment."""

    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, null=True, related_name="holds")
    alarm = models.ForeignKey(
        "alarms.Alarm", on_delete=models.PROTECT, null=True, related_name="holds"
    )
    reason = models.CharField(_("reason"), max_length=500)
    until = models.DateTimeField(_("until"))
    placed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    release_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-placed_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(clip=None, alarm__isnull=False)
                | models.Q(clip__isnull=False, alarm=None),
                name="hold_on_one_thing",
            ),
            # Nobody alone: who ends it early is not who placed it.
            models.CheckConstraint(
                condition=models.Q(released_by=None) | ~models.Q(released_by=models.F("placed_by")),
                name="hold_second_person",
            ),
        ]
        indexes = [
            models.Index(fields=["until"], condition=models.Q(ended_at=None), name="hold_open"),
        ]
