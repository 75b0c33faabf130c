"""An alarm that was answered and then is worse: in doubt no more, or at a worse level."""

from datetime import timedelta
from typing import Any

import pytest

from apps.alarms.answers import alarm_acknowledge, alarm_call_false, became_worse
from apps.alarms.models import Alarm
from apps.alarms.services import alarm_see
from apps.cameras.analysis import _apply
from apps.evidence.models import Clip
from apps.notify.models import Delivery
from tests.cast import NOON, Cast, Place, an_alarm
from tests.unit.hazard_kit import Film, person, scene


def told(where: Place, after_s: float, step: int, **more: Any) -> Alarm:
    """Tell of somebody at a winch that runs; `unsure` in values: that may run."""
    values = {"place": "slope 2", "step": step, **more.pop("values", {})}
    facts = {"at": NOON + timedelta(seconds=after_s), "values": values, "why": f"{step}"}
    return Alarm.objects.get(pk=an_alarm(where, **(facts | more)).pk)


def may_run(where: Place, after_s: float = 0, step: int = 1) -> Alarm:
    return told(where, after_s, step, values={"unsure": True})


def answered(alarm: Alarm, by: Cast) -> Alarm:
    return alarm_acknowledge(alarm=alarm, actor=by.operator)


def the_alarm() -> Alarm:
    return Alarm.objects.get()


def steps() -> list[str]:
    return list(the_alarm().transitions.values_list("cause", flat=True))


def test_a_zone_that_a_knock_carried_is_drawn_where_it_was_judged(hill: Cast):
    film = Film(
        scene("restricted_entry", rule={"zone": "danger"}), start_s=NOON.timestamp(),
    )  # fmt: skip
    carried = {"danger": ((0.1, 0.2), (0.3, 0.2), (0.3, 0.4))}
    for one in film.run(5, [person(0.5)]):
        _apply(hill.lamp_hill.camera, None, one, b"", carried)
    assert the_alarm().zone == [[0.1, 0.2], [0.3, 0.2], [0.3, 0.4]]


def test_from_the_picture_to_the_desk_a_winch_that_runs_after_all_is_asked_about(hill: Cast):
    film = Film(
        scene("proximity_while_running", rule={"zone": "danger", "machine": "w"},
              machines=[{"id": "w", "source": "signal"}]),
        start_s=NOON.timestamp(),
    )  # fmt: skip

    def work(seconds: float, state: str) -> Alarm:
        for one in film.run(seconds, [person(0.5)], machines={"w": state}):
            _apply(hill.lamp_hill.camera, None, one, b"")
        return the_alarm()

    asked = work(3, "UNKNOWN")
    assert asked.why == "1 person in danger, w UNKNOWN (signal)"
    answered(asked, hill)
    again = work(20, "RUNNING")
    assert (again.state, again.why) == (
        "unacknowledged", "1 person in danger, w RUNNING (signal)",
    )  # fmt: skip


def test_it_asks_and_calls_anew_though_it_was_called_false(hill: Cast):
    alarm_call_false(alarm=may_run(hill.lamp_hill), actor=hill.operator, reason="it stands")
    for _ in range(2):
        told(hill.lamp_hill, 30, 2)
    alarm = the_alarm()
    assert (alarm.state, alarm.verdict, alarm.acknowledged_by, alarm.told) == (
        "unacknowledged", "", None, 0,
    )  # fmt: skip
    assert (steps(), alarm.count) == (["raised", "judged_false", "escalated"], 2)
    assert (Delivery.objects.count(), Clip.objects.count()) == (2, 2)


def test_who_is_asked_already_is_asked_on_and_answers_what_is_known(hill: Cast):
    alarm = may_run(hill.lamp_hill)
    Alarm.objects.update(told=2)
    now = told(hill.lamp_hill, 30, 2)
    assert (now.state, now.told, now.why, Delivery.objects.count()) == (
        "unacknowledged", 2, "2", 1,
    )  # fmt: skip
    late = alarm_acknowledge(alarm=now, actor=hill.operator, mark=alarm.mark)
    assert late.state == "unacknowledged" and became_worse(late, alarm.mark)
    assert alarm_acknowledge(alarm=now, actor=hill.operator, mark=now.mark).state == "acknowledged"


def test_that_nobody_knows_any_more_is_no_worse_than_what_was_shown(hill: Cast):
    mark = told(hill.lamp_hill, 0, 1).mark
    alarm_see(camera=hill.lamp_hill.camera, rule="r1", situation="r1:1", level="danger",
              at=NOON + timedelta(seconds=9), why="", boxes=[],
              values={"step": 1, "unsure": True})  # fmt: skip
    done = alarm_acknowledge(alarm=the_alarm(), actor=hill.operator, mark=mark)
    assert done.state == "acknowledged" and not became_worse(done, mark)


@pytest.mark.parametrize("first", [True, False])
def test_so_it_does_where_two_cameras_see_it_whichever_knows(hill: Cast, other: Place, first: bool):
    may_run(hill.lamp_hill)
    may_run(other, 2)
    answered(the_alarm(), hill)
    for where in (hill.lamp_hill, other) if first else (other, hill.lamp_hill):
        told(where, 10, 2)
    assert (the_alarm().state, the_alarm().count) == ("unacknowledged", 2)
    assert Delivery.objects.count() == 2


def test_another_camera_that_knows_from_its_beginning_asks_anew(hill: Cast, other: Place):
    answered(may_run(hill.lamp_hill), hill)
    assert told(other, 10, 1).state == "unacknowledged"


@pytest.mark.parametrize("by_another", [False, True])
def test_a_worse_level_of_the_same_severity_asks_anew(hill: Cast, other: Place, by_another: bool):
    def goes(where: Place, after_s: float, level: str, step: int) -> Alarm:
        return told(where, after_s, step, rule_type="vehicle_motion", level=level)

    answered(goes(hill.lamp_hill, 0, "overspeed", 1), hill)
    where = other if by_another else hill.lamp_hill
    for _ in range(2):
        goes(where, 5, "runaway", 2)
    alarm = the_alarm()
    assert (alarm.state, alarm.level, alarm.severity) == ("unacknowledged", "runaway", "critical")
    assert steps() == ["raised", "acknowledged", "escalated"]
    assert Delivery.objects.count() == 2
