"""Alarms: what a person must answer (states after ISA-18.2)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["Alarm", "AlarmTransition", "Severity", "Snapshot"]


class Severity(models.TextChoices):
    """How soon an answer is needed (domain.md section 7)."""

    CRITICAL = "critical", _("critical")
    HIGH = "high", _("high")
    MEDIUM = "medium", _("medium")
    LOW = "low", _("low")


class Alarm(MineRow):
    """One ongoing situation that needs an answer, however often its findings are delivered."""

    class State(models.TextChoices):
        UNACKNOWLEDGED = "unacknowledged", _("not answered")
        ACKNOWLEDGED = "acknowledged", _("answered, still there")
        RETURNED = "returned", _("over, not answered")
        CLOSED = "closed", _("over and answered")

    camera = models.ForeignKey("cameras.Camera", on_delete=models.PROTECT, related_name="alarms")
    rule = models.CharField(max_length=100)
    rule_type = models.CharField(max_length=60)
    situation = models.CharField(max_length=150)  # the engine's name of the latest occurrence
    state = models.CharField(max_length=20, choices=State, default=State.UNACKNOWLEDGED)
    level = models.CharField(max_length=20)
    severity = models.CharField(max_length=10, choices=Severity)
    raised_at = models.DateTimeField()  # by the camera's clock; the first time, kept for ever
    last_seen_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    count = models.PositiveIntegerField(default=1)  # occurrences folded into this alarm
    why = models.CharField(max_length=500)
    values = models.JSONField(default=dict)
    boxes = models.JSONField(default=list)
    zone = models.JSONField(default=list)  # polygon at the time, for the picture
    # What stands in the snapshot: {"at", "boxes", "zone"}; `boxes` above move on.
    picture = models.JSONField(default=dict)
    scene_version = models.PositiveIntegerField()
    committed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["camera", "rule"],
                condition=models.Q(cleared_at=None),
                name="one_alarm_per_situation",
            ),
        ]
        indexes = [
            models.Index(fields=["mine", "-raised_at"]),
            models.Index(
                fields=["mine", "state"],
                condition=~models.Q(state="closed"),
                name="alarm_open",
            ),
        ]


class AlarmTransition(MineRow):
    """One step of an alarm's life; append-only."""

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="transitions")
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    cause = models.CharField(max_length=40)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]


class Snapshot(MineRow):
    """The frame of an alarm, kept beside the row so that no store is needed to see it."""

    alarm = models.OneToOneField(Alarm, on_delete=models.CASCADE, related_name="snapshot")
    jpeg = models.BinaryField()
    at = models.DateTimeField()
