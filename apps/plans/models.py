"""A picture of a mine's plan, and where cameras hang on it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["Placement", "Plan"]


class Plan(MineRow):
    """The plan of a place, or of the whole mine where `area` is empty; its picture is in the store.

    A new picture takes the place of the old one; the cameras stay where they are on it.
    """

    area = models.ForeignKey(
        "mines.Area", on_delete=models.CASCADE, null=True, related_name="plans"
    )
    key = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mine", "area"], nulls_distinct=False, name="plan_of_a_place_once"
            ),
        ]

    @property
    def title(self) -> str:
        """Say what it is a plan of."""
        return self.area.name if self.area else str(_("The whole mine"))


def _share() -> list[object]:
    return [MinValueValidator(0.0), MaxValueValidator(1.0)]


class Placement(MineRow):
    """Where one camera hangs on one plan, and what it looks at there.

    x, y: fractions of the picture from its left and top; bearing_deg: clockwise from the
    picture's top; angle_deg: how wide it sees; reach: how far, as a fraction of the picture's
    width.
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="placements")
    camera = models.ForeignKey(
        "cameras.Camera", on_delete=models.CASCADE, related_name="placements"
    )
    x = models.FloatField(_("from the left"), validators=_share())
    y = models.FloatField(_("from the top"), validators=_share())
    bearing_deg = models.FloatField(
        _("bearing"),
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(360.0)],
    )
    angle_deg = models.FloatField(
        _("angle"), default=70.0, validators=[MinValueValidator(5.0), MaxValueValidator(360.0)]
    )
    reach = models.FloatField(
        _("range"), default=0.12, validators=[MinValueValidator(0.01), MaxValueValidator(1.0)]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "camera"], name="camera_on_a_plan_once"),
        ]
