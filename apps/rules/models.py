"""Scenes: everything drawn and ruled for one camera."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["Scene"]


class Scene(MineRow):
    """One version of a camera's scene document; the newest is in force, none is ever changed."""

    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="scenes")
    version = models.PositiveIntegerField()
    document = models.JSONField(_("document"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    author = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["camera", "version"], name="scene_version_once"),
        ]
