"""The ladder: who is told, one after the other, while nobody answers an alarm.

An alarm knows when it is passed on next and to whom; the ladder of its mine and severity says
so whenever it begins to ask. Telling is a step of the alarm's life and an event; whom it calls, and
how, the mine's routes say (`apps/notify`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.alarms.ladders import DEFAULT, ladder, plan, plan_step
from apps.alarms.life import ASKING, Cause
from apps.alarms.models import Alarm, Rung, Severity
from apps.alarms.steps import step, tell
from apps.apart import apart
from apps.audit.services import record
from apps.cameras.models import AHEAD
from apps.live.services import take_turn
from apps.mines.models import Mine
from apps.tenancy.scope import mine_scope, system_scope

__all__ = ["escalations_due", "ladder_set"]

MOST_RUNGS = 6
SOONEST_S, LATEST_S = 5, 24 * 3600


def escalations_due(*, now: datetime) -> int:
    """Pass on what nobody answered in time; called by the beat, outside of any scope.

    Late: every rung that was due meanwhile is told, in order, with how late it was. Twice: the
    alarm's row counts the rungs, so nobody is told twice. Never: the alarm still asks and the desk
    counts down and says that it is overdue. One that cannot be passed on keeps no other from it.
    """
    with system_scope("alarms are passed on in every mine"):
        unplanned = Q(asked_at=None) | Q(asked_at__gt=now + AHEAD)
        asking = Alarm.objects.filter(unplanned, state__in=ASKING)
        new = list(asking.values_list("pk", "mine_id"))
        rows = Alarm.objects.filter(escalates_at__lte=now).order_by("escalates_at", "pk")
        due = list(rows.values_list("pk", "mine_id"))

    def begun(alarm_id: int, mine_id: int) -> int:
        with mine_scope(mine_id):
            _begin(alarm_id=alarm_id, mine_id=mine_id, now=now)
        return 0

    def told(alarm_id: int, mine_id: int) -> int:
        count = 0
        with mine_scope(mine_id):
            while _pass_on(alarm_id=alarm_id, mine_id=mine_id, now=now):
                count += 1
        return count

    return sum(
        apart([*(partial(begun, *one) for one in new), *(partial(told, *one) for one in due)])
    )


def _begin(*, alarm_id: int, mine_id: int, now: datetime) -> None:
    """Plan an alarm that asked before there were ladders, or since a future that was taken back.

    This machine's clock was set back: whoever was told stays told, the next is told in time from
    now on, and not when that future has come.
    """
    take_turn(mine_id=mine_id)
    alarm = Alarm.objects.select_for_update(of=("self",)).get(pk=alarm_id)
    if alarm.state not in ASKING:
        return
    if alarm.asked_at is None:
        plan_step(alarm, alarm.state, "")
    elif alarm.asked_at > now + AHEAD:
        alarm.asked_at = now
        plan(alarm)
    else:
        return
    alarm.save(update_fields=["asked_at", "told", "escalates_at", "escalates_to"])
    tell(alarm, "alarm.updated")


def _pass_on(*, alarm_id: int, mine_id: int, now: datetime) -> bool:
    """Tell the next rung if it is due; False when it is not, or somebody has answered."""
    take_turn(mine_id=mine_id)
    alarm = Alarm.objects.select_for_update(of=("self",)).get(pk=alarm_id)
    due = alarm.escalates_at
    if due is None or due > now:
        return False
    alarm.told += 1
    late_s = round((now - due).total_seconds(), 3)
    detail = {"whom": alarm.escalates_to, "rung": alarm.told, "late_s": late_s}
    step(alarm, Cause.TOLD, at=now, part="time", detail=detail)
    tell(alarm, "alarm.told")
    return True


@transaction.atomic
def ladder_set(
    *, mine: Mine, rungs: Mapping[str, Sequence[tuple[int, str]]], actor: User
) -> dict[str, list[tuple[int, str]]]:
    """Set who is told after how many seconds, for these severities; asking alarms follow at once.

    Raises ValidationError for a ladder that could never tell anybody of a critical or high alarm.
    """
    take_turn(mine_id=mine.pk)
    before = {severity: ladder(mine_id=mine.pk, severity=severity) for severity in rungs}
    for severity, steps in rungs.items():
        _check(severity, steps)
        Rung.objects.filter(mine=mine, severity=severity).delete()
        Rung.objects.bulk_create(
            Rung(mine=mine, severity=severity, after_s=after_s, whom=whom.strip())
            for after_s, whom in steps
        )
    after = {severity: ladder(mine_id=mine.pk, severity=severity) for severity in rungs}
    record(
        action="escalation.set",
        subject=mine,
        mine_id=mine.pk,
        actor=actor,
        detail={"before": before, "after": after},
    )
    asking = Alarm.objects.select_for_update(of=("self",)).filter(
        mine=mine, state__in=ASKING, severity__in=list(rungs)
    )
    for alarm in asking:
        plan(alarm)
        alarm.save(update_fields=["escalates_at", "escalates_to"])
        tell(alarm, "alarm.updated")
    return after


def _check(severity: str, steps: Sequence[tuple[int, str]]) -> None:
    if severity not in Severity.values:
        raise ValidationError({severity: _("There is no such severity.")})
    if not steps and DEFAULT.get(severity):
        raise ValidationError({severity: _("Somebody must be told when nobody answers.")})
    if len(steps) > MOST_RUNGS:
        raise ValidationError({severity: _("At most %(most)s steps.") % {"most": MOST_RUNGS}})
    times = [after_s for after_s, _whom in steps]
    if any(not SOONEST_S <= after_s <= LATEST_S for after_s in times):
        raise ValidationError({severity: _("Between 5 seconds and 24 hours.")})
    if times != sorted(set(times)):
        raise ValidationError({severity: _("Each step must come later than the one before it.")})
    if any(not 0 < len(whom.strip()) <= 100 for _after_s, whom in steps):
        raise ValidationError({severity: _("Say who is told, in at most 100 characters.")})
