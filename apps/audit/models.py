"""The record of who did what."""

from django.db import models
from django_scopes import ScopedManager

__all__ = ["AuditEntry"]


class AuditEntry(models.Model):
    """One act of one person or part; the database refuses to change or delete it."""

    mine = models.ForeignKey("mines.Mine", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    part = models.CharField(max_length=30, blank=True)  # which program, when no person acted
    action = models.CharField(max_length=50)
    subject = models.CharField(max_length=100)
    detail = models.JSONField(default=dict)

    objects = ScopedManager(mine="mine")

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["mine", "-id"]),
            models.Index(fields=["mine", "subject", "-id"], name="audit_about"),
        ]
