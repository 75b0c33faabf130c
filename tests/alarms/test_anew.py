"""An alarm that is kept open by a camera that sees nothing swallows no later danger."""

from datetime import timedelta
from typing import Any

import pytest

from apps.alarms.answers import alarm_acknowledge, alarm_call_false
from apps.alarms.models import Alarm, Snapshot, Witness
from apps.alarms.services import alarm_clear, alarm_see
from apps.cameras.services import camera_update
from apps.evidence.models import Clip
from apps.live.models import Event
from apps.notify.models import Delivery
from tests.cast import NOON, Cast, Place, an_alarm
from tests.unit.hazard_kit import Film, person, scene
from workers.report import last_seen_s, open_findings

PLACE = {"zone": "danger", "place": "slope 2"}
MINUTE, DAY = 60, 86400


def raised(where: Place, after_s: float = 0, situation: str = "r1:1", **more: Any) -> Alarm:
    facts = {"values": PLACE, "at": NOON + timedelta(seconds=after_s), "situation": situation}
    alarm = an_alarm(where, **(facts | more))
    return Alarm.objects.get(pk=alarm.pk)


def seen(where: Place, after_s: float, situation: str = "r1:1") -> Alarm | None:
    return alarm_see(
        camera=where.camera, rule="r1", situation=situation, level="danger",
        at=NOON + timedelta(seconds=after_s), why="still", values=PLACE, boxes=[],
    )  # fmt: skip


def cleared(where: Place, after_s: float, situation: str = "r1:1") -> Alarm | None:
    at = NOON + timedelta(seconds=after_s)
    return alarm_clear(camera=where.camera, rule="r1", situation=situation, at=at)


def answered(alarm: Alarm, by: Cast) -> None:
    alarm_acknowledge(alarm=alarm, actor=by.operator)


def causes(alarm: Alarm) -> list[str]:
    return list(alarm.transitions.values_list("cause", flat=True))


def calls() -> int:
    return Delivery.objects.count()


def test_a_new_danger_asks_though_a_dead_camera_keeps_an_answered_alarm_open(
    hill: Cast, other: Place
):
    alarm = raised(hill.lamp_hill)
    raised(other, 2, "r1@1")
    answered(alarm, hill)
    cleared(other, 60, "r1@1")  # the first camera's stream is lost: it clears nothing any more
    assert calls() == 1
    again = raised(other, DAY, "r1@2", jpeg=b"\xff\xd8 the other's")
    assert (again.pk, again.state, again.count) == (alarm.pk, "unacknowledged", 2)
    assert (again.acknowledged_by, again.told, again.boxes) == (None, 0, [])
    assert causes(again) == ["raised", "acknowledged", "again"]
    assert calls() == 2
    assert bytes(Snapshot.objects.get(alarm=alarm).jpeg) == b"\xff\xd8 the other's"
    day = NOON + timedelta(seconds=DAY)
    assert Clip.objects.filter(camera=other.camera, wanted_from=day - timedelta(seconds=10))


def test_of_a_danger_that_is_seen_anew_twice_delivered_one_is_counted(hill: Cast, other: Place):
    alarm = raised(hill.lamp_hill)
    answered(alarm, hill)
    for _ in range(2):
        raised(other, DAY, "r1@2")
    assert (raised(other, DAY, "r1@2").count, calls()) == (2, 2)


def test_what_the_desk_is_told_of_a_danger_seen_anew_is_how_the_alarm_stands(
    hill: Cast, other: Place
):
    answered(raised(hill.lamp_hill), hill)
    raised(other, DAY, "r1@2")
    told = Event.objects.filter(kind="alarm.updated").latest("pk").payload
    assert (told["state"], told["count"], told["boxes"]) == ("unacknowledged", 2, [])


def test_while_a_camera_sees_the_answered_danger_another_sight_of_it_asks_nobody(
    hill: Cast, other: Place
):
    alarm = raised(hill.lamp_hill)
    answered(alarm, hill)
    for after_s in range(30, 30 * MINUTE, 30):
        seen(hill.lamp_hill, after_s)
    again = raised(other, 30 * MINUTE, "r1@2")
    assert (again.state, again.count, calls()) == ("acknowledged", 1, 1)


def test_a_new_danger_asks_though_the_engine_lost_the_state_of_an_answered_one(hill: Cast):
    alarm = raised(hill.lamp_hill, situation="r1@1")
    answered(alarm, hill)
    again = raised(hill.lamp_hill, 2 * DAY, "r1@2")
    assert (again.pk, again.state, calls()) == (alarm.pk, "unacknowledged", 2)
    assert again.clips.count() == 2
    assert cleared(hill.lamp_hill, 2 * DAY + 9, "r1@2").state == "returned"


def test_whom_a_camera_sees_after_it_saw_nothing_for_a_while_asks_anew(hill: Cast):
    alarm = raised(hill.lamp_hill)
    answered(alarm, hill)
    assert seen(hill.lamp_hill, MINUTE).state == "acknowledged"
    again = seen(hill.lamp_hill, 2 * MINUTE + 1)
    assert (again.state, again.count, calls()) == ("unacknowledged", 2, 2)
    assert seen(hill.lamp_hill, 2 * MINUTE + 5).count == 2


def test_a_higher_level_of_the_same_severity_after_a_while_asks_anew_too(hill: Cast):
    answered(raised(hill.lamp_hill, level="warning"), hill)
    again = raised(hill.lamp_hill, 2 * MINUTE, level="danger")
    assert (again.state, again.count, calls()) == ("unacknowledged", 2, 2)


def test_an_unanswered_alarm_calls_again_when_nobody_saw_it_for_five_minutes(
    hill: Cast, other: Place
):
    alarm = raised(hill.lamp_hill)
    Alarm.objects.update(told=4, escalates_at=None)
    raised(other, 4 * MINUTE, "r1@1")
    assert calls() == 1
    again = raised(other, 10 * MINUTE, "r1@2")
    assert (again.pk, again.count, calls()) == (alarm.pk, 2, 2)
    assert (again.told, again.escalates_to) == (0, "shift_leader")


def test_a_new_danger_is_not_called_false_because_the_one_before_was(hill: Cast):
    alarm_call_false(alarm=raised(hill.lamp_hill), actor=hill.operator, reason="a shadow")
    again = raised(hill.lamp_hill, DAY, "r1@2")
    assert (again.state, again.verdict, again.finding) == ("unacknowledged", "", "")


def test_a_blind_rule_saw_nothing_since_it_became_blind():
    film = Film(scene("loitering", params={"stay_s": 5}, rule={"zone": "danger"}))
    film.run(10, [person(0.5)])
    blind_s = film.t

    def told() -> float:
        found = open_findings(film.where, film.state, film.t)
        return last_seen_s(film.state, next(one for one in found if one.rule == "r1"))

    assert told() == pytest.approx(blind_s, abs=0.3)
    film.run(30, faults=("dark",))
    assert film.open is not None
    assert told() == pytest.approx(blind_s, abs=0.3)
    film.run(1, [person(0.5)])
    assert told() == pytest.approx(film.t, abs=0.3)


def test_a_camera_that_is_switched_off_leaves_the_alarm_to_the_other_one(hill: Cast, other: Place):
    alarm = raised(hill.lamp_hill)
    raised(other, 2, "r1@1")
    answered(alarm, hill)
    for _ in range(2):
        camera_update(camera=hill.lamp_hill.camera, actor=hill.admin, enabled=False)
    assert [one.cleared_at is None for one in Witness.objects.all()] == [False, True]
    assert cleared(other, 60, "r1@1").state == "latched"
    assert raised(other, DAY, "r1@2").pk != alarm.pk


def test_where_no_other_camera_sees_it_switching_off_ends_nothing(hill: Cast, other: Place):
    raised(hill.lamp_hill)
    raised(other, 2, "r1@1")
    cleared(other, 60, "r1@1")
    camera_update(camera=hill.lamp_hill.camera, actor=hill.admin, enabled=False)
    assert Alarm.objects.get().cleared_at is None


@pytest.mark.parametrize("is_over", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_what_a_camera_still_sees_when_it_is_on_again_is_told(
    hill: Cast, other: Place, first: bool, is_over: bool
):
    places = (hill.lamp_hill, other)
    alarm = raised(places[0])
    raised(places[1], 2)
    answered(alarm, hill)
    off, stays = places if first else places[::-1]
    camera_update(camera=off.camera, actor=hill.admin, enabled=False)
    if is_over:
        cleared(stays, 60)
    camera_update(camera=off.camera, actor=hill.admin, enabled=True)
    assert seen(off, DAY) is None, "its analysis raises it again"
    again = raised(off, DAY)
    assert (again.pk == alarm.pk, again.state) == (not is_over, "unacknowledged")
    assert (seen(off, DAY + 5).pk, calls()) == (again.pk, 2)
