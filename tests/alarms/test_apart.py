"""What time brings to one alarm is kept from it by no fault in another."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.alarms import escalation, tasks
from apps.alarms.escalation import escalations_due
from apps.alarms.models import Alarm, AlarmTransition
from apps.alarms.tasks import keep_time
from apps.apart import apart
from apps.tenancy.scope import mine_scope
from tests.cast import Cast, Place, an_alarm


def raised(where: Place, **more: Any) -> Alarm:
    with mine_scope(where.mine.pk):
        return an_alarm(where, **more)


def told(alarm: Alarm) -> list[str]:
    with mine_scope(alarm.mine_id):
        steps = AlarmTransition.objects.filter(alarm=alarm, cause="told").order_by("pk")
        return [step.detail["whom"] for step in steps]


def failing_for(alarm: Alarm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this alarm's steps fail for a fault of ours."""
    step = escalation.step

    def fails(one: Alarm, *given: Any, **more: Any) -> Any:
        if one.pk == alarm.pk:
            raise ZeroDivisionError("nobody thought of this")
        return step(one, *given, **more)

    monkeypatch.setattr(escalation, "step", fails)


def test_an_alarm_that_cannot_be_passed_on_keeps_no_other_from_it(cast: Cast, monkeypatch):
    broken, sound = raised(cast.lamp_hill), raised(cast.deep_vale)
    failing_for(broken, monkeypatch)
    with pytest.raises(ExceptionGroup) as seen:
        escalations_due(now=timezone.now() + timedelta(seconds=60))
    assert seen.group_contains(ZeroDivisionError)
    assert (told(broken), told(sound)) == ([], ["shift_leader"])


def test_alarms_are_passed_on_though_a_silence_cannot_be_ended_and_that_is_seen(
    cast: Cast, monkeypatch
):
    def fails(**given: Any) -> int:
        raise ZeroDivisionError("nobody thought of this")

    alarm = raised(cast.lamp_hill)
    with mine_scope(alarm.mine_id):
        Alarm.objects.update(escalates_at=timezone.now() - timedelta(seconds=1))
    pulses: list[str] = []
    monkeypatch.setattr(tasks, "silences_due", fails)
    monkeypatch.setattr(tasks, "pulse", pulses.append)
    with pytest.raises(ExceptionGroup):
        keep_time()
    assert told(alarm) == ["shift_leader"]
    assert pulses == [], "the health page says that not all of it was done"


def test_of_a_database_that_is_away_one_word_is_enough():
    asked = []

    def away() -> None:
        asked.append(1)
        raise OperationalError("the connection is refused")

    with pytest.raises(OperationalError):
        apart([away, away, away])
    assert len(asked) == 1
