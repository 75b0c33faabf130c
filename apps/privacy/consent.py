"""The word of two people for a video without blur: one asks and says why, another agrees.

The rows are those of a clip (`Unblur`) and of a span (`Span`); the database refuses one person's
word for two in both.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.evidence.models import Clip

__all__ = ["reason_said", "second_said", "word_note"]

# So long it may be taken along without blur once two people said so.
HOLDS = timedelta(days=7)


def reason_said(reason: str) -> str:
    """Return why it is asked for, as it is kept; ValidationError where nothing is said."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: it stands in the record.")})
    return reason.strip()[:300]


def second_said(*, asked_by: int | None, actor: User) -> tuple[datetime, datetime]:
    """Return when the second person says yes, and until when it holds; never who asked."""
    if asked_by is None:
        raise ValidationError(_("Nobody asked for it."))
    if asked_by == actor.pk:
        raise ValidationError(_("A second person must agree: you asked for it yourself."))
    now = timezone.now()
    return now, now + HOLDS


def word_note(what: str, *, about: Clip | Camera, actor: User, detail: dict[str, Any]) -> None:
    """Note that somebody `asked` or `agreed`, in the transaction of the row."""
    record(
        action=f"unblur.{what}", subject=about, mine_id=about.mine_id, actor=actor, detail=detail
    )
