"""Writes to the audit trail; always inside the transaction of the act itself."""

from typing import Any

from apps.accounts.models import User
from apps.audit.models import AuditEntry

__all__ = ["record"]


def record(
    *,
    action: str,
    subject: Any,
    mine_id: int | None = None,
    actor: User | None = None,
    part: str = "",
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append one entry and return it; `subject` is a model row, or words."""
    name = subject if isinstance(subject, str) else f"{subject._meta.model_name}:{subject.pk}"
    return AuditEntry.objects.create(
        mine_id=mine_id, actor=actor, part=part, action=action, subject=name, detail=detail or {}
    )
