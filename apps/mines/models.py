"""Organisation → mine → area, and the machines that stand in an area."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from apps.tenancy.models import MineRow

__all__ = ["Area", "Machine", "Mine", "Organisation"]

key_validator = RegexValidator(
    r"^[a-z0-9][a-z0-9-]*$", _("Use small letters, digits and hyphens, such as winch-1.")
)


class Organisation(models.Model):
    """A company that runs mines."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(unique=True)

    def __str__(self) -> str:
        return self.name


class Mine(models.Model):
    """One mine: the tenant whose rows nobody else sees."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="mines")
    name = models.CharField(_("name"), max_length=100)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    # The clause pack whose references its alarms carry (workers/packs); "" for none.
    pack = models.CharField(_("clauses"), max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(mine="pk")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="mine_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Area(MineRow):
    """A place in a mine: winch house, incline 3, sump A."""

    name = models.CharField(_("name"), max_length=100)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["mine", "name"],
                name="area_name_once",
                violation_error_message=_("This mine has a place of that name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Machine(MineRow):
    """A machine that reports its state; scenes name it by its key."""

    class Kind(models.TextChoices):
        WINCH = "winch", _("winch")
        HOIST = "hoist", _("hoist")
        CONVEYOR = "conveyor", _("conveyor")
        HAULAGE = "haulage", _("haulage")
        PUMP = "pump", _("pump")

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="machines")
    key = models.CharField(_("key"), max_length=50, validators=[key_validator])
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.WINCH)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(
                fields=["mine", "key"],
                name="machine_key_once",
                violation_error_message=_("This mine has a machine of that key already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
