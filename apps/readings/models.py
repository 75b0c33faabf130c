"""What cameras measure: the values as they came, and what is left of them by minute and hour."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["Reading", "Rollup"]


class Reading(MineRow):
    """One value at one time; no value says that it could not be read then."""

    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="readings")
    name = models.CharField(max_length=120)
    at = models.DateTimeField()
    value = models.FloatField(null=True)
    confidence = models.FloatField(null=True)

    class Meta:
        constraints = [
            # A chunk that is analysed twice measures once.
            models.UniqueConstraint(fields=["camera", "name", "at"], name="reading_once"),
        ]
        indexes = [models.Index(fields=["at"], name="readings_re_at_idx")]


class Rollup(MineRow):
    """The readings of one minute or hour; count is how many had a value, lost how many had none."""

    class Step(models.TextChoices):
        """How long a roll-up is."""

        MINUTE = "minute", _("minute")
        HOUR = "hour", _("hour")

    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    step = models.CharField(max_length=6, choices=Step)
    at = models.DateTimeField()
    minimum = models.FloatField(null=True)
    mean = models.FloatField(null=True)
    maximum = models.FloatField(null=True)
    count = models.PositiveIntegerField(default=0)
    lost = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["camera", "name", "step", "at"], name="rollup_once"),
        ]
        indexes = [models.Index(fields=["step", "at"], name="readings_ro_step_at_idx")]
