"""Who is told when nobody answers: on time, late, twice, and not after an answer."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.alarms.answers import alarm_acknowledge
from apps.alarms.escalation import escalations_due, ladder_set
from apps.alarms.models import Alarm, AlarmTransition
from apps.alarms.selectors import alarm_data
from apps.alarms.services import alarm_clear
from apps.alarms.silences import silence_ask, silence_end
from apps.live.models import Event
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm


@pytest.fixture
def hill(cast: Cast):
    """The cast, with Lamp Hill in scope."""
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def fresh(alarm: Alarm) -> Alarm:
    return Alarm.objects.get(pk=alarm.pk)


def asked(alarm: Alarm) -> datetime:
    moment = fresh(alarm).asked_at
    assert moment is not None
    return moment


def told(alarm: Alarm, after_s: float) -> list[str]:
    """Let the beat come so long after the alarm began to ask; return who has been told by then."""
    escalations_due(now=asked(alarm) + timedelta(seconds=after_s))
    steps = AlarmTransition.objects.filter(alarm=alarm, cause="told")
    return [step.detail["whom"] for step in steps]


def test_a_critical_alarm_climbs_after_half_a_minute_two_five_and_ten(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    assert told(alarm, 29.9) == []
    assert told(alarm, 30) == ["shift_leader"]
    assert told(alarm, 30) == ["shift_leader"], "the beat twice tells nobody twice"
    assert told(alarm, 120) == ["shift_leader", "duty_leader"]
    assert told(alarm, 600) == ["shift_leader", "duty_leader", "director", "group"]
    assert told(alarm, 10**6)[4:] == []
    assert Event.objects.filter(kind="alarm.told").count() == 4


def test_a_high_alarm_climbs_after_three_ten_and_thirty_minutes(hill: Cast):
    alarm = an_alarm(hill.lamp_hill, severity="high")
    assert told(alarm, 179) == []
    assert told(alarm, 1800) == ["shift_leader", "duty_leader", "director"]


def test_lesser_alarms_climb_nowhere(hill: Cast):
    assert told(an_alarm(hill.lamp_hill, severity="medium"), 10**6) == []


def test_a_late_beat_tells_every_rung_and_how_late(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    assert told(alarm, 130) == ["shift_leader", "duty_leader"]
    late = [step.detail["late_s"] for step in AlarmTransition.objects.filter(cause="told")]
    assert late == [100, 10]


def test_the_desk_knows_the_next_rung_and_when(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    data = alarm_data(fresh(alarm))
    assert data["escalates_to"] == "shift_leader"
    assert data["escalates_at"] == (asked(alarm) + timedelta(seconds=30)).isoformat()
    told(alarm, 600)
    assert alarm_data(fresh(alarm))["escalates_at"] is None


def test_an_answer_ends_the_climb(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    assert fresh(alarm).escalates_at is None
    assert escalations_due(now=timezone.now() + timedelta(hours=1)) == 0


def test_what_is_over_and_not_answered_climbs_on(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    at = NOON + timedelta(seconds=5)
    alarm_clear(camera=hill.lamp_hill.camera, rule="r1", situation="r1:1", at=at)
    assert told(alarm, 30) == ["shift_leader"]


def test_what_became_critical_begins_at_the_first_rung(hill: Cast):
    alarm = an_alarm(hill.lamp_hill, severity="high")
    told(alarm, 600)
    an_alarm(hill.lamp_hill)
    assert (fresh(alarm).told, fresh(alarm).escalates_to) == (0, "shift_leader")
    assert told(alarm, 30)[2:] == ["shift_leader"]


def test_a_shelved_alarm_climbs_nowhere_and_begins_anew_afterwards(hill: Cast):
    alarm = an_alarm(hill.lamp_hill, severity="high", rule="r2")
    told(alarm, 200)
    silence = silence_ask(
        camera=hill.lamp_hill.camera, rule="r2", kind="shelved", length=timedelta(hours=1),
        reason="repair", actor=hill.operator,
    )  # fmt: skip
    assert escalations_due(now=timezone.now() + timedelta(hours=1)) == 0
    silence_end(silence=silence, actor=hill.operator)
    assert (fresh(alarm).told, fresh(alarm).escalates_to) == (0, "shift_leader")


def test_an_alarm_from_before_there_were_ladders_climbs_too(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    Alarm.objects.filter(pk=alarm.pk).update(asked_at=None, escalates_at=None, escalates_to="")
    escalations_due(now=timezone.now())
    assert told(alarm, 30) == ["shift_leader"]


def test_a_mine_sets_its_own_ladder_and_asking_alarms_follow_it_at_once(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    ladder_set(
        mine=hill.lamp_hill.mine, rungs={"critical": [(10, "Old Li"), (20, "Wang")]},
        actor=hill.admin,
    )  # fmt: skip
    assert told(alarm, 10) == ["Old Li"]
    assert told(alarm, 20) == ["Old Li", "Wang"]
    assert told(an_alarm(hill.lamp_hill, rule="r2", severity="high"), 180) == ["shift_leader"]


@pytest.mark.parametrize(
    "rungs",
    [
        {"critical": []},
        {"high": [(60, "a"), (60, "b")]},
        {"high": [(60, "a"), (30, "b")]},
        {"high": [(4, "a")]},
        {"high": [(60, " ")]},
        {"urgent": [(60, "a")]},
        {"high": [(10 * n, "a") for n in range(1, 8)]},
    ],
)
def test_a_ladder_that_makes_no_sense_is_refused(hill: Cast, rungs: dict):
    with pytest.raises(ValidationError):
        ladder_set(mine=hill.lamp_hill.mine, rungs=rungs, actor=hill.admin)


def test_who_comes_next_is_told_in_time_also_after_the_clock_was_set_back(hill: Cast):
    right = timezone.now()
    with time_machine.travel(right + timedelta(hours=1), tick=False) as clock:
        alarm = an_alarm(hill.lamp_hill)
        clock.shift(31)
        escalations_due(now=timezone.now())
        clock.move_to(right)
        escalations_due(now=timezone.now())
        assert asked(alarm) == right
        assert (fresh(alarm).told, fresh(alarm).escalates_to) == (1, "duty_leader")
        clock.shift(119)
        assert escalations_due(now=timezone.now()) == 0
        clock.shift(1)
        assert escalations_due(now=timezone.now()) == 1
