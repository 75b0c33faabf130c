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
from apps.accounts.permissions import Action
from apps.accounts.selectors import accesses_of
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.evidence.models import Clip
from apps.live.services import emit

__all__ = [
    "back_said",
    "reason_said",
    "refusal_said",
    "second_said",
    "still_waits",
    "word_lost",
    "word_note",
    "word_stands",
]

# So long it may be taken along without blur once two people said so, and both could still.
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


def still_waits(*, agreed_by: int | None, ended_by: int | None) -> None:
    """Raise ValidationError where somebody agreed meanwhile, or put an end to it."""
    if agreed_by is not None:
        raise ValidationError(_("Somebody agreed to it meanwhile: it holds for its seven days."))
    if ended_by is not None:
        raise ValidationError(_("It was taken back or refused meanwhile."))


def back_said(*, asked_by: int | None, actor: User) -> datetime:
    """Return when who asked takes it back; nobody else can."""
    if asked_by != actor.pk:
        raise ValidationError(_("Only who asked for it can take it back."))
    return timezone.now()


def refusal_said(*, asked_by: int | None, actor: User, reason: str) -> tuple[datetime, str]:
    """Return when the second person says no, and why; never who asked."""
    if asked_by is None:
        raise ValidationError(_("Nobody asked for it."))
    if asked_by == actor.pk:
        raise ValidationError(_("You asked for it yourself: take it back."))
    return timezone.now(), reason_said(reason)


def word_stands(*, mine_id: int, asked_by: int | None, agreed_by: int | None) -> bool:
    """Tell whether two people gave their word and both could give it still.

    Who has left, or lost the role, answers for nothing any more.
    """
    if asked_by is None or agreed_by is None:
        return False
    access = accesses_of({asked_by, agreed_by})
    asks, agrees = access[asked_by], access[agreed_by]
    may_ask = asks.can(Action.EXPORT, mine_id) or mine_id in asks.cases
    return may_ask and agrees.can(Action.MANAGE_PEOPLE, mine_id)


def word_lost(
    *, mine_id: int, asked_by: int | None, agreed_by: int | None, until: datetime | None
) -> bool:
    """Tell whether two people's word holds no more though its time is not over."""
    if until is None or until <= timezone.now():
        return False
    return not word_stands(mine_id=mine_id, asked_by=asked_by, agreed_by=agreed_by)


def word_note(what: str, *, about: Clip | Camera, actor: User, detail: dict[str, Any]) -> None:
    """Note that somebody `asked`, `agreed`, `refused` or took it back, with the row itself."""
    action = f"unblur.{what}"
    record(action=action, subject=about, mine_id=about.mine_id, actor=actor, detail=detail)
    emit(mine_id=about.mine_id, kind=action, payload={about._meta.model_name: about.pk})
