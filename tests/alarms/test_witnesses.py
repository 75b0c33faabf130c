"""Two cameras that see one danger at one place are one alarm, that ends when neither sees it."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.alarms.models import Alarm, Silence, Witness
from apps.alarms.selectors import alarm_data, alarms
from apps.alarms.services import alarm_clear, alarm_see
from apps.cameras.models import Camera
from apps.cameras.services import camera_create
from apps.sentences import said_alarm, why
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import NOON, Cast, Place, an_alarm

PLACE = {"zone": "danger", "place": "slope 2"}


@pytest.fixture
def both(cast: Cast) -> Iterator[tuple[Place, Place]]:
    """Two cameras of Lamp Hill that look at the same slope."""
    hill = cast.lamp_hill
    with system_scope("test"):
        other = camera_create(area=hill.area, name="Winch house 2", main_url="rtsp://10.0.0.9/b")
    with mine_scope(hill.mine.pk):
        yield hill, Place(hill.mine, hill.area, hill.machine, other)


def another(place: Place) -> Camera:
    return camera_create(area=place.area, name="Winch house 3", main_url="rtsp://10.0.0.9/c")


def raised(where: Place, after_s: float = 0, situation: str = "r1:1", **more: Any) -> Alarm:
    facts = {"values": PLACE, "at": NOON + timedelta(seconds=after_s), "situation": situation}
    return an_alarm(where, **(facts | more))


def cleared(where: Place, after_s: float, situation: str = "r1:1") -> Alarm | None:
    at = NOON + timedelta(seconds=after_s)
    return alarm_clear(camera=where.camera, rule="r1", situation=situation, at=at)


def seen(where: Place, after_s: float, situation: str = "r1:1") -> Alarm | None:
    return alarm_see(
        camera=where.camera, rule="r1", situation=situation, level="danger",
        at=NOON + timedelta(seconds=after_s), why="", values=PLACE, boxes=[],
    )  # fmt: skip


def test_two_cameras_at_one_place_make_one_alarm_with_both_as_witnesses(both):
    first, second = both
    alarm = raised(first)
    assert raised(second, 2) == alarm
    assert Alarm.objects.count() == 1
    told = alarm_data(Alarm.objects.get())
    assert [(one["camera_name"], one["active"]) for one in told["witnesses"]] == [
        ("Winch house 1", True), ("Winch house 2", True),
    ]  # fmt: skip
    assert told["camera"] == first.camera.pk


def test_the_reason_names_both_cameras_on_the_desk_on_pages_and_in_lists(both):
    first, second = both
    raised(first)
    assert "seen by" not in said_alarm(alarm_data(Alarm.objects.get()))["why"]
    raised(second, 2)
    with override("en"):
        assert said_alarm(alarm_data(Alarm.objects.get()))["why"].endswith(
            "; seen by Winch house 1, Winch house 2"
        )
        assert why(alarms().get()).endswith("; seen by Winch house 1, Winch house 2")
    with override("zh-hans"):
        assert "Winch house 1，Winch house 2" in said_alarm(alarm_data(Alarm.objects.get()))["why"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_it_ends_only_when_both_are_clear_whoever_is_first(both, order):
    raised(both[0])
    raised(both[1], 1)
    one, other = both[order[0]], both[order[1]]
    assert cleared(one, 10).cleared_at is None
    seen(other, 12)
    assert Alarm.objects.get().last_seen_at == NOON + timedelta(seconds=12)
    assert cleared(other, 20).cleared_at == NOON + timedelta(seconds=20)
    assert Alarm.objects.get().state == Alarm.State.RETURNED


def test_a_camera_that_is_blind_and_clears_nothing_keeps_it_open(both):
    raised(both[0])
    raised(both[1], 1)
    cleared(both[0], 10)
    assert Alarm.objects.get().cleared_at is None


def test_other_places_types_and_no_place_stay_apart(both):
    raised(both[0])
    assert raised(both[1], 1, values={"place": "slope 3"}).camera == both[1].camera
    assert Alarm.objects.count() == 2
    assert not Witness.objects.exists()


def test_another_type_at_the_place_is_another_alarm(both):
    raised(both[0])
    raised(both[1], 1, rule_type="restricted_entry")
    assert Alarm.objects.count() == 2


def test_a_worse_sight_asks_for_a_new_answer_and_shows_its_own_picture_alone(both):
    raised(both[0], severity="medium", level="warning")
    alarm = raised(both[1], 1)
    assert (alarm.severity, alarm.level, alarm.boxes) == ("critical", "danger", [])


def test_what_another_camera_sees_get_worse_is_shown_whatever_the_severity(both):
    raised(both[0], level="warning")
    raised(both[1], 1, level="warning")
    raised(both[1], 2, values=PLACE | {"step": 2})
    assert Alarm.objects.get().values["level"] == "danger"


def test_what_is_delivered_twice_changes_nothing_also_when_it_is_over(both):
    raised(both[0])
    raised(both[1], 1)
    cleared(both[1], 5)
    raised(both[1], 1)
    assert cleared(both[0], 9).cleared_at is not None
    assert raised(both[1], 1).cleared_at is not None
    assert Alarm.objects.count() == 1


def test_a_danger_never_hides_behind_a_silenced_rule(both):
    first, second = both
    alarm = raised(first)
    raised(second, 1)
    Alarm.objects.filter(pk=alarm.pk).update(state=Alarm.State.SHELVED)
    own = seen(second, 5)
    assert own is not None and own != alarm
    assert (own.camera, own.state) == (second.camera, Alarm.State.UNACKNOWLEDGED)
    assert cleared(first, 6) == alarm


def test_a_camera_whose_rule_is_silenced_joins_nobody(both):
    first, second = both
    Silence.objects.create(
        mine=first.mine, camera=second.camera, rule="r1", kind="suppressed", reason="permit",
        asked_at=NOON, since=NOON,
    )  # fmt: skip
    raised(first)
    assert raised(second, 1).state == Alarm.State.SUPPRESSED


def test_a_witness_stays_with_its_alarm_and_leaves_nothing_open_when_it_is_clear(both):
    first, second = both
    third = replace(first, camera=another(first))
    older = raised(first)
    Alarm.objects.filter(pk=older.pk).update(state=Alarm.State.SHELVED)
    newer = raised(second, 1)
    assert raised(third, 2) == newer
    Alarm.objects.filter(pk=older.pk).update(state=Alarm.State.UNACKNOWLEDGED)
    worse = {"values": PLACE | {"step": 2}, "level": "jammed"}
    assert raised(third, 3, **worse) == newer
    for at, where in enumerate((first, second, third), start=4):
        cleared(where, at)
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_what_a_camera_clears_is_over_in_every_alarm_that_it_stands_behind(both):
    first, second = both
    alarm = raised(first)
    raised(second, 1)
    silence = Silence.objects.create(
        mine=first.mine, camera=second.camera, rule="r1", kind="suppressed", reason="permit",
        asked_at=NOON, since=NOON,
    )  # fmt: skip
    own = raised(second, 2, values=PLACE | {"step": 2})
    assert (own.state, silence.kind) == (Alarm.State.SUPPRESSED, "suppressed")
    cleared(first, 3)
    cleared(second, 4)
    assert Alarm.objects.get(pk=own.pk).cleared_at == NOON + timedelta(seconds=4)
    assert Alarm.objects.get(pk=alarm.pk).cleared_at == NOON + timedelta(seconds=4)


def test_a_silenced_alarm_is_over_when_its_last_witness_begins_one_of_its_own(both):
    first, second = both
    alarm = raised(first)
    raised(second, 1)
    cleared(first, 2)
    Alarm.objects.filter(pk=alarm.pk).update(state=Alarm.State.SHELVED)
    assert seen(second, 3) != alarm
    assert Alarm.objects.get(pk=alarm.pk).cleared_at == NOON + timedelta(seconds=3)


STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["raise", "raise twice", "see", "clear"])),
    max_size=14,
)
examples = itertools.count()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_in_any_order_one_alarm_is_open_as_long_as_any_camera_sees_it(both, steps):
    example = next(examples)  # each has a place and a rule of its own
    rule, values = f"r{example}", {"place": f"slope {example}"}
    there, number = [False, False], [0, 0]
    for second, (which, step) in enumerate(steps):
        camera = both[which].camera
        number[which] += step.startswith("raise") and not there[which]
        name = f"{rule}:{which}-{number[which]}"
        at = NOON + timedelta(seconds=second)
        if step.startswith("raise"):
            for _ in range(2 if step == "raise twice" else 1):
                an_alarm(both[which], rule=rule, situation=name, at=at, values=values)
            there[which] = True
        elif step == "see":
            alarm_see(
                camera=camera, rule=rule, situation=name, level="danger", at=at, why="",
                values=values, boxes=[],
            )  # fmt: skip
        else:
            alarm_clear(camera=camera, rule=rule, situation=name, at=at)
            there[which] = False
        rows = Alarm.objects.filter(values__place=values["place"], cleared_at=None)
        assert rows.count() == int(any(there)), steps[: second + 1]
