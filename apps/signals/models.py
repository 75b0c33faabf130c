"""What machines say of themselves."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["MachineState", "Report", "Signal"]


# Hardly any report comes late, and every analysis asks for those.
BEHIND = models.Q(behind_at__isnull=False)


class MachineState(models.TextChoices):
    """The states a machine can be in; UNKNOWN counts as RUNNING."""

    STOPPED = "STOPPED", _("stopped")
    STARTING = "STARTING", _("starting")
    RUNNING = "RUNNING", _("running")
    COASTING = "COASTING", _("coasting")
    UNKNOWN = "UNKNOWN", _("unknown")


class Signal(MineRow):
    """One report of a machine's state, by the clock of whoever sent it.

    Of several of one time the most dangerous counts (`workers.told.DANGER`). behind_at: the time of
    the newest report when this one came, where it came clearly late and was the first to say so;
    note: what its sender should know.
    """

    note = ""

    machine = models.ForeignKey("mines.Machine", on_delete=models.CASCADE, related_name="signals")
    state = models.CharField(max_length=10, choices=MachineState)
    at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    behind_at = models.DateTimeField(null=True)
    sender = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            # The same report sent twice is one report.
            models.UniqueConstraint(fields=["machine", "at", "state"], name="signal_once"),
        ]
        indexes = [
            models.Index(fields=["machine", "-at"]),
            models.Index(fields=["machine", "-behind_at"], condition=BEHIND, name="signals_behind"),
        ]


class Report(MineRow):
    """One report of an input: a barrier, a mode, a permit, a count; by the sender's clock.

    Of several of one time the one that was received last counts. behind_at: the time of the newest
    report when this one came, where it came clearly late and was the first to say otherwise; note:
    what its sender should know.
    """

    note = ""

    key = models.CharField(max_length=100)
    value = models.CharField(max_length=100)
    at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    behind_at = models.DateTimeField(null=True)
    sender = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            # The same report sent twice is one report.
            models.UniqueConstraint(fields=["mine", "key", "at", "value"], name="report_once"),
        ]
        indexes = [
            models.Index(fields=["mine", "key", "-at"]),
            # Every analysis asks for events that were received late.
            models.Index(fields=["mine", "key", "-received_at"], name="reports_received"),
            models.Index(
                fields=["mine", "key", "-behind_at"], condition=BEHIND, name="reports_behind"
            ),
        ]
