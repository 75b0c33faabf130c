"""What people do about an alarm: answer, reset, call it false, note a call, assign it.

Each verb writes the row, its transition, the audit entry and the event in one transaction. Sent
twice, an answer changes nothing and the first one stands; a call or an assignment is noted again.
Words that come with a later answer are kept as a note: whom somebody called is evidence.

Whoever answers may send the mark of what was shown (`Alarm.mark`). Where the alarm became worse, or
happened again, after that, the answer is about less than what is there now: it answers nothing, and
`became_worse` tells so.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import Action
from apps.accounts.selectors import access_of
from apps.alarms.life import ASKING, SILENCED, Cause, NotAllowed
from apps.alarms.models import Alarm
from apps.alarms.steps import step, tell
from apps.alarms.witnesses import CAMERA_OFF, forgotten, is_watched
from apps.live.services import take_turn

__all__ = [
    "alarm_acknowledge",
    "alarm_assign",
    "alarm_call",
    "alarm_call_false",
    "alarm_reset",
    "became_worse",
]

LONGEST = 500


def _lock(alarm: Alarm) -> Alarm:
    """Take the mine's turn and the alarm's row, as it is now."""
    take_turn(mine_id=alarm.mine_id)
    return Alarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)


def _words(field: str, text: str, *, needed: bool, longest: int = LONGEST) -> str:
    """Return the text without blanks around it; raises ValidationError beside its field."""
    text = text.strip()
    if needed and not text:
        raise ValidationError({field: _("Say it in a few words.")})
    if len(text) > longest:
        raise ValidationError({field: _("At most %(most)s characters.") % {"most": longest}})
    return text


def _refuse_silenced(alarm: Alarm) -> None:
    if alarm.state in SILENCED:
        raise ValidationError(
            _("This alarm is %(state)s: end that first.") % {"state": alarm.get_state_display()}
        )


def became_worse(alarm: Alarm, mark: str) -> bool:
    """Tell whether an alarm is more than what was shown; "" where nobody says what was."""
    # That something is no longer known makes it no worse.
    return mark not in ("", alarm.mark, alarm.mark.removesuffix("?"))


def _answered_by(alarm: Alarm, actor: User) -> None:
    alarm.acknowledged_at, alarm.acknowledged_by = timezone.now(), actor


@transaction.atomic
def alarm_acknowledge(
    *, alarm: Alarm, actor: User, note: str = "", mark: str = "", desk: str = ""
) -> Alarm:
    """Answer an alarm by name; of a second answer only the note is kept, the first one stands.

    mark: of the alarm as it was shown, "" where that is not known.
    """
    alarm = _lock(alarm)
    note = _words("note", note, needed=False)
    _refuse_silenced(alarm)
    if alarm.state not in ASKING or became_worse(alarm, mark):
        return _late(alarm, actor, desk, note)
    _answered_by(alarm, actor)
    step(alarm, Cause.ACKNOWLEDGED, at=alarm.acknowledged_at, actor=actor, desk=desk, note=note)
    tell(alarm, "alarm.acknowledged")
    return alarm


@transaction.atomic
def alarm_reset(*, alarm: Alarm, actor: User, finding: str, desk: str = "") -> Alarm:
    """Close a latched alarm by saying what was found; of one that is closed that is noted.

    So closes an answered one whose camera is off, too: nobody watches whether it is over.
    """
    alarm = _lock(alarm)
    finding = _words("finding", finding, needed=alarm.state != Alarm.State.CLOSED)
    if alarm.state == Alarm.State.CLOSED:
        return _late(alarm, actor, desk, finding)
    alarm.finding = finding
    detail = {}
    if alarm.state == Alarm.State.ACKNOWLEDGED and not is_watched(alarm):
        alarm.cleared_at, alarm.unwatched = timezone.now(), CAMERA_OFF
        forgotten(alarm, at=alarm.cleared_at)
        detail = {"unwatched": CAMERA_OFF}
    try:
        step(alarm, Cause.RESET, actor=actor, desk=desk, note=finding, detail=detail)
    except NotAllowed:
        raise ValidationError(
            _("Only an alarm that is over and answered can be reset; this one is: %(state)s.")
            % {"state": alarm.get_state_display()}
        ) from None
    tell(alarm, "alarm.reset")
    return alarm


@transaction.atomic
def alarm_call_false(
    *, alarm: Alarm, actor: User, reason: str, mark: str = "", desk: str = ""
) -> Alarm:
    """Call an alarm false, with the reason; whoever asks for an answer is answered by it.

    The rule stays as it is: false alarms are for tuning, by a person and with a replay. A critical
    alarm stays latched until it is reset. mark: of the alarm as it was shown, "" where that is not
    known.
    """
    alarm = _lock(alarm)
    reason = _words("reason", reason, needed=True)
    _refuse_silenced(alarm)
    is_said = alarm.verdict == "false" and alarm.state not in ASKING
    if is_said or became_worse(alarm, mark):
        return _late(alarm, actor, desk, reason)
    alarm.verdict, alarm.finding = "false", reason
    if alarm.state in ASKING:
        _answered_by(alarm, actor)
    step(alarm, Cause.FALSE, actor=actor, desk=desk, note=reason)
    tell(alarm, "alarm.judged")
    return alarm


@transaction.atomic
def alarm_call(*, alarm: Alarm, actor: User, whom: str, said: str, desk: str = "") -> Alarm:
    """Note a call: who called whom, when, and what was said. It answers nothing by itself."""
    alarm = _lock(alarm)
    whom = _words("whom", whom, needed=True, longest=100)
    said = _words("said", said, needed=True)
    _note(alarm, Cause.CALLED, actor, desk, said, {"whom": whom})
    return alarm


@transaction.atomic
def alarm_assign(*, alarm: Alarm, actor: User, to: User, desk: str = "") -> Alarm:
    """Give an alarm to somebody who works in its mine; it still asks until it is answered."""
    alarm = _lock(alarm)
    if not access_of(to.pk).can(Action.VIEW, alarm.mine_id):
        raise ValidationError({"to": _("This person does not work in this mine.")})
    alarm.assigned_to = to
    _note(alarm, Cause.ASSIGNED, actor, desk, "", {"to": to.get_username()})
    return alarm


def _late(alarm: Alarm, actor: User, desk: str, words: str) -> Alarm:
    """Keep the words of an answer that came too late; the same ones are kept once."""
    if words and not alarm.transitions.filter(actor=actor, note=words).exists():
        _note(alarm, Cause.NOTED, actor, desk, words, {})
    return alarm


def _note(
    alarm: Alarm, cause: Cause, actor: User, desk: str, note: str, detail: dict[str, Any]
) -> None:
    step(alarm, cause, actor=actor, desk=desk, note=note, detail=detail)
    tell(alarm, "alarm.noted")
