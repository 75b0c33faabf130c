"""An alarm's life: raised, seen, cleared and acknowledged once each, whatever comes twice."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from apps.alarms.answers import (
    alarm_acknowledge,
    alarm_assign,
    alarm_call,
    alarm_call_false,
    alarm_reset,
)
from apps.alarms.models import Alarm, AlarmTransition
from apps.alarms.selectors import alarms_open
from apps.alarms.services import alarm_clear, alarm_see
from apps.audit.models import AuditEntry
from apps.evidence.models import Clip
from apps.live.models import Event
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm


@pytest.fixture
def hill(cast: Cast):
    """The cast, with Lamp Hill in scope."""
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def clear(cast: Cast, after_s: float, situation: str = "r1:1") -> Alarm | None:
    at = NOON + timedelta(seconds=after_s)
    return alarm_clear(camera=cast.lamp_hill.camera, rule="r1", situation=situation, at=at)


def again(cast: Cast, after_s: float, situation: str) -> Alarm:
    return an_alarm(cast.lamp_hill, situation=situation, at=NOON + timedelta(seconds=after_s))


def test_a_raise_writes_row_step_audit_event_and_clip_together(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    assert alarm.state == Alarm.State.UNACKNOWLEDGED
    assert AlarmTransition.objects.filter(alarm=alarm).count() == 1
    assert AuditEntry.objects.filter(action="alarm.raised").count() == 1
    assert kinds()[-1] == "alarm.raised"
    clip = Clip.objects.get(alarm=alarm)
    assert clip.wanted_from == NOON - timedelta(seconds=10)
    assert clip.wanted_until == NOON + timedelta(seconds=20)


def test_a_less_severe_alarm_keeps_five_seconds_on_both_sides(hill: Cast):
    clip = an_alarm(hill.lamp_hill, severity="medium", level="warning").clips.get()
    assert clip.wanted_until - clip.wanted_from == timedelta(seconds=10)


def test_the_same_finding_twice_is_one_alarm(hill: Cast):
    first, second = an_alarm(hill.lamp_hill), an_alarm(hill.lamp_hill)
    assert first.pk == second.pk
    assert kinds().count("alarm.raised") == 1


def test_a_situation_that_grows_asks_for_a_new_answer(hill: Cast):
    alarm = an_alarm(hill.lamp_hill, severity="medium", level="warning")
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    worse = an_alarm(hill.lamp_hill, at=NOON + timedelta(seconds=3))
    assert worse.pk == alarm.pk
    assert (worse.severity, worse.level, worse.state) == ("critical", "danger", "unacknowledged")
    assert worse.raised_at == NOON


def test_what_is_shown_is_the_worst_of_the_occurrence(hill: Cast):
    def see(after_s: float, level: str) -> str:
        alarm = alarm_see(
            camera=hill.lamp_hill.camera, rule="r1", situation="r1:1", level=level,
            at=NOON + timedelta(seconds=after_s), why=f"in {level}", values={}, boxes=[],
        )  # fmt: skip
        return alarm.why

    an_alarm(hill.lamp_hill, severity="medium", level="warning", why="in warning")
    assert an_alarm(hill.lamp_hill, why="in danger").why == "in danger"
    assert see(2, "warning") == "in danger"
    assert see(3, "danger") == "in danger"


def test_a_danger_after_a_warning_gets_a_clip_of_its_own(hill: Cast):
    alarm = an_alarm(hill.lamp_hill, severity="medium", level="warning")
    an_alarm(hill.lamp_hill, at=NOON + timedelta(seconds=2))
    spans = [clip.wanted_until - clip.wanted_from for clip in alarm.clips.order_by("created_at")]
    assert spans == [timedelta(seconds=10), timedelta(seconds=30)]


def test_an_occurrence_that_begins_as_a_warning_and_grows_says_danger(hill: Cast):
    an_alarm(hill.lamp_hill)
    clear(hill, 5)
    late = NOON + timedelta(seconds=20)
    again_ = an_alarm(
        hill.lamp_hill, situation="r1:2", level="warning", severity="medium", at=late, why="warned"
    )
    assert (again_.count, again_.severity, again_.why) == (2, "critical", "warned")
    grown = an_alarm(hill.lamp_hill, situation="r1:2", at=late, why="danger again")
    assert (grown.count, grown.why) == (2, "danger again")


def test_clearing_leaves_an_unanswered_alarm_open(hill: Cast):
    an_alarm(hill.lamp_hill)
    assert clear(hill, 9).state == Alarm.State.RETURNED
    assert [alarm.state for alarm in alarms_open()] == ["returned"]
    assert clear(hill, 10) is None, "the second clear finds nothing to clear"
    assert kinds().count("alarm.cleared") == 1


def test_answered_and_cleared_is_closed_in_either_order(hill: Cast):
    alarm = an_alarm(hill.lamp_hill, severity="high")
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    assert clear(hill, 9).state == Alarm.State.CLOSED
    second = an_alarm(
        hill.lamp_hill, severity="high", situation="r1:2", at=NOON + timedelta(seconds=20)
    )
    clear(hill, 25, "r1:2")
    assert alarm_acknowledge(alarm=second, actor=hill.operator).state == Alarm.State.CLOSED
    assert not alarms_open().exists()


def test_a_critical_alarm_stays_latched_until_somebody_says_what_was_found(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    with pytest.raises(ValidationError, match="over and answered"):
        alarm_reset(alarm=alarm, actor=hill.operator, finding="nobody there")
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    assert clear(hill, 9).state == Alarm.State.LATCHED
    assert [one.state for one in alarms_open()] == ["latched"]
    with pytest.raises(ValidationError):
        alarm_reset(alarm=alarm, actor=hill.operator, finding=" ")
    for who in (hill.operator, hill.admin):
        closed = alarm_reset(alarm=alarm, actor=who, finding="fitter sent away, drum guarded")
    assert (closed.state, closed.finding) == ("closed", "fitter sent away, drum guarded")
    assert kinds().count("alarm.reset") == 1


def test_calling_an_alarm_false_answers_it_and_changes_no_rule(hill: Cast):
    alarm = an_alarm(hill.lamp_hill, severity="high")
    with pytest.raises(ValidationError):
        alarm_call_false(alarm=alarm, actor=hill.operator, reason="")
    for _ in range(2):
        called = alarm_call_false(alarm=alarm, actor=hill.operator, reason="a coat on a hook")
    assert (called.state, called.verdict, called.finding) == (
        "acknowledged", "false", "a coat on a hook",
    )  # fmt: skip
    assert called.acknowledged_by == hill.operator
    assert AlarmTransition.objects.filter(alarm=alarm, cause="judged_false").count() == 1


def test_a_false_critical_alarm_still_needs_its_reset(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    alarm_call_false(alarm=alarm, actor=hill.operator, reason="a shadow")
    assert clear(hill, 9).state == Alarm.State.LATCHED


def test_a_call_is_noted_with_who_whom_and_what_and_answers_nothing(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    called = alarm_call(
        alarm=alarm, actor=hill.operator, whom="winch driver", said="stops now", desk="desk 2"
    )
    assert called.state == "unacknowledged"
    step = AlarmTransition.objects.filter(alarm=alarm).last()
    assert (step.cause, step.actor, step.desk) == ("called", hill.operator, "desk 2")
    assert (step.detail, step.note) == ({"whom": "winch driver"}, "stops now")


def test_an_alarm_is_assigned_to_somebody_of_its_own_mine_only(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    assert alarm_assign(alarm=alarm, actor=hill.operator, to=hill.admin).assigned_to == hill.admin
    with pytest.raises(ValidationError):
        alarm_assign(alarm=alarm, actor=hill.operator, to=hill.stranger)


def test_the_first_answer_stands(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    alarm_acknowledge(alarm=alarm, actor=hill.operator, note="phoned the driver")
    again_ = alarm_acknowledge(alarm=alarm, actor=hill.admin)
    assert again_.acknowledged_by == hill.operator
    assert kinds().count("alarm.acknowledged") == 1


def test_pacing_in_and_out_unanswered_is_one_alarm_with_a_count(hill: Cast):
    first = an_alarm(hill.lamp_hill)
    for n in range(2, 5):
        clear(hill, n * 10 - 15, f"r1:{n - 1}")
        alarm = again(hill, n * 10 - 10, f"r1:{n}")
    assert (alarm.pk, alarm.count, alarm.state) == (first.pk, 4, "unacknowledged")
    assert alarm.raised_at == NOON


def test_a_new_entry_after_an_answer_is_a_new_alarm(hill: Cast):
    first = an_alarm(hill.lamp_hill)
    alarm_acknowledge(alarm=first, actor=hill.operator)
    clear(hill, 5)
    assert again(hill, 20, "r1:2").pk != first.pk


def test_an_entry_long_after_is_a_new_alarm(hill: Cast):
    first = an_alarm(hill.lamp_hill)
    clear(hill, 5)
    assert again(hill, 5 + 301, "r1:2").pk != first.pk


def test_an_engine_that_lost_its_state_does_not_double_the_alarm(hill: Cast):
    first = an_alarm(hill.lamp_hill)
    assert again(hill, 4, "r1:renamed").pk == first.pk
    assert clear(hill, 9, "r1:renamed").state == Alarm.State.RETURNED


def test_a_clear_of_an_older_situation_does_not_end_the_present_one(hill: Cast):
    an_alarm(hill.lamp_hill)
    clear(hill, 5)
    again(hill, 8, "r1:2")
    assert clear(hill, 9, "r1:1") is None
    assert Alarm.objects.get().cleared_at is None


def answered_and_over(cast: Cast, at: datetime) -> Alarm:
    """Leave an alarm of before the clock was set back, which nothing goes on with."""
    old = an_alarm(cast.lamp_hill, situation="r1:old", at=at)
    clear(cast, (at - NOON).total_seconds() + 5, "r1:old")
    alarm_acknowledge(alarm=old, actor=cast.operator)
    return old


def test_an_alarm_after_the_clock_was_set_back_still_becomes_worse(hill: Cast):
    old = answered_and_over(hill, NOON + timedelta(minutes=10))
    new = an_alarm(hill.lamp_hill, situation="r1:new", severity="high", level="warning")
    assert new.pk != old.pk
    worse = again(hill, 2, "r1:new")
    assert (worse.pk, worse.severity, worse.state) == (new.pk, "critical", "unacknowledged")


def test_a_danger_after_the_clock_was_set_back_folds_into_the_alarm_before_it(hill: Cast):
    answered_and_over(hill, NOON + timedelta(minutes=10))
    new = an_alarm(hill.lamp_hill, situation="r1:new")
    clear(hill, 5, "r1:new")
    folded = again(hill, 20, "r1:newer")
    assert (folded.pk, folded.count) == (new.pk, 2)


def test_a_raise_of_before_the_clock_was_set_back_changes_nothing_when_it_comes_again(hill: Cast):
    old = answered_and_over(hill, NOON + timedelta(minutes=10))
    new = an_alarm(hill.lamp_hill, situation="r1:new")
    for _ in range(2):
        an_alarm(hill.lamp_hill, situation="r1:new")
    assert list(Alarm.objects.order_by("pk")) == [old, new]
