"""Alarms: what a person must answer (states after ISA-18.2)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.alarms.life import SILENCED, Silenced, State
from apps.tenancy.models import MineRow

__all__ = [
    "Alarm",
    "AlarmTransition",
    "Flood",
    "Handover",
    "Rung",
    "Severity",
    "Silence",
    "Snapshot",
    "Takeover",
    "Witness",
]


class Severity(models.TextChoices):
    """How soon an answer is needed (domain.md section 7)."""

    CRITICAL = "critical", _("critical")
    HIGH = "high", _("high")
    MEDIUM = "medium", _("medium")
    LOW = "low", _("low")


class Alarm(MineRow):
    """One ongoing situation that needs an answer, however often its findings are delivered."""

    State = State

    camera = models.ForeignKey("cameras.Camera", on_delete=models.PROTECT, related_name="alarms")
    rule = models.CharField(max_length=100)
    rule_type = models.CharField(max_length=60)
    situation = models.CharField(max_length=150)  # the engine's name of the latest occurrence
    state = models.CharField(max_length=20, choices=State, default=State.UNACKNOWLEDGED)
    level = models.CharField(max_length=20)  # the worst; values["level"] is what is so now
    severity = models.CharField(max_length=10, choices=Severity)
    raised_at = models.DateTimeField()  # by the camera's clock; the first time, kept for ever
    last_seen_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    # Why nobody watches any more, where that ended it: nobody saw that it is over.
    unwatched = models.TextField(blank=True, default="", db_default="")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(null=True)  # since when it asks for the answer that is due
    told = models.PositiveSmallIntegerField(default=0)  # rungs of the ladder told since then
    escalates_at = models.DateTimeField(null=True)
    escalates_to = models.CharField(max_length=100, blank=True)
    assigned_to = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    verdict = models.CharField(max_length=10, blank=True)  # "false" once somebody said so
    finding = models.CharField(max_length=500, blank=True)  # what was found, or why it is false
    # How it comes and goes: {"changes", "within_s"}, "on_delay_s" where a wait may be so much
    # longer; empty where it does not.
    chatter = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=1)  # occurrences folded into this alarm
    why = models.TextField()  # as long as the engine says it: it must never lose an alarm
    values = models.JSONField(default=dict)
    boxes = models.JSONField(default=list)
    zone = models.JSONField(default=list)  # polygon at the time, for the picture
    # What stands in the snapshot: {"at", "boxes", "zone"}; `boxes` above move on.
    picture = models.JSONField(default=dict)
    scene_version = models.PositiveIntegerField()
    # What of the law, or of the mine's own rules, stood behind it when it was raised.
    clauses = models.JSONField(default=list)
    stages = models.JSONField(default=dict)  # how long each took: timing.py
    committed_at = models.DateTimeField(auto_now_add=True)

    @property
    def mark(self) -> str:
        """What an answer is about: it changes when the alarm becomes worse, or happens again.

        With a "?" while it rests on what nobody knows.
        """
        return f"{self.count}/{self.severity}/{self.level}" + "?" * ("unsure" in self.values)

    class Meta:
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["camera", "rule", "rule_type"],
                condition=models.Q(cleared_at=None),
                name="one_alarm_per_situation",
            ),
            # The state and the end of the situation never contradict each other.
            models.CheckConstraint(
                condition=models.Q(state__in=SILENCED)
                | models.Q(state__in=["unacknowledged", "acknowledged"], cleared_at=None)
                | models.Q(state__in=["returned", "latched", "closed"], cleared_at__isnull=False),
                name="alarm_state_fits_its_end",
            ),
        ]
        indexes = [
            models.Index(fields=["mine", "-raised_at"]),
            models.Index(fields=["mine", "-committed_at"]),
            models.Index(fields=["camera", "-raised_at"], name="alarm_of_camera"),
            models.Index(fields=["camera", "rule", "-id"], name="alarm_of_rule"),
            models.Index(
                fields=["mine", "state"],
                condition=~models.Q(state="closed"),
                name="alarm_open",
            ),
            models.Index(
                fields=["escalates_at"],
                condition=models.Q(escalates_at__isnull=False),
                name="alarm_escalates",
            ),
        ]


class Witness(MineRow):
    """A camera that sees what an alarm is about; only where several do, the first one too."""

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="witnesses")
    camera = models.ForeignKey("cameras.Camera", on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=100)
    situation = models.CharField(max_length=150)  # this camera's name of its latest occurrence
    level = models.CharField(max_length=20, blank=True, default="", db_default="")  # told last
    # How many levels its situation took until then.
    step = models.PositiveIntegerField(default=0, db_default=0)
    seen_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["alarm", "camera", "rule"], name="witness_once"),
        ]
        indexes = [models.Index(fields=["camera", "rule", "situation"])]


class AlarmTransition(MineRow):
    """One step of an alarm's life; append-only."""

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="transitions")
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    cause = models.CharField(max_length=40)  # life.Cause
    at = models.DateTimeField()
    actor = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    desk = models.CharField(max_length=60, blank=True)  # from where the actor did it
    note = models.CharField(max_length=500, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["mine", "-at"])]


class Silence(MineRow):
    """A rule of one camera asks nobody for a while, by whom and why; never for ever.

    In force from `since` on, until `until` at the latest or until it is ended. Where a second
    person is needed, `since` stays empty until one agreed. A permit's silence has no `until`: it
    lasts as long as the engine says that the permit is open.
    """

    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="silences")
    rule = models.CharField(max_length=100)
    rule_type = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=20, choices=Silenced)
    reason = models.CharField(max_length=500)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    needs_second = models.BooleanField(default=False)
    agreed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    end = models.CharField(
        max_length=20, blank=True
    )  # time, person, permit, rule, refused, not_agreed

    class Meta:
        ordering = ["until", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["camera", "rule", "kind"],
                condition=models.Q(ended_at=None),
                name="one_silence_of_a_kind",
                violation_error_message=_("This rule is silenced in this way already."),
            ),
            models.CheckConstraint(
                condition=models.Q(kind="suppressed") | models.Q(until__isnull=False),
                name="silence_ends",
            ),
            models.CheckConstraint(
                condition=models.Q(needs_second=False)
                | models.Q(since=None)
                | (models.Q(agreed_by__isnull=False) & ~models.Q(agreed_by=models.F("asked_by"))),
                name="silence_second_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["camera", "rule"],
                condition=models.Q(ended_at=None),
                name="silence_open",
            ),
        ]


class Rung(MineRow):
    """One step of a mine's own escalation ladder: who is told when nobody answers for so long."""

    severity = models.CharField(max_length=10, choices=Severity)
    after_s = models.PositiveIntegerField()
    whom = models.CharField(max_length=100)

    class Meta:
        ordering = ["severity", "after_s"]
        constraints = [
            models.UniqueConstraint(fields=["mine", "severity", "after_s"], name="rung_once"),
        ]


class Flood(MineRow):
    """A time in which a mine's alarms were more than one person can answer."""

    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mine"], condition=models.Q(ended_at=None), name="one_flood_at_a_time"
            ),
        ]


class Handover(MineRow):
    """A shift's hand-over, signed by who goes: how the mine stood then; append-only."""

    handed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    handed_at = models.DateTimeField()
    desk = models.CharField(max_length=60, blank=True)
    note = models.TextField(max_length=2000, blank=True)
    content = models.JSONField()  # handover.handover_page at that moment

    class Meta:
        indexes = [models.Index(fields=["mine", "-handed_at"])]


class Takeover(MineRow):
    """The signature of who comes; append-only, one for a hand-over."""

    handover = models.OneToOneField(Handover, on_delete=models.CASCADE, related_name="takeover")
    taken_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    desk = models.CharField(max_length=60, blank=True)
    note = models.TextField(max_length=2000, blank=True)


class Snapshot(MineRow):
    """The frame of an alarm, kept beside the row so that no store is needed to see it."""

    alarm = models.OneToOneField(Alarm, on_delete=models.CASCADE, related_name="snapshot")
    jpeg = models.BinaryField()
    at = models.DateTimeField()
