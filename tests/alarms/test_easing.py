"""A danger that became less: the alarm says what is so now, stays what it was, and asks anew."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apps.alarms.answers import alarm_acknowledge, alarm_call_false
from apps.alarms.easing import alarm_ease
from apps.alarms.models import Alarm, Witness
from apps.alarms.services import alarm_clear, alarm_see
from apps.cameras.analysis import _apply
from apps.evidence.models import Clip
from apps.live.models import Event
from apps.notify.models import Delivery
from tests.cast import NOON, Cast, Place, an_alarm
from tests.unit.hazard_kit import Film, person, scene

PLACE = {"zone": "danger", "place": "slope 2"}
SEVERITY = {"warning": "medium", "danger": "critical"}
MINUTE = 60


def facts(after_s: float, level: str, step: int, **more: Any) -> dict[str, Any]:
    return {
        "rule": "r1", "situation": "r1:1", "level": level, "severity": SEVERITY[level],
        "at": NOON + timedelta(seconds=after_s), "why": f"in {level}, {step}",
        "values": {**PLACE, "zone": level, "step": step}, "boxes": [[0.1 * step, 0.4, 0.6, 0.8]],
        "zone": [[0.0, 0.0], [0.1 * step, 0.0], [0.0, 1.0]],
    } | more  # fmt: skip


def raised(where: Place, after_s: float = 0, level: str = "danger", step: int = 1) -> Alarm:
    return Alarm.objects.get(pk=an_alarm(where, **facts(after_s, level, step)).pk)


def eased(where: Place, after_s: float, step: int, level: str = "warning") -> Alarm | None:
    return alarm_ease(camera=where.camera, **facts(after_s, level, step))


def seen(where: Place, after_s: float, level: str, step: int) -> None:
    told = facts(after_s, level, step)
    del told["severity"], told["zone"]
    alarm_see(camera=where.camera, **told)


def held_back(where: Place, after_s: float) -> None:
    """See the danger again while the rule cools: it is told to nobody."""
    told = facts(after_s, "danger", 3)
    told["values"]["held"] = "warning"
    del told["severity"], told["zone"]
    alarm_see(camera=where.camera, **told)


def cleared(where: Place, after_s: float) -> Alarm | None:
    at = NOON + timedelta(seconds=after_s)
    return alarm_clear(camera=where.camera, rule="r1", situation="r1:1", at=at)


def the_alarm() -> Alarm:
    return Alarm.objects.get()


def steps() -> list[str]:
    return list(the_alarm().transitions.values_list("cause", flat=True))


def calls() -> int:
    return Delivery.objects.count()


def test_its_words_tell_what_is_so_now_and_its_severity_what_it_was(hill: Cast):
    raised(hill.lamp_hill)
    eased(hill.lamp_hill, 30, 2)
    alarm = the_alarm()
    assert (alarm.why, alarm.values["level"], alarm.boxes) == (
        "in warning, 2", "warning", [[0.2, 0.4, 0.6, 0.8]],
    )  # fmt: skip
    assert alarm.zone == [[0.0, 0.0], [0.2, 0.0], [0.0, 1.0]]
    assert (alarm.severity, alarm.level, alarm.state) == ("critical", "danger", "unacknowledged")
    step = alarm.transitions.last()
    assert (step.cause, step.at) == ("eased", NOON + timedelta(seconds=30))
    assert step.detail == {"was": "danger", "level": "warning", "why": "in danger, 1"}
    assert Event.objects.filter(kind="alarm.updated").last().payload["why"] == "in warning, 2"
    assert calls() == 1


def test_it_answers_nothing_and_needs_its_reset(hill: Cast):
    alarm = raised(hill.lamp_hill)
    eased(hill.lamp_hill, 30, 2)
    assert the_alarm().escalates_at is not None
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    assert the_alarm().state == "acknowledged"
    cleared(hill.lamp_hill, 60)
    assert the_alarm().state == "latched"


def test_the_next_danger_asks_and_calls_anew_where_the_alarm_was_answered(hill: Cast):
    alarm = raised(hill.lamp_hill)
    alarm_call_false(alarm=alarm, actor=hill.operator, reason="a coat")
    eased(hill.lamp_hill, 30, 2)
    assert the_alarm().verdict == "false"
    raised(hill.lamp_hill, 40, step=3)
    alarm = the_alarm()
    assert (alarm.state, alarm.verdict, alarm.acknowledged_by) == ("unacknowledged", "", None)
    assert (alarm.why, alarm.count, alarm.told) == ("in danger, 3", 2, 0)
    assert steps() == ["raised", "judged_false", "eased", "risen"]
    assert (calls(), Clip.objects.count()) == (2, 2)


def test_who_is_asked_already_is_asked_on_from_the_rung_where_he_is(hill: Cast):
    raised(hill.lamp_hill)
    asked_at = the_alarm().asked_at
    for n in range(3):
        eased(hill.lamp_hill, 30 + 20 * n, 2 + 2 * n)
        raised(hill.lamp_hill, 40 + 20 * n, step=3 + 2 * n)
    alarm = the_alarm()
    assert (alarm.state, alarm.asked_at, alarm.count) == ("unacknowledged", asked_at, 4)
    assert calls() == 1


def test_a_danger_long_after_calls_anew_though_nobody_answered_the_one_before(hill: Cast):
    raised(hill.lamp_hill)
    Alarm.objects.update(told=4)
    eased(hill.lamp_hill, 30, 2)
    for after_s in range(60, 7 * MINUTE, 60):
        seen(hill.lamp_hill, after_s, "warning", 2)
    raised(hill.lamp_hill, 7 * MINUTE, step=3)
    assert (the_alarm().told, calls(), steps()[-1]) == (0, 2, "again")


def test_a_lesser_rise_asks_too(hill: Cast):
    def rises(after_s: float, level: str, as_bad_as: str, step: int) -> Alarm:
        more = {"level": level, "rule_type": "water_level"}
        an_alarm(hill.lamp_hill, **(facts(after_s, as_bad_as, step) | more))
        return the_alarm()

    alarm_acknowledge(alarm=rises(0, "emergency", "danger", 4), actor=hill.operator)
    alarm_ease(camera=hill.lamp_hill.camera, **(facts(60, "warning", 5) | {"level": "advisory"}))
    alarm = rises(90, "warning", "warning", 6)
    assert (alarm.state, alarm.why, alarm.level) == ("unacknowledged", "in warning, 6", "emergency")
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    alarm = rises(99, "emergency", "danger", 7)
    assert (alarm.state, alarm.why) == ("unacknowledged", "in danger, 7")


def test_what_comes_twice_or_late_changes_nothing(hill: Cast):
    deliveries: list[Callable[[], Any]] = [
        lambda: raised(hill.lamp_hill, 0, "warning", 1),
        lambda: raised(hill.lamp_hill, 5, "danger", 2),
        lambda: eased(hill.lamp_hill, 30, 3),
        lambda: raised(hill.lamp_hill, 40, "danger", 4),
        lambda: eased(hill.lamp_hill, 60, 5),
    ]
    for number, deliver in enumerate(deliveries):
        deliver()
        if number == 3:
            alarm_acknowledge(alarm=the_alarm(), actor=hill.operator)
        stands = Alarm.objects.values().get()
        for earlier in deliveries[: number + 1]:
            earlier()
            assert Alarm.objects.values().get() == stands
    assert steps() == ["raised", "escalated", "eased", "risen", "acknowledged", "eased"]


def test_that_it_eased_is_known_though_the_clock_was_set_back(hill: Cast):
    raised(hill.lamp_hill)
    eased(hill.lamp_hill, -3000, 2)
    assert the_alarm().why == "in warning, 2"
    alarm_acknowledge(alarm=the_alarm(), actor=hill.operator)
    raised(hill.lamp_hill, -2990, step=3)
    assert the_alarm().state == "unacknowledged"


def test_what_was_never_told_is_made_good_by_what_is_open(hill: Cast):
    raised(hill.lamp_hill)
    alarm_acknowledge(alarm=the_alarm(), actor=hill.operator)
    seen(hill.lamp_hill, 30, "warning", 2)
    assert (the_alarm().why, the_alarm().level) == ("in warning, 2", "danger")
    raised(hill.lamp_hill, 40, step=3)
    assert the_alarm().state == "unacknowledged"
    alarm_acknowledge(alarm=the_alarm(), actor=hill.operator)
    raised(hill.lamp_hill, 80, step=5)
    assert the_alarm().state == "unacknowledged", "that it eased between was not told at all"


def test_a_danger_that_was_held_and_is_told_late_asks_anew(hill: Cast):
    raised(hill.lamp_hill)
    alarm_acknowledge(alarm=the_alarm(), actor=hill.operator)
    eased(hill.lamp_hill, 5, 2)
    held_back(hill.lamp_hill, 15)
    assert (the_alarm().state, the_alarm().why) == ("acknowledged", "in danger, 3")
    for _ in range(2):
        raised(hill.lamp_hill, 65, step=4)
    alarm = the_alarm()
    assert (alarm.state, alarm.why, alarm.count) == ("unacknowledged", "in danger, 4", 2)
    assert (steps(), calls()) == (["raised", "acknowledged", "eased", "risen"], 2)


@pytest.mark.parametrize("first", [True, False])
def test_so_it_does_where_two_cameras_see_it(hill: Cast, other: Place, first: bool):
    one, two = (hill.lamp_hill, other) if first else (other, hill.lamp_hill)
    raised(one)
    raised(two, 2)
    alarm_acknowledge(alarm=the_alarm(), actor=hill.operator)
    eased(one, 5, 2)
    eased(two, 5, 2)
    held_back(one, 15)
    assert (the_alarm().state, the_alarm().why) == ("acknowledged", "in danger, 3")
    for _ in range(2):
        raised(one, 65, step=4)
    assert (the_alarm().state, the_alarm().count) == ("unacknowledged", 2)
    assert calls() == 2


def test_a_danger_after_an_answered_warning_asks_though_the_alarm_was_critical_once(hill: Cast):
    raised(hill.lamp_hill)
    cleared(hill.lamp_hill, 5)
    folded = facts(20, "warning", 1, situation="r1:2")
    alarm = an_alarm(hill.lamp_hill, **folded)
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    an_alarm(hill.lamp_hill, **facts(30, "danger", 2, situation="r1:2"))
    assert (the_alarm().state, the_alarm().why) == ("unacknowledged", "in danger, 2")


def test_what_is_over_eases_no_more(hill: Cast):
    raised(hill.lamp_hill)
    cleared(hill.lamp_hill, 10)
    assert eased(hill.lamp_hill, 9, 2) is None
    assert the_alarm().why == "in danger, 1"


def test_while_another_camera_sees_the_danger_it_stays_and_is_told_in_its_words(
    hill: Cast, other: Place
):
    raised(hill.lamp_hill)
    raised(other, 2)
    eased(hill.lamp_hill, 30, 2)
    assert the_alarm().values["level"] == "danger"
    seen(other, 32, "danger", 1)
    seen(hill.lamp_hill, 33, "warning", 2)
    assert (the_alarm().why, the_alarm().boxes) == ("in danger, 1", [])
    eased(other, 40, 2)
    eased(other, 40, 2)
    assert (the_alarm().why, the_alarm().values["level"]) == ("in warning, 2", "warning")
    assert steps() == ["raised", "eased"]


@pytest.mark.parametrize("first", [True, False])
def test_when_who_saw_the_danger_sees_nothing_more_the_other_ones_warning_is_told(
    hill: Cast, other: Place, first: bool
):
    one, two = (hill.lamp_hill, other) if first else (other, hill.lamp_hill)
    raised(one)
    raised(two, 2)
    eased(two, 30, 2)
    assert the_alarm().values["level"] == "danger"
    cleared(one, 40)
    seen(two, 42, "warning", 2)
    assert (the_alarm().why, the_alarm().level) == ("in warning, 2", "danger")


@pytest.mark.parametrize("first", [True, False])
def test_the_next_danger_that_either_camera_sees_asks_anew_once(
    hill: Cast, other: Place, first: bool
):
    one, two = (hill.lamp_hill, other) if first else (other, hill.lamp_hill)
    raised(one)
    raised(two, 2)
    eased(one, 30, 2)
    eased(two, 31, 2)
    alarm_acknowledge(alarm=the_alarm(), actor=hill.operator)
    for _ in range(2):
        raised(two, 40, step=3)
    assert (the_alarm().state, the_alarm().why, calls()) == ("unacknowledged", "in danger, 3", 2)
    eased(two, 50, 4)
    alarm_acknowledge(alarm=the_alarm(), actor=hill.operator)
    stands = Alarm.objects.values().get()
    raised(two, 40, step=3)
    assert Alarm.objects.values().get() == stands


def test_a_camera_that_sees_a_folded_danger_is_its_witness_again(hill: Cast, other: Place):
    raised(hill.lamp_hill)
    raised(other, 2)
    cleared(hill.lamp_hill, 10)
    cleared(other, 10)
    an_alarm(hill.lamp_hill, **facts(20, "danger", 1, situation="r1:2"))
    an_alarm(other, **facts(21, "danger", 1, situation="r1:2"))
    assert Witness.objects.filter(cleared_at=None).count() == 2
    alarm_clear(camera=other.camera, rule="r1", situation="r1:2", at=NOON + timedelta(seconds=25))
    assert the_alarm().cleared_at is None


NEAR = [[0.2, 0.45], [0.8, 0.45], [0.8, 0.99], [0.2, 0.99]]
DANGER = [[0.4, 0.5], [0.6, 0.5], [0.6, 0.95], [0.4, 0.95]]


def works_at_a_winch(where: Place, **rule: Any) -> Callable[..., Alarm]:
    """Return what lets people stand at a running winch and hands their alarm to the desk."""
    film = Film(
        scene("proximity_while_running", params={"warning_zone": "near"},
              zones=[{"id": "danger", "polygon": DANGER}, {"id": "near", "polygon": NEAR}],
              rule={"zone": "danger", "machine": "w", "severity": "critical", **rule},
              machines=[{"id": "w", "source": "signal"}]),
        start_s=NOON.timestamp(),
    )  # fmt: skip

    def work(seconds: float, *xs: float) -> Alarm:
        there = [person(x, track=n) for n, x in enumerate(xs)]
        for one in film.run(seconds, there, machines={"w": "RUNNING"}):
            _apply(where.camera, None, one, b"")
        return the_alarm()

    return work


def test_from_the_picture_to_the_desk_the_next_danger_is_asked_about(hill: Cast):
    work = works_at_a_winch(hill.lamp_hill)
    alarm_acknowledge(alarm=work(3, 0.5), actor=hill.operator)
    assert work(600, 0.3).why == "1 person in near, w RUNNING (signal)"
    again = work(20, 0.3, 0.55)
    assert (again.state, again.severity) == ("unacknowledged", "critical")
    assert again.why == "1 person in danger, w RUNNING (signal)"


def test_from_the_picture_to_the_desk_who_joins_a_cooling_danger_is_asked_about(hill: Cast):
    work = works_at_a_winch(hill.lamp_hill, cooldown_s=60)
    alarm_acknowledge(alarm=work(3, 0.5), actor=hill.operator)
    work(10, 0.3)
    assert work(20, 0.5).state == "acknowledged"
    joined = work(20, 0.5, 0.55)
    assert (joined.state, joined.why) == (
        "unacknowledged", "2 persons in danger, w RUNNING (signal)",
    )  # fmt: skip
