"""An alarm whose camera is switched off: nobody watches it any more, and a person closes it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from apps.alarms.answers import alarm_acknowledge, alarm_call_false, alarm_reset
from apps.alarms.models import Alarm
from apps.alarms.services import alarm_see
from apps.cameras.services import camera_update
from tests.cast import NOON, Cast, Place, an_alarm

GONE = "the camera was taken down; called Li, nobody is there"
LATER = NOON + timedelta(seconds=30)
PLACE = {"zone": "danger", "place": "slope"}


def answered(cast: Cast, severity: str = "high") -> Alarm:
    return alarm_acknowledge(alarm=an_alarm(cast.lamp_hill, severity=severity), actor=cast.operator)


def switch(where: Place, *, on: bool) -> None:
    camera_update(camera=where.camera, enabled=on)


@pytest.mark.parametrize("severity", ["critical", "medium"])
def test_an_answered_alarm_of_a_camera_that_is_off_is_closed_by_saying_how_it_stands(
    hill: Cast, severity: str
):
    alarm = answered(hill, severity)
    switch(hill.lamp_hill, on=False)
    alarm = alarm_reset(alarm=alarm, actor=hill.operator, finding=GONE)
    assert (alarm.state, alarm.finding) == ("closed", GONE)
    assert alarm.cleared_at is not None
    step = alarm.transitions.get(cause="reset")
    assert (step.note, step.detail) == (GONE, {"unwatched": "the camera was switched off"})


def test_it_is_not_closed_without_words_nor_before_it_was_answered(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    switch(hill.lamp_hill, on=False)
    with pytest.raises(ValidationError, match="not answered"):
        alarm_reset(alarm=alarm, actor=hill.operator, finding=GONE)
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    with pytest.raises(ValidationError, match="few words"):
        alarm_reset(alarm=alarm, actor=hill.operator, finding=" ")
    alarm.refresh_from_db()
    assert (alarm.state, alarm.cleared_at) == ("acknowledged", None)


def test_one_that_was_called_false_is_closed_as_well(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    switch(hill.lamp_hill, on=False)
    alarm_call_false(alarm=alarm, actor=hill.operator, reason="a dummy")
    alarm = alarm_reset(alarm=alarm, actor=hill.operator, finding=GONE)
    assert (alarm.state, alarm.verdict) == ("closed", "false")


def test_while_a_camera_that_sees_it_is_on_it_stays_open(hill: Cast, other: Place):
    alarm = answered(hill)
    with pytest.raises(ValidationError, match="still there"):
        alarm_reset(alarm=alarm, actor=hill.operator, finding=GONE)
    Alarm.objects.all().update(values=PLACE)
    an_alarm(other, severity="high", situation="r1:2", values=PLACE)
    alarm = alarm_acknowledge(alarm=Alarm.objects.get(), actor=hill.operator)
    switch(hill.lamp_hill, on=False)
    with pytest.raises(ValidationError, match="still there"):
        alarm_reset(alarm=alarm, actor=hill.operator, finding=GONE)
    switch(other, on=False)
    assert alarm_reset(alarm=alarm, actor=hill.operator, finding=GONE).state == "closed"


def test_a_danger_that_is_there_when_the_camera_is_on_again_is_a_new_alarm(hill: Cast):
    alarm = answered(hill)
    switch(hill.lamp_hill, on=False)
    alarm_reset(alarm=alarm, actor=hill.operator, finding=GONE)
    switch(hill.lamp_hill, on=True)
    seen = alarm_see(
        camera=hill.lamp_hill.camera, rule="r1", situation="r1:1", level="danger", at=LATER,
        why="still there", values={}, boxes=[],
    )  # fmt: skip
    assert seen is None  # so the analysis tells it
    new = an_alarm(hill.lamp_hill, severity="high", at=LATER)
    assert new.pk != alarm.pk
    assert new.state == "unacknowledged"


def test_its_page_says_that_nobody_watches_and_asks_how_it_stands(hill: Cast):
    alarm = answered(hill)
    switch(hill.lamp_hill, on=False)
    client = Client()
    client.force_login(hill.operator)
    page = client.get(f"/alarms/{alarm.pk}/").content.decode()
    assert "not known: the camera is off, nobody watches" in page
    assert "goes on" not in page
    client.post(f"/alarms/{alarm.pk}/reset/", {"finding": GONE})
    page = client.get(f"/alarms/{alarm.pk}/").content.decode()
    assert "Reset: the camera was switched off" in page
    assert "no longer watched, answered" in page
