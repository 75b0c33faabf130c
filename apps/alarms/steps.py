"""One step of an alarm's life: the table is asked, and row, transition and audit are written.

Whoever takes a step has taken the mine's turn (`apps.live.services.take_turn`), holds the alarm's
row and emits the event in the same transaction.
"""

from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.alarms.chatter import CHANGES, chatter_of
from apps.alarms.floods import flood_watch
from apps.alarms.ladders import plan_step
from apps.alarms.life import ASKING, SILENCED, Cause, Facts, next_state
from apps.alarms.models import Alarm, AlarmTransition, Severity
from apps.alarms.selectors import alarm_data, silence_in_force
from apps.audit.services import record
from apps.inquiry.indexing import case_words_keep
from apps.live.services import emit
from apps.notify.routing import route_step

__all__ = ["facts_of", "step", "tell"]


def facts_of(alarm: Alarm, cause: str) -> Facts:
    """Return what the table asks about; silences are looked up only where they matter."""
    silenced = ""
    if alarm.pk is None or alarm.state in SILENCED or cause == Cause.SILENCED:
        silenced = silence_in_force(
            camera_id=alarm.camera_id, rule=alarm.rule, rule_type=alarm.rule_type,
            severity=alarm.severity,
        )  # fmt: skip
    return Facts(
        over=alarm.cleared_at is not None,
        answered=alarm.acknowledged_at is not None,
        latches=alarm.severity == Severity.CRITICAL,
        silenced=silenced,
    )


def step(
    alarm: Alarm,
    cause: str,
    *,
    at: datetime | None = None,
    actor: User | None = None,
    part: str = "analysis",
    desk: str = "",
    note: str = "",
    detail: dict[str, Any] | None = None,
) -> AlarmTransition:
    """Move the alarm on and save it; raises life.NotAllowed where the table has no such step.

    `part` is the program that acted when no person did; `desk` is from where a person did.
    """
    at = at or timezone.now()
    from_state = "" if alarm.pk is None else alarm.state
    alarm.state = next_state(from_state, cause, facts_of(alarm, cause))
    plan_step(alarm, from_state, cause)
    alarm.save()
    transition = AlarmTransition.objects.create(
        mine_id=alarm.mine_id,
        alarm=alarm,
        from_state=from_state,
        to_state=alarm.state,
        cause=cause,
        at=at,
        actor=actor,
        desk=desk,
        note=note,
        detail=detail or {},
    )
    record(
        action=f"alarm.{cause}",
        subject=alarm,
        mine_id=alarm.mine_id,
        actor=actor,
        part="" if actor else part,
        detail={"from": from_state, "to": alarm.state, "at": at.isoformat()}
        | ({"desk": desk} if desk else {})
        | (detail or {}),
    )
    if from_state == "" and alarm.state in ASKING:
        flood_watch(mine_id=alarm.mine_id)
    anew = cause in (Cause.RAISED, Cause.WORSE)
    if anew or note or alarm.finding:
        case_words_keep(alarm=alarm, note=note, anew=anew)
    if not route_step(alarm=alarm, step=transition):
        step(alarm, Cause.UNCALLED, at=at, part="notify", detail={"rung": alarm.told})
        # What the desks say of calls is asked for when a message, or the want of one, rings.
        emit(mine_id=alarm.mine_id, kind="notify.uncalled", payload={"alarm": alarm.pk})
    if cause in CHANGES and not alarm.chatter and (chatter := chatter_of(alarm=alarm, at=at)):
        alarm.chatter = chatter
        step(alarm, Cause.CHATTERING, at=at, part="alarms", detail=chatter)
    return transition


def tell(alarm: Alarm, kind: str) -> None:
    """Tell the open pages of the mine how the alarm stands now."""
    emit(mine_id=alarm.mine_id, kind=kind, payload=alarm_data(alarm))
