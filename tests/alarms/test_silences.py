"""Shelved, suppressed and out of service: by whom, for how long, and what asks again afterwards."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.alarms.answers import alarm_acknowledge, alarm_reset
from apps.alarms.models import Alarm, AlarmTransition, Silence
from apps.alarms.selectors import desk_data, silences
from apps.alarms.services import alarm_clear
from apps.alarms.silences import (
    permits_follow,
    silence_agree,
    silence_ask,
    silence_end,
    silences_due,
)
from apps.audit.models import AuditEntry
from apps.live.models import Event
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm

HOUR = timedelta(hours=1)


@pytest.fixture
def hill(cast: Cast):
    """The cast, with Lamp Hill in scope."""
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def lingers(cast: Cast, **changes) -> Alarm:
    """Raise an alarm on which no life hangs."""
    usual = {"rule": "r2", "rule_type": "loitering", "situation": "r2:1", "severity": "high"}
    return an_alarm(cast.lamp_hill, **(usual | changes))


def over(cast: Cast, situation: str = "r2:1", rule: str = "r2", after_s: float = 9) -> Alarm:
    at = NOON + timedelta(seconds=after_s)
    alarm = alarm_clear(camera=cast.lamp_hill.camera, rule=rule, situation=situation, at=at)
    assert alarm is not None
    return alarm


def shelve(cast: Cast, rule: str = "r2", **changes) -> Silence:
    usual = {
        "camera": cast.lamp_hill.camera, "rule": rule, "kind": "shelved", "length": HOUR,
        "reason": "lamp swings in the draught", "actor": cast.operator, "desk": "desk 2",
    }  # fmt: skip
    return silence_ask(**(usual | changes))


def state(alarm: Alarm) -> str:
    return Alarm.objects.get(pk=alarm.pk).state


def test_a_shelved_alarm_asks_nobody_and_is_listed_with_who_why_and_until_when(hill: Cast):
    alarm = lingers(hill)
    silence = shelve(hill)
    assert state(alarm) == "shelved"
    step = AlarmTransition.objects.filter(alarm=alarm).last()
    assert (step.actor, step.desk, step.note) == (hill.operator, "desk 2", silence.reason)
    [row] = desk_data(mine_ids=[hill.lamp_hill.mine.pk])["silences"]
    assert (row["asked_by"], row["reason"]) == ("chen", "lamp swings in the draught")
    assert row["until"] == silence.until.isoformat()
    assert AuditEntry.objects.filter(action="silence.began").count() == 1
    assert Event.objects.filter(kind="silence.began").count() == 1


def test_a_silence_returns_by_itself_and_the_alarm_asks_with_its_first_time(hill: Cast):
    alarm = lingers(hill)
    shelve(hill)
    later = timezone.now() + HOUR
    assert silences_due(now=later - timedelta(seconds=1)) == 0
    assert silences_due(now=later) == 1
    assert silences_due(now=later) == 0, "the beat twice ends nothing twice"
    again = Alarm.objects.get(pk=alarm.pk)
    assert (again.state, again.raised_at) == ("unacknowledged", NOON)
    assert not silences().exists()


def test_a_late_beat_silences_nothing_longer_than_it_says(hill: Cast):
    silence = shelve(hill)
    Silence.objects.filter(pk=silence.pk).update(until=timezone.now() - timedelta(seconds=1))
    assert lingers(hill).state == "unacknowledged"


def test_what_happened_while_shelved_is_one_alarm_with_a_count_that_asks_afterwards(hill: Cast):
    silence = shelve(hill)
    for n in range(1, 4):
        lingers(hill, situation=f"r2:{n}", at=NOON + timedelta(minutes=20 * n))
        alarm = over(hill, f"r2:{n}", after_s=1200 * n + 9)
    assert (alarm.state, alarm.count) == ("shelved", 3)
    silence_end(silence=silence, actor=hill.operator)
    assert state(alarm) == "returned"


def test_an_answered_alarm_that_ended_while_shelved_asks_nothing_more(hill: Cast):
    alarm = lingers(hill)
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    silence = shelve(hill)
    over(hill)
    silence_end(silence=silence, actor=hill.operator)
    assert state(alarm) == "closed"


def test_what_was_over_and_unanswered_before_still_asks(hill: Cast):
    alarm = lingers(hill)
    over(hill)
    shelve(hill)
    assert state(alarm) == "returned"
    fresh = lingers(hill, situation="r2:2", at=NOON + timedelta(seconds=20))
    assert (fresh.pk != alarm.pk, fresh.state, state(alarm)) == (True, "shelved", "returned")


@pytest.mark.parametrize("length", [timedelta(0), timedelta(hours=8, seconds=1)])
def test_nothing_is_shelved_for_longer_than_eight_hours(hill: Cast, length: timedelta):
    with pytest.raises(ValidationError):
        shelve(hill, length=length)
    assert shelve(hill, length=timedelta(hours=8)).since is not None


def test_nothing_is_shelved_without_a_reason(hill: Cast):
    with pytest.raises(ValidationError):
        shelve(hill, reason="  ")


def test_nothing_is_shelved_twice(hill: Cast):
    shelve(hill)
    with pytest.raises(ValidationError, match="already"):
        shelve(hill)


def test_a_critical_rule_needs_a_second_person(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    silence = shelve(hill, "r1")
    assert (silence.since, state(alarm)) == (None, "unacknowledged")
    with pytest.raises(ValidationError, match="second person"):
        silence_agree(silence=silence, actor=hill.operator)
    silence_agree(silence=silence, actor=hill.admin)
    assert state(alarm) == "shelved"
    assert silence_agree(silence=silence, actor=hill.owner).agreed_by == hill.admin


def test_the_rule_is_critical_by_its_scene_even_while_only_its_warning_is_there(hill: Cast):
    an_alarm(hill.lamp_hill, severity="medium", level="warning")
    assert shelve(hill, "r1").needs_second


def test_an_older_lesser_alarm_of_the_rule_hides_no_critical_one(hill: Cast):
    lingers(hill)
    over(hill)
    alarm = lingers(hill, situation="r2:2", severity="critical", at=NOON + timedelta(hours=1))
    assert shelve(hill).needs_second
    assert state(alarm) == "unacknowledged"


def test_a_clock_set_back_makes_no_silence_longer_than_was_agreed(hill: Cast):
    alarm = lingers(hill)
    right = timezone.now()
    with time_machine.travel(right + HOUR, tick=False) as clock:
        shelve(hill, length=timedelta(minutes=30))
        permits_follow(camera=hill.lamp_hill.camera, permits={"r5": "hot work"})
        assert silences_due(now=timezone.now()) == 0
        clock.move_to(right)
        assert silences_due(now=timezone.now()) == 1, "the permit goes on as the engine says"
        assert (state(alarm), silences().get().rule) == ("unacknowledged", "r5")
        shelve(hill, length=timedelta(minutes=30))
        assert silences_due(now=timezone.now()) == 0


def test_the_database_itself_wants_another_person(hill: Cast):
    silence = shelve(hill, "r1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Silence.objects.filter(pk=silence.pk).update(since=timezone.now(), agreed_by=hill.operator)


def test_a_second_person_who_does_not_come_leaves_everything_as_it_was(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    silence = shelve(hill, "r1")
    assert silences_due(now=timezone.now() + timedelta(minutes=15)) == 1
    with pytest.raises(ValidationError, match="ask anew"):
        silence_agree(silence=silence, actor=hill.admin)
    assert state(alarm) == "unacknowledged"


def test_an_alarm_that_becomes_critical_breaks_one_persons_silence(hill: Cast):
    shelve(hill)
    alarm = lingers(hill)
    assert alarm.state == "shelved"
    assert lingers(hill, severity="critical", level="danger").state == "unacknowledged"


def test_a_shelved_critical_that_is_over_is_answered_and_reset_afterwards(hill: Cast):
    silence = shelve(hill, "r1")
    silence_agree(silence=silence, actor=hill.admin)
    alarm = an_alarm(hill.lamp_hill)
    over(hill, "r1:1", "r1")
    silence_end(silence=silence, actor=hill.operator)
    assert state(alarm) == "returned"
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    assert state(alarm) == "latched"
    alarm_reset(alarm=alarm, actor=hill.operator, finding="fitters at the drum, winch locked")
    assert state(alarm) == "closed"


def test_a_shelved_alarm_cannot_be_answered_meanwhile(hill: Cast):
    alarm = lingers(hill)
    shelve(hill)
    with pytest.raises(ValidationError, match="shelved"):
        alarm_acknowledge(alarm=alarm, actor=hill.operator)


def test_out_of_service_outlasts_a_shelf_that_ends(hill: Cast):
    alarm = lingers(hill)
    shelf = shelve(hill)
    out = shelve(hill, kind="out_of_service", length=timedelta(days=3), actor=hill.admin)
    assert state(alarm) == "out_of_service"
    silence_end(silence=shelf, actor=hill.operator)
    assert state(alarm) == "out_of_service"
    silence_end(silence=out, actor=hill.admin)
    assert state(alarm) == "unacknowledged"


def test_an_open_permit_is_listed_and_ends_with_the_permit(hill: Cast):
    camera = hill.lamp_hill.camera
    before = an_alarm(hill.lamp_hill)
    for _ in range(2):
        permits_follow(camera=camera, permits={"r1": "permit-7"})
    [row] = silences()
    assert (row.kind, row.reason, row.until) == ("suppressed", "permit-7", None)
    assert state(before) == "unacknowledged", "what was there before the permit still asks"
    with pytest.raises(ValidationError, match="permit"):
        silence_end(silence=row, actor=hill.owner)
    permits_follow(camera=camera, permits={})
    assert not silences().exists()
    assert Event.objects.filter(kind__startswith="silence.").count() == 2


def test_an_alarm_raised_under_an_open_permit_is_suppressed_and_asks_when_it_closes(hill: Cast):
    camera = hill.lamp_hill.camera
    permits_follow(camera=camera, permits={"r1": "permit-7"})
    alarm = an_alarm(hill.lamp_hill)
    assert alarm.state == "suppressed"
    permits_follow(camera=camera, permits={})
    assert state(alarm) == "unacknowledged"
