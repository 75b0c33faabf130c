"""What the engine tells of a danger that became less: the alarm says what is so now.

Its severity and its level stay the worst that it told of, and nobody is relieved of an answer.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.alarms.levels import is_below, is_worse, told_in
from apps.alarms.life import Cause
from apps.alarms.models import Alarm
from apps.alarms.services import describe, escalate
from apps.alarms.steps import step, tell
from apps.alarms.witnesses import eases, witnessed
from apps.cameras.models import Camera
from apps.live.services import take_turn

__all__ = ["alarm_ease"]


@transaction.atomic
def alarm_ease(
    *,
    camera: Camera,
    rule: str,
    situation: str,
    level: str,
    severity: str,
    at: datetime,
    why: str,
    values: dict[str, Any],
    boxes: list[list[float]],
    zone: list[list[float]],
) -> Alarm | None:
    """Show of an open alarm what is left of it: a lesser level, with its words and boxes.

    Delivered twice, or after it rose again, it changes nothing; while another camera sees the
    worse level it stays. Returns None where there is no open alarm of it.
    """
    take_turn(mine_id=camera.mine_id)
    alarm = (
        Alarm.objects.select_for_update(of=("self",))
        .filter(camera=camera, rule=rule, situation=situation, cleared_at=None)
        .first()
    )
    is_own = alarm is not None
    alarm = alarm or witnessed(camera=camera, rule=rule, situation=situation)
    if alarm is None:
        return None
    values = {**values, "level": level}
    shown = told_in(alarm.values)
    if not eases(alarm, camera=camera, rule=rule, told=told_in(values)) or not is_below(
        level, shown.level, rule_type=alarm.rule_type
    ):
        return alarm
    was = {"was": shown.level, "level": level, "why": alarm.why}
    facts: dict[str, Any] = {"why": why, "values": values, "boxes": boxes, "zone": zone}
    if not is_own:
        facts |= {"boxes": [], "zone": []}  # they are in the other camera's picture
    if is_worse(severity, alarm.severity):  # a mine may call its worst level the less severe
        return escalate(alarm, level=level, severity=severity, at=at, facts=facts)
    alarm.last_seen_at = max(alarm.last_seen_at, at)
    describe(alarm, facts, at)
    step(alarm, Cause.EASED, at=at, detail=was)
    tell(alarm, "alarm.updated")
    return alarm
