"""Reads of what was backed up."""

from datetime import datetime

from apps.audit.models import AuditEntry

__all__ = ["last_backup"]


def last_backup() -> datetime | None:
    """Return when the last backup was finished; needs a system scope."""
    made = AuditEntry.objects.filter(mine=None, subject="backup", action="backup.made")
    return made.order_by("-pk").values_list("at", flat=True).first()
