"""An answer is about the alarm as it was shown: what came meanwhile still asks."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.alarms.answers import alarm_acknowledge, alarm_call_false, became_worse
from apps.alarms.models import Alarm
from apps.alarms.services import alarm_clear
from apps.audit.models import AuditEntry
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm

WORDS = "a fitter at his post, all is well"
REFUSED = "It became worse, or happened again, after it was shown to you."


def warned(cast: Cast, after_s: float = 0, **changes: Any) -> Alarm:
    """Raise the alarm that somebody begins to answer."""
    usual = {"level": "warning", "severity": "medium", "at": NOON + timedelta(seconds=after_s)}
    return Alarm.objects.get(pk=an_alarm(cast.lamp_hill, **(usual | changes)).pk)


def endangered(cast: Cast, **changes: Any) -> Alarm:
    """Let somebody walk into the danger while the answer is written."""
    return warned(cast, 20, **{"level": "danger", "severity": "critical", **changes})


def cleared(cast: Cast, after_s: float) -> None:
    at = NOON + timedelta(seconds=after_s)
    alarm_clear(camera=cast.lamp_hill.camera, rule="r1", situation="r1:1", at=at)


def noted(alarm: Alarm) -> list[str]:
    return [step.note for step in alarm.transitions.filter(cause="noted")]


def client(cast: Cast) -> Client:
    found = Client()
    found.force_login(cast.operator)
    return found


def test_an_answer_that_was_begun_under_a_warning_leaves_the_danger_asking(hill: Cast):
    mark = warned(hill).mark
    alarm = endangered(hill)
    answered = alarm_acknowledge(alarm=alarm, actor=hill.operator, note=WORDS, mark=mark)
    assert became_worse(answered, mark) and noted(alarm) == [WORDS]
    now = Alarm.objects.get(pk=alarm.pk)
    assert (now.state, now.acknowledged_by, now.escalates_to) == (
        "unacknowledged", None, "shift_leader",
    )  # fmt: skip
    again = alarm_acknowledge(alarm=alarm, actor=hill.operator, mark=now.mark)
    assert again.state == "acknowledged" and not became_worse(again, now.mark)


def test_a_danger_is_not_called_false_by_whom_a_warning_was_shown(hill: Cast):
    mark = warned(hill).mark
    alarm = endangered(hill)
    given = {"alarm": alarm, "actor": hill.operator, "mark": mark, "reason": "allowed here"}
    alarm_call_false(**given)
    now = Alarm.objects.get(pk=alarm.pk)
    assert (now.state, now.verdict, now.finding) == ("unacknowledged", "", "")
    alarm_acknowledge(alarm=alarm, actor=hill.admin)
    late = alarm_call_false(**given)
    assert (late.verdict, late.acknowledged_by) == ("", hill.admin), (
        "nor after a colleague's answer"
    )
    assert noted(alarm) == ["allowed here"], "the same words are kept once"
    assert AuditEntry.objects.filter(action="alarm.noted", actor=hill.operator).count() == 1


def test_who_comes_again_is_not_answered_by_what_was_begun_before(hill: Cast):
    alarm = warned(hill)
    cleared(hill, 5)
    again = warned(hill, 20, situation="r1:2")
    assert again.pk == alarm.pk
    answered = alarm_acknowledge(alarm=again, actor=hill.operator, mark=alarm.mark)
    assert answered.state == "unacknowledged"


def test_a_level_that_rises_without_a_severity_is_more_than_was_shown(hill: Cast):
    mark = warned(hill, severity="critical").mark
    answered = alarm_acknowledge(alarm=endangered(hill), actor=hill.operator, mark=mark)
    assert answered.state == "unacknowledged"


@pytest.mark.parametrize("meanwhile", ["over", "seen", "nothing"])
def test_what_did_not_become_worse_is_answered(hill: Cast, meanwhile: str):
    alarm = warned(hill)
    if meanwhile == "over":
        cleared(hill, 5)
    if meanwhile == "seen":
        warned(hill)
    answered = alarm_acknowledge(alarm=alarm, actor=hill.operator, mark=alarm.mark)
    assert answered.acknowledged_by == hill.operator and not became_worse(answered, alarm.mark)


def test_the_page_says_so_keeps_the_words_and_shows_the_alarm_as_it_is(cast: Cast):
    chen, hill = client(cast), cast.lamp_hill.mine.pk
    with mine_scope(hill):
        alarm = warned(cast)
    address = f"/alarms/{alarm.pk}/"
    form = {"note": WORDS, "mark": alarm.mark}
    assert f'name="mark" value="{alarm.mark}"' in chen.get(address).content.decode()
    with mine_scope(hill):
        alarm = endangered(cast)
    page = chen.post(f"{address}acknowledge/", form, follow=True).content.decode()
    assert REFUSED in page and f"<q>{WORDS}</q>" in page and "not answered" in page
    assert f'name="mark" value="{alarm.mark}"' in page, "the next answer is about what it shows"
    page = chen.post(f"{address}acknowledge/", {"mark": alarm.mark}, follow=True).content.decode()
    assert REFUSED not in page and "answered, still there" in page


@pytest.mark.parametrize(("verb", "words"), [("acknowledge", "note"), ("false", "reason")])
def test_a_program_that_says_what_it_was_shown_is_told(cast: Cast, verb: str, words: str):
    chen, hill = client(cast), cast.lamp_hill.mine.pk
    with mine_scope(hill):
        number = warned(cast).pk
    address = f"/api/v1/alarms/{number}/"
    given = {"mark": chen.get(address).json()["mark"], words: WORDS}
    with mine_scope(hill):
        endangered(cast)
    refused = chen.post(f"{address}{verb}/", given, "application/json")
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["code"], error["field"]) == (409, "conflict", "mark")
    now = chen.get(address).json()
    assert (now["state"], now["verdict"], now["escalates_to"]) == (
        "unacknowledged", "", "shift_leader",
    )  # fmt: skip
    assert [step["note"] for step in now["transitions"] if step["cause"] == "noted"] == [WORDS]
    done = chen.post(f"{address}{verb}/", {words: WORDS}, "application/json")
    assert (done.status_code, done.json()["state"]) == (200, "acknowledged"), "it may say nothing"
