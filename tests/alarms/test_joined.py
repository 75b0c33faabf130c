"""An alarm that was answered, and then somebody else comes into the same danger."""

from datetime import timedelta

from apps.alarms.answers import alarm_acknowledge, alarm_call_false
from apps.alarms.models import Alarm
from apps.cameras.analysis import _apply
from apps.evidence.models import Clip
from apps.notify.models import Delivery
from tests.cast import NOON, Cast, an_alarm
from tests.unit.hazard_kit import Film, person, scene

FIRST, SECOND = person(0.45, track=1), person(0.55, track=2)


def told(where, persons: int, step: int, after_s: float = 0) -> Alarm:
    an_alarm(where, at=NOON + timedelta(seconds=after_s), why=f"{persons} persons",
             values={"persons": persons, "step": step})  # fmt: skip
    return Alarm.objects.get()


def steps() -> list[str]:
    return list(Alarm.objects.get().transitions.values_list("cause", flat=True))


def test_from_the_picture_to_the_desk_who_comes_to_the_first_is_asked_about(hill: Cast):
    film = Film(
        scene("proximity_while_running", rule={"zone": "danger", "machine": "w"},
              machines=[{"id": "w", "source": "signal"}]),
        start_s=NOON.timestamp(),
    )  # fmt: skip

    def work(seconds: float, *people) -> Alarm:
        for one in film.run(seconds, people, machines={"w": "RUNNING"}):
            _apply(hill.lamp_hill.camera, None, one, b"")
        return Alarm.objects.get()

    alarm_acknowledge(alarm=work(3, FIRST), actor=hill.operator)
    assert work(2, FIRST, SECOND).state == "acknowledged"
    again = work(20, FIRST, SECOND)
    assert (again.state, again.why) == (
        "unacknowledged", "2 persons in danger, w RUNNING (signal)",
    )  # fmt: skip
    assert steps() == ["raised", "acknowledged", "joined"]


def test_it_asks_calls_and_films_anew_once_though_it_was_called_false(hill: Cast):
    alarm_call_false(alarm=told(hill.lamp_hill, 1, 1), actor=hill.operator, reason="a shadow")
    for _ in range(2):
        alarm = told(hill.lamp_hill, 2, 2, 30)
    assert (alarm.state, alarm.verdict, alarm.acknowledged_by, alarm.count) == (
        "unacknowledged", "", None, 2,
    )  # fmt: skip
    assert steps() == ["raised", "judged_false", "joined"]
    assert (Delivery.objects.count(), Clip.objects.count()) == (2, 2)


def test_who_is_asked_already_is_shown_how_many_they_are_and_asked_on(hill: Cast):
    told(hill.lamp_hill, 1, 1)
    Alarm.objects.update(told=2)
    alarm = told(hill.lamp_hill, 2, 2, 30)
    assert (alarm.state, alarm.told, alarm.why, alarm.count) == (
        "unacknowledged", 2, "2 persons", 1,
    )  # fmt: skip
    assert (steps(), Delivery.objects.count()) == (["raised"], 1)
