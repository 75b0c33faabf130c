"""What an alarm that stands becomes when somebody edits its rule."""

import copy
from datetime import timedelta
from typing import Any

import pytest

from apps.alarms.models import Alarm
from apps.alarms.silences import silence_ask
from apps.cameras.models import Camera
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.live.watched import alarms, drain_all, fed
from tests.loops import Loop
from workers.media.ring import Ring

pytestmark = pytest.mark.live


def as_severe_as(severity: str, document: dict[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(document)
    for rule in document["rules"]:
        rule["severity"] = severity
    return document


@pytest.mark.parametrize("shelved", [False, True])
def test_an_alarm_whose_rule_is_made_critical_becomes_critical_and_asks(
    ring: Ring, camera: Camera, winch: Loop, start, cast: Cast, shelved: bool
):
    with mine_scope(camera.mine_id):
        document = as_severe_as("medium", winch.scene)
        scene_publish(camera=camera, document=document, reason="test", disarm=True)
    fed(ring, camera, winch.chunks[7:10], start)
    drain_all(camera)
    with mine_scope(camera.mine_id):
        alarm = Alarm.objects.get(camera=camera)
        if shelved:
            silence_ask(camera=camera, rule=alarm.rule, kind="shelved", length=timedelta(hours=8),
                        reason="noisy", actor=cast.operator)  # fmt: skip
        document = as_severe_as("critical", winch.scene)
        scene_publish(camera=camera, document=document, reason="test")
    fed(ring, camera, winch.chunks[10:13], start + timedelta(seconds=3), first=4)
    drain_all(camera)
    [alarm] = alarms(camera)
    assert (alarm.severity, alarm.state) == ("critical", Alarm.State.UNACKNOWLEDGED)
    assert alarm.escalates_at is not None
