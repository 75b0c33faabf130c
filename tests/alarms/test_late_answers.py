"""Words that come a moment after somebody else's answer: kept, once, and the first one stands."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.alarms.answers import alarm_acknowledge, alarm_call_false, alarm_reset
from apps.alarms.models import Alarm
from apps.alarms.services import alarm_clear
from apps.alarms.silences import silence_ask
from apps.audit.models import AuditEntry
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm

CALLED = "called Li at the winch, winch stopped, two men out"


@pytest.fixture
def hill(cast: Cast):
    """The cast, with Lamp Hill in scope."""
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def latched(cast: Cast) -> Alarm:
    alarm = an_alarm(cast.lamp_hill)
    alarm_acknowledge(alarm=alarm, actor=cast.admin)
    at = NOON + timedelta(seconds=9)
    alarm_clear(camera=cast.lamp_hill.camera, rule="r1", situation="r1:1", at=at)
    alarm.refresh_from_db()
    return alarm


def noted(alarm: Alarm) -> list[tuple[User | None, str]]:
    return [(step.actor, step.note) for step in alarm.transitions.filter(cause="noted")]


def client(person: User) -> Client:
    found = Client()
    found.force_login(person)
    return found


def test_a_note_after_a_colleague_s_answer_is_kept_once_and_the_answer_stands(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    alarm_acknowledge(alarm=alarm, actor=hill.admin)
    for _ in range(2):
        late = alarm_acknowledge(alarm=alarm, actor=hill.operator, note=CALLED, desk="desk 2")
    assert (late.state, late.acknowledged_by) == ("acknowledged", hill.admin)
    assert noted(alarm) == [(hill.operator, CALLED)]
    assert AuditEntry.objects.filter(action="alarm.noted", actor=hill.operator.pk).count() == 1


def test_an_answer_that_is_sent_again_or_says_nothing_notes_nothing(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    for _ in range(2):
        alarm_acknowledge(alarm=alarm, actor=hill.admin, note=CALLED)
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    assert noted(alarm) == []


def test_what_a_second_person_found_is_kept_beside_the_first_finding(hill: Cast):
    alarm = latched(hill)
    alarm_reset(alarm=alarm, actor=hill.admin, finding="a fitter")
    alarm_reset(alarm=alarm, actor=hill.operator, finding="two fitters, one is hurt")
    alarm.refresh_from_db()
    assert (alarm.state, alarm.finding) == ("closed", "a fitter")
    assert noted(alarm) == [(hill.operator, "two fitters, one is hurt")]


def test_a_second_reason_why_it_was_false_is_kept_beside_the_first(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    alarm_call_false(alarm=alarm, actor=hill.admin, reason="a coat")
    alarm_call_false(alarm=alarm, actor=hill.operator, reason="a coat and a lamp")
    alarm.refresh_from_db()
    assert alarm.finding == "a coat" and noted(alarm) == [(hill.operator, "a coat and a lamp")]


def test_the_page_says_that_somebody_was_first_and_shows_both(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill)
        alarm_acknowledge(alarm=alarm, actor=cast.admin)
    address = f"/alarms/{alarm.pk}/acknowledge/"
    page = client(cast.operator).post(address, {"note": CALLED}, follow=True).content.decode()
    assert "Somebody answered before you" in page and f"<q>{CALLED}</q>" in page
    page = client(cast.operator).post(address, {"note": ""}, follow=True).content.decode()
    assert "Somebody answered before you" not in page, "nothing was said, and nothing is kept"


def test_a_finding_for_what_is_latched_no_more_comes_back_with_its_words(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill)
    answer = client(cast.operator).post(f"/alarms/{alarm.pk}/reset/", {"finding": "a fitter"})
    page = answer.content.decode()
    assert answer.status_code == 400 and "a fitter</textarea>" in page
    assert f'action="/alarms/{alarm.pk}/reset/"' in page


def test_a_note_for_what_was_shelved_meanwhile_comes_back_with_its_words(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        lesser = {"rule": "r2", "rule_type": "loitering", "severity": "high"}
        alarm = an_alarm(cast.lamp_hill, situation="r2:1", **lesser)
        silence_ask(
            camera=cast.lamp_hill.camera, rule="r2", kind="shelved", length=timedelta(hours=1),
            reason="repair", actor=cast.admin,
        )  # fmt: skip
    answer = client(cast.operator).post(f"/alarms/{alarm.pk}/acknowledge/", {"note": CALLED})
    page = answer.content.decode()
    assert answer.status_code == 400 and f"{CALLED}</textarea>" in page
    assert "This alarm is shelved: end that first." in page


def test_a_program_s_late_words_are_a_step_of_the_alarm(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = latched(cast)
    chen, address = client(cast.operator), f"/api/v1/alarms/{alarm.pk}/"
    first = chen.post(f"{address}acknowledge/", {"note": CALLED}, "application/json")
    assert (first.status_code, first.json()["acknowledged_by"]) == (200, "ben")
    for finding in ("a fitter", "two fitters"):
        chen.post(f"{address}reset/", {"finding": finding}, "application/json")
    steps = chen.get(address).json()["transitions"]
    assert [step["note"] for step in steps if step["cause"] == "noted"] == [CALLED, "two fitters"]
