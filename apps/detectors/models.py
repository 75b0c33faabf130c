"""The networks that a mine brings itself, and how they did in shadow."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["OwnModel", "ShadowDay"]


class OwnModel(MineRow):
    """A mine's own network, for one camera or for all that have none of their own.

    Its file lies in the object store under its SHA-256; here is how to feed and read it.
    """

    class State(models.TextChoices):
        SHADOW = "shadow", _("in shadow")
        ACTIVE = "active", _("active")
        RETIRED = "retired", _("retired")

    camera = models.ForeignKey(
        "cameras.Camera", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(max_length=12)  # of file: onnx or safetensors
    contract = models.JSONField()  # as workers.models.contract reads it
    score = models.FloatField(default=0.35)  # how sure of a person is sure enough
    key = models.CharField(max_length=200)  # in the object store
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    cpu_ms = models.FloatField()  # a frame, when it was examined
    state = models.CharField(max_length=8, choices=State, default=State.SHADOW)
    # What was active before it: a roll back brings that one back.
    replaced = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    error = models.CharField(max_length=300, blank=True)
    author = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["mine", "name"],
                name="own_model_name_once",
                violation_error_message=_("This mine has a model of that name already."),
            ),
            models.UniqueConstraint(
                fields=["mine", "camera", "state"],
                condition=~models.Q(state="retired"),
                nulls_distinct=False,
                name="own_model_place_once",
                violation_error_message=_("Another model stands there already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def version(self) -> str:
        """What tells two files apart, short."""
        return self.sha256[:12]


class ShadowDay(MineRow):
    """What one day of one camera showed: people found by both, by ours only, by it only."""

    model = models.ForeignKey(OwnModel, on_delete=models.CASCADE, related_name="days")
    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    frames = models.PositiveIntegerField(default=0)
    both = models.PositiveIntegerField(default=0)
    ours_only = models.PositiveIntegerField(default=0)
    theirs_only = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    cpu_ms = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "camera", "day"], name="shadow_day_once")
        ]
