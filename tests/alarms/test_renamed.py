"""A rule that got the name of an earlier one of another type is another rule."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.alarms.models import Alarm, Silence
from apps.alarms.selectors import silences
from apps.alarms.services import alarm_clear
from apps.alarms.silences import silence_ask
from apps.audit.models import AuditEntry
from apps.live.models import Event
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, SCENE, Cast, an_alarm

NAME = "rule-1"
BARE = {"id": NAME, "type": "ppe", "zone": "danger", "severity": "medium", "mode": "armed"}
SEALED = {"id": NAME, "type": "restricted_entry", "zone": "danger", "severity": "high"}


def publish(cast: Cast, *rules: dict[str, Any], reason: str = "a change") -> None:
    document = {**SCENE, "rules": [*SCENE["rules"], *rules]}
    scene_publish(camera=cast.lamp_hill.camera, document=document, reason=reason, actor=cast.admin)


def taken_out(cast: Cast, rule: str = NAME) -> Silence:
    return silence_ask(
        camera=cast.lamp_hill.camera, rule=rule, kind="out_of_service", length=timedelta(days=31),
        reason="wrong too often", actor=cast.admin,
    )  # fmt: skip


def entered(cast: Cast, after_s: float = 0, **changes: Any) -> Alarm:
    """Raise an alarm of a rule that watches a place nobody may enter."""
    usual = {
        "rule": NAME, "rule_type": "restricted_entry", "severity": "high",
        "situation": f"{NAME}@{after_s}", "at": NOON + timedelta(seconds=after_s),
        "why": "1 person in danger",
    }  # fmt: skip
    return an_alarm(cast.lamp_hill, **(usual | changes))


def flooded(cast: Cast, after_s: float) -> Alarm:
    """Raise an alarm of a rule of the same name that reads a gauge."""
    why = "sump-a 75 % full, 1.10 m, limit 70 %"
    return entered(cast, after_s, rule_type="water_level", level="alarm", why=why, values={})


@pytest.mark.parametrize("between", [True, False])
def test_a_silence_ends_with_its_rule_and_never_holds_for_another_of_its_name(
    hill: Cast, between: bool
):
    publish(hill, BARE)
    silence = taken_out(hill)
    if between:
        publish(hill)  # taken out, and only later is its name given away
        assert not silences().exists()
    publish(hill, SEALED)
    assert entered(hill).state == "unacknowledged"
    silence.refresh_from_db()
    assert (silence.end, silence.ended_by) == ("rule", hill.admin)
    assert not silences().exists()
    [entry] = AuditEntry.objects.filter(action="silence.ended")
    assert (entry.actor, entry.detail["end"]) == (hill.admin, "rule")
    assert Event.objects.filter(kind="silence.ended").count() == 1


def test_a_silence_that_is_left_over_holds_for_its_own_type_alone(hill: Cast):
    publish(hill, BARE)
    silence = taken_out(hill)
    Silence.objects.filter(pk=silence.pk).update(ended_at=None)
    unworn = entered(hill, rule_type="ppe", severity="medium")
    assert unworn.state == "out_of_service"
    at = NOON + timedelta(seconds=5)
    alarm_clear(camera=hill.lamp_hill.camera, rule=NAME, situation=unworn.situation, at=at)
    assert entered(hill, 9).state == "unacknowledged"


def test_a_change_of_anything_else_leaves_a_silence_in_force(hill: Cast):
    publish(hill, BARE)
    taken_out(hill)
    fault = {"rule": "camera.dark", "rule_type": "camera_health", "level": "dark", "values": {}}
    entered(hill, situation="camera:dark@1", **fault)
    taken_out(hill, "camera.dark")
    publish(hill, {**BARE, "severity": "low"})
    assert {row.rule for row in silences()} == {NAME, "camera.dark"}


def test_a_rule_is_not_silenced_by_an_alarm_of_an_earlier_one_of_its_name(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        publish(cast, BARE)
        unworn = entered(cast, rule_type="ppe", severity="medium")
        publish(cast, SEALED)
    client = Client()
    client.force_login(cast.admin)
    for verb in ("shelve", "out-of-service"):
        asked = {"minutes": 60, "reason": "wrong too often"}
        answer = client.post(f"/api/v1/alarms/{unworn.pk}/{verb}/", asked, "application/json")
        assert answer.status_code == 400 and "Another rule has this name" in answer.content.decode()
    with mine_scope(cast.lamp_hill.mine.pk):
        assert not Silence.objects.exists() and entered(cast).state == "unacknowledged"


@pytest.mark.parametrize("is_over", [True, False])
def test_a_danger_of_another_type_is_an_alarm_of_its_own(hill: Cast, is_over: bool):
    first = entered(hill)
    if is_over:
        at = NOON + timedelta(seconds=5)
        alarm_clear(camera=hill.lamp_hill.camera, rule=NAME, situation=first.situation, at=at)
    second = flooded(hill, 60)
    rows = Alarm.objects.order_by("pk").values_list("rule_type", "count", "why")
    assert list(rows) == [
        ("restricted_entry", 1, "1 person in danger"),
        ("water_level", 1, "sump-a 75 % full, 1.10 m, limit 70 %"),
    ]
    assert second.state == "unacknowledged"
    assert flooded(hill, 90).pk == second.pk, "of its own type it goes on with its own alarm"
